//! What stands before every handler.

use crate::world::{Page, World};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use console::guards::{ASKS_PER_ADDRESS, MAX_BODY};
use serde_json::json;

#[tokio::test]
async fn a_change_without_our_header_is_refused() {
    let world = World::new().await;
    let cookie = world.log_in("amina").await;
    let request = Request::builder()
        .method(Method::POST)
        .uri("/api/logout")
        .header(header::COOKIE, &cookie)
        .body(Body::empty())
        .expect("a request");
    let answer = world.raw(request).await;
    assert_eq!((answer.status, answer.json()["refused"].clone()), (StatusCode::BAD_REQUEST, json!("not_from_our_page")));
    assert_eq!(world.get("/api/me", &cookie).await.status, StatusCode::OK, "still logged in");
}

#[tokio::test]
async fn a_body_that_is_too_long_or_no_json_is_refused_without_echo() {
    let world = World::new().await;
    let long = json!({"name": "x".repeat(MAX_BODY), "password": "", "code": ""});
    let answer = world.post("/api/login", "", long).await;
    assert_eq!((answer.status, answer.json()["refused"].clone()), (StatusCode::PAYLOAD_TOO_LARGE, json!("too_large")));

    let answer = world.post("/api/login", "", json!({"nane": "0712345678"})).await;
    assert_eq!((answer.status, answer.json()["refused"].clone()), (StatusCode::BAD_REQUEST, json!("bad_input")));
    assert!(!String::from_utf8_lossy(&answer.bytes).contains("0712"));
    assert!(answer.json()["sw"].as_str().is_some_and(|t| !t.is_empty()));
}

#[tokio::test]
async fn every_answer_carries_the_strict_headers() {
    let world = World::new().await;
    for path in ["/", "/desk", "/chat", "/api/me", "/api/no/such", "/healthz", "/nothing/here"] {
        let answer = world.get(path, "").await;
        let policy = answer.headers[header::CONTENT_SECURITY_POLICY].to_str().expect("text");
        assert!(policy.contains("script-src 'self';") && policy.contains("frame-ancestors 'none'"), "{path}");
        assert!(!policy.contains("unsafe-inline"), "{path}");
        assert_eq!(answer.headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff", "{path}");
        assert_eq!(answer.headers[header::REFERRER_POLICY], "no-referrer", "{path}");
    }
    assert_eq!(world.get("/chat", "").await.headers[header::CACHE_CONTROL], "no-store");
    let absent = world.get("/api/no/such", "").await;
    assert_eq!((absent.status, absent.json()["refused"].clone()), (StatusCode::NOT_FOUND, json!("absent")));
}

#[tokio::test]
async fn an_address_asks_for_web_calls_so_often() {
    let world = World::new().await;
    let ask = || world.post("/api/citizen/call", "", json!({"entry": "main"}));
    let ticket = ask().await.json();
    assert_eq!(ticket["ws"], "/sip?token=t0ken");
    assert_eq!(ticket["dial"], "sip:main@hctc");
    for _ in 1..ASKS_PER_ADDRESS {
        assert_eq!(ask().await.status, StatusCode::OK);
    }
    assert_eq!(ask().await.status, StatusCode::TOO_MANY_REQUESTS);
    world.pass(60_000);
    assert_eq!(ask().await.status, StatusCode::OK);
    let elsewhere = world.post("/api/citizen/call", "", json!({"entry": "premium"})).await;
    assert_eq!(elsewhere.json()["refused"], "no_such_entry");
}

#[tokio::test]
async fn a_socket_opens_for_our_own_pages_and_living_sessions_only() {
    let world = World::new().await;
    let cookie = world.log_in("amina").await;
    let supervisor = world.log_in("otieno").await;
    let address = world.serve().await;
    let ours = format!("http://{address}");
    let open = |path: &'static str, cookie: String, origin: Option<String>| async move {
        Page::try_open(address, path, &cookie, origin.as_deref()).await.map(|_| ())
    };
    assert_eq!(open("/api/desk/ws", cookie.clone(), Some("http://evil.example".to_owned())).await, Err(400));
    assert_eq!(open("/api/desk/ws", cookie.clone(), None).await, Err(400));
    assert_eq!(open("/api/desk/ws", String::new(), Some(ours.clone())).await, Err(401));
    assert_eq!(open("/api/desk/ws", supervisor.clone(), Some(ours.clone())).await, Err(404), "not an agent");
    assert_eq!(open("/api/wall/ws", cookie.clone(), Some(ours.clone())).await, Err(404), "not a supervisor");
    assert_eq!(open("/api/wall/ws", supervisor, Some("null".to_owned())).await, Err(400));
    assert_eq!(open("/api/desk/ws", cookie, Some(ours)).await, Ok(()));
}
