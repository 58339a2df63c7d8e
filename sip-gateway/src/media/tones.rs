//! Digits as sound (ITU-T Q.23, Q.24): hears the tone pairs in a leg's sound and makes them. For legs
//! whose far end speaks no telephone events; where it does, only the events are believed, so that no
//! press is heard twice.

use crate::media::CLOCK_RATE;
use std::f32::consts::TAU;

const ROWS: [f32; 4] = [697.0, 770.0, 852.0, 941.0];
const COLUMNS: [f32; 4] = [1_209.0, 1_336.0, 1_477.0, 1_633.0];
const KEYS: [[char; 4]; 4] = [['1', '2', '3', 'A'], ['4', '5', '6', 'B'], ['7', '8', '9', 'C'], ['*', '0', '#', 'D']];

/// Samples looked at together: 12.75 ms, so that two whole looks fit into the 40 ms a press must last
/// (Q.24) wherever it begins, and the eight tones are told apart.
const LOOK: usize = 102;
/// The quietest tone heard, as mean square of 16-bit samples: -36 dBm0 each.
const FLOOR: f32 = 130_000.0;
/// Largest twist (the high tone louder) and reverse twist, as power ratios: 8 dB and 4 dB.
const TWIST: f32 = 6.3;
const REVERSE_TWIST: f32 = 2.5;
/// How much a tone stands out of the others of its group: 8 dB.
const STANDS_OUT: f32 = 6.3;
/// Share of all sound the two tones must hold. Speech that happens on two tones has others besides.
const PURE: f32 = 0.72;
/// Looks without the key before the same key is a new press: 25 ms of pause at least (Q.24: 40 ms).
const RELEASED: u8 = 2;

/// Hears digits in one leg's linear sound.
#[derive(Debug, Default)]
pub struct ToneReader {
    goertzel: [Goertzel; 8],
    energy: f32,
    samples: usize,
    /// The key of the look before.
    before: Option<char>,
    pressed: Option<char>,
    absent: u8,
}

#[derive(Debug, Default, Clone, Copy)]
struct Goertzel {
    last: f32,
    before: f32,
}

impl ToneReader {
    /// Takes sound; gives the key when a press has become certain in it. At most one key a call, as long
    /// as calls are of 40 ms or less.
    pub fn hear(&mut self, sound: &[i16]) -> Option<char> {
        let mut found = None;
        for sample in sound {
            let sample = *sample as f32;
            self.energy += sample * sample;
            for (goertzel, coefficient) in self.goertzel.iter_mut().zip(coefficients()) {
                let next = sample + coefficient * goertzel.last - goertzel.before;
                *goertzel = Goertzel { last: next, before: goertzel.last };
            }
            self.samples += 1;
            if self.samples == LOOK {
                let key = self.look();
                found = self.decide(key).or(found);
            }
        }
        found
    }

    /// The key in the samples gathered, if they are one.
    fn look(&mut self) -> Option<char> {
        let mut power = [0f32; 8];
        for ((power, goertzel), coefficient) in power.iter_mut().zip(&mut self.goertzel).zip(coefficients()) {
            let Goertzel { last, before } = std::mem::take(goertzel);
            // The mean square of the tone.
            *power = 2.0 * (last * last + before * before - coefficient * last * before) / (LOOK * LOOK) as f32;
        }
        let total = std::mem::take(&mut self.energy) / LOOK as f32;
        self.samples = 0;
        let (row, low) = loudest(&power[..4])?;
        let (column, high) = loudest(&power[4..])?;
        let fits = low >= FLOOR && high >= FLOOR && high <= low * TWIST && low <= high * REVERSE_TWIST;
        (fits && low + high >= PURE * total).then(|| KEYS[row][column])
    }

    fn decide(&mut self, key: Option<char>) -> Option<char> {
        let steady = key.is_some() && key == self.before;
        self.before = key;
        if key.is_some() && key == self.pressed {
            self.absent = 0;
            return None;
        }
        if steady {
            (self.pressed, self.absent) = (key, 0);
            return key;
        }
        self.absent += 1;
        if self.absent >= RELEASED {
            (self.pressed, self.absent) = (None, RELEASED);
        }
        None
    }
}

