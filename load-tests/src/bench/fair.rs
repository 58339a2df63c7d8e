//! Stamps in packets, what an ear makes of them, and the rules by which two systems may be compared: both
//! carried the same calls, neither lost more than the other, nobody was left silent, and the generator kept
//! up.

use crate::Trouble;
use crate::bench::rtp_load::Report;
use std::collections::BTreeMap;
use std::time::Duration;

/// Begins a stamp: no sound of ours or of a prompt begins like this.
const MARK: [u8; 8] = *b"HCTCload";
/// Bytes of a stamp.
const STAMP: usize = 24;
/// Buckets of a histogram, 0.1 ms each; the last holds everything slower than a second.
const BUCKETS: usize = 10_001;
/// The most two systems' loss may differ, as a share of packets.
const UNEQUAL: f64 = 0.000_5;
/// The generator's own lateness beyond which delays say nothing of a server.
const TOO_LATE: Duration = Duration::from_millis(10);

/// Writes a stamp at the beginning of a payload.
pub fn stamp(payload: &mut [u8], sender: u32, sequence: u32, at: Duration) {
    let nanos = u64::try_from(at.as_nanos()).unwrap_or(u64::MAX);
    payload[..8].copy_from_slice(&MARK);
    payload[8..12].copy_from_slice(&sender.to_be_bytes());
    payload[12..16].copy_from_slice(&sequence.to_be_bytes());
    payload[16..STAMP].copy_from_slice(&nanos.to_be_bytes());
}

/// Counts of durations.
#[derive(Debug, Clone, Default)]
pub struct Histogram {
    buckets: Vec<u64>,
    count: u64,
}

impl Histogram {
    /// Counts one.
    pub fn add(&mut self, time: Duration) {
        self.buckets.resize(BUCKETS, 0);
        let bucket = (time.as_micros() / 100).min(BUCKETS as u128 - 1) as usize;
        self.buckets[bucket] += 1;
        self.count += 1;
    }

    /// Counts another's.
    pub fn merge(&mut self, other: &Histogram) {
        self.buckets.resize(BUCKETS, 0);
        self.buckets.iter_mut().zip(&other.buckets).for_each(|(ours, theirs)| *ours += theirs);
        self.count += other.count;
    }

    /// The time within which this share (0 to 1) lies, as the upper edge of its bucket.
    pub fn within(&self, share: f64) -> Duration {
        let wanted = (self.count as f64 * share).ceil() as u64;
        let mut seen = 0;
        for (n, count) in self.buckets.iter().enumerate() {
            seen += count;
            if seen >= wanted && seen > 0 {
                return Duration::from_micros(100 * (n as u64 + 1));
            }
        }
        Duration::ZERO
    }
}

#[derive(Debug, Clone, Copy)]
struct Stream {
    first: u32,
    last: u32,
    count: u64,
}

/// What one ear, or all of them, measured.
#[derive(Debug, Clone, Default)]
pub struct Meter {
    streams: BTreeMap<u32, Stream>,
    gone: (u64, u64),
    /// Delays from stamp to ear.
    pub delay: Histogram,
}

impl Meter {
    /// Takes a payload; prompts and music carry no stamp and are not counted.
    pub fn hear(&mut self, payload: &[u8], at: Duration) {
        let Some(stamp) = payload.get(..STAMP).filter(|stamp| stamp[..8] == MARK) else { return };
        let word = |range: std::ops::Range<usize>| stamp[range].iter().fold(0u64, |n, byte| n << 8 | u64::from(*byte));
        let (sender, sequence, sent) = (word(8..12) as u32, word(12..16) as u32, Duration::from_nanos(word(16..24)));
        let stream = self.streams.entry(sender).or_insert(Stream { first: sequence, last: sequence, count: 0 });
        stream.first = stream.first.min(sequence);
        stream.last = stream.last.max(sequence);
        stream.count += 1;
        self.delay.add(at.saturating_sub(sent));
    }

    /// Packets heard.
    pub fn received(&self) -> u64 {
        self.gone.0 + self.streams.values().map(|s| s.count).sum::<u64>()
    }

