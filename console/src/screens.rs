//! The screens: what Vite built in `console/web/dist`, inside the binary in release builds and read from
//! the folder in debug ones. Pages carry an ETag; assets have their content's hash in their name, so a
//! browser may keep them for good.

use crate::ConsoleState;
use axum::Router;
use axum::extract::Path;
use axum::http::header::{self, HeaderMap, HeaderValue};
use axum::http::{StatusCode, Uri};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use rust_embed::{EmbeddedFile, RustEmbed};
use tower_http::compression::CompressionLayer;

#[derive(RustEmbed)]
#[folder = "web/dist"]
#[allow_missing = true]
struct Built;

/// The pages and the files they are made of.
const PAGES: [(&str, &str); 7] = [
    ("/", "index.html"),
    ("/desk", "desk.html"),
    ("/wall", "wall.html"),
    ("/records", "records.html"),
    ("/call", "call.html"),
    ("/chat", "chat.html"),
    ("/away", "away.html"),
];

const NOT_BUILT: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>HCTC</title>\
    <h1>The screens are not built</h1><p>Run <code>make screens</code>, then load this page again.</p>\
    <p lang=\"sw\">Kurasa bado hazijatengenezwa: endesha <code>make screens</code>.</p></html>";

/// The pages, `/assets/*` and the few files beside them.
pub(crate) fn routes() -> Router<ConsoleState> {
    let router = PAGES.iter().fold(Router::new(), |router, (path, file)| {
        router.route(path, get(move |headers: HeaderMap| async move { page(file, &headers) }))
    });
    router
        .route("/assets/{*path}", get(asset))
        .fallback(beside)
        .layer(CompressionLayer::new())
}

async fn asset(Path(path): Path<String>) -> Response {
    let name = format!("assets/{path}");
    match Built::get(&name) {
        Some(file) => with_headers(&name, file, "public, max-age=31536000, immutable"),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Files Vite copies from `public/`: the icon, the manifest.
async fn beside(uri: Uri, headers: HeaderMap) -> Response {
    let name = uri.path().trim_start_matches('/');
    let is_file = !name.ends_with(".html") && !name.is_empty();
    match Built::get(name).filter(|_| is_file) {
        Some(file) if !is_known(&headers, &etag(&file)) => with_headers(name, file, "public, max-age=3600"),
        Some(_) => StatusCode::NOT_MODIFIED.into_response(),
        None => (StatusCode::NOT_FOUND, Html("<!doctype html><title>404</title><h1>404</h1>")).into_response(),
    }
}

fn page(name: &str, headers: &HeaderMap) -> Response {
    let Some(file) = Built::get(name) else {
        return (StatusCode::SERVICE_UNAVAILABLE, Html(NOT_BUILT)).into_response();
    };
    if is_known(headers, &etag(&file)) {
        return StatusCode::NOT_MODIFIED.into_response();
    }
    with_headers(name, file, "no-cache")
}

fn etag(file: &EmbeddedFile) -> String {
    format!("\"{}\"", hex::encode(&file.metadata.sha256_hash()[..16]))
}

fn is_known(headers: &HeaderMap, etag: &str) -> bool {
    let known = headers.get(header::IF_NONE_MATCH).and_then(|v| v.to_str().ok()).unwrap_or_default();
    // A compressed answer's tag may come back as a weak one.
    known.split(',').any(|tag| tag.trim().trim_start_matches("W/") == etag)
}

fn with_headers(name: &str, file: EmbeddedFile, caching: &'static str) -> Response {
    let tag = HeaderValue::from_str(&etag(&file)).expect("hex in quotes is a header value");
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind_of(name))),
        (header::CACHE_CONTROL, HeaderValue::from_static(caching)),
        (header::ETAG, tag),
    ];
    (headers, file.data.into_owned()).into_response()
}

fn kind_of(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "webmanifest" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "wav" => "audio/wav",
        "mp3" => "audio/mpeg",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weak_or_listed_tag_is_known() {
        let mut headers = HeaderMap::new();
        headers.insert(header::IF_NONE_MATCH, HeaderValue::from_static("\"x\", W/\"abc\""));
        assert!(is_known(&headers, "\"abc\""));
        assert!(!is_known(&headers, "\"ab\""));
        assert!(!is_known(&HeaderMap::new(), "\"abc\""));
    }
}
