//! The door: what every foreign message passes before anything is done for it. Size, rate by source,
//! shape, known method. What is refused here costs us one answer at most and leaves no state.

use crate::sip::bucket::{Buckets, Rate, Verdict};
use crate::sip::message::{Message, MessageError, Start};
use std::net::IpAddr;
use vocabulary::Time;

/// Methods taken, as Allow says them (RFC 3261 §20.5).
pub const ALLOW: &str = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, REGISTER";
/// Methods the transaction layer can carry; others are answered here.
const CARRIED: [&str; 14] = [
    "INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "INFO", "UPDATE", "REGISTER", "PRACK", "MESSAGE", "NOTIFY", "PUBLISH",
    "REFER", "SUBSCRIBE",
];
/// Seconds a refused sender is asked to wait.
const RETRY_AFTER: &str = "5";

/// Rates of one class of source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DoorRates {
    /// INVITEs (retransmissions and re-INVITEs included) and REGISTERs.
    pub starting: Rate,
    /// Everything else, garbage included.
    pub other: Rate,
}

impl DoorRates {
    /// For anyone.
    pub const STRANGER: DoorRates =
        DoorRates { starting: Rate { per_second: 20, burst: 60 }, other: Rate { per_second: 200, burst: 600 } };
    /// For the trunk, whose one address carries every call.
    pub const TRUNK: DoorRates =
        DoorRates { starting: Rate { per_second: 500, burst: 2_000 }, other: Rate { per_second: 5_000, burst: 20_000 } };
}

/// What happens to one message.
pub enum Admission {
    /// It goes on to the transaction layer.
    Take(Message),
    /// It is answered and forgotten.
    Answer {
        /// The answer.
        response: Message,
        /// Label of the metric.
        reason: &'static str,
    },
    /// It is forgotten.
    Drop {
        /// Label of the metric.
        reason: &'static str,
    },
}

/// Buckets of every source.
#[derive(Debug, Default)]
pub struct Door {
    starting: Buckets,
    other: Buckets,
}

impl Door {
    /// Judges `bytes` from `source`. `limit` is the largest message of the transport, `tag` a random
    /// text for the To of an answer.
    pub fn admit(&mut self, now: Time, source: IpAddr, rates: DoorRates, limit: usize, tag: &str, bytes: &[u8]) -> Admission {
        // By the first bytes alone: a flood must not buy parsing.
        let starting = bytes.starts_with(b"INVITE ") || bytes.starts_with(b"REGISTER ");
        let verdict = match starting {
            true => self.starting.take(now, source, rates.starting),
            false => self.other.take(now, source, rates.other),
        };
        if verdict == Verdict::Drop || (verdict == Verdict::Refuse && !starting) {
            return Admission::Drop { reason: "rate" };
        }
        if bytes.len() > limit {
            return Admission::Drop { reason: "oversize" };
        }
        let message = match Message::parse(bytes) {
            Ok(message) => message,
            Err(MessageError::TooLarge) => return Admission::Drop { reason: "oversize" },
            Err(_) => return Admission::Drop { reason: "malformed" },
        };
        if verdict == Verdict::Refuse {
            let response = Message::response(&message, 503, tag).with("Retry-After", RETRY_AFTER);
            return Admission::Answer { response, reason: "rate" };
        }
        shape(message, tag)
    }

    /// Forgets sources that have been quiet.
    pub fn forget(&mut self, now: Time) {
        self.starting.forget(now, DoorRates::STRANGER.starting);
        self.other.forget(now, DoorRates::STRANGER.other);
    }
}

/// RFC 3261 §8.1.1: six headers make a request; without them there is nothing to answer to.
fn shape(message: Message, tag: &str) -> Admission {
    let answerable = message.header("Via").is_some_and(|v| v.starts_with("SIP/2.0/"))
        && ["From", "To", "Call-ID"].iter().all(|h| message.header(h).is_some_and(|v| !v.is_empty()));
    let Some((_, cseq_method)) = message.cseq().filter(|_| answerable) else {
        return Admission::Drop { reason: "malformed" };
    };
    let Start::Request { method, .. } = &message.start else {
        return Admission::Take(message);
    };
    let refusal = if cseq_method != method || message.tag("From").is_none() {
        400
    } else if !CARRIED.contains(&method.as_str()) {
        405
    } else {
        return Admission::Take(message);
    };
    if method == "ACK" {
        return Admission::Drop { reason: "malformed" };
    }
    let reason = if refusal == 405 { "method" } else { "malformed" };
    let response = Message::response(&message, refusal, tag).with("Allow", ALLOW);
    Admission::Answer { response, reason }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(method: &str) -> String {
        format!(
            "{method} sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP 1.1.1.1;branch=z9hG4bK1\r\nFrom: <sip:x@y>;tag=1\r\n\
             To: <sip:a@b>\r\nCall-ID: c\r\nCSeq: 1 {method}\r\n\r\n"
        )
    }

    fn judge(door: &mut Door, bytes: &[u8]) -> String {
        let source = IpAddr::from([10, 0, 0, 1]);
        match door.admit(Time(0), source, DoorRates::STRANGER, 8_192, "t", bytes) {
            Admission::Take(_) => "take".into(),
            Admission::Answer { response, reason } => format!("{} {reason}", response.code().expect("a response")),
            Admission::Drop { reason } => format!("drop {reason}"),
        }
    }

    #[test]
    fn sorts_what_comes() {
        let mut door = Door::default();
        for (bytes, found) in [
            (text("INVITE"), "take"),
            (text("SUBSCRIBE"), "take"),
            (text("FOO"), "405 method"),
            (text("invite"), "405 method"),
            (text("INVITE").replace("1 INVITE", "1 BYE"), "400 malformed"),
            (text("INVITE").replace(";tag=1", ""), "400 malformed"),
            (text("ACK").replace(";tag=1", ""), "drop malformed"),
            (text("BYE").replace("Call-ID: c\r\n", ""), "drop malformed"),
            ("\u{0}garbage".into(), "drop malformed"),
            ("x".repeat(8_193), "drop oversize"),
        ] {
            assert_eq!(judge(&mut door, bytes.as_bytes()), found, "{bytes}");
        }
    }

    #[test]
    fn a_flood_is_told_then_ignored() {
        let mut door = Door::default();
        let found: Vec<String> = (0..130).map(|_| judge(&mut door, text("INVITE").as_bytes())).collect();
        assert_eq!(found.iter().filter(|f| *f == "take").count(), 60);
        assert_eq!(found.iter().filter(|f| *f == "503 rate").count(), 60);
        assert_eq!(found.last().map(String::as_str), Some("drop rate"));
        assert_eq!(judge(&mut door, text("BYE").as_bytes()), "take", "what ends a call is counted apart");
    }

    proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            judge(&mut Door::default(), &bytes);
        }
    }
}
