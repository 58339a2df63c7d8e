//! Whether a carrier is there: it is asked by OPTIONS now and then, and every call tells too.

use vocabulary::{Span, Time};

/// Between pings of a trunk that is up.
pub const PING_UP: Span = Span::seconds(30);
/// Between pings of one that is not.
pub const PING_DOWN: Span = Span::seconds(10);
/// Failures in a row that make it down: one lost packet is no outage.
pub const FAILURES: u8 = 2;
/// The longest a carrier's Retry-After keeps calls away.
pub const MAX_REST: Span = Span::minutes(5);

/// How a trunk stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Not heard of yet: it is tried after those that are up.
    Unknown,
    /// It answers.
    Up,
    /// It does not.
    Down,
}

/// What happens to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// A ping or a call brought this answer.
    Answered(u16),
    /// Nothing came, or nothing could be sent.
    Unanswered,
    /// 503 with Retry-After of these seconds.
    Rest(u32),
    /// The deadline passed.
    Tick,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// Send OPTIONS.
    Ping,
    /// It came or went: for the alarm and the metric.
    Changed(Standing),
}

/// One trunk's health.
#[derive(Debug, Clone)]
pub struct Health {
    standing: Standing,
    failures: u8,
    ping: Time,
    rest: Option<Time>,
}

impl Health {
    /// Nothing is known; the first ping is due now.
    pub fn new(now: Time) -> Health {
        Health { standing: Standing::Unknown, failures: 0, ping: now, rest: None }
    }

    /// Decides.
    pub fn handle(&mut self, now: Time, input: Input, out: &mut Vec<Output>) {
        match input {
            // 408 and 503 are what a proxy says for a carrier that is not there; any other word, even a
            // refusal of OPTIONS itself, comes from one that is.
            Input::Answered(408 | 503 | 504) | Input::Unanswered => self.failed(now, out),
            Input::Answered(_) => {
                self.failures = 0;
                self.change(now, Standing::Up, out);
            }
            Input::Rest(seconds) => {
                let span = Span(Span::seconds(i64::from(seconds)).0.min(MAX_REST.0));
                self.rest = Some(now + span);
            }
            Input::Tick => {
                self.rest = self.rest.filter(|until| *until > now);
                if self.ping <= now {
                    self.ping = now + if self.standing == Standing::Up { PING_UP } else { PING_DOWN };
                    out.push(Output::Ping);
                }
            }
        }
    }

    /// When to call with [`Input::Tick`].
    pub fn deadline(&self) -> Time {
        self.rest.map_or(self.ping, |rest| rest.min(self.ping))
    }

    /// How it stands.
    pub fn standing(&self) -> Standing {
        self.standing
    }

    /// Whether it may be given a call.
    pub fn is_usable(&self, now: Time) -> bool {
        self.standing != Standing::Down && self.rest.is_none_or(|until| until <= now)
    }

    fn failed(&mut self, now: Time, out: &mut Vec<Output>) {
        self.failures = self.failures.saturating_add(1);
        if self.failures >= FAILURES {
            self.change(now, Standing::Down, out);
        }
    }

    fn change(&mut self, now: Time, standing: Standing, out: &mut Vec<Output>) {
        if self.standing != standing {
            self.standing = standing;
            // A trunk that has just gone is asked soon, whatever was planned.
            self.ping = self.ping.min(now + PING_DOWN);
            out.push(Output::Changed(standing));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn give(health: &mut Health, now: i64, input: Input) -> Vec<Output> {
        let mut out = Vec::new();
        health.handle(Time(now), input, &mut out);
        out
    }

    #[test]
    fn two_silences_make_it_down_and_one_word_up() {
        let mut health = Health::new(Time(0));
        assert!(health.is_usable(Time(0)), "tried until known");
        assert_eq!(give(&mut health, 0, Input::Tick), [Output::Ping]);
        assert_eq!(give(&mut health, 20, Input::Answered(404)), [Output::Changed(Standing::Up)]);
        assert_eq!(health.deadline(), Time(10_000));
        assert_eq!(give(&mut health, 10_000, Input::Tick), [Output::Ping]);
        assert_eq!(health.deadline(), Time(40_000), "up: every half minute");
        assert_eq!(give(&mut health, 42_000, Input::Unanswered), []);
        assert_eq!(give(&mut health, 43_000, Input::Answered(503)), [Output::Changed(Standing::Down)]);
        assert!(!health.is_usable(Time(43_000)));
        assert_eq!(give(&mut health, 43_000, Input::Tick), [Output::Ping]);
        assert_eq!(health.deadline(), Time(53_000), "down: every ten seconds");
        assert_eq!(give(&mut health, 53_100, Input::Answered(200)), [Output::Changed(Standing::Up)]);
    }

    #[test]
    fn a_carrier_that_asks_for_rest_has_it_within_reason() {
        let mut health = Health::new(Time(0));
        give(&mut health, 0, Input::Rest(10));
        assert!(!health.is_usable(Time(9_999)) && health.is_usable(Time(10_000)));
        give(&mut health, 0, Input::Rest(u32::MAX));
        assert!(health.is_usable(Time(MAX_REST.0)));
    }
}
