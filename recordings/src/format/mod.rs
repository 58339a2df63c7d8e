//! The sealed file (`.hrec`, version 1). Bytes in, bytes out: keys come in ready, files are the
//! store's.
//!
//! ```text
//! header   "HREC" | version u16 | header length u16 | recording u128 | contact u128 | started i64 ms
//!          | purpose u8 | flags u8 | language 12 bytes | tenant length u8 + name | wrapped key 108 bytes
//! record   length u32 | kind u8 (0 chunk, 1 end) | from u32 ms | to u32 ms | sealed bytes
//! ```
//!
//! Numbers are little-endian. Every record is AES-256-GCM under the file's own key, numbered as in
//! STREAM (Hoang, Reyhanitabar, Rogaway, Vizar 2015): nonce = 7 zero bytes, record number u32
//! big-endian, kind; associated data = the whole header and the record's own head. So a chunk cannot
//! be moved, dropped from the middle, or taken from another file, and a file that does not end with
//! the end record is known to be cut short. The end record seals the index: chunk, its place in the
//! file, its milliseconds.
//!
//! - [`seal`]: frames to records
//! - [`open`]: records to frames; [`open::walk`] reads the framing alone, without a key

pub mod open;
pub mod seal;

pub use open::{Opened, Walked, open, walk};
pub use seal::{Closing, Sealer};

use crate::RecordingsError;
use serde::{Deserialize, Serialize};
use std::fmt;
use vocabulary::{ContactId, Language, RecordingId, TenantName, Time, Ulid};
use zeroize::Zeroize;

/// The first bytes of a recording.
pub const MAGIC: [u8; 4] = *b"HREC";
/// The version this program writes, and the newest it reads.
pub const VERSION: u16 = 1;
/// A chunk is sealed when it holds this much sound. A crash loses at most about this much.
pub const CHUNK_MILLIS: u32 = 1_000;
/// The most plaintext in a chunk: four times what two sides send in a second.
pub const MAX_CHUNK_BYTES: usize = 64 * 1024;
/// The longest recording: a frame past it is not taken.
pub const MAX_MILLIS: u32 = 4 * 3_600 * 1_000;
/// The most chunks in a file.
pub const MAX_CHUNKS: u32 = 2 * MAX_MILLIS / CHUNK_MILLIS;
/// The largest sealed record: the index of a file with [`MAX_CHUNKS`] fits.
pub const MAX_RECORD_BYTES: usize = 512 * 1024;
/// The largest file that is opened: [`MAX_MILLIS`] of both sides is about 240 MB.
pub const MAX_FILE_BYTES: u64 = 512 * 1024 * 1024;
/// The length of a wrapped file key: nonce 12, sealed(encapsulated key 32, sealed file key 48), tag 16.
pub const WRAPPED_KEY_BYTES: usize = 12 + 32 + 48 + 16;

/// The bytes before each sealed record.
const RECORD_HEAD: usize = 13;
/// The AES-GCM tag.
const TAG: usize = 16;
/// The header without its tenant name.
const FIXED_HEADER: usize = 4 + 2 + 2 + 16 + 16 + 8 + 1 + 1 + 12 + 1 + WRAPPED_KEY_BYTES;
/// Bit of the header's flags: a transcript is wanted.
const FLAG_TRANSCRIBE: u8 = 1;

/// What a recording may be used for; it may be used for nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Service quality and proof of what was said, under the public task, after the notice.
    Service,
    /// Evidence for the citizen who asked for it.
    Evidence,
}

/// The key of one file. Overwritten when dropped, printed as `***`.
#[derive(Clone)]
pub struct FileKey(pub(crate) [u8; 32]);

impl FileKey {
    /// A key from 32 random bytes.
    pub const fn new(bytes: [u8; 32]) -> FileKey {
        FileKey(bytes)
    }
}

impl Drop for FileKey {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for FileKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// The part of a file that is not secret. All of it is authenticated with every record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// This recording.
    pub recording: RecordingId,
    /// The contact it was made in.
    pub contact: ContactId,
    /// Whose contact it was.
    pub tenant: TenantName,
    /// The language of the contact when the recording began.
    pub language: Language,
    /// When the recording began.
    pub started_at: Time,
    /// What it may be used for.
    pub purpose: Purpose,
    /// Whether a transcript is wanted. It is here so that a crash does not forget it.
    pub transcribe: bool,
    /// The file key, sealed for the keeper and then under the contact's key.
    pub wrapped_key: [u8; WRAPPED_KEY_BYTES],
}

