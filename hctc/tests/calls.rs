//! Calls by real clients: SIPp and baresip as citizens, headless Chromium and a registered baresip as
//! agents. A call test that checks signalling only is not a call test: each side hears the other.

mod support;

use serde_json::{Value, json};
use support::baresip::{Account, Phone};
use support::browser::Person;
use support::server::Server;
use support::sipp::Sipp;
use support::sound::{read_channel, share_of};
use support::staff::{Staff, code};
use support::wait_for;

const CITIZEN: Account<'static> = Account { user: "0712345678", secret: None, answers: false };

fn dial_us(server: &Server) -> String {
    format!("sip:0206900020@{}", server.sip)
}

/// Presses a key once the menu is being heard: the flow listens from its first millisecond.
fn choose_english_and_a_person(phone: &mut Phone) {
    phone.wait_event("CALL_ESTABLISHED");
    phone.press('2');
    phone.press('0');
}

/// What the phone heard holds the other's tone and not its own.
fn phone_hears(phone: &Phone, other: f64, own: f64) {
    wait_for(&format!("the phone to hear {other} Hz"), || {
        let (samples, rate) = phone.heard();
        (share_of(&samples, rate, other) > 0.7).then_some(())
    });
    let (samples, rate) = phone.heard();
    assert!(share_of(&samples, rate, own) < 0.3, "the phone hears itself");
}

/// The newest record a supervisor sees, once it fits.
fn record(staff: &Staff, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
    wait_for(what, || {
        let recent = staff.get("/api/crm/recent");
        recent.body.as_array()?.iter().find(|r| fits(r)).cloned()
    })
}

#[test]
fn a_phone_call_reaches_a_browser_agent_and_both_hear() {
    let server = Server::start();
    let mut agent = Person::agent(&server, "amina", 1_000.0);
    let mut citizen = Phone::start(server.sip, &CITIZEN, 440.0);
    citizen.dial(&dial_us(&server));
    choose_english_and_a_person(&mut citizen);
    agent.answer();
    agent.hears(440.0);
    phone_hears(&citizen, 1_000.0, 440.0);
    agent.press("Alt+H");
    agent.wait(".callpanel .tag.warn");
    agent.press("Alt+H");
    agent.wait(".callpanel .tag.good");
    agent.hears(440.0);
    citizen.hang_up();
    agent.wait(".wrapup");
    agent.press("Control+Enter");
    let kamau = Staff::log_in(&server, "kamau");
    let record = record(&kamau, "the call's record", |r| !r["ended"].is_null());
    assert_eq!(record["ended"]["by"], "citizen");
    assert_eq!(record["agent"], "amina");
    assert!(record["talked_ms"].as_i64().unwrap_or(0) > 0);
}

#[test]
fn the_agent_hangs_up_and_the_recording_holds_both_sides_apart() {
    let server = Server::start();
    let mut agent = Person::agent(&server, "amina", 1_000.0);
    let mut citizen = Phone::start(server.sip, &CITIZEN, 440.0);
    citizen.dial(&dial_us(&server));
    citizen.wait_event("CALL_ESTABLISHED");
    citizen.press('2');
    // The notice is heard to its end: recording has a basis.
    wait_for("the notice", || server.log().contains("RecordingNoticed").then_some(()));
    citizen.press('0');
    agent.answer();
    agent.hears(440.0);
    phone_hears(&citizen, 1_000.0, 440.0);
    agent.press("Alt+U");
    citizen.wait_event("CALL_CLOSED");
    let kamau = Staff::log_in(&server, "kamau");
    let record = record(&kamau, "a kept recording", |r| r["recording"]["state"] == "kept");
    let contact = record["contact"].as_str().expect("an id");
    let whole = kamau.get(&format!("/api/crm/contacts/{contact}"));
    assert_eq!(whole.body["transcript"]["state"], "no_model", "no model is configured, and the record says so");
    let id = record["recording"]["id"].as_str().expect("an id");
    let play = kamau.post(&format!("/api/recordings/{id}/play"), &json!({"reason": "quality check"}));
    assert_eq!(play.status, 200);
    let (left, rate) = read_channel(&play.bytes, 0);
    let (right, _) = read_channel(&play.bytes, 1);
    assert!(share_of(&left, rate, 440.0) > 0.8 && share_of(&left, rate, 1_000.0) < 0.1, "left is the citizen");
    assert!(share_of(&right, rate, 1_000.0) > 0.6 && share_of(&right, rate, 440.0) < 0.1, "right is the agent");
}

