//! The chat over real WebSockets on the loopback.

#![allow(clippy::unwrap_used)]

use axum::extract::{ConnectInfo, State, WebSocketUpgrade};
use axum::routing::any;
use chat::*;
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, SinkExt, StreamExt};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use tokio_tungstenite::tungstenite::{Error, Message, protocol::frame::Frame};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use vocabulary::{ContactId, EndCause, Language, Ulid};

/// Keeps messages in memory, and refuses on demand.
#[derive(Default)]
struct Memory {
    lines: Mutex<BTreeMap<(ContactId, u64), Line>>,
    broken: AtomicBool,
}

impl Memory {
    fn of(&self, contact: ContactId) -> Vec<Line> {
        self.lines.lock().unwrap().iter().filter(|((c, _), _)| *c == contact).map(|(_, line)| line.clone()).collect()
    }
}

impl Messages for Memory {
    fn append<'a>(&'a self, contact: ContactId, line: &'a Line) -> BoxFuture<'a, Result<(), NotStored>> {
        async move {
            if self.broken.load(Ordering::SeqCst) {
                return Err(NotStored);
            }
            self.lines.lock().unwrap().insert((contact, line.seq), line.clone());
            Ok(())
        }
        .boxed()
    }

    fn read_after(&self, contact: ContactId, after: u64) -> BoxFuture<'_, Result<Vec<Line>, NotStored>> {
        async move { Ok(self.of(contact).into_iter().filter(|line| line.seq > after).collect()) }.boxed()
    }
}

struct Centre {
    hub: Hub,
    events: mpsc::Receiver<ChatEvent>,
    memory: Arc<Memory>,
    address: SocketAddr,
}

impl Centre {
    async fn start(config: HubConfig) -> Centre {
        let memory = Arc::new(Memory::default());
        Centre::over(config, memory).await
    }

    async fn over(config: HubConfig, memory: Arc<Memory>) -> Centre {
        let (hub, events) = Hub::new(config, memory.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let enter = |request: WebSocketUpgrade, ConnectInfo(peer): ConnectInfo<SocketAddr>, State(hub): State<Hub>| async move {
            chat::upgrade(request, peer, hub)
        };
        let router = axum::Router::new().route("/chat", any(enter)).with_state(hub.clone());
        tokio::spawn(async move {
            axum::serve(listener, router.into_make_service_with_connect_info::<SocketAddr>()).await.unwrap();
        });
        Centre { hub, events, memory, address }
    }

    async fn event(&mut self) -> ChatEvent {
        soon(self.events.recv()).await.unwrap()
    }

    async fn page(&self) -> Page {
        let (socket, _) = connect_async(format!("ws://{}/chat", self.address)).await.unwrap();
        Page { socket }
    }

    /// A page in a conversation, with the secret to come back.
    async fn open(&mut self, frame: &str) -> (Page, ContactId, String) {
        let mut page = self.page().await;
        page.send(frame).await;
        let FromCentre::Opened { conv, token } = page.frame().await else { panic!() };
        let ChatEvent::Opened { conversation, .. } = self.event().await else { panic!() };
        assert_eq!(conversation, conv);
        (page, conv, token.0)
    }
}

struct Page {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Page {
    async fn send(&mut self, text: &str) {
        self.socket.send(Message::text(text)).await.unwrap();
    }

    async fn say(&mut self, n: u128, text: &str) {
        self.send(&serde_json::json!({"t": "msg", "id": Ulid(n), "text": text}).to_string()).await;
    }

