//! Transcription with the real whisper.cpp over a model made here.

#![allow(clippy::unwrap_used)]

#[path = "common/mod.rs"]
mod common;
#[path = "common/model.rs"]
mod model;

use common::*;
use model::{Model, WORD};
use recordings::*;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use vocabulary::audio::Side;
use vocabulary::{Language, RecordingId};

const MULTILINGUAL: usize = 51_865;
const ENGLISH: usize = 51_864;

struct Bench {
    centre: Centre,
    keeper: Arc<Keeper>,
}

impl Bench {
    fn new() -> Bench {
        let centre = Centre::new();
        let private = KeeperPrivate::load(&centre.folder.path().join("keeper.key")).unwrap();
        let keeper = Arc::new(Keeper::new(centre.store.clone(), private));
        Bench { centre, keeper }
    }

    /// A closed recording in which each side speaks in the given seconds.
    fn record(&mut self, n: u128, language: Language, citizen: std::ops::Range<u32>, agent: std::ops::Range<u32>) {
        let (mut tap, frames) = rtrb::RingBuffer::new(RING_FRAMES);
        let begin = Begin { language, ..begin(n, true, frames) };
        self.centre.recorder.begin(begin).unwrap();
        for at in (0..4_000).step_by(20) {
            for (side, spoken) in [(Side::Citizen, &citizen), (Side::Agent, &agent)] {
                if spoken.contains(&(at / 1_000)) {
                    tap.push(tone(side, at)).unwrap();
                }
            }
        }
        self.centre.recorder.stop(recording(n), Fate::Keep).unwrap();
        assert!(self.centre.closed().complete);
    }

    fn transcription(&self, model: Option<&Path>) -> Result<Transcription, RecordingsError> {
        Transcription::open(self.centre.store.clone(), self.keeper.clone(), model)
    }

    fn model(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.centre.folder.path().join(name);
        model::write(&path, bytes);
        path
    }
}

#[test]
fn hears_both_sides_in_the_contacts_language() {
    let mut bench = Bench::new();
    bench.record(1, Language::SW, 0..2, 2..4);
    bench.record(2, Language::SW, 0..4, 0..0);
    let path = bench.model("tiny.bin", &Model::new(MULTILINGUAL).file());
    let transcription = bench.transcription(Some(&path)).unwrap();
    assert_eq!(transcription.state(), ModelState::Ready { name: "tiny.bin".into(), multilingual: true });
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let first = transcription.next().unwrap();
    assert_eq!(first.recording, recording(1), "the oldest first");
    let made = runtime.block_on(transcription.run(&first, key())).unwrap();
    assert_eq!((made.recording, made.contact, made.language), (recording(1), contact(1), Language::SW));
    assert_eq!((made.model.as_str(), made.complete), ("tiny.bin", true));
    for side in [Side::Citizen, Side::Agent] {
        let said: Vec<&Segment> = made.segments.iter().filter(|s| s.side == side).collect();
        assert!(!said.is_empty(), "{made:?}");
        for segment in said {
            let words: Vec<&str> = segment.text.split(' ').collect();
            assert!(words.iter().all(|w| *w == WORD.trim()), "{:?}", segment.text);
            assert!(segment.from_millis < segment.to_millis && segment.to_millis <= 4_000, "{segment:?}");
        }
    }
    assert_eq!(transcription.next(), Some(first.clone()), "the wish stays until the text is stored");
    transcription.done(recording(1)).unwrap();
    let second = transcription.next().unwrap();
    let made = runtime.block_on(transcription.run(&second, key())).unwrap();
    assert!(!made.segments.is_empty() && made.segments.iter().all(|s| s.side == Side::Citizen), "silence stays silent");
    let wrong = runtime.block_on(transcription.run(&second, ContactKey::new([0; 32])));
    assert!(matches!(wrong, Err(RecordingsError::WrongKey)));
}

#[test]
fn without_a_model_the_wish_waits_and_survives() {
    let mut bench = Bench::new();
    for n in [3, 1, 2] {
        bench.record(n, Language::SW, 0..1, 0..1);
    }
    let transcription = bench.transcription(None).unwrap();
    assert_eq!(transcription.state(), ModelState::NoModel);
    assert_eq!((transcription.waiting(), transcription.next()), (3, None));
    let todo = Todo { recording: recording(1), contact: contact(1), language: Language::SW, attempts: 0 };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let refused = runtime.block_on(transcription.run(&todo, key()));
    assert!(matches!(refused, Err(RecordingsError::NoModel)));

    // A later start, with a model.
    let (store, _) = Store::open(&bench.centre.root()).unwrap();
    let path = bench.model("tiny.bin", &Model::new(MULTILINGUAL).file());
    let later = Transcription::open(Arc::new(store), bench.keeper.clone(), Some(&path)).unwrap();
    let order = |transcription: &Transcription| {
        let mut order: Vec<RecordingId> = Vec::new();
        while let Some(todo) = transcription.next() {
            order.push(todo.recording);
            transcription.done(todo.recording).unwrap();
        }
        order
    };
    // One that fails goes behind the others, and is set aside after the third time.
    assert!(!later.failed(recording(1)).unwrap());
    assert_eq!(later.next().unwrap().recording, recording(2));
    assert!(!later.failed(recording(2)).unwrap() && !later.failed(recording(2)).unwrap());
    assert!(later.failed(recording(2)).unwrap());
    assert_eq!(order(&later), [recording(3), recording(1)]);
    let (store, _) = Store::open(&bench.centre.root()).unwrap();
    let again = Transcription::open(Arc::new(store), bench.keeper.clone(), Some(&path)).unwrap();
    assert_eq!(again.waiting(), 0);
}

