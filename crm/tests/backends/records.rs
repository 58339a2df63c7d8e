//! Records and who sees them, on every backend.

use crate::support::{agent, contact, engaged, huduma, minute, number, on_every_backend, record, then};
use crm::{Counts, CrmError, Search, TimelineKind, Viewer};
use std::collections::{BTreeMap, BTreeSet};
use vocabulary::centre::Role;
use vocabulary::{AgentName, Channel, ContactId, EndCause, Event, Lane, Party, ReasonName, TenantName};

/// A supervisor of everything ordinary: every role that is not clearance.
fn supervisor() -> Viewer {
    Viewer { roles: BTreeSet::from([Role::Agent, Role::Supervisor, Role::Admin, Role::Dpo]), ..agent("simon", &[]) }
}

fn ids(found: &[crm::ContactView]) -> Vec<ContactId> {
    found.iter().map(|view| view.record.contact).collect()
}

#[tokio::test]
async fn writing_is_idempotent_and_never_goes_back() {
    on_every_backend(|place| async move {
        let crm = place.crm().await;
        let amina = agent("amina", &[]);
        let first = record(1, Lane::Standard);
        let verdict = ReasonName::new("resolved").expect("a name");
        let later = then(
            &first,
            Event::WrappedUp { contact: contact(1), agent: amina.name.clone(), disposition: Some(verdict) },
        );
        for version in [&first, &later, &later, &first] {
            crm.records.write(version).await.expect("writes");
        }
        let kept = crm.records.get(contact(1), &amina).await.expect("is there");
        assert_eq!(kept.record, later, "the older one did not replace the newer one");
        assert_eq!(crm.records.counts(&Search::default(), &amina).await.expect("counts").contacts, 1);
    })
    .await;
}

#[tokio::test]
async fn a_safeguarding_contact_is_absent_for_whoever_is_not_cleared() {
    on_every_backend(|place| async move {
        let crm = place.crm().await;
        let citizen = crm.citizens.find_or_create(&number(7), minute(1)).await.expect("a citizen");
        for (n, lane) in [(1, Lane::Standard), (2, Lane::Gbv), (3, Lane::Child)] {
            crm.records.write(&record(n, lane)).await.expect("writes");
            crm.citizens.link(contact(n), citizen).await.expect("links");
        }
        let counsellor = agent("zawadi", &[Lane::Gbv]);
        crm.notes.add(contact(2), &counsellor, "siri", minute(4)).await.expect("notes");
        let simon = supervisor();
        let nowhere = contact(99);

        // The same answer, word for word, as for a contact that never was.
        for open in [contact(2), contact(3)] {
            assert_eq!(crm.records.get(open, &simon).await, crm.records.get(nowhere, &simon).await);
            assert_eq!(crm.records.get(open, &simon).await.expect_err("absent"), CrmError::NotFound);
            assert_eq!(crm.notes.of(open, &simon).await, Err(CrmError::NotFound));
            assert_eq!(crm.notes.add(open, &simon, "x", minute(5)).await, Err(CrmError::NotFound));
            assert_eq!(crm.transcripts.of(open, &simon).await, Err(CrmError::NotFound));
            assert_eq!(crm.messages.of(open, 0, &simon).await, Err(CrmError::NotFound));
        }
        let all = Search::default();
        assert_eq!(ids(&crm.records.search(&all, &simon).await.expect("searches")), [contact(1)]);
        let gbv = Search { lane: Some(Lane::Gbv), ..Search::default() };
        assert_eq!(crm.records.search(&gbv, &simon).await, Ok(Vec::new()));
        let one = |lane| Counts {
            contacts: 1,
            by_channel: BTreeMap::from([(Channel::Voice, 1)]),
            by_lane: BTreeMap::from([(lane, 1)]),
            ..Counts::default()
        };
        assert_eq!(crm.records.counts(&all, &simon).await, Ok(one(Lane::Standard)));
        assert_eq!(crm.records.counts(&gbv, &simon).await, Ok(Counts::default()));
        let timeline = crm.records.timeline(citizen, &simon).await.expect("an ordinary contact");
        assert_eq!(timeline.len(), 1);
        assert!(matches!(&timeline[0].kind, TimelineKind::Contact(view) if view.record.contact == contact(1)));
        // A page of one is a page of what may be seen: nothing hidden takes its place.
        let page = Search { limit: 1, ..Search::default() };
        assert_eq!(ids(&crm.records.search(&page, &simon).await.expect("searches")), [contact(1)]);

        // Cleared for one lane, not for the other.
        assert_eq!(ids(&crm.records.search(&all, &counsellor).await.expect("searches")), [contact(2), contact(1)]);
        assert_eq!(crm.records.counts(&gbv, &counsellor).await, Ok(one(Lane::Gbv)));
        assert_eq!(crm.records.get(contact(3), &counsellor).await, Err(CrmError::NotFound));
        assert_eq!(crm.records.get(contact(2), &counsellor).await.expect("cleared").notes, 1);
        assert_eq!(crm.records.timeline(citizen, &counsellor).await.expect("cleared").len(), 2);

        // A clearance without a part in serving opens nothing.
        let auditor = Viewer { roles: BTreeSet::from([Role::Admin, Role::Dpo]), ..counsellor.clone() };
        assert_eq!(crm.records.get(contact(2), &auditor).await, Err(CrmError::NotFound));
    })
    .await;
}

