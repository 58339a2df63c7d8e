//! A citizen's phone for one call: INVITE, keys, BYE or CANCEL. What the person does and when is the
//! caller's business; this file keeps the dialog right.

use super::wire::{Came, Wire};
use super::{Voice, media_socket};
use crate::Trouble;
use crate::sip::{Message, sdp, sdp_target, token};
use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

/// Orders a phone remembers while it carries one out.
const ORDERS: usize = 32;

/// What is dialled, by whom.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The centre's SIP address.
    pub server: SocketAddr,
    /// The number dialled.
    pub number: String,
    /// The caller's own number.
    pub from: String,
}

/// What a person does with a phone.
#[derive(Debug, Clone, Copy)]
pub enum Order {
    /// Presses a key.
    Press(char),
    /// Puts the phone down.
    HangUp,
}

/// Who ended a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// This phone.
    Us,
    /// The centre.
    Centre,
}

/// How far a call is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Not answered yet.
    Calling,
    /// Answered, since then.
    Up(Instant),
    /// Over. The code is that of a refusal, 200 for a call that was up, 408 for a centre that is silent.
    Ended {
        /// Who ended it.
        by: Who,
        /// The SIP code.
        code: u16,
    },
}

/// A call under way.
pub struct Call {
    orders: mpsc::Sender<Order>,
    stage: watch::Receiver<Stage>,
}

impl Call {
    /// Dials.
    ///
    /// # Errors
    /// No socket could be had.
    pub async fn place(plan: Plan, voice: Box<dyn Voice>) -> Result<Call, Trouble> {
        let wire = Wire::open(plan.server).await?;
        let media = media_socket()?;
        let (orders, inbox) = mpsc::channel(ORDERS);
        let (told, stage) = watch::channel(Stage::Calling);
        let caller = Caller::new(plan, wire, media, voice, told)?;
        tokio::spawn(caller.run(inbox));
        Ok(Call { orders, stage })
    }

    /// Does something with the phone; a phone put down ignores it.
    pub async fn order(&self, order: Order) {
        let _ = self.orders.send(order).await;
    }

    /// How far the call is.
    pub fn stage(&self) -> Stage {
        *self.stage.borrow()
    }

    /// Waits until the call is as wanted.
    ///
    /// # Errors
    /// It was not within `patience`.
    pub async fn until(
        &mut self,
        what: &str,
        patience: Duration,
        wanted: impl Fn(Stage) -> bool,
    ) -> Result<Stage, Trouble> {
        let late = || Trouble::Late { what: what.to_owned(), patience };
        let waited = tokio::time::timeout(patience, self.stage.wait_for(|stage| wanted(*stage))).await;
        // The channel closes only after the last stage was told.
        waited.map_err(|_| late())?.map(|stage| *stage).map_err(|_| late())
    }

    /// Waits until the call is over.
    ///
    /// # Errors
    /// It was not within `patience`.
    pub async fn until_over(&mut self, patience: Duration) -> Result<Stage, Trouble> {
        self.until("the end of a call", patience, |stage| matches!(stage, Stage::Ended { .. })).await
    }
}

/// The dialog.
struct Caller {
    wire: Wire,
    voice: Box<dyn Voice>,
    media: Option<UdpSocket>,
    description: String,
    told: watch::Sender<Stage>,
    invite: Message,
    /// From, To (with their tag once known) and Call-ID.
    from: String,
    to: String,
    call_id: String,
    target: String,
    sequence: u32,
    ack: Option<Message>,
    rung: bool,
    leaving: bool,
}

impl Caller {
    fn new(
        plan: Plan,
        wire: Wire,
        media: UdpSocket,
        voice: Box<dyn Voice>,
        told: watch::Sender<Stage>,
    ) -> Result<Caller, Trouble> {
        let (local, server) = (wire.local(), plan.server);
        let target = format!("sip:{}@{server}", plan.number);
        let description = sdp(media.local_addr()?);
        let mut caller = Caller {
            from: format!("<sip:{}@{local}>;tag={}", plan.from, token(10)),
            to: format!("<{target}>"),
            call_id: format!("{}@127.0.0.1", token(20)),
            invite: Message::request("INVITE", &target),
            ack: None,
            sequence: 0,
            rung: false,
            leaving: false,
            media: Some(media),
            wire,
            voice,
            description,
            told,
            target,
        };
        caller.invite = caller.request("INVITE").with_sdp(caller.description.clone());
        Ok(caller)
    }

    async fn run(mut self, mut orders: mpsc::Receiver<Order>) {
        self.wire.ask(&self.invite).await;
        loop {
            let ended = tokio::select! {
                came = self.wire.next() => match came {
                    Came::Message(message) => self.take(message).await,
                    Came::Nothing => Some(Stage::Ended { by: Who::Centre, code: 408 }),
                },
                order = orders.recv() => self.obey(order.unwrap_or(Order::HangUp)).await,
            };
            if let Some(stage) = ended {
                self.voice.disconnect();
                self.told.send_replace(stage);
                return;
            }
        }
    }

