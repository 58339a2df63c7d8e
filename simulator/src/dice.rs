//! Chance, seeded: the same numbers on every machine, integers only.

/// splitmix64 (Steele, Lea, Flood 2014): small and good enough for a crowd.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// Dice of a seed.
    pub fn new(seed: u64) -> Dice {
        Dice(seed.wrapping_mul(0x5851_f42d_4c95_7f2d) ^ 0x6a09_e667_f3bc_c908)
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`; 0 when `n` is 0.
    pub fn below(&mut self, n: u64) -> u64 {
        self.bits().checked_rem(n).unwrap_or(0)
    }

    /// Whether something of so many percent happens.
    pub fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        low + self.below((high - low + 1).max(1) as u64) as i64
    }

    /// A length of time with this mean, spread like the gaps between calls: whole halvings and a
    /// uniform rest, which follows the exponential within a few percent and needs no logarithm.
    pub fn around(&mut self, mean: i64) -> i64 {
        let halvings = i64::from(self.bits().trailing_ones().min(40));
        let rest = self.below(1_024) as i64;
        mean * 2 * (halvings * 1_024 + rest) / (3 * 1_024)
    }

    /// One of some things; `None` of nothing.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        from.get(self.below(from.len() as u64) as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spreads_around_its_mean() {
        let mut dice = Dice::new(7);
        let sum: i64 = (0..100_000).map(|_| dice.around(10_000)).sum();
        let mean = sum / 100_000;
        assert!((9_500..10_500).contains(&mean), "{mean}");
    }

    #[test]
    fn one_seed_one_sequence() {
        let numbers = |seed| {
            let mut dice = Dice::new(seed);
            [dice.bits(), dice.bits(), dice.bits()]
        };
        assert_eq!(numbers(1), numbers(1));
        assert_ne!(numbers(1), numbers(2));
    }
}
