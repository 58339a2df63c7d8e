//! Running while the journal does not take entries. What was decided goes on being written in the
//! background, in order; until it is durable nothing of it leaves, with one exception the design makes:
//! safeguarding contacts, and callers of whom nobody can tell yet, are served from memory. What was
//! served so is counted, and the journal says it afterwards.

use super::{Decided, FloorTask, Deliver, Reply, RETRY};
use crate::journal::{Journal, JournalError};
use acd::{Command, Effect, Floor, Refusal};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use vocabulary::{ContactId, Entry, Event, Time};

/// Events held at most; beyond it no further command is taken until some are written.
pub(super) const MOST_HELD: usize = 100_000;
/// How long a stop waits for what is not yet written.
const LAST_TRY: Duration = Duration::from_secs(5);

/// What a writer gives back.
pub(super) type Written = (Journal, Result<Vec<Entry>, JournalError>);

/// What was decided and is not durable.
pub(super) struct Late {
    /// Since when, on the floor's clock.
    since: Time,
    /// The number the next event decided will get.
    next_seq: u64,
    /// The writer at work.
    pub(super) writing: JoinHandle<Written>,
    /// Decided since that writer began.
    unwritten: Vec<(Time, Event)>,
    effects: Vec<Effect>,
    replies: Vec<(Reply, Result<(), Refusal>)>,
    /// Events written late so far.
    events: u32,
}

/// Writes events, trying for as long as it takes. The only error is being fenced, or an unreadable store.
pub(super) async fn write(mut journal: Journal, events: Arc<Vec<(Time, Event)>>) -> Written {
    loop {
        match journal.append(&events).await {
            Ok(entries) => return (journal, Ok(entries)),
            Err(JournalError::Unavailable(error)) => {
                tracing::debug!(%error, "the journal took nothing; trying again");
                tokio::time::sleep(RETRY).await;
            }
            Err(other) => return (journal, Err(other)),
        }
    }
}

impl Late {
    /// Whether more may be decided.
    pub(super) fn has_room(&self) -> bool {
        self.unwritten.len() < MOST_HELD
    }
}

impl<D: Deliver> FloorTask<D> {
    /// The journal has not taken this turn's events for too long.
    pub(super) fn run_late(&mut self, decided: Decided, writing: JoinHandle<Written>, next_seq: u64) {
        self.journal_ok.send_if_modified(|ok| std::mem::replace(ok, false));
        tracing::error!("the journal does not take entries; safeguarding contacts are served from memory");
        let began = decided.events.len() as u32;
        let seen = entries(&decided.events, next_seq);
        let since = self.clock.now();
        let next_seq = next_seq + u64::from(began);
        let (effects, replies) = (Vec::new(), Vec::new());
        self.late = Some(Late { since, next_seq, writing, unwritten: Vec::new(), effects, replies, events: began });
        self.see(seen);
        self.let_go(decided.effects, decided.replies);
        let mut alarm = Decided::default();
        self.decide(self.clock.now(), Command::NoteStalled, None, &mut alarm);
        self.hold(alarm);
    }

    /// Keeps what was decided until it is durable; what cannot wait leaves at once.
    pub(super) fn hold(&mut self, decided: Decided) {
        let Some(late) = &mut self.late else { return };
        let seen = entries(&decided.events, late.next_seq);
        late.next_seq += decided.events.len() as u64;
        late.events = late.events.saturating_add(decided.events.len() as u32);
        late.unwritten.extend(decided.events);
        self.see(seen);
        self.let_go(decided.effects, decided.replies);
    }

    /// Screens and figures follow the floor; only what is read from the journal waits for it.
    fn see(&mut self, entries: Vec<Entry>) {
        let before = self.picture.borrow().clone();
        super::meter::count(&entries, |contact| before.contact(contact).map(super::meter::Before::of));
        for entry in &entries {
            self.figures.fold(entry);
            self.facts.fold(entry);
            self.deliver.entry(entry);
        }
        if !entries.is_empty() {
            self.show(&before);
        }
    }