impl Header {
    /// The header as bytes.
    pub fn encode(&self) -> Vec<u8> {
        let tenant = self.tenant.as_str().as_bytes();
        let length = FIXED_HEADER + tenant.len();
        let mut out = Vec::with_capacity(length);
        out.extend(MAGIC);
        out.extend(VERSION.to_le_bytes());
        out.extend(u16::try_from(length).expect("a name is at most 64 bytes").to_le_bytes());
        out.extend(self.recording.0.0.to_le_bytes());
        out.extend(self.contact.0.0.to_le_bytes());
        out.extend(self.started_at.0.to_le_bytes());
        out.push(match self.purpose {
            Purpose::Service => 0,
            Purpose::Evidence => 1,
        });
        out.push(if self.transcribe { FLAG_TRANSCRIBE } else { 0 });
        let mut language = [0u8; 12];
        language[..self.language.as_str().len()].copy_from_slice(self.language.as_str().as_bytes());
        out.extend(language);
        out.push(u8::try_from(tenant.len()).expect("a name is at most 64 bytes"));
        out.extend(tenant);
        out.extend(self.wrapped_key);
        out
    }

    /// Reads a header and says how many bytes it has.
    ///
    /// # Errors
    /// [`RecordingsError::NotARecording`], [`RecordingsError::NewerVersion`].
    pub fn decode(bytes: &[u8]) -> Result<(Header, usize), RecordingsError> {
        let mut rest = bytes;
        if take::<4>(&mut rest)? != MAGIC {
            return Err(RecordingsError::NotARecording("the first bytes are not HREC"));
        }
        let version = u16::from_le_bytes(take(&mut rest)?);
        if version > VERSION {
            return Err(RecordingsError::NewerVersion(version));
        }
        let length = usize::from(u16::from_le_bytes(take(&mut rest)?));
        let recording = RecordingId(Ulid(u128::from_le_bytes(take(&mut rest)?)));
        let contact = ContactId(Ulid(u128::from_le_bytes(take(&mut rest)?)));
        let started_at = Time(i64::from_le_bytes(take(&mut rest)?));
        let purpose = match take(&mut rest)? {
            [0] => Purpose::Service,
            [1] => Purpose::Evidence,
            _ => return Err(RecordingsError::NotARecording("unknown purpose")),
        };
        let [flags] = take(&mut rest)?;
        let language = take::<12>(&mut rest)?;
        let end = language.iter().position(|b| *b == 0).unwrap_or(language.len());
        let language = std::str::from_utf8(&language[..end])
            .ok()
            .and_then(|text| Language::new(text).ok())
            .ok_or(RecordingsError::NotARecording("the language is no language tag"))?;
        let [tenant_length] = take(&mut rest)?;
        let (tenant, mut rest) =
            rest.split_at_checked(usize::from(tenant_length)).ok_or(RecordingsError::NotARecording(SHORT_HEADER))?;
        let tenant = std::str::from_utf8(tenant)
            .ok()
            .and_then(|text| TenantName::new(text).ok())
            .ok_or(RecordingsError::NotARecording("the tenant is no name"))?;
        let wrapped_key = take(&mut rest)?;
        let header = Header {
            recording,
            contact,
            tenant,
            language,
            started_at,
            purpose,
            transcribe: flags & FLAG_TRANSCRIBE != 0,
            wrapped_key,
        };
        if length != bytes.len() - rest.len() {
            return Err(RecordingsError::NotARecording("the header's length is wrong"));
        }
        Ok((header, length))
    }
}

const SHORT_HEADER: &str = "the header is cut short";

fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], RecordingsError> {
    let (head, tail) = rest.split_first_chunk::<N>().ok_or(RecordingsError::NotARecording(SHORT_HEADER))?;
    *rest = tail;
    Ok(*head)
}

/// What a record is. The end record is STREAM's last segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Chunk,
    End,
}

/// The clear bytes before each sealed record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct RecordHead {
    length: u32,
    kind: Kind,
    from: u32,
    to: u32,
}

impl RecordHead {
    fn encode(self) -> [u8; RECORD_HEAD] {
        let mut out = [0; RECORD_HEAD];
        out[..4].copy_from_slice(&self.length.to_le_bytes());
        out[4] = self.kind.byte();
        out[5..9].copy_from_slice(&self.from.to_le_bytes());
        out[9..].copy_from_slice(&self.to.to_le_bytes());
        out
    }

    fn decode(bytes: &[u8; RECORD_HEAD]) -> Option<RecordHead> {
        let number = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        let head = RecordHead {
            length: number(0),
            kind: match bytes[4] {
                0 => Kind::Chunk,
                1 => Kind::End,
                _ => return None,
            },
            from: number(5),
            to: number(9),
        };
        let sane = (TAG..=MAX_RECORD_BYTES).contains(&(head.length as usize)) && head.from <= head.to;
        sane.then_some(head)
    }
}

impl Kind {
    const fn byte(self) -> u8 {
        match self {
            Kind::Chunk => 0,
            Kind::End => 1,
        }
    }
}

/// The nonce of record `number`: unique under the file's key, which seals nothing else.
fn nonce(number: u32, kind: Kind) -> [u8; 12] {
    let mut nonce = [0; 12];
    nonce[7..11].copy_from_slice(&number.to_be_bytes());
    nonce[11] = kind.byte();
    nonce
}

#[cfg(test)]
mod tests;
