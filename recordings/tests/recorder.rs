//! The recorder, the store and the keeper together, over a real folder.

#![allow(clippy::unwrap_used)]

mod common;

use common::*;
use recordings::*;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::sync::Arc;
use vocabulary::Span;
use vocabulary::audio::{Frame, Law, Side};
use vocabulary::event::{DiscardCause, Kept};

fn talk(tap: &mut rtrb::Producer<Frame>, side: Side, from: u32, to: u32) {
    for at in (from..to).step_by(20) {
        tap.push(tone(side, at)).unwrap();
    }
}

#[test]
fn both_sides_come_back_aligned_with_their_gaps() {
    let mut centre = Centre::new();
    let mut tap = centre.begin(1, false);
    talk(&mut tap, Side::Citizen, 0, 1_000);
    talk(&mut tap, Side::Agent, 1_500, 2_500);
    talk(&mut tap, Side::Citizen, 3_000, 4_000);
    centre.recorder.stop(recording(1), Fate::Keep).unwrap();
    let closed = centre.closed();
    assert_eq!((closed.recording, closed.contact), (recording(1), contact(1)));
    assert_eq!((closed.length, closed.complete, closed.kept), (Span::seconds(4), true, Kept::Ordinary));
    let found = centre.store.find(recording(1), Reader::Ordinary).unwrap();
    assert!(found.path.ends_with(format!("recordings/2026/11/{}.hrec", recording(1))));
    assert_eq!(fs::metadata(&found.path).unwrap().len(), closed.bytes);

    let played = centre.keeper.play(recording(1), Reader::Ordinary, &key(), Tracks::Both).unwrap();
    assert!(played.complete);
    assert_eq!(played.length, Span::seconds(4));
    let (left, right) = channels(&played.wav);
    assert_eq!(left.len(), 32_000);
    let part = |samples: &[i16], second: f64| samples[(second * 8_000.0) as usize..][..4_000].to_vec();
    assert!(loudness(&part(&left, 0.25), CITIZEN_HERTZ) > 11_000.0);
    assert!(loudness(&part(&left, 0.25), AGENT_HERTZ) < 100.0);
    assert!(loudness(&part(&right, 1.75), AGENT_HERTZ) > 11_000.0);
    assert!(loudness(&part(&left, 3.25), CITIZEN_HERTZ) > 11_000.0);
    assert!(part(&left, 1.0).iter().chain(&part(&left, 2.5)).all(|s| *s == 0), "silence where nobody spoke");
    assert!(part(&right, 0.5).iter().chain(&part(&right, 3.0)).all(|s| *s == 0));

    let own = centre.keeper.play(recording(1), Reader::Ordinary, &key(), Tracks::Only(Side::Citizen)).unwrap();
    let mono: Vec<i16> = hound::WavReader::new(&own.wav[..]).unwrap().samples().map(Result::unwrap).collect();
    assert_eq!(mono, left);
}

#[test]
fn discarded_bytes_are_gone() {
    let mut centre = Centre::new();
    let mut tap = centre.begin(1, true);
    talk(&mut tap, Side::Citizen, 0, 5_000);
    let open = loop {
        let found = files(&centre.root());
        if let [path] = &found[..]
            && fs::metadata(path).unwrap().len() > 20_000
        {
            break path.clone();
        }
        std::thread::yield_now();
    };
    assert!(!heard_in(&centre.root(), &tone(Side::Citizen, 0)), "what lies on the disk is sealed from the start");
    // A second name for the same blocks shows that they were overwritten and not only forgotten.
    let witness = centre.folder.path().join("witness");
    fs::hard_link(&open, &witness).unwrap();
    centre.recorder.stop(recording(1), Fate::Discard(DiscardCause::Refused)).unwrap();
    let discarded =
        RecorderEvent::Discarded { recording: recording(1), contact: contact(1), why: DiscardCause::Refused };
    assert_eq!(centre.event(), discarded);
    assert_eq!(files(&centre.root()), Vec::<std::path::PathBuf>::new());
    let left = fs::read(&witness).unwrap();
    assert!(left.len() > 20_000 && left.iter().all(|b| *b == 0));
    assert!(matches!(centre.store.find(recording(1), Reader::Dpo), Err(RecordingsError::NotFound)));
}

