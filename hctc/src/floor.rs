//! The floor task: the only driver of the routing engine and the only writer of its journal.
//!
//! Commands come in over two bounded inboxes, one of them reserved for what must never wait behind
//! a flood (accept, hang-up, safeguarding). Each turn takes what is there, decides all of it, makes
//! the events durable in one commit, and only then lets effects, answers and the new picture leave. What
//! happens when the journal takes nothing is in `late`.

mod late;
mod meter;
mod picture;
mod recovery;

pub use picture::Picture;
pub use recovery::{Opened, RecoveryError, figures_afresh, floor_of_snapshot, open, read_only};

use crate::clock::Clock;
use crate::journal::{Journal, JournalError, SNAPSHOT_EVERY};
use late::Late;
use acd::{Command, Effect, Floor, Output, Refusal, Waiting};
use console::ports::Facts;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use vocabulary::{ContactId, Entry, Event, Time};

/// Commands waiting in the ordinary inbox; senders wait when it is full.
const INBOX: usize = 1_024;
/// Commands waiting in the reserved inbox.
const URGENT: usize = 1_024;
/// Commands decided before one commit.
const TURN: usize = 256;
/// Entries a slow listener may be behind before it must read the picture anew.
const LISTENERS_BEHIND: usize = 4_096;
/// A journal that takes longer than this to append raises the alarm and turns `/healthz` bad.
const STALLED: Duration = Duration::from_millis(500);
/// Between two tries of an append that failed.
const RETRY: Duration = Duration::from_millis(50);

/// Why a command had no effect.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Unheard {
    /// The rules say no; tell the person.
    #[error("{0}")]
    Refused(Refusal),
    /// The floor is stopping or too busy.
    #[error("the floor does not take commands now")]
    Closed,
}

enum Request {
    Command { command: Command, reply: Option<oneshot::Sender<Result<(), Refusal>>> },
    Waiting { contact: ContactId, reply: oneshot::Sender<Option<Waiting>> },
}

/// How the rest of the process talks to a floor. Cheap to clone.
#[derive(Clone)]
pub struct FloorHandle {
    inbox: mpsc::Sender<Request>,
    urgent: mpsc::Sender<Request>,
    picture: watch::Receiver<Arc<Picture>>,
    entries: broadcast::Sender<Arc<Entry>>,
    journal_ok: watch::Receiver<bool>,
}

impl FloorHandle {
    /// Sends a command and waits until what it decided is durable.
    ///
    /// # Errors
    /// [`Unheard::Refused`] with the reason, or [`Unheard::Closed`].
    pub async fn ask(&self, command: Command) -> Result<(), Unheard> {
        let (reply, answer) = oneshot::channel();
        self.send(Request::Command { command, reply: Some(reply) }).await.map_err(|()| Unheard::Closed)?;
        match answer.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(refusal)) => Err(Unheard::Refused(refusal)),
            Err(_) => Err(Unheard::Closed),
        }
    }

    /// Sends a command whose refusal nobody needs to hear.
    pub async fn tell(&self, command: Command) {
        if self.send(Request::Command { command, reply: None }).await.is_err() {
            tracing::warn!("a command came after the floor had closed");
        }
    }

    /// Where a waiting contact stands in its queue; `None` for one that does not wait.
    pub async fn waiting(&self, contact: ContactId) -> Option<Waiting> {
        let (reply, answer) = oneshot::channel();
        self.send(Request::Waiting { contact, reply }).await.ok()?;
        answer.await.ok().flatten()
    }

    /// The newest picture of the floor.
    pub fn picture(&self) -> Arc<Picture> {
        self.picture.borrow().clone()
    }

    /// Changes of the picture.
    pub fn changes(&self) -> watch::Receiver<Arc<Picture>> {
        self.picture.clone()
    }

    /// Every entry from now on.
    pub fn entries(&self) -> broadcast::Receiver<Arc<Entry>> {
        self.entries.subscribe()
    }

    /// Whether the journal takes appends.
    pub fn journal_ok(&self) -> bool {
        *self.journal_ok.borrow()
    }

    async fn send(&self, request: Request) -> Result<(), ()> {
        let urgent = matches!(&request, Request::Command { command, .. } if is_urgent(command));
        let inbox = if urgent { &self.urgent } else { &self.inbox };
        inbox.send(request).await.map_err(|_| ())
    }
}

/// What must never wait behind a flood of new contacts.
fn is_urgent(command: &Command) -> bool {
    match command {
        Command::Accept { .. } | Command::End { .. } | Command::Reclassify { .. } | Command::OutsideAnswered { .. } => true,
        Command::Connect { .. } | Command::ConnectFail { .. } | Command::Decline { .. } => true,
        Command::Enqueue { lane, risk, .. } => {
            lane.is_some_and(|l| l.is_safeguarding()) || risk.offers_to_several()
        }
        _ => false,
    }
}

