//! The web chat with real browsers: a citizen on the chat page, an agent at the desk, and what may be
//! known of it afterwards.

mod support;

use serde_json::{Value, json};
use support::browser::Person;
use support::server::Server;
use support::staff::Staff;
use support::wait_for;

/// A citizen on the chat page who has pressed the button that starts it.
fn chat(server: &Server, confidential: bool) -> Person {
    let mut citizen = Person::start(440.0);
    citizen.goto(&server.url("/chat"));
    if confidential {
        citizen.click("#confidential");
    }
    citizen.click("#ask button[type=submit]");
    citizen.wait("#lines li.centre");
    citizen
}

fn write(citizen: &mut Person, text: &str) {
    citizen.fill("#write", text);
    citizen.click("#send");
    citizen.wait(&format!("#lines li.citizen:has-text(\"{text}\")"));
}

fn answer(agent: &mut Person, text: &str) {
    agent.fill("#composer", text);
    agent.press("Enter");
    agent.wait(&format!(".chat li.agent:has-text(\"{text}\")"));
}

/// The only record of a chat this person may see, once it fits.
fn record(staff: &Staff, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
    wait_for(what, || {
        let recent = staff.get("/api/crm/recent");
        recent.body.as_array()?.iter().find(|r| r["channel"] == "web_chat" && fits(r)).cloned()
    })
}

fn texts(record: &Value) -> Vec<(String, String)> {
    let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
    record["messages"].as_array().map(|all| all.iter().map(|m| (text(&m["from"]), text(&m["text"]))).collect()).unwrap_or_default()
}

#[test]
fn a_citizen_and_an_agent_write_to_each_other() {
    let server = Server::start();
    let mut agent = Person::agent(&server, "amina", 1_000.0);
    let mut citizen = chat(&server, false);
    assert!(citizen.text("#lines li.centre").contains("automated assistant"), "it says that it is not a person");
    write(&mut citizen, "agent");
    agent.wait(".offer .primary");
    agent.press("Alt+A");
    agent.wait("#composer");
    agent.wait(".chat li.citizen:has-text(\"agent\")");
    citizen.wait("#status:has-text(\"Amina\")");

    answer(&mut agent, "Good morning, how can I help?");
    citizen.wait("#lines li.agent:has-text(\"Good morning\")");
    write(&mut citizen, "My passport is late");
    agent.wait(".chat li.citizen:has-text(\"passport is late\")");

    citizen.reload();
    citizen.wait("#lines li.agent:has-text(\"Good morning\")");
    assert_eq!(citizen.count("#lines li.citizen:has-text(\"passport is late\")"), 1, "one line, once");
    citizen.wait("#status:has-text(\"Amina\")");
    answer(&mut agent, "It is ready on Monday");
    citizen.wait("#lines li.agent:has-text(\"Monday\")");

    citizen.click("#end");
    citizen.click("#end");
    citizen.wait("#over");
    agent.wait(".wrapup");
    agent.click(".wrapup .choices label");
    agent.press("Control+Enter");
    agent.wait_gone(".wrapup");

    let kamau = Staff::log_in(&server, "kamau");
    let found = record(&kamau, "the chat's record", |r| !r["ended"].is_null() && !r["disposition"].is_null());
    assert_eq!((&found["agent"], &found["ended"]["by"]), (&"amina".into(), &"citizen".into()));
    assert_eq!(found["language"], "en");
    let id = found["contact"].as_str().expect("an id");
    let whole = kamau.get(&format!("/api/crm/contacts/{id}")).body;
    let said = texts(&whole);
    let has = |from: &str, text: &str| said.iter().filter(|(f, t)| f == from && t.contains(text)).count() == 1;
    assert!(has("citizen", "My passport is late") && has("agent", "It is ready on Monday"), "{said:?}");
    assert!(said.first().is_some_and(|(from, _)| from == "centre"), "the assistant speaks first: {said:?}");
    agent.goto(&server.url(&format!("/records#contact/{id}")));
    agent.wait("text=My passport is late");
}

