//! Comfort noise (RFC 3389): what a far end says of its room while nobody speaks, and the noise that
//! stands for it. Complete silence sounds like a line that went dead, and callers in distress hang up.

/// Most reflection coefficients used; more say nothing at 8 kHz.
const MOST: usize = 10;
/// The static payload type at 8 kHz (RFC 3551 §6).
pub const PAYLOAD_TYPE: u8 = 13;
/// The quietest level that travels, -127 dBov.
const QUIETEST: u8 = 127;
/// Longest payload: the level and the coefficients.
pub const MAX_PAYLOAD: usize = 1 + MOST;

/// A description of noise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Comfort {
    /// Level in -dBov, 0 to 127.
    pub level: u8,
    shape: [u8; MOST],
    order: usize,
}

impl Comfort {
    /// Noise of equal strength at all frequencies.
    pub fn white(level: u8) -> Comfort {
        Comfort { level: level.min(QUIETEST), shape: [127; MOST], order: 0 }
    }

    /// Reads a payload; `None` when it is empty. Coefficients beyond ten are left out.
    pub fn parse(payload: &[u8]) -> Option<Comfort> {
        let (level, shape) = payload.split_first()?;
        let mut comfort = Comfort::white(level & 0x7f);
        comfort.order = shape.len().min(MOST);
        comfort.shape[..comfort.order].copy_from_slice(&shape[..comfort.order]);
        Some(comfort)
    }

    /// The payload as it travels, and its length.
    pub fn write(self) -> ([u8; MAX_PAYLOAD], usize) {
        let mut out = [0; MAX_PAYLOAD];
        out[0] = self.level;
        out[1..].copy_from_slice(&self.shape);
        (out, 1 + self.order)
    }

    /// Describes sound in which nobody speaks.
    pub fn describe(sound: &[i16]) -> Comfort {
        let mut sums = [0f64; MOST + 1];
        for (lag, sum) in sums.iter_mut().enumerate() {
            *sum = sound.iter().skip(lag).zip(sound).map(|(a, b)| *a as f64 * *b as f64).sum();
        }
        let power = sums[0] / sound.len().max(1) as f64;
        let level = -10.0 * (power.max(1e-9) / OVERLOAD.powi(2)).log10();
        let mut comfort = Comfort::white(level.clamp(0.0, QUIETEST as f64).round() as u8);
        if sums[0] > 0.0 {
            comfort.order = MOST;
            // A trace of white noise keeps a pure tone from making the filter ring for ever.
            sums[0] *= 1.000_1;
            for (place, reflection) in comfort.shape.iter_mut().zip(reflections(&sums)) {
                *place = (127.0 + (reflection * 32_768.0 / 258.0).round()).clamp(0.0, 254.0) as u8;
            }
        }
        comfort
    }

    fn reflection(self, at: usize) -> f32 {
        258.0 * (self.shape[at].min(254) as f32 - 127.0) / 32_768.0
    }
}

/// 0 dBov of 16-bit samples.
const OVERLOAD: f64 = 32_767.0;

/// Levinson and Durbin: reflection coefficients from autocorrelation.
fn reflections(sums: &[f64; MOST + 1]) -> [f64; MOST] {
    let mut predictor = [0f64; MOST + 1];
    let mut reflections = [0f64; MOST];
    let mut error = sums[0];
    for order in 1..=MOST {
        let ahead: f64 = (1..order).map(|n| predictor[n] * sums[order - n]).sum();
        let reflection = ((sums[order] - ahead) / error).clamp(-0.999, 0.999);
        let before = predictor;
        predictor[order] = reflection;
        for n in 1..order {
            predictor[n] = before[n] - reflection * before[order - n];
        }
        error *= 1.0 - reflection * reflection;
        reflections[order - 1] = reflection;
    }
    reflections
}

/// Makes the noise of one leg.
#[derive(Debug)]
pub struct Noise {
    comfort: Comfort,
    state: [f32; MOST + 1],
    seed: u32,
}

impl Noise {
    /// Noise that begins with this seed; two legs should not have the same.
    pub fn new(seed: u32) -> Noise {
        Noise { comfort: Comfort::white(QUIETEST), state: [0.0; MOST + 1], seed }
    }

