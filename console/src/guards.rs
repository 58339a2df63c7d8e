//! What stands before every handler: headers that keep a browser strict, the check that a change comes
//! from our own page, the check of a socket's Origin, time and size limits, and caps on how much one
//! address may hold or ask for without a log-in.

use crate::clock::Clock;
use crate::credentials::throttle::network_of;
use crate::failure::Failure;
use crate::messages::Message;
use axum::body::{Body, Bytes};
use axum::extract::rejection::BytesRejection;
use axum::extract::{ConnectInfo, FromRequest, FromRequestParts, Request};
use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use vocabulary::{Span, Time};

/// Largest body of a request, in bytes.
pub const MAX_BODY: usize = 64 * 1024;
/// Largest frame on a socket, in bytes.
pub const MAX_FRAME: usize = 16 * 1024;
/// How long a request may take, its body included.
pub const REQUEST_LASTS: Duration = Duration::from_secs(15);
/// Sockets one address may hold open without a log-in: a household, a cyber café.
pub const SOCKETS_PER_ADDRESS: u32 = 20;
/// Anonymous requests one address may make in [`ASKING_WINDOW`].
pub const ASKS_PER_ADDRESS: u32 = 20;
/// The window of [`ASKS_PER_ADDRESS`].
pub const ASKING_WINDOW: Span = Span::minutes(1);
/// Addresses remembered at once; beyond it new ones are refused until old ones have gone.
pub const MAX_ADDRESSES: usize = 20_000;

/// Scripts, styles and connections from here only; nothing inline, no frames around us.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    font-src 'self'; media-src 'self' blob:; connect-src 'self'; manifest-src 'self'; worker-src 'self'; \
    base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// Puts the strict headers on every answer. Answers of the API and the chat page are never stored: the
/// phone or the desk they are read on may be shared.
pub(crate) async fn strict_headers(request: Request, next: Next) -> Response {
    let private = must_not_be_stored(request.uri());
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let set = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "microphone=(self), camera=(), geolocation=()"),
    ];
    for (name, value) in set {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if private || !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}

fn must_not_be_stored(uri: &Uri) -> bool {
    uri.path().starts_with("/api/") || uri.path() == "/chat" || uri.path() == "/call"
}

/// Lets a change pass only with the header our own pages send: a form of another site cannot send it.
pub(crate) async fn changes_from_our_pages(request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if !reads && request.headers().get("x-hctc").is_none_or(|v| v != "1") {
        return Failure::Told(Message::NotFromOurPage).into_response();
    }
    next.run(request).await
}

/// Ends a request that takes too long. A slow sender holds a connection no longer than this.
pub(crate) async fn in_time(request: Request, next: Next) -> Response {
    match tokio::time::timeout(REQUEST_LASTS, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Failure::Told(Message::Slow).into_response(),
    }
}

/// What of the API does not exist answers as everything else of the API does.
pub(crate) async fn absent() -> Failure {
    Failure::Told(Message::Absent)
}

/// Whether a WebSocket upgrade comes from a page of ours: browsers always send `Origin`, and its host
/// and port must be those the request was made to. The binary asks this at `/sip` and `/chat/ws`.
pub fn origin_is_ours(headers: &HeaderMap) -> bool {
    let text = |name: HeaderName| headers.get(name).and_then(|v| v.to_str().ok());
    let (Some(origin), Some(host)) = (text(header::ORIGIN), text(header::HOST)) else { return false };
    let authority = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
    authority.is_some_and(|a| !a.is_empty() && a.eq_ignore_ascii_case(host))
}

/// Where a request came from. Without the peer's address (a server not started with it) everyone
/// shares one bucket, which errs on the strict side.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CameFrom(pub IpAddr);

impl<S: Send + Sync> FromRequestParts<S> for CameFrom {
    type Rejection = std::convert::Infallible;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<CameFrom, Self::Rejection> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        Ok(CameFrom(peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ConnectInfo(peer)| peer.ip())))
    }
}

/// A JSON body, at most [`MAX_BODY`] long. What is wrong with it is not echoed.
pub(crate) struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Failure;
    async fn from_request(request: Request<Body>, state: &S) -> Result<Json<T>, Failure> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        if !kind.split(';').next().is_some_and(|k| k.trim().eq_ignore_ascii_case("application/json")) {
            return Err(Message::BadInput.into());
        }
        let bytes = Bytes::from_request(request, state).await.map_err(too_large_or_bad)?;
        serde_json::from_slice(&bytes).map(Json).map_err(|_| Message::BadInput.into())
    }
}

fn too_large_or_bad(rejection: BytesRejection) -> Failure {
    match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Message::TooLarge.into(),
        _ => Message::BadInput.into(),
    }
}

/// How much each address holds and asks for without a log-in. Cheap to clone.
#[derive(Clone)]
pub struct Doors(Arc<Inner>);

