//! The scribe: folds each contact's events into its CRM record whenever they change it. It follows
//! the journal by its own mark, so that what happened just before a crash is written after it.

use crate::floor::FloorHandle;
use crate::journal::{self, JournalError};
use crm::{Crm, CrmError, CrmRecord, Db};
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;
use vocabulary::{ContactId, Entry, Event, FloorName};

/// The scribe's mark in the journal's table of readers.
const READER: &str = "scribe";
/// Between two tries when the store does not answer.
const RETRY: Duration = Duration::from_millis(500);

/// Why records could not be written.
#[derive(Debug, thiserror::Error)]
enum Unwritten {
    /// The journal could not be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The CRM did not take them.
    #[error(transparent)]
    Crm(#[from] CrmError),
}

/// The task's own state.
pub struct Scribe {
    journal: Db,
    crm: Crm,
    floor_name: FloorName,
    floor: FloorHandle,
    done: u64,
}

impl Scribe {
    /// A scribe that goes on where the last one stopped.
    ///
    /// # Errors
    /// The store's.
    pub async fn new(journal: Db, crm: Crm, floor_name: FloorName, floor: FloorHandle) -> Result<Scribe, JournalError> {
        let done = journal::read_up_to(&journal, READER, &floor_name).await?;
        Ok(Scribe { journal, crm, floor_name, floor, done })
    }

    /// Runs until told to stop, then writes what is left.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut entries = self.floor.entries();
        loop {
            if let Err(error) = self.catch_up().await {
                tracing::warn!(%error, "records cannot be written now; trying again");
                metrics::counter!("records_write_failed_total").increment(1);
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(RETRY) => continue,
                }
            }
            tokio::select! {
                () = stop.cancelled() => break,
                news = entries.recv() => match news {
                    // What is new is read from the journal: one path for live, lagging and restarted.
                    Ok(_) | Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => break,
                },
            }
            while entries.try_recv().is_ok() {}
        }
        if let Err(error) = self.catch_up().await {
            tracing::warn!(%error, "records are written at the next start");
        }
    }

    async fn catch_up(&mut self) -> Result<(), Unwritten> {
        loop {
            let page = journal::after(&self.journal, &self.floor_name, self.done).await?;
            let Some(last) = page.last().map(|entry| entry.seq) else { return Ok(()) };
            let changed: BTreeSet<ContactId> = page.iter().filter(|e| changes_a_record(e)).filter_map(|e| e.event.contact()).collect();
            for contact in changed {
                let events = journal::of_contact(&self.journal, contact).await?;
                if let Some(record) = CrmRecord::from_events(contact, &events) {
                    self.crm.records.write(&record).await?;
                }
            }
            journal::set_read_up_to(&self.journal, READER, &self.floor_name, last).await?;
            self.done = last;
        }
    }
}

/// Offers and widenings are in the journal for `why`; the record follows the milestones.
fn changes_a_record(entry: &Entry) -> bool {
    !matches!(
        entry.event,
        Event::Widened { .. } | Event::Declined { .. } | Event::Expired { .. } | Event::Withdrawn { .. }
    )
}
