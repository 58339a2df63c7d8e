//! The database door, on every backend.

use crate::support::on_every_backend;
use crm::{Constraint, Db, DbError, Value};

const STEPS: &[&str] = &[
    "CREATE TABLE thing (id TEXT PRIMARY KEY, n BIGINT, b {blob}, t TEXT); CREATE TABLE empty (id BIGINT PRIMARY KEY)",
    "ALTER TABLE thing ADD COLUMN more BIGINT NOT NULL DEFAULT 7",
];

#[tokio::test]
async fn writes_and_reads_every_kind_of_value() {
    on_every_backend(|place| async move {
        let db = place.open().await;
        db.migrate("test", STEPS).await.expect("migrates");
        let insert = "INSERT INTO thing (id, n, b, t) VALUES ($1, $2, $3, $4)";
        let full = ["a".into(), i64::MIN.into(), vec![0u8, 255].into(), "sauti \u{1f600}".into()];
        assert_eq!(db.execute(insert, &full).await, Ok(1));
        // The same statement again with nulls: the types come from the columns.
        assert_eq!(db.execute(insert, &["b".into(), Value::Null, Value::Null, Value::Null]).await, Ok(1));
        let rows = db.rows("SELECT id, n, b, t, more FROM thing ORDER BY id", &[]).await.expect("reads");
        assert_eq!(rows[0].text(0), Ok("a"));
        assert_eq!(rows[0].int(1), Ok(i64::MIN));
        assert_eq!(rows[0].blob(2), Ok(&[0u8, 255][..]));
        assert_eq!(rows[0].opt_text(3), Ok(Some("sauti \u{1f600}")));
        assert_eq!(rows[0].int(4), Ok(7));
        assert_eq!((rows[1].opt_int(1), rows[1].opt_blob(2), rows[1].opt_text(3)), (Ok(None), Ok(None), Ok(None)));
        assert!(matches!(rows[0].int(0), Err(DbError::Fault { .. })), "a text is not an integer");
        assert!(matches!(rows[1].int(1), Err(DbError::Fault { .. })), "null is not an integer");
        assert!(matches!(rows[0].int(9), Err(DbError::Fault { .. })), "there is no tenth column");
    })
    .await;
}

#[tokio::test]
async fn a_null_first_does_not_spoil_the_statement() {
    on_every_backend(|place| async move {
        let db = place.open().await;
        db.migrate("test", STEPS).await.expect("migrates");
        let insert = "INSERT INTO thing (id, n, b, t) VALUES ($1, $2, $3, $4)";
        let mut tx = db.begin().await.expect("begins");
        tx.execute(insert, &["b".into(), Value::Null, Value::Null, Value::Null]).await.expect("nulls");
        tx.execute(insert, &["a".into(), 5i64.into(), vec![1u8].into(), "x".into()]).await.expect("values");
        let row = tx.row("SELECT n, b, t FROM thing WHERE id = 'a'", &[]).await.expect("reads").expect("is there");
        assert_eq!((row.int(0), row.blob(1), row.text(2)), (Ok(5), Ok(&[1u8][..]), Ok("x")));
        tx.commit().await.expect("commits");
    })
    .await;
}

#[tokio::test]
async fn a_transaction_is_all_or_nothing() {
    on_every_backend(|place| async move {
        let db = place.open().await;
        db.migrate("test", STEPS).await.expect("migrates");
        let insert = "INSERT INTO thing (id) VALUES ($1)";
        let mut dropped = db.begin().await.expect("begins");
        dropped.execute(insert, &["lost".into()]).await.expect("inserts");
        drop(dropped);
        let mut kept = db.begin().await.expect("begins");
        let back = kept.rows("INSERT INTO thing (id) VALUES ($1) RETURNING id", &["kept".into()]).await;
        assert_eq!(back.expect("returns")[0].text(0), Ok("kept"));
        kept.commit().await.expect("commits");
        let rows = db.rows("SELECT id FROM thing", &[]).await.expect("reads");
        assert_eq!(rows.iter().map(|r| r.text(0).expect("text")).collect::<Vec<_>>(), ["kept"]);
    })
    .await;
}

