//! The one RTP stream a leg hears, whoever speaks on it: the other leg, then music, then another leg.
//! Sequence numbers and timestamps run on across every change, so that the far end's jitter buffer
//! never starts anew. It leaves out payloads and sockets.

/// A leap of the source beyond this many packets is a source that started anew.
const LEAP: u64 = 3_000;
/// A timestamp that differs from the clock by more than this many samples (5 s) is another clock.
const ASTRAY: i64 = 40_000;

/// Who speaks on the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Voice {
    /// The player, or digits of ours.
    Own,
    /// A leg, in one epoch of its source.
    Leg {
        /// The leg's number in the plane.
        leg: u64,
        /// The epoch of its source (see [`super::incoming::Arrival`]).
        epoch: u32,
    },
}

/// What goes into the header of one packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// Sequence number without wrapping; it begins below 32768, as an SRTP receiver takes a first
    /// number beyond 65535 for a replay.
    pub sequence: u64,
    /// Timestamp.
    pub timestamp: u32,
    /// Marker bit.
    pub marker: bool,
}

/// The stream.
#[derive(Debug)]
pub struct Outgoing {
    next: u64,
    timestamp: u32,
    samples: u32,
    millis: u64,
    voice: Option<Voice>,
    their_base: u64,
    our_base: u64,
    shift: u32,
    /// Bit n: sequence `next - 1 - n` was sent. No number is sent twice, as two different packets of
    /// one number would break SRTP's GCM.
    sent: u64,
    packets: u64,
    octets: u64,
}

impl Outgoing {
    /// A stream that begins at these (random) numbers.
    pub fn new(sequence: u16, timestamp: u32) -> Outgoing {
        let first = (sequence & 0x7fff) as u64;
        Outgoing {
            next: first,
            timestamp,
            samples: 0,
            millis: 0,
            voice: None,
            their_base: 0,
            our_base: first,
            shift: 0,
            sent: 0,
            packets: 0,
            octets: 0,
        }
    }

    /// Stamps a relayed packet of `samples` samples. `None` when it must not be sent: it is from
    /// before the change of voice, older than 64 packets, or was sent already.
    pub fn relay(
        &mut self,
        millis: u64,
        voice: Voice,
        sequence: u64,
        timestamp: u32,
        samples: u32,
        marker: bool,
    ) -> Option<Stamp> {
        if self.voice != Some(voice) || self.leaps(millis, sequence, timestamp) {
            let begin = self.begin(millis, voice);
            (self.their_base, self.our_base) = (sequence, self.next);
            self.shift = begin.wrapping_sub(timestamp);
            return Some(self.send(millis, self.next, begin, samples, true));
        }
        let ours = self.our_base + sequence.checked_sub(self.their_base)?;
        if ours < self.next {
            let back = self.next - 1 - ours;
            if back >= 64 || self.sent & (1 << back) != 0 {
                return None;
            }
        }
        Some(self.send(millis, ours, timestamp.wrapping_add(self.shift), samples, marker))
    }

    /// Stamps a packet of the player. `first` opens a talk spurt.
    pub fn own(&mut self, millis: u64, samples: u32, first: bool) -> Stamp {
        let timestamp = if first || self.voice != Some(Voice::Own) {
            self.begin(millis, Voice::Own)
        } else {
            self.timestamp.wrapping_add(self.samples)
        };
        let marker = first || self.samples == 0;
        self.send(millis, self.next, timestamp, samples, marker)
    }

    /// Stamps a telephone-event packet of ours: all packets of one press carry the timestamp of its
    /// beginning (RFC 4733 §2.5.1.2). What follows the press starts a talk spurt of its own.
    pub fn press(&mut self, millis: u64, opens: bool) -> Stamp {
        let timestamp = if opens { self.begin(millis, Voice::Own) } else { self.timestamp };
        let stamp = self.send(millis, self.next, timestamp, 0, opens);
        // Whoever spoke before begins anew behind the press.
        self.voice = None;
        stamp
    }

    /// Counts payload bytes for the sender report.
    pub fn count(&mut self, octets: usize) {
        self.packets += 1;
        self.octets += octets as u64;
    }

    /// Packets sent.
    pub fn packets(&self) -> u64 {
        self.packets
    }

    /// Payload bytes sent.
    pub fn octets(&self) -> u64 {
        self.octets
    }

    /// The timestamp that the stream has reached, for the sender report.
    pub fn timestamp_at(&self, millis: u64) -> u32 {
        self.timestamp.wrapping_add(millis.saturating_sub(self.millis) as u32 * 8)
    }

    /// The timestamp at which a new voice begins: after what was sent, and where the clock is.
    fn begin(&mut self, millis: u64, voice: Voice) -> u32 {
        let spoke = self.packets_sent();
        self.voice = Some(voice);
        if !spoke {
            return self.timestamp;
        }
        let waited = (millis.saturating_sub(self.millis) as u32).wrapping_mul(8);
        self.timestamp.wrapping_add(waited.max(self.samples).max(1))
    }

    fn packets_sent(&self) -> bool {
        self.sent != 0
    }

