//! Who goes first: P0, then safeguarding by risk and arrival, then everyone else by score.
//!
//! Scores grow with time, but two contacts with the same slope never change places, so each line
//! keeps a fixed order and only lines of different slope are compared at a moment.

use vocabulary::event::OrderRule;
use vocabulary::{ContactId, Lane, Risk, Time};

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
    pub arrived: Time,
}

impl Key {
    pub fn of(claim: Claim, id: ContactId) -> Key {
        let points = match claim.risk {
            Risk::P0 => IMMINENT,
            _ if claim.lane.is_safeguarding() => SAFEGUARDING + claim.risk as i64,
            _ => claim.slope * claim.arrived.0 - claim.base * MINUTE,
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
        Key::of(Claim { lane, risk, base, slope, arrived: Time(arrived) }, ContactId(Ulid(arrived as u128)))
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
}
