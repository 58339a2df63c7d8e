//! Round trip, every truncation, order, splice, mutation.

use super::*;
use proptest::prelude::*;
use vocabulary::Span;
use vocabulary::audio::{FRAME_SAMPLES, Frame, Law, Side};

const KEY: FileKey = FileKey::new([7; 32]);

fn header(n: u128) -> Header {
    Header {
        recording: RecordingId(Ulid(n)),
        contact: ContactId(Ulid(n + 1)),
        tenant: TenantName::new("huduma").unwrap(),
        language: Language::SW,
        started_at: Time(1_795_000_000_000),
        purpose: Purpose::Service,
        transcribe: true,
        wrapped_key: [9; WRAPPED_KEY_BYTES],
    }
}

fn frame(n: u32) -> Frame {
    let side = if n.is_multiple_of(2) { Side::Citizen } else { Side::Agent };
    let law = if n.is_multiple_of(3) { Law::Mu } else { Law::A };
    let len = if n.is_multiple_of(7) { 80 } else { 160 };
    let mut samples = [n as u8; FRAME_SAMPLES];
    samples[len as usize..].fill(0);
    Frame { side, at_millis: n / 2 * 20, law, len, samples }
}

/// A file of `count` frames, and where each record begins.
fn file(n: u128, count: u32) -> (Vec<u8>, Vec<usize>) {
    file_of(n, (0..count).map(frame))
}

fn file_of(n: u128, frames: impl Iterator<Item = Frame>) -> (Vec<u8>, Vec<usize>) {
    let (mut sealer, mut out) = Sealer::new(&KEY, &header(n));
    let mut starts = vec![out.len()];
    for frame in frames {
        let before = out.len();
        assert!(sealer.push(&frame, &mut out));
        if out.len() > before {
            starts.push(out.len());
        }
    }
    let before = out.len();
    sealer.flush(&mut out);
    if out.len() > before {
        starts.push(out.len());
    }
    let closing = sealer.finish(&mut out);
    assert_eq!(closing.bytes, out.len() as u64);
    assert_eq!(closing.chunks as usize, starts.len() - 1);
    (out, starts)
}

fn read(bytes: &[u8]) -> Result<(Opened, Vec<Frame>), RecordingsError> {
    let mut frames = Vec::new();
    let opened = open(bytes, &KEY, |frame| frames.push(*frame))?;
    Ok((opened, frames))
}

#[test]
fn round_trip() {
    let (bytes, starts) = file(1, 401);
    assert_eq!(starts.len() - 1, 5, "four seconds and a bit");
    let (opened, frames) = read(&bytes).unwrap();
    assert!(opened.complete);
    assert_eq!(opened.header, header(1));
    assert_eq!(opened.length, Span::millis(4_020));
    assert_eq!(frames, (0..401).map(frame).collect::<Vec<_>>());
    let walked = walk(&bytes).unwrap();
    assert_eq!((walked.complete, walked.length, walked.whole_bytes), (true, opened.length, bytes.len() as u64));
}

#[test]
fn an_empty_recording_is_whole() {
    let (bytes, _) = file(1, 0);
    let (opened, frames) = read(&bytes).unwrap();
    assert!(opened.complete && frames.is_empty() && opened.length == Span::ZERO);
}

#[test]
fn nothing_of_the_sound_is_in_the_file() {
    let (mut sealer, mut out) = Sealer::new(&KEY, &header(1));
    let loud = Frame { side: Side::Citizen, at_millis: 0, law: Law::A, len: 160, samples: [0x2A; FRAME_SAMPLES] };
    assert!(sealer.push(&loud, &mut out));
    sealer.finish(&mut out);
    assert!(!out.windows(8).any(|w| w == [0x2A; 8]));
}

#[test]
fn every_truncation_plays_up_to_there() {
    // Few frames to a chunk, so that every single byte can be tried.
    let (bytes, starts) = file_of(1, (0..9).map(|n| Frame { at_millis: n * 250, ..frame(n) }));
    let whole = read(&bytes).unwrap().1;
    let header_length = starts[0];
    for cut in 0..bytes.len() {
        match read(&bytes[..cut]) {
            Err(RecordingsError::NotARecording(_)) => assert!(cut < header_length, "{cut}"),
            Err(other) => panic!("{cut}: {other}"),
            Ok((opened, frames)) => {
                assert!(cut >= header_length && !opened.complete, "{cut}");
                let chunks = starts.iter().filter(|start| **start <= cut).count() - 1;
                assert_eq!(frames.len(), [0, 4, 8, 9][chunks], "{cut}");
                assert_eq!(frames, whole[..frames.len()], "{cut}");
                let walked = walk(&bytes[..cut]).unwrap();
                assert_eq!(walked.whole_bytes as usize, starts[chunks], "{cut}");
                assert_eq!((walked.length, walked.complete), (opened.length, false), "{cut}");
            }
        }
    }
}

