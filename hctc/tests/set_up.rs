//! The set-up of a running centre is changed by its operator: as one step, back again, with nobody
//! dropped; and a contact's story is told.

mod support;

use serde_json::Value;
use support::baresip::{Account, Phone};
use support::ledger;
use support::server::Server;
use support::wait_for;

fn caller(server: &Server, number: &str) -> Phone {
    let mut phone = Phone::start(server.sip, &Account { user: number, secret: None, answers: false }, 440.0);
    phone.dial(&format!("sip:0206900020@{}", server.sip));
    phone.wait_event("CALL_ESTABLISHED");
    phone
}

/// The contact of the only call so far.
fn contact(server: &Server) -> String {
    let entry = wait_for("the call to wait", || {
        let queued = |entry: &Value| entry["event"] == "queued";
        ledger::journal(server).into_iter().find(queued)
    });
    entry["contact"].as_str().expect("an id").to_owned()
}

#[test]
fn a_running_centre_takes_a_new_set_up_and_gives_it_back() {
    let server = Server::start();
    let mut phone = caller(&server, "0712000030");
    phone.press('2');
    phone.press('0');
    let contact = contact(&server);

    let (done, before) = server.command(&["centre", "export"]);
    assert!(done, "{before}");
    let file = server.data().join("wanted.toml");
    std::fs::write(&file, before.replacen("place_seconds = 600", "place_seconds = 120", 1)).expect("a file");
    let path = file.to_str().expect("a plain path");
    assert_eq!(server.command(&["centre", "diff", path]), (true, "~ rules\n".into()));
    assert_eq!(server.command(&["centre", "import", path]), (true, "1 change put in force.\n".into()));
    assert!(server.command(&["centre", "export"]).1.contains("place_seconds = 120"));

    // A file that contradicts itself changes nothing and is told with its line.
    std::fs::write(&file, before.replacen("reserve = ", "reserv = ", 1)).expect("a file");
    let (done, told) = server.command(&["centre", "import", path]);
    assert!(!done && told.contains("wanted.toml:") && told.contains("did you mean `reserve`"), "{told}");

    let (_, history) = server.command(&["centre", "history"]);
    let newest = history.lines().last().expect("two changes").trim().split(' ').next().expect("a number").to_owned();
    let first = history.lines().next().expect("two changes").trim().split(' ').next().expect("a number").to_owned();
    assert_eq!(server.command(&["centre", "rollback", &newest]), (true, "1 change put in force.\n".into()));
    assert_eq!(server.command(&["centre", "export"]).1, before);
    let (done, told) = server.command(&["centre", "rollback", &first]);
    assert!(!done && told.contains("no set-up before it"), "{told}");
    assert!(!server.command(&["centre", "rollback", "999999"]).0);

    // The caller has waited through all of it.
    assert!(phone.event("CALL_CLOSED").is_none(), "nobody is dropped");
    let (done, story) = server.command(&["why", &contact]);
    assert!(done && story.contains("Entered queue"), "{story}");
    assert!(story.contains("Why it waits:") && story.contains("not logged in"), "{story}");
    let (done, story) = server.command(&["why", &contact, "--language", "sw"]);
    assert!(done && story.contains("Kwa nini inasubiri:"), "{story}");
    phone.hang_up();
}

#[test]
fn the_story_of_a_safeguarding_contact_is_not_there_without_clearance() {
    let server = Server::start();
    let mut phone = caller(&server, "0712000031");
    phone.press('9');
    phone.press('1');
    let contact = contact(&server);
    let absent = format!("there is no contact `{contact}`\n");
    assert_eq!(server.command(&["why", &contact]), (false, absent.clone()));
    assert_eq!(server.command(&["why", "01ARZ3NDEKTSV4RRFFQ69G5FAV"]).0, false);
    let asked = |name: &str, password: &str| {
        let code = support::staff::code(&server, name);
        server.command_with(&["why", &contact, "--as", name], &format!("{password}\n{code}\n"))
    };
    assert_eq!(asked("kamau", "huduma-demo-2026"), (false, absent), "a supervisor without clearance");
    assert_eq!(asked("neema", "wrong-password-0").0, false);
    let (done, story) = asked("pendo", "huduma-demo-2026");
    assert!(done && story.contains("gender-based violence"), "{story}");
    phone.hang_up();
}