/// The tone of a group that stands out of the others.
fn loudest(group: &[f32]) -> Option<(usize, f32)> {
    let (at, top) = group.iter().copied().enumerate().max_by(|a, b| a.1.total_cmp(&b.1))?;
    let alone = group.iter().enumerate().all(|(n, power)| n == at || power * STANDS_OUT <= top);
    alone.then_some((at, top))
}

fn coefficients() -> [f32; 8] {
    // 2 cos(2 pi f / 8000), rows and columns.
    const C: [f32; 8] =
        [1.707_737_8, 1.645_281, 1.568_687, 1.478_204_6, 1.164_104, 0.996_370_2, 0.798_618_4, 0.568_532_7];
    C
}

/// Length of one press of ours in sound, and of the pause behind it, in samples.
const PRESS: u32 = 100 * CLOCK_RATE / 1_000;
const PAUSE: u32 = 80 * CLOCK_RATE / 1_000;
/// Amplitude of the low and the high tone: -9 and -7 dBm0, what Q.23 phones send after the line.
const LOW: f32 = 8_000.0;
const HIGH: f32 = 10_000.0;

/// Makes one press as sound.
#[derive(Debug, Clone, Copy)]
pub struct ToneWriter {
    low: f32,
    high: f32,
    at: u32,
}

impl ToneWriter {
    /// The press of a key. `None` when it is no key.
    pub fn press(key: char) -> Option<ToneWriter> {
        let key = key.to_ascii_uppercase();
        let (row, keys) = KEYS.iter().enumerate().find(|(_, keys)| keys.contains(&key))?;
        let column = keys.iter().position(|is| *is == key)?;
        Some(ToneWriter { low: ROWS[row], high: COLUMNS[column], at: 0 })
    }

