//! The story of one contact, told again from the journal: the floor is replayed from the last snapshot
//! before the contact came, so that what stood in the way of it can be asked at each moment it waited.
//! The same engine code decided then and explains now.

use super::{JournalError, after, of_contact, snapshot_before};
use crate::floor::floor_of_snapshot;
use acd::Floor;
use console::story::{Told, tell};
use crm::Db;
use std::collections::BTreeMap;
use vocabulary::{ContactId, Entry, Event, FloorName};

/// Tells it; empty for a contact the journal does not know. Costs a pass over the journal between the
/// snapshot before the contact's arrival and its last entry.
///
/// # Errors
/// The journal's.
pub async fn of(db: &Db, floor: &FloorName, contact: ContactId) -> Result<Vec<Told>, JournalError> {
    let mine = of_contact(db, contact).await?;
    let (Some(first), Some(last)) = (mine.first(), mine.last()) else { return Ok(Vec::new()) };
    let (mut replayed, mut at) = match snapshot_before(db, floor, first.seq).await? {
        // A snapshot of another version of the program is as good as none.
        Some((seq, body)) => floor_of_snapshot(&body).map_or_else(|| (Floor::new(floor.clone()), 0), |kept| (kept, seq)),
        None => (Floor::new(floor.clone()), 0),
    };
    let waits: BTreeMap<u64, bool> = mine.iter().zip(mine.iter().skip(1).map(Some).chain([None])).map(waited).collect();
    let mut explained = BTreeMap::new();
    while at < last.seq {
        let page = after(db, floor, at).await?;
        let Some(end) = page.last() else { break };
        at = end.seq;
        for entry in page.iter().filter(|entry| entry.seq <= last.seq) {
            replayed.apply(entry.at, &entry.event);
            if waits.get(&entry.seq) == Some(&true) {
                explained.extend(replayed.explain(contact).map(|why| (entry.seq, why)));
            }
        }
    }
    Ok(tell(mine.iter().map(|entry| (entry, explained.get(&entry.seq)))))
}

/// Whether the contact was left waiting after an entry: nothing was offered in the same moment.
fn waited((entry, next): (&Entry, Option<&Entry>)) -> (u64, bool) {
    let may_wait = matches!(
        entry.event,
        Event::Queued { .. }
            | Event::Widened { .. }
            | Event::LastResortTaken { .. }
            | Event::Declined { .. }
            | Event::Expired { .. }
            | Event::Withdrawn { .. }
            | Event::ConnectFailed { .. }
    );
    let at_once = next.is_some_and(|next| next.at == entry.at);
    (entry.seq, may_wait && !at_once)
}
