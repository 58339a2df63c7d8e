//! The OpenAPI description, and that `PROTOCOL.md` and the router agree with it.

use crate::world::World;
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const PROTOCOL: &str = include_str!("../../PROTOCOL.md");

async fn described(world: &World) -> BTreeSet<(String, String)> {
    let document = world.get("/api/openapi.json", "").await.json();
    assert!(document["openapi"].as_str().is_some_and(|v| v.starts_with("3.")));
    let paths = document["paths"].as_object().expect("paths").clone();
    let operations = |(path, item): (String, Value)| {
        let methods: Vec<String> = item.as_object().expect("an item").keys().cloned().collect();
        methods.into_iter().map(move |method| (method.to_uppercase(), path.clone()))
    };
    paths.into_iter().flat_map(operations).collect()
}

/// The routes a person reads in the protocol: `GET /path`, `WS /path`.
fn promised() -> BTreeSet<(String, String)> {
    let mut routes = BTreeSet::new();
    for quoted in PROTOCOL.split('`').skip(1).step_by(2) {
        let mut words = quoted.split([' ', '?', '\n']);
        let (Some(method), Some(path)) = (words.next(), words.next()) else { continue };
        if ["GET", "POST", "DELETE", "WS"].contains(&method) && path.starts_with('/') {
            let method = if method == "WS" { "GET" } else { method };
            routes.insert((method.to_owned(), path.to_owned()));
        }
    }
    // The chat's and the gateway's sockets are theirs.
    routes.retain(|(_, path)| !matches!(path.as_str(), "/chat/ws" | "/sip"));
    routes
}

#[tokio::test]
async fn the_description_and_the_protocol_name_the_same_routes() {
    let world = World::new().await;
    assert!(promised().len() > 20);
    assert_eq!(described(&world).await, promised());
}

#[tokio::test]
async fn every_described_route_answers_and_guards_itself() {
    let world = World::new().await;
    let open = ["/api/login", "/api/citizen/call", "/api/openapi.json", "/healthz", "/metrics"];
    for (method, path) in described(&world).await {
        let filled: String = path.replace("{contact}", "x").replace("{id}", "x").replace("{reference}", "x");
        let filled = filled.replace("{user}", "x");
        let method: Method = method.parse().expect("a method");
        let body = (method == Method::POST).then(|| json!({}));
        let answer = world.send(method.clone(), &filled, "", body).await;
        let expected = if open.contains(&path.as_str()) { answer.status != StatusCode::NOT_FOUND } else { answer.status == StatusCode::UNAUTHORIZED };
        assert!(expected, "{method} {path} without a log-in: {}", answer.status);
    }
}

#[test]
fn no_route_goes_round_the_description() {
    // Pages and the answer to what is absent are the only routes that are not of the API.
    let allowed = ["api/mod.rs", "screens.rs"];
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("lists") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(&root).expect("within").to_string_lossy().into_owned();
            let source = std::fs::read_to_string(&path).expect("reads");
            assert!(allowed.contains(&name.as_str()) || !source.contains(".route("), "{name} adds a route by hand");
        }
    }
}
