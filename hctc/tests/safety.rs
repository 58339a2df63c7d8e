//! Safety, tested as hard as routing: nothing is recorded without basis, and a safeguarding contact
//! does not exist for those without clearance.

mod support;

use serde_json::{Value, json};
use std::path::Path;
use support::baresip::{Account, Phone};
use support::browser::Person;
use support::server::Server;
use support::staff::Staff;
use support::wait_for;

fn citizen(server: &Server, number: &str) -> Phone {
    let account = Account { user: number, secret: None, answers: false };
    let mut phone = Phone::start(server.sip, &account, 440.0);
    phone.dial(&format!("sip:0206900020@{}", server.sip));
    phone.wait_event("CALL_ESTABLISHED");
    phone
}

/// Every file of sound below a folder, whatever it is called.
fn sound_files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok) {
            if entry.path().is_dir() {
                folders.push(entry.path());
            } else {
                found.push(entry.file_name().to_string_lossy().into_owned());
            }
        }
    }
    found
}

fn newest(staff: &Staff, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
    wait_for(what, || staff.get("/api/crm/recent").body.as_array()?.iter().find(|r| fits(r)).cloned())
}

#[test]
fn key_nine_reaches_a_counsellor_and_leaves_no_trace_for_others() {
    let server = Server::start();
    let mut neema = Person::agent(&server, "neema", 1_000.0);
    let mut zawadi = Person::agent(&server, "zawadi", 1_000.0);
    let mut caller = citizen(&server, "0712000001");
    caller.press('9');
    caller.press('1');
    neema.wait(".offer .primary");
    zawadi.wait(".offer .primary");
    neema.answer();
    zawadi.wait_gone(".offer");
    neema.hears(440.0);
    assert_eq!(sound_files(&server.data().join("recordings")), Vec::<String>::new(), "while they talk");
    caller.hang_up();
    neema.wait(".wrapup");

    let pendo = Staff::log_in(&server, "pendo");
    let record = newest(&pendo, "the record, for a cleared supervisor", |r| !r["ended"].is_null());
    assert_eq!(record["lane"], "gbv");
    assert_eq!(record["recording"]["state"], "none");
    let contact = record["contact"].as_str().expect("an id");
    assert_eq!(sound_files(&server.data().join("recordings")), Vec::<String>::new(), "after the call");

    let kamau = Staff::log_in(&server, "kamau");
    let hidden = kamau.get(&format!("/api/crm/contacts/{contact}"));
    let absent = kamau.get("/api/crm/contacts/01ARZ3NDEKTSV4RRFFQ69G5FAV");
    assert_eq!((hidden.status, &hidden.bytes), (absent.status, &absent.bytes), "as if it never was");
    assert_eq!(hidden.status, 404);
    assert_eq!(kamau.get("/api/crm/recent").body, json!([]));
    let found = kamau.post("/api/crm/search", &json!({"number": "0712000001"}));
    assert_eq!(found.body["citizens"], json!([]), "not even the number is known");
    let metrics = ureq::get(server.url("/metrics")).call().expect("metrics").body_mut().read_to_string().expect("text");
    for word in ["gbv", "safeguarding", "mental", "lane"] {
        assert!(!metrics.contains(word), "metrics tell of `{word}`");
    }
}

#[test]
fn key_eight_means_no_byte_is_written() {
    let server = Server::start();
    let mut agent = Person::agent(&server, "amina", 1_000.0);
    let mut caller = citizen(&server, "0712000002");
    caller.press('2');
    caller.press('8');
    wait_for("the refusal", || server.log().contains("RecordingRefused").then_some(()));
    caller.press('0');
    agent.answer();
    agent.hears(440.0);
    caller.hang_up();
    agent.wait(".wrapup");
    let kamau = Staff::log_in(&server, "kamau");
    let record = newest(&kamau, "the record", |r| !r["ended"].is_null());
    assert_eq!(record["recording"]["state"], "refused");
    assert_eq!(sound_files(&server.data().join("recordings")), Vec::<String>::new());
}

#[test]
fn made_confidential_in_mid_call_it_stops_and_closes_to_others() {
    let server = Server::start();
    let mut agent = Person::agent(&server, "amina", 1_000.0);
    let mut caller = citizen(&server, "0712000003");
    caller.press('2');
    wait_for("the notice", || server.log().contains("RecordingNoticed").then_some(()));
    caller.press('0');
    agent.answer();
    agent.hears(440.0);
    let kamau = Staff::log_in(&server, "kamau");
    let record = newest(&kamau, "a running recording", |r| r["agent"] == "amina");
    let contact = record["contact"].as_str().expect("an id").to_owned();
    wait_for("its file", || (!sound_files(&server.data().join("recordings")).is_empty()).then_some(()));

    agent.press("Alt+C");
    agent.click("dialog input[value=gbv]");
    agent.click("dialog .safe.strong");
    agent.wait(".callpanel.safe");
    wait_for("the sealing", || {
        let sealed = server.data().join("recordings/sealed");
        (!sound_files(&sealed).is_empty()).then_some(())
    });
    wait_for("the record to close", || (kamau.get(&format!("/api/crm/contacts/{contact}")).status == 404).then_some(()));
    agent.hears(440.0);
    caller.hang_up();
    agent.wait(".wrapup");
    assert_eq!(kamau.get("/api/crm/recent").body, json!([]));
    let pendo = Staff::log_in(&server, "pendo");
    let record = newest(&pendo, "the record, for the cleared", |r| r["recording"]["state"] == "sealed");
    let id = record["recording"]["id"].as_str().expect("an id");
    let play = pendo.post(&format!("/api/recordings/{id}/play"), &json!({"reason": "curiosity"}));
    assert_eq!(play.status, 404, "sealed is for the data-protection officer");
}
