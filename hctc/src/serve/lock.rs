//! One process to a data folder. The lock is the kernel's: it goes with the process, however it ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;

/// The file's name in the data folder.
const FILE: &str = "lock";

/// Held for as long as the process works on the folder.
#[derive(Debug)]
pub struct Lock(#[allow(dead_code, reason = "the lock lasts as long as the open file")] File);

/// Why there is no lock.
#[derive(Debug, thiserror::Error)]
pub enum Locked {
    /// A centre runs on this folder.
    #[error("a centre is running on {0}: stop it first, or give this one its own HCTC_DATA_DIR")]
    Running(String),
    /// The file cannot be made.
    #[error("{0}: {1}")]
    Io(String, io::Error),
}

/// Takes the lock of a data folder, or says who has it.
///
/// # Errors
/// [`Locked`].
pub fn take(data_dir: &Path) -> Result<Lock, Locked> {
    let shown = data_dir.display().to_string();
    let open = OpenOptions::new().create(true).write(true).truncate(false).open(data_dir.join(FILE));
    let file = open.map_err(|e| Locked::Io(shown.clone(), e))?;
    match file.try_lock() {
        Ok(()) => Ok(Lock(file)),
        Err(TryLockError::WouldBlock) => Err(Locked::Running(shown)),
        Err(TryLockError::Error(error)) => Err(Locked::Io(shown, error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_process_is_refused_until_the_first_is_gone() {
        let folder = tempfile::tempdir().expect("temp");
        let first = take(folder.path()).expect("free");
        let refused = take(folder.path()).expect_err("held");
        assert!(refused.to_string().contains("stop it first"), "{refused}");
        drop(first);
        take(folder.path()).expect("free again");
    }
}
