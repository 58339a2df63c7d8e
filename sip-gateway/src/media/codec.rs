//! The codecs a leg may speak, and from one to another: bytes pass untouched where both sides agree,
//! the laws of G.711 change by table, everything else goes through linear sound at 8 kHz, which is what
//! the telephone network gives.

use crate::media::conceal::Concealer;
use crate::media::{FRAME, g711};
use audio_codec::g722::{Bitrate, G722Decoder, G722Encoder};
use audio_codec::{Decoder as _, Encoder as _};
use vocabulary::audio::Law;

/// The longest sound of one packet, in samples at 8 kHz: 120 ms, what Opus may hold.
pub const MAX_SOUND: usize = 960;
/// Room for one encoded frame of 20 ms in any codec.
pub const MAX_ENCODED: usize = 400;
/// What Opus speaks at: speech of 4 kHz bandwidth is transparent well below it.
const OPUS_BITS: i32 = 20_000;

/// One codec.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Codec {
    /// G.711 A-law, what Kenyan trunks speak.
    Pcma,
    /// G.711 mu-law.
    Pcmu,
    /// G.722 at 64 kbit/s, 16 kHz sound on an 8 kHz RTP clock (RFC 3551 §4.5.2).
    G722,
    /// Opus (RFC 7587), on a 48 kHz RTP clock.
    Opus,
}

/// What must be done to a packet on its way from one leg to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Nothing.
    Pass,
    /// Exchange each byte by table.
    Table,
    /// Decode, hold in a jitter buffer, encode.
    Decode,
}

impl Codec {
    /// In the order of what costs least to bridge.
    pub const ALL: [Codec; 4] = [Codec::Pcma, Codec::Pcmu, Codec::G722, Codec::Opus];

    /// The law, when it is G.711.
    pub fn law(self) -> Option<Law> {
        match self {
            Codec::Pcma => Some(Law::A),
            Codec::Pcmu => Some(Law::Mu),
            _ => None,
        }
    }

    /// The RTP clock rate in hertz.
    pub fn clock_rate(self) -> u32 {
        if self == Codec::Opus { 48_000 } else { 8_000 }
    }

    /// The name in SDP, with its clock rate and channels.
    pub fn encoding(self) -> &'static str {
        match self {
            Codec::Pcma => "PCMA/8000",
            Codec::Pcmu => "PCMU/8000",
            Codec::G722 => "G722/8000",
            // RFC 7587 §7: always two channels in name, whatever is sent.
            Codec::Opus => "opus/48000/2",
        }
    }

    /// The static payload type (RFC 3551 §6), or the one we choose.
    pub fn payload_type(self) -> u8 {
        match self {
            Codec::Pcma => 8,
            Codec::Pcmu => 0,
            Codec::G722 => 9,
            Codec::Opus => 111,
        }
    }

    /// RTP clock units of one frame of 20 ms.
    pub fn frame_units(self) -> u32 {
        self.clock_rate() / 50
    }

    /// How sound of this codec reaches a leg of another.
    pub fn way_to(self, other: Codec) -> Way {
        match (self.law(), other.law()) {
            _ if self == other => Way::Pass,
            (Some(_), Some(_)) => Way::Table,
            _ => Way::Decode,
        }
    }
}

impl From<Law> for Codec {
    fn from(law: Law) -> Codec {
        match law {
            Law::A => Codec::Pcma,
            Law::Mu => Codec::Pcmu,
        }
    }
}

/// Turns packets of one source into linear sound, and fills in for lost ones.
pub struct Decoder {
    inner: Decoding,
    concealer: Concealer,
}

#[allow(clippy::large_enum_variant, reason = "one a leg that is decoded, never moved")]
enum Decoding {
    G711(Law),
    G722(G722Decoder),
    Opus(opus::Decoder),
}

impl Decoder {
    /// A decoder of one codec. `None` when the codec's library refuses, as without memory.
    pub fn new(codec: Codec) -> Option<Decoder> {
        let inner = match codec {
            Codec::Pcma => Decoding::G711(Law::A),
            Codec::Pcmu => Decoding::G711(Law::Mu),
            Codec::G722 => Decoding::G722(G722Decoder::with_options(Bitrate::Mode1_64000, false, true)),
            Codec::Opus => Decoding::Opus(opus::Decoder::new(8_000, opus::Channels::Mono).ok()?),
        };
        Some(Decoder { inner, concealer: Concealer::default() })
    }

