//! Copies of what is heard, for the recorder: frames as they came, each with its moment. Pushing never
//! waits; a full ring loses frames and counts them.

use super::ear::Sound;
use super::leg::Heard;
use crate::media::timeline::Timeline;
use crate::media::{FRAME, g711};
use vocabulary::audio::{Frame, Law, Side};

/// One open tap.
pub(super) struct Tap {
    sink: rtrb::Producer<Frame>,
    opened: u64,
    lines: [Timeline; 2],
    /// The slots of the citizen's leg and of the one recorded as the agent's.
    pub citizen: usize,
    pub agent: Option<usize>,
    /// Nothing is copied, as while a card number is said.
    pub paused: bool,
}

impl Tap {
    /// A tap opened at this many milliseconds of the plane's clock.
    pub fn new(sink: rtrb::Producer<Frame>, opened: u64, citizen: usize, agent: Option<usize>) -> Tap {
        Tap { sink, opened, lines: Default::default(), citizen, agent, paused: false }
    }

    /// Milliseconds since it was opened.
    pub fn at(&self, millis: u64) -> u32 {
        millis.saturating_sub(self.opened).min(u32::MAX as u64) as u32
    }

    /// Copies one decoded frame of one side; gives the number of frames lost.
    pub fn push_sound(&mut self, side: Side, millis: u64, sound: &Sound) -> u64 {
        let mut samples = [0; FRAME];
        samples.iter_mut().zip(sound).for_each(|(byte, sample)| *byte = g711::encode(Law::A, *sample));
        // What comes in packets again afterwards begins a line of its own.
        self.lines[side as usize] = Timeline::default();
        let frame = Frame { side, at_millis: self.at(millis), law: Law::A, len: FRAME as u8, samples };
        u64::from(self.sink.push(frame).is_err())
    }

    /// Copies one packet of one side; gives the number of frames lost.
    pub fn push(&mut self, side: Side, millis: u64, heard: &Heard, law: Law, payload: &[u8]) -> u64 {
        let line = &mut self.lines[side as usize];
        let at = line.place(millis.saturating_sub(self.opened), heard.epoch, heard.timestamp);
        let mut lost = 0;
        for (n, part) in payload.chunks(FRAME).enumerate() {
            let mut samples = [0; FRAME];
            samples[..part.len()].copy_from_slice(part);
            let at_millis = (at + 20 * n as u64).min(u32::MAX as u64) as u32;
            let frame = Frame { side, at_millis, law, len: part.len() as u8, samples };
            lost += u64::from(self.sink.push(frame).is_err());
        }
        lost
    }
}

#[cfg(test)]
mod tests {
    use super::super::leg::What;
    use super::*;
    use crate::media::codec::Codec;

    fn heard(n: u32) -> Heard {
        Heard {
            what: What::Sound(Codec::Pcmu),
            leg: 1,
            epoch: 1,
            sequence: n as u64,
            timestamp: n * 160,
            marker: false,
            event_ticks: 1,
            pressed: None,
        }
    }

    #[test]
    fn long_packets_become_frames_and_a_full_ring_counts() {
        let (sink, mut source) = rtrb::RingBuffer::new(4);
        let mut tap = Tap::new(sink, 1_000, 0, Some(1));
        assert_eq!(tap.push(Side::Agent, 1_100, &heard(0), Law::Mu, &[7; 400]), 0);
        let frames: Vec<Frame> = std::iter::from_fn(|| source.pop().ok()).collect();
        assert_eq!(
            frames.iter().map(|f| (f.at_millis, f.len)).collect::<Vec<_>>(),
            [(100, 160), (120, 160), (140, 80)]
        );
        assert!(frames.iter().all(|f| f.side == Side::Agent && f.law == Law::Mu));
        assert_eq!(tap.push(Side::Citizen, 1_100, &heard(0), Law::A, &[7; 800]), 1);
    }
}