#[test]
fn what_the_policy_forbids_leaves_no_byte() {
    for facts in [
        vec![Fact::Bridged],
        vec![Fact::NoticeHeard, Fact::Refused, Fact::Bridged],
        vec![Fact::SafeLine, Fact::Bridged],
        vec![Fact::SafeLine, Fact::Requested, Fact::Bridged],
    ] {
        let mut centre = Centre::new();
        let mut course = Course::new();
        let (mut tap, frames) = rtrb::RingBuffer::new(RING_FRAMES);
        let mut frames = Some(frames);
        let mut began = false;
        for fact in &facts {
            course.tell(*fact);
            if let Order::Start(_) = course.order(None) {
                centre.recorder.begin(begin(1, false, frames.take().unwrap())).unwrap();
                began = true;
            }
        }
        for at in (0..2_000).step_by(20) {
            let _ = tap.push(tone(Side::Citizen, at));
        }
        assert_eq!(began, facts.contains(&Fact::Requested), "{facts:?}");
        if began {
            // The control: the same steps do leave a file when the citizen asked for it.
            centre.recorder.stop(recording(1), course.fate(Purpose::Evidence)).unwrap();
            assert_eq!(centre.closed().length, Span::seconds(2));
        }
        let root = centre.root();
        centre.recorder.shut_down();
        assert_eq!(files(&root).len(), usize::from(began), "{facts:?}");
    }
}

#[test]
fn sealed_for_the_officer_is_not_found_by_others() {
    let mut centre = Centre::new();
    let mut tap = centre.begin(1, true);
    talk(&mut tap, Side::Agent, 0, 1_000);
    centre.recorder.stop(recording(1), Fate::SealForDpo).unwrap();
    assert_eq!(centre.closed().kept, Kept::SealedForDpo);
    let play = |reader| centre.keeper.play(recording(1), reader, &key(), Tracks::Both);
    assert!(matches!(play(Reader::Ordinary), Err(RecordingsError::NotFound)));
    assert_eq!(play(Reader::Dpo).unwrap().length, Span::seconds(1));
    assert_eq!(files(&centre.root()).len(), 1, "and no marker asks for a transcript");
    let listed = centre.store.list().unwrap();
    assert_eq!((listed.len(), listed[0].kept), (1, Kept::SealedForDpo));
}

#[test]
fn a_closed_recording_follows_a_late_decision() {
    let mut centre = Centre::new();
    for n in 1..=2 {
        let mut tap = centre.begin(n, true);
        talk(&mut tap, Side::Agent, 0, 1_000);
        centre.recorder.stop(recording(n), Fate::Keep).unwrap();
        centre.closed();
    }
    assert_eq!(files(&centre.root()).len(), 4, "two recordings, two wishes for a transcript");
    centre.recorder.stop(recording(1), Fate::Discard(DiscardCause::Withdrawn)).unwrap();
    assert!(matches!(centre.event(), RecorderEvent::Discarded { why: DiscardCause::Withdrawn, .. }));
    assert_eq!(files(&centre.root()).len(), 2);
    assert_eq!(centre.store.settle(recording(2), Fate::SealForDpo).unwrap(), contact(2));
    assert!(centre.store.find(recording(2), Reader::Ordinary).is_err());
    assert_eq!(files(&centre.root()).len(), 1);
    assert!(matches!(centre.store.settle(recording(1), Fate::Keep), Err(RecordingsError::NotFound)));
}

#[test]
fn both_keys_are_needed_and_destroying_one_erases() {
    let mut centre = Centre::new();
    let mut tap = centre.begin(1, false);
    talk(&mut tap, Side::Agent, 0, 1_000);
    centre.recorder.stop(recording(1), Fate::Keep).unwrap();
    centre.closed();
    let play = |keeper: &Keeper, key: &ContactKey| keeper.play(recording(1), Reader::Ordinary, key, Tracks::Both);
    assert!(play(&centre.keeper, &key()).is_ok());
    let replaced = ContactKey::new([12; 32]);
    assert!(matches!(play(&centre.keeper, &replaced), Err(RecordingsError::WrongKey)));
    let stranger = Keeper::new(centre.store.clone(), KeeperPrivate::generate());
    assert!(matches!(play(&stranger, &key()), Err(RecordingsError::WrongKey)));
}