struct Inner {
    clock: Clock,
    visitors: Mutex<HashMap<IpAddr, Visitor>>,
}

#[derive(Clone, Copy)]
struct Visitor {
    sockets: u32,
    asked: u32,
    since: Time,
}

/// One socket's place at the door; dropping it gives the place back.
pub struct Place {
    doors: Doors,
    address: IpAddr,
}

impl Doors {
    pub(crate) fn new(clock: Clock) -> Doors {
        Doors(Arc::new(Inner { clock, visitors: Mutex::new(HashMap::new()) }))
    }

    /// A place for one anonymous socket; `None` when the address holds as many as it may. Hold it for as
    /// long as the socket lives. For `/chat/ws` and a citizen's `/sip`.
    pub fn enter(&self, address: IpAddr) -> Option<Place> {
        let address = network_of(address);
        self.with(address, |visitor, _| {
            let fits = visitor.sockets < SOCKETS_PER_ADDRESS;
            visitor.sockets += u32::from(fits);
            fits
        })
        .then(|| Place { doors: self.clone(), address })
    }

    /// Counts one anonymous request.
    ///
    /// # Errors
    /// How long to wait when the address asked too often.
    pub(crate) fn ask(&self, address: IpAddr) -> Result<(), Span> {
        let mut wait = ASKING_WINDOW;
        let fits = self.with(network_of(address), |visitor, now| {
            if now.since(visitor.since) >= ASKING_WINDOW {
                (visitor.asked, visitor.since) = (0, now);
            }
            wait = visitor.since + ASKING_WINDOW - now;
            let fits = visitor.asked < ASKS_PER_ADDRESS;
            visitor.asked += u32::from(fits);
            fits
        });
        if fits { Ok(()) } else { Err(wait) }
    }

    /// Runs `see` on the address's entry; `false` when there is no room for a new one.
    fn with(&self, address: IpAddr, see: impl FnOnce(&mut Visitor, Time) -> bool) -> bool {
        let now = self.0.clock.now();
        let mut visitors = self.0.visitors.lock().expect("no holder of this lock panics");
        if visitors.len() >= MAX_ADDRESSES && !visitors.contains_key(&address) {
            visitors.retain(|_, v| v.sockets > 0 || now.since(v.since) < ASKING_WINDOW);
            if visitors.len() >= MAX_ADDRESSES {
                return false;
            }
        }
        let visitor = visitors.entry(address).or_insert(Visitor { sockets: 0, asked: 0, since: now });
        see(visitor, now)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut visitors = self.doors.0.visitors.lock().expect("no holder of this lock panics");
        if let Some(visitor) = visitors.get_mut(&self.address) {
            visitor.sockets = visitor.sockets.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicI64, Ordering};

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    #[test]
    fn an_origin_is_ours_only_with_our_host_and_port() {
        let ours = |origin: Option<&str>, host: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, host.parse().expect("a header"));
            if let Some(origin) = origin {
                headers.insert(header::ORIGIN, origin.parse().expect("a header"));
            }
            origin_is_ours(&headers)
        };
        assert!(ours(Some("http://127.0.0.1:8080"), "127.0.0.1:8080"));
        assert!(ours(Some("https://Centre.Example"), "centre.example"));
        assert!(!ours(Some("http://127.0.0.1:8081"), "127.0.0.1:8080"));
        assert!(!ours(Some("https://evil.example"), "centre.example"));
        assert!(!ours(Some("https://centre.example.evil.example"), "centre.example"));
        assert!(!ours(Some("null"), "null"));
        assert!(!ours(None, "centre.example"));
    }

    #[test]
    fn an_address_holds_so_many_sockets_and_gets_them_back() {
        let doors = Doors::new(Clock::system());
        let mut held: Vec<_> = (0..SOCKETS_PER_ADDRESS).map(|_| doors.enter(HERE).expect("room")).collect();
        assert!(doors.enter(HERE).is_none());
        assert!(doors.enter(IpAddr::from([10, 0, 0, 9])).is_some());
        held.pop();
        assert!(doors.enter(HERE).is_some());
    }

    #[test]
    fn an_address_asks_so_often_in_a_minute() {
        let now = Arc::new(AtomicI64::new(0));
        let doors = Doors::new(Clock::from_fn({
            let now = now.clone();
            move || Time(now.load(Ordering::SeqCst))
        }));
        for _ in 0..ASKS_PER_ADDRESS {
            assert_eq!(doors.ask(HERE), Ok(()));
        }
        now.store(1_000, Ordering::SeqCst);
        assert_eq!(doors.ask(HERE), Err(Span(59_000)));
        now.store(60_000, Ordering::SeqCst);
        assert_eq!(doors.ask(HERE), Ok(()));
    }
}
