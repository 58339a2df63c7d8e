//! Sealed records to frames. Foreign bytes never panic: what is whole and authentic is given out,
//! what is missing at the end is said, what was changed is an error.

use super::seal::{FRAME_AGENT, FRAME_HEAD, FRAME_MU};
use super::{FileKey, Header, Kind, MAX_CHUNKS, RECORD_HEAD, RecordHead, nonce};
use crate::RecordingsError;
use aes_gcm::aead::AeadInOut;
use aes_gcm::{Aes256Gcm, KeyInit};
use vocabulary::Span;
use vocabulary::audio::{FRAME_SAMPLES, Frame, Law, Side};
use zeroize::Zeroizing;

/// What was in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// The header, authenticated when at least one record was.
    pub header: Header,
    /// How far the sound goes.
    pub length: Span,
    /// Whether the authenticated end is there. `false`: the file was cut short and plays up to there.
    pub complete: bool,
    /// How many frames were given out.
    pub frames: u64,
}

/// What the framing of a file says, without any key. Nothing of it is authenticated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Walked {
    /// The header.
    pub header: Header,
    /// The bytes up to the end of the last whole record; what follows is torn.
    pub whole_bytes: u64,
    /// How far the sound goes.
    pub length: Span,
    /// Whether the end record is there.
    pub complete: bool,
}

enum Next<'a> {
    Record(RecordHead, &'a [u8; RECORD_HEAD], &'a [u8]),
    /// The bytes end here, inside a record or between two.
    Torn,
    /// What stands here is no record.
    Nonsense,
}

fn next(rest: &[u8]) -> Next<'_> {
    let Some((head, body)) = rest.split_first_chunk::<RECORD_HEAD>() else {
        return Next::Torn;
    };
    let Some(parsed) = RecordHead::decode(head) else {
        // After a power cut a file system may leave zeros where a record was to be.
        return if rest.iter().all(|b| *b == 0) { Next::Torn } else { Next::Nonsense };
    };
    match body.get(..parsed.length as usize) {
        Some(body) => Next::Record(parsed, head, body),
        None => Next::Torn,
    }
}

/// Opens a file and gives each frame to `sink`, in the order they were written.
///
/// # Errors
/// [`RecordingsError::NotARecording`] and [`RecordingsError::NewerVersion`] for the header;
/// [`RecordingsError::Tampered`] when a whole record is not authentic. Frames before it were given out:
/// a caller that gets an error throws them away.
pub fn open(bytes: &[u8], key: &FileKey, mut sink: impl FnMut(&Frame)) -> Result<Opened, RecordingsError> {
    let (header, header_length) = Header::decode(bytes)?;
    let cipher = Aes256Gcm::new(&key.0.into());
    let mut opened = Opened { header, length: Span::ZERO, complete: false, frames: 0 };
    let mut bound = bytes[..header_length].to_vec();
    let mut index = Vec::new();
    let mut at = header_length;
    let mut chunks = 0;
    loop {
        let (head, head_bytes, sealed) = match next(&bytes[at..]) {
            Next::Record(head, head_bytes, sealed) => (head, head_bytes, sealed),
            Next::Torn => return Ok(opened),
            Next::Nonsense => return Err(RecordingsError::Tampered("something that is no record")),
        };
        bound.truncate(header_length);
        bound.extend(head_bytes);
        let mut plain = Zeroizing::new(sealed.to_vec());
        cipher
            .decrypt_in_place(&nonce(chunks, head.kind).into(), &bound, &mut *plain)
            .map_err(|_| RecordingsError::Tampered("a record that is not authentic"))?;
        let start = at as u64;
        at += RECORD_HEAD + sealed.len();
        if head.kind == Kind::End {
            check_end(&plain, &opened, chunks, &index)?;
            if at != bytes.len() {
                return Err(RecordingsError::Tampered("bytes after the end"));
            }
            opened.complete = true;
            return Ok(opened);
        }
        index.extend(start.to_le_bytes());
        index.extend(head.from.to_le_bytes());
        chunks += 1;
        if chunks > MAX_CHUNKS {
            return Err(RecordingsError::Tampered("more chunks than a file may have"));
        }
        opened.frames += frames(&plain, &mut sink)?;
        opened.length = opened.length.max(Span::millis(i64::from(head.to)));
    }
}

/// The end record says again what was read; a difference means our writer and reader disagree.
fn check_end(plain: &[u8], opened: &Opened, chunks: u32, index: &[u8]) -> Result<(), RecordingsError> {
    let mut expected = Vec::with_capacity(16 + index.len());
    expected.extend(opened.frames.to_le_bytes());
    expected.extend(u32::try_from(opened.length.0).expect("lengths are u32 in every record head").to_le_bytes());
    expected.extend(chunks.to_le_bytes());
    expected.extend(index);
    if plain == expected { Ok(()) } else { Err(RecordingsError::Tampered("an index that does not fit")) }
}

fn frames(mut plain: &[u8], sink: &mut impl FnMut(&Frame)) -> Result<u64, RecordingsError> {
    let broken = || RecordingsError::Tampered("a chunk that does not hold frames");
    let mut count = 0;
    while !plain.is_empty() {
        let (head, rest) = plain.split_first_chunk::<FRAME_HEAD>().ok_or_else(broken)?;
        let (sent, rest) = rest.split_at_checked(usize::from(head[5])).ok_or_else(broken)?;
        let mut samples = [0; FRAME_SAMPLES];
        samples.get_mut(..sent.len()).ok_or_else(broken)?.copy_from_slice(sent);
        sink(&Frame {
            side: if head[4] & FRAME_AGENT != 0 { Side::Agent } else { Side::Citizen },
            at_millis: u32::from_le_bytes([head[0], head[1], head[2], head[3]]),
            law: if head[4] & FRAME_MU != 0 { Law::Mu } else { Law::A },
            len: head[5],
            samples,
        });
        count += 1;
        plain = rest;
    }
    Ok(count)
}

/// Reads the framing alone: what a process without keys can know of a file a crash left behind.
///
/// # Errors
/// [`RecordingsError::NotARecording`] and [`RecordingsError::NewerVersion`] for the header; everything after
/// it is taken as far as it makes sense.
pub fn walk(bytes: &[u8]) -> Result<Walked, RecordingsError> {
    let (header, header_length) = Header::decode(bytes)?;
    let mut walked = Walked { header, whole_bytes: header_length as u64, length: Span::ZERO, complete: false };
    while let Next::Record(head, _, sealed) = next(&bytes[walked.whole_bytes as usize..]) {
        walked.whole_bytes += (RECORD_HEAD + sealed.len()) as u64;
        if head.kind == Kind::End {
            walked.complete = true;
            break;
        }
        walked.length = walked.length.max(Span::millis(i64::from(head.to)));
    }
    Ok(walked)
}
