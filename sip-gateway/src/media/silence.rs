//! When a leg has gone silent: no packet for long although one was due. It ends nothing (a dead
//! medium never ends a safeguarding contact); somebody is told.

/// Silence after this long, in milliseconds.
pub const AFTER: u64 = 30_000;

/// Watches one leg.
#[derive(Debug, Default)]
pub struct Silence {
    since: Option<u64>,
    told: bool,
}

impl Silence {
    /// A packet came. True when silence was told before.
    pub fn heard(&mut self, millis: u64) -> bool {
        std::mem::replace(self, Silence { since: Some(millis), told: false }).told
    }

    /// Looks at the clock. `due` says whether the far end should be sending (media is up and not
    /// held). True once for each silence.
    pub fn check(&mut self, millis: u64, due: bool) -> bool {
        if !due {
            self.since = None;
            return false;
        }
        let since = *self.since.get_or_insert(millis);
        !self.told && millis.saturating_sub(since) >= AFTER && {
            self.told = true;
            true
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_once_until_a_packet_comes() {
        let mut silence = Silence::default();
        assert!(!silence.check(1_000, true), "counts from when media was due");
        assert!(!silence.check(30_999, true));
        assert!(silence.check(31_000, true));
        assert!(!silence.check(90_000, true));
        assert!(silence.heard(91_000), "the end of it is told, too");
        assert!(!silence.heard(91_000));
        assert!(!silence.check(120_999, true));
        assert!(silence.check(121_000, true));
    }

    #[test]
    fn a_held_leg_may_be_silent_and_has_its_time_afterwards() {
        let mut silence = Silence::default();
        silence.heard(0);
        assert!(!silence.check(100_000, false));
        assert!(!silence.check(101_000, true));
        assert!(!silence.check(130_999, true));
        assert!(silence.check(131_000, true));
    }
}
