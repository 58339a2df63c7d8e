//! Tones and ears: WAV files for clients to speak, and how much of a tone a recording holds.

use std::f64::consts::TAU;
use std::path::Path;

/// Writes a sine tone: 16-bit mono.
pub fn write_tone(path: &Path, hertz: f64, rate: u32, seconds: u32) {
    let spec = hound::WavSpec { channels: 1, sample_rate: rate, bits_per_sample: 16, sample_format: hound::SampleFormat::Int };
    let mut writer = hound::WavWriter::create(path, spec).expect("a wav file");
    for n in 0..rate * seconds {
        let sample = (TAU * hertz * f64::from(n) / f64::from(rate)).sin() * 12_000.0;
        writer.write_sample(sample as i16).expect("written");
    }
    writer.finalize().expect("finished");
}

/// Samples of a mono 16-bit WAV file that is still being written: its header's lengths are not filled
/// in yet, so the data is taken to go on to the end.
pub fn read_open(bytes: &[u8]) -> (Vec<i16>, u32) {
    let Some(data) = bytes.windows(4).position(|w| w == b"data") else { return (Vec::new(), 8_000) };
    let rate = bytes.get(24..28).map_or(8_000, |r| u32::from_le_bytes(r.try_into().expect("four bytes")));
    let samples = bytes[(data + 8).min(bytes.len())..].chunks_exact(2).map(|s| i16::from_le_bytes([s[0], s[1]]));
    (samples.collect(), rate)
}

/// Samples of one channel of a WAV file, and its rate.
pub fn read_channel(bytes: &[u8], channel: usize) -> (Vec<i16>, u32) {
    let Ok(mut reader) = hound::WavReader::new(bytes) else { return (Vec::new(), 8_000) };
    let (channels, rate) = (usize::from(reader.spec().channels), reader.spec().sample_rate);
    let samples: Vec<i16> = reader.samples::<i16>().map_while(Result::ok).collect();
    (samples.into_iter().skip(channel).step_by(channels.max(1)).collect(), rate)
}

/// The share of a second's energy that lies at `hertz`, for the loudest second; 0 to about 1.
pub fn share_of(samples: &[i16], rate: u32, hertz: f64) -> f64 {
    samples.chunks(rate as usize).filter(|c| c.len() == rate as usize).map(|second| share(second, rate, hertz)).fold(0.0, f64::max)
}

/// The same for the quietest second that holds sound at all.
pub fn least_share_of(samples: &[i16], rate: u32, hertz: f64) -> f64 {
    let loud = samples.chunks(rate as usize).filter(|c| c.len() == rate as usize && energy(c) > 1e6 * c.len() as f64);
    loud.map(|second| share(second, rate, hertz)).fold(1.0, f64::min)
}

fn energy(samples: &[i16]) -> f64 {
    samples.iter().map(|s| f64::from(*s) * f64::from(*s)).sum()
}

/// Goertzel over one stretch, as a share of its energy.
fn share(samples: &[i16], rate: u32, hertz: f64) -> f64 {
    let total = energy(samples);
    if total < 1e4 * samples.len() as f64 {
        return 0.0;
    }
    let (mut re, mut im) = (0.0, 0.0);
    for (n, sample) in samples.iter().enumerate() {
        let angle = TAU * hertz * n as f64 / f64::from(rate);
        re += f64::from(*sample) * angle.cos();
        im += f64::from(*sample) * angle.sin();
    }
    2.0 * (re * re + im * im) / (samples.len() as f64 * total)
}

#[test]
fn ears_hear_the_right_tone() {
    let folder = tempfile::tempdir().expect("temp");
    let path = folder.path().join("t.wav");
    write_tone(&path, 440.0, 8_000, 2);
    let (samples, rate) = read_channel(&std::fs::read(&path).expect("there"), 0);
    assert!(share_of(&samples, rate, 440.0) > 0.95);
    assert!(share_of(&samples, rate, 1_000.0) < 0.01);
}