#[test]
fn a_desk_phone_is_an_agents_leg() {
    let server = Server::start();
    let amina = Staff::log_in(&server, "amina");
    let device = amina.post("/api/desk/devices", &json!({"label": "my phone"}));
    let (user, secret) = (device.body["user"].as_str().expect("a user"), device.body["secret"].as_str().expect("a secret"));
    let desk_phone = Phone::start(server.sip, &Account { user, secret: Some(secret), answers: true }, 1_000.0);
    // A code is good once: the same person logs in again with the next.
    wait_for("the next code", || (code(&server, "amina") != amina.code).then_some(()));
    let mut page = Person::start(1_000.0);
    page.log_in(&server, "/desk", "amina");
    page.press("Alt+R");
    page.wait(".ready[aria-pressed=true]");
    let mut citizen = Phone::start(server.sip, &CITIZEN, 440.0);
    citizen.dial(&dial_us(&server));
    choose_english_and_a_person(&mut citizen);
    phone_hears(&desk_phone, 440.0, 1_000.0);
    phone_hears(&citizen, 1_000.0, 440.0);
    citizen.hang_up();
    desk_phone.wait_event("CALL_CLOSED");
}

#[test]
fn sipp_calls_by_every_form_of_the_number() {
    let server = Server::start();
    let _agent = Person::agent(&server, "amina", 1_000.0);
    for number in ["0206900020", "+254206900020", "254206900020"] {
        let keys = [("first_pause", "500"), ("talk", "1500")];
        assert!(Sipp::start(server.sip, "citizen.xml", number, 1, &keys).succeeded(), "{number}");
    }
    let keys = [("first_pause", "500"), ("talk", "1500")];
    assert!(Sipp::start_over_tcp(server.sip, "citizen.xml", "0206900020", 1, &keys).succeeded(), "over TCP");
    let kamau = Staff::log_in(&server, "kamau");
    wait_for("four records", || {
        let recent = kamau.get("/api/crm/recent").body;
        let english = recent.as_array()?.iter().filter(|r| r["language"] == "en").count();
        (english == 4).then_some(())
    });
}

#[test]
fn a_web_call_places_the_same_call() {
    let server = Server::start();
    let mut agent = Person::agent(&server, "baraka", 1_000.0);
    let mut citizen = Person::start(440.0);
    citizen.goto(&server.url("/call"));
    citizen.click(".callbutton");
    citizen.wait(".bigtimer");
    citizen.click(".key:has-text(\"2\")");
    citizen.click(".key:has-text(\"0\")");
    agent.answer();
    agent.hears(440.0);
    citizen.hears(1_000.0);
    citizen.click(".danger.big");
    agent.wait(".wrapup");
}

#[test]
fn a_refreshed_page_comes_back_to_its_call() {
    let server = Server::start();
    let mut agent = Person::agent(&server, "amina", 1_000.0);
    let mut citizen = Phone::start(server.sip, &CITIZEN, 440.0);
    citizen.dial(&dial_us(&server));
    choose_english_and_a_person(&mut citizen);
    agent.answer();
    agent.hears(440.0);
    agent.reload();
    agent.wait(".callpanel .controls button:not([disabled])");
    agent.hears(440.0);
    assert!(citizen.event("CALL_CLOSED").is_none(), "the citizen never noticed more than music");
    citizen.hang_up();
    agent.wait(".wrapup");
}

#[test]
fn an_unknown_number_hears_an_apology_and_gets_a_proper_code() {
    let server = Server::start();
    let mut citizen = Phone::start(server.sip, &CITIZEN, 440.0);
    citizen.dial(&format!("sip:0209999999@{}", server.sip));
    let closed = citizen.wait_event("CALL_CLOSED");
    assert!(closed["param"].as_str().unwrap_or_default().contains("404"), "{closed}");
    let (samples, _) = citizen.heard();
    let loud = samples.iter().filter(|s| s.unsigned_abs() > 500).count();
    assert!(loud > 8_000, "an apology was spoken: {loud} loud samples");
}
