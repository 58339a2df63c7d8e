//! Sockets of browsers that are not the console's: `/chat/ws`, and `/sip`, SIP over WebSocket (RFC 7118). Who may open it is decided here: staff by
//! their session cookie, citizens by a one-use token; both only from our own pages. What goes through
//! it is the gateway's.

use crate::centre::LiveCentre;
use axum::Router;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{ConnectInfo, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use console::ConsoleState;
use futures_util::{SinkExt, StreamExt};
use sip_gateway::live::{Gateway, WebIdentity};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// The largest SIP message taken from a browser.
const LARGEST: usize = 64 << 10;
/// Messages waiting in each direction of one socket.
const WAITING: usize = 64;
/// Browsers cannot ping; we do, so that a dead one is noticed and proxies keep the socket open.
const PING_EVERY: Duration = Duration::from_secs(20);
/// Pings unanswered for this long mean that the browser is gone.
const DEAD_AFTER: Duration = Duration::from_secs(50);

/// What the routes need.
#[derive(Clone)]
pub struct Sockets {
    /// Sessions.
    pub console: ConsoleState,
    /// Tokens.
    pub centre: Arc<LiveCentre>,
    /// Where SIP leads.
    pub gateway: Gateway,
    /// Where conversations are.
    pub chat: chat::Hub,
}

/// `/sip` and `/chat/ws`.
pub fn router(state: Sockets) -> Router {
    Router::new().route("/sip", get(open)).route("/chat/ws", get(converse)).with_state(state)
}

async fn open(
    State(state): State<Sockets>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Query(query): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    if !console::origin_is_ours(&headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    // A citizen's socket takes one of the few places its address has; staff have logged in.
    let mut place = None;
    let who = match query.get("token") {
        Some(token) => {
            place = state.console.doors().enter(peer.ip());
            if place.is_none() {
                return StatusCode::TOO_MANY_REQUESTS.into_response();
            }
            state.centre.take_token(token)
        }
        None => match state.console.session_of(&headers).await {
            Ok(me) => me.map(|me| WebIdentity::Agent(me.agent.name.clone())),
            Err(error) => {
                tracing::warn!(%error, "sessions cannot be checked now");
                return StatusCode::SERVICE_UNAVAILABLE.into_response();
            }
        },
    };
    let Some(who) = who else { return StatusCode::UNAUTHORIZED.into_response() };
    let gateway = state.gateway.clone();
    upgrade
        .protocols(["sip"])
        .max_message_size(LARGEST)
        .max_frame_size(LARGEST)
        .on_upgrade(move |socket| async move {
            carry(socket, peer, who, gateway).await;
            drop(place);
        })
}

/// Carries messages between the socket and the gateway until either is done.
async fn carry(socket: WebSocket, peer: SocketAddr, who: WebIdentity, gateway: Gateway) {
    let (mut write, mut read) = socket.split();
    let (to_gateway, from_browser) = mpsc::channel::<String>(WAITING);
    let (to_browser, mut from_gateway) = mpsc::channel::<String>(WAITING);
    let served = gateway.web_socket(peer, who, from_browser, to_browser);
    let pumped = async move {
        let mut ping = tokio::time::interval(PING_EVERY);
        let mut heard = tokio::time::Instant::now();
        loop {
            let sent = tokio::select! {
                message = read.next() => {
                    heard = tokio::time::Instant::now();
                    match message {
                        Some(Ok(Message::Text(text))) if to_gateway.send(text.to_string()).await.is_err() => break,
                        Some(Ok(Message::Close(_)) | Err(_)) | None => break,
                        Some(Ok(_)) => Ok(()),
                    }
                }
                message = from_gateway.recv() => match message {
                    Some(text) => write.send(Message::Text(text.into())).await,
                    None => break,
                },
                _ = ping.tick() => {
                    if heard.elapsed() > DEAD_AFTER {
                        break;
                    }
                    write.send(Message::Ping(Default::default())).await
                }
            };
            if sent.is_err() {
                break;
            }
        }
    };
    tokio::join!(served, pumped);
}

/// `/chat/ws`: the citizen's conversation. Anyone may open one, from our own pages only; how many one
/// address may have is the hub's to bound.
async fn converse(
    State(state): State<Sockets>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    if !console::origin_is_ours(&headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    chat::upgrade(upgrade, peer, state.chat)
}