#[test]
fn zeros_after_a_power_cut_are_a_torn_end() {
    let (mut bytes, starts) = file(1, 130);
    bytes.truncate(starts[1]);
    bytes.extend([0; 4_096]);
    let (opened, frames) = read(&bytes).unwrap();
    assert!(!opened.complete);
    assert_eq!(frames.len(), 100);
}

#[test]
fn order_splice_repetition_and_afterthoughts_are_found() {
    let (bytes, starts) = file(1, 300);
    let (other, other_starts) = file(50, 300);
    assert_eq!(starts, other_starts);
    let record = |from: &[u8], n: usize| from[starts[n]..starts.get(n + 1).copied().unwrap_or(from.len())].to_vec();
    let join = |parts: Vec<Vec<u8>>| [vec![bytes[..starts[0]].to_vec()], parts].concat().concat();
    let whole = join(vec![record(&bytes, 0), record(&bytes, 1), record(&bytes, 2), record(&bytes, 3)]);
    assert_eq!(whole, bytes);
    for (name, parts) in [
        ("swapped", vec![record(&bytes, 1), record(&bytes, 0), record(&bytes, 2), record(&bytes, 3)]),
        ("one missing", vec![record(&bytes, 0), record(&bytes, 2), record(&bytes, 3)]),
        ("one twice", vec![record(&bytes, 0), record(&bytes, 0), record(&bytes, 1)]),
        ("another file's", vec![record(&bytes, 0), record(&other, 1), record(&bytes, 2), record(&bytes, 3)]),
        ("early end", vec![record(&bytes, 0), record(&bytes, 3)]),
        ("after the end", vec![record(&bytes, 0), record(&bytes, 1), record(&bytes, 2), record(&bytes, 3), vec![0]]),
    ] {
        assert!(matches!(read(&join(parts)), Err(RecordingsError::Tampered(_))), "{name}");
    }
}

#[test]
fn a_changed_header_is_found() {
    let (mut bytes, _) = file(1, 10);
    bytes[40] ^= 1;
    assert!(matches!(read(&bytes), Err(RecordingsError::Tampered(_))));
    let (mut bytes, _) = file(1, 10);
    bytes[4] = 2;
    assert!(matches!(read(&bytes), Err(RecordingsError::NewerVersion(2))));
}

#[test]
fn the_limits_end_a_file_instead_of_growing_it() {
    let (mut sealer, mut out) = Sealer::new(&KEY, &header(1));
    let mut late = frame(0);
    late.at_millis = MAX_MILLIS;
    assert!(!sealer.push(&late, &mut out));
    late.at_millis = u32::MAX;
    assert!(!sealer.push(&late, &mut out));
    for _ in 0..2_000 {
        late.at_millis = 0;
        assert!(sealer.push(&late, &mut out));
    }
    sealer.finish(&mut out);
    assert_eq!(read(&out).unwrap().1.len(), 2_000, "chunks of one moment are cut by size");
}

proptest! {
    #[test]
    fn mutated_bytes_never_panic_and_never_lie(at in 0usize..40_000, flip in 1u8.., cut in proptest::option::of(0usize..40_000)) {
        let (mut bytes, _) = file(1, 200);
        let whole = read(&bytes).unwrap().1;
        let at = at % bytes.len();
        bytes[at] ^= flip;
        if let Some(cut) = cut {
            bytes.truncate(cut);
        }
        let untouched = bytes.len() <= at;
        let _ = walk(&bytes);
        if let Ok((opened, frames)) = read(&bytes) {
            prop_assert!(!opened.complete || untouched);
            prop_assert_eq!(&frames[..], &whole[..frames.len()]);
        }
    }

    #[test]
    fn any_bytes_never_panic(mut bytes in proptest::collection::vec(any::<u8>(), 0..2_000), ours in any::<bool>()) {
        if ours {
            bytes.splice(..0, header(3).encode());
        }
        let _ = walk(&bytes);
        let _ = read(&bytes);
    }
}