    async fn frame(&mut self) -> FromCentre {
        loop {
            match soon(self.socket.next()).await.unwrap().unwrap() {
                Message::Text(text) => return serde_json::from_str(&text).unwrap(),
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// The code the server closes with. `None`: it only cut the line.
    async fn closed(&mut self) -> Option<u16> {
        loop {
            match soon(self.socket.next()).await {
                Some(Ok(Message::Close(frame))) => return frame.map(|frame| frame.code.into()),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return None,
            }
        }
    }
}

async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), future).await.expect("within twenty seconds")
}

fn resume(conv: ContactId, token: &str, after: u64) -> String {
    serde_json::json!({"t": "resume", "conv": conv, "token": token, "after_seq": after}).to_string()
}

const OPEN: &str = r#"{"t":"open","entry":"web","language":"sw","phone":"0712 345678"}"#;

#[tokio::test]
async fn open_say_acknowledge_duplicate_answer_end() {
    let mut centre = Centre::start(HubConfig::default()).await;
    let mut page = centre.page().await;
    page.send(OPEN).await;
    let FromCentre::Opened { conv, token } = page.frame().await else { panic!() };
    let ChatEvent::Opened { conversation, language, entry, phone, confidential, token_hash } = centre.event().await
    else {
        panic!()
    };
    assert_eq!((conversation, language, confidential), (conv, Some(Language::SW), false));
    assert_eq!((entry.unwrap().as_str(), phone.as_deref()), ("web", Some("0712 345678")));
    assert!(token_hash.fits(&token.0));

    page.say(7, "Habari").await;
    let FromCentre::Ack { id, seq: 1, at } = page.frame().await else { panic!() };
    assert_eq!((id, at.len()), (Ulid(7), 20));
    assert_eq!(centre.event().await, ChatEvent::Said { contact: conv, seq: 1, id: Ulid(7), text: "Habari".into() });
    page.say(7, "Habari").await;
    assert_eq!(page.frame().await, FromCentre::Ack { id: Ulid(7), seq: 1, at });

    centre.hub.queue(conv, 3, Some(180)).await.unwrap();
    assert_eq!(page.frame().await, FromCentre::Queue { position: 3, ewt_s: Some(180) });
    centre.hub.agent(conv, "Achieng Otieno").await.unwrap();
    assert_eq!(page.frame().await, FromCentre::Agent { name: "Achieng".into() });
    centre.hub.typing(conv).await.unwrap();
    assert_eq!(page.frame().await, FromCentre::Typing {});
    let seq = centre.hub.say(conv, Speaker::agent("Achieng Otieno"), "Karibu").await.unwrap();
    let FromCentre::Msg(shown) = page.frame().await else { panic!() };
    assert_eq!((seq, shown.seq, shown.text.as_str()), (2, 2, "Karibu"));
    assert_eq!(shown.speaker, Speaker::Agent("Achieng".into()));
    page.send(r#"{"t":"read","upto":2}"#).await;
    assert_eq!(centre.event().await, ChatEvent::Read { contact: conv, upto: 2 });
    page.send(r#"{"t":"typing"}"#).await;
    assert_eq!(centre.event().await, ChatEvent::Typing { contact: conv });

    page.send(r#"{"t":"end"}"#).await;
    assert_eq!(page.frame().await, FromCentre::End {});
    assert_eq!(page.closed().await, Some(CloseCode::Over.code()));
    assert_eq!(centre.event().await, ChatEvent::Left { contact: conv, cause: EndCause::Normal });
    let late = centre.hub.say(conv, Speaker::Centre, "?").await;
    assert!(matches!(late, Err(HubError::NoSuchConversation | HubError::Refused(Refusal::Over))), "{late:?}");
    let texts: Vec<String> = centre.memory.of(conv).into_iter().map(|line| line.text).collect();
    assert_eq!(texts, ["Habari", "Karibu"]);
}

#[tokio::test]
async fn a_lost_connection_comes_back_and_misses_nothing() {
    let mut centre = Centre::start(HubConfig::default()).await;
    let (mut page, conv, token) = centre.open(OPEN).await;
    page.say(1, "moja").await;
    page.frame().await;
    drop(page);
    for text in ["mbili", "tatu"] {
        centre.hub.say(conv, Speaker::Centre, text).await.unwrap();
    }
    let mut page = centre.page().await;
    page.send(&resume(conv, &token, 1)).await;
    for (seq, text) in [(2, "mbili"), (3, "tatu")] {
        let FromCentre::Msg(shown) = page.frame().await else { panic!() };
        assert_eq!((shown.seq, shown.text.as_str()), (seq, text));
    }
    assert_eq!(page.frame().await, FromCentre::Resumed { seq: 3 });

    // A second window takes over; the first one is told.
    let mut second = centre.page().await;
    second.send(&resume(conv, &token, 3)).await;
    assert_eq!(second.frame().await, FromCentre::Resumed { seq: 3 });
    assert_eq!(page.closed().await, Some(CloseCode::Elsewhere.code()));

    // Neither a wrong token nor a wrong conversation says which of the two it was.
    for (conv, token) in [(conv, "0".repeat(32)), (ContactId(Ulid(1)), token.clone()), (conv, token.to_uppercase())] {
        let mut stranger = centre.page().await;
        stranger.send(&resume(conv, &token, 0)).await;
        assert_eq!(stranger.closed().await, Some(CloseCode::Gone.code()));
    }
    second.say(2, "bado hapa").await;
    assert!(matches!(second.frame().await, FromCentre::Ack { seq: 4, .. }));
}

#[tokio::test]
async fn a_restart_is_survived() {
    let mut centre = Centre::start(HubConfig::default()).await;
    let (mut page, conv, token) = centre.open(OPEN).await;
    page.say(1, "moja").await;
    assert!(matches!(page.frame().await, FromCentre::Ack { seq: 1, .. }));
    soon(centre.hub.shut_down()).await;
    assert_eq!(page.closed().await, Some(CloseCode::Restart.code()));

    let mut centre = Centre::over(HubConfig::default(), centre.memory.clone()).await;
    centre.hub.adopt(conv, TokenHash::of(&token), false, &centre.memory.of(conv));
    centre.hub.say(conv, Speaker::Centre, "samahani").await.unwrap();
    let mut page = centre.page().await;
    page.send(&resume(conv, &token, 1)).await;
    assert!(matches!(page.frame().await, FromCentre::Msg(shown) if shown.seq == 2));
    assert_eq!(page.frame().await, FromCentre::Resumed { seq: 2 });
    page.say(1, "moja").await;
    assert!(matches!(page.frame().await, FromCentre::Ack { seq: 1, .. }), "what was sent before is known");
    page.say(2, "mbili").await;
    assert!(matches!(page.frame().await, FromCentre::Ack { seq: 3, .. }));
    assert!(matches!(centre.event().await, ChatEvent::Said { seq: 3, .. }), "and not told again");
}

#[tokio::test]
async fn what_the_store_refuses_is_not_acknowledged() {
    let mut centre = Centre::start(HubConfig::default()).await;
    let (mut page, conv, _) = centre.open(OPEN).await;
    centre.memory.broken.store(true, Ordering::SeqCst);
    page.say(1, "moja").await;
    let FromCentre::Error { id, .. } = page.frame().await else { panic!() };
    assert_eq!(id, Some(Ulid(1)));
    assert!(centre.hub.say(conv, Speaker::Centre, "x").await.is_err());
    centre.memory.broken.store(false, Ordering::SeqCst);
    page.say(1, "moja").await;
    assert!(matches!(page.frame().await, FromCentre::Ack { seq: 1, .. }));
}

#[tokio::test]
async fn a_huge_frame_is_refused_and_hurts_nobody_else() {
    let mut centre = Centre::start(HubConfig::default()).await;
    let (mut calm, _, _) = centre.open(OPEN).await;
    let (mut angry, _, _) = centre.open(OPEN).await;
    let huge = angry.socket.send(Message::text("x".repeat(10 * 1024 * 1024)));
    // The server reads the length, not the ten megabytes: sending them may fail before it is done.
    let sent = soon(huge).await;
    let code = angry.closed().await;
    assert!(matches!(code, None | Some(1009)), "{sent:?} {code:?}");
    calm.say(1, "bado hapa").await;
    assert!(matches!(calm.frame().await, FromCentre::Ack { seq: 1, .. }));
    assert!(matches!(centre.event().await, ChatEvent::Said { .. }));

    // A frame that fits the socket's buffers gets its close code through.
    let (mut loud, _, _) = centre.open(OPEN).await;
    loud.send(&"x".repeat(17 * 1024)).await;
    assert_eq!(loud.closed().await, Some(CloseCode::TooBig.code()));
    // So does one in many small parts.
    let (mut drip, _, _) = centre.open(OPEN).await;
    for n in 0..40 {
        let kind = if n == 0 { Data::Text } else { Data::Continue };
        let part = Frame::message(vec![b'x'; 1_000], OpCode::Data(kind), false);
        if drip.socket.send(Message::Frame(part)).await.is_err() {
            break;
        }
    }
    assert_eq!(drip.closed().await, Some(CloseCode::TooBig.code()));
}

#[tokio::test]
async fn nonsense_is_closed_with_a_reason() {
    let mut centre = Centre::start(HubConfig::default()).await;
    for first in ["hello", "{}", r#"{"t":"typing"}"#, r#"{"t":"open","age":5}"#] {
        let mut page = centre.page().await;
        page.send(first).await;
        assert_eq!(page.closed().await, Some(CloseCode::BadFrame.code()), "{first}");
    }
    let mut page = centre.page().await;
    page.socket.send(Message::binary(vec![0; 10])).await.unwrap();
    assert_eq!(page.closed().await, Some(CloseCode::BadFrame.code()));
    let (mut page, conv, token) = centre.open(OPEN).await;
    page.send("nonsense").await;
    assert_eq!(page.closed().await, Some(CloseCode::BadFrame.code()));
    let mut page = centre.page().await;
    page.send(&resume(conv, &token, 0)).await;
    assert_eq!(page.frame().await, FromCentre::Resumed { seq: 0 }, "the conversation itself goes on");
}

#[tokio::test]
async fn a_line_that_says_nothing_is_closed() {
    let centre = Centre::start(HubConfig { first_frame: Duration::from_millis(50), ..HubConfig::default() }).await;
    let mut silent = centre.page().await;
    assert_eq!(silent.closed().await, Some(CloseCode::Silent.code()));
}

#[tokio::test]
async fn the_many_from_one_address_are_bounded() {
    let config = HubConfig { connections_per_address: 3, conversations_per_address: 2, ..HubConfig::default() };
    let mut centre = Centre::start(config).await;
    let (first, _, _) = centre.open(OPEN).await;
    let (_second, conv, token) = centre.open(OPEN).await;
    let mut third = centre.page().await;
    third.send(OPEN).await;
    assert_eq!(third.closed().await, Some(CloseCode::TooMany.code()), "two conversations are enough");
    let _third = centre.page().await;
    let mut fourth = centre.page().await;
    assert_eq!(fourth.closed().await, Some(CloseCode::TooMany.code()), "three connections are enough");
    // Room that is given back is used again, also by who resumes.
    drop(first);
    let resumed = loop {
        let mut page = centre.page().await;
        if page.socket.send(Message::text(resume(conv, &token, 0))).await.is_err() {
            continue;
        }
        match soon(page.socket.next()).await {
            Some(Ok(Message::Text(text))) => break serde_json::from_str::<FromCentre>(&text).unwrap(),
            Some(Ok(Message::Ping(_))) => break page.frame().await,
            _ => {}
        }
    };
    assert_eq!(resumed, FromCentre::Resumed { seq: 0 });
}

#[tokio::test]
async fn a_dead_page_is_let_go() {
    let config = HubConfig { heartbeat: Duration::from_millis(40), ..HubConfig::default() };
    let mut centre = Centre::start(config).await;
    // A page whose pongs never come: its frames are written by hand.
    let mut line = TcpStream::connect(centre.address).await.unwrap();
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let request = format!(
        "GET /chat HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        centre.address
    );
    line.write_all(request.as_bytes()).await.unwrap();
    let open = br#"{"t":"open"}"#;
    let mut frame = vec![0x81, 0x80 | open.len() as u8, 0, 0, 0, 0];
    frame.extend(open);
    line.write_all(&frame).await.unwrap();
    assert!(matches!(centre.event().await, ChatEvent::Opened { .. }));
    let mut all = Vec::new();
    // Reads until the server closes: pings, then the close frame with 4408.
    soon(line.read_to_end(&mut all)).await.ok();
    let code = CloseCode::Silent.code().to_be_bytes();
    assert!(all.windows(2).any(|w| w == code), "closed for silence");
    assert_eq!(centre.hub.len(), 1, "the conversation waits for its citizen");
}

#[tokio::test]
async fn a_confidential_conversation_keeps_nothing_it_was_not_asked_for() {
    let mut centre = Centre::start(HubConfig::default()).await;
    let mut page = centre.page().await;
    page.send(r#"{"t":"open","phone":"0712 345678","confidential":true}"#).await;
    let ChatEvent::Opened { confidential, phone, .. } = centre.event().await else { panic!() };
    assert_eq!((confidential, phone), (true, None));
}

#[tokio::test]
async fn the_centre_ends_and_many_talk_at_once() {
    let mut centre = Centre::start(HubConfig::default()).await;
    let mut pages = Vec::new();
    for _ in 0..50 {
        pages.push(centre.open(OPEN).await);
    }
    assert_eq!(centre.hub.len(), 50);
    for (n, (page, _, _)) in pages.iter_mut().enumerate() {
        for m in 0..5 {
            page.say((n * 5 + m) as u128, &format!("{n} {m}")).await;
        }
    }
    for (n, (page, conv, _)) in pages.iter_mut().enumerate() {
        for seq in 1..=5 {
            let FromCentre::Ack { seq: acked, .. } = page.frame().await else { panic!() };
            assert_eq!(acked, seq);
        }
        let texts: Vec<String> = centre.memory.of(*conv).into_iter().map(|line| line.text).collect();
        assert_eq!(texts, (0..5).map(|m| format!("{n} {m}")).collect::<Vec<_>>());
        centre.hub.end(*conv).await.unwrap();
        assert_eq!(page.frame().await, FromCentre::End {});
        assert_eq!(page.closed().await, Some(CloseCode::Over.code()));
    }
    for _ in 0..250 {
        assert!(matches!(centre.event().await, ChatEvent::Said { .. }), "and no one left by themselves");
    }
    // Sending to a page that closed is the page's trouble, not an error of the protocol.
    let gone = pages[0].0.socket.send(Message::text("x")).await;
    assert!(matches!(gone, Err(Error::AlreadyClosed | Error::ConnectionClosed | Error::Protocol(_) | Error::Io(_))));
}
