//! Provisional answers that are acknowledged (RFC 3262): ours until their PRACK, theirs in order.

use crate::sip::message::Message;
use crate::sip::transaction::timers::{LIMIT, T1};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::sync::Arc;
use vocabulary::{Span, Time};

use super::unacked::Wait;

/// Provisional answers that wait behind an unacknowledged one; further ones go unreliably or not at all.
pub const MAX_WAITING: usize = 8;

/// Our reliable provisional answers to one INVITE.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reliable {
    /// RSeq of the last one sent.
    last: u32,
    sent: Option<Sent>,
    /// Not sent before the one in `sent` is acknowledged (§3): code and text without RSeq.
    waiting: VecDeque<Arc<str>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Sent {
    text: Arc<str>,
    again: Time,
    pause: Span,
    until: Time,
}

/// What their PRACK found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pracked {
    /// 200; this one goes out next.
    Good(Option<Arc<str>>),
    /// 481: nothing of ours waits for it.
    Unknown,
    /// 400.
    Malformed,
}

impl Reliable {
    /// Whether an INVITE lets us (Supported) or makes us (Require) send them.
    pub fn wanted(invite: &Message) -> bool {
        invite.has_token("Require", "100rel")
    }

    /// Sends a provisional answer reliably: gives the text to write now, or keeps it until its turn.
    /// `first` is random and begins the numbers; only its low half is used (§3 wants them below 2^31).
    pub fn send(&mut self, now: Time, first: u32, response: Message) -> Option<Arc<str>> {
        let response = response.with("Require", "100rel");
        if self.sent.is_some() {
            if self.waiting.len() < MAX_WAITING {
                self.waiting.push_back(response.to_string().into());
            }
            return None;
        }
        if self.last == 0 {
            self.last = first & 0xffff;
        }
        Some(self.out(now, response))
    }

    /// Their PRACK.
    pub fn prack(&mut self, now: Time, invite_seq: u32, prack: &Message) -> Pracked {
        let Some(value) = prack.header("RAck") else { return Pracked::Malformed };
        let mut parts = value.split_whitespace();
        let (Some(rseq), Some(seq), Some(method)) = (parts.next(), parts.next(), parts.next()) else {
            return Pracked::Malformed;
        };
        let (Ok(rseq), Ok(seq)) = (rseq.parse::<u32>(), seq.parse::<u32>()) else { return Pracked::Malformed };
        if self.sent.is_none() || rseq != self.last || seq != invite_seq || method != "INVITE" {
            return Pracked::Unknown;
        }
        self.sent = None;
        let next = self.waiting.pop_front().and_then(|text| Message::parse(text.as_bytes()).ok());
        Pracked::Good(next.map(|response| self.out(now, response)))
    }

    /// A final answer went out: nothing provisional follows.
    pub fn finish(&mut self) {
        self.sent = None;
        self.waiting.clear();
    }

    /// Whether one waits for its PRACK; a 2xx that carries no offer or answer yet given must wait (§5).
    pub fn is_waiting(&self) -> bool {
        self.sent.is_some()
    }

    /// When to call [`Reliable::tick`].
    pub fn deadline(&self) -> Option<Time> {
        self.sent.as_ref().map(|sent| sent.again.min(sent.until))
    }

    /// What is due now; given up means that the INVITE is refused with 5xx (§3).
    pub fn tick(&mut self, now: Time) -> Wait {
        match &mut self.sent {
            Some(sent) if sent.until <= now => {
                self.finish();
                Wait::GivenUp
            }
            Some(sent) if sent.again <= now => {
                // §3: it doubles, and unlike G has no upper bound.
                sent.pause = Span(sent.pause.0 * 2);
                sent.again = now + sent.pause;
                Wait::Again(sent.text.clone())
            }
            _ => Wait::Wait,
        }
    }

    fn out(&mut self, now: Time, response: Message) -> Arc<str> {
        self.last += 1;
        let text: Arc<str> = response.with("RSeq", &self.last.to_string()).to_string().into();
        self.sent = Some(Sent { text: text.clone(), again: now + T1, pause: T1, until: now + LIMIT });
        text
    }
}

/// Their reliable provisional answers in one early dialog.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heard {
    last: Option<u32>,
}

