//! The one thread that writes recordings, away from the media threads. It drains a ring of frames per
//! recording, seals chunk by chunk and gives each file its fate. It holds the keeper's public key and
//! each file's own key while the file is open; it cannot read what it has closed. Whether anything may
//! be recorded is decided by [`crate::policy`] before [`Recorder::begin`] is called: what is not begun
//! leaves no byte.

use crate::RecordingsError;
use crate::format::{CHUNK_MILLIS, Header, Purpose, Sealer};
use crate::live::keys::{ContactKey, KeeperPublic, make_file_key};
use crate::live::store::{OpenFile, Store};
use crate::policy::Fate;
use rtrb::Consumer;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use vocabulary::audio::Frame;
use vocabulary::event::{DiscardCause, Kept};
use vocabulary::{ContactId, Language, RecordingId, Span, TenantName, Time};

/// The size of ring a tap should have: ten seconds of both sides, so that a slow disk loses nothing.
pub const RING_FRAMES: usize = 1_024;
/// The most recordings at once.
pub const MAX_RECORDINGS: usize = 2_000;
/// Orders and events that may wait.
const MAX_ORDERS: usize = 4_096;
/// How often the rings are drained.
const DRAIN_EVERY: Duration = Duration::from_millis(50);

/// When what was written is forced to the disk. A crash of the program loses at most the chunk being
/// filled in every case; this is about power cuts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FsyncPolicy {
    /// After every chunk: at most a second is lost; one flush a second for every call.
    EachChunk,
    /// At most this often for each file, and on closing.
    Every(Duration),
    /// On closing only.
    OnClose,
}

impl Default for FsyncPolicy {
    fn default() -> FsyncPolicy {
        FsyncPolicy::Every(Duration::from_secs(5))
    }
}

/// What the recorder needs.
pub struct RecorderConfig {
    /// Where the files go.
    pub store: Arc<Store>,
    /// For whom they are sealed.
    pub keeper: KeeperPublic,
    /// When the disk is flushed.
    pub fsync: FsyncPolicy,
}

/// A recording to begin.
pub struct Begin {
    /// Its id, minted by the caller; its moment decides the folder.
    pub recording: RecordingId,
    /// The contact.
    pub contact: ContactId,
    /// Whose contact it is.
    pub tenant: TenantName,
    /// The contact's language.
    pub language: Language,
    /// Now.
    pub started_at: Time,
    /// What the policy allowed it for.
    pub purpose: Purpose,
    /// Whether a transcript is wanted when it closes. For safeguarding contacts only when the caller's
    /// request covers it.
    pub transcribe: bool,
    /// The contact's key; it is forgotten as soon as the file key is wrapped.
    pub contact_key: ContactKey,
    /// The tap. Frames already in it belong to the recording.
    pub frames: Consumer<Frame>,
}

/// A recording that is closed and in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    /// Which.
    pub recording: RecordingId,
    /// Its contact.
    pub contact: ContactId,
    /// How long.
    pub length: Span,
    /// Whether its end is there; `false` when the disk failed on the way.
    pub complete: bool,
    /// Who may open it.
    pub kept: Kept,
    /// Its size.
    pub bytes: u64,
}

/// What the recorder tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecorderEvent {
    /// A recording is closed.
    Closed(Closed),
    /// A recording's bytes are destroyed.
    Discarded {
        /// Which.
        recording: RecordingId,
        /// Its contact.
        contact: ContactId,
        /// Why.
        why: DiscardCause,
    },
    /// A recording could not be begun, or not be given its fate. Its caller must know: a recording
    /// that was to be destroyed may still be there.
    Failed {
        /// Which.
        recording: RecordingId,
        /// What was to be done with it; `None`: it was to begin.
        fate: Option<Fate>,
    },
}

enum Order {
    Begin(Box<Begin>),
    Stop(RecordingId, Fate),
}

/// The handle to the recorder's thread. Dropping it closes every recording as kept.
pub struct Recorder {
    orders: Option<SyncSender<Order>>,
    thread: Option<JoinHandle<()>>,
}

impl Recorder {
    /// Starts the thread. Events wait in the thread when the receiver is slow; none is lost.
    ///
    /// # Errors
    /// [`RecordingsError::RecorderGone`] when the system gives no thread.
    pub fn start(config: RecorderConfig) -> Result<(Recorder, mpsc::Receiver<RecorderEvent>), RecordingsError> {
        let (orders, inbox) = sync_channel(MAX_ORDERS);
        let (events, outbox) = mpsc::channel(MAX_ORDERS);
        let thread = std::thread::Builder::new()
            .name("recorder".into())
            .spawn(move || Desk { config, running: BTreeMap::new(), events, unsent: VecDeque::new() }.run(&inbox))
            .map_err(|_| RecordingsError::RecorderGone)?;
        Ok((Recorder { orders: Some(orders), thread: Some(thread) }, outbox))
    }

