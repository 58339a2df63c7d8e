//! What a viewer is not cleared for does not exist for them: 404, never 403, and in no list.

use crate::world::{World, contact, staff};
use acd::Command;
use axum::http::StatusCode;
use serde_json::{Value, json};
use vocabulary::event::{Actor, Kept};
use vocabulary::{Channel, ContactId, E164, EndCause, Event, Lane, Party, RecordingId, Risk, Span, Time, Ulid};

fn recording(n: u128) -> RecordingId {
    RecordingId(Ulid::from_parts(1, n))
}

/// One ordinary and one safeguarding contact, both over, each with a recording, from one phone.
async fn two_contacts(world: &World) -> (ContactId, ContactId) {
    let (ordinary, safe) = (contact(1), contact(2));
    let number = E164::parse("0712345678").expect("a number");
    let citizen = world.crm.citizens.find_or_create(&number, Time(1)).await.expect("made");
    for (id, queue, lane, n) in [(ordinary, "general", Lane::Standard, 1), (safe, "siri", Lane::Gbv, 2)] {
        world.centre.queue(id, Channel::Voice, queue, lane, Risk::P2);
        world.centre.obey(Command::Report(Event::Recorded {
            contact: id,
            recording: recording(n),
            length: Span::seconds(9),
            complete: true,
            kept: Kept::Ordinary,
        }));
        world.centre.obey(Command::End { contact: id, by: Party::Citizen, cause: EndCause::Normal });
        world.crm.citizens.link(id, citizen).await.expect("linked");
        world.centre.write_record(id).await;
        world.centre.recordings.lock().expect("free").insert(recording(n), id);
    }
    (ordinary, safe)
}

fn contacts_in(list: &Value) -> Vec<&str> {
    list.as_array().expect("a list").iter().filter_map(|r| r["contact"].as_str()).collect()
}

#[tokio::test]
async fn an_uncleared_supervisor_meets_no_trace_of_a_safeguarding_contact() {
    let world = World::new().await;
    let (ordinary, safe) = two_contacts(&world).await;
    let cookie = world.log_in("otieno").await;
    assert_eq!(world.get(&format!("/api/crm/contacts/{ordinary}"), &cookie).await.status, StatusCode::OK);

    let absent = world.get(&format!("/api/crm/contacts/{}", contact(99)), &cookie).await;
    let hidden = world.get(&format!("/api/crm/contacts/{safe}"), &cookie).await;
    assert_eq!((hidden.status, hidden.bytes), (StatusCode::NOT_FOUND, absent.bytes), "the same as what never was");
    for path in ["notes", "cases", "citizen"] {
        let body = json!({"text": "x", "name": "x", "kind": "inquiry", "title": "x"});
        let answer = world.post(&format!("/api/crm/contacts/{safe}/{path}"), &cookie, body).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(contacts_in(&world.get("/api/crm/recent", &cookie).await.json()), [ordinary.to_string()]);
    let found = world.post("/api/crm/search", &cookie, json!({"number": "0712 345678"})).await.json();
    assert_eq!(found["citizens"][0]["contacts"], 1);
    let id = found["citizens"][0]["id"].as_str().expect("an id");
    let timeline = world.get(&format!("/api/crm/citizens/{id}"), &cookie).await.json();
    assert_eq!(contacts_in(&timeline["timeline"]), [ordinary.to_string()]);
}

#[tokio::test]
async fn a_cleared_supervisor_sees_both_and_the_opening_is_audited() {
    let world = World::new().await;
    let (ordinary, safe) = two_contacts(&world).await;
    let cookie = world.log_in("achieng").await;
    let record = world.get(&format!("/api/crm/contacts/{safe}"), &cookie).await;
    assert_eq!((record.status, record.json()["lane"].clone()), (StatusCode::OK, json!("gbv")));
    let recent = world.get("/api/crm/recent", &cookie).await.json();
    assert_eq!(contacts_in(&recent), [safe.to_string(), ordinary.to_string()]);

    let officer = world.log_in("kamau").await;
    let page = world.get("/api/audit?after=0", &officer).await.json();
    assert_eq!(page["intact"], true);
    let opened = page["lines"].as_array().expect("lines").iter().find(|l| l["what"] == "contact.opened");
    assert_eq!(opened.map(|l| (l["who"].clone(), l["contact"].clone())), Some((json!("achieng"), json!(safe))));
    assert_eq!(world.get("/api/audit", &cookie).await.status, StatusCode::NOT_FOUND, "the log is the officer's");
    assert_eq!(world.get("/api/crm/recent", &officer).await.status, StatusCode::NOT_FOUND, "content is not");
}

#[tokio::test]
async fn a_recording_is_played_for_a_reason_by_whoever_may_see_its_contact() {
    let world = World::new().await;
    two_contacts(&world).await;
    let play = |n: u128, cookie: String, reason: &'static str| {
        let world = &world;
        async move { world.post(&format!("/api/recordings/{}/play", recording(n)), &cookie, json!({"reason": reason})).await }
    };
    let (uncleared, cleared) = (world.log_in("otieno").await, world.log_in("achieng").await);
    let agent = world.log_in("amina").await;
    assert_eq!(play(2, uncleared.clone(), "a complaint").await.status, StatusCode::NOT_FOUND);
    assert_eq!(play(9, uncleared.clone(), "a complaint").await.status, StatusCode::NOT_FOUND);
    assert_eq!(play(1, agent, "a complaint").await.status, StatusCode::NOT_FOUND, "agents do not play");
    assert_eq!(play(1, uncleared.clone(), "  ").await.json()["refused"], "no_reason");
    assert!(world.centre.played.lock().expect("free").is_empty(), "nothing was opened so far");

    let answer = play(1, uncleared, "a complaint").await;
    assert_eq!((answer.status, &answer.bytes[..]), (StatusCode::OK, &b"RIFF"[..]));
    assert_eq!(answer.headers["x-recording-complete"], "true");
    assert_eq!(answer.headers["content-type"], "audio/wav");
    assert_eq!(play(2, cleared, "asked for by the court").await.status, StatusCode::OK);

    let officer = world.log_in("kamau").await;
    let page = world.get("/api/audit", &officer).await.json();
    let plays: Vec<_> = page["lines"].as_array().expect("lines").iter().filter(|l| l["what"] == "recording.played").collect();
    assert_eq!(plays.len(), 2, "each play once");
    assert_eq!(plays[1]["reason"], "asked for by the court");
}

