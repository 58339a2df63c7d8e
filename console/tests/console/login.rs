//! Logging in and out.

use crate::world::{World, cookie_of, staff};
use axum::http::{Method, StatusCode, header};
use console::credentials::throttle::{TRIES_PER_NAME, WINDOW};
use serde_json::json;

#[tokio::test]
async fn a_log_in_opens_a_session_and_a_log_out_ends_it() {
    let world = World::new().await;
    let new = world.credentials.add(&staff("amina")).await.expect("added");
    let code = world.code("amina").await;
    let answer = world.try_log_in("amina", &new.password, &code).await;
    assert_eq!(answer.status, StatusCode::OK);
    let me = answer.json();
    assert_eq!(me["name"], "amina");
    assert_eq!(me["roles"], json!(["agent"]));
    assert_eq!(me["queues"], json!([{"name": "general", "lane": "standard", "shown_as": {"en": "The general queue", "sw": "general"}}]));
    let set = answer.headers[header::SET_COOKIE].to_str().expect("text");
    assert!(set.contains("; HttpOnly") && set.contains("; SameSite=Strict") && !set.contains("Secure"), "{set}");
    assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store");

    let cookie = cookie_of(&answer);
    assert_eq!(world.get("/api/me", &cookie).await.json()["name"], "amina");
    assert_eq!(world.post("/api/logout", &cookie, json!(null)).await.status, StatusCode::NO_CONTENT);
    let after = world.get("/api/me", &cookie).await;
    assert_eq!((after.status, after.json()["refused"].clone()), (StatusCode::UNAUTHORIZED, json!("not_logged_in")));
}

#[tokio::test]
async fn the_cookie_is_secure_under_https() {
    let world = World::with_tls(true).await;
    let new = world.credentials.add(&staff("amina")).await.expect("added");
    let answer = world.try_log_in("amina", &new.password, &world.code("amina").await).await;
    assert!(answer.headers[header::SET_COOKIE].to_str().expect("text").contains("; Secure"));
}

#[tokio::test]
async fn what_was_wrong_is_not_told() {
    let world = World::new().await;
    let new = world.credentials.add(&staff("amina")).await.expect("added");
    let code = world.code("amina").await;
    let wrong = [
        world.try_log_in("amina", "not it", &code).await,
        world.try_log_in("amina", &new.password, "000000").await,
        world.try_log_in("nobody", &new.password, &code).await,
        world.try_log_in(&"x".repeat(5_000), &"y".repeat(5_000), &"z".repeat(5_000)).await,
    ];
    for answer in &wrong {
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        assert_eq!(answer.bytes, wrong[0].bytes);
        assert!(!answer.headers.contains_key(header::SET_COOKIE));
    }
}

#[tokio::test]
async fn someone_whom_the_set_up_does_not_know_stays_out() {
    let world = World::new().await;
    let new = world.credentials.add(&staff("stranger")).await.expect("added");
    let answer = world.try_log_in("stranger", &new.password, &world.code("stranger").await).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_code_is_good_once() {
    let world = World::new().await;
    let new = world.credentials.add(&staff("amina")).await.expect("added");
    let code = world.code("amina").await;
    assert_eq!(world.try_log_in("amina", &new.password, &code).await.status, StatusCode::OK);
    assert_eq!(world.try_log_in("amina", &new.password, &code).await.status, StatusCode::UNAUTHORIZED);
    world.pass(60_000);
    let next = world.code("amina").await;
    assert_eq!(world.try_log_in("amina", &new.password, &next).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_name_tried_too_often_waits_and_comes_back() {
    let world = World::new().await;
    let new = world.credentials.add(&staff("amina")).await.expect("added");
    for _ in 0..TRIES_PER_NAME {
        assert_eq!(world.try_log_in("amina", "guess", "000000").await.status, StatusCode::UNAUTHORIZED);
    }
    let code = world.code("amina").await;
    let answer = world.try_log_in("amina", &new.password, &code).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(answer.json()["retry_seconds"], WINDOW.as_seconds());
    assert_eq!(answer.headers[header::RETRY_AFTER], "900");
    world.pass(WINDOW.0);
    let code = world.code("amina").await;
    assert_eq!(world.try_log_in("amina", &new.password, &code).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_session_idles_out_and_a_reset_ends_it() {
    let world = World::new().await;
    let cookie = world.log_in("amina").await;
    world.pass(console::credentials::SESSION_IDLES.0 - 1);
    assert_eq!(world.get("/api/me", &cookie).await.status, StatusCode::OK);
    world.pass(console::credentials::SESSION_IDLES.0);
    assert_eq!(world.get("/api/me", &cookie).await.status, StatusCode::UNAUTHORIZED);

    let cookie = world.log_in("wanjiku").await;
    let before = world.code("wanjiku").await;
    world.credentials.reset(&staff("wanjiku")).await.expect("reset");
    assert_eq!(world.get("/api/me", &cookie).await.status, StatusCode::UNAUTHORIZED);
    assert_ne!(world.code("wanjiku").await, before, "the secret is a new one");
}

#[tokio::test]
async fn a_page_gets_a_phone_that_ends_with_its_session() {
    let world = World::new().await;
    let cookie = world.log_in("amina").await;
    let device = world.post("/api/desk/device", &cookie, json!(null)).await.json();
    let user = device["user"].as_str().expect("a user");
    let found = world.credentials.devices().find(user).expect("registered");
    assert_eq!((found.agent, found.session_bound), (staff("amina"), true));
    assert_eq!(device["uri"], format!("sip:{user}@hctc"));

    let phone = world.post("/api/desk/devices", &cookie, json!({"label": "Kiti 14"})).await.json();
    assert_eq!(phone["registrar"], "127.0.0.1:5060");
    let desk_phone = phone["user"].as_str().expect("a user");
    assert_eq!(world.get("/api/desk/devices", &cookie).await.json()[0]["label"], "Kiti 14");

    world.post("/api/logout", &cookie, json!(null)).await;
    assert!(world.credentials.devices().find(user).is_none(), "the page's phone ends");
    assert!(world.credentials.devices().find(desk_phone).is_some(), "the desk phone stays");

    let other = world.log_in("wanjiku").await;
    let path = format!("/api/desk/devices/{desk_phone}");
    assert_eq!(world.send(Method::DELETE, &path, &other, None).await.status, StatusCode::NOT_FOUND);
    assert!(world.credentials.devices().find(desk_phone).is_some(), "nobody else takes it away");
}