    /// The sound of one packet; gives the number of samples, none for a packet that cannot be read.
    pub fn decode(&mut self, payload: &[u8], sound: &mut [i16; MAX_SOUND]) -> usize {
        let samples = match &mut self.inner {
            Decoding::G711(law) => {
                let samples = payload.len().min(MAX_SOUND);
                sound.iter_mut().zip(payload).for_each(|(sample, byte)| *sample = g711::decode(*law, *byte));
                samples
            }
            Decoding::G722(decoder) => {
                decoder.decode_into(&payload[..payload.len().min(MAX_SOUND)], sound).unwrap_or(0)
            }
            // Opus conceals by itself, across the join, too.
            Decoding::Opus(decoder) => return decoder.decode(payload, sound, false).unwrap_or(0),
        };
        self.concealer.came(&mut sound[..samples]);
        samples
    }

    /// Fills in for one frame of 20 ms that did not come.
    pub fn conceal(&mut self, sound: &mut [i16; FRAME]) {
        match &mut self.inner {
            Decoding::Opus(decoder) => {
                if decoder.decode(&[], sound, false).is_err() {
                    sound.fill(0);
                }
            }
            _ => self.concealer.lost(sound),
        }
    }
}

/// Turns linear sound into packets.
#[allow(clippy::large_enum_variant, reason = "one a leg that is mixed for, never moved")]
pub enum Encoder {
    /// By table.
    G711(Law),
    /// G.722, with the sound doubled to its 16 kHz. (The library's own mode for 8 kHz makes silence.)
    G722(G722Encoder, Doubler),
    /// Opus.
    Opus(opus::Encoder),
}

impl Encoder {
    /// An encoder of one codec. `None` when the codec's library refuses, as without memory.
    pub fn new(codec: Codec) -> Option<Encoder> {
        Some(match codec {
            Codec::Pcma => Encoder::G711(Law::A),
            Codec::Pcmu => Encoder::G711(Law::Mu),
            Codec::G722 => Encoder::G722(G722Encoder::new(), Doubler::default()),
            Codec::Opus => {
                let mut encoder = opus::Encoder::new(8_000, opus::Channels::Mono, opus::Application::Voip).ok()?;
                encoder.set_bitrate(opus::Bitrate::Bits(OPUS_BITS)).ok()?;
                Encoder::Opus(encoder)
            }
        })
    }

    /// One frame as it travels; gives its length, 0 when it could not be made.
    pub fn encode(&mut self, sound: &[i16; FRAME], out: &mut [u8]) -> usize {
        match self {
            Encoder::G711(law) => {
                out.iter_mut().zip(sound).for_each(|(byte, sample)| *byte = g711::encode(*law, *sample));
                FRAME.min(out.len())
            }
            Encoder::G722(encoder, doubler) => {
                let mut doubled = [0; 2 * FRAME];
                doubler.double(sound, &mut doubled);
                encoder.encode_into(&doubled, out).unwrap_or(0)
            }
            Encoder::Opus(encoder) => encoder.encode(sound, out).unwrap_or(0),
        }
    }
}

/// Doubles the sampling rate: a sample between each two, by a windowed sinc of sixteen.
#[derive(Debug, Default)]
pub struct Doubler {
    last: [f32; 2 * HALF],
}

const HALF: usize = 8;
/// One side of the interpolator, outermost first; the other is its mirror.
const TAPS: [f32; HALF] = [-0.000547, 0.002834, -0.008619, 0.020883, -0.044455, 0.089052, -0.186902, 0.627753];

