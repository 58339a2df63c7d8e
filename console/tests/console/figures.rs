//! Reports of figures: what they say, who may ask, how they are written, and that they outlive a restart.

use crate::world::{START, World, contact, staff};
use acd::figures::Figures;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use console::history::History;
use console::ports::Centre as _;
use serde_json::{Value, json};
use vocabulary::calendar::Day;
use vocabulary::{Channel, FloorName, Lane, Presence, Risk, Time};

/// One ordinary contact is answered; two safeguarding contacts wait.
fn some_work(world: &World) {
    world.centre.presence("amina", Presence::Ready);
    world.centre.queue(contact(1), Channel::Voice, "general", Lane::Standard, Risk::P3);
    world.pass(4_000);
    world.centre.obey(acd::Command::Accept { contact: contact(1), offer: 1, agent: staff("amina") });
    world.centre.obey(acd::Command::Connect { contact: contact(1), agent: staff("amina") });
    for n in [2, 3] {
        world.centre.queue(contact(n), Channel::Voice, "siri", Lane::Gbv, Risk::P1);
    }
    world.pass(60_000);
}

async fn ask(world: &World, cookie: &str, query: &str) -> Value {
    let answer = world.get(&format!("/api/figures?{query}"), cookie).await;
    assert_eq!(answer.status, StatusCode::OK, "{query}: {:?}", answer.bytes);
    answer.json()
}

fn keys(rows: &Value) -> Vec<Option<String>> {
    rows.as_array().expect("rows").iter().map(|row| row["key"].as_str().map(str::to_owned)).collect()
}

#[tokio::test]
async fn a_cleared_supervisor_gets_every_row_by_quarter_hour() {
    let world = World::new().await;
    some_work(&world);
    let cookie = world.log_in("achieng").await;
    let told = ask(&world, &cookie, "by=queue&step=15m").await;
    assert_eq!(keys(&told["rows"]), [Some("general".to_owned()), Some("siri".to_owned())]);
    let general = &told["rows"][0];
    assert_eq!((general["answered"].clone(), general["asa_ms"].clone()), (json!(1), json!(4_000)));
    assert_eq!((general["service_level"].clone(), general["service_level_of_answered"].clone()), (json!(1.0), json!(1.0)));
    assert_eq!(general["at"], json!(START / 900_000 * 900_000));
    assert_eq!(told["totals"][0]["arrived"], 3);
    let lanes = ask(&world, &cookie, "by=lane&step=day").await;
    // Cleared for gbv, not for every lane: the standard lane is with the rest.
    assert_eq!(keys(&lanes["rows"]), [None, Some("gbv".to_owned())]);
    assert_eq!(lanes["rows"][1]["arrived"], 2);
    let agents = ask(&world, &cookie, "by=agent&step=day").await;
    let amina = agents["rows"].as_array().expect("rows").iter().find(|row| row["key"] == "amina").expect("a row");
    assert_eq!((amina["ready_ms"].clone(), amina["talking_ms"].clone()), (json!(4_000), json!(60_000)));
    assert_eq!(amina["occupancy"], json!(0.937));
}

