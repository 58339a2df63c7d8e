//! Which recordings wait for a transcript: one small file beside each, so that the queue survives
//! everything the recordings survive. It holds ids and a language, nothing that was said.

use crate::RecordingsError;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};
use vocabulary::{ContactId, Language, RecordingId};

/// The most recordings that wait; further ones are refused, and the caller says so on the record.
pub const MAX_TODO: usize = 20_000;
/// After this many failures a recording is set aside (`.todo-failed`) until a person looks.
pub const MAX_ATTEMPTS: u32 = 3;
/// The largest marker that is read.
const MAX_MARKER_BYTES: u64 = 1_024;

/// One recording that waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Todo {
    /// Which recording.
    pub recording: RecordingId,
    /// Its contact: whose key opens it.
    pub contact: ContactId,
    /// The language to hear it as.
    pub language: Language,
    /// How often it failed already.
    #[serde(default)]
    pub attempts: u32,
}

/// The queue, read from the folder once and kept in step with it.
#[derive(Debug, Default)]
pub(crate) struct TodoQueue(Mutex<BTreeMap<RecordingId, (PathBuf, Todo)>>);

impl TodoQueue {
    /// Puts a recording in the queue; on disk before this returns.
    pub(crate) fn add(&self, recording_path: &Path, todo: Todo) -> Result<(), RecordingsError> {
        let mut waiting = self.lock();
        if waiting.len() >= MAX_TODO && !waiting.contains_key(&todo.recording) {
            return Err(RecordingsError::QueueFull(MAX_TODO));
        }
        let path = marker(recording_path);
        write(&path, &todo)?;
        waiting.insert(todo.recording, (path, todo));
        Ok(())
    }

    /// Takes in a marker found at start. One that cannot be read is dropped with a warning.
    pub(crate) fn found(&self, path: &Path) {
        let small = fs::metadata(path).is_ok_and(|m| m.len() <= MAX_MARKER_BYTES);
        let todo = small.then(|| fs::read(path).ok()).flatten().and_then(|b| serde_json::from_slice::<Todo>(&b).ok());
        let mut waiting = self.lock();
        match todo {
            Some(todo) if waiting.len() < MAX_TODO => drop(waiting.insert(todo.recording, (path.to_owned(), todo))),
            Some(_) => tracing::warn!("more transcription markers than the queue holds; the rest waits for the next start"),
            None => tracing::warn!(path = %path.display(), "unreadable transcription marker ignored"),
        }
    }

    /// The one to do next: those that never failed first, and of them the oldest.
    pub(crate) fn next(&self) -> Option<Todo> {
        self.lock().values().min_by_key(|(_, todo)| (todo.attempts, todo.recording)).map(|(_, todo)| todo.clone())
    }

    /// How many wait.
    pub(crate) fn len(&self) -> usize {
        self.lock().len()
    }

    /// Takes a recording out of the queue. Not being in it is fine.
    pub(crate) fn remove(&self, recording: RecordingId) -> Result<(), RecordingsError> {
        let Some((path, _)) = self.lock().remove(&recording) else {
            return Ok(());
        };
        match fs::remove_file(&path) {
            Err(fault) if fault.kind() != std::io::ErrorKind::NotFound => Err(RecordingsError::io(&path)(fault)),
            _ => Ok(()),
        }
    }

    /// Notes a failure. `true`: it was the last attempt and the marker is set aside.
    pub(crate) fn failed(&self, recording: RecordingId) -> Result<bool, RecordingsError> {
        let mut waiting = self.lock();
        let Some((path, todo)) = waiting.get_mut(&recording) else {
            return Ok(false);
        };
        todo.attempts += 1;
        if todo.attempts < MAX_ATTEMPTS {
            write(path, todo)?;
            return Ok(false);
        }
        let aside = path.with_extension("todo-failed");
        fs::rename(&*path, &aside).map_err(RecordingsError::io(&aside))?;
        waiting.remove(&recording);
        Ok(true)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<RecordingId, (PathBuf, Todo)>> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// Where the marker of a recording is.
pub(crate) fn marker(recording_path: &Path) -> PathBuf {
    recording_path.with_extension("todo")
}

/// Writes beside and renames, so that a crash leaves the old marker or the new one, never half.
fn write(path: &Path, todo: &Todo) -> Result<(), RecordingsError> {
    let draft = path.with_extension("todo-draft");
    let text = serde_json::to_vec(todo).expect("ids and a tag are always JSON");
    fs::write(&draft, text).map_err(RecordingsError::io(&draft))?;
    fs::rename(&draft, path).map_err(RecordingsError::io(path))
}
