//! Who goes first: P0, then safeguarding by risk and arrival, then everyone else by score.
//!
//! A score is `base + age x slope`, up to the cap of the queue; a base above the cap stays where it
//! is. This is the formula of NICE CXone's skills, `Overall Priority = (Time x Acceleration) +
//! Initial Priority` up to `Max Priority` (help.nicecxone.com, action UPDATECONTACT), with time in
//! minutes; a test below reproduces the examples published there.
//!
//! Scores grow with time, but two contacts with the same slope never change places, so each line
//! keeps a fixed order and only lines of different slope are compared at a moment. Whoever has
//! reached the cap grows no more and moves to a line of slope 0.
//!
//! # How many may overtake
//!
//! Let a contact have base b and slope s, and another one arrive d minutes later with base b' and
//! slope s'. While neither has reached a cap, the later one goes before the earlier one
//! - never, when b' <= b and s' <= s;
//! - only if d < (b' - b) / s, when s' <= s: who may overtake arrives within so many minutes;
//! - by the age t of the earlier one only if d < ((b' - b) + (s' - s) x t) / s', when s' > s.
//!
//! So of contacts that come at a rate r at most r x d do, d being that bound: how far a steep queue
//! may run ahead of a flat one is chosen with its slope, and within one queue and base nobody is
//! ever overtaken. `tests/overtaking.rs` holds the engine to it.

use vocabulary::event::OrderRule;
use vocabulary::{ContactId, Lane, Risk, Span, Time};

/// Milliseconds in the minute a slope is given by.
const MINUTE: i64 = 60_000;

/// The largest base, so that a score never leaves its integer.
pub(crate) const MOST_BASE: i64 = 1_000_000_000;

/// The largest slope, points a minute.
pub(crate) const MOST_SLOPE: i64 = 100_000;

/// Place of a contact among those of the same slope. Smaller goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    /// [`IMMINENT`]; [`SAFEGUARDING`] and the risk; else minus the score at time zero, in 1/60,000
    /// points, which no base, slope or moment brings anywhere near those two.
    points: i64,
    arrived: Time,
    pub(crate) id: ContactId,
}

/// The points of P0.
const IMMINENT: i64 = i64::MIN;

/// The points of a safeguarding contact, to which its risk is added.
const SAFEGUARDING: i64 = i64::MIN + 1;

/// Whoever has more points is in the everyone-else stratum.
const STRATA: i64 = i64::MIN / 2;

/// What decides a contact's place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Claim {
    pub lane: Lane,
    pub risk: Risk,
    pub base: i64,
    pub slope: i64,
    /// Points age does not lead beyond.
    pub most: Option<i64>,
    pub arrived: Time,
}

impl Claim {
    fn is_scored(&self) -> bool {
        self.risk != Risk::P0 && !self.lane.is_safeguarding()
    }

    /// From when on age adds nothing more; `None` for who is not scored or has no cap.
    pub fn capped_from(&self) -> Option<Time> {
        let most = self.most.filter(|_| self.is_scored() && self.slope > 0)?;
        let missing = (most - self.base).max(0) * MINUTE;
        // Rounded up: before that moment the score is below the cap.
        Some(self.arrived + Span((missing + self.slope - 1) / self.slope))
    }

    /// Whether age adds nothing more at a moment.
    pub fn is_capped(&self, now: Time) -> bool {
        self.capped_from().is_some_and(|from| from <= now)
    }

    /// The place at a moment, and the slope by which it compares with others.
    pub fn place(self, id: ContactId, now: Time) -> (Key, i64) {
        if !self.is_capped(now) {
            return (Key::of(self, id), self.slope);
        }
        let points = self.most.map_or(self.base, |most| most.max(self.base));
        (Key { points: -points * MINUTE, arrived: self.arrived, id }, 0)
    }
}

impl Key {
    fn of(claim: Claim, id: ContactId) -> Key {
        let points = match claim.risk {
            Risk::P0 => IMMINENT,
            _ if claim.is_scored() => claim.slope * claim.arrived.0 - claim.base * MINUTE,
            _ => SAFEGUARDING + claim.risk as i64,
        };
        Key { points, arrived: claim.arrived, id }
    }

    fn is_scored(self) -> bool {
        self.points > STRATA
    }

    /// The key as it compares at `now` with keys of other slopes.
    pub fn at(self, slope: i64, now: Time) -> Key {
        let grown = if self.is_scored() { slope * now.0 } else { 0 };
        Key { points: self.points - grown, ..self }
    }

    /// The key that stands where this one would, among keys of another slope, at `now`.
    pub fn among(self, slope: i64, other: i64, now: Time) -> Key {
        let at = self.at(slope, now);
        if at.is_scored() { Key { points: at.points + other * now.0, ..at } } else { at }
    }

