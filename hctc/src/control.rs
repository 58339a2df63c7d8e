//! The running centre's door for the commands of its own operator: a Unix socket in the data folder,
//! which only the user it runs as may open. One line of JSON each way, then it closes.

use crate::floor::FloorHandle;
use serde::{Deserialize, Serialize};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use vocabulary::centre::{Centre, Change};
use vocabulary::event::Actor;

/// The socket's name in the data folder.
const FILE: &str = "control.sock";
/// The longest request or answer, in bytes: the set-up of the largest centre as a file.
const MOST_BYTES: u64 = 16 * 1024 * 1024;
/// How long one exchange may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// Exchanges at the same time.
const AT_ONCE: usize = 4;

/// What can be asked.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub enum Ask {
    /// Put a whole set-up in force, as one step.
    PutInForce {
        /// The set-up as `centre.toml`, already found good by whoever sends it; it is read again.
        file: String,
    },
}

/// What is answered.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum Answer {
    /// It is done.
    Done {
        /// How many changes it took.
        changes: usize,
    },
    /// It is not, and nothing has changed.
    Refused {
        /// Why, for the person who asked.
        why: String,
    },
}

/// Why a running centre cannot be asked.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// No socket, or nobody behind it.
    #[error("the centre that runs here does not answer at {path}: {error}", path = .0.display(), error = .1)]
    Unreachable(PathBuf, io::Error),
    /// It answered nothing that can be read.
    #[error("the centre that runs here gave no answer; look at its log, then at `hctc centre diff`")]
    NoAnswer,
}

/// Listens until told to stop. The socket's folder is the user's own; the socket is too.
///
/// # Errors
/// The socket cannot be made.
pub async fn serve(data_dir: &Path, floor: FloorHandle, stop: CancellationToken) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let path = data_dir.join(FILE);
    // The folder's lock is ours, so a socket that is there was left by a process that is gone.
    if let Err(error) = std::fs::remove_file(&path)
        && error.kind() != io::ErrorKind::NotFound
    {
        return Err(error);
    }
    let listener = UnixListener::bind(&path)?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
    let places = Arc::new(Semaphore::new(AT_ONCE));
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        // The operator's own process went away, or we are out of files: the next one may fare better.
        let Ok((stream, _)) = accepted else { continue };
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else { continue };
        let floor = floor.clone();
        tokio::spawn(async move {
            let _ = tokio::time::timeout(PATIENCE, exchange(stream, &floor)).await;
            drop(place);
        });
    }
    // It may be gone with its folder.
    let _ = std::fs::remove_file(&path);
    Ok(())
}

async fn exchange(stream: UnixStream, floor: &FloorHandle) -> io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut line = String::new();
    BufReader::new(read.take(MOST_BYTES)).read_line(&mut line).await?;
    let answer = match serde_json::from_str::<Ask>(&line) {
        Ok(Ask::PutInForce { file }) => put_in_force(floor, &file).await,
        Err(_) => Answer::Refused { why: "this version of the centre does not know the request".into() },
    };
    let mut text = serde_json::to_string(&answer).expect("an answer has only plain keys");
    text.push('\n');
    write.write_all(text.as_bytes()).await
}

async fn put_in_force(floor: &FloorHandle, file: &str) -> Answer {
    let wanted = match Centre::parse("centre.toml", file) {
        Ok(wanted) => wanted,
        Err(faults) => {
            let why = faults.iter().map(|fault| fault.to_string()).collect::<Vec<_>>().join("\n");
            return Answer::Refused { why };
        }
    };
    let changes = floor.picture().centre().changes_to(&wanted);
    let count = changes.len();
    if changes.is_empty() {
        return Answer::Done { changes: 0 };
    }
    let change = Box::new(Change::Together { changes });
    match floor.ask(acd::Command::SetUp { change, by: Actor::Centre }).await {
        Ok(()) => Answer::Done { changes: count },
        Err(unheard) => Answer::Refused { why: unheard.to_string() },
    }
}

/// Asks the centre that runs on a data folder.
///
/// # Errors
/// [`AskError`].
pub async fn ask(data_dir: &Path, ask: &Ask) -> Result<Answer, AskError> {
    let path = data_dir.join(FILE);
    let stream = UnixStream::connect(&path).await.map_err(|e| AskError::Unreachable(path, e))?;
    let (read, mut write) = stream.into_split();
    let mut text = serde_json::to_string(ask).expect("a request has only plain keys");
    text.push('\n');
    let mut line = String::new();
    let told = async {
        write.write_all(text.as_bytes()).await?;
        BufReader::new(read.take(MOST_BYTES)).read_line(&mut line).await
    };
    match tokio::time::timeout(PATIENCE, told).await {
        Ok(Ok(_)) => serde_json::from_str(&line).map_err(|_| AskError::NoAnswer),
        _ => Err(AskError::NoAnswer),
    }
}
