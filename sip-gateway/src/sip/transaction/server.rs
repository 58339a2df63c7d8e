//! Server transactions: a request of theirs until our final answer has arrived
//! (RFC 3261 §17.2, RFC 6026 §7.1).

use super::timers::{self, LIMIT, Medium, T1, T4, TRYING, UNANSWERED};
use super::{End, Output};
use crate::sip::message::Message;
use std::sync::Arc;
use vocabulary::{Span, Time};

/// What happens to a server transaction.
pub enum Input {
    /// The request again.
    Repeated,
    /// An ACK with the INVITE's own branch.
    Ack(Message),
    /// Our answer.
    Respond(Message),
    /// The connection is gone.
    Broken,
    /// The deadline passed.
    Tick,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// No final answer of ours yet: Trying and Proceeding.
    Proceeding {
        trying: Option<Time>,
        until: Time,
    },
    /// Our 2xx to INVITE is out: its repetition and ACK are the core's (RFC 6026 §7.1).
    Accepted {
        until: Time,
    },
    /// Our final answer is out.
    Completed {
        again: Option<Time>,
        pause: Span,
        until: Time,
    },
    /// Our refusal of an INVITE is acknowledged; stray ACKs are absorbed.
    Confirmed {
        until: Time,
    },
    Over,
}

/// An INVITE of theirs (figure 7 of RFC 3261 with RFC 6026's Accepted).
pub struct InviteServer {
    state: State,
    medium: Medium,
    /// Kept until the first answer, for the 100 that may have to be made of it.
    invite: Option<Message>,
    last: Option<Arc<str>>,
    tag: Option<String>,
}

/// Any other request of theirs (figure 8).
pub struct Server {
    state: State,
    medium: Medium,
    last: Option<Arc<str>>,
}

impl InviteServer {
    /// It arrived.
    pub fn new(now: Time, invite: Message, medium: Medium) -> InviteServer {
        let state = State::Proceeding { trying: Some(now + TRYING), until: now + UNANSWERED };
        InviteServer { state, medium, invite: Some(invite), last: None, tag: None }
    }

    /// Decides.
    pub fn handle(&mut self, now: Time, input: Input, out: &mut Vec<Output>) {
        match input {
            Input::Repeated => {
                if matches!(self.state, State::Proceeding { .. } | State::Completed { .. }) {
                    out.extend(self.last.clone().map(Output::Send));
                }
            }
            Input::Ack(ack) => self.ack(now, ack, out),
            Input::Respond(response) => self.respond(now, &response, out),
            Input::Broken => broken(&mut self.state, out),
            Input::Tick => self.tick(now, out),
        }
    }

    /// When to call with [`Input::Tick`].
    pub fn deadline(&self) -> Option<Time> {
        deadline(self.state)
    }

    /// Whether a CANCEL still has something to cancel (§9.2).
    pub fn is_proceeding(&self) -> bool {
        matches!(self.state, State::Proceeding { .. })
    }

    /// The tag our answers carry, once there is one.
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    fn ack(&mut self, now: Time, ack: Message, out: &mut Vec<Output>) {
        match self.state {
            State::Completed { .. } => {
                self.last = None;
                self.state = State::Confirmed { until: now + self.medium.if_lossy(T4) };
                self.over_if_due(now, out);
            }
            State::Accepted { .. } => out.push(Output::Ack(ack)),
            _ => {}
        }
    }

    fn respond(&mut self, now: Time, response: &Message, out: &mut Vec<Output>) {
        let code = response.code().unwrap_or_default();
        match (self.state, code) {
            (State::Proceeding { until, .. }, 100..=199) => {
                self.send(response, out);
                self.state = State::Proceeding { trying: None, until };
            }
            (State::Proceeding { .. }, 200..=299) => {
                self.send(response, out);
                self.last = None;
                self.state = State::Accepted { until: now + LIMIT };
            }
            (State::Accepted { .. }, 200..=299) => out.push(Output::Send(response.to_string().into())),
            (State::Proceeding { .. }, 300..=699) => {
                self.send(response, out);
                let again = (self.medium == Medium::Lossy).then(|| now + T1);
                self.state = State::Completed { again, pause: T1, until: now + LIMIT };
            }
            _ => {}
        }
    }

