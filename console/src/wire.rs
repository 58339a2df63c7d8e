//! One WebSocket as the desk and the wall use it: JSON text out, text in, a ping now and then, and an end
//! for a page that does not read.

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use serde_json::Value;
use std::time::Duration;
use tokio::time::{Instant, Interval, MissedTickBehavior};

/// How often a socket's session is checked and its page pinged.
const CHECK_EVERY: Duration = Duration::from_secs(20);
/// How long a page may take to read one frame.
const PATIENCE: Duration = Duration::from_secs(10);
/// Checks without a sign of life after which a page counts as gone: within the agent's grace time a lost
/// network is then noticed.
const SILENT_CHECKS: u32 = 2;
/// RFC 6455 §7.4.1: the endpoint is going away.
const GOING_AWAY: u16 = 1001;

/// The page is not there any more.
#[derive(Debug)]
pub(crate) struct Gone;

/// A socket to a page.
pub(crate) struct Wire {
    socket: WebSocket,
    silent: u32,
}

impl Wire {
    pub(crate) fn new(socket: WebSocket) -> Wire {
        Wire { socket, silent: 0 }
    }

    /// The next text of the page. Cancel safe.
    pub(crate) async fn next(&mut self) -> Result<String, Gone> {
        loop {
            let message = self.socket.recv().await.ok_or(Gone)?.map_err(|_| Gone)?;
            self.silent = 0;
            match message {
                Message::Text(text) => return Ok(text.to_string()),
                Message::Close(_) | Message::Binary(_) => return Err(Gone),
                Message::Ping(_) | Message::Pong(_) => {}
            }
        }
    }

    /// Sends one frame.
    pub(crate) async fn send(&mut self, frame: &Value) -> Result<(), Gone> {
        self.put(Message::Text(frame.to_string().into())).await
    }

    /// Asks for a sign of life, and ends when the last ones did not come.
    pub(crate) async fn ping(&mut self) -> Result<(), Gone> {
        self.silent += 1;
        if self.silent > SILENT_CHECKS {
            return Err(Gone);
        }
        self.put(Message::Ping(Vec::new().into())).await
    }

    /// Says goodbye.
    pub(crate) async fn close(mut self) {
        let frame = CloseFrame { code: GOING_AWAY, reason: "".into() };
        // Whether the page hears it changes nothing here.
        let _ = self.put(Message::Close(Some(frame))).await;
    }

    async fn put(&mut self, message: Message) -> Result<(), Gone> {
        match tokio::time::timeout(PATIENCE, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Gone),
        }
    }
}

/// The ticks at which a socket is checked; the first comes after one interval.
pub(crate) fn checks() -> Interval {
    let mut checks = tokio::time::interval_at(Instant::now() + CHECK_EVERY, CHECK_EVERY);
    checks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    checks
}

/// Waits for a moment; for ever where there is none.
pub(crate) async fn until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due).await,
        None => std::future::pending().await,
    }
}

/// The moment to send again: at once, unless the last time was less than `rest` ago.
pub(crate) fn after(last: Option<Instant>, rest: Duration) -> Instant {
    let now = Instant::now();
    last.map_or(now, |last| now.max(last + rest))
}
