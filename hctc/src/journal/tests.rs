//! The journal over SQLite and, where `HCTC_TEST_POSTGRES` holds the address of a server, over a fresh
//! schema of PostgreSQL: the same tests, the same outcome.

use super::*;
use vocabulary::centre::{Centre, EntryName};
use vocabulary::{Channel, ContactId, EndCause, Party, TenantName, Ulid};

/// An empty database that can be opened twice.
struct Place {
    url: String,
    _folder: tempfile::TempDir,
}

impl Place {
    async fn db(&self) -> Db {
        Db::open(&self.url).await.expect("the database opens")
    }

    async fn open(&self) -> (Journal, Recovered) {
        Journal::open(self.db().await, floor()).await.expect("the journal opens")
    }
}

fn sqlite() -> Place {
    let folder = tempfile::tempdir().expect("a temporary folder");
    Place { url: format!("sqlite:{}", folder.path().join("journal.db").display()), _folder: folder }
}

async fn postgres(server: &str) -> Place {
    let schema = format!("t{:032x}", rand::random::<u128>());
    let db = Db::open(server).await.expect("the test server answers");
    db.execute(&format!("CREATE SCHEMA {schema}"), &[]).await.expect("a fresh schema");
    db.close().await;
    let joint = if server.contains('?') { '&' } else { '?' };
    let url = format!("{server}{joint}options[search_path]={schema}");
    Place { url, _folder: tempfile::tempdir().expect("a temporary folder") }
}

/// Runs the test once per backend, one after the other.
async fn on_every_backend<Run: Future<Output = ()>>(test: impl Fn(Place) -> Run) {
    test(sqlite()).await;
    if let Ok(server) = std::env::var("HCTC_TEST_POSTGRES") {
        test(postgres(&server).await).await;
    }
}

fn floor() -> FloorName {
    FloorName::new("nairobi").expect("a name")
}

fn contact(n: u64) -> ContactId {
    ContactId(Ulid::from_parts(1_795_000_000_000 + n, n.into()))
}

fn arrived(n: u64) -> (Time, Event) {
    let event = Event::Arrived {
        contact: contact(n),
        channel: Channel::Voice,
        tenant: TenantName::new("huduma").expect("a name"),
        entry: EntryName::new("phone").expect("a name"),
    };
    (Time(n as i64), event)
}

fn ended(n: u64) -> (Time, Event) {
    (Time(1_000 + n as i64), Event::Ended { contact: contact(n), by: Party::Citizen, cause: EndCause::Normal })
}

