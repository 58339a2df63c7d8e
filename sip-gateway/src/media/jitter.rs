//! The jitter buffer of a leg whose sound is decoded here (mixing, transcoding, tones): packets come as
//! the network likes and are played in step. It learns how late packets come, holds as little as that
//! asks for, and follows a far end whose clock runs faster or slower than ours. A relayed leg has none:
//! the phone on the other side has its own. Virtual time; what a payload is does not matter here.

use std::collections::BTreeMap;

/// The longest a packet waits before it is played or given up, in milliseconds. Speech that is later is
/// better left out (G.114).
pub const MAX_DELAY: u64 = 200;
/// The least that is held back for a packet to come late: one packet.
const MIN_TARGET: u64 = 20;
/// The most that is aimed at; the rest up to [`MAX_DELAY`] is room to shrink from.
const MAX_TARGET: u64 = 160;
/// What is aimed at before anything was learnt.
const FIRST_TARGET: u64 = 40;
/// Most packets held: 200 ms of the shortest there are, and some that came out of order.
const MAX_HELD: usize = 64;
/// Turns without a packet before the source counts as silent.
const PATIENCE: u32 = 10;
/// More packets missing in a row than this are not concealed one by one.
const MAX_GAP: u64 = 10;
/// Held longer than aimed at by this, and a packet is left out: at once while it is quiet, after
/// [`LONG`] turns in speech.
const SLACK: u64 = 20;
const LONG: u32 = 50;
/// A timestamp this much off (10 s) belongs to a source that began anew.
const LEAP: i64 = 10_000;

/// What to play in one turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turn<T> {
    /// The next packet.
    Play(T),
    /// The next packet is lost: later ones are here. Conceal its length.
    Lost,
    /// The next packet is not here yet. Conceal; it may be played afterwards.
    Late,
    /// Nobody speaks: before the first packet, between talk spurts.
    Pause,
}

/// What became of a packet that came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It waits for its turn.
    Held,
    /// It was here already.
    Duplicate,
    /// Its turn is over.
    TooLate,
}

/// One source's buffer. `T` is a payload.
#[derive(Debug)]
pub struct JitterBuffer<T> {
    /// Timestamp units in a millisecond.
    rate: i64,
    held: BTreeMap<u64, Held<T>>,
    next: Option<u64>,
    /// The timestamp the next packet should have.
    due: i64,
    playing: bool,
    /// Turns concealed for packets that were late: paid back when they prove lost.
    ahead: u32,
    over: u32,
    clock: Option<(u32, i64)>,
    lateness: Lateness,
    /// Counts for the leg's record.
    pub counts: Counts,
}

/// What a buffer has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Packets played.
    pub played: u64,
    /// Turns concealed, for lost and for late packets.
    pub concealed: u64,
    /// Packets left out to catch up.
    pub skipped: u64,
    /// Packets that came after their turn.
    pub too_late: u64,
}

#[derive(Debug)]
struct Held<T> {
    came: u64,
    timestamp: i64,
    samples: i64,
    payload: T,
}

impl<T> JitterBuffer<T> {
    /// A buffer for a source with this RTP clock rate in hertz.
    pub fn new(clock_rate: u32) -> JitterBuffer<T> {
        JitterBuffer {
            rate: (clock_rate / 1_000).max(1) as i64,
            held: BTreeMap::new(),
            next: None,
            due: 0,
            playing: false,
            ahead: 0,
            over: 0,
            clock: None,
            lateness: Lateness::default(),
            counts: Counts::default(),
        }
    }

    /// Takes one packet of `samples` timestamp units at `now` milliseconds. The sequence number does not
    /// wrap ([`super::incoming::Arrival`]).
    pub fn push(&mut self, now: u64, sequence: u64, timestamp: u32, samples: u32, payload: T) -> Taken {
        let timestamp = self.long(timestamp);
        if self.next.is_some_and(|next| sequence < next) {
            self.counts.too_late += 1;
            // It counts as late as it came, so that the next ones are waited for.
            self.lateness.note(now, now as i64 - timestamp / self.rate);
            return Taken::TooLate;
        }
        if self.held.contains_key(&sequence) {
            return Taken::Duplicate;
        }
        self.lateness.note(now, now as i64 - timestamp / self.rate);
        if self.held.len() == MAX_HELD {
            self.skip();
        }
        self.held.insert(sequence, Held { came: now, timestamp, samples: samples as i64, payload });
        Taken::Held
    }

