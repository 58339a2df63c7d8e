//! Frames to sealed records. The owner writes out what it is given, in order, and nothing else.

use super::{
    CHUNK_MILLIS, FileKey, Header, Kind, MAX_CHUNK_BYTES, MAX_CHUNKS, MAX_MILLIS, RECORD_HEAD, RecordHead, TAG, nonce,
};
use aes_gcm::aead::AeadInOut;
use aes_gcm::{Aes256Gcm, KeyInit};
use vocabulary::Span;
use vocabulary::audio::{FRAME_SAMPLES, Frame, Law, Side};
use zeroize::Zeroizing;

/// Bytes of a frame in a chunk before its samples.
pub(super) const FRAME_HEAD: usize = 6;
/// Bit of a frame's flags: the agent speaks.
pub(super) const FRAME_AGENT: u8 = 1;
/// Bit of a frame's flags: mu-law.
pub(super) const FRAME_MU: u8 = 2;

/// A file in the making.
pub struct Sealer {
    cipher: Aes256Gcm,
    /// Associated data of every record: the header, and room for the record's head.
    bound: Vec<u8>,
    header_length: usize,
    /// Frames of the chunk being filled. The only plaintext there is; overwritten when dropped.
    chunk: Zeroizing<Vec<u8>>,
    from: u32,
    to: u32,
    length: u32,
    frames: u64,
    written: u64,
    index: Vec<u8>,
    chunks: u32,
}

/// What a finished file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Closing {
    /// The end of the last frame, from the start of the recording.
    pub length: Span,
    /// How many frames.
    pub frames: u64,
    /// How many chunks.
    pub chunks: u32,
    /// How many bytes, header and end included.
    pub bytes: u64,
}

impl Sealer {
    /// Begins a file and gives its first bytes. The key must be used for this file only.
    pub fn new(key: &FileKey, header: &Header) -> (Sealer, Vec<u8>) {
        let first = header.encode();
        let sealer = Sealer {
            cipher: Aes256Gcm::new(&key.0.into()),
            header_length: first.len(),
            written: first.len() as u64,
            bound: first.clone(),
            chunk: Zeroizing::new(Vec::with_capacity(MAX_CHUNK_BYTES)),
            from: 0,
            to: 0,
            length: 0,
            frames: 0,
            index: Vec::new(),
            chunks: 0,
        };
        (sealer, first)
    }

    /// Takes a frame; `out` gets the chunk it completed, if it did. `false`: the file has reached
    /// [`MAX_MILLIS`] or [`MAX_CHUNKS`] and must be finished.
    #[must_use]
    pub fn push(&mut self, frame: &Frame, out: &mut Vec<u8>) -> bool {
        let samples = &frame.samples[..usize::from(frame.len).min(FRAME_SAMPLES)];
        let to = frame.at_millis.saturating_add(samples.len() as u32 / 8);
        if to > MAX_MILLIS {
            return false;
        }
        let full = self.chunk.len() + FRAME_HEAD + samples.len() > MAX_CHUNK_BYTES;
        if full || (!self.chunk.is_empty() && frame.at_millis >= self.from + CHUNK_MILLIS) {
            self.flush(out);
        }
        if self.chunks >= MAX_CHUNKS {
            return false;
        }
        if self.chunk.is_empty() {
            (self.from, self.to) = (frame.at_millis, to);
        }
        self.from = self.from.min(frame.at_millis);
        self.to = self.to.max(to);
        let agent = if frame.side == Side::Agent { FRAME_AGENT } else { 0 };
        let mu = if frame.law == Law::Mu { FRAME_MU } else { 0 };
        self.chunk.extend(frame.at_millis.to_le_bytes());
        self.chunk.extend([agent | mu, samples.len() as u8]);
        self.chunk.extend(samples);
        self.frames += 1;
        true
    }

    /// Seals what has gathered, if anything has, so that a crash from here on does not lose it.
    pub fn flush(&mut self, out: &mut Vec<u8>) {
        if self.chunk.is_empty() {
            return;
        }
        let mut chunk = std::mem::replace(&mut self.chunk, Zeroizing::new(Vec::with_capacity(MAX_CHUNK_BYTES)));
        self.index.extend(self.written.to_le_bytes());
        self.index.extend(self.from.to_le_bytes());
        self.length = self.length.max(self.to);
        self.record(Kind::Chunk, self.from, self.to, &mut chunk, out);
        self.chunks += 1;
    }

    /// Seals the rest and the end record with the index.
    pub fn finish(mut self, out: &mut Vec<u8>) -> Closing {
        self.flush(out);
        let mut end = Vec::with_capacity(16 + self.index.len() + TAG);
        end.extend(self.frames.to_le_bytes());
        end.extend(self.length.to_le_bytes());
        end.extend(self.chunks.to_le_bytes());
        end.append(&mut self.index);
        self.record(Kind::End, 0, self.length, &mut end, out);
        Closing {
            length: self.length(),
            frames: self.frames,
            chunks: self.chunks,
            bytes: self.written,
        }
    }

    /// The end of the last sealed frame so far.
    pub fn length(&self) -> Span {
        Span::millis(i64::from(self.length))
    }

    fn record(&mut self, kind: Kind, from: u32, to: u32, bytes: &mut Vec<u8>, out: &mut Vec<u8>) {
        let length = u32::try_from(bytes.len() + TAG).expect("chunk and index have limits far below");
        let head = RecordHead { length, kind, from, to }.encode();
        self.bound.truncate(self.header_length);
        self.bound.extend(head);
        self.cipher
            .encrypt_in_place(&nonce(self.chunks, kind).into(), &self.bound, bytes)
            .expect("AES-GCM refuses only what is longer than 64 GB");
        out.extend(head);
        out.extend_from_slice(bytes);
        self.written += (RECORD_HEAD + bytes.len()) as u64;
    }
}
