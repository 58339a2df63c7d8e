//! Recordings and transcripts, wired: what the recorder reports goes to the floor, what a crash left
//! open is closed and reported, what waits for a transcript gets one when there is a model.

mod conversations;

pub use conversations::{Conversations, begin_conversation, open_conversations};

use crate::clock::Clock;
use crate::config::Config;
use crate::floor::FloorHandle;
use crate::journal;
use crate::serve::stores::Stores;
use acd::Command;
use console::ports::{CentreError, Playback};
use crm::{Crm, CrmError, Db};
use recordings::policy::Fate;
use recordings::{
    Begin, ContactKey, FsyncPolicy, Keeper, KeeperPrivate, ModelState, Purpose, Reader, Recorder, RecorderConfig, RecorderEvent,
    Recovered, RecordingsError, Store, Todo, Tracks, Transcription,
};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use vocabulary::event::Kept;
use vocabulary::{ContactId, Event, RecordingId};

/// Between two looks at an empty transcription queue.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// What the rest of the process needs of it.
pub struct Keeping {
    /// Seals sound.
    pub tapes: Tapes,
    /// Ends once everything the recorder did has been told to the floor; see [`Tapes::close`].
    pub reported: JoinHandle<()>,
    /// Opens it for someone with the right.
    pub player: Player,
}

/// The recorder, until it is closed.
pub struct Tapes(Mutex<Option<Recorder>>);

impl Tapes {
    fn recorder(&self) -> MutexGuard<'_, Option<Recorder>> {
        self.0.lock().expect("no holder of this lock can panic: orders are only queued under it")
    }

    /// Begins a recording.
    ///
    /// # Errors
    /// [`RecordingsError::RecorderGone`] once closed, and the recorder's own.
    pub fn begin(&self, begin: Begin) -> Result<(), RecordingsError> {
        self.recorder().as_ref().ok_or(RecordingsError::RecorderGone)?.begin(begin)
    }

    /// Gives a recording its fate.
    ///
    /// # Errors
    /// As [`Tapes::begin`].
    pub fn stop(&self, recording: RecordingId, fate: Fate) -> Result<(), RecordingsError> {
        self.recorder().as_ref().ok_or(RecordingsError::RecorderGone)?.stop(recording, fate)
    }

    /// Closes every file; nothing is recorded from now on.
    pub fn close(&self) {
        drop(self.recorder().take());
    }
}

/// Opens recordings.
#[derive(Clone)]
pub struct Player {
    store: Arc<Store>,
    keeper: Arc<Keeper>,
    crm: Crm,
    /// Whether there is a model to make transcripts with.
    pub transcribes: bool,
}

/// Starts recorder, keeper and transcription.
///
/// # Errors
/// A folder, key or model that cannot be used.
pub async fn start(
    config: &Config,
    stores: &Stores,
    floor: &FloorHandle,
    clock: &Clock,
    tasks: &TaskTracker,
    stop: CancellationToken,
) -> Result<Keeping, RecordingsError> {
    let (store, recovered) = Store::open(&config.data_dir.join("recordings"))?;
    let store = Arc::new(store);
    let private = KeeperPrivate::load_or_create(&stores.keys.keeper)?;
    let public = private.public();
    let keeper = Arc::new(Keeper::new(Arc::clone(&store), private));
    report_recovered(&store, &stores.journal, recovered, floor).await;
    let recorder_config = RecorderConfig { store: Arc::clone(&store), keeper: public, fsync: FsyncPolicy::default() };
    let (recorder, events) = Recorder::start(recorder_config)?;
    let reported = tasks.spawn(report(events, floor.clone()));
    let tapes = Tapes(Mutex::new(Some(recorder)));
    let model = config.whisper_model.clone();
    let (for_text, with_keeper) = (Arc::clone(&store), Arc::clone(&keeper));
    let transcription =
        tokio::task::spawn_blocking(move || Transcription::open(for_text, with_keeper, model.as_deref()))
            .await
            .unwrap_or(Err(RecordingsError::Transcription("the model's loading was stopped")))?;
    let transcribes = transcription.state() != ModelState::NoModel;
    let transcriber = Transcriber { transcription, crm: stores.crm.clone(), floor: floor.clone(), clock: clock.clone() };
    tasks.spawn(transcriber.run(stop));
    Ok(Keeping { tapes, reported, player: Player { store, keeper, crm: stores.crm.clone(), transcribes } })
}

/// Tells the floor what became of each recording.
async fn report(mut events: mpsc::Receiver<RecorderEvent>, floor: FloorHandle) {
    while let Some(event) = events.recv().await {
        let event = match event {
            RecorderEvent::Closed(closed) => Event::Recorded {
                contact: closed.contact,
                recording: closed.recording,
                length: closed.length,
                complete: closed.complete,
                kept: closed.kept,
            },
            RecorderEvent::Discarded { recording, contact, why } => {
                Event::RecordingDiscarded { contact, recording, why }
            }
            RecorderEvent::Failed { recording, fate } => {
                tracing::error!(%recording, ?fate, "a recording was not begun, or not given its fate");
                metrics::counter!("recordings_failed_total").increment(1);
                continue;
            }
        };
        floor.tell(Command::Report(event)).await;
    }
}