    /// The next packet's worth of sound at `now`. `quiet` says that what was played last was no speech:
    /// then a packet too many is left out unheard.
    pub fn turn(&mut self, now: u64, quiet: bool) -> Turn<T> {
        while self.held.first_key_value().is_some_and(|(_, head)| head.came + MAX_DELAY < now) {
            self.skip();
        }
        let Some((&sequence, head)) = self.held.first_key_value() else { return self.starve() };
        let paused = !self.playing || head.timestamp > self.due + self.rate;
        let next = self.next.unwrap_or(sequence);
        if sequence > next && self.playing && sequence - next <= MAX_GAP {
            return self.gap(now, quiet);
        }
        if paused && now < head.came + self.lateness.target() {
            // A spurt waits once for the packets behind its first.
            self.playing = false;
            return Turn::Pause;
        }
        self.playing = true;
        self.shrink(quiet && !paused, paused);
        self.play()
    }

    /// What is aimed at between a packet's coming and its play, in milliseconds.
    pub fn target_millis(&self) -> u64 {
        self.lateness.target()
    }

    /// The source became another one.
    pub fn restart(&mut self) {
        let (rate, counts) = (self.rate as u32 * 1_000, self.counts);
        *self = JitterBuffer { counts, ..JitterBuffer::new(rate) };
    }

    fn starve(&mut self) -> Turn<T> {
        if !self.playing {
            return Turn::Pause;
        }
        if self.ahead >= PATIENCE {
            (self.playing, self.ahead) = (false, 0);
            return Turn::Pause;
        }
        self.ahead += 1;
        self.counts.concealed += 1;
        Turn::Late
    }

    /// Packets before the head are missing. Turns concealed already stand for them.
    fn gap(&mut self, now: u64, quiet: bool) -> Turn<T> {
        let Some((&sequence, head)) = self.held.first_key_value() else { return self.starve() };
        let next = self.next.unwrap_or(sequence);
        let step = (head.timestamp - self.due) / (sequence - next + 1) as i64;
        self.next = Some(next + 1);
        self.due += step.max(0);
        if self.ahead > 0 {
            self.ahead -= 1;
            return self.turn(now, quiet);
        }
        self.counts.concealed += 1;
        Turn::Lost
    }

    /// Leaves one packet out when more is held than lateness asks for. At the head of a spurt that
    /// is decided by waiting alone.
    fn shrink(&mut self, quiet: bool, fresh: bool) {
        let (Some((_, head)), Some((_, newest))) = (self.held.first_key_value(), self.held.last_key_value()) else {
            return;
        };
        let depth = ((newest.timestamp - head.timestamp) / self.rate).max(0) as u64;
        let above = depth > self.lateness.target() + SLACK;
        self.over = if above && !fresh { self.over + 1 } else { 0 };
        if above && !fresh && (quiet || self.over > LONG) {
            self.over = 0;
            self.skip();
        }
    }

    fn play(&mut self) -> Turn<T> {
        let Some((sequence, head)) = self.held.pop_first() else { return Turn::Pause };
        self.next = Some(sequence + 1);
        self.due = head.timestamp + head.samples;
        self.ahead = 0;
        self.counts.played += 1;
        Turn::Play(head.payload)
    }

    fn skip(&mut self) {
        if let Some((sequence, head)) = self.held.pop_first() {
            self.next = Some(sequence + 1);
            self.due = head.timestamp + head.samples;
            self.counts.skipped += 1;
        }
    }

    /// The timestamp without wrapping. A leap is a new beginning.
    fn long(&mut self, timestamp: u32) -> i64 {
        let Some((last, long)) = self.clock else {
            self.clock = Some((timestamp, timestamp as i64));
            return timestamp as i64;
        };
        let moved = timestamp.wrapping_sub(last) as i32 as i64;
        if moved.abs() > LEAP * self.rate {
            self.lateness = Lateness::default();
        }
        let now = long + moved;
        if moved > 0 {
            self.clock = Some((timestamp, now));
        }
        now
    }
}

/// How late packets come, beyond the quickest of the last seconds.
#[derive(Debug)]
struct Lateness {
    /// Quickest transit of this span and of the one before: a minimum that forgets, so that a clock
    /// that drifts is followed.
    quickest: i64,
    before: i64,
    span: u64,
    /// Weights of lateness in steps of [`STEP`]; they add up to 1.
    steps: [f32; STEPS],
}

