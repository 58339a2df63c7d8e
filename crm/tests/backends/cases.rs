//! Cases, on every backend.

use crate::support::{agent, contact, engaged, huduma, minute, number, on_every_backend, record};
use crm::{CaseKind, CaseState, CrmError, NewCase, Reference, Refusal, TimelineKind};
use std::collections::BTreeSet;
use vocabulary::{ContactId, Lane, Time};

fn new(contact: Option<ContactId>, lane: Lane) -> NewCase {
    NewCase {
        tenant: huduma(),
        lane,
        kind: CaseKind::Complaint,
        service: Some("svc-046".to_owned()),
        contact,
        citizen: None,
        title: "Pasipoti imechelewa".to_owned(),
        due: Some(Time(9)),
    }
}

#[tokio::test]
async fn a_case_runs_from_open_to_closed_with_its_history() {
    on_every_backend(|place| async move {
        let crm = place.crm().await;
        let amina = agent("amina", &[]);
        let citizen = crm.citizens.find_or_create(&number(7), minute(1)).await.expect("a citizen");
        for n in [1, 2] {
            crm.records.write(&record(n, Lane::Standard)).await.expect("writes");
            crm.citizens.link(contact(n), citizen).await.expect("links");
        }
        let opened = crm.cases.open(&new(Some(contact(1)), Lane::Standard), &amina, minute(2)).await.expect("opens");
        assert_eq!((opened.citizen, opened.due, opened.state), (Some(citizen), Some(Time(9)), CaseState::Open));
        crm.cases.link(opened.id, contact(2), &amina).await.expect("links");
        crm.cases.link(opened.id, contact(2), &amina).await.expect("links once");
        let step = async |to, text, n| crm.cases.advance(opened.id, to, text, &amina, minute(n)).await;
        assert_eq!(step(CaseState::Pending, Some("tunasubiri uhamiaji"), 3).await, Ok(()));
        let refused = Refusal::CaseStep { from: CaseState::Pending, to: CaseState::Closed };
        assert_eq!(step(CaseState::Closed, None, 4).await, Err(CrmError::Refused(refused)));
        assert_eq!(step(CaseState::Resolved, Some("imetoka"), 5).await, Ok(()));
        assert_eq!(step(CaseState::Open, None, 6).await, Ok(()), "the citizen says it is not");
        assert_eq!(step(CaseState::Resolved, None, 7).await, Ok(()));
        assert_eq!(step(CaseState::Closed, None, 8).await, Ok(()));
        assert!(step(CaseState::Open, None, 9).await.is_err(), "closed is closed");

        let typed = opened.reference.to_string().to_lowercase();
        let found = crm.cases.by_reference(typed.parse().expect("a reference"), &amina).await.expect("is there");
        assert_eq!(found.summary.title.reveal(), "Pasipoti imechelewa");
        assert_eq!(found.contacts, [contact(1), contact(2)]);
        let states: Vec<CaseState> = found.history.iter().map(|s| s.state).collect();
        use CaseState::*;
        assert_eq!(states, [Open, Pending, Resolved, Open, Resolved, Closed]);
        assert_eq!(found.history[1].text.as_ref().map(|t| t.reveal()), Some("tunasubiri uhamiaji"));
        let timeline = crm.records.timeline(citizen, &amina).await.expect("reads");
        let of_case = |e: &&crm::TimelineEntry| matches!(&e.kind, TimelineKind::Case(c) if c.id == opened.id);
        assert_eq!((timeline.len(), timeline.iter().filter(of_case).count()), (3, 1));
        assert_eq!(crm.cases.list(Some(CaseState::Closed), &amina).await.expect("lists").len(), 1);
        assert_eq!(crm.cases.list(Some(CaseState::Open), &amina).await, Ok(Vec::new()));
    })
    .await;
}

#[tokio::test]
async fn references_are_unique_and_tell_nothing_of_each_other() {
    on_every_backend(|place| async move {
        let crm = place.crm().await;
        let amina = agent("amina", &[]);
        let mut tasks = Vec::new();
        for n in 0..40 {
            let (cases, amina) = (crm.cases.clone(), amina.clone());
            tasks.push(tokio::spawn(async move {
                cases.open(&new(None, Lane::Standard), &amina, minute(n)).await.expect("opens").reference
            }));
        }
        let mut seen = BTreeSet::new();
        for task in tasks {
            assert!(seen.insert(task.await.expect("no task fails")), "a reference was given twice");
        }
        // Drawn, not counted: of forty numbers counted up, most begin alike.
        let beginnings: BTreeSet<String> = seen.iter().map(|r: &Reference| r.to_string()[..6].to_owned()).collect();
        assert!(beginnings.len() > 35, "{beginnings:?}");
        let db = place.open().await;
        let twice = db.execute("UPDATE case_file SET reference = 'HK-00000000'", &[]).await.expect_err("unique");
        assert!(twice.is_duplicate());
    })
    .await;
}

