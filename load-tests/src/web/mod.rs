//! Agents on WebRTC legs without a browser: SIP over the page's WebSocket, media by the `webrtc` crate,
//! which is not the engine the gateway uses. Only benchmarks want so many of them; what a page does is
//! proved with real browsers.

mod peer;

use crate::Trouble;
use crate::bench::rtp_load::{Group, Guest, RtpLoad};
use crate::phone::PhoneEvent;
use crate::sip::{Message, token};
use crate::staff::{Socket, Staff};
use futures_util::{SinkExt, StreamExt};
use peer::Peer;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Message as Frame;

/// How long registering may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// Events nobody has read yet.
const EVENTS: usize = 64;

/// A registered agent; gone when dropped.
pub struct WebAgent {
    events: mpsc::Receiver<PhoneEvent>,
    task: tokio::task::JoinHandle<()>,
}

impl WebAgent {
    /// Registers as the page of this agent would, and answers what rings. `number` is the leg's in the load.
    ///
    /// # Errors
    /// It could not be registered.
    pub async fn register(staff: &Staff, load: RtpLoad, number: u32) -> Result<WebAgent, Trouble> {
        let answer = staff.post("/api/desk/device", json!({})).await?;
        let Some(user) = answer.body["user"].as_str().map(str::to_owned) else {
            return Err(Trouble::answer("the desk", &answer.body));
        };
        let socket = staff.sip_socket().await?;
        let (tell, events) = mpsc::channel(EVENTS);
        let mut line = Line { socket, user, host: format!("{}.invalid", token(10)), load, number, tell, call: None };
        let registered = tokio::time::timeout(PATIENCE, line.register()).await;
        registered.map_err(|_| Trouble::Late { what: "a web agent's registration".into(), patience: PATIENCE })??;
        Ok(WebAgent { events, task: tokio::spawn(line.run()) })
    }

    /// The next thing that happens; `None` once the agent is gone.
    pub async fn next(&mut self) -> Option<PhoneEvent> {
        self.events.recv().await
    }
}

impl Drop for WebAgent {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Line {
    socket: Socket,
    user: String,
    host: String,
    load: RtpLoad,
    number: u32,
    tell: mpsc::Sender<PhoneEvent>,
    call: Option<WebCall>,
}

struct WebCall {
    contact: String,
    call_id: String,
    _peer: Peer,
}

impl Line {
    async fn register(&mut self) -> Result<(), Trouble> {
        let register = Message::request("REGISTER", "sip:hctc")
            .with("Via", &format!("SIP/2.0/WS {};branch=z9hG4bK{}", self.host, token(16)))
            .with("From", &format!("<sip:{}@hctc>;tag={}", self.user, token(8)))
            .with("To", &format!("<sip:{}@hctc>", self.user))
            .with("Call-ID", &token(20))
            .with("CSeq", "1 REGISTER")
            .with("Max-Forwards", "70")
            .with("Contact", &format!("{};expires=600", self.contact()));
        self.send(&register).await.ok_or_else(|| Trouble::answer("/sip", "its end"))?;
        loop {
            let message = self.next().await.ok_or_else(|| Trouble::answer("/sip", "its end"))?;
            match message.code() {
                Some(200) => return Ok(()),
                Some(100..=199) | None => {}
                Some(code) => return Err(Trouble::answer("the registrar", code)),
            }
        }
    }

    async fn run(mut self) {
        while let Some(message) = self.next().await {
            if self.take(message).await.is_none() {
                return;
            }
        }
    }

    async fn take(&mut self, message: Message) -> Option<()> {
        let call_id = message.header("Call-ID").unwrap_or_default().to_owned();
        let ours = self.call.as_ref().is_some_and(|call| call.call_id == call_id);
        match message.method() {
            Some("INVITE") if self.call.is_some() => {
                self.send(&Message::answer(&message, 486, "Busy Here", &token(8))).await
            }
            Some("INVITE") => self.answer(&message, call_id).await,
            Some("ACK") if ours => {
                let contact = self.call.as_ref().map(|call| call.contact.clone()).unwrap_or_default();
                let _ = self.tell.try_send(PhoneEvent::Answered { contact });
                Some(())
            }
            Some("BYE") if ours => {
                self.load.remove(self.number);
                if let Some(call) = self.call.take() {
                    let _ = self.tell.try_send(PhoneEvent::Over { contact: call.contact });
                }
                self.send(&Message::answer(&message, 200, "OK", "")).await
            }
            None | Some("ACK") => Some(()),
            Some(_) => self.send(&Message::answer(&message, 200, "OK", &token(8))).await,
        }
    }

    async fn answer(&mut self, invite: &Message, call_id: String) -> Option<()> {
        let tag = token(10);
        let guest = Guest::new(self.number, Group::Ours);
        match Peer::answer(&invite.body, Arc::clone(&guest)).await {
            Ok((peer, sdp)) => {
                self.load.welcome(guest);
                let contact = invite.header("X-Contact").unwrap_or_default().to_owned();
                self.call = Some(WebCall { contact, call_id, _peer: peer });
                let ok = Message::answer(invite, 200, "OK", &tag).with("Contact", &self.contact());
                self.send(&ok.with_sdp(sdp)).await
            }
            Err(error) => {
                eprintln!("a web agent could not answer: {error}");
                self.send(&Message::answer(invite, 488, "Not Acceptable Here", &tag)).await
            }
        }
    }

    fn contact(&self) -> String {
        format!("<sip:{}@{};transport=ws>", self.user, self.host)
    }

    async fn send(&mut self, message: &Message) -> Option<()> {
        self.socket.send(Frame::text(message.to_string())).await.ok()
    }

    async fn next(&mut self) -> Option<Message> {
        loop {
            if let Frame::Text(text) = self.socket.next().await?.ok()?
                && let Some(message) = Message::parse(text.as_bytes())
            {
                return Some(message);
            }
        }
    }
}
