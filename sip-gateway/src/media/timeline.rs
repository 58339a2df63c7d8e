//! Where a recorded frame belongs in time: counted by RTP timestamps, so that network jitter does not
//! stretch sound, and anchored to arrival, so that two phones' clocks cannot drift apart.

/// Farther from the arrival clock than this, in milliseconds, for [`PATIENCE`] packets running, and
/// the line is laid anew.
const TOLERANCE: i64 = 250;
/// A second of packets: a burst after a stall is over by then, a drifted clock is not.
const PATIENCE: u32 = 50;
/// Farther than this is another recording, not drift.
const LEAP: i64 = 2_000;

/// The line of one source.
#[derive(Debug, Default)]
pub struct Timeline {
    anchor: Option<Anchor>,
}

#[derive(Debug)]
struct Anchor {
    epoch: u32,
    timestamp: u32,
    /// Milliseconds of the packet with `timestamp`, and the fraction in samples is kept by it.
    at: i64,
    astray: u32,
}

impl Timeline {
    /// The moment of a packet in milliseconds, given when it arrived (on the same clock), its source
    /// epoch and its timestamp. Consecutive packets of one source stand exactly their samples apart.
    pub fn place(&mut self, arrival: u64, epoch: u32, timestamp: u32) -> u64 {
        let arrival = arrival as i64;
        let Some(anchor) = self.anchor.as_mut().filter(|anchor| anchor.epoch == epoch) else {
            return self.lay(arrival, epoch, timestamp);
        };
        let moved = timestamp.wrapping_sub(anchor.timestamp) as i32 as i64;
        let at = anchor.at + moved.div_euclid(8);
        let off = (at - arrival).abs();
        anchor.astray = if off > TOLERANCE { anchor.astray + 1 } else { 0 };
        if off > LEAP || anchor.astray > PATIENCE || at < 0 {
            return self.lay(arrival, epoch, timestamp);
        }
        // The anchor follows, as a 32-bit difference would wrap after three days.
        if moved > 1 << 20 {
            anchor.timestamp = anchor.timestamp.wrapping_add((moved / 8 * 8) as u32);
            anchor.at = at;
        }
        at as u64
    }

    fn lay(&mut self, at: i64, epoch: u32, timestamp: u32) -> u64 {
        self.anchor = Some(Anchor { epoch, timestamp, at, astray: 0 });
        at as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn jitter_does_not_move_the_sound() {
        let mut line = Timeline::default();
        let late = [0, 30, 5, 180, 160, 0, 90];
        let placed: Vec<u64> = late
            .iter()
            .enumerate()
            .map(|(n, late)| line.place(1000 + 20 * n as u64 + late, 1, 160 * n as u32))
            .collect();
        assert_eq!(placed, [1000, 1020, 1040, 1060, 1080, 1100, 1120]);
    }

    #[test]
    fn a_pause_in_speech_is_kept() {
        let mut line = Timeline::default();
        assert_eq!(line.place(500, 1, u32::MAX - 79), 500);
        assert_eq!(line.place(1520, 1, 8000 + 80), 1520, "across the wrap");
    }

    #[test]
    fn a_burst_after_a_stall_does_not_lay_it_anew_but_drift_does() {
        let mut line = Timeline::default();
        line.place(0, 1, 0);
        // One second of sound, all of it 400 ms late, then on time again.
        for n in 1..=45u64 {
            assert_eq!(line.place(20 * n + 400, 1, 160 * n as u32), 20 * n);
        }
        assert_eq!(line.place(920, 1, 160 * 46), 920);
        // A clock that stays 400 ms behind is followed in the end.
        let placed: Vec<u64> = (47..=120u64).map(|n| line.place(20 * n + 400, 1, 160 * n as u32)).collect();
        assert_eq!(placed[0], 940);
        assert_eq!(*placed.last().expect("some"), 20 * 120 + 400);
    }

    #[test]
    fn another_source_lays_it_anew() {
        let mut line = Timeline::default();
        line.place(0, 1, 0);
        assert_eq!(line.place(100, 2, 77_777), 100);
        assert_eq!(line.place(9_000, 2, 77_777 + 160), 9_000, "a leap");
    }

    #[test]
    fn a_call_of_a_week_does_not_wrap() {
        let mut line = Timeline::default();
        for n in 0..(7 * 24 * 3600u64) {
            assert_eq!(line.place(n * 1000, 1, (n * 8000) as u32), n * 1000);
        }
    }

    proptest! {
        #[test]
        fn never_panics(packets in proptest::collection::vec((0u64..1 << 40, 0u32..3, any::<u32>()), 0..100)) {
            let mut line = Timeline::default();
            for (arrival, epoch, timestamp) in packets {
                line.place(arrival, epoch, timestamp);
            }
        }
    }
}
