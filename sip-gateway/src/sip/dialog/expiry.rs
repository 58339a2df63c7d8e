//! Session timers (RFC 4028): one side says now and then that it is still there; the other ends a
//! session of which nothing is heard.

use crate::sip::message::Message;
use serde::{Deserialize, Serialize};
use vocabulary::{Span, Time};

/// The shortest interval we take, in seconds: the least the RFC allows (§4).
pub const MIN_SE: u32 = 90;
/// The interval we ask for, in seconds (§4 recommends half an hour).
pub const INTERVAL: u32 = 1_800;

/// What both sides agreed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expiry {
    interval: u32,
    /// Whether we refresh.
    ours: bool,
    /// When our refresh is due.
    refresh: Option<Time>,
    /// When the session counts as dead.
    dead: Time,
}

/// What an INVITE or UPDATE of theirs asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// Nothing: no timer runs.
    Nothing,
    /// A timer; [`Terms::header`] goes into the 2xx.
    Timer(Terms),
    /// 422 with our Min-SE.
    TooSmall,
    /// 400.
    Malformed,
}

/// Terms as our 2xx states them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    interval: u32,
    ours: bool,
    /// Whether the far end knows of timers, so that the 2xx may require it.
    known: bool,
}

/// What is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// Nothing.
    Nothing,
    /// Our refresh.
    Refresh,
    /// The end: BYE (§10).
    Dead,
}

impl Asked {
    /// Reads a request of theirs (§9).
    pub fn of(request: &Message) -> Asked {
        let Some(value) = request.header("Session-Expires") else { return Asked::Nothing };
        let (seconds, params) = value.split_once(';').unwrap_or((value, ""));
        let Ok(seconds) = seconds.trim().parse::<u32>() else { return Asked::Malformed };
        let known = request.has_token("Supported", "timer") || request.has_token("Require", "timer");
        if seconds < MIN_SE && known {
            return Asked::TooSmall;
        }
        // One who knows nothing of timers cannot be told 422: the value is a proxy's, and ours to keep.
        let (interval, refresher) = (seconds.max(MIN_SE), refresher(params));
        let ours = !known || refresher == Some("uas");
        Asked::Timer(Terms { interval, ours, known })
    }
}

impl Terms {
    /// Puts the terms on our 2xx (§9).
    pub fn header(&self, response: Message) -> Message {
        let refresher = if self.ours { "uas" } else { "uac" };
        let value = format!("{};refresher={refresher}", self.interval);
        let response = response.with("Session-Expires", &value);
        if self.known { response.with("Require", "timer") } else { response }
    }
}

impl Expiry {
    /// By the terms of our 2xx, which goes out now.
    pub fn agreed(now: Time, terms: Terms) -> Expiry {
        Expiry::running(now, terms.interval, terms.ours)
    }

    /// By a 2xx to a request of ours (§7.2); `None` where the far end wants no timer.
    pub fn answered(now: Time, response: &Message) -> Option<Expiry> {
        let value = response.header("Session-Expires")?;
        let (seconds, params) = value.split_once(';').unwrap_or((value, ""));
        let interval = seconds.trim().parse::<u32>().ok()?.max(MIN_SE);
        // We are the client of this request; without the parameter nobody else would refresh.
        Some(Expiry::running(now, interval, refresher(params) != Some("uas")))
    }

    /// What our INVITE says, given the Min-SE of a 422 before it (§7.1).
    pub fn offer(request: Message, min_se: Option<u32>) -> Message {
        let min = min_se.unwrap_or(MIN_SE).max(MIN_SE);
        let request = request.with("Supported", "timer").with("Session-Expires", &INTERVAL.max(min).to_string());
        if min > MIN_SE { request.with("Min-SE", &min.to_string()) } else { request }
    }

    /// What our refresh says: the roles stay as they are (§7.4).
    pub fn refresh(&self, request: Message) -> Message {
        let refresher = if self.ours { "uac" } else { "uas" };
        let value = format!("{};refresher={refresher}", self.interval);
        request.with("Supported", "timer").with("Session-Expires", &value)
    }

    /// When to call [`Expiry::tick`].
    pub fn deadline(&self) -> Time {
        self.refresh.map_or(self.dead, |at| at.min(self.dead))
    }

    /// What is due now. A refresh is due once; its answer brings the next terms.
    pub fn tick(&mut self, now: Time) -> Due {
        if self.dead <= now {
            return Due::Dead;
        }
        if self.refresh.is_some_and(|at| at <= now) {
            self.refresh = None;
            return Due::Refresh;
        }
        Due::Nothing
    }

