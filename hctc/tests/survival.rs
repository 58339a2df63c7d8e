//! `kill -9` of everything while two callers wait, one chat waits and one call is up; then the same
//! data folder again. Nobody is lost, nothing is counted twice, nobody is stuck.

mod support;

use serde_json::{Value, json};
use support::baresip::{Account, Phone};
use support::browser::Person;
use support::ledger::{journal, of};
use support::server::Server;
use support::sound::{read_channel, share_of};
use support::staff::Staff;
use support::wait_for;

fn call(server: &Server, number: &str) -> Phone {
    let account = Account { user: number, secret: None, answers: false };
    let mut phone = Phone::start(server.sip, &account, 440.0);
    phone.dial(&format!("sip:0206900020@{}", server.sip));
    phone.wait_event("CALL_ESTABLISHED");
    phone
}

/// The contact that the journal has last seen arrive.
fn newest_call(server: &Server, known: &[&str]) -> String {
    wait_for("the call's arrival", || {
        let entries = journal(server);
        let arrived = entries.iter().rfind(|e| e["event"] == "arrived")?["contact"].as_str()?.to_owned();
        (!known.contains(&arrived.as_str())).then_some(arrived)
    })
}

fn wait_for_event(server: &Server, event: &str, contact: &str) -> Value {
    wait_for(&format!("{event} of {contact}"), || of(&journal(server), event, contact).first().map(|e| (*e).clone()))
}

/// A caller who goes straight to a person, and is in the queue.
fn waiting_caller(server: &Server, number: &str, known: &[&str]) -> (Phone, String) {
    let mut phone = call(server, number);
    let contact = newest_call(server, known);
    phone.press('2');
    phone.press('0');
    wait_for_event(server, "queued", &contact);
    (phone, contact)
}

fn answer_chat(agent: &mut Person, citizen: &mut Person) {
    agent.wait(".offer .primary");
    agent.press("Alt+A");
    agent.wait("#composer");
    agent.fill("#composer", "Still here?");
    agent.press("Enter");
    citizen.wait("#lines li.agent:has-text(\"Still here?\")");
}

#[test]
fn a_killed_centre_comes_back_with_everyone_accounted_for() {
    let server = Server::start();
    let mut agent = Person::agent(&server, "amina", 1_000.0);
    // One call up, recorded: the notice is heard to its end before the key for a person.
    let mut caller = call(&server, "0712345671");
    let talking = newest_call(&server, &[]);
    caller.press('2');
    wait_for("the notice heard", || server.log().contains("RecordingNoticed").then_some(()));
    caller.press('0');
    agent.answer();
    agent.hears(440.0);
    let (_first, first) = waiting_caller(&server, "0712345678", &[&talking]);
    let (_second, second) = waiting_caller(&server, "0712345679", &[&talking, &first]);
    let mut writer = Person::start(440.0);
    writer.goto(&server.url("/chat"));
    writer.click("#ask button[type=submit]");
    writer.wait("#lines li.centre");
    writer.fill("#write", "agent");
    writer.click("#send");
    writer.wait("#status:has-text(\"number 3\")");

    let server = server.kill_and_restart();

    // Calls end once, with the cause, and are there once.
    let entries = journal(&server);
    for contact in [&talking, &first, &second] {
        let ends = of(&entries, "ended", contact);
        assert_eq!(ends.len(), 1, "{contact} ended once");
        assert_eq!(ends[0]["cause"], "restart");
    }
    let kamau = Staff::log_in(&server, "kamau");
    let metrics = kamau.get("/metrics");
    let metrics = String::from_utf8_lossy(&metrics.bytes);
    assert!(metrics.contains("contacts_total{channel=\"voice\",outcome=\"restart\"} 3"), "{metrics}");
    wait_for("the records", || {
        let recent = kamau.get("/api/crm/recent").body;
        let once = |id: &String| recent.as_array().is_some_and(|all| {
            all.iter().filter(|r| r["contact"] == json!(id) && r["ended"]["cause"] == "restart").count() == 1
        });
        let everyone = recent.as_array().map(Vec::len) == Some(4);
        (everyone && [&talking, &first, &second].into_iter().all(once)).then_some(())
    });

    // The chat waits in its old place: before one that came later.
    writer.wait("#status:has-text(\"number 1\")");
    assert_eq!(writer.count("#lines li.citizen"), 1, "what was said is there, once");
    let mut later = Person::start(440.0);
    later.goto(&server.url("/chat"));
    later.click("#ask button[type=submit]");
    later.wait("#lines li.centre");
    later.fill("#write", "agent");
    later.click("#send");
    later.wait("#status:has-text(\"number 2\")");

    // The caller redials, presses the key, and is back in place: before the chats.
    let known: Vec<&str> = vec![&talking, &first, &second];
    let chats: Vec<String> = journal(&server).iter().filter(|e| e["event"] == "arrived" && e["channel"] == "web_chat")
        .filter_map(|e| e["contact"].as_str().map(str::to_owned)).collect();
    let known: Vec<&str> = known.into_iter().chain(chats.iter().map(String::as_str)).collect();
    let mut redial = call(&server, "0712345678");
    let again = newest_call(&server, &known);
    redial.press('2');
    redial.press('1');
    assert_eq!(wait_for_event(&server, "place_claimed", &again)["from"], json!(first));
    writer.wait("#status:has-text(\"number 2\")");
    redial.hang_up();
    writer.wait("#status:has-text(\"number 1\")");

    // The agent is not stuck: the page is back, wraps up what died, and serves the next.
    if agent.count(".wrapup") > 0 {
        agent.click(".wrapup .choices label");
        agent.press("Control+Enter");
        agent.wait_gone(".wrapup");
    }
    agent.wait("button:has-text(\"Phone ready\")");
    agent.press("Alt+R");
    agent.wait(".ready[aria-pressed=true]");
    answer_chat(&mut agent, &mut writer);

    // What was recorded so far can be heard, and says that it is not all.
    let record = kamau.get(&format!("/api/crm/contacts/{talking}")).body;
    assert_eq!(record["recording"]["state"], "incomplete", "{record}");
    let id = record["recording"]["id"].as_str().expect("an id");
    let play = kamau.post(&format!("/api/recordings/{id}/play"), &json!({"reason": "after the crash"}));
    assert_eq!(play.status, 200);
    assert_eq!(play.headers.get("x-recording-complete").and_then(|v| v.to_str().ok()), Some("false"));
    let (left, rate) = read_channel(&play.bytes, 0);
    assert!(share_of(&left, rate, 440.0) > 0.8, "the caller's tone is in it");
    let (right, _) = read_channel(&play.bytes, 1);
    assert!(share_of(&right, rate, 1_000.0) > 0.6, "and the agent's, on its own side");
}

