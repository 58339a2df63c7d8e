//! Stopping: an idle centre ends at once, one with a call lets it finish and takes no new one.

mod support;

use support::baresip::{Account, Phone};
use support::browser::Person;
use support::server::Server;
use support::wait_for;

fn call(server: &Server, number: &str) -> Phone {
    let mut phone = Phone::start(server.sip, &Account { user: number, secret: None, answers: false }, 440.0);
    phone.dial(&format!("sip:0206900020@{}", server.sip));
    phone
}

#[test]
fn an_idle_centre_stops_when_told() {
    let mut server = Server::start();
    assert!(server.terminate());
    assert!(!server.data().join("ready.json").exists(), "what it said is no longer so");
}

#[test]
fn a_drain_lets_the_call_finish_and_takes_no_new_one() {
    let mut server = Server::start();
    let mut agent = Person::agent(&server, "amina", 1_000.0);
    let mut caller = call(&server, "0712000020");
    caller.wait_event("CALL_ESTABLISHED");
    caller.press('2');
    caller.press('0');
    agent.answer();
    let asked = std::process::Command::new("kill").arg(server.pid().to_string()).status().expect("kill is there");
    assert!(asked.success());
    wait_for("the drain", || server.log().contains("Draining: 1").then_some(()));
    let late = call(&server, "0712000021");
    let refused = late.wait_event("CALL_CLOSED");
    assert!(refused["param"].as_str().unwrap_or_default().contains("503"), "{refused}");
    agent.hears(440.0);
    caller.hang_up();
    assert!(server.ended_well());
}
