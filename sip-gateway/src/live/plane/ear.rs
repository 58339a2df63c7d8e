//! The decoded path of a leg: its ear turns what comes into frames of linear sound in step, its mouth
//! turns frames into what its far end understands. A leg has them only while they are needed, as when it
//! is in a conference, listened to, or bridged to a codec of another kind.

use crate::media::FRAME;
use crate::media::codec::{Codec, Decoder, Encoder, MAX_ENCODED, MAX_SOUND};
use crate::media::comfort::{Comfort, Noise};
use crate::media::jitter::{JitterBuffer, Turn};
use crate::media::voice;

/// The clock all packets are counted on here.
const RATE: u32 = 8_000;
/// Softer than this, in dBm0, a packet may be left out unheard.
const SOFT: f32 = -45.0;
/// What stands for a source that says nothing of its room: hardly heard, yet not a dead line.
const HUSH: u8 = 78;

/// One frame of linear sound.
pub(super) type Sound = [i16; FRAME];

/// A packet that waits for its turn.
struct Kept {
    codec: Codec,
    payload: Box<[u8]>,
}

pub(super) struct Ear {
    jitter: JitterBuffer<Kept>,
    decoder: Option<(Codec, Decoder)>,
    noise: Noise,
    epoch: u32,
    /// Sound decoded and not yet given out.
    left: Vec<i16>,
    frame: Sound,
    /// The last turn was silence between words.
    pause: bool,
}

impl Ear {
    pub fn new(seed: u32) -> Ear {
        let mut noise = Noise::new(seed);
        noise.set(Comfort::white(HUSH));
        Ear {
            jitter: JitterBuffer::new(RATE),
            decoder: None,
            noise,
            epoch: 0,
            left: Vec::with_capacity(MAX_SOUND + FRAME),
            frame: [0; FRAME],
            pause: true,
        }
    }

    /// Takes one packet of sound of `samples` samples.
    #[allow(clippy::too_many_arguments, reason = "the parts of one packet")]
    pub fn take(
        &mut self,
        millis: u64,
        epoch: u32,
        sequence: u64,
        timestamp: u32,
        samples: u32,
        codec: Codec,
        payload: &[u8],
    ) {
        if epoch != self.epoch {
            self.epoch = epoch;
            self.jitter.restart();
        }
        self.jitter.push(millis, sequence, timestamp, samples, Kept { codec, payload: payload.into() });
    }

    /// Takes what they say of their room.
    pub fn take_comfort(&mut self, comfort: Comfort) {
        self.noise.set(comfort);
    }

    /// The next 20 ms.
    pub fn hear(&mut self, millis: u64) -> &Sound {
        let soft = self.pause || voice::level(&self.frame) < SOFT;
        while self.left.len() < FRAME {
            let mut sound = [0; FRAME];
            match self.jitter.turn(millis, soft) {
                Turn::Play(kept) => {
                    self.pause = false;
                    self.decode(&kept);
                    continue;
                }
                Turn::Lost | Turn::Late => match &mut self.decoder {
                    Some((_, decoder)) => decoder.conceal(&mut sound),
                    None => self.noise.fill(&mut sound),
                },
                Turn::Pause => {
                    self.pause = true;
                    self.noise.fill(&mut sound);
                }
            }
            self.left.extend(sound);
        }
        self.frame.copy_from_slice(&self.left[..FRAME]);
        self.left.drain(..FRAME);
        &self.frame
    }

    fn decode(&mut self, kept: &Kept) {
        if self.decoder.as_ref().is_none_or(|(codec, _)| *codec != kept.codec) {
            self.decoder = Decoder::new(kept.codec).map(|decoder| (kept.codec, decoder));
        }
        let mut sound = [0; MAX_SOUND];
        let samples = self.decoder.as_mut().map_or(0, |(_, decoder)| decoder.decode(&kept.payload, &mut sound));
        // A packet that cannot be read is silence, so that the loop around this ends.
        self.left.extend(&sound[..if samples == 0 { FRAME } else { samples }]);
    }
}

/// Speaks a mix to one far end.
#[derive(Default)]
pub(super) struct Mouth {
    encoder: Option<(Codec, Encoder)>,
}

impl Mouth {
    /// One frame in this codec; gives its length, 0 when it cannot be made.
    pub fn say(&mut self, codec: Codec, sound: &Sound, out: &mut [u8]) -> usize {
        if self.encoder.as_ref().is_none_or(|(is, _)| *is != codec) {
            self.encoder = Encoder::new(codec).map(|encoder| (codec, encoder));
        }
        let room = out.len().min(MAX_ENCODED);
        self.encoder.as_mut().map_or(0, |(_, encoder)| encoder.encode(sound, &mut out[..room]))
    }
}

/// Adds one voice to a mix; too loud is cut, not wrapped.
pub(super) fn add(mix: &mut Sound, voice: &Sound) {
    for (sum, sample) in mix.iter_mut().zip(voice) {
        *sum = sum.saturating_add(*sample);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_of_any_length_become_frames_in_step() {
        let mut ear = Ear::new(1);
        let mut heard: Vec<i16> = Vec::new();
        // 30 ms packets of a constant; a turn every 20 ms.
        let (mut sent, mut now) = (0u64, 0u64);
        while now < 3_000 {
            while sent * 30 <= now {
                ear.take(sent * 30, 1, sent, sent as u32 * 240, 240, Codec::Pcmu, &[0x90; 240]);
                sent += 1;
            }
            heard.extend(ear.hear(now));
            now += 20;
        }
        let loud = heard.iter().filter(|sample| sample.abs() > 5_000).count();
        assert!(loud * 100 > heard.len() * 95, "{loud} of {}", heard.len());
    }

    #[test]
    fn too_loud_is_cut_and_not_wrapped() {
        let mut mix = [30_000; FRAME];
        add(&mut mix, &[20_000; FRAME]);
        assert_eq!(mix[0], i16::MAX);
        add(&mut mix, &[-32_768; FRAME]);
        assert_eq!(mix[0], -1);
    }
}
