//! How one leg fares in both directions, for its record and the metrics: what we count of theirs, what
//! they report of ours, the round trip, and the two opinion scores that follow.

use super::Quality;
use crate::media::codec::Codec;
use crate::media::incoming::Incoming;
use crate::media::quality::{self, Seen};
use crate::media::rtcp::{self, Block};

/// Settled packets before a score says anything: two seconds of sound.
const ENOUGH: u64 = 100;

/// What the far end has told about our stream.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Health {
    round_trip_ms: Option<u32>,
    /// Share of our packets they lost since the beginning, and their jitter in milliseconds.
    told: Option<(f64, u32)>,
}

impl Health {
    /// Their report about us, come at `now` (the middle 32 bits of our NTP clock), when we had sent
    /// this many packets.
    pub fn reported(&mut self, now: u32, block: Block, sent: u64) {
        if let Some(trip) = rtcp::round_trip(now, block) {
            self.round_trip_ms = Some((trip as u64 * 1_000 / 65_536) as u32);
        }
        let lost = block.lost.max(0) as f64;
        self.told = (sent > 0).then(|| ((lost / sent as f64).min(1.0), block.jitter / 8));
    }

    /// The same from a WebRTC engine, which reads RTCP itself.
    pub fn reported_by_engine(&mut self, round_trip_ms: Option<u32>, told: Option<(u64, u32)>, sent: u64) {
        self.round_trip_ms = round_trip_ms.or(self.round_trip_ms);
        if let Some((lost, jitter)) = told.filter(|_| sent > 0) {
            self.told = Some(((lost as f64 / sent as f64).min(1.0), jitter / 8));
        }
    }

    /// The verdict so far.
    pub fn quality(&self, codec: Codec, incoming: &Incoming, sent: u64) -> Quality {
        let count = incoming.count();
        let hundredths = |seen: Seen| (quality::mos(seen) * 100.0).round() as u16;
        let base = |jitter| Seen {
            codec,
            concealed: true,
            loss: 0.0,
            burst_ratio: 1.0,
            delay_millis: quality::mouth_to_ear(self.round_trip_ms, jitter),
        };
        let heard = Seen { loss: count.share(), burst_ratio: count.burst_ratio(), ..base(incoming.jitter_millis()) };
        Quality {
            round_trip_ms: self.round_trip_ms,
            bursts: count.bursts,
            duplicates: count.duplicates,
            late: count.late,
            mos_in: (count.expected >= ENOUGH).then(|| hundredths(heard)),
            mos_out: self
                .told
                .filter(|_| sent >= ENOUGH)
                .map(|(loss, jitter)| hundredths(Seen { loss, ..base(jitter) })),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::rtp::Header;

    fn heard(lose: impl Fn(u16) -> bool) -> Incoming {
        let mut incoming = Incoming::default();
        for n in (0..1_000u16).filter(|n| !lose(*n)) {
            let header = Header { payload_type: 8, marker: false, sequence: n, timestamp: n as u32 * 160, ssrc: 1 };
            incoming.note(n as u64 * 20_000, header, true);
        }
        incoming
    }

    #[test]
    fn both_directions_have_a_score_of_their_own() {
        let mut health = Health::default();
        let quality = health.quality(Codec::Pcma, &heard(|n| n % 50 == 7), 1_000);
        assert_eq!((quality.mos_out, quality.round_trip_ms), (None, None), "they have told nothing");
        let lossy = quality.mos_in.expect("enough was heard");
        assert!((415..=422).contains(&lossy), "2 % of loss: {lossy}");
        // 80 ms away and back, 5 % of ours lost.
        let block = Block { lost: 50, jitter: 80, last_report: 1 << 16, since_report: 1 << 15, ..Block::default() };
        health.reported((1 << 16) + (1 << 15) + 5_243, block, 1_000);
        let quality = health.quality(Codec::Pcma, &heard(|_| false), 1_000);
        assert_eq!(quality.round_trip_ms, Some(80));
        let (clean, theirs) = (quality.mos_in.expect("heard"), quality.mos_out.expect("told"));
        assert!(clean > 430 && (375..=390).contains(&theirs), "{clean} {theirs}");
    }

    #[test]
    fn too_little_is_no_score_and_invented_figures_stay_in_bounds() {
        let mut health = Health::default();
        health.reported(0, Block { lost: 0x7f_ffff, jitter: u32::MAX, ..Block::default() }, 200);
        let quality = health.quality(Codec::Pcma, &Incoming::default(), 200);
        assert_eq!((quality.mos_in, quality.mos_out), (None, Some(100)));
    }
}