#[test]
fn conversations_that_were_served_or_confidential_come_back_as_they_were() {
    let server = Server::start();
    let mut agent = Person::agent(&server, "amina", 1_000.0);
    let mut served = Person::start(440.0);
    served.goto(&server.url("/chat"));
    served.click("#ask button[type=submit]");
    served.wait("#lines li.centre");
    served.fill("#write", "agent");
    served.click("#send");
    answer_chat(&mut agent, &mut served);
    let mut quiet = Person::start(440.0);
    quiet.goto(&server.url("/chat"));
    quiet.click("#confidential");
    quiet.click("#ask button[type=submit]");
    quiet.wait("#lines li.centre");
    quiet.fill("#write", "3");
    quiet.click("#send");
    quiet.wait("#lines li.centre:has-text(\"not alone\")");
    let mut unsure = Person::start(440.0);
    unsure.goto(&server.url("/chat"));
    unsure.click("#confidential");
    unsure.click("#ask button[type=submit]");
    unsure.wait("#lines li.centre");

    let server = server.kill_and_restart();

    let kamau = Staff::log_in(&server, "kamau");
    let pendo = Staff::log_in(&server, "pendo");
    let seen = |staff: &Staff| staff.get("/api/crm/recent").body.as_array().map(Vec::len);
    wait_for("what a cleared supervisor sees", || (seen(&pendo) == Some(3)).then_some(()));
    assert_eq!(seen(&kamau), Some(1), "the confidential ones stay out of sight");
    // The agent's page comes back to the conversation it had; the citizen's, reloaded, knows with whom.
    agent.wait("#composer");
    served.reload();
    served.wait("#lines li.agent:has-text(\"Still here?\")");
    served.wait("#status:has-text(\"Amina\")");
    agent.fill("#composer", "Back again");
    agent.press("Enter");
    served.wait("#lines li.agent:has-text(\"Back again\")");
    wait_for("the safe line's menu again", || (unsure.count("#lines li.centre:has-text(\"confidential support\")") == 2).then_some(()));
    assert_eq!(unsure.count("#lines li.centre:has-text(\"automated assistant\")"), 0, "never the ordinary menu");
    let mut counsellor = Person::agent(&server, "neema", 1_000.0);
    counsellor.wait(".offer.safe .primary");
    counsellor.press("Alt+A");
    counsellor.wait("#composer");
    counsellor.wait(".chat li.citizen:has-text(\"3\")");
    counsellor.fill("#composer", "I am here");
    counsellor.press("Enter");
    quiet.wait("#lines li.agent:has-text(\"I am here\")");
}
