//! Sound as the gateway hands it to the recorder: G.711 in 20 ms frames. The two crates never meet;
//! they share this noun.

use serde::{Deserialize, Serialize};

/// Samples in one frame: 20 ms at 8 kHz.
pub const FRAME_SAMPLES: usize = 160;

/// The law of a G.711 byte (ITU-T G.711).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Law {
    /// PCMA, RTP payload type 8.
    A,
    /// PCMU, RTP payload type 0.
    Mu,
}

/// Whose voice it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The citizen: left channel.
    Citizen,
    /// The agent: right channel.
    Agent,
}

/// One frame of one side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    /// Whose voice.
    pub side: Side,
    /// Milliseconds since the tap was opened, on the media thread's clock, corrected by the RTP
    /// timestamp so that jitter does not stretch sound.
    pub at_millis: u32,
    /// Law of the samples.
    pub law: Law,
    /// How many of `samples` are filled, at most [`FRAME_SAMPLES`].
    pub len: u8,
    /// The G.711 bytes as they travelled; nothing is transcoded.
    pub samples: [u8; FRAME_SAMPLES],
}

/// A prompt or piece of music ready to be sent: A-law, 8 kHz, mono. The plane transcodes to
/// mu-law by table where a leg wants it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clip {
    /// A-law bytes, 8 a millisecond.
    pub alaw: Box<[u8]>,
}

impl Clip {
    /// Length in milliseconds.
    pub fn millis(&self) -> u64 {
        self.alaw.len() as u64 / 8
    }
}
