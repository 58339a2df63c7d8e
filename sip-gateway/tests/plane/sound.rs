//! Tones and how to hear them.

use sip_gateway::media::g711;
use vocabulary::audio::Law;

/// A frame of 20 ms of a tone, the n-th of a steady one.
pub fn tone(law: Law, hertz: f64, n: usize) -> Vec<u8> {
    (0..160)
        .map(|i| {
            let at = (n * 160 + i) as f64 / 8_000.0;
            let sample = 12_000.0 * (std::f64::consts::TAU * hertz * at).sin();
            g711::encode(law, sample as i16)
        })
        .collect()
}

/// The amplitude of one frequency (Goertzel), as a share of a full-scale tone of [`tone`].
pub fn amplitude(law: Law, bytes: &[u8], hertz: f64) -> f64 {
    let step = 2.0 * (std::f64::consts::TAU * hertz / 8_000.0).cos();
    let (mut before, mut last) = (0.0, 0.0);
    for byte in bytes {
        let next = g711::decode(law, *byte) as f64 + step * last - before;
        (before, last) = (last, next);
    }
    let power = before * before + last * last - step * before * last;
    2.0 * power.max(0.0).sqrt() / bytes.len().max(1) as f64 / 12_000.0
}

/// Whether one tone is heard and the other is not.
pub fn hears(law: Law, bytes: &[u8], this: f64, not_that: f64) -> bool {
    bytes.len() >= 1_600 && amplitude(law, bytes, this) > 0.5 && amplitude(law, bytes, not_that) < 0.05
}

#[test]
fn the_ear_tells_tones_apart() {
    let sound: Vec<u8> = (0..25).flat_map(|n| tone(Law::A, 440.0, n)).collect();
    assert!(hears(Law::A, &sound, 440.0, 1_000.0));
    assert!(!hears(Law::A, &sound, 1_000.0, 440.0));
    assert!(!hears(Law::A, &[0xd5; 4_000], 440.0, 1_000.0));
}