#[test]
fn a_language_the_model_does_not_know_is_refused() {
    let mut bench = Bench::new();
    bench.record(1, Language::SW, 0..1, 0..1);
    bench.record(2, Language::EN, 0..1, 0..1);
    bench.record(3, Language::new("luo").unwrap(), 0..1, 0..1);
    bench.record(4, Language::new("sw-x-sheng").unwrap(), 0..1, 0..1);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for (vocabulary, known) in [(ENGLISH, [false, true, false, false]), (MULTILINGUAL, [true, true, false, true])] {
        let path = bench.model(&format!("{vocabulary}.bin"), &Model::new(vocabulary).file());
        let transcription = bench.transcription(Some(&path)).unwrap();
        for (n, language) in [(1, "sw"), (2, "en"), (3, "luo"), (4, "sw-x-sheng")] {
            let language = Language::new(language).unwrap();
            let todo = Todo { recording: recording(n), contact: contact(n), language, attempts: 0 };
            match runtime.block_on(transcription.run(&todo, key())) {
                Ok(made) => assert!(known[n as usize - 1] && made.language == language, "{vocabulary} {language}"),
                Err(RecordingsError::LanguageNotInModel(refused)) => {
                    assert!(!known[n as usize - 1] && refused == language, "{vocabulary} {language}");
                }
                Err(other) => panic!("{other}"),
            }
        }
    }
}

#[test]
fn bad_model_files_are_named_and_kill_nothing() {
    let bench = Bench::new();
    let good = Model::new(MULTILINGUAL).file();
    let changed = |at: usize, n: i32| {
        let mut bytes = good.clone();
        bytes[at..at + 4].copy_from_slice(&n.to_le_bytes());
        bytes
    };
    let head = Model::new(MULTILINGUAL).without_tensors();
    let mut renamed = good.clone();
    let at = head.len() + 20;
    renamed[at..at + 7].copy_from_slice(b"DECODER");
    // The one word of one letter, a blank.
    let blank = head.windows(5).rposition(|w| w == b"\x01\0\0\0 ").unwrap() + 4;
    let mut blankless = good.clone();
    blankless[blank] = b'_';
    let cases: Vec<(&str, Vec<u8>, ModelFault)> = vec![
        ("empty.bin", vec![], ModelFault::Magic),
        ("text.bin", b"version https://git-lfs".to_vec(), ModelFault::Magic),
        ("vocabulary.bin", changed(4, i32::MAX), ModelFault::Shape("the size of its vocabulary")),
        ("layers.bin", changed(20, -1), ModelFault::Shape("its number of layers")),
        ("heads.bin", changed(16, 7), ModelFault::Shape("its encoder's heads")),
        ("filters.bin", changed(48, i32::MAX), ModelFault::Shape("the size of its mel filters")),
        ("untrained.bin", head.clone(), ModelFault::Empty),
        ("cut.bin", good[..good.len() - 10].to_vec(), ModelFault::Short("a tensor")),
        ("cut-early.bin", good[..20].to_vec(), ModelFault::Short("the parameters")),
        ("renamed.bin", renamed, ModelFault::Refused),
        ("blankless.bin", blankless, ModelFault::Shape("its vocabulary lacks the blank or the dash")),
        ("tensor.bin", changed(head.len(), 1_000), ModelFault::Shape("the head of a tensor")),
    ];
    for (name, bytes, expected) in cases {
        let path = bench.model(name, &bytes);
        match bench.transcription(Some(&path)) {
            Err(RecordingsError::Model { fault, path: named }) => {
                assert_eq!(fault, expected, "{name}");
                assert_eq!(named, path);
            }
            other => panic!("{name}: {:?}", other.map(|t| t.state())),
        }
    }
    let missing = bench.transcription(Some(Path::new("/nowhere/model.bin")));
    let shown = missing.err().unwrap().to_string();
    assert!(shown.contains("/nowhere/model.bin") && shown.contains("not found"), "{shown}");
    let folder = bench.transcription(Some(bench.centre.folder.path()));
    assert!(matches!(folder, Err(RecordingsError::Model { fault: ModelFault::Unreadable(_), .. })));
}
