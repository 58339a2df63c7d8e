//! The folder of sealed files: `<yyyy>/<mm>/<id>.hrec` by the moment in the id, the same under
//! `sealed/` for the data-protection officer, `.open` while being written. It holds no key and reads
//! no sound. Who may see what is decided by the caller; that sealed files are not found without the
//! right is enforced here too.

use crate::format::{self, Header};
use crate::live::todo::{Todo, TodoQueue, marker};
use crate::policy::Fate;
use crate::RecordingsError;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use vocabulary::event::Kept;
use vocabulary::{ContactId, RecordingId, Span};

const CLOSED: &str = "hrec";
const OPEN: &str = "open";
const SEALED: &str = "sealed";

/// For whom a recording is looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// Staff: what is sealed for the officer is not found.
    Ordinary,
    /// The data-protection officer.
    Dpo,
}

/// A closed recording in the folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Which.
    pub recording: RecordingId,
    /// Its file.
    pub path: PathBuf,
    /// Who may open it.
    pub kept: Kept,
}

/// A recording that a crash had left open; it is closed now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovered {
    /// What the file says of itself.
    pub header: Header,
    /// How far it plays.
    pub length: Span,
    /// Whether its end was written and only the last step was missing.
    pub complete: bool,
    /// Its size.
    pub bytes: u64,
}

/// The folder.
#[derive(Debug)]
pub struct Store {
    root: PathBuf,
    todos: TodoQueue,
}

impl Store {
    /// Opens the folder, makes it when it is missing, closes what a crash left open and reads which
    /// recordings wait for a transcript. What to do with the recovered ones (keep, discard, seal) the
    /// caller knows from the journal. Only one process may write into a folder.
    ///
    /// # Errors
    /// [`RecordingsError::Io`].
    pub fn open(root: &Path) -> Result<(Store, Vec<Recovered>), RecordingsError> {
        fs::create_dir_all(root).map_err(RecordingsError::io(root))?;
        let store = Store { root: root.to_owned(), todos: TodoQueue::default() };
        let mut recovered = Vec::new();
        for (path, extension) in store.files()? {
            match extension.as_str() {
                OPEN => recovered.extend(store.recover(&path)?),
                "todo" => store.todos.found(&path),
                _ => {}
            }
        }
        recovered.sort_by_key(|r| r.header.recording);
        Ok((store, recovered))
    }

    /// Closes one file a crash left open, without any key: the torn end is cut off.
    fn recover(&self, path: &Path) -> Result<Option<Recovered>, RecordingsError> {
        let bytes = fs::read(path).map_err(RecordingsError::io(path))?;
        let Ok(walked) = format::walk(&bytes) else {
            // Not even the header was written: no key, no sound, nothing to keep.
            fs::remove_file(path).map_err(RecordingsError::io(path))?;
            return Ok(None);
        };
        let file = File::options().write(true).open(path).map_err(RecordingsError::io(path))?;
        file.set_len(walked.whole_bytes).and_then(|()| file.sync_all()).map_err(RecordingsError::io(path))?;
        let closed = path.with_extension(CLOSED);
        rename(path, &closed)?;
        if walked.header.transcribe {
            self.ask_for_transcript(&walked.header).unwrap_or_else(|refused| tracing::warn!(%refused, "no transcript"));
        }
        let (length, complete) = (walked.length, walked.complete);
        Ok(Some(Recovered { header: walked.header, length, complete, bytes: walked.whole_bytes }))
    }

    /// Begins a file. Its header is on disk when this returns.
    pub(crate) fn create(&self, recording: RecordingId, first: &[u8]) -> Result<OpenFile, RecordingsError> {
        let path = self.path(Kept::Ordinary, recording, OPEN);
        make_folder_of(&path)?;
        let mut file = File::options().write(true).create_new(true).open(&path).map_err(RecordingsError::io(&path))?;
        file.write_all(first).map_err(RecordingsError::io(&path))?;
        Ok(OpenFile { file, path, whole: first.len() as u64 })
    }

    /// Gives a file that is complete on disk its final name and place.
    pub(crate) fn close(&self, recording: RecordingId, kept: Kept) -> Result<(), RecordingsError> {
        let closed = self.path(kept, recording, CLOSED);
        make_folder_of(&closed)?;
        rename(&self.path(Kept::Ordinary, recording, OPEN), &closed)
    }

    /// Destroys a file that is still being written.
    pub(crate) fn discard_open(&self, recording: RecordingId) -> Result<(), RecordingsError> {
        destroy(&self.path(Kept::Ordinary, recording, OPEN))
    }

