//! One leg: from INVITE, theirs or ours, to its end. Decides what is sent and when the world is told;
//! knows nothing of headers, transports or sockets. SDP is text that the media plane reads.
//!
//! Every leg ends exactly once ([`News::Ended`]), whatever crosses on the wire. What must still be
//! sent after that (a BYE once the ACK is in, a CANCEL once the first answer is) is state of its own,
//! `Leaving`, in which nobody is told anything any more.

use crate::call::cause;
use crate::call::digits::Digits;
use vocabulary::{EndCause, Span, Time};

mod exchange;

pub use exchange::{Ask, Effect, Input, News, TxId};

/// A device that says nothing at all for this long is not there (its binding outlived it).
pub const NO_ANSWER_AT_ALL: Span = Span::seconds(4);

#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    /// Their INVITE is here; the plane works on the description.
    Arriving,
    /// It waits for us to answer. Our description is ready.
    Waiting { sdp: String },
    /// 200 is out, the ACK is not in.
    Answering,
    /// Our INVITE waits for the description.
    Preparing,
    /// Our INVITE is out, not a word yet.
    Calling { until: Time },
    /// They gave a sign of life.
    Proceeding,
    /// Both sides have each other.
    Up,
    /// Ended, but something must still be sent.
    Leaving(Leaving),
    /// Nothing more.
    Over,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Leaving {
    /// BYE may go out only after their ACK (RFC 3261 §15).
    ByeAfterAck,
    /// CANCEL may go out only after their first answer (RFC 3261 §9.1).
    CancelAfterAnswer,
    /// CANCEL is out; a 200 may still cross it.
    Cancelled,
}

/// What the plane works on for a request inside the dialog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Pending {
    tx: TxId,
    /// Our offer in the reply, their answer in the ACK.
    ours: bool,
}

/// One leg.
#[derive(Debug)]
pub struct Leg {
    state: State,
    /// Our 200 to their INVITE carries the offer.
    we_offer: bool,
    pending: Option<Pending>,
    /// A re-INVITE got our offer; its ACK brings the answer.
    answer_due: bool,
    invited: bool,
    rung: bool,
    digits: Digits,
}

impl Leg {
    /// Their INVITE arrived, with an offer or without.
    pub fn arriving(offer: Option<&str>, out: &mut Vec<Effect>) -> Leg {
        out.push(Effect::Media(Ask::Open));
        out.push(Effect::Media(match offer {
            Some(sdp) => Ask::Answer { sdp: sdp.to_owned() },
            None => Ask::Offer,
        }));
        Leg::new(State::Arriving, offer.is_none())
    }

    /// We are to call someone.
    pub fn calling(out: &mut Vec<Effect>) -> Leg {
        out.extend([Effect::Media(Ask::Open), Effect::Media(Ask::Offer)]);
        Leg::new(State::Preparing, true)
    }

    /// Decides. Inputs that come too late or twice change nothing.
    pub fn handle(&mut self, now: Time, input: Input, out: &mut Vec<Effect>) {
        match input {
            Input::Local { sdp } => self.local(now, sdp, out),
            Input::MediaRefused => self.media_refused(out),
            Input::Answer | Input::Reject { .. } | Input::EarlyMedia | Input::HangUp => self.command(input, out),
            Input::Cancelled | Input::Acked { .. } | Input::NotAcked => self.theirs(input, out),
            Input::Provisional { .. } | Input::Accepted { .. } | Input::Failed { .. } => self.ours(input, out),
            Input::Offered { tx, invite, sdp } => self.offered(tx, invite, sdp, out),
            Input::OfferAcked { sdp } => {
                if let (true, Some(sdp)) = (std::mem::take(&mut self.answer_due), sdp) {
                    out.push(Effect::Media(Ask::SetAnswer { sdp }));
                }
            }
            Input::Bye { tx } => self.bye(tx, out),
            Input::Digit { way, digit } => {
                let hears = matches!(self.state, State::Waiting { .. } | State::Answering | State::Up);
                if hears && self.digits.press(now, way, digit) {
                    out.push(Effect::Tell(News::Digit(digit)));
                }
            }
            Input::FlowClosed => {
                self.end(true, EndCause::Lost, 0, State::Over, out);
                self.state = State::Over;
            }
            Input::Tick => {
                if matches!(self.state, State::Calling { until } if until <= now) {
                    let leaving = State::Leaving(Leaving::CancelAfterAnswer);
                    self.end(true, EndCause::Lost, 408, leaving, out);
                }
            }
        }
    }

