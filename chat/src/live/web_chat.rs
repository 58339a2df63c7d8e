//! One WebSocket of the chat page: in by [`upgrade`], bounded in size, time and number, out by a close
//! code that tells the page whether to come back.

use crate::frame::{CloseCode, FromCitizen, MAX_FRAME_BYTES};
use crate::live::hub::{Admitted, Hub, OUTBOX, Opening};
use crate::live::owner::{Inbox, Wire};
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite;

/// How long a page may take to take in one frame.
const SEND_TIME: Duration = Duration::from_secs(10);
/// How long a page may take to say goodbye.
const CLOSE_TIME: Duration = Duration::from_secs(2);

/// Upgrades a request to the chat's WebSocket, with the limits of the protocol. `peer` is the citizen's
/// address: behind a proxy the caller finds it out.
pub fn upgrade(request: WebSocketUpgrade, peer: SocketAddr, hub: Hub) -> Response {
    request
        .max_message_size(MAX_FRAME_BYTES)
        .max_frame_size(MAX_FRAME_BYTES)
        .on_upgrade(move |socket| serve(socket, peer, hub))
}

/// Serves a WebSocket until it is closed. Prefer [`upgrade`], which also sets the size limits under
/// which a large frame is refused before it is read.
pub async fn serve(mut socket: WebSocket, peer: SocketAddr, hub: Hub) {
    let why = converse(&mut socket, peer, &hub).await;
    let Some(why) = why else { return };
    if !matches!(why, CloseCode::Over | CloseCode::Restart | CloseCode::Elsewhere) {
        metrics::counter!("hctc_chat_refused_total", "why" => why.reason()).increment(1);
    }
    let close = Message::Close(Some(CloseFrame { code: why.code(), reason: why.reason().into() }));
    // The page may be gone already. Its own close frame is waited for: closing the socket over unread
    // bytes would reset the line and lose the code on its way.
    let farewell = async {
        socket.send(close).await.ok()?;
        while let Some(Ok(_)) = socket.recv().await {}
        Some(())
    };
    let _ = tokio::time::timeout(CLOSE_TIME, farewell).await;
}

/// `None`: the page closed it.
async fn converse(socket: &mut WebSocket, peer: SocketAddr, hub: &Hub) -> Option<CloseCode> {
    let Some(admitted) = hub.admit(peer.ip()) else {
        return Some(CloseCode::TooMany);
    };
    let first = match tokio::time::timeout(hub.0.config.first_frame, hear(socket)).await {
        Err(_) => return Some(CloseCode::Silent),
        Ok(Heard::Frame(frame)) => frame,
        Ok(Heard::Refused(why)) => return Some(why),
        Ok(Heard::Closed) => return None,
    };
    let (wire, mut outgoing) = mpsc::channel(OUTBOX);
    let owner = match enter(hub, &admitted, first, wire).await {
        Ok(owner) => owner,
        Err(why) => return Some(why),
    };
    let why = relay(socket, hub, &owner, admitted.connection, &mut outgoing).await;
    // The owner may be gone: then the conversation is over.
    let _ = owner.send(Inbox::Detach { connection: admitted.connection }).await;
    why
}

async fn enter(
    hub: &Hub,
    admitted: &Admitted,
    first: FromCitizen,
    wire: mpsc::Sender<Wire>,
) -> Result<mpsc::Sender<Inbox>, CloseCode> {
    if hub.0.closing.is_cancelled() {
        return Err(CloseCode::Restart);
    }
    match first {
        FromCitizen::Open { entry, language, phone, confidential } => {
            hub.open(admitted, Opening { entry, language, phone, confidential }, wire).await
        }
        FromCitizen::Resume { conv, token, after_seq } => hub.resume(admitted, conv, &token, after_seq, wire).await,
        _ => Err(CloseCode::BadFrame),
    }
}

async fn relay(
    socket: &mut WebSocket,
    hub: &Hub,
    owner: &mpsc::Sender<Inbox>,
    connection: u64,
    outgoing: &mut mpsc::Receiver<Wire>,
) -> Option<CloseCode> {
    let patience = hub.0.config.heartbeat * 5 / 2;
    let mut heartbeat = tokio::time::interval(hub.0.config.heartbeat);
    let mut heard = Instant::now();
    loop {
        tokio::select! {
            wire = outgoing.recv() => match wire {
                Some(Wire::Frame(text)) => match tokio::time::timeout(SEND_TIME, socket.send(Message::Text(text.into()))).await {
                    Ok(Ok(())) => {}
                    Ok(Err(_)) => return None,
                    Err(_) => return Some(CloseCode::Slow),
                },
                Some(Wire::Close(why)) => return Some(why),
                None => return Some(CloseCode::Slow),
            },
            message = socket.recv() => {
                heard = Instant::now();
                match sort(message) {
                    Some(Heard::Frame(frame)) => {
                        // Waits when the conversation is busy: the page is read no faster than it is served.
                        let _ = owner.send(Inbox::Frame { connection, frame }).await;
                    }
                    Some(Heard::Refused(why)) => return Some(why),
                    Some(Heard::Closed) => return None,
                    None => {}
                }
            },
            _ = heartbeat.tick() => {
                if heard.elapsed() > patience {
                    return Some(CloseCode::Silent);
                }
                let ping = tokio::time::timeout(SEND_TIME, socket.send(Message::Ping(Vec::new().into()))).await;
                if !matches!(ping, Ok(Ok(()))) {
                    return None;
                }
            },
        }
    }
}

enum Heard {
    Frame(FromCitizen),
    Refused(CloseCode),
    Closed,
}

/// The next frame; pings and pongs are answered below us.
async fn hear(socket: &mut WebSocket) -> Heard {
    loop {
        if let Some(heard) = sort(socket.recv().await) {
            return heard;
        }
    }
}

fn sort(message: Option<Result<Message, axum::Error>>) -> Option<Heard> {
    match message {
        None | Some(Ok(Message::Close(_))) => Some(Heard::Closed),
        Some(Ok(Message::Text(text))) => Some(match FromCitizen::read(&text) {
            Ok(frame) => Heard::Frame(frame),
            Err(why) => Heard::Refused(why),
        }),
        Some(Ok(Message::Binary(_))) => Some(Heard::Refused(CloseCode::BadFrame)),
        Some(Ok(Message::Ping(_) | Message::Pong(_))) => None,
        Some(Err(fault)) => Some(match fault.into_inner().downcast_ref::<tungstenite::Error>() {
            Some(tungstenite::Error::Capacity(_)) => Heard::Refused(CloseCode::TooBig),
            Some(tungstenite::Error::Utf8(_)) => Heard::Refused(CloseCode::BadFrame),
            _ => Heard::Closed,
        }),
    }
}
