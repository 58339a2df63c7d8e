//! The task that owns one conversation: it carries out what the session decides, one thing after the
//! other, so that nothing overtakes a message on its way to the store.

use crate::frame::{CloseCode, FromCentre, FromCitizen};
use crate::line::Speaker;
use crate::live::hub::{ChatEvent, Inner};
use crate::session::{Command, Output, Refusal, Session};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use vocabulary::ContactId;

/// What a conversation's owner is sent.
pub(super) enum Inbox {
    Attach { connection: u64, after: Option<u64>, wire: mpsc::Sender<Wire>, greeting: Option<FromCentre> },
    Detach { connection: u64 },
    Frame { connection: u64, frame: FromCitizen },
    Say { speaker: Speaker, text: String, reply: oneshot::Sender<Result<u64, Refusal>> },
    Command(Command),
}

/// What a connection is sent.
pub(super) enum Wire {
    Frame(String),
    Close(CloseCode),
}

pub(super) struct Owner {
    hub: Arc<Inner>,
    contact: ContactId,
    session: Session,
    inbox: mpsc::Receiver<Inbox>,
    attached: Option<(u64, mpsc::Sender<Wire>)>,
    /// One that was just taken over, until its close is sent.
    replaced: Option<(u64, mpsc::Sender<Wire>)>,
    tickets: BTreeMap<u64, oneshot::Sender<Result<u64, Refusal>>>,
    next_ticket: u64,
    over: bool,
}

impl Owner {
    pub(super) fn new(hub: Arc<Inner>, contact: ContactId, session: Session, inbox: mpsc::Receiver<Inbox>) -> Owner {
        Owner {
            hub,
            contact,
            session,
            inbox,
            attached: None,
            replaced: None,
            tickets: BTreeMap::new(),
            next_ticket: 1,
            over: false,
        }
    }

    /// Runs until the conversation is over or the hub closes.
    pub(super) async fn run(mut self, first: Option<ChatEvent>) {
        if let Some(event) = first {
            self.tell(event).await;
        }
        while !self.over {
            let closing = self.hub.closing.clone();
            let command = tokio::select! {
                () = closing.cancelled() => break,
                command = self.inbox.recv() => command,
                () = until(&self.hub, self.session.deadline()) => Some(Inbox::Command(Command::Tick)),
            };
            let Some(command) = command else { break };
            let command = self.translate(command);
            self.carry_out(command).await;
        }
        if self.over {
            self.hub.forget(self.contact);
        } else if let Some((_, wire)) = self.attached.take() {
            let _ = wire.try_send(Wire::Close(CloseCode::Restart));
        }
    }

    fn translate(&mut self, command: Inbox) -> Command {
        match command {
            Inbox::Attach { connection, after, wire, greeting } => {
                self.replaced = self.attached.replace((connection, wire));
                if let Some(greeting) = greeting {
                    self.send(&greeting);
                }
                Command::Attach { connection, after }
            }
            Inbox::Detach { connection } => {
                self.attached.take_if(|(attached, _)| *attached == connection);
                Command::Detach { connection }
            }
            Inbox::Frame { connection, frame } => Command::Frame { connection, frame },
            Inbox::Say { speaker, text, reply } => {
                let ticket = self.next_ticket;
                self.next_ticket += 1;
                self.tickets.insert(ticket, reply);
                Command::Say { ticket, speaker, text }
            }
            Inbox::Command(command) => command,
        }
    }

    async fn carry_out(&mut self, command: Command) {
        let mut commands = VecDeque::from([command]);
        let mut out = Vec::new();
        while let Some(command) = commands.pop_front() {
            self.session.handle(self.hub.clock.now(), command, &mut out);
            for output in out.drain(..) {
                commands.extend(self.output(output).await);
            }
        }
        self.replaced = None;
    }

    /// Does one thing; what the session must know of it comes back.
    async fn output(&mut self, output: Output) -> Option<Command> {
        let contact = self.contact;
        match output {
            Output::Send(frame) => self.send(&frame),
            Output::Store(line) => {
                let stored = self.hub.messages.append(contact, &line).await;
                return Some(if stored.is_ok() { Command::Stored } else { Command::NotStored });
            }
            Output::Replay { after } => match self.hub.messages.read_after(contact, after).await {
                Ok(lines) => return Some(Command::Replayed { lines }),
                // The page comes back and asks again; half a conversation would look like all of it.
                Err(_) => self.close_attached(CloseCode::Restart),
            },
            Output::Close { connection, why } => self.close(connection, why),
            Output::Said(line) => {
                let id = line.id.expect("only the citizen's messages are told, and theirs have ids");
                self.tell(ChatEvent::Said { contact, seq: line.seq, id, text: line.text }).await;
            }
            Output::Typing => self.tell(ChatEvent::Typing { contact }).await,
            Output::Read { upto } => self.tell(ChatEvent::Read { contact, upto }).await,
            Output::Silent => self.tell(ChatEvent::Silent { contact }).await,
            Output::Left { cause } => self.tell(ChatEvent::Left { contact, cause }).await,
            Output::Answer { ticket, taken } => {
                if let Some(reply) = self.tickets.remove(&ticket) {
                    // Who asked may have stopped waiting.
                    let _ = reply.send(taken);
                }
            }
            Output::Over => self.over = true,
        }
        None
    }

    /// A page that does not read is let go: its channel ends and the connection says so.
    fn send(&mut self, frame: &FromCentre) {
        let Some((_, wire)) = &self.attached else { return };
        if wire.try_send(Wire::Frame(frame.write())).is_err() {
            self.attached = None;
        }
    }

    fn close(&mut self, connection: u64, why: CloseCode) {
        let places = [&mut self.attached, &mut self.replaced];
        for wire in places.into_iter().filter_map(|place| place.take_if(|(id, _)| *id == connection)) {
            // No room for the word: the end of the channel closes it all the same.
            let _ = wire.1.try_send(Wire::Close(why));
        }
    }

    fn close_attached(&mut self, why: CloseCode) {
        if let Some((connection, _)) = &self.attached {
            self.close(*connection, why);
        }
    }

    async fn tell(&self, event: ChatEvent) {
        // A centre that listens no more is shutting down.
        let _ = self.hub.events.send(event).await;
    }
}

async fn until(hub: &Inner, deadline: Option<vocabulary::Time>) {
    match deadline {
        Some(due) => {
            let left = due.since(hub.clock.now());
            tokio::time::sleep(Duration::from_millis(left.0.unsigned_abs())).await;
        }
        None => std::future::pending().await,
    }
}