#[tokio::test]
async fn an_uncleared_supervisor_learns_no_small_count() {
    let world = World::new().await;
    some_work(&world);
    let cookie = world.log_in("otieno").await;
    for query in ["by=queue&step=15m", "by=queue&step=day", "by=channel&step=day", "by=tenant&step=15m"] {
        let told = ask(&world, &cookie, query).await;
        assert_eq!(told["small_count"], 5);
        // Two arrived unseen: neither the total nor the rest may say so.
        assert_eq!(told["totals"][0]["arrived"], Value::Null, "{query}: {told}");
        let text = told.to_string();
        assert!(!text.contains("gbv") && !text.contains("siri") && !text.contains("human_"), "{query}: {text}");
        if query.starts_with("by=queue") {
            assert_eq!(keys(&told["rows"]), [None, Some("general".to_owned())]);
            assert_eq!((told["rows"][0]["arrived"].clone(), told["rows"][1]["arrived"].clone()), (Value::Null, json!(1)));
        }
    }
    let lanes = world.get("/api/figures?by=lane", &cookie).await;
    assert_eq!(lanes.status, StatusCode::NOT_FOUND);
    let agent = world.log_in("amina").await;
    assert_eq!(world.get("/api/figures", &agent).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_is_no_table_is_refused() {
    let world = World::new().await;
    let cookie = world.log_in("otieno").await;
    let cases = [
        ("by=shoe_size", "bad_input"),
        ("step=1h", "bad_input"),
        ("from=yesterday", "bad_input"),
        ("from=2026-11-21&to=2026-11-20", "bad_days"),
        ("from=2026-01-01&to=2026-02-01", "bad_days"),
    ];
    for (query, code) in cases {
        let answer = world.get(&format!("/api/figures?{query}"), &cookie).await;
        assert_eq!((answer.status, answer.json()["refused"].clone()), (StatusCode::BAD_REQUEST, json!(code)), "{query}");
    }
    ask(&world, &cookie, "from=2026-01-01&to=2026-01-31").await;
}

#[tokio::test]
async fn the_same_as_csv() {
    let world = World::new().await;
    some_work(&world);
    for (name, arrived) in [("achieng", "3"), ("otieno", "*")] {
        let cookie = world.log_in(name).await;
        let request = Request::get("/api/figures?by=queue&step=day").header(header::COOKIE, cookie);
        let request = request.header(header::ACCEPT, "text/csv").body(Body::empty()).expect("a request");
        let answer = world.raw(request).await;
        assert_eq!(answer.headers[header::CONTENT_TYPE], "text/csv; charset=utf-8");
        let text = String::from_utf8(answer.bytes.to_vec()).expect("UTF-8");
        let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
        assert!(lines.iter().all(|line| line.len() == lines[0].len()), "{text}");
        assert_eq!(lines[0][..4], ["day", "time", "key", "arrived"]);
        let total = lines.last().expect("a line");
        assert_eq!(total[..4], [&*Day::of(Time(START)).to_string(), "00:00", "*total*", arrived]);
    }
}

#[tokio::test]
async fn the_past_is_kept_and_agrees_with_a_fresh_fold() {
    let world = World::new().await;
    some_work(&world);
    for n in [2, 3] {
        let (by, cause) = (vocabulary::Party::Citizen, vocabulary::EndCause::Normal);
        world.centre.obey(acd::Command::End { contact: contact(n), by, cause });
    }
    world.pass(3_600_000);
    let (floor, now) = (FloorName::new("huduma").expect("a name"), Time(START + 3_700_000));
    let (figures, fresh) = (world.centre.figures(), world.centre.figures());
    let history = History::open(world.db.clone()).await.expect("opens");
    assert!(history.keep(&floor, &figures, now).await.expect("kept") > 0);
    assert_eq!(history.keep(&floor, &figures, now).await.expect("kept"), 0, "nothing is written twice");
    assert_eq!(history.differences(&floor, &fresh, now).await.expect("read"), []);

    // After a restart the running figures know nothing of it.
    let span = (Day::of(now).start(), Day::of(now).end());
    let after = history.books(&floor, &Figures::default(), now, span).await.expect("read");
    let before = figures.books(now);
    let over = before.iter().filter(|(quarter, _)| quarter.end() <= now);
    assert!(over.eq(&after), "{after:?}");

    // Somebody meddles: it is noticed, and mended from the fold.
    world.db.execute("UPDATE console_figures SET body = '{}'", &[]).await.expect("meddled");
    let differ = history.differences(&floor, &fresh, now).await.expect("read");
    assert!(!differ.is_empty());
    history.mend(&floor, &fresh, now, &differ).await.expect("mended");
    assert_eq!(history.differences(&floor, &fresh, now).await.expect("read"), []);
}
