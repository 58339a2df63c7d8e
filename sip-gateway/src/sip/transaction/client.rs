//! Client transactions: a request of ours until its final answer and the repetitions of it
//! (RFC 3261 §17.1, RFC 6026 §7.2).

use super::timers::{self, C, D, LIMIT, Medium, T1, T2, T4};
use super::{End, Output};
use crate::sip::message::Message;
use std::sync::Arc;
use vocabulary::{Span, Time};

/// What happens to a client transaction.
pub enum Input {
    /// An answer whose branch and method match.
    Response(Message),
    /// The CANCEL of it went out: a final answer is due soon (§9.1).
    Cancelled,
    /// The connection is gone.
    Broken,
    /// The deadline passed.
    Tick,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Sent, not a word yet: Calling of an INVITE, Trying of the others.
    Calling {
        again: Option<Time>,
        pause: Span,
        until: Time,
    },
    /// A provisional answer is in.
    Proceeding {
        again: Option<Time>,
        until: Time,
    },
    /// 2xx to INVITE: further ones pass through (RFC 6026 §7.2).
    Accepted {
        until: Time,
    },
    /// Any other final answer: repetitions are absorbed, those to INVITE acknowledged.
    Completed {
        until: Time,
    },
    Over,
}

/// An INVITE of ours (figure 5 of RFC 3261 with RFC 6026's Accepted).
pub struct InviteClient {
    state: State,
    medium: Medium,
    request: Message,
    text: Arc<str>,
    ack: Option<Arc<str>>,
    cancelled: bool,
}

/// Any other request of ours (figure 6).
pub struct Client {
    state: State,
    medium: Medium,
    text: Arc<str>,
}

impl InviteClient {
    /// Sends it.
    pub fn new(now: Time, request: Message, medium: Medium, out: &mut Vec<Output>) -> InviteClient {
        let text: Arc<str> = request.to_string().into();
        out.push(Output::Send(text.clone()));
        let again = (medium == Medium::Lossy).then(|| now + T1);
        let state = State::Calling { again, pause: T1, until: now + LIMIT };
        InviteClient { state, medium, request, text, ack: None, cancelled: false }
    }

    /// Decides.
    pub fn handle(&mut self, now: Time, input: Input, out: &mut Vec<Output>) {
        match input {
            Input::Response(response) => self.response(now, response, out),
            Input::Cancelled => {
                self.cancelled = true;
                if let State::Calling { until, .. } | State::Proceeding { until, .. } = &mut self.state {
                    *until = (*until).min(now + LIMIT);
                }
            }
            Input::Broken => broken(&mut self.state, out),
            Input::Tick => self.tick(now, out),
        }
    }

    /// When to call with [`Input::Tick`].
    pub fn deadline(&self) -> Option<Time> {
        deadline(self.state)
    }

    /// The request it carries.
    pub fn request(&self) -> &Message {
        &self.request
    }

    /// Whether a CANCEL may be sent: after the first 1xx and before any final answer (§9.1).
    pub fn is_proceeding(&self) -> bool {
        matches!(self.state, State::Proceeding { .. })
    }

    fn response(&mut self, now: Time, response: Message, out: &mut Vec<Output>) {
        let code = response.code().unwrap_or_default();
        match (self.state, code) {
            (State::Calling { .. }, 100..=199) => {
                self.state = State::Proceeding { again: None, until: now + C };
                out.push(Output::Response(response));
            }
            (State::Proceeding { until, .. }, 100..=199) => {
                // After a CANCEL the time left is short, and no ringing makes it longer.
                let until = if self.cancelled { until } else { now + C };
                self.state = State::Proceeding { again: None, until };
                out.push(Output::Response(response));
            }
            (State::Calling { .. } | State::Proceeding { .. }, 200..=299) => {
                self.state = State::Accepted { until: now + LIMIT };
                out.push(Output::Response(response));
            }
            (State::Accepted { .. }, 200..=299) => out.push(Output::Response(response)),
            (State::Calling { .. } | State::Proceeding { .. }, 300..=699) => {
                let ack: Arc<str> = ack(&self.request, &response).to_string().into();
                out.extend([Output::Send(ack.clone()), Output::Response(response)]);
                self.ack = Some(ack);
                self.state = State::Completed { until: now + self.medium.if_lossy(D) };
                self.over_if_due(now, out);
            }
            (State::Completed { .. }, 300..=699) => out.extend(self.ack.clone().map(Output::Send)),
            _ => {}
        }
    }

