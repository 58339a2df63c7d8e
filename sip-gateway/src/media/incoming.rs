//! What arrives on a leg: sequence numbers made long, loss and jitter counted (RFC 3550 §6.4.1,
//! A.1, A.3, A.8), and the moment noticed at which the source became another one. It leaves out
//! reordering: a phone on the other side has a jitter buffer of its own.

use crate::media::losses::{Count, Losses};
use crate::media::rtcp::Block;
use crate::media::rtp::Header;

/// A jump in sequence numbers beyond this is a source that started anew (RFC 3550 A.1).
const MAX_DROPOUT: i32 = 3_000;
/// A packet later than this many others belongs to what was before (RFC 3550 A.1).
const MAX_MISORDER: i32 = 100;

/// Where one packet stands in its source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// Counts sources: two packets of different epochs share no numbering.
    pub epoch: u32,
    /// The sequence number without wrapping.
    pub sequence: u64,
    /// This packet opened the epoch.
    pub first: bool,
}

/// The statistics of one receiving direction.
#[derive(Debug, Default)]
pub struct Incoming {
    source: Option<Source>,
    epochs: u32,
    received: u64,
    lost_before: u64,
    losses: Losses,
}

#[derive(Debug)]
struct Source {
    ssrc: u32,
    base: u64,
    highest: u64,
    received: u64,
    transit: u32,
    /// In 1/16 timestamp units, as RFC 3550 A.8 has it.
    jitter: u32,
    expected_before: u64,
    received_before: u64,
}

impl Incoming {
    /// Takes one packet, arrived `micros` after any fixed moment. `timed` is false for packets whose
    /// timestamp does not move with the clock (digits): they do not count towards jitter.
    pub fn note(&mut self, micros: u64, header: Header, timed: bool) -> Arrival {
        self.received += 1;
        let transit = ((micros * 8 / 1_000) as u32).wrapping_sub(header.timestamp);
        if let Some(source) = self.source.as_mut().filter(|source| source.ssrc == header.ssrc) {
            let ahead = header.sequence.wrapping_sub(source.highest as u16) as i16 as i32;
            if (-MAX_MISORDER..MAX_DROPOUT).contains(&ahead) {
                let sequence = source.highest.wrapping_add_signed(ahead as i64);
                source.highest = source.highest.max(sequence);
                source.received += 1;
                self.losses.note(sequence);
                if timed {
                    // A stamp that leaps is no jitter; without the bound one leap would show for minutes.
                    let moved = (transit.wrapping_sub(source.transit) as i32).unsigned_abs().min(8_000);
                    source.jitter = source.jitter + moved - ((source.jitter + 8) >> 4);
                    source.transit = transit;
                }
                return Arrival { epoch: self.epochs, sequence, first: false };
            }
        }
        self.begin(header, transit)
    }

    /// Packets received, of all sources.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// Packets that never came, of all sources. Duplicates can hide a loss, as in RFC 3550 A.3.
    pub fn lost(&self) -> u64 {
        self.lost_before + self.source.as_ref().map_or(0, Source::lost)
    }

    /// Losses, bursts and duplicates of all sources; the last packets are not in it yet.
    pub fn count(&self) -> Count {
        self.losses.count()
    }

    /// Interarrival jitter of the current source in milliseconds.
    pub fn jitter_millis(&self) -> u32 {
        self.source.as_ref().map_or(0, |source| (source.jitter >> 4) / 8)
    }

    /// The report block on the current source. Counts the interval since the last call.
    pub fn block(&mut self) -> Option<Block> {
        let source = self.source.as_mut()?;
        let expected = source.highest - source.base + 1;
        let expected_now = expected - source.expected_before;
        let received_now = source.received - source.received_before;
        (source.expected_before, source.received_before) = (expected, source.received);
        let lost_now = expected_now.saturating_sub(received_now);
        Some(Block {
            ssrc: source.ssrc,
            fraction_lost: (lost_now * 256).checked_div(expected_now).unwrap_or(0).min(255) as u8,
            lost: (expected as i64 - source.received as i64).clamp(-0x80_0000, 0x7f_ffff) as i32,
            highest: source.highest as u32,
            jitter: source.jitter >> 4,
            last_report: 0,
            since_report: 0,
        })
    }

