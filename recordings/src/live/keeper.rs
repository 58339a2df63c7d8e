//! The keeper opens recordings: it alone holds the private key, and it needs the contact's key each
//! time. It gives sound as WAV; who asked, whether they may and the audit entry are the caller's.

use crate::RecordingsError;
use crate::format::{self, Header, Opened};
use crate::live::keys::{ContactKey, KeeperPrivate, unwrap_file_key};
use crate::live::store::{Reader, Store};
use crate::timeline::{Timeline, TwoChannels};
use std::sync::Arc;
use vocabulary::audio::Side;
use vocabulary::{RecordingId, Span};

/// Which sides are given out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tracks {
    /// Both: citizen left, agent right.
    Both,
    /// One side, mono: for a citizen's request for their own recording (section 26 of the Act), where
    /// the agent's side may have to be left out.
    Only(Side),
}

/// Sound ready to be played.
#[derive(Clone, PartialEq, Eq)]
pub struct Playable {
    /// A WAV file: 16-bit PCM, 8 kHz.
    pub wav: Vec<u8>,
    /// How long.
    pub length: Span,
    /// Whether the recording is whole; `false`: it ends early, by a crash or a cut, and the listener
    /// must be told.
    pub complete: bool,
}

/// The holder of the private key.
#[derive(Debug)]
pub struct Keeper {
    store: Arc<Store>,
    private: KeeperPrivate,
}

impl Keeper {
    /// A keeper over a folder.
    pub fn new(store: Arc<Store>, private: KeeperPrivate) -> Keeper {
        Keeper { store, private }
    }

    /// Opens a recording for listening. Reads the whole file: call it where blocking is allowed.
    ///
    /// # Errors
    /// [`RecordingsError::NotFound`], also for a sealed one without the right;
    /// [`RecordingsError::WrongKey`] when either key is not the right one;
    /// [`RecordingsError::Tampered`].
    pub fn play(
        &self,
        recording: RecordingId,
        reader: Reader,
        contact_key: &ContactKey,
        tracks: Tracks,
    ) -> Result<Playable, RecordingsError> {
        let (opened, sound) = self.sound(recording, reader, contact_key)?;
        Ok(Playable { wav: wav(&sound, tracks), length: opened.length, complete: opened.complete })
    }

    /// Opens a recording as two channels of samples.
    pub(crate) fn sound(
        &self,
        recording: RecordingId,
        reader: Reader,
        contact_key: &ContactKey,
    ) -> Result<(Opened, TwoChannels), RecordingsError> {
        let bytes = self.store.read(recording, reader)?;
        let (header, _) = Header::decode(&bytes)?;
        if header.recording != recording {
            return Err(RecordingsError::Tampered("a file under another recording's name"));
        }
        let key = unwrap_file_key(&header.wrapped_key, &self.private, contact_key, recording, header.contact)?;
        let mut timeline = Timeline::new();
        let opened = format::open(&bytes, &key, |frame| timeline.lay(frame))?;
        let length = u32::try_from(opened.length.0).expect("lengths in a file are u32");
        Ok((opened, timeline.into_channels(length)))
    }
}

fn wav(sound: &TwoChannels, tracks: Tracks) -> Vec<u8> {
    let channels: u16 = match tracks {
        Tracks::Both => 2,
        Tracks::Only(_) => 1,
    };
    let data = u32::try_from(sound.citizen.len() * 2 * usize::from(channels)).expect("four hours are 461 MB");
    let mut out = Vec::with_capacity(44 + data as usize);
    out.extend(b"RIFF");
    out.extend((36 + data).to_le_bytes());
    out.extend(b"WAVEfmt ");
    out.extend(16u32.to_le_bytes());
    out.extend(1u16.to_le_bytes());
    out.extend(channels.to_le_bytes());
    out.extend(8_000u32.to_le_bytes());
    out.extend((16_000 * u32::from(channels)).to_le_bytes());
    out.extend((2 * channels).to_le_bytes());
    out.extend(16u16.to_le_bytes());
    out.extend(b"data");
    out.extend(data.to_le_bytes());
    match tracks {
        Tracks::Both => {
            for (left, right) in sound.citizen.iter().zip(&sound.agent) {
                out.extend(left.to_le_bytes());
                out.extend(right.to_le_bytes());
            }
        }
        Tracks::Only(side) => sound.side(side).iter().for_each(|sample| out.extend(sample.to_le_bytes())),
    }
    out
}
