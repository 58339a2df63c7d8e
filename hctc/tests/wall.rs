//! The supervisor's wall in a browser, live: figures without reload, and who sees the safe lanes.

mod support;

use support::baresip::{Account, Phone};
use support::browser::Person;
use support::server::Server;
use support::wait_for;

#[test]
fn the_wall_is_live_and_the_safe_lanes_are_for_the_cleared() {
    let server = Server::start();
    let mut kamau = Person::start(1_000.0);
    kamau.log_in(&server, "/wall", "kamau");
    let mut pendo = Person::start(1_000.0);
    pendo.log_in(&server, "/wall", "pendo");
    pendo.wait(".lanes");

    let account = Account { user: "0712000009", secret: None, answers: false };
    let mut caller = Phone::start(server.sip, &account, 440.0);
    caller.dial(&format!("sip:0206900020@{}", server.sip));
    caller.wait_event("CALL_ESTABLISHED");
    caller.press('9');
    caller.press('1');
    // Nobody is logged in: after ten seconds the alarm rings, for the cleared only.
    let waiting = ".alarm:has-text(\"confidential contact is waiting\")";
    pendo.wait(waiting);
    // Theirs is the one of the ordinary queues, which nobody is logged in for either.
    assert_eq!(kamau.count(waiting), 0, "no alarm of a safe lane without clearance");
    assert!(kamau.count(".alarm") <= 1, "no alarm of a safe lane without clearance");
    assert_eq!(kamau.count(".lanes"), 0, "no safe lane without clearance");
    let words = kamau.text("body").to_lowercase();
    for word in ["gender", "confidential", "child at risk", "mental"] {
        assert!(!words.contains(word), "the open wall says `{word}`");
    }
    caller.hang_up();
    pendo.wait_gone(waiting);
}

#[test]
fn presence_shows_without_reload() {
    let server = Server::start();
    let mut kamau = Person::start(1_000.0);
    kamau.log_in(&server, "/wall", "kamau");
    let tile = ".tile:has-text(\"Amina\")";
    wait_for("amina offline", || kamau.text(tile).contains("Offline").then_some(()));
    let _amina = Person::agent(&server, "amina", 1_000.0);
    wait_for("amina ready", || (!kamau.text(tile).contains("Offline")).then_some(()));
}
