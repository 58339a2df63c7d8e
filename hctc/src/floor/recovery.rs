//! From journal to floor: the newest snapshot, the entries after it, then the decisions a restart
//! brings (calls that died are ended once, chats keep their places).

use crate::clock::Clock;
use crate::journal::{self, Journal, JournalError, Recovered};
use acd::figures::Figures;
use acd::{Command, Effect, Floor, Output, Refusal, Snapshot};
use console::ports::Facts;
use crm::Db;
use super::meter::Before;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use vocabulary::centre::{Centre, Change};
use vocabulary::event::Actor;
use vocabulary::{ContactId, FloorName, Time};

/// What a snapshot holds.
#[derive(Serialize, Deserialize)]
pub(super) struct Kept {
    pub(super) floor: Snapshot,
    pub(super) figures: Figures,
}

/// A floor ready to run.
pub struct Opened {
    /// The engine.
    pub floor: Floor,
    /// Its journal, under a new epoch.
    pub journal: Journal,
    /// The figures so far.
    pub figures: Figures,
    /// What desks show besides.
    pub facts: Facts,
    /// Entries since the newest snapshot.
    pub since_snapshot: u64,
}

/// Why a floor cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum RecoveryError {
    /// The journal's.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The snapshot was written by another version of this program.
    #[error("the journal's snapshot cannot be read (at column {0}); delete the rows of journal_snapshot to rebuild it from the entries")]
    Snapshot(usize),
    /// The set-up makes no sense to the floor.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// Opens the floor of `seed`. An empty journal begins with the seed's set-up; one that has entries
/// keeps its own: the journal is the truth, the file only the exchange format.
///
/// # Errors
/// See [`RecoveryError`].
pub async fn open(db: Db, seed: &Centre, clock: &Clock) -> Result<Opened, RecoveryError> {
    let (journal, recovered) = Journal::open(db.clone(), seed.floor.clone()).await?;
    let (floor, mut figures) = replay(&recovered, &seed.floor)?;
    if !figures.is_current() {
        tracing::info!("the snapshot's figures are of an older program; the whole journal is folded anew");
        figures = figures_afresh(&db, &seed.floor).await?.0;
    }
    if let Some(last) = recovered.entries.last() {
        clock.not_before(last.at);
    }
    let fresh = journal.next_seq() == 1;
    let since_snapshot = recovered.entries.len() as u64;
    let mut facts = Facts::default();
    recovered.entries.iter().for_each(|entry| facts.fold(entry));
    let mut opened = Opened { floor, journal, figures, facts, since_snapshot };
    if fresh {
        let changes = Centre::empty(seed.floor.clone()).changes_to(seed);
        if !changes.is_empty() {
            let change = Box::new(Change::Together { changes });
            opened.decide_alone(clock.now(), Command::SetUp { change, by: Actor::Centre }).await?;
        }
    } else {
        opened.decide_alone(clock.now(), Command::Restart).await?;
    }
    Ok(opened)
}

/// The floor as its journal has it, without taking the journal over; `None` while it is empty.
///
/// # Errors
/// See [`RecoveryError`].
pub async fn read_only(db: &Db, seed: &Centre) -> Result<Option<Floor>, RecoveryError> {
    let recovered = Journal::look(db, &seed.floor).await?;
    if recovered.snapshot.is_none() && recovered.entries.is_empty() {
        return Ok(None);
    }
    Ok(Some(replay(&recovered, &seed.floor)?.0))
}

/// The figures of the whole journal, folded from its first entry on, and the moment of its last. Reads
/// only.
///
/// # Errors
/// The journal's.
pub async fn figures_afresh(db: &Db, name: &FloorName) -> Result<(Figures, Time), JournalError> {
    let (mut figures, mut done, mut last) = (Figures::default(), 0, Time::ZERO);
    loop {
        let page = journal::after(db, name, done).await?;
        let Some(entry) = page.last() else { return Ok((figures, last)) };
        (done, last) = (entry.seq, entry.at);
        page.iter().for_each(|entry| figures.fold(entry));
    }
}

/// The floor in a snapshot; `None` for one of another version of the program.
pub fn floor_of_snapshot(body: &str) -> Option<Floor> {
    let kept: Kept = serde_json::from_str(body).ok()?;
    Some(Floor::restore(kept.floor))
}

fn replay(recovered: &Recovered, name: &FloorName) -> Result<(Floor, Figures), RecoveryError> {
    let (mut floor, mut figures) = match &recovered.snapshot {
        Some(body) => {
            let kept: Kept = serde_json::from_str(body).map_err(|e| RecoveryError::Snapshot(e.column()))?;
            (Floor::restore(kept.floor), kept.figures)
        }
        None => (Floor::new(name.clone()), Figures::default()),
    };
    for entry in &recovered.entries {
        floor.apply(entry.at, &entry.event);
        figures.fold(entry);
    }
    Ok((floor, figures))
}

impl Opened {
    /// Decides one command while nobody is connected yet, and makes it durable. Effects have nobody to
    /// go to: what waits is matched again once its task is there.
    ///
    /// # Errors
    /// The journal's, or the refusal of the command.
    pub async fn decide_alone(&mut self, now: Time, command: Command) -> Result<(), RecoveryError> {
        let mut out = Vec::new();
        let before: BTreeMap<ContactId, Before> = self.floor.contacts().map(|c| (c.contact, Before::of(&c))).collect();
        self.floor.handle(now, command, &mut out);
        let mut events = Vec::new();
        for output in out {
            match output {
                Output::Event(event) => events.push((now, event)),
                Output::Effect(Effect::Refused(refusal)) => return Err(RecoveryError::Refused(refusal)),
                Output::Effect(_) => {}
            }
        }
        let entries = self.journal.append(&events).await?;
        super::meter::count(&entries, |contact| before.get(&contact).copied());
        for entry in &entries {
            self.figures.fold(entry);
            self.facts.fold(entry);
        }
        self.since_snapshot += entries.len() as u64;
        Ok(())
    }
}
