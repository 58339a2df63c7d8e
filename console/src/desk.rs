//! The agent's desk: one socket that sends the whole state whenever it changed, carries conversations,
//! and takes the agent's actions. What is on an engagement's card is [`crate::card`]'s business, who
//! goes offline when, [`crate::desks`]'.

use crate::ConsoleState;
use crate::card::Cards;
use crate::desks::OpenDesk;
use crate::failure::Failure;
use crate::guards::{MAX_FRAME, origin_is_ours};
use crate::messages::Message;
use crate::ports::{CallControl, ChatLine};
use crate::session::Me;
use crate::wire::{self, Wire};
use acd::Command;
use axum::extract::State;
use axum::extract::ws::{WebSocket, WebSocketUpgrade};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::Instant;
use vocabulary::centre::Role;
use vocabulary::event::Actor;
use vocabulary::{ContactId, Lane, Needs, Presence, QueueName, ReasonName, Risk, Time};

/// State is sent at most this often; what changes in between is sent together.
const COALESCE: Duration = Duration::from_millis(100);
/// Longest text an agent says at once, in characters.
const MAX_SAID: usize = 4_000;
/// Longest id a page gives its own message.
const MAX_CLIENT_ID: usize = 40;

/// What the page says.
#[derive(Deserialize)]
#[serde(tag = "t", rename_all = "snake_case")]
enum FromPage {
    Presence { presence: Presence },
    Accept { contact: ContactId, offer: u32 },
    Decline { contact: ContactId, offer: u32 },
    Hold { contact: ContactId, on: bool },
    Confidential { contact: ContactId, lane: Lane, risk: Risk },
    HangUp { contact: ContactId },
    Transfer { contact: ContactId, queue: QueueName },
    Leaving { then: Option<Presence> },
    WrapUp { contact: ContactId, disposition: Option<ReasonName>, #[serde(default)] note: String },
    Extend { contact: ContactId },
    Say { contact: ContactId, id: String, text: String },
    Typing { contact: ContactId },
}

/// The agent's desk: state, conversations and actions. See `PROTOCOL.md`.
#[utoipa::path(get, path = "/api/desk/ws", tag = "desk", responses(
    (status = 101, description = "a WebSocket"), (status = 401), (status = 400, description = "another site's page")))]
