//! The agent's desk over a real socket.

use crate::world::{Page, World, contact, staff};
use acd::Command;
use console::ports::{CallControl, Centre as _, Speaker};
use serde_json::{Value, json};
use std::time::Duration;
use vocabulary::centre::{Change, Rules};
use vocabulary::event::Actor;
use vocabulary::{Channel, E164, EndCause, Lane, Party, Presence, Risk, Time};

fn is_state(frame: &Value) -> bool {
    frame["t"] == "state"
}

/// A state in which the first engagement is in this stage.
fn engaged(word: &'static str) -> impl Fn(&Value) -> bool {
    move |frame| is_state(frame) && frame["engagements"][0]["state"] == word
}

async fn open_desk(world: &World, name: &str) -> (Page, std::net::SocketAddr, String) {
    let cookie = world.log_in(name).await;
    let address = world.serve().await;
    (Page::open(address, "/api/desk/ws", &cookie).await, address, cookie)
}

#[tokio::test]
async fn state_comes_at_once_and_again_when_it_changes() {
    let world = World::new().await;
    let (mut page, ..) = open_desk(&world, "amina").await;
    let first = page.next().await.expect("a frame");
    assert_eq!(first["presence"], json!({"is": "offline"}));
    assert_eq!(first["phone"], json!({"registered": true}));
    assert_eq!(first["waiting"], json!([{"queue": "general", "waiting": 0, "longest_since": null}]), "no safe queue");

    page.say(json!({"t": "presence", "presence": {"is": "ready"}})).await;
    page.until(|f| f["presence"] == json!({"is": "ready"})).await;
    world.centre.queue(contact(9), Channel::Voice, "general", Lane::Gbv, Risk::P2);
    let number = E164::parse("0712345678").expect("a number");
    let citizen = world.crm.citizens.find_or_create(&number, Time(1)).await.expect("made");
    world.crm.citizens.link(contact(1), citizen).await.expect("linked");
    world.centre.queue(contact(1), Channel::Voice, "general", Lane::Standard, Risk::P3);
    let state = page.until(engaged("offered")).await;
    assert_eq!(state["waiting"][0]["waiting"], 1, "the safeguarding contact in that queue is not theirs to count");
    let card = state["engagements"][0].clone();
    assert_eq!(card["contact"], json!(contact(1)));
    assert_eq!((card["offer"].clone(), card["channel"].clone()), (json!(1), json!("voice")));
    assert_eq!(card["citizen"]["number"], "0712 345678");
    assert_eq!((card["queue_shown_as"]["en"].clone(), card["recording"].clone()), (json!("The general queue"), json!("off")));
    assert_eq!(card["why"], json!({"order": "score", "agent": "longest_idle", "candidates": 1, "score": card["why"]["score"]}));
    assert!(card["until"].as_i64().is_some_and(|until| until > card["since"].as_i64().expect("a moment")));
}

#[tokio::test]
async fn a_call_is_answered_on_the_phone_and_a_chat_on_the_desk() {
    let world = World::new().await;
    let (mut page, ..) = open_desk(&world, "amina").await;
    page.say(json!({"t": "presence", "presence": {"is": "ready"}})).await;
    world.centre.queue(contact(1), Channel::Voice, "general", Lane::Standard, Risk::P3);
    page.until(engaged("offered")).await;
    page.say(json!({"t": "accept", "contact": contact(1), "offer": 1})).await;
    assert_eq!(page.until(|f| f["t"] == "refused").await["refused"], "answer_by_phone");
    page.say(json!({"t": "hang_up", "contact": contact(1)})).await;
    assert_eq!(page.until(|f| f["t"] == "refused").await["refused"], "not_yours", "offered is not served");
    page.say(json!({"t": "nonsense"})).await;
    assert_eq!(page.until(|f| f["t"] == "refused").await["refused"], "bad_input");

    world.centre.obey(Command::Accept { contact: contact(1), offer: 1, agent: staff("amina") });
    world.centre.obey(Command::Connect { contact: contact(1), agent: staff("amina") });
    page.until(engaged("connected")).await;
    page.say(json!({"t": "hold", "contact": contact(1), "on": true})).await;
    page.say(json!({"t": "hang_up", "contact": contact(1)})).await;
    page.say(json!({"t": "extend", "contact": contact(1)})).await;
    assert_eq!(page.until(|f| f["t"] == "refused").await["refused"], "not_wrapping_up");
    let asked = world.centre.controls.lock().expect("free").clone();
    let agent = staff("amina");
    let hold = CallControl::Hold { contact: contact(1), agent: agent.clone(), on: true };
    assert_eq!(asked, [hold, CallControl::HangUp { contact: contact(1), agent }]);
}

