//! An ear: which of some known tones is heard, and when. It compares the energy at each tone with the
//! energy of all that is heard, so loudness does not matter and speech is no tone.

use super::decode;
use std::f64::consts::TAU;
use std::time::{Duration, Instant};

/// Samples judged at once: 200 ms, which tells tones 10 Hz apart.
const WINDOW: usize = 1_600;
/// The share of the energy that makes a tone.
const SHARE: f64 = 0.7;
/// Mean square below which nothing is heard.
const THRESHOLD: f64 = 40_000.0;
/// The most moments remembered: ten minutes of one tone.
const MOST: usize = 3_000;

/// A moment at which one tone was heard.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Heard {
    /// When the window ended.
    pub at: Instant,
    /// The tone in hertz.
    pub hertz: f64,
}

/// Listens for known tones.
pub struct Ear {
    tones: Vec<f64>,
    window: Vec<i16>,
    heard: Vec<Heard>,
    first_sound: Option<Instant>,
}

impl Ear {
    /// An ear that knows these tones.
    pub fn new(tones: &[f64]) -> Ear {
        Ear { tones: tones.to_vec(), window: Vec::with_capacity(WINDOW), heard: Vec::new(), first_sound: None }
    }

    /// Takes what came in one packet.
    pub fn hear(&mut self, alaw: &[u8]) {
        self.window.extend(alaw.iter().map(|byte| decode(*byte)));
        while self.window.len() >= WINDOW {
            let rest = self.window.split_off(WINDOW);
            self.judge();
            self.window = rest;
        }
    }

    /// Everything heard so far, in order.
    pub fn heard(&self) -> &[Heard] {
        &self.heard
    }

    /// When anything at all was heard first.
    pub fn first_sound(&self) -> Option<Instant> {
        self.first_sound
    }

    /// For how long a tone was heard, after a moment or from the beginning.
    pub fn how_long(&self, hertz: f64, after: Option<Instant>) -> Duration {
        let counts = |h: &&Heard| (h.hertz - hertz).abs() < 1.0 && after.is_none_or(|after| h.at > after);
        Duration::from_millis(200) * self.heard.iter().filter(counts).count() as u32
    }

    fn judge(&mut self) {
        let power = self.window.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>();
        if power < THRESHOLD * WINDOW as f64 {
            return;
        }
        let now = Instant::now();
        self.first_sound.get_or_insert(now);
        let loudest = self.tones.iter().map(|hertz| (share(&self.window, *hertz, power), *hertz));
        if let Some((share, hertz)) = loudest.max_by(|a, b| a.0.total_cmp(&b.0))
            && share >= SHARE
            && self.heard.len() < MOST
        {
            self.heard.push(Heard { at: now, hertz });
        }
    }
}

/// Goertzel: how much of the energy lies at `hertz`, 0 to 1.
fn share(samples: &[i16], hertz: f64, power: f64) -> f64 {
    let turn = 2.0 * (TAU * hertz / 8_000.0).cos();
    let (mut one, mut two) = (0.0, 0.0);
    for sample in samples {
        (one, two) = (f64::from(*sample) + turn * one - two, one);
    }
    2.0 * (one * one + two * two - turn * one * two) / (samples.len() as f64 * power)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sound::{agent_tone, citizen_tone, tone};

    fn ear() -> Ear {
        let tones: Vec<f64> = (0..24).map(citizen_tone).chain((0..12).map(agent_tone)).collect();
        Ear::new(&tones)
    }

    #[test]
    fn tells_every_tone_from_every_other() {
        for n in 0..24 {
            let mut ear = ear();
            ear.hear(&tone(citizen_tone(n), 1_000));
            assert_eq!(ear.how_long(citizen_tone(n), None), Duration::from_secs(1), "tone {n}");
            assert!(ear.heard().iter().all(|h| h.hertz == citizen_tone(n)));
        }
    }

    #[test]
    fn silence_and_noise_are_no_tone() {
        let mut quiet = ear();
        quiet.hear(&[0xd5; 8_000]);
        assert_eq!((quiet.heard().len(), quiet.first_sound()), (0, None));
        let mut noisy = ear();
        let mut state = 1u32;
        let noise: Vec<u8> = (0..16_000)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 24) as u8
            })
            .collect();
        noisy.hear(&noise);
        assert_eq!(noisy.heard().len(), 0);
        assert!(noisy.first_sound().is_some());
    }
}