#[test]
fn cut_files_play_and_changed_files_do_not() {
    let mut centre = Centre::new();
    let mut tap = centre.begin(1, false);
    talk(&mut tap, Side::Agent, 0, 5_000);
    centre.recorder.stop(recording(1), Fate::Keep).unwrap();
    centre.closed();
    let path = centre.store.find(recording(1), Reader::Ordinary).unwrap().path;
    let whole = fs::read(&path).unwrap();
    let play = || centre.keeper.play(recording(1), Reader::Ordinary, &key(), Tracks::Both);
    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    let played = play().unwrap();
    assert!(!played.complete);
    assert_eq!(played.length, Span::seconds(2), "the whole chunks before the cut");
    let mut changed = whole.clone();
    changed[whole.len() / 2] ^= 0x40;
    fs::write(&path, &changed).unwrap();
    assert!(matches!(play(), Err(RecordingsError::Tampered(_))));
    fs::write(&path, b"HREC").unwrap();
    assert!(matches!(play(), Err(RecordingsError::NotARecording(_))));
    // A whole file of ours under another's name is refused too.
    fs::write(centre.root().join("2026/11").join(format!("{}.hrec", recording(2))), &whole).unwrap();
    let other = centre.keeper.play(recording(2), Reader::Ordinary, &key(), Tracks::Both);
    assert!(matches!(other, Err(RecordingsError::Tampered(_))));
}

#[test]
fn many_at_once_lose_nothing() {
    const CALLS: u128 = 60;
    let mut centre = Centre::new();
    let mut taps: Vec<_> = (0..CALLS).map(|n| centre.begin(n, false)).collect();
    for at in (0..4_000).step_by(20) {
        for tap in &mut taps {
            tap.push(tone(Side::Citizen, at)).unwrap();
            tap.push(tone(Side::Agent, at)).unwrap();
        }
    }
    for n in 0..CALLS {
        centre.recorder.stop(recording(n), Fate::Keep).unwrap();
    }
    for _ in 0..CALLS {
        let closed = centre.closed();
        assert!(closed.complete);
        assert_eq!(closed.length, Span::seconds(4));
        let played = centre.keeper.play(closed.recording, Reader::Ordinary, &key(), Tracks::Both).unwrap();
        let (left, right) = channels(&played.wav);
        assert!(loudness(&left, CITIZEN_HERTZ) > 11_000.0 && loudness(&right, AGENT_HERTZ) > 11_000.0);
    }
}

#[test]
fn a_recording_at_its_limit_closes_itself() {
    let mut centre = Centre::new();
    let mut tap = centre.begin(1, false);
    talk(&mut tap, Side::Agent, 0, 1_000);
    tap.push(tone(Side::Agent, recordings::format::MAX_MILLIS)).unwrap();
    let closed = centre.closed();
    assert_eq!((closed.length, closed.complete), (Span::seconds(1), true));
}

#[test]
fn a_second_recording_of_the_same_name_is_refused() {
    let mut centre = Centre::new();
    let mut tap = centre.begin(1, false);
    let _second = centre.begin(1, false);
    assert_eq!(centre.event(), RecorderEvent::Failed { recording: recording(1), fate: None });
    talk(&mut tap, Side::Agent, 0, 500);
    centre.recorder.stop(recording(1), Fate::Keep).unwrap();
    assert_eq!(centre.closed().length, Span::millis(500), "the first goes on");
}

#[test]
fn stopping_the_program_closes_everything() {
    let centre = Centre::new();
    let mut tap = centre.begin(1, true);
    talk(&mut tap, Side::Agent, 0, 1_000);
    let Centre { recorder, mut events, keeper, .. } = centre;
    recorder.shut_down();
    assert!(matches!(events.blocking_recv(), Some(RecorderEvent::Closed(Closed { complete: true, .. }))));
    assert!(events.blocking_recv().is_none());
    assert!(keeper.play(recording(1), Reader::Ordinary, &key(), Tracks::Both).unwrap().complete);
}