const STEP: u64 = 10;
const STEPS: usize = (MAX_DELAY / STEP) as usize + 1;
/// Milliseconds of one span of the forgetting minimum.
const SPAN: u64 = 5_000;
/// How much one packet weighs: the last five seconds count most.
const WEIGHT: f32 = 1.0 / 256.0;
/// Share of packets that shall be in time.
const IN_TIME: f32 = 0.98;

impl Default for Lateness {
    fn default() -> Lateness {
        let mut steps = [0.0; STEPS];
        steps[(FIRST_TARGET / STEP) as usize - 2] = 1.0;
        Lateness { quickest: i64::MAX, before: i64::MAX, span: 0, steps }
    }
}

impl Lateness {
    fn note(&mut self, now: u64, transit: i64) {
        if now / SPAN != self.span {
            self.before = self.quickest;
            self.quickest = transit;
            self.span = now / SPAN;
        }
        self.quickest = self.quickest.min(transit);
        let late = (transit - self.quickest.min(self.before)).max(0) as u64;
        let at = (late.div_ceil(STEP) as usize).min(STEPS - 1);
        for (n, weight) in self.steps.iter_mut().enumerate() {
            *weight += WEIGHT * (if n == at { 1.0 } else { 0.0 } - *weight);
        }
    }

    fn target(&self) -> u64 {
        let mut sum = 0.0;
        let at = self.steps.iter().position(|weight| {
            sum += weight;
            sum >= IN_TIME
        });
        // The lateness of most, and one packet so that the next turn finds it.
        (at.unwrap_or(STEPS - 1) as u64 * STEP + MIN_TARGET).clamp(MIN_TARGET, MAX_TARGET)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A packet on its way: when it arrives, its number.
    type Flight = (u64, u64);

    #[derive(Debug, Default)]
    struct Played {
        order: Vec<u64>,
        /// Milliseconds from coming to play.
        waits: Vec<u64>,
        /// Milliseconds from being said to play.
        delays: Vec<u64>,
        pauses: u32,
        counts: Counts,
    }

    /// Plays flights of 20 ms packets, a turn every 20 ms.
    fn run(mut flights: Vec<Flight>, until: u64) -> Played {
        flights.sort();
        let mut buffer = JitterBuffer::new(8_000);
        let (mut played, mut at) = (Played::default(), 0);
        for now in (0..until).step_by(20) {
            while let Some((came, n)) = flights.get(at).filter(|(came, _)| *came <= now) {
                buffer.push(*came, *n, (*n as u32).wrapping_mul(160).wrapping_sub(40_000), 160, (*came, *n));
                at += 1;
            }
            match buffer.turn(now, false) {
                Turn::Play((came, n)) => {
                    played.order.push(n);
                    played.waits.push(now - came);
                    played.delays.push(now.saturating_sub(n * 20));
                }
                Turn::Pause => played.pauses += 1,
                Turn::Lost | Turn::Late => {}
            }
        }
        played.counts = buffer.counts;
        played
    }

    fn random(seed: u64) -> impl FnMut(u64) -> u64 {
        let mut state = seed;
        move |below| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below.max(1)
        }
    }

    fn mean(of: &[u64]) -> u64 {
        of.iter().sum::<u64>() / of.len().max(1) as u64
    }

    #[test]
    fn a_steady_source_waits_little_and_nothing_is_concealed() {
        let played = run((0..500).map(|n| (n * 20 + 3, n)).collect(), 10_000);
        assert!(played.order.len() >= 495, "{}", played.order.len());
        assert_eq!((played.counts.concealed, played.counts.skipped), (0, 0));
        assert!(mean(&played.waits[100..]) <= 60, "{}", mean(&played.waits[100..]));
    }

    #[test]
    fn jitter_is_learnt_and_given_up_again() {
        let mut dice = random(1);
        let calm = |n: u64| n < 500 || n >= 1_500;
        let flights = (0..3_000).map(|n| (n * 20 + if calm(n) { 2 } else { dice(80) }, n)).collect();
        let played = run(flights, 60_000);
        let delays = [200..450, 1_000..1_400, 2_600..2_900].map(|part| mean(&played.delays[part]));
        assert!(delays[1] >= 60 && delays[1] >= delays[0] + 20, "it holds more back: {delays:?}");
        assert!(delays[2] + 20 <= delays[1] && delays[2] <= 60, "and less again: {delays:?}");
        assert!(played.counts.concealed < 40, "{:?}", played.counts);
        assert!(played.waits.iter().all(|wait| *wait <= MAX_DELAY));
    }