/// Where effects go once they may.
pub trait Deliver: Send + 'static {
    /// Hands one effect to the task of its contact. Must not block.
    fn deliver(&mut self, effect: Effect);

    /// Sees each entry once it is durable. Must not block.
    fn entry(&mut self, entry: &Entry);
}

/// The task's own state.
pub struct FloorTask<D> {
    floor: Floor,
    /// Away while a writer has it.
    journal: Option<Journal>,
    late: Option<Late>,
    clock: Clock,
    deliver: D,
    inbox: mpsc::Receiver<Request>,
    urgent: mpsc::Receiver<Request>,
    picture: watch::Sender<Arc<Picture>>,
    entries: broadcast::Sender<Arc<Entry>>,
    journal_ok: watch::Sender<bool>,
    figures: acd::figures::Figures,
    facts: Facts,
    since_snapshot: u64,
}

impl<D: Deliver> FloorTask<D> {
    /// A task over a recovered floor, and the handle to it.
    pub fn new(mut opened: Opened, clock: Clock, deliver: D) -> (FloorTask<D>, FloorHandle) {
        let (inbox_in, inbox) = mpsc::channel(INBOX);
        let (urgent_in, urgent) = mpsc::channel(URGENT);
        let (entries, _) = broadcast::channel(LISTENERS_BEHIND);
        let first = Arc::new(Picture::of(&opened.floor, &opened.figures, &mut opened.facts, clock.now(), None));
        let (picture, pictures) = watch::channel(first);
        let (journal_ok, journal_oks) = watch::channel(true);
        let handle = FloorHandle {
            inbox: inbox_in,
            urgent: urgent_in,
            picture: pictures,
            entries: entries.clone(),
            journal_ok: journal_oks,
        };
        let task = FloorTask {
            floor: opened.floor,
            journal: Some(opened.journal),
            late: None,
            clock,
            deliver,
            inbox,
            urgent,
            picture,
            entries,
            journal_ok,
            figures: opened.figures,
            facts: opened.facts,
            since_snapshot: opened.since_snapshot,
        };
        (task, handle)
    }

    /// Runs until told to stop or fenced.
    ///
    /// # Errors
    /// [`JournalError::Fenced`] when another process took the floor over.
    pub async fn run(mut self, stop: CancellationToken) -> Result<(), JournalError> {
        loop {
            let due = self.floor.deadline();
            let room = self.late.as_ref().is_none_or(Late::has_room);
            let first = tokio::select! {
                biased;
                () = stop.cancelled() => break,
                written = written(&mut self.late) => {
                    self.written(written).await?;
                    continue;
                }
                Some(request) = self.urgent.recv(), if room => Some(request),
                Some(request) = self.inbox.recv(), if room => Some(request),
                () = until(&self.clock, due), if room => None,
            };
            self.turn(first).await?;
        }
        self.finish_late().await;
        self.snapshot().await;
        Ok(())
    }

    /// Decides what is there, commits once, lets go.
    async fn turn(&mut self, first: Option<Request>) -> Result<(), JournalError> {
        let mut decided = Decided::default();
        let now = self.clock.now();
        self.decide(now, Command::Tick, None, &mut decided);
        let mut next = first;
        while let Some(request) = next {
            match request {
                Request::Command { command, reply } => self.decide(self.clock.now(), command, reply, &mut decided),
                // Who asked may have gone.
                Request::Waiting { contact, reply } => drop(reply.send(self.floor.waiting(contact))),
            }
            if decided.commands >= TURN {
                break;
            }
            next = self.urgent.try_recv().or_else(|_| self.inbox.try_recv()).ok();
        }
        if self.late.is_some() {
            self.hold(decided);
            return Ok(());
        }
        self.commit(decided).await
    }

    /// Makes what was decided durable and lets it go; after too long a wait it is held instead.
    async fn commit(&mut self, mut decided: Decided) -> Result<(), JournalError> {
        let events = Arc::new(std::mem::take(&mut decided.events));
        let entries = match self.make_durable(&events).await? {
            Made::Durable(entries) => entries,
            Made::Late { writing, next_seq } => {
                decided.events = events.to_vec();
                self.run_late(decided, writing, next_seq);
                return Ok(());
            }
        };
        let before = self.picture.borrow().clone();
        meter::count(&entries, |contact| before.contact(contact).map(meter::Before::of));
        for entry in entries {
            self.figures.fold(&entry);
            self.facts.fold(&entry);
            self.deliver.entry(&entry);
            // Nobody listening is no fault.
            let _ = self.entries.send(Arc::new(entry));
        }
        if !events.is_empty() {
            self.show(&before);
        }
        for effect in decided.effects {
            self.deliver.deliver(effect);
        }
        for (reply, answer) in decided.replies {
            // Who asked may have gone.
            let _ = reply.to.send(answer);
        }
        self.since_snapshot += events.len() as u64;
        if self.since_snapshot >= SNAPSHOT_EVERY {
            self.snapshot().await;
        }
        Ok(())
    }

