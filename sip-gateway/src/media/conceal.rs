//! What stands in for lost sound at 8 kHz, in the manner of ITU-T G.711 Appendix I: the last pitch
//! period is said again, more periods as the loss goes on, ever more quietly, and joined smoothly to
//! what comes next. Unlike the appendix it holds nothing back for the join at the beginning (the
//! appendix's 3.75 ms): a repeated period continues the sound by itself.

/// Pitch periods looked for, in samples: 200 Hz to 66 Hz.
const SHORTEST: usize = 40;
const LONGEST: usize = 120;
/// Samples compared to find the pitch: 20 ms.
const COMPARED: usize = 160;
/// What is remembered: three of the longest periods and the quarter joined before them.
const HISTORY: usize = LONGEST * 3 + LONGEST / 4;
/// One step of getting quieter and of taking in another period: 10 ms.
const STEP: usize = 80;
/// Loss of amplitude in one step, from the second on.
const FADE: f32 = 0.2;
/// Most samples over which real sound is faded in again: 10 ms.
const JOIN: usize = 80;

/// Conceals on one leg.
#[derive(Debug)]
pub struct Concealer {
    history: [f32; HISTORY],
    /// Samples concealed since the last real one.
    missing: usize,
    /// The periods that are said again; filled in the first step of a loss.
    cycle: [f32; LONGEST * 3],
    length: usize,
    at: usize,
    pitch: usize,
}

impl Default for Concealer {
    fn default() -> Concealer {
        Concealer { history: [0.0; HISTORY], missing: 0, cycle: [0.0; LONGEST * 3], length: 0, at: 0, pitch: SHORTEST }
    }
}

impl Concealer {
    /// Takes sound that came. Behind a loss its beginning is mixed with what stood in.
    pub fn came(&mut self, sound: &mut [i16]) {
        if self.missing > 0 {
            // A quarter period, and 4 ms more for each 10 ms lost.
            let join = (self.pitch / 4 + 32 * self.missing.div_ceil(STEP)).min(JOIN).min(sound.len());
            for (n, sample) in sound[..join].iter_mut().enumerate() {
                let real = (n + 1) as f32 / (join + 1) as f32;
                *sample = (*sample as f32 * real + self.next() * (1.0 - real)) as i16;
                self.missing += 1;
            }
            self.missing = 0;
        }
        self.remember(sound);
    }

    /// Fills in for sound that did not.
    pub fn lost(&mut self, sound: &mut [i16]) {
        if self.missing == 0 {
            self.pitch = pitch(&self.history);
            self.repeat(1);
        }
        for sample in sound.iter_mut() {
            if self.missing == STEP || self.missing == 2 * STEP {
                self.repeat(1 + self.missing / STEP);
            }
            *sample = self.next() as i16;
            self.missing += 1;
        }
    }

    /// Lays the last `periods` periods round: the end of the cycle is mixed into what stood before its
    /// beginning, so that going round is heard no more than the voice's own period.
    fn repeat(&mut self, periods: usize) {
        let (length, quarter) = (self.pitch * periods, self.pitch / 4);
        let start = HISTORY - length;
        self.cycle[..length].copy_from_slice(&self.history[start..]);
        for n in 0..quarter {
            let late = (n + 1) as f32 / (quarter + 1) as f32;
            let at = length - quarter + n;
            self.cycle[at] = self.cycle[at] * (1.0 - late) + self.history[start - quarter + n] * late;
        }
        // The phase is kept: the place in the newest period is the same place in the last of the cycle.
        self.at = if self.length == 0 || periods == 1 { 0 } else { (self.at % self.pitch) % length };
        self.length = length;
    }

    fn next(&mut self) -> f32 {
        if self.length == 0 {
            return 0.0;
        }
        let sample = self.cycle[self.at];
        self.at = (self.at + 1) % self.length;
        let steps = (self.missing as f32 / STEP as f32 - 1.0).max(0.0);
        sample * (1.0 - FADE * steps).max(0.0)
    }

    fn remember(&mut self, sound: &[i16]) {
        let new = sound.len().min(HISTORY);
        self.history.copy_within(new.., 0);
        for (kept, sample) in self.history[HISTORY - new..].iter_mut().zip(&sound[sound.len() - new..]) {
            *kept = *sample as f32;
        }
    }
}

