//! The codecs a leg may speak.

use vocabulary::audio::Law;

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

impl Codec {
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
}

impl From<Law> for Codec {
    fn from(law: Law) -> Codec {
        match law {
            Law::A => Codec::Pcma,
            Law::Mu => Codec::Pcmu,
        }
    }
}