    /// Whole points at `now`; 0 outside the everyone-else stratum.
    pub fn score(self, slope: i64, now: Time) -> i64 {
        if self.is_scored() { (slope * now.0 - self.points).div_euclid(MINUTE) } else { 0 }
    }

    pub fn rule(self) -> OrderRule {
        match self.points {
            IMMINENT => OrderRule::Imminent,
            _ if self.is_scored() => OrderRule::Score,
            _ => OrderRule::Safeguarding,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vocabulary::Ulid;

    fn key(lane: Lane, risk: Risk, base: i64, slope: i64, arrived: i64) -> Key {
        let claim = Claim { lane, risk, base, slope, most: None, arrived: Time(arrived) };
        Key::of(claim, ContactId(Ulid(arrived as u128)))
    }

    #[test]
    fn strata_come_before_any_score() {
        let imminent = key(Lane::Standard, Risk::P0, 0, 1, 900);
        let high = key(Lane::Gbv, Risk::P1, 0, 1, 800);
        let moderate = key(Lane::Child, Risk::P2, 0, 1, 100);
        let old = key(Lane::Standard, Risk::P3, MOST_BASE, MOST_SLOPE, 0);
        assert!(imminent < high && high < moderate && moderate < old.at(MOST_SLOPE, Time(1_900_000_000_000)));
    }

    #[test]
    fn a_score_is_base_and_age_times_slope() {
        let one = key(Lane::Standard, Risk::P3, 10, 2, 60_000);
        assert_eq!(one.score(2, Time(60_000)), 10);
        assert_eq!(one.score(2, Time(180_000)), 14);
        assert_eq!(one.score(2, Time(180_000 + 29_999)), 14);
        assert_eq!(one.score(2, Time(180_000 + 30_000)), 15);
    }

    #[test]
    fn a_steeper_slope_overtakes_at_its_time() {
        let slow = key(Lane::Standard, Risk::P3, 10, 1, 0);
        let fast = key(Lane::SpecialNeeds, Risk::P3, 0, 3, 0);
        let (before, after) = (Time(4 * MINUTE), Time(6 * MINUTE));
        assert!(slow.at(1, before) < fast.at(3, before));
        assert!(fast.at(3, after) < slow.at(1, after));
    }

    /// Whole points after so many seconds of an ordinary contact that arrived at zero.
    fn points(base: i64, slope: i64, most: Option<i64>, seconds: i64) -> i64 {
        let now = Time(1_795_000_000_000 + seconds * 1_000);
        let arrived = Time(1_795_000_000_000);
        let claim = Claim { lane: Lane::Standard, risk: Risk::P3, base, slope, most, arrived };
        let (key, slope) = claim.place(ContactId::default(), now);
        key.score(slope, now)
    }

    /// The examples of help.nicecxone.com (UPDATECONTACT: Priority, Acceleration, Max Priority).
    #[test]
    fn scores_as_cxone_does() {
        // Initial priority 4, acceleration 1: one more every minute, 7 after three.
        assert_eq!([0, 60, 120, 180].map(|at| points(4, 1, None, at)), [4, 5, 6, 7]);
        // Skill A starts at 1 and accelerates by 5, skill B at 3 and by 1: B is first when both enter,
        // A after one minute, with 6 to 4.
        assert_eq!([(points(1, 5, None, 0)), points(3, 1, None, 0)], [1, 3]);
        assert_eq!([(points(1, 5, None, 60)), points(3, 1, None, 60)], [6, 4]);
        // A maximum priority of 10 is where it stays.
        assert_eq!([60, 108, 120, 6_000].map(|at| points(1, 5, Some(10), at)), [6, 10, 10, 10]);
        // An acceleration of zero leaves the initial priority, and no maximum takes from it.
        assert_eq!([points(8, 0, Some(10), 6_000), points(12, 5, Some(10), 6_000)], [8, 12]);
    }

    #[test]
    fn a_cap_is_reached_at_its_millisecond() {
        for (base, slope, most) in [(0, 7, 3), (-5, 3, 0), (2, 1, 2), (9, 4, 2)] {
            let arrived = Time(1_000);
            let claim = Claim { lane: Lane::Standard, risk: Risk::P3, base, slope, most: Some(most), arrived };
            let from = claim.capped_from().expect("it has a cap");
            let (before, after) = (from - Span(1), from);
            assert!(claim.is_capped(after) && (from == arrived || !claim.is_capped(before)));
            let (at_cap, flat) = claim.place(ContactId::default(), after);
            assert_eq!((at_cap.score(flat, after), flat), (most.max(base), 0));
            let (ahead, grows) = claim.place(ContactId::default(), before);
            // Before it the score is lower, so the place is worse.
            assert!(from == arrived || ahead.at(grows, before) > at_cap.at(flat, before));
        }
    }
}
