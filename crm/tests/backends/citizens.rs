//! Citizens, on every backend.

use crate::support::{agent, contact, engaged, minute, number, on_every_backend, record};
use crm::{CrmError, Refusal};
use std::collections::BTreeSet;
use vocabulary::Lane;

#[tokio::test]
async fn one_number_is_one_citizen_however_many_ask_at_once() {
    on_every_backend(|place| async move {
        let crm = place.crm().await;
        let mut tasks = Vec::new();
        for n in 0..24 {
            let citizens = crm.citizens.clone();
            tasks.push(tokio::spawn(async move {
                citizens.find_or_create(&number(7), minute(n)).await.expect("a citizen")
            }));
        }
        let mut found = BTreeSet::new();
        for task in tasks {
            found.insert(task.await.expect("no task fails"));
        }
        assert_eq!(found.len(), 1);
        let other = crm.citizens.find_or_create(&number(8), minute(1)).await.expect("a citizen");
        assert!(!found.contains(&other));
        let db = place.open().await;
        let rows = db.rows("SELECT subject FROM sealed_key WHERE wrapped IS NOT NULL", &[]).await.expect("reads");
        assert_eq!(rows.len(), 2, "those who lost the race left no key behind");
    })
    .await;
}

#[tokio::test]
async fn a_citizen_is_known_by_the_contacts_one_may_see() {
    on_every_backend(|place| async move {
        let crm = place.crm().await;
        let (amina, counsellor) = (agent("amina", &[]), agent("zawadi", &[Lane::Gbv]));
        let citizen = crm.citizens.find_or_create(&number(7), minute(1)).await.expect("a citizen");
        let absent = crm.citizens.find(&number(9), &amina).await;
        assert_eq!(absent, Err(CrmError::NotFound));

        // Known from a safeguarding contact only: for everyone else there is no such citizen.
        crm.records.write(&record(1, Lane::Gbv)).await.expect("writes");
        crm.citizens.link(contact(1), citizen).await.expect("links");
        assert_eq!(crm.citizens.find(&number(7), &amina).await, absent);
        assert_eq!(crm.citizens.get(citizen, &amina).await, absent);
        assert_eq!(crm.records.timeline(citizen, &amina).await, Err(CrmError::NotFound));
        assert_eq!(crm.citizens.find(&number(7), &counsellor).await.expect("cleared").id, citizen);
        let name = "Wanjiru";
        crm.citizens.rename(citizen, name, Some(contact(1)), &counsellor, minute(2)).await.expect("renames");
        assert_eq!(crm.citizens.rename(citizen, "X", None, &amina, minute(2)).await, Err(CrmError::NotFound));

        // They call the general line: the agent sees the number, not the name given on the safe line.
        crm.citizens.link(contact(3), citizen).await.expect("links");
        let talking = engaged(&amina, contact(3));
        let seen = crm.citizens.find(&number(7), &talking).await.expect("their own call");
        assert_eq!((seen.number.as_ref().map(|n| n.reveal()), seen.name), (Some("0712 000007"), None));
        assert_eq!(crm.citizens.get(citizen, &amina).await, absent, "no record yet, and no engagement");
        crm.records.write(&record(3, Lane::Standard)).await.expect("writes");
        assert_eq!(crm.citizens.get(citizen, &amina).await.expect("an ordinary contact").name, None);
        let full = crm.citizens.get(citizen, &counsellor).await.expect("cleared");
        assert_eq!(full.name.as_ref().map(|n| n.reveal()), Some(name));

        // A name given in the ordinary call; made confidential later, it closes with the call.
        crm.citizens.rename(citizen, "Wanjiru K.", Some(contact(3)), &talking, minute(3)).await.expect("renames");
        let seen = crm.citizens.get(citizen, &amina).await.expect("ordinary");
        assert_eq!(seen.name.as_ref().map(|n| n.reveal()), Some("Wanjiru K."));
        let mut confidential = record(3, Lane::Gbv);
        confidential.seq += 1;
        crm.records.write(&confidential).await.expect("writes");
        assert_eq!(crm.citizens.get(citizen, &amina).await, absent);
    })
    .await;
}

#[tokio::test]
async fn names_are_checked_and_erased() {
    on_every_backend(|place| async move {
        let crm = place.crm().await;
        let amina = agent("amina", &[]);
        let citizen = crm.citizens.find_or_create(&number(7), minute(1)).await.expect("a citizen");
        crm.records.write(&record(1, Lane::Standard)).await.expect("writes");
        crm.citizens.link(contact(1), citizen).await.expect("links");
        let rename = async |name: &str| crm.citizens.rename(citizen, name, None, &amina, minute(1)).await;
        assert_eq!(rename("  \0 ").await, Err(CrmError::Refused(Refusal::Empty { what: "name" })));
        let long = CrmError::Refused(Refusal::TooLong { what: "name", most: 120 });
        assert_eq!(rename(&"é".repeat(121)).await, Err(long));
        assert_eq!(rename(" Otieno\0 ").await, Ok(()));
        let seen = crm.citizens.get(citizen, &amina).await.expect("visible");
        assert_eq!(seen.name.as_ref().map(|n| n.reveal()), Some("Otieno"));

        crm.citizens.erase(citizen, minute(2)).await.expect("erases");
        assert_eq!(crm.citizens.get(citizen, &amina).await, Err(CrmError::NotFound));
        assert_eq!(crm.citizens.find(&number(7), &amina).await, Err(CrmError::NotFound));
        assert_eq!(crm.records.get(contact(1), &amina).await.expect("stays").citizen, None);
        let anew = crm.citizens.find_or_create(&number(7), minute(3)).await.expect("a new citizen");
        assert_ne!(anew, citizen);
    })
    .await;
}