    /// Begins a recording. Never blocks.
    ///
    /// # Errors
    /// [`RecordingsError::RecorderBusy`], [`RecordingsError::RecorderGone`].
    pub fn begin(&self, begin: Begin) -> Result<(), RecordingsError> {
        self.order(Order::Begin(Box::new(begin)))
    }

    /// Stops a recording, with every frame that is in its ring now, and gives it its fate. One that is
    /// closed already gets the fate too, so a late withdrawal needs no second way. Never blocks.
    ///
    /// # Errors
    /// [`RecordingsError::RecorderBusy`], [`RecordingsError::RecorderGone`].
    pub fn stop(&self, recording: RecordingId, fate: Fate) -> Result<(), RecordingsError> {
        self.order(Order::Stop(recording, fate))
    }

    /// Closes everything as kept and waits for the thread.
    pub fn shut_down(mut self) {
        self.orders = None;
        if let Some(thread) = self.thread.take() {
            // A panic there was logged by the hook; recovery closes its files at the next start.
            let _ = thread.join();
        }
    }

    fn order(&self, order: Order) -> Result<(), RecordingsError> {
        let orders = self.orders.as_ref().ok_or(RecordingsError::RecorderGone)?;
        orders.try_send(order).map_err(|refused| match refused {
            TrySendError::Full(_) => RecordingsError::RecorderBusy,
            TrySendError::Disconnected(_) => RecordingsError::RecorderGone,
        })
    }
}

/// The thread's own state.
struct Desk {
    config: RecorderConfig,
    running: BTreeMap<RecordingId, Running>,
    events: mpsc::Sender<RecorderEvent>,
    /// Events the receiver had no room for.
    unsent: VecDeque<RecorderEvent>,
}

struct Running {
    header: Header,
    frames: Consumer<Frame>,
    sealer: Sealer,
    file: OpenFile,
    flushed: Instant,
    synced: Instant,
}

/// Why a running recording ends before it is told to.
enum Halt {
    /// It is as long as a recording may be.
    Limit,
    /// The disk refused.
    Disk,
}

