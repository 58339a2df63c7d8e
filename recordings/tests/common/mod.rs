//! A centre's recordings folder in a temporary place, and sound to put into it.

#![allow(dead_code, clippy::unwrap_used)]

use recordings::*;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::mpsc;
use vocabulary::audio::{FRAME_SAMPLES, Frame, Law, Side};
use vocabulary::{ContactId, Language, RecordingId, TenantName, Time, Ulid};

/// 15 November 2026, Nairobi noon.
pub const NOW: i64 = 1_794_733_200_000;
pub const CONTACT_KEY: [u8; 32] = [11; 32];
pub const CITIZEN_HERTZ: f64 = 440.0;
pub const AGENT_HERTZ: f64 = 1_000.0;

pub struct Centre {
    pub folder: tempfile::TempDir,
    pub store: Arc<Store>,
    pub keeper: Keeper,
    pub recorder: Recorder,
    pub events: mpsc::Receiver<RecorderEvent>,
}

pub fn key() -> ContactKey {
    ContactKey::new(CONTACT_KEY)
}

pub fn recording(n: u128) -> RecordingId {
    RecordingId(Ulid::from_parts(NOW as u64, n))
}

pub fn contact(n: u128) -> ContactId {
    ContactId(Ulid::from_parts(NOW as u64, n + 1_000_000))
}

impl Centre {
    pub fn new() -> Centre {
        let folder = tempfile::tempdir().unwrap();
        let (store, recovered) = Store::open(&folder.path().join("recordings")).unwrap();
        assert!(recovered.is_empty());
        let store = Arc::new(store);
        let private = KeeperPrivate::create(&folder.path().join("keeper.key")).unwrap();
        let config =
            RecorderConfig { store: store.clone(), keeper: private.public(), fsync: FsyncPolicy::default() };
        let (recorder, events) = Recorder::start(config).unwrap();
        Centre { keeper: Keeper::new(store.clone(), private), folder, store, recorder, events }
    }

    pub fn root(&self) -> PathBuf {
        self.folder.path().join("recordings")
    }

    /// Begins recording `n` and gives the tap's other end.
    pub fn begin(&self, n: u128, transcribe: bool) -> rtrb::Producer<Frame> {
        let (tap, frames) = rtrb::RingBuffer::new(RING_FRAMES);
        self.recorder.begin(begin(n, transcribe, frames)).unwrap();
        tap
    }

    pub fn event(&mut self) -> RecorderEvent {
        self.events.blocking_recv().unwrap()
    }

    pub fn closed(&mut self) -> Closed {
        match self.event() {
            RecorderEvent::Closed(closed) => closed,
            other => panic!("{other:?}"),
        }
    }
}

pub fn begin(n: u128, transcribe: bool, frames: rtrb::Consumer<Frame>) -> Begin {
    Begin {
        recording: recording(n),
        contact: contact(n),
        tenant: TenantName::new("huduma").unwrap(),
        language: Language::SW,
        started_at: Time(NOW),
        purpose: Purpose::Service,
        transcribe,
        contact_key: key(),
        frames,
    }
}

/// 20 ms of a tone in A-law.
pub fn tone(side: Side, at_millis: u32) -> Frame {
    let hertz = if side == Side::Citizen { CITIZEN_HERTZ } else { AGENT_HERTZ };
    let mut samples = [0; FRAME_SAMPLES];
    for (i, sample) in samples.iter_mut().enumerate() {
        let t = (f64::from(at_millis) * 8.0 + i as f64) / 8_000.0;
        *sample = alaw((t * hertz * std::f64::consts::TAU).sin() * 12_000.0);
    }
    Frame { side, at_millis, law: Law::A, len: 160, samples }
}

fn alaw(value: f64) -> u8 {
    use audio_codec::Encoder;
    let mut out = [0];
    audio_codec::pcma::PcmaEncoder::new().encode_into(&[value as i16], &mut out).unwrap();
    out[0]
}

/// How loud `hertz` is in the samples.
pub fn loudness(samples: &[i16], hertz: f64) -> f64 {
    let (mut re, mut im) = (0.0, 0.0);
    for (i, s) in samples.iter().enumerate() {
        let angle = std::f64::consts::TAU * hertz * i as f64 / 8_000.0;
        re += f64::from(*s) * angle.cos();
        im += f64::from(*s) * angle.sin();
    }
    (re * re + im * im).sqrt() * 2.0 / samples.len() as f64
}

/// Both channels of a WAV file.
pub fn channels(wav: &[u8]) -> (Vec<i16>, Vec<i16>) {
    let mut reader = hound::WavReader::new(wav).unwrap();
    let spec = reader.spec();
    assert_eq!((spec.sample_rate, spec.bits_per_sample, spec.channels), (8_000, 16, 2));
    let samples: Vec<i16> = reader.samples().map(Result::unwrap).collect();
    (samples.iter().step_by(2).copied().collect(), samples.iter().skip(1).step_by(2).copied().collect())
}

/// Every file under a folder.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { all.extend(files(&path)) } else { all.push(path) }
    }
    all.sort();
    all
}

/// Whether any file under a folder holds eight bytes in a row of what was said.
pub fn heard_in(folder: &Path, said: &Frame) -> bool {
    files(folder).iter().any(|path| {
        let bytes = std::fs::read(path).unwrap();
        bytes.windows(8).any(|w| said.samples.windows(8).any(|s| s == w))
    })
}
