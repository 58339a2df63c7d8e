//! Which trunk takes the next call: the usable one of best priority, by weight among equals, with room
//! for it; the others follow in case it fails.

use super::TrunkId;
use crate::sip::bucket::{Buckets, Rate, Verdict};
use std::collections::BTreeMap;
use vocabulary::Time;

/// How a trunk is to be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// Lower goes first.
    pub priority: u8,
    /// Share among those of one priority; 0 is used only when the others fail.
    pub weight: u16,
    /// Calls at once, as the contract with the carrier says.
    pub calls: u32,
    /// New calls.
    pub rate: Rate,
}

/// Why no trunk takes a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Busy {
    /// None is usable.
    Down,
    /// Those that are have no room.
    Full,
}

#[derive(Debug)]
struct Member {
    plan: Plan,
    calls: u32,
    /// What weighting has credited (smooth weighted round robin).
    credit: i64,
}

/// All trunks.
#[derive(Debug, Default)]
pub struct Pool {
    members: BTreeMap<TrunkId, Member>,
    rates: Buckets<TrunkId>,
}

impl Pool {
    /// Adds one, or changes its plan; calls it carries go on.
    pub fn set(&mut self, trunk: TrunkId, plan: Plan) {
        let member = self.members.entry(trunk).or_insert(Member { plan, calls: 0, credit: 0 });
        member.plan = plan;
    }

    /// The trunks to try for one call, in order; the first has been charged with it, so what does not
    /// come about is to be [`Pool::ended`].
    ///
    /// # Errors
    /// [`Busy`] where there is none.
    pub fn choose(&mut self, now: Time, usable: impl Fn(TrunkId) -> bool) -> Result<Vec<TrunkId>, Busy> {
        let mut order: Vec<TrunkId> = self.members.keys().copied().filter(|t| usable(*t)).collect();
        if order.is_empty() {
            return Err(Busy::Down);
        }
        order.retain(|trunk| self.members.get(trunk).is_some_and(|m| m.calls < m.plan.calls));
        self.weigh(&mut order);
        while let Some(first) = order.first().copied() {
            if self.begin(now, first) {
                return Ok(order);
            }
            order.remove(0);
        }
        Err(Busy::Full)
    }

    /// Charges a further trunk of the order with the call, after the one before failed. Gives whether
    /// it has room.
    pub fn begin(&mut self, now: Time, trunk: TrunkId) -> bool {
        let Some(member) = self.members.get_mut(&trunk) else { return false };
        let room = member.calls < member.plan.calls && self.rates.take(now, trunk, member.plan.rate) == Verdict::Pass;
        member.calls += u32::from(room);
        room
    }

    /// A call on it is over, or did not come about.
    pub fn ended(&mut self, trunk: TrunkId) {
        if let Some(member) = self.members.get_mut(&trunk) {
            member.calls = member.calls.saturating_sub(1);
        }
    }

    /// Calls it carries.
    pub fn calls(&self, trunk: TrunkId) -> u32 {
        self.members.get(&trunk).map_or(0, |member| member.calls)
    }

    /// Sorts by priority and credit, and moves the credit on within the best priority.
    fn weigh(&mut self, order: &mut [TrunkId]) {
        let best = order.iter().filter_map(|t| self.members.get(t)).map(|m| m.plan.priority).min();
        let mut total = 0;
        for trunk in order.iter() {
            if let Some(member) = self.members.get_mut(trunk).filter(|m| Some(m.plan.priority) == best) {
                member.credit += i64::from(member.plan.weight);
                total += i64::from(member.plan.weight);
            }
        }
        let members = &self.members;
        let rank = |trunk: &TrunkId| {
            let member = &members[trunk];
            (member.plan.priority, member.plan.weight == 0, -member.credit, *trunk)
        };
        order.sort_by_key(rank);
        if let Some(member) = order.first().and_then(|first| self.members.get_mut(first)) {
            member.credit -= total;
        }
    }
}

/// Whether an answer to our INVITE means that the next trunk is to be tried (RFC 3261 §21): the
/// carrier, not the person called, could not.
pub fn fails_over(code: u16) -> bool {
    matches!(code, 401 | 403 | 407 | 408 | 420 | 421 | 422 | 430 | 500..=599)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { per_second: 1_000, burst: 1_000 };
    const A: TrunkId = TrunkId(1);
    const B: TrunkId = TrunkId(2);
    const C: TrunkId = TrunkId(3);

    fn pool(plans: &[(TrunkId, u8, u16, u32)]) -> Pool {
        let mut pool = Pool::default();
        for (trunk, priority, weight, calls) in plans {
            pool.set(*trunk, Plan { priority: *priority, weight: *weight, calls: *calls, rate: RATE });
        }
        pool
    }

    #[test]
    fn weights_are_kept_exactly_and_evenly() {
        let mut pool = pool(&[(A, 1, 3, 1_000), (B, 1, 1, 1_000), (C, 2, 9, 1_000)]);
        let first: Vec<TrunkId> = (0..8).map(|_| pool.choose(Time(0), |_| true).expect("room")[0]).collect();
        assert_eq!(first, [A, A, B, A, A, A, B, A], "three to one, spread");
        let order = pool.choose(Time(0), |_| true).expect("room");
        assert_eq!(order.last(), Some(&C), "the second priority stands last");
    }

    #[test]
    fn the_next_takes_over_when_one_is_down_or_full() {
        let mut pool = pool(&[(A, 1, 1, 1), (B, 2, 1, 2)]);
        assert_eq!(pool.choose(Time(0), |_| true), Ok(vec![A, B]));
        assert!(pool.begin(Time(0), B), "failover within the call");
        assert_eq!((pool.calls(A), pool.calls(B)), (1, 1));
        assert_eq!(pool.choose(Time(0), |_| true), Ok(vec![B]), "A is full");
        assert_eq!(pool.choose(Time(0), |_| true), Err(Busy::Full));
        assert_eq!(pool.choose(Time(0), |_| false), Err(Busy::Down));
        pool.ended(A);
        assert_eq!(pool.choose(Time(0), |t| t == A), Ok(vec![A]));
    }

    #[test]
    fn a_trunk_takes_no_more_a_second_than_agreed() {
        let mut pool = pool(&[(A, 1, 1, 1_000)]);
        pool.set(A, Plan { priority: 1, weight: 1, calls: 1_000, rate: Rate { per_second: 2, burst: 2 } });
        let taken = |pool: &mut Pool, now| (0..10).filter(|_| pool.choose(Time(now), |_| true).is_ok()).count();
        assert_eq!(taken(&mut pool, 0), 2);
        assert_eq!(pool.choose(Time(10), |_| true), Err(Busy::Full));
        assert_eq!(pool.calls(A), 2, "what was refused is not counted");
    }

    #[test]
    fn only_the_carriers_own_failures_go_to_the_next() {
        for (code, next) in
            [(486, false), (404, false), (603, false), (480, false), (503, true), (408, true), (403, true)]
        {
            assert_eq!(fails_over(code), next, "{code}");
        }
    }
}