    /// Fills the next samples; `false` when the press and its pause were over before.
    pub fn write(&mut self, sound: &mut [i16]) -> bool {
        if self.at >= PRESS + PAUSE {
            return false;
        }
        for sample in sound {
            let turn = TAU * self.at as f32 / CLOCK_RATE as f32;
            let tone = LOW * (turn * self.low).sin() + HIGH * (turn * self.high).sin();
            *sample = if self.at < PRESS { tone as i16 } else { 0 };
            self.at += 1;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::g711;
    use vocabulary::audio::Law;

    struct Press {
        key: char,
        millis: usize,
        /// Level of each tone in dBm0.
        low: f32,
        high: f32,
        /// Off the nominal frequencies, as a share.
        off: f32,
    }

    const fn plain(key: char) -> Press {
        Press { key, millis: 60, low: -10.0, high: -10.0, off: 0.0 }
    }

    /// 0 dBm0 is 3.14 dB under the A-law overload of 32768.
    fn amplitude(dbm0: f32) -> f32 {
        22_800.0 * 10f32.powf(dbm0 / 20.0)
    }

    fn sound(press: &Press, delay: usize) -> Vec<i16> {
        let writer = ToneWriter::press(press.key).expect("a key");
        let tone = |n: usize| {
            let turn = TAU * n as f32 / 8_000.0;
            amplitude(press.low) * (turn * writer.low * (1.0 + press.off)).sin()
                + amplitude(press.high) * (turn * writer.high * (1.0 + press.off)).sin()
        };
        let mut sound = vec![0; delay];
        sound.extend((0..press.millis * 8).map(|n| tone(n).clamp(-32_768.0, 32_767.0) as i16));
        sound.extend([0; 800]);
        sound
    }

    /// As it comes over a trunk: A-law, 20 ms at a time.
    fn heard(sound: &[i16]) -> String {
        let mut reader = ToneReader::default();
        let line: Vec<i16> = sound.iter().map(|s| g711::decode(Law::A, g711::encode(Law::A, *s))).collect();
        line.chunks(160).filter_map(|chunk| reader.hear(chunk)).collect()
    }

    #[test]
    fn the_coefficients_are_those_of_the_tones() {
        for (coefficient, hertz) in coefficients().iter().zip(ROWS.iter().chain(&COLUMNS)) {
            assert!((coefficient - 2.0 * (TAU * hertz / 8_000.0).cos()).abs() < 1e-5, "{hertz}");
        }
    }

    #[test]
    fn every_key_is_heard_once_wherever_it_begins() {
        for key in "0123456789*#ABCD".chars() {
            for delay in (0..LOOK).step_by(7) {
                assert_eq!(heard(&sound(&plain(key), delay)), key.to_string(), "{key} at {delay}");
            }
        }
    }

    #[test]
    fn the_shortest_press_of_the_recommendation_is_heard_and_a_click_is_not() {
        for delay in 0..LOOK {
            assert_eq!(heard(&sound(&Press { millis: 40, ..plain('5') }, delay)), "5", "at {delay}");
            assert_eq!(heard(&sound(&Press { millis: 15, ..plain('5') }, delay)), "", "at {delay}");
        }
    }

    #[test]
    fn off_tune_by_little_is_heard_and_by_much_is_not() {
        for key in "1580D#".chars() {
            for off in [-0.015, 0.015] {
                assert_eq!(heard(&sound(&Press { off, ..plain(key) }, 31)), key.to_string(), "{key} {off}");
            }
            for off in [-0.035, 0.035] {
                assert_eq!(heard(&sound(&Press { off, ..plain(key) }, 31)), "", "{key} {off}");
            }
        }
    }

    #[test]
    fn twist_has_its_limits() {
        for (low, high, is) in [
            (-10.0, -4.0, "7"),
            (-10.0, -13.0, "7"),
            (-18.0, -7.0, ""),
            (-8.0, -16.0, ""),
            (-25.0, -25.0, "7"),
            (-50.0, -50.0, ""),
        ] {
            assert_eq!(heard(&sound(&Press { low, high, ..plain('7') }, 50)), is, "{low} {high}");
        }
    }

    #[test]
    fn presses_of_one_key_are_told_apart_and_a_short_break_is_none() {
        let press = &sound(&plain('9'), 0)[..480];
        let with_pause = |pause: usize| [press, &vec![0; pause], press, &[0; 400]].concat();
        assert_eq!(heard(&with_pause(320)), "99", "40 ms of pause");
        assert_eq!(heard(&with_pause(70)), "9", "a click of 9 ms in a press");
    }

    #[test]
    fn what_we_make_we_hear() {
        let mut line = Vec::new();
        for key in "0206900020#*".chars() {
            let mut writer = ToneWriter::press(key).expect("a key");
            let mut frame = [0; 160];
            while writer.write(&mut frame) {
                line.extend(frame);
            }
        }
        assert_eq!(heard(&line), "0206900020#*");
        assert!(ToneWriter::press('x').is_none());
    }

    /// A voice: pulses at its pitch through resonances that wander, for a minute.
    fn voice(seconds: usize, mut seed: u32) -> Vec<i16> {
        let mut random = move || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 8) as f32 / (1 << 24) as f32
        };
        let mut formants = [(600.0, 0.0, 0.0), (1_300.0, 0.0, 0.0), (2_500.0, 0.0, 0.0)];
        let (mut sound, mut since, mut pitch) = (Vec::new(), 0.0, 120.0);
        for n in 0..seconds * 8_000 {
            if n % 800 == 0 {
                pitch = 80.0 + 160.0 * random();
                for (formant, (low, high)) in
                    formants.iter_mut().zip([(300.0, 950.0), (900.0, 2_200.0), (2_200.0, 3_200.0)])
                {
                    formant.0 = low + (high - low) * random();
                }
            }
            since += pitch / 8_000.0;
            let mut x = 40.0 * (random() - 0.5);
            if since >= 1.0 {
                since -= 1.0;
                x += 3_000.0;
            }
            for (hertz, y1, y2) in &mut formants {
                let r: f32 = 0.97;
                let y = x + 2.0 * r * (TAU * *hertz / 8_000.0).cos() * *y1 - r * r * *y2;
                (*y2, *y1) = (*y1, y);
                x = y * 0.4;
            }
            sound.push(x.clamp(-30_000.0, 30_000.0) as i16);
        }
        sound
    }

    #[test]
    fn a_voice_presses_nothing() {
        let talk = voice(300, 7);
        let loud = talk.iter().map(|s| s.unsigned_abs()).max().expect("sound");
        assert!(loud > 9_000, "it speaks up: {loud}");
        assert_eq!(heard(&talk), "", "five minutes of talk");
    }

    #[test]
    fn a_key_is_heard_through_a_whisper_of_noise() {
        let mut line = sound(&Press { millis: 80, ..plain('3') }, 100);
        let mut seed = 1u32;
        for sample in &mut line {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *sample = sample.saturating_add((seed >> 16) as i16 / 64);
        }
        assert_eq!(heard(&line), "3");
    }
}
