//! Key files of a data folder: made on first use, readable by the owner only.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Where each key lies, below the data folder.
pub struct KeyFiles {
    /// Wraps the keys of ordinary contacts.
    pub master: PathBuf,
    /// Wraps the keys of safeguarding contacts.
    pub safeguarding: PathBuf,
    /// Seals one-time-code secrets.
    pub credentials: PathBuf,
    /// Opens recordings; on a machine of its own when roles are split.
    pub keeper: PathBuf,
}

impl KeyFiles {
    /// The files of a data folder.
    pub fn of(data_dir: &Path) -> KeyFiles {
        let folder = data_dir.join("keys");
        KeyFiles {
            master: folder.join("master.key"),
            safeguarding: folder.join("safeguarding.key"),
            credentials: folder.join("credentials.key"),
            keeper: folder.join("keeper.key"),
        }
    }
}

/// Bytes of a secret of our own.
const SECRET: usize = 32;

/// Reads a secret file, or makes one with fresh random bytes, readable by its owner only.
///
/// # Errors
/// The file system's; a file of another length is invalid data.
pub fn open_or_create(path: &Path) -> io::Result<[u8; SECRET]> {
    match File::open(path) {
        Ok(file) => {
            let mut bytes = Vec::with_capacity(SECRET + 1);
            file.take(SECRET as u64 + 1).read_to_end(&mut bytes)?;
            bytes.try_into().map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "not a key file of 32 bytes"))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let bytes: [u8; SECRET] = rand::random();
            let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
            file.write_all(&bytes)?;
            file.sync_all()?;
            Ok(bytes)
        }
        Err(error) => Err(error),
    }
}