impl Desk {
    fn run(mut self, inbox: &Receiver<Order>) {
        loop {
            match inbox.recv_timeout(DRAIN_EVERY) {
                Ok(order) => {
                    self.take(order);
                    while let Ok(order) = inbox.try_recv() {
                        self.take(order);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            self.drain();
            self.tell();
        }
        let all: Vec<RecordingId> = self.running.keys().copied().collect();
        for recording in all {
            self.stop(recording, Fate::Keep);
        }
        self.tell();
    }

    fn take(&mut self, order: Order) {
        match order {
            Order::Begin(begin) => {
                let recording = begin.recording;
                if let Err(fault) = self.begin(*begin) {
                    tracing::error!(%recording, %fault, "recording not begun");
                    self.unsent.push_back(RecorderEvent::Failed { recording, fate: None });
                }
            }
            Order::Stop(recording, fate) => self.stop(recording, fate),
        }
    }

    fn begin(&mut self, begin: Begin) -> Result<(), RecordingsError> {
        if self.running.len() >= MAX_RECORDINGS || self.unsent.len() >= MAX_ORDERS {
            return Err(RecordingsError::RecorderBusy);
        }
        let (key, wrapped_key) = make_file_key(&self.config.keeper, &begin.contact_key, begin.recording, begin.contact);
        let header = Header {
            recording: begin.recording,
            contact: begin.contact,
            tenant: begin.tenant,
            language: begin.language,
            started_at: begin.started_at,
            purpose: begin.purpose,
            transcribe: begin.transcribe,
            wrapped_key,
        };
        let (sealer, first) = Sealer::new(&key, &header);
        let file = self.config.store.create(begin.recording, &first)?;
        let now = Instant::now();
        let running = Running { header, frames: begin.frames, sealer, file, flushed: now, synced: now };
        self.running.insert(begin.recording, running);
        metrics::gauge!("hctc_recordings_open").set(self.running.len() as f64);
        Ok(())
    }

    /// Writes what has come in, for every recording.
    fn drain(&mut self) {
        let fsync = self.config.fsync;
        let halted: Vec<(RecordingId, Halt)> =
            self.running.iter_mut().filter_map(|(id, running)| Some((*id, running.drain(fsync).err()?))).collect();
        for (recording, halt) in halted {
            match halt {
                Halt::Limit => self.stop(recording, Fate::Keep),
                Halt::Disk => self.give_up(recording),
            }
        }
    }

    /// The disk refused: what is whole stays, and its owner is told that the end is missing.
    fn give_up(&mut self, recording: RecordingId) {
        let Some(running) = self.running.remove(&recording) else {
            return;
        };
        metrics::counter!("hctc_recording_write_failures_total").increment(1);
        let closed = running.closed(Kept::Ordinary, running.sealer.length(), false, running.file.bytes());
        match self.config.store.close(recording, Kept::Ordinary) {
            Ok(()) => self.unsent.push_back(RecorderEvent::Closed(closed)),
            Err(_) => self.unsent.push_back(RecorderEvent::Failed { recording, fate: Some(Fate::Keep) }),
        }
    }

    fn stop(&mut self, recording: RecordingId, fate: Fate) {
        let done = match self.running.remove(&recording) {
            Some(running) => self.settle(running, fate).map(Some),
            None => self.settle_closed(recording, fate),
        };
        metrics::gauge!("hctc_recordings_open").set(self.running.len() as f64);
        match done {
            Ok(event) => self.unsent.extend(event),
            Err(fault) => {
                tracing::error!(%recording, ?fate, %fault, "recording not settled");
                self.unsent.push_back(RecorderEvent::Failed { recording, fate: Some(fate) });
            }
        }
    }

    fn settle(&self, running: Running, fate: Fate) -> Result<RecorderEvent, RecordingsError> {
        let (recording, contact) = (running.header.recording, running.header.contact);
        let kept = match fate {
            Fate::Discard(why) => {
                drop(running);
                self.config.store.discard_open(recording)?;
                return Ok(RecorderEvent::Discarded { recording, contact, why });
            }
            Fate::Keep => Kept::Ordinary,
            Fate::SealForDpo => Kept::SealedForDpo,
        };
        let header = running.header.clone();
        let closed = running.finish(kept);
        self.config.store.close(recording, kept)?;
        if header.transcribe && kept == Kept::Ordinary {
            let asked = self.config.store.ask_for_transcript(&header);
            asked.unwrap_or_else(|refused| tracing::warn!(%recording, %refused, "no transcript will be made"));
        }
        Ok(RecorderEvent::Closed(closed))
    }

    fn settle_closed(&self, recording: RecordingId, fate: Fate) -> Result<Option<RecorderEvent>, RecordingsError> {
        match (fate, self.config.store.settle(recording, fate)) {
            (Fate::Discard(why), Ok(contact)) => Ok(Some(RecorderEvent::Discarded { recording, contact, why })),
            (_, Ok(_)) => Ok(None),
            // Never begun, or destroyed before: there is nothing to keep and nothing to destroy.
            (_, Err(RecordingsError::NotFound)) => Ok(None),
            (_, Err(fault)) => Err(fault),
        }
    }

    /// Hands over events as far as the receiver has room. A receiver that is gone wants none.
    fn tell(&mut self) {
        while let Some(event) = self.unsent.pop_front() {
            match self.events.try_send(event) {
                Ok(()) => {}
                Err(mpsc::error::TrySendError::Full(event)) => return self.unsent.push_front(event),
                Err(mpsc::error::TrySendError::Closed(_)) => self.unsent.clear(),
            }
        }
    }
}

impl Running {
    fn drain(&mut self, fsync: FsyncPolicy) -> Result<(), Halt> {
        let mut out = Vec::new();
        let mut halt = Ok(());
        while let Ok(frame) = self.frames.pop() {
            if !self.sealer.push(&frame, &mut out) {
                halt = Err(Halt::Limit);
                break;
            }
        }
        if self.flushed.elapsed() >= Duration::from_millis(u64::from(CHUNK_MILLIS)) {
            self.sealer.flush(&mut out);
        }
        self.write(&out, fsync).map_err(|fault| {
            tracing::error!(recording = %self.header.recording, %fault, "recording stops");
            Halt::Disk
        })?;
        halt
    }

    fn write(&mut self, bytes: &[u8], fsync: FsyncPolicy) -> Result<(), RecordingsError> {
        if bytes.is_empty() {
            return Ok(());
        }
        self.file.append(bytes)?;
        self.flushed = Instant::now();
        let due = match fsync {
            FsyncPolicy::EachChunk => true,
            FsyncPolicy::Every(time) => self.synced.elapsed() >= time,
            FsyncPolicy::OnClose => false,
        };
        if due {
            self.file.sync()?;
            self.synced = self.flushed;
        }
        Ok(())
    }

    /// Takes the rest of the ring, seals the end and forces it to the disk. What the disk refuses is
    /// missing from the end, and said.
    fn finish(mut self, kept: Kept) -> Closed {
        let drained = self.drain(FsyncPolicy::OnClose);
        let length = self.sealer.length();
        let bytes = self.file.bytes();
        if matches!(drained, Err(Halt::Disk)) {
            return self.closed(kept, length, false, bytes);
        }
        let mut out = Vec::new();
        let (recording, contact) = (self.header.recording, self.header.contact);
        let closing = self.sealer.finish(&mut out);
        let written = self.file.append(&out).and_then(|()| self.file.sync());
        if let Err(fault) = &written {
            tracing::error!(%recording, %fault, "the end of a recording is missing");
        }
        let complete = written.is_ok();
        let length = if complete { closing.length } else { length };
        Closed { recording, contact, length, complete, kept, bytes: self.file.bytes() }
    }

    fn closed(&self, kept: Kept, length: Span, complete: bool, bytes: u64) -> Closed {
        Closed { recording: self.header.recording, contact: self.header.contact, length, complete, kept, bytes }
    }
}
