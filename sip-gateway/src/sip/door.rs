//! The door: what every foreign message passes before anything is done for it. Size, rate by source,
//! form. What is refused here costs us one answer at most and leaves no state.

use crate::sip::bucket::{Buckets, Rate, Verdict};
use crate::sip::check;
use crate::sip::message::{Fault, Message, MessageError};
use crate::sip::registrar::FlowId;
use crate::sip::via::Via;
use std::net::{IpAddr, Ipv6Addr};
use vocabulary::Time;

/// Seconds a refused sender is asked to wait.
const RETRY_AFTER: &str = "5";

/// Who sends, as far as floods are concerned. Each kind is counted apart, so that a crowd of forged
/// addresses fills no table that the trunk or a browser needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sender {
    /// Anyone on UDP or TCP.
    Stranger(IpAddr),
    /// The trunk, whose one address carries every call; and this machine.
    Trunk(IpAddr),
    /// A WebSocket, let in by its upgrade: many browsers share one office's address.
    Web(FlowId),
}

/// Rates of one kind of sender.
struct Rates {
    /// INVITEs (retransmissions and re-INVITEs included) and REGISTERs.
    starting: Rate,
    /// Everything else, garbage included.
    other: Rate,
}

const STRANGER: Rates =
    Rates { starting: Rate { per_second: 20, burst: 60 }, other: Rate { per_second: 200, burst: 600 } };
const TRUNK: Rates =
    Rates { starting: Rate { per_second: 500, burst: 2_000 }, other: Rate { per_second: 5_000, burst: 20_000 } };
const WEB: Rates = Rates { starting: Rate { per_second: 5, burst: 30 }, other: Rate { per_second: 50, burst: 300 } };

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

/// Buckets of one kind of sender.
#[derive(Debug)]
struct Kind<K> {
    starting: Buckets<K>,
    other: Buckets<K>,
}

/// Buckets of every sender.
#[derive(Debug, Default)]
pub struct Door {
    strangers: Kind<IpAddr>,
    trunks: Kind<IpAddr>,
    web: Kind<FlowId>,
}

impl<K> Default for Kind<K> {
    fn default() -> Kind<K> {
        Kind { starting: Buckets::default(), other: Buckets::default() }
    }
}

impl<K: Ord> Kind<K> {
    fn take(&mut self, now: Time, sender: K, rates: &Rates, starting: bool) -> Verdict {
        match starting {
            true => self.starting.take(now, sender, rates.starting),
            false => self.other.take(now, sender, rates.other),
        }
    }

    fn forget(&mut self, now: Time, rates: &Rates) {
        self.starting.forget(now, rates.starting);
        self.other.forget(now, rates.other);
    }
}

impl Door {
    /// Judges `bytes` of a sender. `limit` is the largest message of the transport, `tag` a random
    /// text for the To of an answer.
    pub fn admit(&mut self, now: Time, sender: Sender, limit: usize, tag: &str, bytes: &[u8]) -> Admission {
        // By the first bytes alone: a flood must not buy parsing.
        let starting = bytes.starts_with(b"INVITE ") || bytes.starts_with(b"REGISTER ");
        let verdict = match sender {
            Sender::Stranger(source) => self.strangers.take(now, network(source), &STRANGER, starting),
            Sender::Trunk(source) => self.trunks.take(now, source, &TRUNK, starting),
            Sender::Web(flow) => self.web.take(now, flow, &WEB, starting),
        };
        if verdict == Verdict::Drop || (verdict == Verdict::Refuse && !starting) {
            return Admission::Drop { reason: "rate" };
        }
        if bytes.len() > limit {
            return Admission::Drop { reason: "oversize" };
        }
        let (message, fault) = match Message::read(bytes) {
            Ok(read) => read,
            Err(MessageError::TooLarge) => return Admission::Drop { reason: "oversize" },
            Err(_) => return Admission::Drop { reason: "malformed" },
        };
        if verdict == Verdict::Refuse && fault.is_none() {
            let response = Message::response(&message, 503, tag).with("Retry-After", RETRY_AFTER);
            return Admission::Answer { response, reason: "rate" };
        }
        shape(message, fault, tag)
    }