#[tokio::test]
async fn what_was_appended_is_there_again_in_order() {
    on_every_backend(|place| async move {
        let (mut journal, recovered) = place.open().await;
        assert!(recovered.entries.is_empty() && recovered.snapshot.is_none());
        let first = journal.append(&[arrived(1), arrived(2)]).await.expect("appended");
        let second = journal.append(&[ended(1)]).await.expect("appended");
        assert_eq!(journal.append(&[]).await.expect("nothing is fine"), []);
        assert_eq!(journal.next_seq(), 4);
        drop(journal);
        let (journal, recovered) = place.open().await;
        assert_eq!(recovered.entries, [first, second].concat());
        assert_eq!(recovered.entries.iter().map(|e| e.seq).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(journal.next_seq(), 4);
        let db = place.db().await;
        let of_one = of_contact(&db, contact(1)).await.expect("read");
        assert_eq!(of_one.iter().map(|e| e.seq).collect::<Vec<_>>(), [1, 3]);
        assert_eq!(after(&db, &floor(), 2).await.expect("read").len(), 1);
    })
    .await;
}

#[tokio::test]
async fn more_than_a_page_is_read_whole() {
    on_every_backend(|place| async move {
        let (mut journal, _) = place.open().await;
        let many: Vec<_> = (1..=PAGE as u64 + 5).map(arrived).collect();
        journal.append(&many).await.expect("appended");
        let (_, recovered) = place.open().await;
        assert_eq!(recovered.entries.len(), many.len());
        assert_eq!(after(&place.db().await, &floor(), 0).await.expect("a page").len(), PAGE as usize);
    })
    .await;
}

#[tokio::test]
async fn who_opens_later_fences_who_opened_before() {
    on_every_backend(|place| async move {
        let (mut old, _) = place.open().await;
        old.append(&[arrived(1)]).await.expect("appended");
        let (mut new, recovered) = place.open().await;
        assert_eq!(recovered.entries.len(), 1);
        let refused = old.append(&[arrived(2)]).await;
        assert!(matches!(refused, Err(JournalError::Fenced)), "{refused:?}");
        new.append(&[arrived(3)]).await.expect("the new one writes");
        let (_, recovered) = place.open().await;
        let contacts: Vec<_> = recovered.entries.iter().filter_map(|e| e.event.contact()).collect();
        assert_eq!(contacts, [contact(1), contact(3)], "nothing of the fenced one");
    })
    .await;
}

#[tokio::test]
async fn floors_share_a_database_and_nothing_else() {
    on_every_backend(|place| async move {
        let other = FloorName::new("mombasa").expect("a name");
        let (mut here, _) = place.open().await;
        let (mut there, _) = Journal::open(place.db().await, other.clone()).await.expect("opens");
        here.append(&[arrived(1)]).await.expect("not fenced by another floor");
        there.append(&[arrived(2), arrived(3)]).await.expect("appended");
        assert_eq!(Journal::look(&place.db().await, &other).await.expect("read").entries.len(), 2);
        assert_eq!(Journal::look(&place.db().await, &floor()).await.expect("read").entries.len(), 1);
        here.append(&[ended(1)]).await.expect("looking does not fence");
    })
    .await;
}

#[tokio::test]
async fn recovery_starts_at_the_newest_snapshot() {
    on_every_backend(|place| async move {
        let (mut journal, _) = place.open().await;
        for n in 1..=4 {
            journal.append(&[arrived(n)]).await.expect("appended");
            journal.keep_snapshot(format!("after {n}")).await.expect("kept");
            journal.keep_snapshot(format!("after {n}, again")).await.expect("kept again");
        }
        journal.append(&[ended(1)]).await.expect("appended");
        let (journal, recovered) = place.open().await;
        assert_eq!(recovered.snapshot.as_deref(), Some("after 4, again"));
        assert_eq!(recovered.entries.iter().map(|e| e.seq).collect::<Vec<_>>(), [5]);
        assert_eq!(journal.next_seq(), 6);
        let rows = place.db().await.rows("SELECT seq FROM journal_snapshot ORDER BY seq", &[]).await.expect("rows");
        let kept: Vec<i64> = rows.iter().map(|r| r.int(0).expect("a number")).collect();
        assert_eq!(kept, [1, 3, 4], "the two newest, and the first, from which the past is told");
    })
    .await;
}

#[tokio::test]
async fn a_gap_is_a_fault_and_not_skipped() {
    on_every_backend(|place| async move {
        let (mut journal, _) = place.open().await;
        journal.append(&[arrived(1), arrived(2), arrived(3)]).await.expect("appended");
        let db = place.db().await;
        db.execute("DELETE FROM journal WHERE seq = $1", &[2i64.into()]).await.expect("a vandal");
        let found = Journal::open(db, floor()).await.map(|_| ());
        assert!(matches!(found, Err(JournalError::Unreadable { seq: 2, .. })), "{found:?}");
    })
    .await;
}

#[tokio::test]
async fn an_entry_of_a_newer_version_is_refused() {
    on_every_backend(|place| async move {
        let (mut journal, _) = place.open().await;
        journal.append(&[arrived(1), arrived(2)]).await.expect("appended");
        let db = place.db().await;
        let rows = db.rows("SELECT body FROM journal WHERE seq = 2", &[]).await.expect("rows");
        let mut body: serde_json::Value = serde_json::from_str(rows[0].text(0).expect("text")).expect("json");
        body["v"] = (VERSION + 1).into();
        db.execute("UPDATE journal SET body = $1 WHERE seq = 2", &[body.to_string().into()]).await.expect("written");
        let found = Journal::open(db, floor()).await.map(|_| ());
        let Err(JournalError::Unreadable { seq: 2, why }) = found else { panic!("{found:?}") };
        assert!(why.contains("version"), "{why}");
    })
    .await;
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    on_every_backend(|place| async move {
        drop(place.open().await);
        let db = place.db().await;
        let raise = "UPDATE schema_version SET version = version + 1 WHERE component = 'journal'";
        assert_eq!(db.execute(raise, &[]).await.expect("written"), 1);
        let found = Journal::open(db, floor()).await.map(|_| ());
        assert!(matches!(found, Err(JournalError::Unavailable(DbError::Newer { .. }))), "{found:?}");
    })
    .await;
}

#[tokio::test]
async fn a_reader_keeps_its_own_mark() {
    on_every_backend(|place| async move {
        drop(place.open().await);
        let db = place.db().await;
        assert_eq!(read_up_to(&db, "scribe", &floor()).await.expect("read"), 0);
        set_read_up_to(&db, "scribe", &floor(), 7).await.expect("set");
        set_read_up_to(&db, "scribe", &floor(), 9).await.expect("set again");
        set_read_up_to(&db, "other", &floor(), 2).await.expect("set");
        assert_eq!(read_up_to(&db, "scribe", &floor()).await.expect("read"), 9);
        assert_eq!(read_up_to(&db, "other", &floor()).await.expect("read"), 2);
    })
    .await;
}

#[tokio::test]
async fn a_floor_replays_to_the_state_it_had() {
    on_every_backend(|place| async move {
        let clock = crate::clock::Clock::start();
        let seed = Centre::parse("centre.toml", include_str!("../../../centre.toml")).expect("the demo centre");
        let opened = crate::floor::open(place.db().await, &seed, &clock).await.expect("opens");
        let (hash, next) = (opened.floor.state_hash(), opened.journal.next_seq());
        assert!(next > 1, "an empty journal begins with the set-up");
        drop(opened);
        let again = crate::floor::open(place.db().await, &seed, &clock).await.expect("opens again");
        assert_eq!((again.floor.state_hash(), again.journal.next_seq()), (hash, next), "nothing was live: nothing is decided");
    })
    .await;
}

#[tokio::test]
async fn floors_are_listed_with_their_last_entry() {
    on_every_backend(|place| async move {
        assert!(floors(&place.db().await).await.expect("it reads").is_empty());
        let (mut journal, _) = place.open().await;
        journal.append(&[arrived(1), arrived(2)]).await.expect("it appends");
        let last = arrived(2).0;
        assert_eq!(floors(&place.db().await).await.expect("it reads"), vec![(floor(), last)]);
    })
    .await;
}
