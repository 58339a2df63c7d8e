//! The supervisor's wall over a real socket.

use crate::world::{Page, World, contact, staff};
use axum::http::StatusCode;
use console::ports::Centre as _;
use serde_json::{Value, json};
use vocabulary::{Channel, Lane, Presence, Risk};

async fn open_wall(world: &World, name: &str) -> Page {
    let cookie = world.log_in(name).await;
    let address = world.serve().await;
    Page::open(address, "/api/wall/ws", &cookie).await
}

/// One ordinary and two safeguarding contacts wait, the second longer than may be, the third in an ordinary
/// queue.
fn three_wait(world: &World) {
    world.centre.queue(contact(1), Channel::Voice, "general", Lane::Standard, Risk::P3);
    world.centre.queue(contact(2), Channel::Voice, "siri", Lane::Gbv, Risk::P1);
    world.centre.queue(contact(3), Channel::Voice, "general", Lane::Gbv, Risk::P2);
    world.pass(11_000);
}

fn names(list: &Value, key: &str) -> Vec<String> {
    list.as_array().expect("a list").iter().map(|row| row[key].as_str().expect("text").to_owned()).collect()
}

#[tokio::test]
async fn an_uncleared_supervisor_sees_no_safeguarding_lane_count_or_alarm() {
    let world = World::new().await;
    three_wait(&world);
    let mut page = open_wall(&world, "otieno").await;
    let wall = page.next().await.expect("a frame");
    assert_eq!(wall.get("lanes"), None);
    assert_eq!(names(&wall["alarms"], "alarm"), ["queue_unstaffed"], "nobody is logged in for the general queue");
    assert_eq!(names(&wall["queues"], "queue"), ["general"]);
    assert_eq!(wall["queues"][0]["waiting"], 1, "the other one in that queue is not theirs to count");
    assert_eq!(wall["totals"]["waiting"], 3, "folded into the total");
    let text = wall.to_string();
    assert!(!text.contains("gbv") && !text.contains("siri") && !text.contains(&contact(2).to_string()), "{text}");
}

#[tokio::test]
async fn a_cleared_supervisor_sees_lane_and_alarm() {
    let world = World::new().await;
    three_wait(&world);
    let mut page = open_wall(&world, "achieng").await;
    let wall = page.next().await.expect("a frame");
    assert_eq!(names(&wall["queues"], "queue"), ["general", "siri"]);
    assert_eq!(wall["lanes"][0]["lane"], "gbv");
    assert_eq!((wall["lanes"][0]["waiting"].clone(), wall["lanes"][0]["ready_cleared"].clone()), (json!(2), json!(0)));
    let alarms = names(&wall["alarms"], "alarm");
    assert!(alarms.contains(&"safeguarding_waiting".to_owned()) && alarms.contains(&"no_cleared_agent".to_owned()), "{alarms:?}");
    assert_eq!(wall["lanes"].as_array().map(Vec::len), Some(1), "cleared for one lane only");
}

#[tokio::test]
async fn the_wall_follows_what_agents_do() {
    let world = World::new().await;
    let mut page = open_wall(&world, "otieno").await;
    let wall = page.next().await.expect("a frame");
    assert_eq!(names(&wall["agents"], "name"), ["amina", "wanjiku"], "those who serve");
    assert_eq!(wall["presence"], json!({"ready": 0, "away": 0, "offline": 2}));
    assert_eq!(wall["queues"][0]["service_level"], Value::Null);

    world.centre.presence("amina", Presence::Ready);
    world.centre.queue(contact(1), Channel::Voice, "general", Lane::Standard, Risk::P3);
    page.until(|w| w["agents"][0]["doing"] == "offered").await;
    world.centre.obey(acd::Command::Accept { contact: contact(1), offer: 1, agent: staff("amina") });
    world.centre.obey(acd::Command::Connect { contact: contact(1), agent: staff("amina") });
    let wall = page.until(|w| w["agents"][0]["doing"] == "talking").await;
    assert_eq!((wall["totals"]["answered"].clone(), wall["queues"][0]["answered"].clone()), (json!(1), json!(1)));
    assert_eq!(wall["queues"][0]["service_level"], json!(1.0));
    assert_eq!(wall["channels"]["voice"]["arrived"], 1);
}

#[tokio::test]
async fn a_supervisor_sets_presence_and_an_agent_does_not() {
    let world = World::new().await;
    let body = json!({"agent": "amina", "presence": {"is": "away", "reason": "break"}});
    let agent = world.log_in("wanjiku").await;
    assert_eq!(world.post("/api/wall/presence", &agent, body.clone()).await.status, StatusCode::NOT_FOUND);
    let supervisor = world.log_in("otieno").await;
    assert_eq!(world.post("/api/wall/presence", &supervisor, body).await.status, StatusCode::NO_CONTENT);
    assert!(matches!(world.centre.view().agents[&staff("amina")].presence, Presence::Away { .. }));
    let nonsense = json!({"agent": "amina", "presence": {"is": "away", "reason": "gone_fishing"}});
    let refused = world.post("/api/wall/presence", &supervisor, nonsense).await;
    assert_eq!((refused.status, refused.json()["refused"].clone()), (StatusCode::CONFLICT, json!("unknown_reason")));
}
