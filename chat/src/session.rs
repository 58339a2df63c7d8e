//! One conversation: places, acknowledgements, duplicates, coming back, typing, idling. It reads no
//! clock and stores nothing: [`Output::Store`] and [`Output::Replay`] are carried out by its owner, who
//! answers with [`Command::Stored`], [`Command::NotStored`] and [`Command::Replayed`] before anything
//! else. A message is acknowledged and told only when it is stored.

use crate::frame::{CloseCode, FromCentre, FromCitizen, Refused, check_text, clean};
use crate::line::{Line, Speaker, first_word, iso};
use std::collections::{BTreeMap, VecDeque};
use vocabulary::{EndCause, Span, Time, Ulid};

/// Silence after which the citizen is warned.
pub const IDLE_WARNING: Span = Span::minutes(5);
/// Silence after which the conversation ends; a safeguarding one only tells a supervisor.
pub const IDLE_END: Span = Span::minutes(10);
/// "Types" is passed on at most this often.
pub const TYPING_EVERY: Span = Span::seconds(3);
/// The most messages of a conversation.
pub const MAX_LINES: u64 = 5_000;
/// The most messages a citizen may send in [`BURST_SPAN`].
pub const BURST: usize = 20;
/// See [`BURST`].
pub const BURST_SPAN: Span = Span::seconds(10);

/// Why a message of the centre was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The message itself.
    #[error(transparent)]
    Message(#[from] Refused),
    /// The conversation is over.
    #[error("the conversation is over")]
    Over,
}

/// What happens to a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// A connection took it over; `after` is the last message it has, `None` on the first one.
    Attach {
        /// The owner's name for the connection.
        connection: u64,
        /// From where messages are missing.
        after: Option<u64>,
    },
    /// The connection is gone.
    Detach {
        /// Which.
        connection: u64,
    },
    /// A frame came in.
    Frame {
        /// By which connection: one that was taken over is not heard any more.
        connection: u64,
        /// The frame.
        frame: FromCitizen,
    },
    /// The centre or an agent says something.
    Say {
        /// The owner's name for the answer.
        ticket: u64,
        /// Who.
        speaker: Speaker,
        /// The words.
        text: String,
    },
    /// Where the citizen stands in the queue.
    Queue {
        /// The place, from 1.
        position: u32,
        /// The expected wait in seconds.
        seconds: Option<u32>,
    },
    /// An agent is there.
    Agent {
        /// The agent's name.
        shown_as: String,
    },
    /// The agent types.
    AgentTyping,
    /// The agent has seen everything up to here.
    AgentRead {
        /// The last message seen.
        upto: u64,
    },
    /// The contact is in a safeguarding lane from now on: it never ends by itself.
    Safeguard,
    /// The centre ends it.
    End,
    /// The line asked for by [`Output::Store`] is stored.
    Stored,
    /// It is not.
    NotStored,
    /// The lines asked for by [`Output::Replay`].
    Replayed {
        /// In order.
        lines: Vec<Line>,
    },
    /// A deadline came.
    Tick,
}

/// What its owner does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Send to the attached connection; without one it is dropped, the store has what matters.
    Send(FromCentre),
    /// Store, then answer.
    Store(Line),
    /// Read what comes after, then answer.
    Replay {
        /// The last message the page has.
        after: u64,
    },
    /// Close a connection.
    Close {
        /// Which.
        connection: u64,
        /// Why.
        why: CloseCode,
    },
    /// A citizen's message, stored.
    Said(Line),
    /// The citizen types.
    Typing,
    /// The citizen has seen everything up to here.
    Read {
        /// The last message seen.
        upto: u64,
    },
    /// A safeguarding conversation has been silent for [`IDLE_END`]: a person looks.
    Silent,
    /// The citizen left: [`EndCause::Normal`] by choice, [`EndCause::Idle`] by silence.
    Left {
        /// Why.
        cause: EndCause,
    },
    /// The answer to a [`Command::Say`].
    Answer {
        /// The owner's name for it.
        ticket: u64,
        /// The place of the message.
        taken: Result<u64, Refusal>,
    },
    /// The conversation is over: the owner forgets it.
    Over,
}

/// A message that waits to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Draft {
    id: Option<Ulid>,
    ticket: Option<u64>,
    speaker: Speaker,
    text: String,
    at: Time,
}

/// One conversation.
#[derive(Debug, Clone)]
pub struct Session {
    attached: Option<u64>,
    safeguarding: bool,
    /// In a queue: silence is ours, not the citizen's.
    queued: Option<(u32, Option<u32>)>,
    agent: Option<String>,
    last: u64,
    /// Place and time of every message of the page by its id.
    known: BTreeMap<Ulid, (u64, Time)>,
    storing: Option<Draft>,
    waiting: VecDeque<Draft>,
    recent: VecDeque<Time>,
    active: Time,
    warned: bool,
    told_silent: bool,
    typed: Option<Time>,
    agent_typed: Option<Time>,
    over: bool,
}

