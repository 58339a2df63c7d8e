//! Recordings: what may be recorded, the sealed file a call becomes, who can open it again, and the
//! text made from it. The pure half decides and encodes; `live/` owns the thread that writes, the
//! folder, the keys and whisper.
//!
//! Left out: access rights of people and the audit log (the console and the CRM have them), the
//! contact's key itself (it comes from the CRM's vault as [`ContactKey`]) and the media thread that
//! hands over the frames.

pub mod error;
pub mod format;
pub mod live;
pub mod policy;
pub mod retention;
pub mod timeline;
pub mod transcript;

pub use error::{ModelFault, RecordingsError};
pub use format::{FileKey, Header, Purpose};
pub use live::keeper::{Keeper, Playable, Tracks};
pub use live::keys::{ContactKey, KeeperPrivate, KeeperPublic};
pub use live::recorder::{Begin, Closed, FsyncPolicy, Recorder, RecorderConfig, RecorderEvent, RING_FRAMES};
pub use live::store::{Found, Reader, Recovered, Store};
pub use live::todo::Todo;
pub use live::transcription::{ModelState, Transcription};
pub use policy::{Course, Fact, Fate, Order, Unrecorded};
pub use transcript::{Segment, Transcript};