#[tokio::test]
async fn a_conversation_is_whole_and_in_order_and_ends_with_a_note() {
    let world = World::new().await;
    let (mut page, ..) = open_desk(&world, "amina").await;
    page.say(json!({"t": "presence", "presence": {"is": "ready"}})).await;
    page.until(|f| f["presence"] == json!({"is": "ready"})).await;
    world.centre.line(contact(1), Speaker::Citizen, "a", "Habari").await;
    world.centre.line(contact(1), Speaker::Centre, "b", "Karibu Huduma Kenya").await;
    world.centre.queue(contact(1), Channel::WebChat, "general", Lane::Standard, Risk::P3);
    page.until(engaged("offered")).await;
    page.say(json!({"t": "accept", "contact": contact(1), "offer": 1})).await;
    let line = |seq: u64| move |f: &Value| f["t"] == "message" && f["seq"] == seq;
    assert_eq!(page.until(|f| f["t"] == "message").await["text"], "Habari", "the whole conversation, from the first");
    assert_eq!(page.until(line(2)).await["from"], "centre");

    page.say(json!({"t": "say", "contact": contact(1), "id": "mine", "text": "Nikusaidie vipi?"})).await;
    let (mut said, mut shown) = (None, None);
    while said.is_none() || shown.is_none() {
        let frame = page.until(|f| f["t"] == "said" || f["t"] == "message").await;
        let slot = if frame["t"] == "said" { &mut said } else { &mut shown };
        *slot = Some(frame);
    }
    assert_eq!(said.expect("said"), json!({"t": "said", "contact": contact(1), "id": "mine", "seq": 3}));
    assert_eq!(shown.expect("shown")["text"], "Nikusaidie vipi?");
    world.centre.bus(contact(1), 2, Speaker::Centre, "once more");
    world.centre.line(contact(1), Speaker::Citizen, "c", "Nataka pasipoti").await;
    let next = page.until(|f| f["t"] == "message").await;
    assert_eq!((next["seq"].clone(), next["text"].clone()), (json!(4), json!("Nataka pasipoti")), "none twice");
    page.say(json!({"t": "say", "contact": contact(1), "id": "x", "text": "  "})).await;
    assert_eq!(page.until(|f| f["t"] == "refused").await["refused"], "empty");

    world.centre.obey(Command::End { contact: contact(1), by: Party::Citizen, cause: EndCause::Normal });
    page.until(engaged("wrap_up")).await;
    page.say(json!({"t": "wrap_up", "contact": contact(1), "disposition": "resolved", "note": "Amesaidiwa"})).await;
    page.until(|f| is_state(f) && f["engagements"] == json!([])).await;
    world.centre.write_record(contact(1)).await;
    let cookie = world.log_in("wanjiku").await;
    let record = world.get(&format!("/api/crm/contacts/{}", contact(1)), &cookie).await.json();
    assert_eq!((record["disposition"].clone(), record["notes"][0]["text"].clone()), (json!("resolved"), json!("Amesaidiwa")));
    assert_eq!(record["messages"].as_array().map(Vec::len), Some(4));
}

#[tokio::test]
async fn a_line_that_the_bus_lost_is_read_from_the_store() {
    let world = World::new().await;
    let (mut page, ..) = open_desk(&world, "amina").await;
    page.say(json!({"t": "presence", "presence": {"is": "ready"}})).await;
    page.until(|f| f["presence"] == json!({"is": "ready"})).await;
    world.centre.line(contact(1), Speaker::Citizen, "a", "moja").await;
    world.centre.queue(contact(1), Channel::WebChat, "general", Lane::Standard, Risk::P3);
    page.until(engaged("offered")).await;
    page.say(json!({"t": "accept", "contact": contact(1), "offer": 1})).await;
    assert_eq!(page.until(|f| f["t"] == "message").await["text"], "moja");
    for (client, text) in [("b", "mbili"), ("c", "tatu")] {
        let new = crm::NewMessage {
            seq: None,
            client: client.to_owned(),
            speaker: crm::Speaker::Citizen,
            text: crm::Personal::new(text),
            at: Time(1),
        };
        world.crm.messages.append(contact(1), &new).await.expect("kept");
    }
    world.centre.bus(contact(1), 3, Speaker::Citizen, "tatu");
    assert_eq!(page.until(|f| f["t"] == "message").await["text"], "mbili", "the gap is filled first");
    assert_eq!(page.until(|f| f["t"] == "message").await["text"], "tatu");
}

