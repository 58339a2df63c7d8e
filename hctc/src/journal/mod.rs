//! The journal of a floor: append with an epoch, read back, snapshots.
//!
//! An entry is durable when [`Journal::append`] returns. One writer per floor: who opens the journal
//! takes a new epoch, and an append under an older one is refused, so that a process thought dead
//! cannot write beside its successor. It leaves out what the entries mean: that is `acd`'s.

pub mod story;

use crm::{Db, DbError, Value};
use vocabulary::{Entry, Event, FloorName, Time, event::VERSION};

/// Entries after which a new snapshot is due, so that start-up does not grow with age.
pub const SNAPSHOT_EVERY: u64 = 2_000;

/// One snapshot of so many entries is kept for good: about one a day at 20 million contacts a year.
const SNAPSHOTS_APART: i64 = 1_000_000;

/// Entries read from the store at a time during recovery.
const PAGE: i64 = 2_000;

/// Forward-only schema; one step per entry, never edited once released.
const STEPS: &[&str] = &[
    "CREATE TABLE journal_writer (floor TEXT PRIMARY KEY, epoch BIGINT NOT NULL)",
    "CREATE TABLE journal (floor TEXT NOT NULL, seq BIGINT NOT NULL, at BIGINT NOT NULL, contact TEXT, body TEXT NOT NULL, PRIMARY KEY (floor, seq))",
    "CREATE INDEX journal_contact ON journal (contact)",
    "CREATE TABLE journal_reader (reader TEXT NOT NULL, floor TEXT NOT NULL, seq BIGINT NOT NULL, PRIMARY KEY (reader, floor))",
    "CREATE TABLE journal_snapshot (floor TEXT NOT NULL, seq BIGINT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (floor, seq))",
];

/// What can go wrong, as the floor would treat it.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// Another process has taken the floor over: stop at once, write nothing.
    #[error("another process has taken over this floor")]
    Fenced,
    /// The store did not take it now; trying again is right.
    #[error("the journal's store does not answer: {0}")]
    Unavailable(DbError),
    /// What is stored cannot be read; a person must look.
    #[error("journal entry {seq} cannot be read: {why}")]
    Unreadable {
        /// Which entry.
        seq: u64,
        /// What the reader said; it names fields, never their content.
        why: String,
    },
}

impl From<DbError> for JournalError {
    fn from(error: DbError) -> JournalError {
        JournalError::Unavailable(error)
    }
}

/// A floor's journal, open for writing under one epoch.
#[derive(Debug)]
pub struct Journal {
    db: Db,
    floor: FloorName,
    epoch: i64,
    next: u64,
    /// The last append failed in a way that leaves open whether it was committed.
    unsure: bool,
}

/// What recovery found.
pub struct Recovered {
    /// The newest snapshot, as it was given to [`Journal::keep_snapshot`].
    pub snapshot: Option<String>,
    /// Every entry after it, in order.
    pub entries: Vec<Entry>,
}

impl Journal {
    /// Opens the journal, fences every earlier writer, and reads what is there.
    ///
    /// # Errors
    /// [`JournalError::Unreadable`] for an entry of a newer version or a broken one.
    pub async fn open(db: Db, floor: FloorName) -> Result<(Journal, Recovered), JournalError> {
        db.migrate("journal", STEPS).await?;
        let epoch = take_epoch(&db, &floor).await?;
        let (recovered, last) = recover(&db, &floor).await?;
        Ok((Journal { db, floor, epoch, next: last + 1, unsure: false }, recovered))
    }

    /// Reads what is there and leaves the writer alone.
    ///
    /// # Errors
    /// As [`Journal::open`].
    pub async fn look(db: &Db, floor: &FloorName) -> Result<Recovered, JournalError> {
        db.migrate("journal", STEPS).await?;
        Ok(recover(db, floor).await?.0)
    }

    /// The number the next entry will get.
    pub fn next_seq(&self) -> u64 {
        self.next
    }

    /// Appends events decided at their times as one commit and gives them their numbers. Nothing is
    /// written unless everything is. After an error the same events, and only those, may be given again:
    /// if the commit had reached the store after all, they are not written twice.
    ///
    /// # Errors
    /// [`JournalError::Fenced`] when the epoch is no longer the newest.
    pub async fn append(&mut self, events: &[(Time, Event)]) -> Result<Vec<Entry>, JournalError> {
        let entries: Vec<Entry> = events
            .iter()
            .zip(self.next..)
            .map(|((at, event), seq)| Entry { seq, at: *at, v: VERSION, event: event.clone() })
            .collect();
        if self.unsure && self.is_stored(&entries).await? {
            (self.unsure, self.next) = (false, self.next + entries.len() as u64);
            return Ok(entries);
        }
        self.unsure = true;
        self.insert(&entries).await?;
        (self.unsure, self.next) = (false, self.next + entries.len() as u64);
        Ok(entries)
    }