    fn tick(&mut self, now: Time, out: &mut Vec<Output>) {
        match self.state {
            State::Calling { until, .. } | State::Proceeding { until, .. } if until <= now => {
                self.state = State::Over;
                out.push(Output::Ended(End::TimedOut));
            }
            State::Calling { again: Some(at), pause, until } if at <= now => {
                out.push(Output::Send(self.text.clone()));
                // Timer A doubles without the bound of T2 (§17.1.1.2).
                let pause = Span(pause.0 * 2);
                self.state = State::Calling { again: Some(now + pause), pause, until };
            }
            _ => self.over_if_due(now, out),
        }
    }

    fn over_if_due(&mut self, now: Time, out: &mut Vec<Output>) {
        if let State::Accepted { until } | State::Completed { until } = self.state
            && until <= now
        {
            self.state = State::Over;
            out.push(Output::Ended(End::Done));
        }
    }
}

impl Client {
    /// Sends it.
    pub fn new(now: Time, request: &Message, medium: Medium, out: &mut Vec<Output>) -> Client {
        let text: Arc<str> = request.to_string().into();
        out.push(Output::Send(text.clone()));
        let again = (medium == Medium::Lossy).then(|| now + T1);
        Client { state: State::Calling { again, pause: T1, until: now + LIMIT }, medium, text }
    }

    /// Decides.
    pub fn handle(&mut self, now: Time, input: Input, out: &mut Vec<Output>) {
        match input {
            Input::Response(response) => self.response(now, response, out),
            Input::Cancelled => {}
            Input::Broken => broken(&mut self.state, out),
            Input::Tick => self.tick(now, out),
        }
    }

    /// When to call with [`Input::Tick`].
    pub fn deadline(&self) -> Option<Time> {
        deadline(self.state)
    }

    fn response(&mut self, now: Time, response: Message, out: &mut Vec<Output>) {
        let provisional = response.code().is_some_and(|code| code < 200);
        match (self.state, provisional) {
            (State::Calling { again, until, .. } | State::Proceeding { again, until }, true) => {
                self.state = State::Proceeding { again, until };
                out.push(Output::Response(response));
            }
            (State::Calling { .. } | State::Proceeding { .. }, false) => {
                out.push(Output::Response(response));
                self.state = State::Completed { until: now + self.medium.if_lossy(T4) };
                self.over_if_due(now, out);
            }
            _ => {}
        }
    }

    fn tick(&mut self, now: Time, out: &mut Vec<Output>) {
        match self.state {
            State::Calling { until, .. } | State::Proceeding { until, .. } if until <= now => {
                self.state = State::Over;
                out.push(Output::Ended(End::TimedOut));
            }
            State::Calling { again: Some(at), pause, until } if at <= now => {
                out.push(Output::Send(self.text.clone()));
                let pause = timers::backed_off(pause);
                self.state = State::Calling { again: Some(now + pause), pause, until };
            }
            State::Proceeding { again: Some(at), until } if at <= now => {
                out.push(Output::Send(self.text.clone()));
                self.state = State::Proceeding { again: Some(now + T2), until };
            }
            _ => self.over_if_due(now, out),
        }
    }

    fn over_if_due(&mut self, now: Time, out: &mut Vec<Output>) {
        if let State::Completed { until } = self.state
            && until <= now
        {
            self.state = State::Over;
            out.push(Output::Ended(End::Done));
        }
    }
}

fn deadline(state: State) -> Option<Time> {
    match state {
        State::Calling { again, until, .. } | State::Proceeding { again, until } => {
            Some(again.map_or(until, |again| again.min(until)))
        }
        State::Accepted { until } | State::Completed { until } => Some(until),
        State::Over => None,
    }
}

/// A dead connection brings no answer: whoever waits for one is told, the rest just ends.
fn broken(state: &mut State, out: &mut Vec<Output>) {
    let end = match state {
        State::Calling { .. } | State::Proceeding { .. } => End::Broken,
        State::Accepted { .. } | State::Completed { .. } => End::Done,
        State::Over => return,
    };
    *state = State::Over;
    out.push(Output::Ended(end));
}

/// The ACK of a refusal (§17.1.1.3): the INVITE's own hop, the answer's To.
fn ack(invite: &Message, refusal: &Message) -> Message {
    let mut ack = Message::request("ACK", invite.uri().unwrap_or_default());
    let via = invite.header("Via").unwrap_or_default();
    ack = ack.with("Via", via).with("Max-Forwards", "70");
    for (name, source) in [("From", invite), ("To", refusal), ("Call-ID", invite)] {
        ack = ack.with(name, source.header(name).unwrap_or_default());
    }
    let seq = invite.cseq().map_or(0, |(seq, _)| seq);
    ack = ack.with("CSeq", &format!("{seq} ACK"));
    invite.headers("Route").fold(ack, |ack, route| ack.with("Route", route))
}