/// A crash left these open. Up to the crash each was recorded with a basis; what the contact has
/// become since decides who may open it.
async fn report_recovered(store: &Store, db: &Db, recovered: Vec<Recovered>, floor: &FloorHandle) {
    for found in recovered {
        let (contact, recording) = (found.header.contact, found.header.recording);
        let confidential = became_confidential(db, contact).await;
        let mut kept = Kept::Ordinary;
        if confidential && found.header.purpose == Purpose::Service {
            match store.settle(recording, Fate::SealForDpo) {
                Ok(_) => kept = Kept::SealedForDpo,
                Err(error) => tracing::error!(%recording, %error, "a recovered recording could not be sealed"),
            }
        }
        let (length, complete) = (found.length, found.complete);
        floor.tell(Command::Report(Event::Recorded { contact, recording, length, complete, kept })).await;
    }
}

async fn became_confidential(db: &Db, contact: ContactId) -> bool {
    match journal::of_contact(db, contact).await {
        Ok(entries) => entries.iter().any(|entry| match &entry.event {
            Event::Reclassified { lane, .. } | Event::Queued { lane, .. } => lane.is_safeguarding(),
            _ => false,
        }),
        // When in doubt it is sealed: the officer can open it, others cannot see it.
        Err(_) => true,
    }
}

impl Player {
    /// Opens a recording. Who may hear it was decided before.
    ///
    /// # Errors
    /// `Absent`, or a fault.
    pub async fn play(&self, recording: RecordingId) -> Result<Playback, CentreError> {
        let contact = self.contact_of(recording).await?;
        let key = match self.crm.vault.contact_key(contact).await {
            Ok(key) => key,
            Err(CrmError::Erased) => return Err(CentreError::Absent),
            Err(error) => return Err(CentreError::Fault(Box::new(error))),
        };
        let key = ContactKey::new(*key.bytes());
        let keeper = Arc::clone(&self.keeper);
        let opened = self.blocking(move || keeper.play(recording, Reader::Ordinary, &key, Tracks::Both)).await?;
        Ok(Playback { contact, wav: opened.wav, complete: opened.complete })
    }

    /// Whose recording it is.
    ///
    /// # Errors
    /// `Absent`, or a fault.
    pub async fn contact_of(&self, recording: RecordingId) -> Result<ContactId, CentreError> {
        let store = Arc::clone(&self.store);
        Ok(self.blocking(move || store.header(recording, Reader::Ordinary)).await?.contact)
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, RecordingsError> + Send + 'static,
    ) -> Result<T, CentreError> {
        match tokio::task::spawn_blocking(work).await {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(RecordingsError::NotFound)) => Err(CentreError::Absent),
            Ok(Err(error)) => Err(CentreError::Fault(Box::new(error))),
            Err(error) => Err(CentreError::Fault(Box::new(error))),
        }
    }
}

/// Why there is no transcript yet.
#[derive(Debug, thiserror::Error)]
enum Untranscribed {
    /// It could not be made.
    #[error(transparent)]
    Made(#[from] RecordingsError),
    /// It could not be kept.
    #[error(transparent)]
    Kept(#[from] CrmError),
}

struct Transcriber {
    transcription: Transcription,
    crm: Crm,
    floor: FloorHandle,
    clock: Clock,
}

impl Transcriber {
    async fn run(self, stop: CancellationToken) {
        tracing::info!(state = ?self.transcription.state(), waiting = self.transcription.waiting(), "transcription");
        loop {
            let worked = tokio::select! {
                () = stop.cancelled() => return,
                worked = self.one() => worked,
            };
            if !worked {
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(LOOK_AGAIN) => {}
                }
            }
        }
    }

    async fn make(&self, todo: &Todo, key: ContactKey) -> Result<(), Untranscribed> {
        let transcript = self.transcription.run(todo, key).await?;
        conversations::keep_transcript(&self.crm, todo.contact, &transcript, self.clock.now()).await?;
        Ok(())
    }

    /// Makes one transcript. False when there is nothing to do.
    async fn one(&self) -> bool {
        let Some(todo) = self.transcription.next() else { return false };
        let key = match self.crm.vault.contact_key(todo.contact).await {
            Ok(key) => ContactKey::new(*key.bytes()),
            Err(CrmError::Erased) => {
                // Erased meanwhile: there is nothing to transcribe.
                let _ = self.transcription.done(todo.recording);
                return true;
            }
            Err(error) => {
                tracing::warn!(%error, "transcription waits for the store");
                return false;
            }
        };
        match self.make(&todo, key).await {
            Ok(()) => {
                let _ = self.transcription.done(todo.recording);
                let event = Event::Transcribed { contact: todo.contact, recording: todo.recording };
                self.floor.tell(Command::Report(event)).await;
            }
            Err(error) => {
                tracing::warn!(recording = %todo.recording, %error, "no transcript");
                let _ = self.transcription.failed(todo.recording);
            }
        }
        true
    }
}