impl Session {
    /// A new conversation.
    pub fn open(now: Time, safeguarding: bool) -> Session {
        Session {
            attached: None,
            safeguarding,
            queued: None,
            agent: None,
            last: 0,
            known: BTreeMap::new(),
            storing: None,
            waiting: VecDeque::new(),
            recent: VecDeque::new(),
            active: now,
            warned: false,
            told_silent: false,
            typed: None,
            agent_typed: None,
            over: false,
        }
    }

    /// A conversation as it was before a restart, from its stored messages.
    pub fn adopt(now: Time, safeguarding: bool, lines: &[Line]) -> Session {
        let mut session = Session::open(now, safeguarding);
        session.last = lines.iter().map(|line| line.seq).max().unwrap_or(0);
        session.known = lines.iter().filter_map(|line| Some((line.id?, (line.seq, line.at)))).collect();
        session
    }

    /// Takes a command. Outputs are carried out in their order.
    pub fn handle(&mut self, now: Time, command: Command, out: &mut Vec<Output>) {
        if self.over {
            if let Command::Say { ticket, .. } = command {
                out.push(Output::Answer { ticket, taken: Err(Refusal::Over) });
            }
            return;
        }
        match command {
            Command::Attach { connection, after } => self.attach(now, connection, after, out),
            Command::Detach { connection } if self.attached == Some(connection) => {
                self.attached = None;
                self.touch(now);
            }
            Command::Frame { connection, frame } if self.attached == Some(connection) => self.frame(now, frame, out),
            Command::Detach { .. } | Command::Frame { .. } => {}
            Command::Say { ticket, speaker, text } => self.say(now, ticket, speaker, &text, out),
            Command::Queue { position, seconds } => {
                self.queued = Some((position, seconds));
                out.push(Output::Send(FromCentre::Queue { position, ewt_s: seconds }));
            }
            Command::Agent { shown_as } => {
                let name = first_word(&shown_as);
                self.queued = None;
                self.agent = Some(name.clone());
                self.touch(now);
                out.push(Output::Send(FromCentre::Agent { name }));
            }
            Command::AgentTyping if may_pass(&mut self.agent_typed, now) => {
                out.push(Output::Send(FromCentre::Typing {}));
            }
            Command::AgentTyping => {}
            Command::AgentRead { upto } => out.push(Output::Send(FromCentre::Read { upto: upto.min(self.last) })),
            Command::Safeguard => self.safeguarding = true,
            Command::End => self.end(out),
            Command::Stored => self.stored(now, out),
            Command::NotStored => self.not_stored(now, out),
            Command::Replayed { lines } => self.replayed(&lines, out),
            Command::Tick => {}
        }
        self.look_at_the_clock(now, out);
    }

    /// When [`Command::Tick`] is due.
    pub fn deadline(&self) -> Option<Time> {
        let waits_for_us = self.queued.is_some() && self.attached.is_some();
        if self.over || waits_for_us || self.told_silent {
            None
        } else if self.safeguarding || self.warned {
            Some(self.active + IDLE_END)
        } else {
            Some(self.active + IDLE_WARNING)
        }
    }

    /// The place of the last stored message.
    pub fn last(&self) -> u64 {
        self.last
    }

    fn attach(&mut self, now: Time, connection: u64, after: Option<u64>, out: &mut Vec<Output>) {
        if let Some(old) = self.attached.replace(connection).filter(|old| *old != connection) {
            out.push(Output::Close { connection: old, why: CloseCode::Elsewhere });
        }
        self.touch(now);
        if let Some(after) = after {
            out.push(Output::Replay { after });
        }
    }

    fn replayed(&mut self, lines: &[Line], out: &mut Vec<Output>) {
        out.extend(lines.iter().map(|line| Output::Send(FromCentre::of(line))));
        out.push(Output::Send(FromCentre::Resumed { seq: self.last }));
        if let Some((position, seconds)) = self.queued {
            out.push(Output::Send(FromCentre::Queue { position, ewt_s: seconds }));
        }
        if let Some(name) = &self.agent {
            out.push(Output::Send(FromCentre::Agent { name: name.clone() }));
        }
    }

    fn frame(&mut self, now: Time, frame: FromCitizen, out: &mut Vec<Output>) {
        self.touch(now);
        match frame {
            FromCitizen::Msg { id, text } => self.message(now, id, &text, out),
            FromCitizen::Typing {} if may_pass(&mut self.typed, now) => out.push(Output::Typing),
            FromCitizen::Typing {} => {}
            FromCitizen::Read { upto } => out.push(Output::Read { upto: upto.min(self.last) }),
            FromCitizen::End {} => {
                out.push(Output::Left { cause: EndCause::Normal });
                self.end(out);
            }
            FromCitizen::Open { .. } | FromCitizen::Resume { .. } => {
                out.push(Output::Send(FromCentre::Error { code: Refused::Misplaced, id: None }));
            }
        }
    }