    /// Finds a closed recording.
    ///
    /// # Errors
    /// [`RecordingsError::NotFound`], also for what the reader may not know of.
    pub fn find(&self, recording: RecordingId, reader: Reader) -> Result<Found, RecordingsError> {
        let places: &[Kept] = match reader {
            Reader::Ordinary => &[Kept::Ordinary],
            Reader::Dpo => &[Kept::Ordinary, Kept::SealedForDpo],
        };
        places
            .iter()
            .map(|kept| Found { recording, path: self.path(*kept, recording, CLOSED), kept: *kept })
            .find(|found| found.path.is_file())
            .ok_or(RecordingsError::NotFound)
    }

    /// Every closed recording, the oldest first: for retention and for checks, not for screens.
    ///
    /// # Errors
    /// [`RecordingsError::Io`].
    pub fn list(&self) -> Result<Vec<Found>, RecordingsError> {
        let sealed = self.root.join(SEALED);
        let mut all: Vec<Found> = self
            .files()?
            .into_iter()
            .filter(|(_, extension)| extension == CLOSED)
            .filter_map(|(path, _)| {
                let recording = path.file_stem()?.to_str()?.parse().ok()?;
                let kept = if path.starts_with(&sealed) { Kept::SealedForDpo } else { Kept::Ordinary };
                Some(Found { recording, path, kept })
            })
            .collect();
        all.sort_by_key(|found| found.recording);
        Ok(all)
    }

    /// The header of a closed recording.
    ///
    /// # Errors
    /// [`RecordingsError::NotFound`] and those of the format.
    pub fn header(&self, recording: RecordingId, reader: Reader) -> Result<Header, RecordingsError> {
        let found = self.find(recording, reader)?;
        let mut first = Vec::with_capacity(512);
        let file = File::open(&found.path).map_err(RecordingsError::io(&found.path))?;
        file.take(512).read_to_end(&mut first).map_err(RecordingsError::io(&found.path))?;
        Ok(Header::decode(&first)?.0)
    }

    /// All bytes of a closed recording, sealed as they are.
    ///
    /// # Errors
    /// [`RecordingsError::NotFound`], [`RecordingsError::Io`].
    pub fn read(&self, recording: RecordingId, reader: Reader) -> Result<Vec<u8>, RecordingsError> {
        let found = self.find(recording, reader)?;
        let size = fs::metadata(&found.path).map_err(RecordingsError::io(&found.path))?.len();
        if size > format::MAX_FILE_BYTES {
            return Err(RecordingsError::NotARecording("larger than any recording of ours"));
        }
        fs::read(&found.path).map_err(RecordingsError::io(&found.path))
    }

    /// Gives a closed recording its fate: what withdrawal, confidentiality found out late, retention
    /// or recovery ask for. Says whose contact it was.
    ///
    /// # Errors
    /// [`RecordingsError::NotFound`], [`RecordingsError::Io`].
    pub fn settle(&self, recording: RecordingId, fate: Fate) -> Result<ContactId, RecordingsError> {
        let contact = self.header(recording, Reader::Dpo)?.contact;
        let found = self.find(recording, Reader::Dpo)?;
        match fate {
            Fate::Keep => {}
            Fate::Discard(_) => {
                self.forget_transcript(&found.path, recording)?;
                destroy(&found.path)?;
            }
            Fate::SealForDpo => {
                self.forget_transcript(&found.path, recording)?;
                let sealed = self.path(Kept::SealedForDpo, recording, CLOSED);
                if sealed != found.path {
                    make_folder_of(&sealed)?;
                    rename(&found.path, &sealed)?;
                }
            }
        }
        Ok(contact)
    }

    /// Asks for a transcript of a closed recording; the wish is on disk when this returns.
    ///
    /// # Errors
    /// [`RecordingsError::NotFound`] when it is not there or sealed, [`RecordingsError::QueueFull`].
    pub fn ask_for_transcript(&self, header: &Header) -> Result<(), RecordingsError> {
        let found = self.find(header.recording, Reader::Ordinary)?;
        let (recording, contact, language) = (header.recording, header.contact, header.language);
        self.todos.add(&found.path, Todo { recording, contact, language, attempts: 0 })
    }

    pub(crate) fn todos(&self) -> &TodoQueue {
        &self.todos
    }

    fn forget_transcript(&self, path: &Path, recording: RecordingId) -> Result<(), RecordingsError> {
        self.todos.remove(recording)?;
        let aside = marker(path).with_extension("todo-failed");
        match fs::remove_file(&aside) {
            Err(fault) if fault.kind() != io::ErrorKind::NotFound => Err(RecordingsError::io(&aside)(fault)),
            _ => Ok(()),
        }
    }

    fn path(&self, kept: Kept, recording: RecordingId, extension: &str) -> PathBuf {
        let (year, month) = month_of(recording.0.millis());
        let root = match kept {
            Kept::Ordinary => self.root.clone(),
            Kept::SealedForDpo => self.root.join(SEALED),
        };
        root.join(format!("{year:04}")).join(format!("{month:02}")).join(format!("{recording}.{extension}"))
    }

