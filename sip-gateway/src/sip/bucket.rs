//! Token buckets by source: how many new requests one source may start. A flood costs its
//! sender's tokens, nobody else's.

use std::collections::BTreeMap;
use vocabulary::{Span, Time};

/// The most sources remembered; beyond it full buckets, which say nothing, are forgotten.
pub const MAX_SOURCES: usize = 65_536;
/// How often a full table is gone through for sources to forget.
const FORGET_EVERY: Span = Span::seconds(1);

/// How fast a source may start things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Tokens gained per second.
    pub per_second: u32,
    /// Tokens at most.
    pub burst: u32,
}

/// What the bucket says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Go on.
    Pass,
    /// Too many: tell the sender so.
    Refuse,
    /// Far too many: not even an answer.
    Drop,
}

/// The buckets of one kind of request, by what tells sources apart.
#[derive(Debug)]
pub struct Buckets<K> {
    /// Thousandths of a token (below zero: refusals owed) and the moment they were counted.
    levels: BTreeMap<K, (i64, Time)>,
    /// When the table was last gone through.
    forgotten: Time,
}

impl<K> Default for Buckets<K> {
    fn default() -> Buckets<K> {
        Buckets { levels: BTreeMap::new(), forgotten: Time::ZERO }
    }
}

impl<K: Ord> Buckets<K> {
    /// Takes one token of `source`.
    pub fn take(&mut self, now: Time, source: K, rate: Rate) -> Verdict {
        let full = i64::from(rate.burst) * 1_000;
        if self.levels.len() >= MAX_SOURCES && !self.levels.contains_key(&source) {
            // Once a second at most: going through a full table for every forged address would be a
            // flood's best weapon.
            if now.since(self.forgotten) >= FORGET_EVERY {
                self.forget(now, rate);
            }
            if self.levels.len() >= MAX_SOURCES {
                return Verdict::Drop;
            }
        }
        let (level, at) = self.levels.entry(source).or_insert((full, now));
        let gained = now.since(*at).0.saturating_mul(i64::from(rate.per_second));
        *level = level.saturating_add(gained).min(full);
        *at = now;
        if *level >= 1_000 {
            *level -= 1_000;
            return Verdict::Pass;
        }
        // One burst of refusals is told; a sender that does not listen by then is not answered.
        if *level > -full {
            *level -= 1_000;
            return Verdict::Refuse;
        }
        Verdict::Drop
    }

    /// Forgets sources whose bucket has filled up again.
    pub fn forget(&mut self, now: Time, rate: Rate) {
        self.forgotten = now;
        let full = i64::from(rate.burst) * 1_000;
        self.levels.retain(|_, (level, at)| {
            level.saturating_add(now.since(*at).0.saturating_mul(i64::from(rate.per_second))) < full
        });
    }

    /// How many sources are remembered.
    pub fn len(&self) -> usize {
        self.levels.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.levels.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::IpAddr;

    const RATE: Rate = Rate { per_second: 2, burst: 3 };

    #[test]
    fn refuses_then_drops_then_recovers_and_spares_others() {
        let mut buckets = Buckets::default();
        let [a, b] = [IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2])];
        let mut take = |now, who| buckets.take(Time(now), who, RATE);
        let seen: Vec<Verdict> = (0..8).map(|_| take(0, a)).collect();
        use Verdict::*;
        assert_eq!(seen, [Pass, Pass, Pass, Refuse, Refuse, Refuse, Drop, Drop]);
        assert_eq!(take(0, b), Pass);
        assert_eq!(take(2_000, a), Pass, "two seconds give four tokens: the debt of three and one");
        assert_eq!(take(2_000, a), Refuse);
    }

    #[test]
    fn forgets_the_full_and_keeps_the_rest() {
        let mut buckets = Buckets::default();
        buckets.take(Time(0), IpAddr::from([10, 0, 0, 1]), RATE);
        buckets.forget(Time(100), RATE);
        assert_eq!(buckets.len(), 1);
        buckets.forget(Time(500), RATE);
        assert!(buckets.is_empty());
    }
}
