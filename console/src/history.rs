//! Figures of the past: the books of quarter-hours that are over, kept so that reports need no reading of
//! the whole journal. The journal stays the truth; [`History::differences`] holds the two side by side.

use crate::store::Store;
use acd::figures::{Book, Figures, Quarter};
use crm::db::{Db, DbError};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use vocabulary::{FloorName, Time};

/// Books by quarter-hour.
pub type Books = BTreeMap<Quarter, Arc<Book>>;

/// Why the past could not be read.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The store's.
    #[error(transparent)]
    Store(#[from] DbError),
    /// A book is not one of ours.
    #[error("the figures kept of {day} cannot be read; `hctc figures verify --mend` writes them anew", day = .0.day())]
    Unreadable(Quarter),
}

/// The books kept. Cheap to clone.
#[derive(Clone)]
pub struct History(Arc<Inner>);

struct Inner {
    store: Store,
    /// What this process has written: nothing is written twice.
    written: Mutex<Books>,
}

impl History {
    /// Over the database the console's credentials are in.
    ///
    /// # Errors
    /// The store's.
    pub async fn open(db: Db) -> Result<History, DbError> {
        Ok(History::over(Store::open(db).await?))
    }

    pub(crate) fn over(store: Store) -> History {
        History(Arc::new(Inner { store, written: Mutex::default() }))
    }

    /// Writes the books of quarter-hours that are over, as far as they are not what was written before.
    /// One with contacts that are still live is written again when they have changed it.
    ///
    /// # Errors
    /// The store's; what was not written is written next time.
    pub async fn keep(&self, floor: &FloorName, figures: &Figures, now: Time) -> Result<usize, DbError> {
        let books = figures.books(now);
        let oldest = books.keys().next().copied();
        let over = books.into_iter().filter(|(quarter, _)| quarter.end() <= now);
        let news: Books = {
            let written = self.written();
            let known = |quarter: &Quarter, book: &Arc<Book>| {
                written.get(quarter).is_some_and(|kept| Arc::ptr_eq(kept, book) || kept == book)
            };
            over.filter(|(quarter, book)| !known(quarter, book)).collect()
        };
        for (quarter, book) in &news {
            let body = serde_json::to_string(book.as_ref()).expect("a book has only plain keys");
            self.0.store.keep_book(floor, quarter.start(), &body).await?;
            self.written().insert(*quarter, Arc::clone(book));
        }
        // What the figures forgot never changes again.
        self.written().retain(|quarter, _| oldest.is_some_and(|oldest| *quarter >= oldest));
        Ok(news.len())
    }

    /// Books of quarter-hours that begin from one moment to another: those kept, and those of the running
    /// figures in their place.
    ///
    /// # Errors
    /// [`HistoryError`].
    pub async fn books(
        &self,
        floor: &FloorName,
        figures: &Figures,
        now: Time,
        (from, to): (Time, Time),
    ) -> Result<Books, HistoryError> {
        let mut books = self.kept(floor, from, to).await?;
        let running = figures.books(now).into_iter();
        books.extend(running.filter(|(quarter, _)| quarter.start() >= from && quarter.start() < to));
        Ok(books)
    }

    /// Holds what is kept against a fresh fold of the journal: the quarter-hours that differ, of those
    /// that are over and have no live contact.
    ///
    /// # Errors
    /// The store's.
    pub async fn differences(&self, floor: &FloorName, fresh: &Figures, now: Time) -> Result<Vec<Quarter>, DbError> {
        let open = fresh.open_quarters(now);
        let mut folded = fresh.books(now);
        folded.retain(|quarter, book| !open.contains(quarter) && quarter.end() <= now && !book.is_empty());
        let mut differ = BTreeSet::new();
        for (at, body) in self.0.store.books(floor, Time::ZERO, now).await? {
            let quarter = Quarter::of(at);
            let same = match (folded.remove(&quarter), serde_json::from_str::<Book>(&body)) {
                (Some(fold), Ok(kept)) => *fold == kept,
                (None, _) => open.contains(&quarter),
                (Some(_), Err(_)) => false,
            };
            differ.extend((!same).then_some(quarter));
        }
        differ.extend(folded.into_keys());
        Ok(differ.into_iter().collect())
    }

    /// Writes what a fresh fold says of some quarter-hours, and drops what it knows nothing of.
    ///
    /// # Errors
    /// The store's.
    pub async fn mend(
        &self,
        floor: &FloorName,
        fresh: &Figures,
        now: Time,
        quarters: &[Quarter],
    ) -> Result<(), DbError> {
        let folded = fresh.books(now);
        for quarter in quarters {
            match folded.get(quarter) {
                Some(book) => {
                    let body = serde_json::to_string(book.as_ref()).expect("a book has only plain keys");
                    self.0.store.keep_book(floor, quarter.start(), &body).await?;
                }
                None => self.0.store.drop_book(floor, quarter.start()).await?,
            }
        }
        Ok(())
    }

    async fn kept(&self, floor: &FloorName, from: Time, to: Time) -> Result<Books, HistoryError> {
        let rows = self.0.store.books(floor, from, to).await?;
        let read = |(at, body): (Time, String)| {
            let book: Book = serde_json::from_str(&body).map_err(|_| HistoryError::Unreadable(Quarter::of(at)))?;
            Ok((Quarter::of(at), Arc::new(book)))
        };
        rows.into_iter().map(read).collect()
    }

    fn written(&self) -> MutexGuard<'_, Books> {
        self.0.written.lock().expect("no holder of this lock panics: it only moves map entries")
    }
}
