//! The whole centre on PostgreSQL, where `HCTC_TEST_POSTGRES` holds the address of a server.

mod support;

use crm::Db;
use serde_json::Value;
use support::baresip::{Account, Phone};
use support::browser::Person;
use support::server::Server;
use support::staff::Staff;
use support::wait_for;

/// The address of a schema of its own.
fn fresh(server: &str) -> String {
    let schema = format!("t{:032x}", rand::random::<u128>());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let db = Db::open(server).await.expect("the test server answers");
        db.execute(&format!("CREATE SCHEMA {schema}"), &[]).await.expect("a fresh schema");
        db.close().await;
    });
    let joint = if server.contains('?') { '&' } else { '?' };
    format!("{server}{joint}options[search_path]={schema}")
}

fn records(staff: &Staff) -> Vec<Value> {
    staff.get("/api/crm/recent").body.as_array().cloned().unwrap_or_default()
}

#[test]
fn a_call_and_a_chat_on_postgresql_outlive_a_kill() {
    let Ok(address) = std::env::var("HCTC_TEST_POSTGRES") else { return };
    let server = Server::start_with(&[("HCTC_DATABASE_URL", &fresh(&address))]);
    assert!(!server.data().join("journal.db").exists(), "nothing is kept in SQLite");
    let mut agent = Person::agent(&server, "amina", 1_000.0);
    let account = Account { user: "0712345678", secret: None, answers: false };
    let mut caller = Phone::start(server.sip, &account, 440.0);
    caller.dial(&format!("sip:0206900020@{}", server.sip));
    caller.wait_event("CALL_ESTABLISHED");
    caller.press('2');
    caller.press('0');
    agent.answer();
    agent.hears(440.0);
    caller.hang_up();
    agent.wait(".wrapup");
    let mut writer = Person::start(440.0);
    writer.goto(&server.url("/chat"));
    writer.click("#ask button[type=submit]");
    writer.wait("#lines li.centre");
    writer.fill("#write", "agent");
    writer.click("#send");
    writer.wait("#status:has-text(\"number 1\")");

    let server = server.kill_and_restart();

    writer.wait("#status:has-text(\"number 1\")");
    let kamau = Staff::log_in(&server, "kamau");
    wait_for("both records, once", || {
        let all = records(&kamau);
        let call = all.iter().find(|r| r["channel"] == "voice")?;
        (all.len() == 2 && call["agent"] == "amina" && call["ended"]["by"] == "citizen").then_some(())
    });
    let found = kamau.post("/api/crm/search", &serde_json::json!({"number": "0712345678"})).body;
    assert_eq!(found["citizens"].as_array().map(Vec::len), Some(1), "the citizen is found by number: {found}");
}
