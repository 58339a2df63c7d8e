//! What people say and what they hear: A-law sound, a tone for everyone so that an ear can tell whose
//! voice it is, and the ear itself.

mod alaw;
mod ear;
mod speech;

pub use alaw::{decode, encode};
pub use ear::{Ear, Heard};
pub use speech::Speaker;

use std::f64::consts::TAU;
use std::sync::Arc;

/// Samples of one packet: 20 ms at 8 kHz.
pub const FRAME: usize = 160;
/// Loudness of a tone; full scale is 32,767.
const TONE_LOUDNESS: f64 = 12_000.0;
/// A-law silence.
const QUIET: u8 = 0xd5;

/// A-law bytes at 8 kHz.
pub type Sound = Arc<[u8]>;

/// The tone of the `n`th citizen in hertz: apart from each other and from every agent's.
pub fn citizen_tone(n: usize) -> f64 {
    520.0 + 45.0 * (n % 24) as f64
}

/// The tone of the `n`th agent in hertz.
pub fn agent_tone(n: usize) -> f64 {
    1_900.0 + 90.0 * (n % 12) as f64
}

/// A sine tone.
pub fn tone(hertz: f64, millis: usize) -> Sound {
    let sample = |n: usize| (TAU * hertz * n as f64 / 8_000.0).sin() * TONE_LOUDNESS;
    (0..millis * 8).map(|n| encode(sample(n) as i16)).collect()
}

/// A second of `hertz`, what is said, and so on: an ear finds whose it is, a listener finds it human.
pub fn voice(hertz: f64, said: Option<&Sound>) -> Sound {
    let mut sound = tone(hertz, 1_000).to_vec();
    sound.extend_from_slice(said.map_or(&[], |said| said));
    sound.resize(sound.len().next_multiple_of(FRAME), QUIET);
    sound.into()
}

/// A sound played over and over, in packets.
pub struct Player {
    sound: Sound,
    at: usize,
}

impl Player {
    /// Begins at the beginning.
    pub fn new(sound: Sound) -> Player {
        Player { sound, at: 0 }
    }

    /// The next 20 ms.
    pub fn frame(&mut self) -> [u8; FRAME] {
        let mut frame = [QUIET; FRAME];
        if self.sound.is_empty() {
            return frame;
        }
        for sample in &mut frame {
            *sample = self.sound[self.at % self.sound.len()];
            self.at += 1;
        }
        frame
    }
}
