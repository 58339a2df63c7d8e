//! Metrics of the plane. Counted in plain numbers on the hot path and handed to the recorder now and
//! then: a registry look-up a packet would cost as much as the packet.

use super::{MediaKind, Quality};

/// Counts since the last hand-over.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub packets_in: u64,
    pub packets_out: u64,
    pub lost: u64,
    /// Packets from where none was expected.
    pub strangers: u64,
    pub taps_dropped: u64,
    pub events_dropped: u64,
    /// Packets that the socket did not take.
    pub unsent: u64,
    /// WebRTC engines that failed.
    pub faults: u64,
    phones: u64,
    browsers: u64,
}

impl Tally {
    pub fn leg(&mut self, kind: MediaKind, opened: bool) {
        let count = match kind {
            MediaKind::Rtp | MediaKind::Srtp => &mut self.phones,
            MediaKind::WebRtc => &mut self.browsers,
        };
        *count = if opened { *count + 1 } else { count.saturating_sub(1) };
    }

    /// Hands the counts over.
    pub fn flush(&mut self) {
        let add = |count: &mut u64, counter: fn() -> metrics::Counter| {
            if *count > 0 {
                counter().increment(std::mem::take(count));
            }
        };
        add(&mut self.packets_in, || metrics::counter!("rtp_packets_total", "direction" => "in"));
        add(&mut self.packets_out, || metrics::counter!("rtp_packets_total", "direction" => "out"));
        add(&mut self.lost, || metrics::counter!("rtp_lost_total"));
        add(&mut self.strangers, || metrics::counter!("rtp_stranger_total"));
        add(&mut self.taps_dropped, || metrics::counter!("tap_dropped_total"));
        add(&mut self.events_dropped, || metrics::counter!("plane_events_dropped_total"));
        add(&mut self.unsent, || metrics::counter!("rtp_unsent_total"));
        add(&mut self.faults, || metrics::counter!("webrtc_faults_total"));
        metrics::gauge!("legs", "kind" => "rtp").set(self.phones as f64);
        metrics::gauge!("legs", "kind" => "web_rtc").set(self.browsers as f64);
    }
}

/// The verdict on a leg that ended. Once a leg, so the look-ups do not matter.
pub(super) fn leg_ended(quality: Quality, jitter_ms: u32) {
    for (direction, score) in [("in", quality.mos_in), ("out", quality.mos_out)] {
        if let Some(score) = score {
            metrics::histogram!("leg_mos", "direction" => direction).record(score as f64 / 100.0);
        }
    }
    if let Some(trip) = quality.round_trip_ms {
        metrics::histogram!("leg_round_trip_seconds").record(trip as f64 / 1_000.0);
    }
    metrics::histogram!("leg_jitter_seconds").record(jitter_ms as f64 / 1_000.0);
}