    fn begin(&mut self, header: Header, transit: u32) -> Arrival {
        self.lost_before = self.lost();
        self.epochs = self.epochs.wrapping_add(1);
        // One cycle up, so that a packet overtaken by the first one does not fall below zero.
        let sequence = 0x1_0000 + header.sequence as u64;
        self.losses.restart();
        self.losses.note(sequence);
        self.source = Some(Source {
            ssrc: header.ssrc,
            base: sequence,
            highest: sequence,
            received: 1,
            transit,
            jitter: 0,
            expected_before: 0,
            received_before: 0,
        });
        Arrival { epoch: self.epochs, sequence, first: true }
    }
}

impl Source {
    fn lost(&self) -> u64 {
        (self.highest - self.base + 1).saturating_sub(self.received)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn header(ssrc: u32, sequence: u16, timestamp: u32) -> Header {
        Header { payload_type: 8, marker: false, sequence, timestamp, ssrc }
    }

    #[test]
    fn numbers_go_on_past_the_wrap() {
        let mut incoming = Incoming::default();
        let sequences: Vec<u64> = (0..4u16)
            .map(|n| incoming.note(n as u64 * 20_000, header(1, 65_534u16.wrapping_add(n), n as u32 * 160), true))
            .map(|arrival| arrival.sequence)
            .collect();
        assert_eq!(sequences.windows(2).map(|w| w[1] - w[0]).collect::<Vec<_>>(), [1, 1, 1]);
        assert_eq!(incoming.lost(), 0);
        assert_eq!(incoming.jitter_millis(), 0);
    }

    #[test]
    fn counts_what_never_came_and_forgives_what_came_late() {
        let mut incoming = Incoming::default();
        for n in [0u16, 1, 4, 3, 6] {
            incoming.note(n as u64 * 20_000, header(1, n, n as u32 * 160), true);
        }
        assert_eq!(incoming.lost(), 2, "2 and 5");
        let block = incoming.block().expect("a source");
        assert_eq!((block.lost, block.fraction_lost), (2, (2 * 256 / 7) as u8));
        assert_eq!(incoming.block().expect("a source").fraction_lost, 0, "nothing since");
    }

    #[test]
    fn a_new_source_is_a_new_epoch_and_no_loss() {
        let mut incoming = Incoming::default();
        let a = incoming.note(0, header(1, 10, 0), true);
        let b = incoming.note(20_000, header(2, 40_000, 999), true);
        let c = incoming.note(40_000, header(2, 10, 5_000), true);
        assert!(a.first && b.first && c.first);
        assert_eq!((b.epoch - a.epoch, c.epoch - b.epoch), (1, 1), "another ssrc, then a leap");
        assert_eq!((incoming.lost(), incoming.received(), incoming.count().lost), (0, 3, 0));
    }

    #[test]
    fn jitter_is_that_of_the_standard() {
        let mut incoming = Incoming::default();
        // Every second packet comes 10 ms late: |D| is 80 units each time, so J tends to 80.
        for n in 0..200u64 {
            let late = if n % 2 == 1 { 10_000 } else { 0 };
            incoming.note(n * 20_000 + late, header(1, n as u16, n as u32 * 160), true);
        }
        assert_eq!(incoming.jitter_millis(), 9, "just under 10");
    }

    proptest! {
        #[test]
        fn never_panics(packets in proptest::collection::vec((any::<u32>(), 0u32..3, any::<u16>(), any::<u32>(), any::<bool>()), 0..200)) {
            let mut incoming = Incoming::default();
            let mut micros = 0u64;
            for (later, ssrc, sequence, timestamp, timed) in packets {
                micros += later as u64;
                incoming.note(micros, header(ssrc, sequence, timestamp), timed);
                incoming.block();
            }
            prop_assert!(incoming.jitter_millis() < u32::MAX);
        }
    }
}