#[tokio::test]
async fn a_safeguarding_case_is_absent_for_whoever_is_not_cleared() {
    on_every_backend(|place| async move {
        let crm = place.crm().await;
        let (amina, counsellor) = (agent("amina", &[]), agent("zawadi", &[Lane::Gbv]));
        crm.records.write(&record(1, Lane::Gbv)).await.expect("writes");
        let citizen = crm.citizens.find_or_create(&number(7), minute(1)).await.expect("a citizen");
        crm.citizens.link(contact(1), citizen).await.expect("links");
        // The lane is the contact's, whatever is asked for.
        let case = crm.cases.open(&new(Some(contact(1)), Lane::Standard), &counsellor, minute(2)).await.expect("opens");
        assert_eq!(case.lane, Lane::Gbv);
        let absent = crm.cases.by_reference("HK-00000000".parse().expect("a reference"), &amina).await;
        assert_eq!(absent, Err(CrmError::NotFound));
        assert_eq!(crm.cases.get(case.id, &amina).await, absent);
        assert_eq!(crm.cases.by_reference(case.reference, &amina).await, absent);
        assert_eq!(crm.cases.list(None, &amina).await, Ok(Vec::new()));
        let step = crm.cases.advance(case.id, CaseState::Resolved, None, &amina, minute(3)).await;
        assert_eq!(step, Err(CrmError::NotFound));
        assert_eq!(crm.records.timeline(citizen, &amina).await, Err(CrmError::NotFound));
        let refused = crm.cases.open(&new(None, Lane::Gbv), &amina, minute(3)).await;
        assert_eq!(refused, Err(CrmError::NotFound), "not cleared to open one");
        let refused = crm.cases.open(&new(Some(contact(1)), Lane::Standard), &amina, minute(3)).await;
        assert_eq!(refused, Err(CrmError::NotFound), "not theirs to see");
        assert_eq!(crm.cases.get(case.id, &engaged(&amina, contact(1))).await.expect("engaged").summary.id, case.id);
        assert_eq!(crm.cases.get(case.id, &counsellor).await.expect("cleared").contacts, [contact(1)]);
    })
    .await;
}

#[tokio::test]
async fn a_case_becomes_confidential_with_its_contact() {
    on_every_backend(|place| async move {
        let crm = place.crm().await;
        let (amina, counsellor) = (agent("amina", &[]), agent("zawadi", &[Lane::Child]));
        for n in [1, 2] {
            crm.records.write(&record(n, Lane::Standard)).await.expect("writes");
        }
        let born_here = crm.cases.open(&new(Some(contact(1)), Lane::Standard), &amina, minute(2)).await.expect("opens");
        let elsewhere = crm.cases.open(&new(Some(contact(2)), Lane::Standard), &amina, minute(2)).await.expect("opens");
        crm.cases.link(elsewhere.id, contact(1), &amina).await.expect("links");
        let mut confidential = record(1, Lane::Child);
        confidential.seq += 1;
        crm.records.write(&confidential).await.expect("writes");
        assert_eq!(crm.cases.get(born_here.id, &amina).await, Err(CrmError::NotFound));
        assert_eq!(crm.cases.get(born_here.id, &counsellor).await.expect("cleared").summary.lane, Lane::Child);
        let other = crm.cases.get(elsewhere.id, &amina).await.expect("still ordinary");
        assert_eq!(other.contacts, [contact(2)], "and does not name the contact");

        // Linking a contact that is confidential already makes the case so.
        crm.cases.link(elsewhere.id, contact(1), &counsellor).await.expect("links");
        assert_eq!(crm.cases.get(elsewhere.id, &amina).await, Err(CrmError::NotFound));
        assert_eq!(crm.cases.get(elsewhere.id, &counsellor).await.expect("cleared").contacts.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn what_people_write_is_checked() {
    on_every_backend(|place| async move {
        let crm = place.crm().await;
        let amina = agent("amina", &[]);
        let open = async |case: NewCase| crm.cases.open(&case, &amina, minute(1)).await.map(|_| ());
        let plain = new(None, Lane::Standard);
        let empty = CrmError::Refused(Refusal::Empty { what: "title" });
        assert_eq!(open(NewCase { title: " ".to_owned(), ..plain.clone() }).await, Err(empty));
        let long = CrmError::Refused(Refusal::TooLong { what: "title", most: 200 });
        assert_eq!(open(NewCase { title: "a".repeat(201), ..plain.clone() }).await, Err(long));
        let unknown = CrmError::Refused(Refusal::UnknownService);
        assert_eq!(open(NewCase { service: Some("svc-999".to_owned()), ..plain.clone() }).await, Err(unknown));
        let other = vocabulary::TenantName::new("immigration").expect("a name");
        assert_eq!(open(NewCase { tenant: other, ..plain.clone() }).await, Err(CrmError::NotFound));
        let db = place.open().await;
        db.execute("UPDATE service SET charter_days = 10 WHERE id = 'svc-046'", &[]).await.expect("updates");
        let promised = crm.cases.open(&NewCase { due: None, ..plain }, &amina, minute(0)).await.expect("opens");
        assert_eq!(promised.due, Some(minute(10 * 24 * 60)));
    })
    .await;
}