impl Doubler {
    fn double(&mut self, sound: &[i16; FRAME], out: &mut [i16; 2 * FRAME]) {
        for (pair, sample) in out.chunks_exact_mut(2).zip(sound) {
            self.last.copy_within(1.., 0);
            self.last[2 * HALF - 1] = *sample as f32;
            let (early, late) = self.last.split_at(HALF);
            let sides = TAPS.iter().zip(early.iter().zip(late.iter().rev()));
            let between: f32 = sides.map(|(tap, (early, late))| tap * (early + late)).sum();
            pair[0] = early[HALF - 1] as i16;
            pair[1] = between.clamp(-32_768.0, 32_767.0) as i16;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f32::consts::TAU;

    fn tone(hertz: f32, n: usize) -> [i16; FRAME] {
        std::array::from_fn(|i| (9_000.0 * (TAU * hertz * (n * FRAME + i) as f32 / 8_000.0).sin()) as i16)
    }

    fn amplitude(sound: &[i16], hertz: f32) -> f32 {
        let (mut s, mut c) = (0.0, 0.0);
        for (n, sample) in sound.iter().enumerate() {
            let turn = TAU * hertz * n as f32 / 8_000.0;
            s += *sample as f32 * turn.sin();
            c += *sample as f32 * turn.cos();
        }
        2.0 * (s * s + c * c).sqrt() / sound.len() as f32
    }

    /// Encodes a tone, loses what is lost, decodes; gives the second half.
    fn through(codec: Codec, hertz: f32, lost: impl Fn(usize) -> bool) -> Vec<i16> {
        let (mut encoder, mut decoder) = (Encoder::new(codec).expect("made"), Decoder::new(codec).expect("made"));
        let mut all = Vec::new();
        for n in 0..100 {
            let (mut bytes, mut sound, mut frame) = ([0; MAX_ENCODED], [0; MAX_SOUND], [0; FRAME]);
            let length = encoder.encode(&tone(hertz, n), &mut bytes);
            assert!(length > 0);
            if lost(n) {
                decoder.conceal(&mut frame);
                all.extend(frame);
            } else {
                let samples = decoder.decode(&bytes[..length], &mut sound);
                assert_eq!(samples, FRAME);
                all.extend(&sound[..samples]);
            }
        }
        all.split_off(50 * FRAME)
    }

    #[test]
    fn a_tone_survives_every_codec() {
        for codec in Codec::ALL {
            for hertz in [300.0, 1_000.0, 2_000.0] {
                let heard = through(codec, hertz, |_| false);
                let strength = amplitude(&heard, hertz) / 9_000.0;
                assert!((0.7..1.2).contains(&strength), "{codec:?} {hertz}: {strength}");
                assert!(amplitude(&heard, hertz * 1.37) < 300.0, "{codec:?} {hertz}");
            }
        }
    }

    #[test]
    fn a_lost_frame_is_filled_in_by_every_codec() {
        for codec in Codec::ALL {
            let heard = through(codec, 400.0, |n| n > 50 && n % 20 == 0);
            let quietest = heard.chunks(FRAME).map(|frame| frame.iter().map(|s| s.unsigned_abs()).max().unwrap_or(0));
            assert!(quietest.clone().min().expect("frames") > 2_500, "{codec:?}: {:?}", quietest.collect::<Vec<_>>());
        }
    }

    #[test]
    fn every_pair_of_codecs_has_its_way() {
        for from in Codec::ALL {
            for to in Codec::ALL {
                let way = from.way_to(to);
                assert_eq!(way == Way::Pass, from == to);
                assert_eq!(way, to.way_to(from));
                assert_eq!(way == Way::Table, from != to && from.law().is_some() && to.law().is_some());
            }
        }
        // Through linear sound, a tone survives each pair that needs it.
        for (from, to) in [(Codec::Opus, Codec::Pcma), (Codec::G722, Codec::Pcmu), (Codec::Opus, Codec::G722)] {
            let first = through(from, 700.0, |_| false);
            let (mut encoder, mut decoder) = (Encoder::new(to).expect("made"), Decoder::new(to).expect("made"));
            let mut heard = Vec::new();
            for frame in first.chunks_exact(FRAME) {
                let (mut bytes, mut sound) = ([0; MAX_ENCODED], [0; MAX_SOUND]);
                let length = encoder.encode(frame.try_into().expect("a frame"), &mut bytes);
                let samples = decoder.decode(&bytes[..length], &mut sound);
                heard.extend(&sound[..samples]);
            }
            let strength = amplitude(&heard[800..], 700.0) / 9_000.0;
            assert!((0.6..1.2).contains(&strength), "{from:?} to {to:?}: {strength}");
        }
    }

    #[test]
    fn foreign_bytes_never_panic() {
        for codec in Codec::ALL {
            let (mut decoder, mut sound) = (Decoder::new(codec).expect("made"), [0; MAX_SOUND]);
            for length in [0, 1, 2, 159, 160, 161, 800, 1_500] {
                for fill in [0x00, 0x55, 0xff] {
                    assert!(decoder.decode(&vec![fill; length], &mut sound) <= MAX_SOUND);
                }
            }
        }
    }
}