#[test]
fn a_citizen_chooses_kiswahili_on_the_page() {
    let server = Server::start();
    let mut citizen = Person::start(440.0);
    citizen.goto(&server.url("/chat"));
    citizen.click("#language-sw");
    citizen.click("#ask button[type=submit]");
    citizen.wait("#lines li.centre:has-text(\"msaidizi\")");
    write(&mut citizen, "mtu");
    citizen.wait("#status:has-text(\"nambari 1\")");
    let kamau = Staff::log_in(&server, "kamau");
    let found = record(&kamau, "a waiting chat", |r| r["queue"] == "general");
    assert_eq!(found["language"], "sw");
}

#[test]
fn a_confidential_chat_does_not_exist_for_the_uncleared() {
    let server = Server::start();
    let kamau = Staff::log_in(&server, "kamau");
    let pendo = Staff::log_in(&server, "pendo");
    let mut counsellor = Person::agent(&server, "neema", 1_000.0);
    let mut citizen = chat(&server, true);
    write(&mut citizen, "1");
    counsellor.wait(".offer.safe .primary");
    counsellor.press("Alt+A");
    counsellor.wait("#composer");
    answer(&mut counsellor, "Are you safe now?");
    citizen.wait("#lines li.agent:has-text(\"Are you safe now?\")");
    write(&mut citizen, "Yes, he has left");
    counsellor.wait(".chat li.citizen:has-text(\"he has left\")");

    let found = record(&pendo, "the chat, for the cleared", |r| r["lane"] == "gbv" && r["agent"] == "neema");
    let id = found["contact"].as_str().expect("an id").to_owned();
    let said = texts(&pendo.get(&format!("/api/crm/contacts/{id}")).body);
    assert!(said.iter().any(|(from, text)| from == "citizen" && text == "Yes, he has left"), "{said:?}");
    let unseen = |when: &str| {
        assert_eq!(kamau.get(&format!("/api/crm/contacts/{id}")).status, 404, "{when}");
        assert_eq!(kamau.get("/api/crm/recent").body.as_array().map(Vec::len), Some(0), "{when}");
        let note = kamau.post(&format!("/api/crm/contacts/{id}/notes"), &json!({"text": "hello"}));
        assert_eq!(note.status, 404, "{when}");
    };
    unseen("while it goes on");
    citizen.click("#end");
    citizen.click("#end");
    citizen.wait("#over");
    record(&pendo, "its end", |r| !r["ended"].is_null());
    unseen("after its end");
    let metrics = kamau.get("/metrics");
    let shown = String::from_utf8_lossy(&metrics.bytes);
    assert!(shown.contains("contacts_arrived_total{channel=\"web_chat\"} 1"), "{shown}");
    assert!(!["gbv", "child", "mental_health"].iter().any(|lane| shown.contains(lane)), "no safeguarding label in the metrics");
}

#[test]
fn a_word_for_help_takes_the_conversation_and_its_number_out_of_sight() {
    let server = Server::start();
    let kamau = Staff::log_in(&server, "kamau");
    let pendo = Staff::log_in(&server, "pendo");
    let number = json!({"number": "0712345600"});
    let known = |staff: &Staff| staff.post("/api/crm/search", &number).body["citizens"].as_array().map(Vec::len);
    let mut citizen = Person::start(440.0);
    citizen.goto(&server.url("/chat"));
    citizen.fill("#phone", "0712 345 600");
    citizen.click("#ask button[type=submit]");
    citizen.wait("#lines li.centre");
    record(&kamau, "an ordinary chat", |_| true);
    assert_eq!(known(&kamau), Some(1), "an ordinary citizen is found by number");

    // Gone before any queue gave it a lane: the word alone is enough.
    write(&mut citizen, "HELP");
    citizen.wait("#lines li.centre:has-text(\"confidential support\")");
    citizen.click("#end");
    citizen.click("#end");
    record(&pendo, "the safe line, for the cleared", |r| r["lane"] == "gbv" && !r["ended"].is_null());
    assert_eq!(known(&pendo), Some(1));
    assert_eq!(known(&kamau), Some(0), "the only contact of that number is out of sight");
    assert_eq!(kamau.get("/api/crm/recent").body.as_array().map(Vec::len), Some(0));
}

#[test]
fn a_second_window_takes_the_conversation_over() {
    let server = Server::start();
    let mut citizen = chat(&server, false);
    write(&mut citizen, "agent");
    citizen.twin();
    citizen.wait("#lines li.citizen:has-text(\"agent\")");
    citizen.wait("#status:has-text(\"number 1\")");
    citizen.other_window();
    citizen.wait("#status:has-text(\"another window\")");
}
