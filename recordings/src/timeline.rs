//! Frames to sound: two channels of 16-bit PCM at 8 kHz, each frame where its time says, silence
//! where there is none.

use audio_codec::Decoder;
use audio_codec::pcma::PcmaDecoder;
use audio_codec::pcmu::PcmuDecoder;
use vocabulary::audio::{FRAME_SAMPLES, Frame, Law, Side};

/// Samples a millisecond at 8 kHz.
pub const SAMPLES_A_MILLI: usize = 8;

/// A frame this close to the end of the one before it is laid against it: times are whole
/// milliseconds, and a gap or overlap of a few samples every 20 ms is heard as a buzz.
const SNAP_SAMPLES: usize = 3 * SAMPLES_A_MILLI;

/// Both sides of a call, each as long as the call.
#[derive(Clone, PartialEq, Eq)]
pub struct TwoChannels {
    /// What the citizen said: left.
    pub citizen: Vec<i16>,
    /// What the agent said: right.
    pub agent: Vec<i16>,
}

impl TwoChannels {
    /// Length in milliseconds, rounded down.
    pub fn millis(&self) -> u64 {
        (self.citizen.len() / SAMPLES_A_MILLI) as u64
    }

    /// One side.
    pub fn side(&self, side: Side) -> &[i16] {
        match side {
            Side::Citizen => &self.citizen,
            Side::Agent => &self.agent,
        }
    }
}

/// Lays frames on two tracks.
#[derive(Default)]
pub struct Timeline {
    citizen: Track,
    agent: Track,
}

#[derive(Default)]
struct Track {
    samples: Vec<i16>,
    /// Where the last frame ended.
    end: usize,
}

impl Timeline {
    /// Nothing yet.
    pub fn new() -> Timeline {
        Timeline::default()
    }

    /// Puts one frame in its place. A frame on top of another replaces it.
    pub fn lay(&mut self, frame: &Frame) {
        let track = match frame.side {
            Side::Citizen => &mut self.citizen,
            Side::Agent => &mut self.agent,
        };
        let sent = &frame.samples[..usize::from(frame.len).min(FRAME_SAMPLES)];
        let mut heard = [0i16; FRAME_SAMPLES];
        let decoded = match frame.law {
            Law::A => PcmaDecoder::new().decode_into(sent, &mut heard),
            Law::Mu => PcmuDecoder::new().decode_into(sent, &mut heard),
        };
        let decoded = decoded.expect("the buffer holds a whole frame");
        track.place(frame.at_millis as usize * SAMPLES_A_MILLI, &heard[..decoded]);
    }

    /// Both tracks, filled with silence to the longer of them and to `millis` at least.
    pub fn into_channels(self, millis: u32) -> TwoChannels {
        let (mut citizen, mut agent) = (self.citizen.samples, self.agent.samples);
        let length = citizen.len().max(agent.len()).max(millis as usize * SAMPLES_A_MILLI);
        citizen.resize(length, 0);
        agent.resize(length, 0);
        TwoChannels { citizen, agent }
    }
}

impl Track {
    fn place(&mut self, at: usize, heard: &[i16]) {
        let at = if at.abs_diff(self.end) <= SNAP_SAMPLES { self.end } else { at };
        let end = at + heard.len();
        if self.samples.len() < end {
            self.samples.resize(end, 0);
        }
        self.samples[at..end].copy_from_slice(heard);
        self.end = end;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(side: Side, at_millis: u32, law: Law, byte: u8, len: u8) -> Frame {
        Frame { side, at_millis, law, len, samples: [byte; FRAME_SAMPLES] }
    }

    #[test]
    fn aligns_sides_and_leaves_gaps_silent() {
        let mut timeline = Timeline::new();
        timeline.lay(&frame(Side::Citizen, 0, Law::A, 0x2A, 160));
        timeline.lay(&frame(Side::Citizen, 100, Law::A, 0x2A, 160));
        timeline.lay(&frame(Side::Agent, 40, Law::Mu, 0x80, 160));
        let sound = timeline.into_channels(150);
        assert_eq!(sound.millis(), 150);
        assert_eq!((sound.citizen.len(), sound.agent.len()), (1_200, 1_200));
        let loud = |samples: &[i16]| samples.iter().all(|s| s.abs() > 30_000);
        let silent = |samples: &[i16]| samples.iter().all(|s| *s == 0);
        assert!(loud(&sound.citizen[..160]) && silent(&sound.citizen[160..800]));
        assert!(loud(&sound.citizen[800..960]) && silent(&sound.citizen[960..]));
        assert!(silent(&sound.agent[..320]) && loud(&sound.agent[320..480]) && silent(&sound.agent[480..]));
    }

    #[test]
    fn a_millisecond_of_rounding_makes_no_gap() {
        let mut timeline = Timeline::new();
        for at in [0, 21, 39, 61] {
            timeline.lay(&frame(Side::Agent, at, Law::A, 0x2A, 160));
        }
        let sound = timeline.into_channels(0);
        assert_eq!(sound.agent.len(), 640);
        assert!(sound.agent.iter().all(|s| *s != 0));
    }

    #[test]
    fn short_and_oversized_lengths_are_taken_as_they_are() {
        let mut timeline = Timeline::new();
        timeline.lay(&frame(Side::Agent, 10, Law::A, 0x2A, 255));
        timeline.lay(&frame(Side::Citizen, 10, Law::A, 0x2A, 0));
        assert_eq!(timeline.into_channels(0).agent.len(), 80 + FRAME_SAMPLES);
    }
}