#[tokio::test]
async fn a_safeguarding_card_names_nobody_who_gave_no_name_there() {
    let world = World::new().await;
    let number = E164::parse("0712345678").expect("a number");
    let citizen = world.crm.citizens.find_or_create(&number, Time(1)).await.expect("made");
    let ordinary = contact(1);
    world.centre.queue(ordinary, Channel::Voice, "general", Lane::Standard, Risk::P3);
    world.centre.write_record(ordinary).await;
    world.centre.obey(Command::End { contact: ordinary, by: Party::Citizen, cause: EndCause::Normal });
    world.crm.citizens.link(ordinary, citizen).await.expect("linked");
    let other = world.log_in("amina").await;
    world.post(&format!("/api/crm/contacts/{ordinary}/citizen"), &other, json!({"name": "Mary"})).await;

    let (mut page, ..) = open_desk(&world, "wanjiku").await;
    page.say(json!({"t": "presence", "presence": {"is": "ready"}})).await;
    page.until(|f| f["presence"] == json!({"is": "ready"})).await;
    world.crm.citizens.link(contact(2), citizen).await.expect("linked");
    world.centre.queue(contact(2), Channel::Voice, "siri", Lane::Gbv, Risk::P1);
    let card = page.until(engaged("offered")).await["engagements"][0].clone();
    assert_eq!((card["lane"].clone(), card["citizen"].clone()), (json!("gbv"), Value::Null), "the phone is shared");
    assert_eq!((card["recording"].clone(), card["crisis_card"].clone()), (json!("none"), json!(false)));
}

#[tokio::test]
async fn making_a_contact_confidential_is_the_serving_agents_to_do() {
    let world = World::new().await;
    let (mut page, ..) = open_desk(&world, "amina").await;
    page.say(json!({"t": "presence", "presence": {"is": "ready"}})).await;
    page.until(|f| f["presence"] == json!({"is": "ready"})).await;
    let confidential = json!({"t": "confidential", "contact": contact(1), "lane": "gbv", "risk": "P1"});
    world.centre.queue(contact(1), Channel::WebChat, "general", Lane::Standard, Risk::P3);
    page.until(engaged("offered")).await;
    page.say(confidential.clone()).await;
    assert_eq!(page.until(|f| f["t"] == "refused").await["refused"], "not_yours");
    page.say(json!({"t": "accept", "contact": contact(1), "offer": 1})).await;
    page.until(engaged("connected")).await;
    page.say(confidential).await;
    let card = page.until(|f| f["engagements"][0]["lane"] == "gbv").await["engagements"][0].clone();
    assert_eq!(card["crisis_card"], true, "an agent without clearance gets the crisis card");
}

#[tokio::test]
async fn a_log_out_closes_the_desk_and_takes_the_agent_offline() {
    let world = World::new().await;
    let (mut page, _, cookie) = open_desk(&world, "amina").await;
    page.say(json!({"t": "presence", "presence": {"is": "ready"}})).await;
    page.until(|f| f["presence"] == json!({"is": "ready"})).await;
    let mut changes = world.centre.changes();
    world.post("/api/logout", &cookie, json!(null)).await;
    while page.next().await.is_some() {}
    changes.changed().await.expect("the floor hears");
    assert_eq!(world.centre.view().agents[&staff("amina")].presence, Presence::Offline);
}

#[tokio::test]
async fn an_agent_whose_last_page_closes_goes_offline_but_not_in_a_call() {
    let world = World::new().await;
    let rules = Rules { grace_seconds: 0, ..Rules::default() };
    let change = Box::new(Change::RulesSet { rules });
    world.centre.obey(Command::SetUp { change, by: Actor::Centre });
    let (page, address, cookie) = open_desk(&world, "amina").await;
    let mut other = Page::open(address, "/api/desk/ws", &cookie).await;
    world.centre.presence("amina", Presence::Ready);
    world.centre.queue(contact(1), Channel::Voice, "general", Lane::Standard, Risk::P3);
    world.centre.obey(Command::Accept { contact: contact(1), offer: 1, agent: staff("amina") });
    world.centre.obey(Command::Connect { contact: contact(1), agent: staff("amina") });
    let presence = || world.centre.view().agents[&staff("amina")].presence.clone();
    drop(page);
    other.until(engaged("connected")).await;
    assert_eq!(presence(), Presence::Ready, "another page is open");

    drop(other);
    // The call goes on by a desk phone. No desk is open any more, and one task waits for the call's end.
    let leaving = async {
        while world.centre.listeners() != (0, 1) && presence() == Presence::Ready {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), leaving).await.expect("the desk closes");
    assert_eq!(presence(), Presence::Ready, "in a call");
    let mut changes = world.centre.changes();
    world.centre.obey(Command::End { contact: contact(1), by: Party::Citizen, cause: EndCause::Normal });
    let gone = async {
        while presence() != Presence::Offline {
            changes.changed().await.expect("the floor goes on");
        }
    };
    tokio::time::timeout(Duration::from_secs(20), gone).await.expect("offline after the call");
}

#[tokio::test]
async fn closing_the_console_ends_its_sockets() {
    let world = World::new().await;
    let (mut page, ..) = open_desk(&world, "amina").await;
    page.next().await.expect("the state");
    tokio::time::timeout(Duration::from_secs(20), world.state.close()).await.expect("every task ends");
    assert_eq!(page.next().await, None);
}