    fn send(&mut self, response: &Message, out: &mut Vec<Output>) {
        let text: Arc<str> = response.to_string().into();
        if let Some(tag) = response.tag("To") {
            self.tag = Some(tag.to_owned());
        }
        (self.invite, self.last) = (None, Some(text.clone()));
        out.push(Output::Send(text));
    }

    fn tick(&mut self, now: Time, out: &mut Vec<Output>) {
        match self.state {
            State::Proceeding { until, .. } | State::Completed { until, .. } if until <= now => {
                self.state = State::Over;
                out.push(Output::Ended(End::TimedOut));
            }
            State::Proceeding { trying: Some(at), until } if at <= now => {
                self.state = State::Proceeding { trying: None, until };
                if let Some(invite) = self.invite.take() {
                    self.send(&Message::response(&invite, 100, ""), out);
                }
            }
            State::Completed { again: Some(at), pause, until } if at <= now => {
                out.extend(self.last.clone().map(Output::Send));
                let pause = timers::backed_off(pause);
                self.state = State::Completed { again: Some(now + pause), pause, until };
            }
            _ => self.over_if_due(now, out),
        }
    }

    fn over_if_due(&mut self, now: Time, out: &mut Vec<Output>) {
        if let State::Accepted { until } | State::Confirmed { until } = self.state
            && until <= now
        {
            self.state = State::Over;
            out.push(Output::Ended(End::Done));
        }
    }
}

impl Server {
    /// It arrived.
    pub fn new(now: Time, medium: Medium) -> Server {
        // Its sender waits 64 x T1; an answer after that reaches nobody (timer F).
        Server { state: State::Proceeding { trying: None, until: now + LIMIT }, medium, last: None }
    }

    /// Decides.
    pub fn handle(&mut self, now: Time, input: Input, out: &mut Vec<Output>) {
        match input {
            Input::Repeated => out.extend(self.last.clone().map(Output::Send)),
            Input::Ack(_) => {}
            Input::Respond(response) => self.respond(now, &response, out),
            Input::Broken => broken(&mut self.state, out),
            Input::Tick => self.tick(now, out),
        }
    }

    /// When to call with [`Input::Tick`].
    pub fn deadline(&self) -> Option<Time> {
        deadline(self.state)
    }

    fn respond(&mut self, now: Time, response: &Message, out: &mut Vec<Output>) {
        let State::Proceeding { .. } = self.state else { return };
        let text: Arc<str> = response.to_string().into();
        self.last = Some(text.clone());
        out.push(Output::Send(text));
        if response.code().is_some_and(|code| code >= 200) {
            let until = now + self.medium.if_lossy(LIMIT);
            self.state = State::Completed { again: None, pause: T1, until };
            self.over_if_due(now, out);
        }
    }

    fn tick(&mut self, now: Time, out: &mut Vec<Output>) {
        match self.state {
            State::Proceeding { until, .. } if until <= now => {
                self.state = State::Over;
                out.push(Output::Ended(End::TimedOut));
            }
            _ => self.over_if_due(now, out),
        }
    }

    fn over_if_due(&mut self, now: Time, out: &mut Vec<Output>) {
        if let State::Completed { until, .. } = self.state
            && until <= now
        {
            self.state = State::Over;
            out.push(Output::Ended(End::Done));
        }
    }
}

fn deadline(state: State) -> Option<Time> {
    match state {
        State::Proceeding { trying, until } => Some(trying.map_or(until, |at| at.min(until))),
        State::Completed { again, until, .. } => Some(again.map_or(until, |at| at.min(until))),
        State::Accepted { until } | State::Confirmed { until } => Some(until),
        State::Over => None,
    }
}

/// Nothing can be answered on a dead connection any more.
fn broken(state: &mut State, out: &mut Vec<Output>) {
    let end = match state {
        State::Proceeding { .. } | State::Completed { .. } => End::Broken,
        State::Accepted { .. } | State::Confirmed { .. } => End::Done,
        State::Over => return,
    };
    *state = State::Over;
    out.push(Output::Ended(end));
}