    #[test]
    fn what_is_lost_is_concealed_once_and_what_comes_late_is_played() {
        let lost = |n: u64| n % 50 == 25;
        let played = run((0..2_000).filter(|n| !lost(*n)).map(|n| (n * 20, n)).collect(), 40_000);
        assert_eq!(played.counts.concealed, 40, "{:?}", played.counts);
        assert!(played.order.len() >= 1_955);
        // Two packets swap places.
        let swapped = run((0..500).map(|n| (if n % 40 == 20 { n * 20 + 25 } else { n * 20 }, n)).collect(), 10_000);
        assert!(swapped.counts.concealed <= 2, "{:?}", swapped.counts);
    }

    #[test]
    fn a_clock_that_drifts_is_followed_for_an_hour() {
        // 200 parts in a million, both ways: 36 packets an hour.
        for millionths in [-200i64, 200] {
            let flights = (0..180_000i64).map(|n| ((n * 20 + n * 20 * millionths / 1_000_000 + 5) as u64, n as u64));
            let played = run(flights.collect(), 3_600_000);
            let Counts { concealed, skipped, .. } = played.counts;
            assert!(concealed <= 60 && skipped <= 60, "{millionths}: {:?}", played.counts);
            assert!(*played.waits.iter().max().expect("some") <= 120, "{millionths}");
            let end = mean(&played.waits[170_000..]);
            assert!(end <= 80, "{millionths}: {end}");
        }
    }

    #[test]
    fn a_pause_of_the_speaker_is_no_loss() {
        // 100 packets, a second of nothing, 100 packets; numbers go on, timestamps leave the second out.
        let mut buffer = JitterBuffer::new(8_000);
        let (mut played, mut concealed) = (0, 0);
        for now in (0..6_000u64).step_by(20) {
            let n = now / 20;
            if n < 100 || (150..250).contains(&n) {
                let sequence = if n < 100 { n } else { n - 50 };
                buffer.push(now, sequence, n as u32 * 160, 160, ());
            }
            match buffer.turn(now, false) {
                Turn::Play(()) => played += 1,
                Turn::Lost | Turn::Late => concealed += 1,
                Turn::Pause => {}
            }
        }
        assert_eq!(played, 200);
        assert!(concealed <= 2 * PATIENCE, "{concealed}: until it is known that nobody speaks");
    }

    #[test]
    fn too_much_is_given_up_in_silence_first() {
        let held = |quiet: bool| {
            let mut buffer = JitterBuffer::new(8_000);
            let mut turns = 0;
            for n in 0..8u64 {
                buffer.push(0, n, n as u32 * 160, 160, n);
            }
            for now in (60..).step_by(20) {
                turns += 1;
                buffer.push(now, 8 + (now - 60) / 20, (8 + (now - 60) / 20) as u32 * 160, 160, 0);
                buffer.turn(now, quiet);
                if buffer.counts.skipped > 0 {
                    return turns;
                }
            }
            turns
        };
        assert!(held(true) < 6 && held(false) >= 5, "{} {}", held(true), held(false));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]
        /// Whatever the network does: in order, nothing twice, nothing older than the bound, memory bounded.
        #[test]
        fn order_and_latency_hold(
            flights in proptest::collection::vec((0u64..600, 0u8..20, any::<bool>()), 1..400),
            offset in 0u64..100_000,
        ) {
            let mut all = Vec::new();
            for (n, (late, kind, twice)) in flights.into_iter().enumerate() {
                let late = if kind < 15 { late / 10 } else { late };
                if kind == 19 { continue; }
                let n = n as u64;
                all.push((n * 20 + late, n + offset));
                if twice { all.push((n * 20 + late / 2, n + offset)); }
            }
            let until = all.iter().map(|(at, _)| at).max().copied().unwrap_or(0) + 1_000;
            let played = run(all, until);
            prop_assert!(played.order.windows(2).all(|w| w[0] < w[1]), "{:?}", played.order);
            prop_assert!(played.waits.iter().all(|wait| *wait <= MAX_DELAY), "{:?}", played.waits);
        }

        #[test]
        fn never_panics(steps in proptest::collection::vec((0u64..100, any::<u64>(), any::<u32>(), any::<u32>()), 0..200)) {
            let mut buffer = JitterBuffer::new(8_000);
            let mut now = 0;
            for (later, sequence, timestamp, samples) in steps {
                now += later;
                buffer.push(now, sequence >> 1, timestamp, samples % 4_000, ());
                prop_assert!(buffer.held.len() <= MAX_HELD);
                buffer.turn(now, later % 2 == 0);
            }
        }
    }
}