/// The lag at which the newest sound is most like what was before it.
fn pitch(history: &[f32; HISTORY]) -> usize {
    let newest = &history[HISTORY - COMPARED..];
    let likeness = |lag: usize| {
        let before = &history[HISTORY - COMPARED - lag..HISTORY - lag];
        let (mut both, mut energy) = (0.0f32, 0.0f32);
        for (a, b) in newest.iter().zip(before) {
            both += a * b;
            energy += b * b;
        }
        // Silence is like nothing.
        both / energy.max(1_000.0).sqrt()
    };
    let lags = (SHORTEST..=LONGEST).map(|lag| (lag, likeness(lag)));
    lags.max_by(|a, b| a.1.total_cmp(&b.1)).map_or(LONGEST, |(lag, _)| lag)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::g711;
    use std::f32::consts::TAU;
    use vocabulary::audio::Law;

    fn tone(hertz: f32, frames: usize) -> Vec<i16> {
        (0..frames * 160).map(|n| (10_000.0 * (TAU * hertz * n as f32 / 8_000.0).sin()) as i16).collect()
    }

    /// Pulses through two resonances: a vowel at this pitch.
    fn vowel(pitch: f32, frames: usize) -> Vec<i16> {
        let (mut since, mut state) = (0.0, [(700.0, 0.0, 0.0), (1_200.0, 0.0, 0.0)]);
        let sample = |_| {
            since += pitch / 8_000.0;
            let mut x = if since >= 1.0 { 4_000.0 } else { 0.0 };
            since %= 1.0;
            for (hertz, y1, y2) in &mut state {
                let y = x + 1.9 * (TAU * *hertz / 8_000.0f32).cos() * *y1 - 0.9025 * *y2;
                (*y2, *y1) = (*y1, y);
                x = y * 0.5;
            }
            x as i16
        };
        (0..frames * 160).map(sample).collect()
    }

    /// What is heard when these frames are lost, over A-law.
    fn heard(sound: &[i16], lost: impl Fn(usize) -> bool, conceal: bool) -> Vec<i16> {
        let mut concealer = Concealer::default();
        let mut out = Vec::new();
        for (n, frame) in sound.chunks(160).enumerate() {
            let mut frame: Vec<i16> = frame.iter().map(|s| g711::decode(Law::A, g711::encode(Law::A, *s))).collect();
            match (lost(n), conceal) {
                (false, true) => concealer.came(&mut frame),
                (true, true) => concealer.lost(&mut frame),
                (true, false) => frame.fill(0),
                (false, false) => {}
            }
            out.extend(frame);
        }
        out
    }

    /// Energy of the difference as a share of the original's, in the lost frames and the one behind.
    fn wrong(original: &[i16], heard: &[i16], lost: impl Fn(usize) -> bool) -> f32 {
        let (mut difference, mut whole) = (0.0, 0.0);
        for (n, (a, b)) in original.chunks(160).zip(heard.chunks(160)).enumerate() {
            if lost(n) || (n > 0 && lost(n - 1)) {
                for (a, b) in a.iter().zip(b) {
                    difference += (*a as f32 - *b as f32).powi(2);
                    whole += (*a as f32).powi(2);
                }
            }
        }
        difference / whole
    }

    #[test]
    fn a_concealed_tone_is_far_closer_than_silence() {
        let lost = |n: usize| n % 25 == 20;
        for (hertz, most) in [(100.0, 0.05), (200.0, 0.05), (440.0, 0.10), (1_000.0, 0.05)] {
            let sound = tone(hertz, 200);
            let silent = wrong(&sound, &heard(&sound, lost, false), lost);
            let concealed = wrong(&sound, &heard(&sound, lost, true), lost);
            assert!((0.45..0.55).contains(&silent), "half of it is gone: {silent}");
            assert!(concealed < most, "{hertz} Hz: {concealed} of the energy is wrong, silence {silent}");
        }
    }

    #[test]
    fn a_concealed_vowel_is_closer_than_silence_at_two_percent() {
        let mut seed = 3u32;
        let dice: Vec<bool> = (0..1_000)
            .map(|_| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                seed >> 16 < 65_536 / 50
            })
            .collect();
        let lost = |n: usize| n > 5 && dice[n];
        for pitch in [90.0, 131.0, 180.0] {
            let sound = vowel(pitch, 1_000);
            let silent = wrong(&sound, &heard(&sound, lost, false), lost);
            let concealed = wrong(&sound, &heard(&sound, lost, true), lost);
            assert!(concealed < silent / 3.0, "{pitch} Hz: {concealed}, silence {silent}");
        }
    }

    #[test]
    fn a_long_loss_fades_to_silence_and_nothing_clicks() {
        let sound = tone(200.0, 40);
        let lost = |n: usize| (20..30).contains(&n);
        let heard = heard(&sound, lost, true);
        let loudest = |frame: usize| heard[frame * 160..][..160].iter().map(|s| s.unsigned_abs()).max().expect("some");
        assert!(loudest(20) > 8_000 && loudest(22) < loudest(20) && loudest(24) == 0, "60 ms and no more");
        let step = |sound: &[i16]| sound.windows(2).map(|w| (w[1] as i32 - w[0] as i32).abs()).max().expect("some");
        assert!(step(&heard) <= step(&sound) * 2, "{} {}", step(&heard), step(&sound));
    }

    #[test]
    fn nothing_heard_yet_is_silence() {
        let mut frame = [7i16; 160];
        Concealer::default().lost(&mut frame);
        assert_eq!(frame, [0; 160]);
    }

    #[test]
    fn any_length_of_frame_will_do() {
        let mut concealer = Concealer::default();
        for length in [0usize, 1, 79, 80, 81, 160, 500, 1_000] {
            concealer.came(&mut vec![i16::MIN; length]);
            concealer.lost(&mut vec![0; length]);
            concealer.came(&mut vec![i16::MAX; length]);
        }
    }
}