#[tokio::test]
async fn what_was_sealed_for_the_officer_is_the_officers() {
    let world = World::new().await;
    let id = contact(3);
    world.centre.queue(id, Channel::Voice, "general", Lane::Standard, Risk::P3);
    let by = Actor::Staff { name: staff("amina") };
    world.centre.obey(Command::Reclassify { contact: id, lane: Lane::Gbv, risk: Risk::P1, by });
    world.centre.obey(Command::Report(Event::Recorded {
        contact: id,
        recording: recording(3),
        length: Span::seconds(9),
        complete: true,
        kept: Kept::SealedForDpo,
    }));
    world.centre.write_record(id).await;
    world.centre.recordings.lock().expect("free").insert(recording(3), id);
    let path = format!("/api/recordings/{}/play", recording(3));
    let body = json!({"reason": "a request of the data subject"});
    let cleared = world.log_in("achieng").await;
    assert_eq!(world.post(&path, &cleared, body.clone()).await.status, StatusCode::NOT_FOUND);
    assert_eq!(world.get(&format!("/api/crm/contacts/{id}"), &cleared).await.json()["recording"]["state"], "sealed");
    let officer = world.log_in("kamau").await;
    assert_eq!(world.post(&path, &officer, body).await.status, StatusCode::OK);
}

#[tokio::test]
async fn notes_cases_and_names_are_kept_with_their_contact() {
    let world = World::new().await;
    let (ordinary, _) = two_contacts(&world).await;
    let cookie = world.log_in("amina").await;
    let at = |what: &str| format!("/api/crm/contacts/{ordinary}/{what}");
    assert_eq!(world.post(&at("notes"), &cookie, json!({"text": "Anataka pasipoti"})).await.status, StatusCode::CREATED);
    assert_eq!(world.post(&at("notes"), &cookie, json!({"text": "   "})).await.json()["refused"], "empty");
    assert_eq!(world.post(&at("citizen"), &cookie, json!({"name": "Mary Wambui"})).await.status, StatusCode::NO_CONTENT);
    let case = world.post(&at("cases"), &cookie, json!({"kind": "inquiry", "title": "Pasipoti"})).await.json();
    let reference = case["reference"].as_str().expect("a reference");
    assert_eq!((case["state"].clone(), case["kind"].clone()), (json!("open"), json!("inquiry")));

    let record = world.get(&format!("/api/crm/contacts/{ordinary}"), &cookie).await.json();
    assert_eq!(record["notes"][0]["text"], "Anataka pasipoti");
    assert_eq!(record["notes"][0]["by"], "amina");
    assert_eq!(record["citizen"]["name"], "Mary Wambui");
    assert_eq!(record["citizen"]["number"], "0712 345678");
    assert_eq!(record["cases"][0]["reference"], reference);
    assert_eq!(record["recording"], json!({"state": "kept", "id": recording(1), "length_ms": 9_000}));
    assert_eq!(record["transcript"], json!({"state": "no_model", "segments": []}));

    let state = format!("/api/crm/cases/{reference}/state");
    let moved = world.post(&state, &cookie, json!({"state": "resolved", "note": "Amejulishwa"})).await;
    assert_eq!(moved.status, StatusCode::NO_CONTENT);
    assert_eq!(world.post(&state, &cookie, json!({"state": "pending", "note": ""})).await.json()["refused"], "case_step");
    let found = world.post("/api/crm/search", &cookie, json!({"reference": reference})).await.json();
    assert_eq!(found["cases"][0]["state"], "resolved");
    let found = world.post("/api/crm/search", &cookie, json!({"name": "wambui"})).await.json();
    assert_eq!(found["citizens"][0]["name"], "Mary Wambui");
    assert_eq!(world.post("/api/crm/search", &cookie, json!({"number": "abc"})).await.json()["refused"], "bad_number");
}