#[tokio::test]
async fn errors_are_told_apart_and_carry_no_data() {
    on_every_backend(|place| async move {
        let db = place.open().await;
        db.migrate("test", STEPS).await.expect("migrates");
        let insert = "INSERT INTO thing (id, more) VALUES ($1, $2)";
        db.execute(insert, &["siri-0712345678".into(), 1i64.into()]).await.expect("inserts");
        let twice = db.execute(insert, &["siri-0712345678".into(), 1i64.into()]).await.expect_err("is there");
        assert_eq!(twice, DbError::Constraint(Constraint::Unique));
        assert!(twice.is_duplicate());
        assert!(!format!("{twice} {twice:?}").contains("0712345678"));
        let null = db.execute(insert, &["other".into(), Value::Null]).await.expect_err("must not be null");
        assert_eq!(null, DbError::Constraint(Constraint::Value));
        let wrong = db.execute("INSERT INTO nowhere VALUES ($1)", &["x".into()]).await.expect_err("no table");
        assert!(matches!(wrong, DbError::Fault { .. }), "{wrong:?}");
        assert_eq!(format!("{:?}", Value::from("0712345678")), "Text(***)");
    })
    .await;
}

#[tokio::test]
async fn migrates_forward_once_and_refuses_a_newer_schema() {
    on_every_backend(|place| async move {
        let db = place.open().await;
        db.migrate("test", &STEPS[..1]).await.expect("the first version");
        db.execute("INSERT INTO thing (id) VALUES ('old')", &[]).await.expect("inserts");
        db.migrate("test", STEPS).await.expect("the second version");
        db.migrate("test", STEPS).await.expect("nothing to do");
        db.migrate("other", &["CREATE TABLE other (id TEXT)"]).await.expect("a component of its own");
        let row = db.row("SELECT more FROM thing", &[]).await.expect("reads").expect("is there");
        assert_eq!(row.int(0), Ok(7), "what was there stays");
        let refused = db.migrate("test", &STEPS[..1]).await.expect_err("the database is newer");
        assert_eq!(refused, DbError::Newer { component: "test".to_owned(), found: 2, known: 1 });
        assert!(refused.to_string().contains("test is at version 2, this program knows 1"), "{refused}");
    })
    .await;
}

#[tokio::test]
async fn a_step_that_fails_leaves_nothing_behind() {
    on_every_backend(|place| async move {
        let db = place.open().await;
        let broken = ["CREATE TABLE half (id TEXT)", "CREATE TABEL mistake (id TEXT)"];
        assert!(matches!(db.migrate("test", &broken).await, Err(DbError::Fault { .. })));
        db.migrate("test", &["CREATE TABLE half (id TEXT)"]).await.expect("runs from the start");
    })
    .await;
}

#[tokio::test]
async fn two_that_start_at_once_migrate_once() {
    on_every_backend(|place| async move {
        let (one, two) = (place.open().await, place.open().await);
        let (a, b) = tokio::join!(one.migrate("test", STEPS), two.migrate("test", STEPS));
        assert_eq!((a, b), (Ok(()), Ok(())));
    })
    .await;
}

#[tokio::test]
async fn writers_queue_instead_of_failing() {
    on_every_backend(|place| async move {
        let db = place.open().await;
        db.migrate("test", STEPS).await.expect("migrates");
        db.execute("INSERT INTO thing (id, n) VALUES ('sum', 0)", &[]).await.expect("inserts");
        let add = |db: Db| async move {
            let mut tx = db.begin().await.expect("begins");
            tx.execute("UPDATE thing SET n = n + 1 WHERE id = 'sum'", &[]).await.expect("adds");
            tx.commit().await.expect("commits");
        };
        let tasks: Vec<_> = (0..20).map(|_| tokio::spawn(add(db.clone()))).collect();
        for task in tasks {
            task.await.expect("no task fails");
        }
        let row = db.row("SELECT n FROM thing WHERE id = 'sum'", &[]).await.expect("reads").expect("is there");
        assert_eq!(row.int(0), Ok(20));
    })
    .await;
}

#[tokio::test]
async fn refuses_other_addresses_and_absent_servers() {
    for address in ["", "mysql://x", "sqlite:", "sqlite::memory:", "centre.db", "postgres://["] {
        assert_eq!(Db::open(address).await.expect_err(address), DbError::Address, "{address}");
    }
    assert!(matches!(Db::open("sqlite:/nowhere/at/all.db").await, Err(DbError::Unavailable { .. })));
    // Port 1 of the loopback has no server.
    assert!(matches!(Db::open("postgres://u:siri@127.0.0.1:1/x").await, Err(DbError::Unavailable { .. })));
}

#[cfg(unix)]
#[tokio::test]
async fn a_sqlite_file_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    on_every_backend(|place| async move {
        if !place.is_file {
            return;
        }
        let db = place.open().await;
        db.migrate("test", STEPS).await.expect("migrates");
        for name in ["centre.db", "centre.db-wal"] {
            let mode = std::fs::metadata(place.folder.join(name)).expect(name).permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
        let refused = db.rows("DELETE FROM thing RETURNING id", &[]).await;
        assert!(matches!(refused, Err(DbError::Unavailable { .. })), "reading connections cannot write");
    })
    .await;
}