    fn let_go(&mut self, effects: Vec<Effect>, replies: Vec<(Reply, Result<(), Refusal>)>) {
        let Some(late) = &mut self.late else { return };
        for effect in effects {
            match contact_of(&effect) {
                Some(contact) if !cannot_wait(&self.floor, contact) => late.effects.push(effect),
                _ => self.deliver.deliver(effect),
            }
        }
        for (reply, answer) in replies {
            if answer.is_ok() && reply.about.is_some_and(|contact| !cannot_wait(&self.floor, contact)) {
                late.replies.push((reply, answer));
            } else {
                // Who asked may have gone.
                let _ = reply.to.send(answer);
            }
        }
    }

    /// A writer has come to its end: the next one begins, or the journal is up to date.
    pub(super) async fn written(&mut self, (journal, result): Written) -> Result<(), JournalError> {
        let entries = result?;
        self.since_snapshot += entries.len() as u64;
        for entry in entries {
            // Nobody listening is no fault.
            let _ = self.entries.send(Arc::new(entry));
        }
        let Some(late) = &mut self.late else { return Ok(()) };
        if !late.unwritten.is_empty() {
            let events = Arc::new(std::mem::take(&mut late.unwritten));
            late.writing = tokio::spawn(write(journal, events));
            return Ok(());
        }
        self.journal = Some(journal);
        let Some(late) = self.late.take() else { return Ok(()) };
        self.journal_ok.send_if_modified(|ok| !std::mem::replace(ok, true));
        tracing::warn!(events = late.events, "the journal takes entries again");
        late.effects.into_iter().for_each(|effect| self.deliver.deliver(effect));
        for (reply, answer) in late.replies {
            let _ = reply.to.send(answer);
        }
        let mut told = Decided::default();
        let note = Command::NoteUnjournaled { since: late.since, events: late.events };
        self.decide(self.clock.now(), note, None, &mut told);
        self.commit(told).await
    }

    /// The process stops: what is not written gets one last time to be.
    pub(super) async fn finish_late(&mut self) {
        let end = tokio::time::Instant::now() + LAST_TRY;
        while let Some(late) = &mut self.late {
            let Ok(Ok(written)) = tokio::time::timeout_at(end, &mut late.writing).await else {
                tracing::error!(events = late.events, "the centre stops with entries the journal never took");
                return;
            };
            if let Err(error) = self.written(written).await {
                tracing::error!(%error, "the centre stops with entries the journal never took");
                return;
            }
        }
    }
}

/// The entries these events will be.
fn entries(events: &[(Time, Event)], first: u64) -> Vec<Entry> {
    let numbered = events.iter().zip(first..);
    numbered.map(|((at, event), seq)| Entry { seq, at: *at, v: vocabulary::event::VERSION, event: event.clone() }).collect()
}

fn contact_of(effect: &Effect) -> Option<ContactId> {
    match effect {
        Effect::Ring { contact, .. }
        | Effect::StopRinging { contact, .. }
        | Effect::Bridge { contact, .. }
        | Effect::CallOutside { contact, .. }
        | Effect::StopCallingOutside { contact }
        | Effect::Treat { contact, .. }
        | Effect::CallBack { contact, .. }
        | Effect::HandOver { contact, .. }
        | Effect::Join { contact, .. }
        | Effect::Release { contact, .. }
        | Effect::Park { contact, .. } => Some(*contact),
        Effect::Refused(_) => None,
    }
}

/// Whether a contact is served from memory: on the safe line or in imminent danger, or still in a flow,
/// where it may yet get there.
fn cannot_wait(floor: &Floor, contact: ContactId) -> bool {
    let Some(contact) = floor.contact(contact) else { return true };
    let safe = contact.lane.is_some_and(|lane| lane.is_safeguarding());
    safe || contact.risk == Some(vocabulary::Risk::P0) || contact.queue.is_none()
}
