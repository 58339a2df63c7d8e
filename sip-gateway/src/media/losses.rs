//! Which packets of a source came, exactly: losses, their bursts and duplicates, with late packets
//! forgiven while they still may come. RFC 3550's own count is in `incoming`; it takes a duplicate for
//! the packet that was lost, which is right for reports and too kind for a verdict on quality.

/// Packets that may still come late; a number this far behind the newest is settled.
const WINDOW: u64 = 64;

/// The settled past and the open window of one source.
#[derive(Debug, Default)]
pub struct Losses {
    newest: Option<u64>,
    /// Bit n: `newest - n` came.
    came: u64,
    /// Numbers in the window; less than [`WINDOW`] at the beginning.
    open: u64,
    settled: u64,
    lost: u64,
    bursts: u64,
    in_burst: bool,
    duplicates: u64,
    late: u64,
}

/// Counts over the settled part of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Count {
    /// Numbers settled: came or lost.
    pub expected: u64,
    /// Never came.
    pub lost: u64,
    /// Runs of losses.
    pub bursts: u64,
    /// Came more than once.
    pub duplicates: u64,
    /// Came behind a later one.
    pub late: u64,
}

impl Losses {
    /// Notes one packet by its long sequence number.
    pub fn note(&mut self, sequence: u64) {
        let Some(newest) = self.newest else {
            (self.newest, self.came, self.open) = (Some(sequence), 1, 1);
            return;
        };
        if sequence > newest {
            let ahead = sequence - newest;
            self.advance(ahead);
            self.newest = Some(sequence);
            self.came |= 1;
            return;
        }
        let behind = newest - sequence;
        if behind >= self.open {
            // Settled, or from before the first: too late for anybody's buffer.
            return;
        }
        if self.came & (1 << behind) != 0 {
            self.duplicates += 1;
        } else {
            self.came |= 1 << behind;
            self.late += 1;
        }
    }

    /// The source began anew: what the window holds is settled.
    pub fn restart(&mut self) {
        // What is missing at the very end may be under way; a new beginning says that it is not.
        let open = std::mem::take(&mut self.open);
        for behind in (0..open).rev() {
            self.settle(self.came & (1 << behind) != 0);
        }
        (self.newest, self.came, self.in_burst) = (None, 0, false);
    }

    /// The counts so far. What is younger than the window is not in them.
    pub fn count(&self) -> Count {
        let Losses { settled, lost, bursts, duplicates, late, .. } = *self;
        Count { expected: settled, lost, bursts, duplicates, late }
    }

    fn advance(&mut self, ahead: u64) {
        if ahead >= WINDOW + self.open {
            let between = ahead - self.open;
            for behind in (0..self.open).rev() {
                self.settle(self.came & (1 << behind) != 0);
            }
            // A leap of many packets at once is one burst.
            let gone = between - (WINDOW - self.open).min(between);
            self.settled += gone;
            self.lost += gone;
            self.bursts += u64::from(!self.in_burst && gone > 0);
            self.in_burst |= gone > 0;
            self.came = 0;
            self.open = WINDOW;
            return;
        }
        for _ in 0..ahead {
            if self.open == WINDOW {
                self.settle(self.came >> (WINDOW - 1) != 0);
            } else {
                self.open += 1;
            }
            self.came <<= 1;
        }
    }

    fn settle(&mut self, came: bool) {
        self.settled += 1;
        if !came {
            self.lost += 1;
            self.bursts += u64::from(!self.in_burst);
        }
        self.in_burst = !came;
    }
}

impl Count {
    /// Share of packets lost, 0 to 1.
    pub fn share(self) -> f64 {
        if self.expected == 0 { 0.0 } else { self.lost as f64 / self.expected as f64 }
    }

    /// How much longer bursts are than random loss would make them (BurstR of ITU-T G.107 §7.5); 1 for
    /// random loss, and without loss.
    pub fn burst_ratio(self) -> f64 {
        if self.bursts == 0 {
            return 1.0;
        }
        let mean = self.lost as f64 / self.bursts as f64;
        (mean * (1.0 - self.share())).max(1.0)
    }

    /// What was counted since an earlier count.
    pub fn since(self, before: Count) -> Count {
        Count {
            expected: self.expected - before.expected,
            lost: self.lost - before.lost,
            bursts: self.bursts - before.bursts,
            duplicates: self.duplicates - before.duplicates,
            late: self.late - before.late,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn counted(sequences: impl IntoIterator<Item = u64>) -> Count {
        let mut losses = Losses::default();
        sequences.into_iter().for_each(|sequence| losses.note(sequence));
        losses.restart();
        losses.count()
    }

    #[test]
    fn a_duplicate_does_not_hide_a_loss() {
        let count = counted([1, 2, 2, 4, 5]);
        assert_eq!(count, Count { expected: 5, lost: 1, bursts: 1, duplicates: 1, late: 0 });
    }

    #[test]
    fn what_comes_late_is_not_lost_and_what_comes_too_late_is() {
        assert_eq!(counted([1, 3, 2, 4]).lost, 0);
        assert_eq!(counted([1, 3, 2, 4]).late, 1);
        let too_late = (0..=200u64).filter(|n| *n != 50).chain([50]);
        assert_eq!(counted(too_late).lost, 1);
    }

    #[test]
    fn bursts_are_told_from_single_losses() {
        let single = counted((0..1_000u64).filter(|n| n % 10 != 5));
        assert_eq!((single.lost, single.bursts), (100, 100));
        assert_eq!(single.burst_ratio(), 1.0);
        let long = counted((0..1_000u64).filter(|n| n % 50 < 45));
        assert_eq!((long.lost, long.bursts), (95, 19), "the last five are beyond the newest");
        assert!((4.4..5.0).contains(&long.burst_ratio()), "{}", long.burst_ratio());
    }

    #[test]
    fn a_leap_is_one_burst() {
        assert_eq!(counted([1, 2, 2_000]), Count { expected: 2_000, lost: 1_997, bursts: 1, duplicates: 0, late: 0 });
    }

    proptest! {
        /// The window agrees with a set that forgets nothing.
        #[test]
        fn agrees_with_a_plain_set(steps in proptest::collection::vec((0u64..6, 0u64..40, any::<bool>()), 1..300)) {
            let (mut losses, mut set, mut newest) = (Losses::default(), std::collections::BTreeSet::new(), 1_000u64);
            let mut all = 0u64;
            losses.note(newest);
            set.insert(newest);
            all += 1;
            for (ahead, behind, back) in steps {
                let sequence = if back { newest.saturating_sub(behind).max(1_000) } else { newest + ahead };
                newest = newest.max(sequence);
                losses.note(sequence);
                set.insert(sequence);
                all += 1;
            }
            losses.restart();
            let count = losses.count();
            prop_assert_eq!(count.expected, newest - 1_000 + 1);
            prop_assert_eq!(count.lost, count.expected - set.len() as u64);
            prop_assert_eq!(count.duplicates, all - set.len() as u64);
        }
    }
}