    /// Replaces the picture everyone looks at.
    fn show(&mut self, before: &Picture) {
        let picture = Picture::of(&self.floor, &self.figures, &mut self.facts, self.clock.now(), Some(before));
        self.picture.send_replace(Arc::new(picture));
    }

    fn decide(
        &mut self,
        now: Time,
        command: Command,
        reply: Option<oneshot::Sender<Result<(), Refusal>>>,
        decided: &mut Decided,
    ) {
        let about = promised_to(&command);
        let mut out = Vec::new();
        self.floor.handle(now, command, &mut out);
        let mut refused = None;
        for output in out {
            match output {
                Output::Event(event) => decided.events.push((now, event)),
                Output::Effect(Effect::Refused(refusal)) => refused = refused.or(Some(refusal)),
                Output::Effect(effect) => decided.effects.push(effect),
            }
        }
        decided.commands += 1;
        if let Some(reply) = reply {
            decided.replies.push((Reply { to: reply, about }, refused.map_or(Ok(()), Err)));
        }
    }

    /// Appends, and waits for it for so long.
    async fn make_durable(&mut self, events: &Arc<Vec<(Time, Event)>>) -> Result<Made, JournalError> {
        if events.is_empty() {
            return Ok(Made::Durable(Vec::new()));
        }
        let began = std::time::Instant::now();
        let journal = self.journal.take().expect("nothing is late, so no writer has it");
        let next_seq = journal.next_seq();
        let mut writing = tokio::spawn(late::write(journal, Arc::clone(events)));
        let Ok(written) = tokio::time::timeout(STALLED, &mut writing).await else {
            return Ok(Made::Late { writing, next_seq });
        };
        let (journal, result) = written.expect("a writer neither panics nor is aborted");
        self.journal = Some(journal);
        let entries = result?;
        metrics::histogram!("journal_append_seconds").record(began.elapsed());
        Ok(Made::Durable(entries))
    }

    async fn snapshot(&mut self) {
        // Days past are the console's to keep; a snapshot must not grow with age.
        self.figures.forget(self.clock.now());
        let kept = recovery::Kept { floor: self.floor.snapshot(), figures: self.figures.clone() };
        let body = serde_json::to_string(&kept).expect("a snapshot has only plain keys");
        // While a writer has the journal, a snapshot would run ahead of it.
        let Some(journal) = &self.journal else { return };
        match journal.keep_snapshot(body).await {
            Ok(()) => self.since_snapshot = 0,
            Err(error) => tracing::warn!(%error, "no snapshot kept; the next start reads more entries"),
        }
    }
}

/// Where the answer to a command goes.
struct Reply {
    to: oneshot::Sender<Result<(), Refusal>>,
    /// The contact a "yes" makes a promise about.
    about: Option<ContactId>,
}

/// How an append went.
enum Made {
    /// The entries are durable.
    Durable(Vec<Entry>),
    /// Not yet; a writer goes on trying.
    Late { writing: JoinHandle<late::Written>, next_seq: u64 },
}

/// The contact about which a "yes" to a command is a promise to a person, so that it must be durable.
fn promised_to(command: &Command) -> Option<ContactId> {
    match command {
        Command::Accept { contact, .. }
        | Command::OutsideAnswered { contact, .. }
        | Command::Transfer { contact, .. }
        | Command::Assign { contact, .. }
        | Command::AgreeCallBack { contact, .. } => Some(*contact),
        _ => None,
    }
}

/// The end of the writer at work; for ever where there is none.
async fn written(late: &mut Option<Late>) -> late::Written {
    match late {
        Some(late) => (&mut late.writing).await.expect("a writer neither panics nor is aborted"),
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests;

#[derive(Default)]
struct Decided {
    commands: usize,
    events: Vec<(Time, Event)>,
    effects: Vec<Effect>,
    replies: Vec<(Reply, Result<(), Refusal>)>,
}

/// Waits until a moment of the floor's clock; for ever where there is none.
pub(crate) async fn until(clock: &Clock, due: Option<Time>) {
    match due {
        Some(due) => {
            let wait = (due - clock.now()).0.max(0) as u64;
            tokio::time::sleep(Duration::from_millis(wait)).await;
        }
        None => std::future::pending().await,
    }
}