    fn message(&mut self, now: Time, id: Ulid, text: &str, out: &mut Vec<Output>) {
        if let Some((seq, at)) = self.known.get(&id) {
            return out.push(Output::Send(FromCentre::Ack { id, seq: *seq, at: iso(*at) }));
        }
        if self.storing.iter().chain(&self.waiting).any(|draft| draft.id == Some(id)) {
            return;
        }
        let text = clean(text);
        let checked = check_text(&text).and_then(|()| self.room()).and_then(|()| self.burst(now));
        match checked {
            Ok(()) => self.store(Draft { id: Some(id), ticket: None, speaker: Speaker::Citizen, text, at: now }, out),
            Err(code) => out.push(Output::Send(FromCentre::Error { code, id: Some(id) })),
        }
    }

    fn say(&mut self, now: Time, ticket: u64, speaker: Speaker, text: &str, out: &mut Vec<Output>) {
        self.touch(now);
        let text = clean(text);
        match check_text(&text).and_then(|()| self.room()) {
            Ok(()) => self.store(Draft { id: None, ticket: Some(ticket), speaker, text, at: now }, out),
            Err(refused) => out.push(Output::Answer { ticket, taken: Err(refused.into()) }),
        }
    }

    fn room(&self) -> Result<(), Refused> {
        let pending = (self.waiting.len() + usize::from(self.storing.is_some())) as u64;
        if self.last + pending >= MAX_LINES { Err(Refused::Full) } else { Ok(()) }
    }

    fn burst(&mut self, now: Time) -> Result<(), Refused> {
        while self.recent.front().is_some_and(|at| now.since(*at) >= BURST_SPAN) {
            self.recent.pop_front();
        }
        if self.recent.len() >= BURST {
            return Err(Refused::SlowDown);
        }
        self.recent.push_back(now);
        Ok(())
    }

    /// Stores one message after the other: a place is given once, in order, without gaps.
    fn store(&mut self, draft: Draft, out: &mut Vec<Output>) {
        self.waiting.push_back(draft);
        self.store_next(out);
    }

    fn store_next(&mut self, out: &mut Vec<Output>) {
        if self.storing.is_some() {
            return;
        }
        self.storing = self.waiting.pop_front();
        if let Some(draft) = &self.storing {
            out.push(Output::Store(draft.line(self.last + 1)));
        }
    }

    fn stored(&mut self, now: Time, out: &mut Vec<Output>) {
        let Some(draft) = self.storing.take() else {
            return;
        };
        self.last += 1;
        let line = draft.line(self.last);
        match draft.id {
            Some(id) => {
                self.known.insert(id, (line.seq, line.at));
                out.push(Output::Send(FromCentre::Ack { id, seq: line.seq, at: iso(line.at) }));
                out.push(Output::Said(line));
            }
            None => out.push(Output::Send(FromCentre::of(&line))),
        }
        if let Some(ticket) = draft.ticket {
            out.push(Output::Answer { ticket, taken: Ok(self.last) });
        }
        self.touch(now);
        self.store_next(out);
    }

    fn not_stored(&mut self, now: Time, out: &mut Vec<Output>) {
        let Some(draft) = self.storing.take() else {
            return;
        };
        if draft.id.is_some() {
            out.push(Output::Send(FromCentre::Error { code: Refused::NotStored, id: draft.id }));
        }
        if let Some(ticket) = draft.ticket {
            out.push(Output::Answer { ticket, taken: Err(Refused::NotStored.into()) });
        }
        self.touch(now);
        self.store_next(out);
    }

    fn end(&mut self, out: &mut Vec<Output>) {
        self.over = true;
        for ticket in self.storing.take().into_iter().chain(self.waiting.drain(..)).filter_map(|d| d.ticket) {
            out.push(Output::Answer { ticket, taken: Err(Refusal::Over) });
        }
        out.push(Output::Send(FromCentre::End {}));
        if let Some(connection) = self.attached.take() {
            out.push(Output::Close { connection, why: CloseCode::Over });
        }
        out.push(Output::Over);
    }

    /// Somebody did something: silence begins anew.
    fn touch(&mut self, now: Time) {
        self.active = now;
        self.warned = false;
        self.told_silent = false;
    }

    fn look_at_the_clock(&mut self, now: Time, out: &mut Vec<Output>) {
        while let Some(due) = self.deadline().filter(|due| *due <= now) {
            if self.safeguarding {
                self.told_silent = true;
                out.push(Output::Silent);
            } else if self.warned {
                out.push(Output::Left { cause: EndCause::Idle });
                self.end(out);
            } else {
                self.warned = true;
                let left = self.active + IDLE_END - due;
                let ends_in_s = u32::try_from(left.as_seconds()).expect("ten minutes less five");
                out.push(Output::Send(FromCentre::Idle { ends_in_s }));
            }
        }
    }
}

impl Draft {
    fn line(&self, seq: u64) -> Line {
        Line { seq, id: self.id, speaker: self.speaker.clone(), text: self.text.clone(), at: self.at }
    }
}

/// Whether enough time has passed since the last one that was let through.
fn may_pass(last: &mut Option<Time>, now: Time) -> bool {
    let due = last.is_none_or(|last| now.since(last) >= TYPING_EVERY);
    if due {
        *last = Some(now);
    }
    due
}

#[cfg(test)]
#[path = "session_tests.rs"]
mod tests;