    /// Forgets senders that have been quiet.
    pub fn forget(&mut self, now: Time) {
        self.strangers.forget(now, &STRANGER);
        self.trunks.forget(now, &TRUNK);
        self.web.forget(now, &WEB);
    }
}

/// One home has 2^64 addresses of IPv6; they are one source.
fn network(source: IpAddr) -> IpAddr {
    match source {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from(u128::from(v6) & !u128::from(u64::MAX))),
        v4 => v4,
    }
}

/// A request that is not what it must be is told so, where there is a Via to tell it by; an ACK and an
/// answer never are.
fn shape(message: Message, fault: Option<Fault>, tag: &str) -> Admission {
    let malformed = Admission::Drop { reason: "malformed" };
    let Some(method) = message.method() else {
        let good = fault.is_none() && check::response(&message);
        return if good { Admission::Take(message) } else { malformed };
    };
    // A later version's Via is not ours to read; the address it came from is known.
    if Via::top(&message).is_none() && fault != Some(Fault::Version) {
        return malformed;
    }
    match check::request(&message, fault) {
        Ok(()) => Admission::Take(message),
        Err(_) if method == "ACK" => malformed,
        Err(refusal) => {
            let reason = match refusal.code {
                405 => "method",
                416 => "scheme",
                420 => "extension",
                406 | 415 => "body",
                483 => "hops",
                _ => "malformed",
            };
            Admission::Answer { response: refusal.answer(&message, tag), reason }
        }
    }
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
        judge_as(door, Sender::Stranger(IpAddr::from([10, 0, 0, 1])), bytes)
    }

    fn judge_as(door: &mut Door, sender: Sender, bytes: &[u8]) -> String {
        match door.admit(Time(0), sender, 8_192, "t", bytes) {
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
            (text("SUBSCRIBE"), "405 method"),
            (text("FOO"), "405 method"),
            (text("invite"), "405 method"),
            (text("INVITE").replace("1 INVITE", "1 BYE"), "400 malformed"),
            (text("INVITE").replace(";tag=1", ""), "400 malformed"),
            (text("ACK").replace(";tag=1", ""), "drop malformed"),
            (text("BYE").replace("Call-ID: c\r\n", ""), "400 malformed"),
            (text("BYE").replace("Via: ", "X: "), "drop malformed"),
            (text("INVITE").replace("sip:a@b SIP", "http:a SIP"), "416 scheme"),
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

    #[test]
    fn a_crowd_of_forged_addresses_keeps_neither_trunk_nor_browsers_out() {
        let mut door = Door::default();
        for n in 0..80_000u32 {
            judge_as(&mut door, Sender::Stranger(IpAddr::from(n.to_be_bytes())), b"INVITE x");
        }
        let own = IpAddr::from([192, 0, 2, 1]);
        assert_eq!(judge_as(&mut door, Sender::Stranger(own), text("INVITE").as_bytes()), "drop rate");
        assert_eq!(judge_as(&mut door, Sender::Trunk(own), text("INVITE").as_bytes()), "take");
        assert_eq!(judge_as(&mut door, Sender::Web(FlowId(1)), text("REGISTER").as_bytes()), "take");
        let one_home = |n: u16| Sender::Stranger(IpAddr::from([0x2001, 0xdb8, 0, 1, n, n, n, n]));
        let mut door = Door::default();
        let taken = (0..100).filter(|n| judge_as(&mut door, one_home(*n), text("INVITE").as_bytes()) == "take");
        assert_eq!(taken.count(), 60);
    }

    proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            judge(&mut Door::default(), &bytes);
        }
    }
}
