//! The pages: built, or saying how to build them.

use crate::world::World;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};

#[tokio::test]
async fn every_page_is_there_with_its_assets_or_says_how_to_build_it() {
    let world = World::new().await;
    for path in ["/", "/desk", "/wall", "/records", "/call", "/chat", "/away"] {
        let page = world.get(path, "").await;
        let text = String::from_utf8_lossy(&page.bytes).into_owned();
        if page.status == StatusCode::SERVICE_UNAVAILABLE {
            assert!(text.contains("make screens"), "{path}");
            continue;
        }
        assert_eq!(page.status, StatusCode::OK, "{path}");
        let tag = page.headers[header::ETAG].clone();
        let again = Request::builder().uri(path).header(header::IF_NONE_MATCH, tag).body(Body::empty());
        assert_eq!(world.raw(again.expect("a request")).await.status, StatusCode::NOT_MODIFIED, "{path}");
        for asset in text.split('"').filter(|t| t.starts_with("/assets/")) {
            let answer = world.get(asset, "").await;
            assert_eq!(answer.status, StatusCode::OK, "{asset}");
            assert!(answer.headers[header::CACHE_CONTROL].to_str().expect("text").contains("immutable"), "{asset}");
        }
    }
}

#[tokio::test]
async fn nothing_outside_the_built_folder_is_served() {
    let world = World::new().await;
    for path in ["/assets/../../package.json", "/assets/..%2f..%2fpackage.json", "/..%2fpackage.json", "/desk.html", "/assets/none.js"] {
        assert_eq!(world.get(path, "").await.status, StatusCode::NOT_FOUND, "{path}");
    }
}