    async fn obey(&mut self, order: Order) -> Option<Stage> {
        let up = matches!(*self.told.borrow(), Stage::Up(_));
        match order {
            Order::Press(key) if up => {
                if !self.voice.press(key) {
                    let info = self.request("INFO").with("Content-Type", "application/dtmf-relay");
                    self.wire.ask(&Message { body: format!("Signal={key}\r\nDuration=160\r\n"), ..info }).await;
                }
            }
            Order::Press(_) => {}
            Order::HangUp if self.leaving => {}
            Order::HangUp if up => {
                self.leaving = true;
                let bye = self.request("BYE");
                self.wire.ask(&bye).await;
            }
            Order::HangUp => {
                self.leaving = true;
                // RFC 3261 §9.1: no CANCEL before something was heard.
                if self.rung {
                    self.cancel().await;
                }
            }
        }
        None
    }

    async fn cancel(&mut self) {
        let via = self.invite.header("Via").unwrap_or_default().to_owned();
        let cancel = Message::request("CANCEL", &self.target).with("Via", &via);
        let cancel = self.name(cancel).with("CSeq", "1 CANCEL");
        self.wire.ask(&cancel).await;
    }

    async fn take(&mut self, message: Message) -> Option<Stage> {
        if message.header("Call-ID") != Some(self.call_id.as_str()) {
            return None;
        }
        match message.code() {
            Some(code) => {
                let method = message.cseq().map(|(_, method)| method.to_owned()).unwrap_or_default();
                self.response(&method, code, &message).await
            }
            None => self.requested(&message).await,
        }
    }

    async fn response(&mut self, method: &str, code: u16, message: &Message) -> Option<Stage> {
        if method != "INVITE" {
            if code >= 200 {
                self.wire.answered();
            }
            return (method == "BYE" && code >= 200).then_some(Stage::Ended { by: Who::Us, code: 200 });
        }
        if code < 200 {
            if !self.leaving {
                self.wire.answered();
            } else if !self.rung {
                self.rung = true;
                self.cancel().await;
            }
            self.rung = true;
            return None;
        }
        if let Some(ack) = &self.ack {
            self.wire.send(ack).await;
            return None;
        }
        self.wire.answered();
        self.to = message.header("To").unwrap_or(&self.to).to_owned();
        if code >= 300 {
            let via = self.invite.header("Via").unwrap_or_default().to_owned();
            let ack = self.name(Message::request("ACK", &self.target).with("Via", &via)).with("CSeq", "1 ACK");
            self.wire.send(&ack).await;
            let by = if self.leaving { Who::Us } else { Who::Centre };
            return Some(Stage::Ended { by, code });
        }
        self.answered(message).await;
        None
    }

    async fn answered(&mut self, ok: &Message) {
        self.target = ok.uri_of("Contact").unwrap_or(&self.target).to_owned();
        let via = self.wire.via();
        let ack = self.name(Message::request("ACK", &self.target).with("Via", &via)).with("CSeq", "1 ACK");
        self.wire.send(&ack).await;
        self.ack = Some(ack);
        if let (Some(target), Some(media)) = (sdp_target(&ok.body), self.media.take()) {
            self.voice.connect(media, target);
        }
        self.told.send_replace(Stage::Up(Instant::now()));
        if self.leaving {
            // It was put down while the answer was on its way.
            let bye = self.request("BYE");
            self.wire.ask(&bye).await;
        }
    }

    async fn requested(&mut self, request: &Message) -> Option<Stage> {
        match request.method() {
            Some("ACK") => None,
            Some("BYE") => {
                self.wire.send(&Message::answer(request, 200, "OK", "")).await;
                Some(Stage::Ended { by: Who::Centre, code: 200 })
            }
            Some("INVITE" | "UPDATE") => {
                let ok = Message::answer(request, 200, "OK", "").with("Contact", &self.contact());
                self.wire.send(&ok.with_sdp(self.description.clone())).await;
                None
            }
            _ => {
                self.wire.send(&Message::answer(request, 200, "OK", "")).await;
                None
            }
        }
    }

    /// The next request of the dialog.
    fn request(&mut self, method: &str) -> Message {
        self.sequence += 1;
        let via = self.wire.via();
        let request = self.name(Message::request(method, &self.target).with("Via", &via));
        request.with("CSeq", &format!("{} {method}", self.sequence)).with("Contact", &self.contact())
    }

    fn name(&self, request: Message) -> Message {
        let named = request.with("From", &self.from).with("To", &self.to).with("Call-ID", &self.call_id);
        named.with("Max-Forwards", "70")
    }

    fn contact(&self) -> String {
        format!("<sip:citizen@{}>", self.wire.local())
    }
}