#[test]
fn mu_law_and_a_law_may_be_mixed() {
    let mut centre = Centre::new();
    let mut tap = centre.begin(1, false);
    tap.push(Frame { law: Law::Mu, samples: [0x80; 160], ..tone(Side::Citizen, 0) }).unwrap();
    tap.push(Frame { law: Law::A, samples: [0xAA; 160], ..tone(Side::Agent, 0) }).unwrap();
    centre.recorder.stop(recording(1), Fate::Keep).unwrap();
    centre.closed();
    let (left, right) =
        channels(&centre.keeper.play(recording(1), Reader::Ordinary, &key(), Tracks::Both).unwrap().wav);
    assert_eq!((left[0], right[0]), (32_124, 32_256), "G.711's loudest of either law");
}

/// Not a test of its own: the process that [`a_killed_program_leaves_playable_recordings`] kills.
#[test]
#[ignore = "run as a child process by the crash test"]
fn crash_child() {
    let folder = std::path::PathBuf::from(std::env::var("CRASH_FOLDER").unwrap());
    let (store, _) = Store::open(&folder.join("recordings")).unwrap();
    let keeper = KeeperPublic::load(&folder.join("keeper.pub")).unwrap();
    let config = RecorderConfig { store: Arc::new(store), keeper, fsync: FsyncPolicy::OnClose };
    let (recorder, _events) = Recorder::start(config).unwrap();
    for n in 1..=2 {
        let (mut tap, frames) = rtrb::RingBuffer::new(RING_FRAMES);
        recorder.begin(begin(n, n == 1, frames)).unwrap();
        talk(&mut tap, Side::Citizen, 0, 3_500);
    }
    let written = || files(&folder.join("recordings")).iter().filter(|p| fs::metadata(p).unwrap().size() > 20_000).count();
    while written() < 2 {
        std::thread::yield_now();
    }
    std::process::abort();
}

#[test]
fn a_killed_program_leaves_playable_recordings() {
    let folder = tempfile::tempdir().unwrap();
    let private = KeeperPrivate::create(&folder.path().join("keeper.key")).unwrap();
    private.public().save(&folder.path().join("keeper.pub")).unwrap();
    let status = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "crash_child", "--test-threads", "1"])
        .env("CRASH_FOLDER", folder.path())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .status()
        .unwrap();
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(6), "it did not reach its abort: {status}");
    let root = folder.path().join("recordings");
    let open: Vec<_> = files(&root);
    assert!(open.iter().all(|p| p.extension().unwrap() == "open") && open.len() == 2, "{open:?}");
    // One of them was torn in the middle of a record, one got no further than its first bytes.
    let torn = fs::OpenOptions::new().write(true).open(&open[1]).unwrap();
    torn.set_len(torn.metadata().unwrap().len() - 7).unwrap();
    fs::write(root.join("2026/11").join(format!("{}.open", recording(3))), b"HREC\x01\x00").unwrap();

    let (store, recovered) = Store::open(&root).unwrap();
    let ids: Vec<_> = recovered.iter().map(|r| (r.header.recording, r.complete)).collect();
    assert_eq!(ids, [(recording(1), false), (recording(2), false)]);
    assert_eq!(recovered[0].header.contact, contact(1));
    let store = Arc::new(store);
    let keeper = Keeper::new(store.clone(), private);
    for found in &recovered {
        assert!((1_000..=3_500).contains(&found.length.0), "{found:?}");
        let played = keeper.play(found.header.recording, Reader::Ordinary, &key(), Tracks::Both).unwrap();
        assert!(!played.complete);
        assert_eq!(played.length, found.length);
        assert!(loudness(&channels(&played.wav).0, CITIZEN_HERTZ) > 11_000.0);
    }
    assert!(recovered[1].length < recovered[0].length, "the torn record is not in it");
    let endings: Vec<_> =
        files(&root).iter().map(|p| p.extension().unwrap().to_str().unwrap().to_owned()).collect();
    assert_eq!(endings, ["hrec", "todo", "hrec"], "the wish for a transcript survived, the empty file did not");
    assert!(Store::open(&root).unwrap().1.is_empty(), "a second start finds nothing to recover");
}