pub(crate) async fn socket(
    State(state): State<ConsoleState>,
    me: Me,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Result<Response, Failure> {
    me.need(&[Role::Agent])?;
    if !origin_is_ours(&headers) {
        return Err(Message::NotFromOurPage.into());
    }
    let upgrade = upgrade.max_message_size(MAX_FRAME).max_frame_size(MAX_FRAME);
    Ok(upgrade.on_upgrade(move |socket| {
        let tasks = state.tasks().clone();
        tasks.track_future(serve(state, me, socket))
    }))
}

/// One open desk.
struct Desk {
    state: ConsoleState,
    me: Me,
    wire: Wire,
    cards: Cards,
    /// The last state sent, so that the same is not sent twice.
    sent: Value,
    /// Conversations on the screen, by the number of the last line sent.
    conversations: BTreeMap<ContactId, u64>,
}

async fn serve(state: ConsoleState, me: Me, socket: WebSocket) {
    let _open = OpenDesk::new(state.clone(), me.name().clone(), me.session.over.clone());
    let (over, stop) = (me.session.over.clone(), state.stop().clone());
    let mut changes = state.centre().changes();
    let mut lines = state.centre().messages();
    let mut checks = wire::checks();
    let wire = Wire::new(socket);
    let mut desk = Desk { state, me, wire, cards: Cards::default(), sent: Value::Null, conversations: BTreeMap::new() };
    let mut pushed = None;
    let mut due = Some(Instant::now());
    loop {
        let going = tokio::select! {
            () = over.cancelled() => break,
            () = stop.cancelled() => break,
            () = wire::until(due) => {
                due = None;
                pushed = Some(Instant::now());
                desk.push().await
            }
            changed = changes.changed() => {
                due = due.or_else(|| Some(wire::after(pushed, COALESCE)));
                changed.map_err(|_| wire::Gone)
            }
            line = lines.recv() => desk.line(line).await,
            frame = desk.wire.next() => match frame {
                Ok(text) => desk.obey(&text).await,
                Err(gone) => Err(gone),
            },
            _ = checks.tick() => {
                // Phones register and CRM entries change without the floor's picture changing.
                due = due.or_else(|| Some(wire::after(pushed, COALESCE)));
                desk.check().await
            }
        };
        if going.is_err() {
            return;
        }
    }
    desk.wire.close().await;
}

impl Desk {
    /// Sends the state if it is another than the last one, then the conversations that came with it.
    async fn push(&mut self) -> Result<(), wire::Gone> {
        let view = self.state.centre().view();
        let Some(agent) = view.set_up.agents.get(self.me.name()) else { return Err(wire::Gone) };
        self.me.agent = Arc::new(agent.clone());
        self.me.need(&[Role::Agent]).map_err(|_| wire::Gone)?;
        let registered = self.state.centre().phone_registered(self.me.name());
        let state = self.cards.state(&self.state, &view, &self.me, registered).await;
        if state != self.sent {
            self.wire.send(&state).await?;
            self.sent = state;
        }
        let open = view.conversations_of(self.me.name());
        self.conversations.retain(|contact, _| open.contains(contact));
        for contact in open {
            if !self.conversations.contains_key(&contact) {
                self.catch_up(contact, 0).await?;
            }
        }
        Ok(())
    }

    /// Sends what was said after a line, from the store, in order.
    async fn catch_up(&mut self, contact: ContactId, after: u64) -> Result<(), wire::Gone> {
        let mut last = after;
        match self.state.records().conversation(&self.viewer(), contact, after).await {
            Ok(lines) => {
                for line in lines {
                    last = self.send_line(&line).await?.unwrap_or(last);
                }
                self.conversations.insert(contact, last);
                Ok(())
            }
            // Left out of `conversations`, so that the next push tries again.
            Err(failure) => self.wire.send(&failure.frame()).await,
        }
    }

    /// A line from the bus: the next one goes straight through, after a gap the store is read.
    async fn line(&mut self, line: Result<Arc<ChatLine>, RecvError>) -> Result<(), wire::Gone> {
        let line = match line {
            Ok(line) => line,
            Err(RecvError::Lagged(_)) => {
                let open: Vec<_> = self.conversations.iter().map(|(contact, last)| (*contact, *last)).collect();
                for (contact, last) in open {
                    self.catch_up(contact, last).await?;
                }
                return Ok(());
            }
            Err(RecvError::Closed) => return Err(wire::Gone),
        };
        let Some(last) = self.conversations.get(&line.contact()).copied() else { return Ok(()) };
        match &*line {
            ChatLine::Typing { contact } => self.wire.send(&json!({"t": "typing", "contact": contact})).await,
            ChatLine::Said { seq, .. } if *seq <= last => Ok(()),
            ChatLine::Said { contact, seq, .. } if *seq == last + 1 => {
                self.send_line(&line).await?;
                self.conversations.insert(*contact, *seq);
                Ok(())
            }
            ChatLine::Said { contact, .. } => self.catch_up(*contact, last).await,
        }
    }

    /// Sends one line and gives its number.
    async fn send_line(&mut self, line: &ChatLine) -> Result<Option<u64>, wire::Gone> {
        let ChatLine::Said { contact, seq, from, text, at } = line else { return Ok(None) };
        let frame = json!({"t": "message", "contact": contact, "seq": seq, "from": from, "text": text, "at": at});
        self.wire.send(&frame).await?;
        Ok(Some(*seq))
    }

    /// Does what the page asks, or says why not.
    async fn obey(&mut self, text: &str) -> Result<(), wire::Gone> {
        let Ok(frame) = serde_json::from_str::<FromPage>(text) else {
            return self.wire.send(&Failure::Told(Message::BadInput).frame()).await;
        };
        let contact = frame.contact();
        match self.act(frame).await {
            Ok(None) => Ok(()),
            Ok(Some(answer)) => self.wire.send(&answer).await,
            Err(failure) => {
                let mut frame = failure.frame();
                if let Some(contact) = contact {
                    frame["contact"] = json!(contact);
                }
                self.wire.send(&frame).await
            }
        }
    }

    async fn act(&mut self, frame: FromPage) -> Result<Option<Value>, Failure> {
        let agent = self.me.name().clone();
        let by = Actor::Staff { name: agent.clone() };
        let command = match frame {
            FromPage::Presence { presence } => Command::SetPresence { agent, presence, by },
            FromPage::Accept { contact, offer } => {
                self.is_text(contact)?;
                Command::Accept { contact, offer, agent }
            }
            FromPage::Decline { contact, offer } => Command::Decline { contact, offer, agent },
            FromPage::Hold { contact, on } => return self.control(contact, CallControl::Hold { contact, agent, on }).await,
            FromPage::HangUp { contact } => return self.control(contact, CallControl::HangUp { contact, agent }).await,
            FromPage::Confidential { contact, lane, risk } => {
                self.serves(contact)?;
                Command::Reclassify { contact, lane, risk, by }
            }
            FromPage::WrapUp { contact, disposition, note } => {
                self.serves(contact)?;
                if !note.trim().is_empty() {
                    // First the note: when wrap-up is over, the agent may not write to the contact any more.
                    self.state.records().add_note(&self.viewer(), contact, &note, self.now()).await?;
                }
                Command::WrapUp { contact, agent, disposition }
            }
            FromPage::Transfer { contact, queue } => {
                self.serves(contact)?;
                Command::Transfer { contact, agent, queue, needs: Needs::default(), by }
            }
            FromPage::Leaving { then } => Command::SetLeaving { agent, then, by },
            FromPage::Extend { contact } => Command::ExtendWrapUp { contact, agent },
            FromPage::Say { contact, id, text } => return self.say(contact, id, text).await,
            FromPage::Typing { contact } => {
                self.serves(contact)?;
                self.state.centre().agent_typing(contact);
                return Ok(None);
            }
        };
        self.state.centre().floor_command(command).await?;
        Ok(None)
    }

    async fn control(&mut self, contact: ContactId, control: CallControl) -> Result<Option<Value>, Failure> {
        self.serves(contact)?;
        self.state.centre().call_control(control).await?;
        Ok(None)
    }

    async fn say(&mut self, contact: ContactId, id: String, text: String) -> Result<Option<Value>, Failure> {
        self.serves(contact)?;
        if text.trim().is_empty() {
            return Err(Message::Empty.into());
        }
        if text.chars().nth(MAX_SAID).is_some() || id.len() > MAX_CLIENT_ID {
            return Err(Message::TooLarge.into());
        }
        let seq = self.state.centre().say(contact, self.me.name().clone(), id.clone(), text).await?;
        Ok(Some(json!({"t": "said", "contact": contact, "id": id, "seq": seq})))
    }

    /// A call is accepted by answering it, so that nobody is connected to a leg that does not ring.
    fn is_text(&self, contact: ContactId) -> Result<(), Failure> {
        let view = self.state.centre().view();
        let voice = view.contacts.get(&contact).is_some_and(|c| c.channel.is_voice());
        if voice { Err(Message::AnswerByPhone.into()) } else { Ok(()) }
    }

    fn serves(&self, contact: ContactId) -> Result<(), Failure> {
        let theirs = self.state.centre().view().serves(self.me.name(), contact);
        if theirs { Ok(()) } else { Err(Message::NotYours.into()) }
    }

    async fn check(&mut self) -> Result<(), wire::Gone> {
        match self.state.credentials().still_alive(&self.me.session).await {
            Ok(false) => Err(wire::Gone),
            // The store may be back at the next check; a call is not cut for it.
            Ok(true) | Err(_) => self.wire.ping().await,
        }
    }

    fn viewer(&self) -> crm::Viewer {
        self.state.viewer(&self.me)
    }

    fn now(&self) -> Time {
        self.state.clock().now()
    }
}

impl FromPage {
    fn contact(&self) -> Option<ContactId> {
        use FromPage::*;
        match self {
            Presence { .. } | Leaving { .. } => None,
            Accept { contact, .. } | Decline { contact, .. } | Hold { contact, .. } | HangUp { contact }
            | Confidential { contact, .. } | Transfer { contact, .. } | WrapUp { contact, .. } | Extend { contact } | Say { contact, .. }
            | Typing { contact } => Some(*contact),
        }
    }
}