    /// When to call again with [`Input::Tick`].
    pub fn deadline(&self) -> Option<Time> {
        match self.state {
            State::Calling { until } => Some(until),
            _ => None,
        }
    }

    /// Whether nothing is expected of it any more.
    pub fn is_over(&self) -> bool {
        self.state == State::Over
    }

    /// Whether the end was told.
    pub fn has_ended(&self) -> bool {
        matches!(self.state, State::Over | State::Leaving(_))
    }

    /// Whether their INVITE was not answered yet: half open.
    pub fn is_half_open(&self) -> bool {
        matches!(self.state, State::Arriving | State::Waiting { .. })
    }

    fn new(state: State, we_offer: bool) -> Leg {
        Leg {
            state,
            we_offer,
            pending: None,
            answer_due: false,
            invited: false,
            rung: false,
            digits: Digits::default(),
        }
    }

    fn local(&mut self, now: Time, sdp: String, out: &mut Vec<Effect>) {
        match self.state {
            State::Arriving => {
                self.invited = true;
                self.state = State::Waiting { sdp };
                out.extend([Effect::Respond { code: 180, sdp: None }, Effect::Tell(News::Invited)]);
            }
            State::Preparing => {
                self.state = State::Calling { until: now + NO_ANSWER_AT_ALL };
                out.push(Effect::Invite { sdp });
            }
            State::Answering | State::Up => {
                if let Some(pending) = self.pending.take() {
                    self.answer_due = pending.ours;
                    out.push(Effect::Reply { tx: pending.tx, code: 200, sdp: Some(sdp) });
                }
            }
            _ => {}
        }
    }

    fn media_refused(&mut self, out: &mut Vec<Effect>) {
        match self.state {
            State::Arriving => {
                out.push(Effect::Respond { code: 488, sdp: None });
                self.end(false, EndCause::Fault, 488, State::Over, out);
            }
            State::Preparing => self.end(false, EndCause::Fault, 488, State::Over, out),
            State::Answering | State::Up => match self.pending.take() {
                // Their new offer is refused; the call goes on with the old one (RFC 3261 §14.2).
                Some(pending) => out.push(Effect::Reply { tx: pending.tx, code: 488, sdp: None }),
                None => self.leave(EndCause::Fault, 488, out),
            },
            _ => {}
        }
    }

    fn command(&mut self, input: Input, out: &mut Vec<Effect>) {
        match (&self.state, input) {
            (State::Waiting { sdp }, Input::Answer) => {
                out.push(Effect::Respond { code: 200, sdp: Some(sdp.clone()) });
                out.push(Effect::Tell(News::Answered));
                self.state = State::Answering;
            }
            (State::Waiting { sdp }, Input::EarlyMedia) => {
                out.push(Effect::Respond { code: 183, sdp: Some(sdp.clone()) });
            }
            (State::Waiting { .. } | State::Arriving, Input::Reject { code }) => {
                let code = if (300..700).contains(&code) { code } else { 480 };
                out.push(Effect::Respond { code, sdp: None });
                self.end(false, cause::of_refusal(code), code, State::Over, out);
            }
            (_, Input::HangUp | Input::Reject { .. }) => self.leave(EndCause::Normal, 0, out),
            _ => {}
        }
    }

    /// Ends it from our side, in any state.
    fn leave(&mut self, cause: EndCause, code: u16, out: &mut Vec<Effect>) {
        let next = match self.state {
            State::Waiting { .. } | State::Arriving => {
                out.push(Effect::Respond { code: 480, sdp: None });
                State::Over
            }
            State::Answering => State::Leaving(Leaving::ByeAfterAck),
            State::Calling { .. } => State::Leaving(Leaving::CancelAfterAnswer),
            State::Proceeding => {
                out.push(Effect::Cancel);
                State::Leaving(Leaving::Cancelled)
            }
            State::Up => {
                out.push(Effect::Bye);
                State::Over
            }
            State::Preparing => State::Over,
            State::Leaving(_) | State::Over => return,
        };
        self.end(false, cause, code, next, out);
    }