    fn leaps(&self, millis: u64, sequence: u64, timestamp: u32) -> bool {
        let ours = self.our_base.wrapping_add(sequence.wrapping_sub(self.their_base));
        if sequence < self.their_base || ours < self.next {
            return false;
        }
        let moved = timestamp.wrapping_add(self.shift).wrapping_sub(self.timestamp) as i32 as i64;
        let waited = millis.saturating_sub(self.millis) as i64 * 8;
        ours - self.next > LEAP || (moved - waited).abs() > ASTRAY
    }

    fn send(&mut self, millis: u64, sequence: u64, timestamp: u32, samples: u32, marker: bool) -> Stamp {
        if sequence >= self.next {
            let ahead = sequence + 1 - self.next;
            self.sent = if ahead >= 64 { 1 } else { self.sent << ahead | 1 };
            self.next = sequence + 1;
            (self.timestamp, self.samples, self.millis) = (timestamp, samples, millis);
        } else {
            self.sent |= 1 << (self.next - 1 - sequence);
        }
        Stamp { sequence, timestamp, marker }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const A: Voice = Voice::Leg { leg: 1, epoch: 1 };
    const B: Voice = Voice::Leg { leg: 2, epoch: 1 };

    fn stream() -> Outgoing {
        Outgoing::new(100, 5_000)
    }

    #[test]
    fn numbers_run_on_across_a_change_of_voice() {
        let mut out = stream();
        let a: Vec<_> = (0..3).map(|n| out.relay(n * 20, A, 70_000 + n, 160 * n as u32, 160, false)).collect();
        assert_eq!(a[0], Some(Stamp { sequence: 100, timestamp: 5_000, marker: true }));
        assert_eq!(a[2], Some(Stamp { sequence: 102, timestamp: 5_320, marker: false }));
        let own = [out.own(60, 160, true), out.own(81, 160, false)];
        assert_eq!(own[0], Stamp { sequence: 103, timestamp: 5_480, marker: true });
        assert_eq!(own[1], Stamp { sequence: 104, timestamp: 5_640, marker: false }, "20 ms apart, not 21");
        let b = out.relay(1_060, B, 9, 777, 160, false).expect("sent");
        assert_eq!(b, Stamp { sequence: 105, timestamp: 5_640 + 979 * 8, marker: true }, "where the clock is");
        let back = out.relay(1_080, A, 70_054, 160 * 54, 160, false).expect("sent");
        assert_eq!((back.sequence, back.marker), (106, true));
    }

    #[test]
    fn loss_stays_visible_and_late_packets_find_their_place_once() {
        let mut out = stream();
        out.relay(0, A, 10, 0, 160, false);
        assert_eq!(out.relay(60, A, 13, 480, 160, false).map(|s| s.sequence), Some(103));
        assert_eq!(out.relay(61, A, 11, 160, 160, false).map(|s| (s.sequence, s.timestamp)), Some((101, 5_160)));
        assert_eq!(out.relay(62, A, 11, 160, 160, false), None, "a duplicate");
        assert_eq!(out.relay(63, A, 13, 480, 160, false), None, "a duplicate of the newest");
        assert_eq!(out.relay(63, A, 9, 0, 160, false), None, "from before we listened");
        assert_eq!(out.relay(80, A, 14, 640, 160, false).map(|s| s.sequence), Some(104));
    }

    #[test]
    fn a_leap_of_the_source_is_not_passed_on() {
        let mut out = stream();
        out.relay(0, A, 10, 0, 160, false);
        let clock = out.relay(20, A, 11, 900_000, 160, false).expect("sent");
        assert_eq!((clock.sequence, clock.timestamp, clock.marker), (101, 5_160, true));
        let number = out.relay(40, A, 11 + 10_000, 900_160, 160, false).expect("sent");
        assert_eq!((number.sequence, number.timestamp), (102, 5_320));
    }

    #[test]
    fn a_press_keeps_its_timestamp_and_sound_goes_on_behind_it() {
        let mut out = stream();
        out.own(0, 160, true);
        let press: Vec<_> = (1..=3).map(|n| out.press(20 * n, n == 1)).collect();
        assert!(press.iter().all(|s| s.timestamp == 5_160));
        assert_eq!(
            press.iter().map(|s| (s.sequence, s.marker)).collect::<Vec<_>>(),
            [(101, true), (102, false), (103, false)]
        );
        let sound = out.relay(80, A, 1, 1, 160, false).expect("sent");
        assert!(sound.timestamp.wrapping_sub(5_160) >= 160 && sound.marker);
        let second = out.press(100, true);
        assert!(second.timestamp > sound.timestamp);
    }

    proptest! {
        /// Whatever arrives, no sequence number leaves twice.
        #[test]
        fn no_number_twice(
            packets in proptest::collection::vec((0u64..60, 0u8..4, 0u64..80, any::<bool>(), 0u32..100_000), 1..300),
        ) {
            let mut out = stream();
            let mut seen = std::collections::BTreeSet::new();
            let mut now = 0;
            for (later, voice, sequence, marker, timestamp) in packets {
                now += later;
                let stamp = match voice {
                    0 => Some(out.own(now, 160, marker)),
                    1 => Some(out.press(now, marker)),
                    n => out.relay(now, Voice::Leg { leg: n as u64, epoch: 1 }, 70_000 + sequence, timestamp, 160, marker),
                };
                if let Some(stamp) = stamp {
                    prop_assert!(seen.insert(stamp.sequence), "{} twice", stamp.sequence);
                }
            }
        }
    }
}
