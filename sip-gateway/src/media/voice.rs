//! Whether anybody speaks on a leg, for the lane of callers who cannot: a person who says nothing for
//! a while is asked to press a key. It judges loudness against the room's own noise; what is said is
//! not its business. Packets that stop coming are `silence`'s.

/// Louder than the room by this counts as voice, in decibels.
const ABOVE: f32 = 9.0;
/// Never voice below this, in dBm0: a quiet line's own noise.
const QUIETEST: f32 = -50.0;
/// Frames in a row before it is a voice and no click.
const CERTAIN: u8 = 4;
/// Frames below before it has ended: words have gaps.
const ENDED: u8 = 20;
/// How fast the room's noise is believed to grow, in decibels a frame: 3 dB a second. It falls at once.
const GROWTH: f32 = 0.06;
/// What the room is taken for at first, in dBm0.
const ROOM: f32 = -55.0;
/// 0 dBm0 as mean square of 16-bit samples.
const REFERENCE: f32 = 2.6e8;

/// Watches one leg.
#[derive(Debug)]
pub struct VoiceWatch {
    room: f32,
    loud: u8,
    soft: u8,
    speaks: bool,
    /// When a voice was heard last, or the watch began.
    last: Option<u64>,
}

impl Default for VoiceWatch {
    fn default() -> VoiceWatch {
        VoiceWatch { room: ROOM, loud: 0, soft: 0, speaks: false, last: None }
    }
}

impl VoiceWatch {
    /// Takes one frame of 20 ms at `now` milliseconds; tells when somebody began or ceased to speak.
    pub fn hear(&mut self, now: u64, frame: &[i16]) -> Option<bool> {
        let level = level(frame);
        self.last.get_or_insert(now);
        if level > (self.room + ABOVE).max(QUIETEST) {
            (self.loud, self.soft) = (self.loud.saturating_add(1), 0);
        } else {
            (self.soft, self.loud) = (self.soft.saturating_add(1), 0);
        }
        // While somebody speaks the room is not louder for it.
        let growth = if self.speaks { GROWTH / 4.0 } else { GROWTH };
        self.room = if level < self.room { level.max(-90.0) } else { self.room + growth.min(level - self.room) };
        let spoke = self.speaks;
        if self.loud >= CERTAIN {
            self.speaks = true;
        } else if self.soft >= ENDED {
            self.speaks = false;
        }
        if self.speaks {
            self.last = Some(now);
        }
        (self.speaks != spoke).then_some(self.speaks)
    }

    /// Milliseconds since a voice was heard, or since the watch began.
    pub fn quiet_millis(&self, now: u64) -> u64 {
        self.last.map_or(0, |last| now.saturating_sub(last))
    }

    /// Whether somebody speaks now.
    pub fn speaks(&self) -> bool {
        self.speaks
    }
}

/// Tells once when nobody has spoken for a time, and again after each utterance.
#[derive(Debug)]
pub struct QuietWatch {
    voice: VoiceWatch,
    after: u64,
    since: u64,
    told: bool,
}

impl QuietWatch {
    /// A watch that begins now.
    pub fn new(now: u64, after: u64) -> QuietWatch {
        QuietWatch { voice: VoiceWatch::default(), after, since: now, told: false }
    }

    /// Takes one frame.
    pub fn hear(&mut self, now: u64, frame: &[i16]) {
        self.voice.hear(now, frame);
        if self.voice.speaks() {
            (self.since, self.told) = (now, false);
        }
    }

    /// How long it has been quiet, in milliseconds, when that is to be told. A leg that sends nothing at
    /// all is quiet, too.
    pub fn check(&mut self, now: u64) -> Option<u64> {
        let quiet = now.saturating_sub(self.since);
        (!self.told && quiet >= self.after).then(|| {
            self.told = true;
            quiet
        })
    }
}

/// Loudness of a frame in dBm0.
pub fn level(frame: &[i16]) -> f32 {
    let power = frame.iter().map(|s| (*s as f32).powi(2)).sum::<f32>() / frame.len().max(1) as f32;
    10.0 * (power.max(1.0) / REFERENCE).log10()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(amplitude: f32, seed: &mut u32) -> [i16; 160] {
        std::array::from_fn(|_| {
            *seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (amplitude * ((*seed >> 8) as f32 / (1 << 23) as f32 - 1.0)) as i16
        })
    }

    /// Frames by amplitude; gives what was told and when, in frames.
    fn told(frames: impl IntoIterator<Item = f32>) -> (Vec<(usize, bool)>, VoiceWatch, u64) {
        let (mut watch, mut seed, mut told, mut now) = (VoiceWatch::default(), 1, Vec::new(), 0);
        for (n, amplitude) in frames.into_iter().enumerate() {
            now = n as u64 * 20;
            told.extend(watch.hear(now, &noise(amplitude, &mut seed)).map(|speaks| (n, speaks)));
        }
        (told, watch, now)
    }

    #[test]
    fn the_level_is_that_of_the_reference() {
        let tone: Vec<i16> = (0..8_000)
            .map(|n| (22_800.0 * (std::f32::consts::TAU * 1_000.0 * n as f32 / 8_000.0).sin()) as i16)
            .collect();
        assert!(level(&tone).abs() < 0.1, "0 dBm0: {}", level(&tone));
        assert!(level(&[0; 160]) < -80.0);
    }

    #[test]
    fn an_utterance_is_told_once_and_its_gaps_are_not() {
        let word = |n: usize| if (100..112).contains(&n) || (118..130).contains(&n) { 4_000.0 } else { 20.0 };
        let (told, watch, now) = told((0..400).map(word));
        assert_eq!(told, [(103, true), (149, false)]);
        assert!((5_000..5_100).contains(&watch.quiet_millis(now)), "{}", watch.quiet_millis(now));
    }

    #[test]
    fn clicks_and_a_steady_noisy_room_are_no_voice() {
        let (clicks, watch, now) = told((0..500).map(|n| if n % 50 < 2 { 8_000.0 } else { 10.0 }));
        assert_eq!((clicks.len(), watch.quiet_millis(now)), (0, now));
        // A generator starts up: loud at first, then it is the room.
        let (told, watch, _) = told((0..2_000).map(|n| if n < 50 { 20.0 } else { 600.0 }));
        assert!(told.len() == 2 && !watch.speaks(), "{told:?}");
        assert!(told[1].0 < 1_600, "within half a minute: {told:?}");
    }

    #[test]
    fn quiet_is_told_once_until_somebody_speaks() {
        let (mut watch, mut seed, mut told) = (QuietWatch::new(0, 4_000), 1, Vec::new());
        for n in 0..1_000u64 {
            // The first five seconds not even packets come.
            if n >= 250 {
                watch.hear(n * 20, &noise(if (500..550).contains(&n) { 5_000.0 } else { 5.0 }, &mut seed));
            }
            told.extend(watch.check(n * 20).map(|quiet| (n * 20, quiet)));
        }
        assert_eq!(told.len(), 2, "{told:?}");
        assert_eq!(told[0], (4_000, 4_000));
        assert!((15_000..15_500).contains(&told[1].0), "{told:?}");
    }

    #[test]
    fn a_whisper_in_a_quiet_room_is_a_voice() {
        let (told, ..) = told((0..300).map(|n| if (100..200).contains(&n) { 400.0 } else { 8.0 }));
        assert_eq!(told.first().map(|(_, speaks)| *speaks), Some(true));
    }
}
