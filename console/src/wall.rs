//! The supervisor's wall: one socket that sends the whole picture, at most four times a second and only
//! when it changed. What a viewer is not cleared for is not in it, not even as a zero; it is folded into
//! the totals.

use crate::ConsoleState;
use crate::failure::Failure;
use crate::guards::{MAX_FRAME, origin_is_ours};
use crate::messages::Message;
use crate::session::Me;
use crate::wall_picture::picture;
use crate::wire::{self, Wire};
use axum::extract::State;
use axum::extract::ws::{WebSocket, WebSocketUpgrade};
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use vocabulary::centre::Role;

/// The shortest time between two pictures.
const COALESCE: Duration = Duration::from_millis(250);

/// The wall: live figures, scoped to the viewer's clearance. See `PROTOCOL.md`.
#[utoipa::path(get, path = "/api/wall/ws", tag = "wall", responses(
    (status = 101, description = "a WebSocket"), (status = 401), (status = 404, description = "not a supervisor")))]
pub(crate) async fn socket(
    State(state): State<ConsoleState>,
    me: Me,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Result<Response, Failure> {
    me.need(&[Role::Supervisor])?;
    if !origin_is_ours(&headers) {
        return Err(Message::NotFromOurPage.into());
    }
    let upgrade = upgrade.max_message_size(MAX_FRAME).max_frame_size(MAX_FRAME);
    Ok(upgrade.on_upgrade(move |socket| {
        let tasks = state.tasks().clone();
        tasks.track_future(serve(state, me, socket))
    }))
}

async fn serve(state: ConsoleState, mut me: Me, socket: WebSocket) {
    let (over, stop) = (me.session.over.clone(), state.stop().clone());
    let mut changes = state.centre().changes();
    let mut checks = wire::checks();
    let mut wire = Wire::new(socket);
    let mut sent = Value::Null;
    let mut pushed: Option<Instant> = None;
    let mut due = Some(Instant::now());
    loop {
        let going = tokio::select! {
            () = over.cancelled() => break,
            () = stop.cancelled() => break,
            () = wire::until(due) => {
                due = None;
                pushed = Some(Instant::now());
                push(&state, &mut me, &mut wire, &mut sent).await
            }
            changed = changes.changed() => {
                due = due.or_else(|| Some(wire::after(pushed, COALESCE)));
                changed.map_err(|_| wire::Gone)
            }
            // The wall only listens; what a page says is read so that its closing is seen.
            frame = wire.next() => frame.map(|_| ()),
            _ = checks.tick() => check(&state, &me, &mut wire).await,
        };
        if going.is_err() {
            return;
        }
    }
    wire.close().await;
}

/// Sends the picture if anything in it but its moment is new.
async fn push(state: &ConsoleState, me: &mut Me, wire: &mut Wire, sent: &mut Value) -> Result<(), wire::Gone> {
    let view = state.centre().view();
    let agent = view.set_up.agents.get(me.name()).ok_or(wire::Gone)?;
    me.agent = Arc::new(agent.clone());
    me.need(&[Role::Supervisor]).map_err(|_| wire::Gone)?;
    let picture = picture(state.clock().now(), &view, &state.centre().figures(), me);
    if picture == *sent {
        return Ok(());
    }
    let mut frame = picture.clone();
    frame["at"] = json!(view.at);
    wire.send(&frame).await?;
    *sent = picture;
    Ok(())
}

async fn check(state: &ConsoleState, me: &Me, wire: &mut Wire) -> Result<(), wire::Gone> {
    match state.credentials().still_alive(&me.session).await {
        Ok(false) => Err(wire::Gone),
        Ok(true) | Err(_) => wire.ping().await,
    }
}