#[tokio::test]
async fn an_engagement_opens_its_contact_and_nothing_else() {
    on_every_backend(|place| async move {
        let crm = place.crm().await;
        let amina = agent("amina", &[]);
        for (n, lane) in [(1, Lane::Gbv), (2, Lane::Gbv)] {
            crm.records.write(&record(n, lane)).await.expect("writes");
        }
        let talking = engaged(&amina, contact(1));
        assert_eq!(crm.records.get(contact(1), &talking).await.expect("engaged").record.contact, contact(1));
        assert_eq!(crm.records.get(contact(2), &talking).await, Err(CrmError::NotFound));
        assert_eq!(ids(&crm.records.search(&Search::default(), &talking).await.expect("searches")), [contact(1)]);
        crm.notes.add(contact(1), &talking, "yuko salama", minute(2)).await.expect("notes");
        assert_eq!(crm.notes.of(contact(1), &amina).await, Err(CrmError::NotFound), "wrap-up is over");
    })
    .await;
}

#[tokio::test]
async fn making_a_contact_confidential_closes_it() {
    on_every_backend(|place| async move {
        let crm = place.crm().await;
        let (amina, counsellor) = (agent("amina", &[]), agent("zawadi", &[Lane::MentalHealth]));
        let ordinary = record(1, Lane::Standard);
        crm.records.write(&ordinary).await.expect("writes");
        crm.notes.add(contact(1), &amina, "anasikika vibaya", minute(1)).await.expect("notes");
        let change = Event::Reclassified {
            contact: contact(1),
            lane: Lane::MentalHealth,
            risk: vocabulary::Risk::P1,
            by: vocabulary::Actor::Staff { name: amina.name.clone() },
        };
        crm.records.write(&then(&ordinary, change)).await.expect("writes");
        crm.records.write(&ordinary).await.expect("a replay of the past");
        assert_eq!(crm.records.get(contact(1), &amina).await, Err(CrmError::NotFound));
        assert_eq!(crm.records.counts(&Search::default(), &amina).await, Ok(Counts::default()));
        let notes = crm.notes.of(contact(1), &counsellor).await.expect("cleared");
        assert_eq!(notes[0].text.reveal(), "anasikika vibaya");
    })
    .await;
}

#[tokio::test]
async fn tenants_do_not_see_each_other() {
    on_every_backend(|place| async move {
        let crm = place.crm().await;
        let mut theirs = record(1, Lane::Standard);
        theirs.tenant = TenantName::new("immigration").expect("a name");
        crm.records.write(&theirs).await.expect("writes");
        let mut amina = agent("amina", &[Lane::Gbv]);
        assert_eq!(crm.records.get(contact(1), &amina).await, Err(CrmError::NotFound));
        assert_eq!(crm.records.search(&Search::default(), &amina).await, Ok(Vec::new()));
        let asked = Search { tenant: Some(theirs.tenant.clone()), ..Search::default() };
        assert_eq!(crm.records.counts(&asked, &amina).await, Ok(Counts::default()));
        amina.tenants.insert(theirs.tenant.clone());
        assert_eq!(crm.records.get(contact(1), &amina).await.expect("theirs now").record, theirs);
        amina.tenants.clear();
        assert_eq!(crm.records.get(contact(1), &amina).await, Err(CrmError::NotFound));
    })
    .await;
}

#[tokio::test]
async fn search_narrows_and_pages() {
    on_every_backend(|place| async move {
        let crm = place.crm().await;
        let amina = agent("amina", &[]);
        let brian = AgentName::new("brian").expect("a name");
        for n in 1..=5 {
            crm.records.write(&record(n, Lane::Standard)).await.expect("writes");
        }
        let answered = then(&record(4, Lane::Standard), Event::Connected { contact: contact(4), agent: brian.clone() });
        crm.records.write(&answered).await.expect("writes");
        let gone = Event::Ended { contact: contact(5), by: Party::Citizen, cause: EndCause::Normal };
        crm.records.write(&then(&record(5, Lane::Standard), gone)).await.expect("writes");
        let find = async |search: Search| ids(&crm.records.search(&search, &amina).await.expect("searches"));
        let all = Search::default();
        assert_eq!(find(Search { limit: 2, ..all.clone() }).await, [contact(5), contact(4)]);
        assert_eq!(find(Search { limit: 2, before: Some(contact(4)), ..all.clone() }).await, [contact(3), contact(2)]);
        assert_eq!(find(Search { agent: Some(brian), ..all.clone() }).await, [contact(4)]);
        assert_eq!(
            find(Search { from: Some(minute(2)), to: Some(minute(4)), ..all.clone() }).await,
            [contact(3), contact(2)]
        );
        assert_eq!(find(Search { channel: Some(Channel::Sms), ..all.clone() }).await, []);
        assert_eq!(
            find(Search { tenant: Some(huduma()), channel: Some(Channel::Voice), ..all.clone() }).await.len(),
            5
        );
        let counts = crm.records.counts(&all, &amina).await.expect("counts");
        assert_eq!((counts.contacts, counts.answered, counts.abandoned), (5, 1, 1));
    })
    .await;
}