    fn running(now: Time, interval: u32, ours: bool) -> Expiry {
        let seconds = i64::from(interval);
        // §10: the refresher acts at half the interval; the other ends it the lesser of 32 s and a third
        // before its end.
        let refresh = ours.then(|| now + Span::millis(seconds * 500));
        let margin = if ours { 0 } else { seconds.min(96) * 1_000 / 3 };
        Expiry { interval, ours, refresh, dead: now + Span::millis(seconds * 1_000 - margin) }
    }
}

/// The least interval a 422 asks for (§7.4).
pub fn min_se(refusal: &Message) -> Option<u32> {
    refusal.header("Min-SE")?.split(';').next()?.trim().parse().ok()
}

fn refresher(params: &str) -> Option<&str> {
    params.split(';').find_map(|part| {
        let (name, value) = part.split_once('=')?;
        name.trim().eq_ignore_ascii_case("refresher").then(|| value.trim())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invite(headers: &[(&str, &str)]) -> Message {
        headers.iter().fold(Message::request("INVITE", "sip:a"), |m, (n, v)| m.with(n, v))
    }

    fn terms(headers: &[(&str, &str)]) -> (Option<String>, bool, Expiry) {
        let Asked::Timer(terms) = Asked::of(&invite(headers)) else { panic!("no timer") };
        let ok = terms.header(Message::response(&invite(&[]), 200, "t"));
        (
            ok.header("Session-Expires").map(str::to_owned),
            ok.has_token("Require", "timer"),
            Expiry::agreed(Time(0), terms),
        )
    }

    #[test]
    fn takes_what_they_ask_for() {
        let some = |s: &str| Some(s.to_owned());
        let (header, required, expiry) = terms(&[("Supported", "timer"), ("Session-Expires", "120")]);
        assert_eq!((header, required), (some("120;refresher=uac"), true), "they know how: they do it");
        assert_eq!(expiry.deadline(), Time(120_000 - 32_000));
        let (header, required, expiry) = terms(&[("k", "timer, path"), ("x", "90;refresher=uas")]);
        assert_eq!((header, required), (some("90;refresher=uas"), true));
        assert_eq!(expiry.deadline(), Time(45_000));
        let (header, required, _) = terms(&[("Session-Expires", "60")]);
        assert_eq!((header, required), (some("90;refresher=uas"), false), "a proxy's wish: it falls to us");
        assert_eq!(Asked::of(&invite(&[])), Asked::Nothing);
        assert_eq!(Asked::of(&invite(&[("Require", "timer"), ("Session-Expires", "89")])), Asked::TooSmall);
        assert_eq!(Asked::of(&invite(&[("Session-Expires", "soon")])), Asked::Malformed);
    }

    #[test]
    fn the_refresher_acts_at_half_and_the_other_gives_up_before_the_end() {
        let ok = |value: &str| Message::response(&invite(&[]), 200, "t").with("Session-Expires", value);
        let mut ours = Expiry::answered(Time(0), &ok("1800;refresher=uac")).expect("a timer");
        assert_eq!(ours.tick(Time(899_999)), Due::Nothing);
        assert_eq!(ours.tick(Time(900_000)), Due::Refresh);
        assert_eq!(ours.tick(Time(900_000)), Due::Nothing, "once");
        assert_eq!(ours.tick(Time(1_799_999)), Due::Nothing);
        assert_eq!(ours.tick(Time(1_800_000)), Due::Dead);
        let mut theirs = Expiry::answered(Time(0), &ok("90;refresher=uas")).expect("a timer");
        assert_eq!(theirs.deadline(), Time(60_000), "a third before the end");
        assert_eq!(theirs.tick(Time(59_999)), Due::Nothing);
        assert_eq!(theirs.tick(Time(60_000)), Due::Dead);
        assert_eq!(Expiry::answered(Time(0), &Message::response(&invite(&[]), 200, "t")), None);
    }

    #[test]
    fn a_422_makes_the_next_try_longer() {
        let first = Expiry::offer(invite(&[]), None);
        assert_eq!((first.header("Session-Expires"), first.header("Min-SE")), (Some("1800"), None));
        let refusal = Message::response(&first, 422, "t").with("Min-SE", "3600");
        let second = Expiry::offer(invite(&[]), min_se(&refusal));
        assert_eq!((second.header("Session-Expires"), second.header("Min-SE")), (Some("3600"), Some("3600")));
        let expiry = Expiry::running(Time(0), 120, true);
        assert_eq!(expiry.refresh(invite(&[])).header("Session-Expires"), Some("120;refresher=uac"));
    }
}