    fn theirs(&mut self, input: Input, out: &mut Vec<Effect>) {
        match (&self.state, input) {
            (State::Arriving | State::Waiting { .. }, Input::Cancelled) => {
                out.push(Effect::Respond { code: 487, sdp: None });
                self.end(true, EndCause::Normal, 487, State::Over, out);
            }
            (State::Answering, Input::Acked { sdp }) => {
                self.state = State::Up;
                match (self.we_offer, sdp) {
                    (true, Some(sdp)) => out.push(Effect::Media(Ask::SetAnswer { sdp })),
                    (true, None) => self.leave(EndCause::Fault, 488, out),
                    (false, _) => {}
                }
            }
            (State::Answering, Input::NotAcked) => {
                // RFC 3261 §13.3.1.4: the dialog stands, the session does not.
                out.push(Effect::Bye);
                self.end(true, EndCause::Lost, 408, State::Over, out);
            }
            (State::Up, Input::NotAcked) => {
                out.push(Effect::Bye);
                self.end(true, EndCause::Lost, 408, State::Over, out);
            }
            (State::Leaving(Leaving::ByeAfterAck), Input::Acked { .. } | Input::NotAcked) => {
                out.push(Effect::Bye);
                self.state = State::Over;
            }
            _ => {}
        }
    }

    fn ours(&mut self, input: Input, out: &mut Vec<Effect>) {
        match (&self.state, input) {
            (State::Calling { .. } | State::Proceeding, Input::Provisional { code }) => {
                self.state = State::Proceeding;
                if code > 100 && !std::mem::replace(&mut self.rung, true) {
                    out.push(Effect::Tell(News::Ringing));
                }
            }
            (State::Calling { .. } | State::Proceeding, Input::Accepted { sdp }) => {
                out.push(Effect::Ack);
                self.state = State::Up;
                match sdp {
                    Some(sdp) => out.extend([Effect::Media(Ask::SetAnswer { sdp }), Effect::Tell(News::Answered)]),
                    None => self.leave(EndCause::Fault, 488, out),
                }
            }
            (State::Calling { .. } | State::Proceeding, Input::Failed { code }) => {
                self.end(true, cause::of_code(code), code, State::Over, out);
            }
            (State::Leaving(Leaving::CancelAfterAnswer), Input::Provisional { .. }) => {
                out.push(Effect::Cancel);
                self.state = State::Leaving(Leaving::Cancelled);
            }
            (State::Leaving(Leaving::CancelAfterAnswer | Leaving::Cancelled), Input::Accepted { .. }) => {
                // Their 200 crossed our CANCEL, or came after we gave up: take it and end it.
                out.extend([Effect::Ack, Effect::Bye]);
                self.state = State::Over;
            }
            (State::Leaving(_), Input::Failed { .. }) => self.state = State::Over,
            _ => {}
        }
    }

    fn offered(&mut self, tx: TxId, invite: bool, sdp: Option<String>, out: &mut Vec<Effect>) {
        let ready = matches!(self.state, State::Answering | State::Up);
        let reply = |code| Effect::Reply { tx, code, sdp: None };
        match sdp {
            // A refresh of the session, which costs nothing in any state (RFC 4028 §9).
            None if !invite => out.push(reply(200)),
            // RFC 3261 §14.2: one at a time; RFC 3311 §5.2 the same for UPDATE.
            _ if self.pending.is_some() => out.push(reply(if invite { 500 } else { 491 })),
            _ if !ready => out.push(reply(491)),
            sdp => {
                self.pending = Some(Pending { tx, ours: sdp.is_none() });
                out.push(Effect::Media(match sdp {
                    Some(sdp) => Ask::Reoffer { sdp },
                    None => Ask::Restart,
                }));
            }
        }
    }

    fn bye(&mut self, tx: TxId, out: &mut Vec<Effect>) {
        out.push(Effect::Reply { tx, code: 200, sdp: None });
        if let Some(pending) = self.pending.take() {
            out.push(Effect::Reply { tx: pending.tx, code: 487, sdp: None });
        }
        if matches!(self.state, State::Waiting { .. } | State::Arriving) {
            // A BYE on an early dialog ends the INVITE too (RFC 3261 §15.1.2).
            out.push(Effect::Respond { code: 487, sdp: None });
        }
        self.end(true, EndCause::Normal, 200, State::Over, out);
        self.state = State::Over;
    }

    /// Tells the end, once, and gives the media back.
    fn end(&mut self, by_far_end: bool, cause: EndCause, code: u16, next: State, out: &mut Vec<Effect>) {
        if self.has_ended() {
            return;
        }
        let told = self.invited || !matches!(self.state, State::Arriving);
        self.state = next;
        out.push(Effect::Media(Ask::Close));
        // A call never reported is not reported as ended either.
        if told {
            out.push(Effect::Tell(News::Ended { by_far_end, cause, code }));
        }
    }
}

#[cfg(test)]
mod tests;