    /// Whether the last of these entries is in the store, written by us.
    async fn is_stored(&self, entries: &[Entry]) -> Result<bool, JournalError> {
        let Some(last) = entries.last() else { return Ok(false) };
        let rows = self
            .db
            .rows(
                "SELECT body FROM journal WHERE floor = $1 AND seq = $2",
                &[self.floor.as_str().into(), (last.seq as i64).into()],
            )
            .await?;
        let Some(row) = rows.first() else { return Ok(false) };
        let body = serde_json::to_string(last).expect("an entry has only plain keys");
        // Somebody else's entry in our place: they opened the journal after us.
        if row.text(0)? == body { Ok(true) } else { Err(JournalError::Fenced) }
    }

    async fn insert(&self, entries: &[Entry]) -> Result<(), JournalError> {
        let mut tx = self.db.begin().await?;
        let current = tx
            .execute(
                "UPDATE journal_writer SET epoch = $2 WHERE floor = $1 AND epoch = $2",
                &[self.floor.as_str().into(), self.epoch.into()],
            )
            .await?;
        if current == 0 {
            return Err(JournalError::Fenced);
        }
        for entry in entries {
            let body = serde_json::to_string(entry).expect("an entry has only plain keys");
            let contact = entry.event.contact().map_or(Value::Null, |c| c.to_string().into());
            tx.execute(
                "INSERT INTO journal (floor, seq, at, contact, body) VALUES ($1, $2, $3, $4, $5)",
                &[self.floor.as_str().into(), (entry.seq as i64).into(), entry.at.0.into(), contact, body.into()],
            )
            .await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Keeps a snapshot of the state after the last entry, and drops all but the two newest and the
    /// first of every [`SNAPSHOTS_APART`] entries, from which the past is told.
    ///
    /// # Errors
    /// The store's.
    pub async fn keep_snapshot(&self, body: String) -> Result<(), JournalError> {
        let at = self.next as i64 - 1;
        let floor = self.floor.as_str();
        let mut tx = self.db.begin().await?;
        tx.execute("DELETE FROM journal_snapshot WHERE floor = $1 AND seq = $2", &[floor.into(), at.into()]).await?;
        tx.execute(
            "INSERT INTO journal_snapshot (floor, seq, body) VALUES ($1, $2, $3)",
            &[floor.into(), at.into(), body.into()],
        )
        .await?;
        tx.execute(
            "DELETE FROM journal_snapshot WHERE floor = $1 AND seq NOT IN \
             (SELECT seq FROM journal_snapshot WHERE floor = $1 ORDER BY seq DESC LIMIT 2) AND seq NOT IN \
             (SELECT MIN(seq) FROM journal_snapshot WHERE floor = $1 GROUP BY seq / $2)",
            &[floor.into(), SNAPSHOTS_APART.into()],
        )
        .await?;
        tx.commit().await?;
        Ok(())
    }
}

/// Every entry about one contact, in order.
///
/// # Errors
/// The store's, or an entry that cannot be read.
pub async fn of_contact(db: &Db, contact: vocabulary::ContactId) -> Result<Vec<Entry>, JournalError> {
    let rows = db
        .rows("SELECT seq, body FROM journal WHERE contact = $1 ORDER BY seq", &[contact.to_string().into()])
        .await?;
    rows.iter().map(|row| decode(row.int(0)? as u64, row.text(1)?)).collect()
}

/// The newest snapshot taken before an entry, with the number of the last entry in it.
///
/// # Errors
/// The store's.
async fn snapshot_before(db: &Db, floor: &FloorName, seq: u64) -> Result<Option<(u64, String)>, JournalError> {
    let rows = db
        .rows(
            "SELECT seq, body FROM journal_snapshot WHERE floor = $1 AND seq < $2 ORDER BY seq DESC LIMIT 1",
            &[floor.as_str().into(), (seq as i64).into()],
        )
        .await?;
    rows.first().map(|row| Ok((row.int(0)? as u64, row.text(1)?.to_owned()))).transpose()
}

/// Every entry of a floor that is about no contact (set-up, presences, hours), in order.
///
/// # Errors
/// The store's, or an entry that cannot be read.
pub async fn of_no_contact(db: &Db, floor: &FloorName) -> Result<Vec<Entry>, JournalError> {
    db.migrate("journal", STEPS).await?;
    let rows = db
        .rows(
            "SELECT seq, body FROM journal WHERE floor = $1 AND contact IS NULL ORDER BY seq",
            &[floor.as_str().into()],
        )
        .await?;
    rows.iter().map(|row| decode(row.int(0)? as u64, row.text(1)?)).collect()
}

/// Up to which entry a reader (the scribe, say) has worked through a floor's journal.
///
/// # Errors
/// The store's.
pub async fn read_up_to(db: &Db, reader: &str, floor: &FloorName) -> Result<u64, JournalError> {
    let rows = db
        .rows("SELECT seq FROM journal_reader WHERE reader = $1 AND floor = $2", &[reader.into(), floor.as_str().into()])
        .await?;
    rows.first().map_or(Ok(0), |row| Ok(row.int(0)? as u64))
}

/// Notes that a reader has worked through the entries up to `seq`.
///
/// # Errors
/// The store's.
pub async fn set_read_up_to(db: &Db, reader: &str, floor: &FloorName, seq: u64) -> Result<(), JournalError> {
    db.execute(
        "INSERT INTO journal_reader (reader, floor, seq) VALUES ($1, $2, $3) \
         ON CONFLICT (reader, floor) DO UPDATE SET seq = excluded.seq",
        &[reader.into(), floor.as_str().into(), (seq as i64).into()],
    )
    .await?;
    Ok(())
}

/// Every floor with entries in the store, by name, and when its last entry was decided.
///
/// # Errors
/// The store's, or an entry that cannot be read.
pub async fn floors(db: &Db) -> Result<Vec<(FloorName, Time)>, JournalError> {
    db.migrate("journal", STEPS).await?;
    let rows = db
        .rows(
            "SELECT j.floor, j.seq, j.body FROM journal j JOIN \
             (SELECT floor, MAX(seq) AS seq FROM journal GROUP BY floor) last \
             ON j.floor = last.floor AND j.seq = last.seq ORDER BY j.floor",
            &[],
        )
        .await?;
    let read = |row: &crm::Row| {
        let (seq, entry) = (row.int(1)? as u64, decode(row.int(1)? as u64, row.text(2)?)?);
        let floor = FloorName::new(row.text(0)?).map_err(|e| JournalError::Unreadable { seq, why: e.to_string() })?;
        Ok((floor, entry.at))
    };
    rows.iter().map(read).collect()
}

/// One page of a floor's entries after `seq`, in order; empty at the end.
///
/// # Errors
/// The store's, or an entry that cannot be read.
pub async fn after(db: &Db, floor: &FloorName, seq: u64) -> Result<Vec<Entry>, JournalError> {
    read_page(db, floor, seq as i64).await
}

async fn take_epoch(db: &Db, floor: &FloorName) -> Result<i64, JournalError> {
    let mut tx = db.begin().await?;
    tx.execute(
        "INSERT INTO journal_writer (floor, epoch) VALUES ($1, 0) ON CONFLICT (floor) DO NOTHING",
        &[floor.as_str().into()],
    )
    .await?;
    tx.execute("UPDATE journal_writer SET epoch = epoch + 1 WHERE floor = $1", &[floor.as_str().into()]).await?;
    let rows = tx.rows("SELECT epoch FROM journal_writer WHERE floor = $1", &[floor.as_str().into()]).await?;
    let epoch = rows[0].int(0)?;
    tx.commit().await?;
    Ok(epoch)
}

/// The newest snapshot, the entries after it, and the number of the last.
async fn recover(db: &Db, floor: &FloorName) -> Result<(Recovered, u64), JournalError> {
    let (snapshot, from) = newest_snapshot(db, floor).await?;
    let mut entries = Vec::new();
    let mut after = from;
    loop {
        let page = read_page(db, floor, after).await?;
        let Some(last) = page.last() else { break };
        after = last.seq as i64;
        entries.extend(page);
    }
    Ok((Recovered { snapshot, entries }, after as u64))
}

async fn newest_snapshot(db: &Db, floor: &FloorName) -> Result<(Option<String>, i64), JournalError> {
    let rows = db
        .rows(
            "SELECT seq, body FROM journal_snapshot WHERE floor = $1 ORDER BY seq DESC LIMIT 1",
            &[floor.as_str().into()],
        )
        .await?;
    match rows.first() {
        Some(row) => Ok((Some(row.text(1)?.to_owned()), row.int(0)?)),
        None => Ok((None, 0)),
    }
}

async fn read_page(db: &Db, floor: &FloorName, after: i64) -> Result<Vec<Entry>, JournalError> {
    let rows = db
        .rows(
            "SELECT seq, body FROM journal WHERE floor = $1 AND seq > $2 ORDER BY seq LIMIT $3",
            &[floor.as_str().into(), after.into(), PAGE.into()],
        )
        .await?;
    let mut page = Vec::with_capacity(rows.len());
    for (row, expected) in rows.iter().zip(after + 1..) {
        let seq = row.int(0)?;
        if seq != expected {
            return Err(JournalError::Unreadable { seq: expected as u64, why: "it is missing".into() });
        }
        page.push(decode(seq as u64, row.text(1)?)?);
    }
    Ok(page)
}

/// Keeps every other writer of the database out until it is dropped.
#[cfg(test)]
pub async fn lock_out(db: &Db) -> crm::Tx {
    let mut tx = db.begin().await.expect("a transaction");
    tx.execute("UPDATE journal_writer SET epoch = epoch", &[]).await.expect("the write lock");
    tx
}

fn decode(seq: u64, body: &str) -> Result<Entry, JournalError> {
    let unreadable = |why: String| JournalError::Unreadable { seq, why };
    let entry: Entry = serde_json::from_str(body).map_err(|e| unreadable(format!("at column {}", e.column())))?;
    if entry.v > VERSION {
        return Err(unreadable(format!("it has version {}, this program knows {VERSION}", entry.v)));
    }
    Ok(entry)
}

#[cfg(test)]
mod tests;
