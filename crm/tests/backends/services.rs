//! The service catalogue, on every backend.

use crate::support::on_every_backend;
use crm::{CrmError, ServiceStatus};
use vocabulary::Lane;

#[tokio::test]
async fn is_found_by_english_and_kiswahili_words() {
    on_every_backend(|place| async move {
        let crm = place.crm().await;
        let find = async |query: &str| {
            let found = crm.services.search(query).await.expect("searches");
            found.into_iter().map(|s| s.id).collect::<Vec<_>>()
        };
        assert_eq!(find("passport").await, ["svc-046"]);
        assert_eq!(find("PASIPOTI").await, ["svc-046"]);
        assert_eq!(find("birth certificate").await, ["svc-016", "svc-017"]);
        assert_eq!(find("cheti kuzaliwa").await, ["svc-016", "svc-017"]);
        assert_eq!(find("leseni udereva").await, ["svc-110"]);
        assert_eq!(find("kitambulisho taifa").await, ["svc-001", "svc-002"]);
        assert_eq!(find("kra exemption").await, [""; 0], "only words of the catalogue count");
        assert_eq!(find("revenue exemption").await, ["svc-011"], "printed repeats are left out");
        assert_eq!(find("dhuluma").await, ["svc-092"]);
        assert_eq!(find("xyzzy").await, [""; 0]);
        assert_eq!(find("").await.len(), 50);
        assert_eq!(find("%").await.len(), 50, "a sign alone is no word");
        assert_eq!(find("'; DROP TABLE service; --").await, [""; 0]);
        assert_eq!(find(&"a\0 ".repeat(10_000)).await.len(), 50);
    })
    .await;
}

#[tokio::test]
async fn knows_every_entry_of_annex_1() {
    on_every_backend(|place| async move {
        let crm = place.crm().await;
        let db = place.open().await;
        let row = db.row("SELECT COUNT(*), COUNT(duplicate_of), COUNT(DISTINCT institution) FROM service", &[]).await;
        let row = row.expect("reads").expect("a row");
        assert_eq!((row.int(0), row.int(1), row.int(2)), (Ok(113), Ok(3), Ok(35)));
        let gbv = crm.services.get("svc-092").await.expect("is there");
        assert_eq!((gbv.lane, gbv.status, gbv.number), (Some(Lane::Gbv), ServiceStatus::Manual, Some(92)));
        assert_eq!(crm.services.get("svc-007b").await.expect("is there").number, None);
        assert_eq!(crm.services.get("svc-\0").await, Err(CrmError::NotFound));
    })
    .await;
}

#[tokio::test]
async fn is_loaded_when_newer_and_left_alone_when_not() {
    on_every_backend(|place| async move {
        drop(place.crm().await);
        let db = place.open().await;
        let rename = "UPDATE service SET name = 'Renamed here' WHERE id = 'svc-046'";
        db.execute(rename, &[]).await.expect("renames");
        let again = place.crm().await;
        assert_eq!(again.services.get("svc-046").await.expect("is there").name, "Renamed here");
        db.execute("UPDATE catalogue SET version = 0", &[]).await.expect("ages it");
        let newer = place.crm().await;
        assert_eq!(newer.services.get("svc-046").await.expect("is there").name, "Kenya Passport");
    })
    .await;
}
