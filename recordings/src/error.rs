//! What can go wrong, a variant per thing a caller treats differently. No variant carries a key, a
//! number or a word that was spoken.

use std::io;
use std::path::{Path, PathBuf};
use vocabulary::Language;

/// Why something about a recording could not be done.
#[derive(Debug, thiserror::Error)]
pub enum RecordingsError {
    /// There is none, or the reader may not know of it: the two look the same from outside.
    #[error("no such recording")]
    NotFound,
    /// The contact's key or the keeper's key is not the one the file was sealed for, or the
    /// contact's key was destroyed and replaced.
    #[error("these keys do not open this recording")]
    WrongKey,
    /// A whole record fails its authentication, or the records do not add up.
    #[error("the recording was changed after it was written: {0}")]
    Tampered(&'static str),
    /// The bytes are not a recording of ours.
    #[error("not a recording file: {0}")]
    NotARecording(&'static str),
    /// Written by a newer release.
    #[error("the recording file has version {0}, newer than this program reads")]
    NewerVersion(u16),
    /// The keeper's key file is missing, readable by others, or not a key.
    #[error("key file {path}: {fault}")]
    KeyFile {
        /// Where it should be.
        path: PathBuf,
        /// What is wrong, in words for the operator.
        fault: &'static str,
    },
    /// The folder or a file in it could not be read or written.
    #[error("{path}: {source}")]
    Io {
        /// What was touched.
        path: PathBuf,
        /// The system's reason.
        #[source]
        source: io::Error,
    },
    /// The recorder has as many orders or recordings as it takes at once.
    #[error("the recorder is at its limit")]
    RecorderBusy,
    /// The recorder's thread has ended.
    #[error("the recorder has stopped")]
    RecorderGone,
    /// As many recordings wait for a transcript as the queue holds.
    #[error("{0} recordings wait for a transcript already")]
    QueueFull(usize),
    /// No model is configured: the marker stays, the recording is transcribed when there is one.
    #[error("no transcription model is configured")]
    NoModel,
    /// The model file cannot be used.
    #[error("transcription model {path}: {fault}")]
    Model {
        /// The configured file.
        path: PathBuf,
        /// What is wrong with it.
        fault: ModelFault,
    },
    /// The model does not know the language of the contact; nothing is guessed in another.
    #[error("the transcription model does not know the language {0}")]
    LanguageNotInModel(Language),
    /// Whisper gave up on this recording.
    #[error("transcription failed: {0}")]
    Transcription(&'static str),
}

/// What is wrong with a model file, found before whisper.cpp reads it: its C++ trusts the numbers in
/// the file and would take the process down.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModelFault {
    /// It cannot be read.
    #[error("cannot be read: {0}")]
    Unreadable(io::ErrorKind),
    /// The first bytes are wrong.
    #[error("not a whisper.cpp model (it must begin with the ggml magic; a Hugging Face or PyTorch file has to be converted)")]
    Magic,
    /// A size in the file is impossible.
    #[error("not a usable whisper.cpp model: {0}")]
    Shape(&'static str),
    /// The file ends too early.
    #[error("cut short: {0} ends before its data (was the download complete?)")]
    Short(&'static str),
    /// There are no weights, as in whisper.cpp's own empty test models.
    #[error("holds no weights")]
    Empty,
    /// whisper.cpp itself refused it.
    #[error("refused by whisper.cpp; its log line says why")]
    Refused,
}

impl RecordingsError {
    /// Joins a path and the system's reason.
    pub(crate) fn io(path: &Path) -> impl FnOnce(io::Error) -> RecordingsError + '_ {
        move |source| RecordingsError::Io { path: path.to_owned(), source }
    }
}