/// A provisional answer of theirs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Provisional {
    /// Not reliable: taken as it is.
    Plain,
    /// New: taken, and acknowledged with this RAck.
    New(String),
    /// Heard before, or out of order: neither taken nor acknowledged (§4).
    Stale,
}

impl Heard {
    /// Judges one.
    pub fn judge(&mut self, response: &Message) -> Provisional {
        let Some(value) = response.header("RSeq").filter(|_| response.has_token("Require", "100rel")) else {
            return Provisional::Plain;
        };
        let (Ok(rseq), Some((seq, method))) = (value.trim().parse::<u32>(), response.cseq()) else {
            return Provisional::Stale;
        };
        if self.last.is_some_and(|last| last.checked_add(1) != Some(rseq)) {
            return Provisional::Stale;
        }
        self.last = Some(rseq);
        Provisional::New(format!("{rseq} {seq} {method}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invite() -> Message {
        Message::request("INVITE", "sip:a").with("Via", "SIP/2.0/UDP b").with("CSeq", "4 INVITE")
    }

    fn prack(rack: &str) -> Message {
        Message::request("PRACK", "sip:a").with("RAck", rack)
    }

    fn rseq(text: &str) -> String {
        Message::parse(text.as_bytes()).expect("ours").header("RSeq").expect("there").to_owned()
    }

    #[test]
    fn repeats_until_acknowledged_one_at_a_time() {
        let mut reliable = Reliable::default();
        let first = reliable.send(Time(0), 0x1_0009, Message::response(&invite(), 183, "t")).expect("goes now");
        assert_eq!(rseq(&first), "10");
        assert_eq!(reliable.send(Time(1), 5, Message::response(&invite(), 180, "t")), None, "waits");
        let mut seen = Vec::new();
        while seen.len() < 3 {
            let at = reliable.deadline().expect("waits");
            assert_eq!(reliable.tick(Time(at.0 - 1)), Wait::Wait);
            assert_eq!(reliable.tick(at), Wait::Again(first.clone()));
            seen.push(at.0);
        }
        assert_eq!(seen, [500, 1_500, 3_500]);
        assert_eq!(reliable.prack(Time(4_000), 4, &prack("11 4 INVITE")), Pracked::Unknown);
        assert_eq!(reliable.prack(Time(4_000), 4, &prack("10 5 INVITE")), Pracked::Unknown);
        assert_eq!(reliable.prack(Time(4_000), 4, &prack("ten 4")), Pracked::Malformed);
        let Pracked::Good(Some(next)) = reliable.prack(Time(4_000), 4, &prack("10 4 INVITE")) else {
            panic!("not taken")
        };
        assert_eq!(rseq(&next), "11");
        assert_eq!(reliable.prack(Time(4_100), 4, &prack("10 4 INVITE")), Pracked::Unknown, "again");
        assert_eq!(reliable.prack(Time(4_100), 4, &prack("11 4 INVITE")), Pracked::Good(None));
        assert_eq!(reliable.deadline(), None);
    }

    #[test]
    fn is_given_up_at_64_times_t1() {
        let mut reliable = Reliable::default();
        reliable.send(Time(0), 1, Message::response(&invite(), 183, "t"));
        let mut last = Wait::Wait;
        while let Some(at) = reliable.deadline() {
            last = reliable.tick(at);
            assert!(at <= Time(32_000));
        }
        assert_eq!(last, Wait::GivenUp);
    }

    #[test]
    fn theirs_are_taken_once_and_in_order() {
        let answer = |rseq: &str| Message::response(&invite(), 183, "t").with("Require", "100rel").with("RSeq", rseq);
        let mut heard = Heard::default();
        assert_eq!(heard.judge(&Message::response(&invite(), 180, "t")), Provisional::Plain);
        assert_eq!(heard.judge(&answer("7")), Provisional::New("7 4 INVITE".into()));
        assert_eq!(heard.judge(&answer("7")), Provisional::Stale);
        assert_eq!(heard.judge(&answer("9")), Provisional::Stale);
        assert_eq!(heard.judge(&answer("8")), Provisional::New("8 4 INVITE".into()));
        assert_eq!(heard.judge(&answer("x")), Provisional::Stale);
    }
}
