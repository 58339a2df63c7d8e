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

    /// A length of time with this mean, spread like the gaps between calls: exponential, to within
    /// one part in a million. Whole halvings, then the rest within one halving from a table.
    pub fn around(&mut self, mean: i64) -> i64 {
        let halvings = u64::from(self.bits().trailing_ones().min(40));
        let rest = self.bits() >> 22;
        let (step, within) = ((rest >> 32) as usize, rest & 0xffff_ffff);
        let (low, high) = (HALVING[step], HALVING[step + 1]);
        let length = halvings * HALVING[STEPS] + low + (((high - low) * within) >> 32);
        ((i128::from(mean) * i128::from(length)) >> 32) as i64
    }

    /// One of some things; `None` of nothing.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        from.get(self.below(from.len() as u64) as usize)
    }
}

/// Steps of [`HALVING`].
const STEPS: usize = 1_024;

/// -ln(1 - i/2048) in 1/2^32, for i from 0 to 1024: the lengths after which each step of a half is gone.
static HALVING: [u64; STEPS + 1] = halving();

const fn halving() -> [u64; STEPS + 1] {
    let mut table = [0; STEPS + 1];
    let mut i = 0;
    while i <= STEPS {
        // The series x + x^2/2 + x^3/3 ... in 1/2^60; x is at most a half, so 60 terms do.
        let x = (i as u128) << 49;
        let (mut power, mut sum, mut k) = (x, 0, 1);
        while k <= 60 {
            sum += power / k;
            power = (power * x) >> 60;
            k += 1;
        }
        table[i] = (sum >> 28) as u64;
        i += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_exponential() {
        let mut dice = Dice::new(7);
        let gaps: Vec<i64> = (0..200_000).map(|_| dice.around(100_000)).collect();
        let mean = gaps.iter().sum::<i64>() / 200_000;
        assert!((99_000..101_000).contains(&mean), "{mean}");
        // The share over a length is e^-length, near and far.
        for (length, share) in [(0.1, 0.904_837), (0.5, 0.606_531), (1.0, 0.367_879), (3.0, 0.049_787)] {
            let over = gaps.iter().filter(|gap| **gap as f64 > length * 100_000.0).count() as f64 / 200_000.0;
            assert!((over - share).abs() < 0.004, "{over} over {length}, not {share}");
        }
        assert_eq!(HALVING[STEPS], (std::f64::consts::LN_2 * 4_294_967_296.0) as u64);
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