    /// Every file of the two trees with its ending. Other folders are left alone.
    fn files(&self) -> Result<Vec<(PathBuf, String)>, RecordingsError> {
        let mut files = Vec::new();
        for root in [self.root.clone(), self.root.join(SEALED)] {
            for year in entries(&root)?.into_iter().filter(|path| is_number(path)) {
                for month in entries(&year)?.into_iter().filter(|path| is_number(path)) {
                    files.extend(entries(&month)?.into_iter().filter_map(|path| {
                        let extension = path.extension()?.to_str()?.to_owned();
                        Some((path, extension))
                    }));
                }
            }
        }
        Ok(files)
    }
}

/// A file that is being written.
#[derive(Debug)]
pub(crate) struct OpenFile {
    file: File,
    path: PathBuf,
    /// The bytes up to the end of the last whole record.
    whole: u64,
}

impl OpenFile {
    /// Adds whole records. After a failure the file still ends with a whole one, as far as the disk
    /// lets us.
    pub(crate) fn append(&mut self, bytes: &[u8]) -> Result<(), RecordingsError> {
        if let Err(fault) = self.file.write_all(bytes) {
            let cut = self.file.set_len(self.whole).and_then(|()| self.file.seek(SeekFrom::Start(self.whole)));
            if let Err(second) = cut {
                tracing::warn!(%second, "the torn end of a recording could not be cut off; recovery will");
            }
            return Err(RecordingsError::io(&self.path)(fault));
        }
        self.whole += bytes.len() as u64;
        Ok(())
    }

    /// Makes what was written survive a power cut.
    pub(crate) fn sync(&self) -> Result<(), RecordingsError> {
        self.file.sync_data().map_err(RecordingsError::io(&self.path))
    }

    /// The bytes written so far.
    pub(crate) fn bytes(&self) -> u64 {
        self.whole
    }
}

/// Overwrites a file and takes it away. The file key, and with it the sound, goes with the first
/// block; on flash and copy-on-write disks old blocks may live on, which is why the key of the contact
/// matters too.
fn destroy(path: &Path) -> Result<(), RecordingsError> {
    let mut file = match File::options().write(true).open(path) {
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => return Ok(()),
        opened => opened.map_err(RecordingsError::io(path))?,
    };
    let overwrite = |file: &mut File| {
        let mut left = file.metadata()?.len();
        while left > 0 {
            let block = left.min(64 * 1024);
            file.write_all(&[0; 64 * 1024][..block as usize])?;
            left -= block;
        }
        file.sync_data()
    };
    overwrite(&mut file).map_err(RecordingsError::io(path))?;
    fs::remove_file(path).map_err(RecordingsError::io(path))?;
    sync_folder_of(path)
}

fn rename(from: &Path, to: &Path) -> Result<(), RecordingsError> {
    fs::rename(from, to).map_err(RecordingsError::io(to))?;
    sync_folder_of(to)
}

fn make_folder_of(path: &Path) -> Result<(), RecordingsError> {
    let folder = path.parent().expect("every file is in a month's folder");
    fs::create_dir_all(folder).map_err(RecordingsError::io(folder))
}

fn sync_folder_of(path: &Path) -> Result<(), RecordingsError> {
    let folder = path.parent().expect("every file is in a month's folder");
    File::open(folder).and_then(|f| f.sync_all()).map_err(RecordingsError::io(folder))
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, RecordingsError> {
    let listed = match fs::read_dir(folder) {
        Err(fault) if matches!(fault.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => return Ok(Vec::new()),
        listed => listed.map_err(RecordingsError::io(folder))?,
    };
    let paths: io::Result<Vec<PathBuf>> = listed.map(|entry| Ok(entry?.path())).collect();
    let mut paths = paths.map_err(RecordingsError::io(folder))?;
    paths.sort();
    Ok(paths)
}

fn is_number(path: &Path) -> bool {
    path.file_name().and_then(|n| n.to_str()).is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
}

/// Year and month (UTC) of a moment, by Howard Hinnant's `civil_from_days`.
fn month_of(millis: u64) -> (u64, u64) {
    let days = millis / 86_400_000 + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year + year / 4 - year / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year + era * 400 + u64::from(month <= 2), month)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_as_the_calendar_has_them() {
        for (millis, expected) in [
            (0, (1970, 1)),
            (951_782_400_000, (2000, 2)),
            (951_868_800_000, (2000, 3)),
            (1_795_219_199_999, (2026, 11)),
            (1_798_761_599_999, (2026, 12)),
            (1_798_761_600_000, (2027, 1)),
        ] {
            assert_eq!(month_of(millis), expected, "{millis}");
        }
    }
}