    /// Packets missing between the first and the last heard of each sender.
    pub fn lost(&self) -> u64 {
        let lost = |s: &Stream| (u64::from(s.last - s.first) + 1).saturating_sub(s.count);
        self.gone.1 + self.streams.values().map(lost).sum::<u64>()
    }

    /// Adds what another ear measured; senders are kept apart no longer.
    pub fn merge(&mut self, other: &Meter) {
        self.gone = (self.gone.0 + other.received(), self.gone.1 + other.lost());
        self.delay.merge(&other.delay);
    }

    /// The share of packets lost.
    pub fn loss(&self) -> f64 {
        let all = self.received() + self.lost();
        if all == 0 { 0.0 } else { self.lost() as f64 / all as f64 }
    }
}

/// Whether the generator kept up in a window; if not, its delays say nothing of a server.
pub fn kept_up(report: &Report) -> bool {
    report.late.within(0.99) <= TOO_LATE
}

/// Whether two windows may be compared.
///
/// # Errors
/// [`Trouble::Unfair`] with the reason.
pub fn compare(ours: &Report, rival: &Report) -> Result<(), Trouble> {
    let unfair = |why: String| Err(Trouble::Unfair(why));
    if rival.legs == 0 || rival.meter.received() == 0 {
        return unfair("the rival carried nothing".into());
    }
    if ours.legs != rival.legs {
        return unfair(format!("{} legs of ours stand beside {} of the rival's", ours.legs, rival.legs));
    }
    if ours.silent + rival.silent > 0 {
        return unfair(format!("{} of our legs and {} of the rival's heard too little", ours.silent, rival.silent));
    }
    let (our_loss, rival_loss) = (ours.meter.loss(), rival.meter.loss());
    if (our_loss - rival_loss).abs() > UNEQUAL {
        return unfair(format!("we lost {:.3} % of packets, the rival {:.3} %", our_loss * 100.0, rival_loss * 100.0));
    }
    if !kept_up(ours) || !kept_up(rival) {
        let late = ours.late.within(0.99).max(rival.late.within(0.99));
        return unfair(format!("the generator itself was {late:?} late: fewer calls, or a free core for it"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(numbers: &[u32]) -> Meter {
        let mut meter = Meter::default();
        for number in numbers {
            let mut payload = [0u8; 160];
            stamp(&mut payload, 7, *number, Duration::from_millis(5));
            meter.hear(&payload, Duration::from_millis(8));
        }
        meter
    }

    #[test]
    fn a_meter_sees_gaps_and_delay_and_nothing_in_prompts() {
        let mut meter = heard(&[3, 4, 6, 7]);
        meter.hear(&[0xd5; 160], Duration::from_millis(9));
        assert_eq!((meter.received(), meter.lost()), (4, 1));
        let p99 = meter.delay.within(0.99);
        assert!(p99 >= Duration::from_millis(3) && p99 <= Duration::from_micros(3_100), "{p99:?}");
        let mut both = heard(&[1, 2]);
        both.merge(&meter);
        assert_eq!((both.received(), both.lost()), (6, 1));
    }

    #[test]
    fn unlike_windows_are_not_compared() {
        let report = |numbers: &[u32]| Report { legs: 2, sent: 4, meter: heard(numbers), ..Report::default() };
        let whole = report(&[1, 2, 3, 4]);
        assert!(compare(&whole, &whole).is_ok());
        let why = |ours: &Report, rival: &Report| compare(ours, rival).expect_err("unfair").to_string();
        assert!(why(&whole, &Report::default()).contains("rival carried nothing"));
        assert!(why(&report(&[1, 3, 4]), &whole).contains("we lost"));
        assert!(why(&whole, &report(&[1, 3, 4])).contains("we lost"));
        assert!(why(&Report { silent: 1, ..whole.clone() }, &whole).contains("heard too little"));
        assert!(why(&Report { legs: 3, ..whole.clone() }, &whole).contains("legs"));
        let mut late = Histogram::default();
        late.add(Duration::from_millis(50));
        assert!(why(&Report { late, ..whole.clone() }, &whole).contains("generator"));
    }
}