    /// What is to be heard from now on.
    pub fn set(&mut self, comfort: Comfort) {
        self.comfort = comfort;
    }

    /// Fills with noise.
    pub fn fill(&mut self, sound: &mut [i16]) {
        let order = self.comfort.order;
        let strength = 10f32.powf(-(self.comfort.level as f32) / 20.0) * OVERLOAD as f32;
        let mut gain = strength;
        for n in 0..order {
            gain *= (1.0 - self.comfort.reflection(n).powi(2)).sqrt();
        }
        for sample in sound {
            // Twelve even numbers added up are as good as a normal one, and of strength 1.
            let white = (0..12).map(|_| self.random()).sum::<f32>() - 6.0;
            let mut forward = gain * white;
            for n in (0..order).rev() {
                let reflection = self.comfort.reflection(n);
                forward += reflection * self.state[n];
                self.state[n + 1] = self.state[n] - reflection * forward;
            }
            self.state[0] = forward;
            *sample = forward.clamp(-32_768.0, 32_767.0) as i16;
        }
    }

    fn random(&mut self) -> f32 {
        self.seed = self.seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.seed >> 8) as f32 / (1 << 24) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(sound: &[i16]) -> f64 {
        let power = sound.iter().map(|s| (*s as f64).powi(2)).sum::<f64>() / sound.len() as f64;
        -10.0 * (power / OVERLOAD.powi(2)).log10()
    }

    fn made(comfort: Comfort, samples: usize) -> Vec<i16> {
        let mut noise = Noise::new(9);
        noise.set(comfort);
        let mut sound = vec![0; samples];
        sound.chunks_mut(160).for_each(|frame| noise.fill(frame));
        sound
    }

    /// A room that hums low: white noise through a pole.
    fn room(strength: f32) -> Vec<i16> {
        let (mut seed, mut y) = (5u32, 0f32);
        let sample = |_| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            y = 0.9 * y + strength * ((seed >> 8) as f32 / (1 << 23) as f32 - 1.0);
            y as i16
        };
        (0..16_000).map(sample).collect()
    }

    #[test]
    fn noise_has_the_level_it_was_told() {
        for told in [30, 50, 60] {
            let is = level(&made(Comfort::white(told), 16_000));
            assert!((is - told as f64).abs() < 1.0, "{told}: {is}");
        }
        assert!(made(Comfort::white(127), 1_600).iter().all(|s| s.abs() <= 1));
    }

    #[test]
    fn noise_sounds_like_the_room_it_describes() {
        let original = room(300.0);
        let comfort = Comfort::describe(&original);
        let (payload, length) = comfort.write();
        let back = Comfort::parse(&payload[..length]).expect("a payload");
        assert_eq!(back, comfort);
        let copy = made(back, 16_000);
        assert!((level(&copy) - level(&original)).abs() < 1.5, "{} {}", level(&copy), level(&original));
        // As coloured: neighbours are alike, as they were.
        let alike = |sound: &[i16]| {
            let both: f64 = sound.windows(2).map(|w| w[0] as f64 * w[1] as f64).sum();
            both / sound.iter().map(|s| (*s as f64).powi(2)).sum::<f64>()
        };
        assert!((alike(&copy) - alike(&original)).abs() < 0.05, "{} {}", alike(&copy), alike(&original));
        assert!(alike(&made(Comfort::white(40), 16_000)).abs() < 0.05, "white is not");
    }

    #[test]
    fn foreign_descriptions_never_ring() {
        assert_eq!(Comfort::parse(&[]), None);
        for shape in [[0u8; 20], [255; 20], [254; 20]] {
            let mut payload = vec![255u8];
            payload.extend(shape);
            let sound = made(Comfort::parse(&payload).expect("a level"), 8_000);
            assert!(sound.iter().all(|s| s.abs() < 3_000), "level 127 stays quiet");
        }
        assert_eq!(Comfort::describe(&[0; 160]).level, 127);
        assert_eq!(Comfort::describe(&[]).level, 127);
    }
}
