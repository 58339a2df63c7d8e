//! A centre for tests: a real floor, its journal folded as the binary folds it, a real CRM over SQLite in
//! a temporary folder, time moved by hand, and what the console asked of the gateway, written down.

use acd::figures::Figures;
use acd::{Command, Effect, Floor, Output};
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use console::ports::{CallControl, Centre, CentreError, ChatLine, Health, Playback, Speaker, WebCall};
use console::view::{Facts, View};
use console::{Clock, ConsoleState, Credentials, Parts};
use crm::{Crm, CrmRecord, MasterKey, MasterKeys, NewMessage, Personal};
use futures_util::future::{BoxFuture, FutureExt, ready};
use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{broadcast, watch};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};
use tower::ServiceExt;
use vocabulary::centre::{Agent, Centre as SetUp, Change, EntryPoint, LastResort, LastResortTo, Queue, Role};
use vocabulary::event::Actor;
use vocabulary::{
    AgentName, Channel, ContactId, E164, Entry, EntryName, Event, FloorName, FlowName, Lane, Language, Needs, Presence,
    QueueName, RecordingId, Risk, TenantName, Time, Ulid,
};

/// Where time starts in these tests.
pub const START: i64 = 1_795_000_000_000;
/// Where requests come from.
pub const HERE: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 7)), 5_000);

pub fn staff(name: &str) -> AgentName {
    AgentName::new(name).expect("a name")
}

/// The n-th contact.
pub fn contact(n: u128) -> ContactId {
    ContactId(Ulid::from_parts(START as u64, n))
}

/// The world under test.
pub struct World {
    pub app: Router,
    pub state: ConsoleState,
    pub centre: Arc<TestCentre>,
    pub credentials: Credentials,
    pub crm: Crm,
    pub db: crm::Db,
    pub clock: Arc<AtomicI64>,
    _folder: tempfile::TempDir,
}

/// An answer, read to its end.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub bytes: Bytes,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).expect("a JSON body")
    }
}

impl World {
    pub async fn new() -> World {
        World::with_tls(false).await
    }

    pub async fn with_tls(secure: bool) -> World {
        let folder = tempfile::tempdir().expect("a folder");
        let db = crm::Db::open(&format!("sqlite:{}/centre.db", folder.path().display())).await.expect("opens");
        let keys = MasterKeys {
            ordinary: MasterKey::from_bytes([1; 32]),
            safeguarding: MasterKey::from_bytes([2; 32]),
        };
        let crm = Crm::open(db.clone(), keys).await.expect("opens");
        let clock = Arc::new(AtomicI64::new(START));
        let now = clock.clone();
        let time = Clock::from_fn(move || Time(now.load(Ordering::SeqCst)));
        let credentials = Credentials::open(db.clone(), &[3; 32], time.clone()).await.expect("opens");
        let centre = Arc::new(TestCentre::new(clock.clone(), crm.clone()));
        set_up(&centre);
        let state = ConsoleState::new(Parts {
            centre: centre.clone(),
            credentials: credentials.clone(),
            crm: crm.clone(),
            clock: time,
            secure,
        });
        let app = console::router(state.clone());
        World { app, state, centre, credentials, crm, db, clock, _folder: folder }
    }

    /// Moves time.
    pub fn pass(&self, millis: i64) {
        self.clock.fetch_add(millis, Ordering::SeqCst);
        self.centre.command(Command::Tick).expect("a tick is obeyed");
    }

    pub async fn get(&self, path: &str, cookie: &str) -> Answer {
        self.send(Method::GET, path, cookie, None).await
    }

    pub async fn post(&self, path: &str, cookie: &str, body: Value) -> Answer {
        self.send(Method::POST, path, cookie, Some(body)).await
    }

    pub async fn send(&self, method: Method, path: &str, cookie: &str, body: Option<Value>) -> Answer {
        let request = Request::builder().method(method).uri(path).header("x-hctc", "1");
        let request = request.header(header::COOKIE, cookie).header(header::CONTENT_TYPE, "application/json");
        let body = body.map_or(Body::empty(), |b| Body::from(b.to_string()));
        self.raw(request.body(body).expect("a request")).await
    }

    pub async fn raw(&self, mut request: Request<Body>) -> Answer {
        request.extensions_mut().insert(ConnectInfo(HERE));
        let response = self.app.clone().oneshot(request).await.expect("never fails");
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, 1 << 20).await.expect("a body");
        Answer { status: parts.status, headers: parts.headers, bytes }
    }

    /// Makes a user, logs in and gives the cookie as a browser sends it back.
    pub async fn log_in(&self, name: &str) -> String {
        let new = self.credentials.add(&staff(name)).await.expect("added");
        let answer = self.try_log_in(name, &new.password, &self.code(name).await).await;
        assert_eq!(answer.status, StatusCode::OK, "{:?}", answer.bytes);
        cookie_of(&answer)
    }

    pub async fn code(&self, name: &str) -> String {
        self.credentials.current_code(&staff(name)).await.expect("opens").expect("is there")
    }

    pub async fn try_log_in(&self, name: &str, password: &str, code: &str) -> Answer {
        let form = serde_json::json!({"name": name, "password": password, "code": code});
        self.post("/api/login", "", form).await
    }

    /// Serves the app on a port and gives its address.
    pub async fn serve(&self) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let app = self.app.clone().into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, app).await });
        address
    }
}

/// The cookie of an answer, as a browser sends it back.
pub fn cookie_of(answer: &Answer) -> String {
    let set = answer.headers[header::SET_COOKIE].to_str().expect("text");
    set.split(';').next().expect("a pair").to_owned()
}

/// A page's socket.
pub struct Page(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Page {
    /// Opens a socket as a page of ours does.
    pub async fn open(address: SocketAddr, path: &str, cookie: &str) -> Page {
        Page::try_open(address, path, cookie, Some(&format!("http://{address}"))).await.expect("opens")
    }

    /// Opens a socket from a page of this origin; the status when it is refused.
    pub async fn try_open(address: SocketAddr, path: &str, cookie: &str, origin: Option<&str>) -> Result<Page, u16> {
        let mut request = format!("ws://{address}{path}").into_client_request().expect("an address");
        request.headers_mut().insert("cookie", cookie.parse().expect("a header"));
        if let Some(origin) = origin {
            request.headers_mut().insert("origin", origin.parse().expect("a header"));
        }
        match tokio_tungstenite::connect_async(request).await {
            Ok((socket, _)) => Ok(Page(socket)),
            Err(tokio_tungstenite::tungstenite::Error::Http(response)) => Err(response.status().as_u16()),
            Err(other) => panic!("{other}"),
        }
    }

    pub async fn say(&mut self, frame: Value) {
        self.0.send(Message::Text(frame.to_string().into())).await.expect("sent");
    }

    /// The next frame; `None` when the server closed.
    pub async fn next(&mut self) -> Option<Value> {
        loop {
            match self.0.next().await? {
                Ok(Message::Text(text)) => return Some(serde_json::from_str(&text).expect("JSON")),
                Ok(Message::Close(_)) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    /// Reads on until a frame fits.
    pub async fn until(&mut self, fits: impl Fn(&Value) -> bool) -> Value {
        let reading = async {
            loop {
                let frame = self.next().await.expect("the socket stays open");
                if fits(&frame) {
                    return frame;
                }
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(20), reading).await.expect("the frame comes")
    }
}

/// Everything of the centre but the console.
pub struct TestCentre {
    inner: Mutex<Inner>,
    view: Mutex<Arc<View>>,
    figures: Mutex<Arc<Figures>>,
    bell: watch::Sender<u64>,
    lines: broadcast::Sender<Arc<ChatLine>>,
    clock: Arc<AtomicI64>,
    crm: Crm,
    pub controls: Mutex<Vec<CallControl>>,
    pub recordings: Mutex<BTreeMap<RecordingId, ContactId>>,
    pub played: Mutex<Vec<RecordingId>>,
}

struct Inner {
    floor: Floor,
    facts: Facts,
    figures: Figures,
    journal: Vec<Entry>,
}

impl TestCentre {
    fn new(clock: Arc<AtomicI64>, crm: Crm) -> TestCentre {
        let floor = FloorName::new("huduma").expect("a name");
        let view = View::empty(Time(START), Arc::new(SetUp::empty(floor.clone())));
        let inner = Inner {
            floor: Floor::new(floor),
            facts: Facts::default(),
            figures: Figures::default(),
            journal: Vec::new(),
        };
        TestCentre {
            inner: Mutex::new(inner),
            view: Mutex::new(Arc::new(view)),
            figures: Mutex::default(),
            bell: watch::Sender::new(0),
            lines: broadcast::Sender::new(64),
            clock,
            crm,
            controls: Mutex::default(),
            recordings: Mutex::default(),
            played: Mutex::default(),
        }
    }

    /// Gives the floor a command; its refusal comes back.
    pub fn command(&self, command: Command) -> Result<(), CentreError> {
        let mut inner = self.inner.lock().expect("free");
        let now = Time(self.clock.load(Ordering::SeqCst));
        let mut out = Vec::new();
        inner.floor.handle(now, command, &mut out);
        let mut refused = None;
        for output in out {
            match output {
                Output::Event(event) => inner.keep(now, event),
                Output::Effect(Effect::Refused(refusal)) => refused = Some(refusal),
                Output::Effect(_) => {}
            }
        }
        let Inner { floor, facts, figures, .. } = &mut *inner;
        let view = View::take(now, floor, Arc::new(floor.centre().clone()), facts);
        *self.view.lock().expect("free") = Arc::new(view);
        *self.figures.lock().expect("free") = Arc::new(figures.clone());
        self.bell.send_modify(|n| *n += 1);
        refused.map_or(Ok(()), |refusal| Err(refusal.into()))
    }

    pub fn obey(&self, command: Command) {
        self.command(command).expect("the floor obeys");
    }

    /// The contact's record as the journal has it, written to the CRM.
    pub async fn write_record(&self, contact: ContactId) {
        let journal = self.inner.lock().expect("free").journal.clone();
        let record = CrmRecord::from_events(contact, &journal).expect("it arrived");
        self.crm.records.write(&record).await.expect("written");
    }

    /// A contact comes in and waits in a queue.
    pub fn queue(&self, contact: ContactId, channel: Channel, queue: &str, lane: Lane, risk: Risk) {
        let tenant = TenantName::new("huduma").expect("a name");
        self.obey(Command::Arrive { contact, channel, tenant, entry: EntryName::new("main").expect("a name") });
        self.obey(Command::Enqueue {
            contact,
            queue: QueueName::new(queue).expect("a name"),
            needs: Needs::default(),
            lane: Some(lane),
            risk,
            language: Language::SW,
            base: None,
        });
    }

    pub fn presence(&self, agent: &str, presence: Presence) {
        let agent = staff(agent);
        self.obey(Command::SetPresence { by: Actor::Staff { name: agent.clone() }, agent, presence });
    }

    /// Says a line into a conversation, as the chat session does: first the store, then the bus.
    pub async fn line(&self, contact: ContactId, from: Speaker, client: &str, text: &str) -> u64 {
        let speaker = match from {
            Speaker::Citizen => crm::Speaker::Citizen,
            Speaker::Agent => crm::Speaker::Agent { name: staff("amina") },
            Speaker::Centre => crm::Speaker::Centre,
        };
        let at = Time(self.clock.load(Ordering::SeqCst));
        let new = NewMessage { seq: None, client: client.to_owned(), speaker, text: Personal::new(text), at };
        let seq = self.crm.messages.append(contact, &new).await.expect("kept").seq;
        self.bus(contact, seq, from, text);
        seq
    }

    /// Puts a line on the bus only: one that comes again, or late.
    pub fn bus(&self, contact: ContactId, seq: u64, from: Speaker, text: &str) {
        let line = ChatLine::Said { contact, seq, from, text: text.to_owned(), at: Time(START) };
        // No desk is open: nothing is lost, they read from the store.
        let _ = self.lines.send(Arc::new(line));
    }

    /// How many desks are open, and how many wait for a change.
    pub fn listeners(&self) -> (usize, usize) {
        (self.lines.receiver_count(), self.bell.receiver_count())
    }
}

impl Inner {
    fn keep(&mut self, at: Time, event: Event) {
        let entry = Entry { seq: self.journal.len() as u64 + 1, at, v: vocabulary::event::VERSION, event };
        self.facts.fold(&entry);
        self.figures.fold(&entry);
        self.journal.push(entry);
    }
}

impl Centre for TestCentre {
    fn story(&self, _: ContactId) -> BoxFuture<'_, Result<Vec<console::story::Told>, CentreError>> {
        let told = console::story::Told { at: Time(START), sw: "Iliingia.".into(), en: "Came in.".into() };
        ready(Ok(vec![told])).boxed()
    }
    fn floor_command(&self, command: Command) -> BoxFuture<'_, Result<(), CentreError>> {
        let joins = match &command {
            Command::Accept { contact, agent, .. } => Some(Command::Connect { contact: *contact, agent: agent.clone() }),
            _ => None,
        };
        let done = self.command(command);
        if let (Ok(()), Some(join)) = (&done, joins) {
            self.obey(join);
        }
        ready(done).boxed()
    }
    fn view(&self) -> Arc<View> {
        self.view.lock().expect("free").clone()
    }
    fn changes(&self) -> watch::Receiver<u64> {
        self.bell.subscribe()
    }
    fn figures(&self) -> Arc<Figures> {
        self.figures.lock().expect("free").clone()
    }
    fn call_control(&self, control: CallControl) -> BoxFuture<'_, Result<(), CentreError>> {
        self.controls.lock().expect("free").push(control);
        ready(Ok(())).boxed()
    }
    fn say(&self, contact: ContactId, _: AgentName, id: String, text: String) -> BoxFuture<'_, Result<u64, CentreError>> {
        async move { Ok(self.line(contact, Speaker::Agent, &id, &text).await) }.boxed()
    }
    fn agent_typing(&self, _: ContactId) {}
    fn messages(&self) -> broadcast::Receiver<Arc<ChatLine>> {
        self.lines.subscribe()
    }
    fn phone_registered(&self, _: &AgentName) -> bool {
        true
    }
    fn is_recording(&self, _: ContactId) -> bool {
        false
    }
    fn registrar(&self) -> String {
        "127.0.0.1:5060".to_owned()
    }
    fn contact_of(&self, recording: RecordingId) -> BoxFuture<'_, Result<ContactId, CentreError>> {
        let found = self.recordings.lock().expect("free").get(&recording).copied();
        ready(found.ok_or(CentreError::Absent)).boxed()
    }
    fn transcribes(&self) -> bool {
        false
    }
    fn play(&self, recording: RecordingId) -> BoxFuture<'_, Result<Playback, CentreError>> {
        self.played.lock().expect("free").push(recording);
        let contact = self.recordings.lock().expect("free").get(&recording).copied();
        let playback = contact.map(|contact| Playback { contact, wav: b"RIFF".to_vec(), complete: true });
        ready(playback.ok_or(CentreError::Absent)).boxed()
    }
    fn citizen_token(&self, entry: &EntryName) -> Result<WebCall, CentreError> {
        Ok(WebCall {
            token: "t0ken".to_owned(),
            user: "citizen-1".to_owned(),
            secret: "s".to_owned(),
            dial: format!("sip:{entry}@hctc"),
        })
    }
    fn health(&self) -> Health {
        Health { sip: true, http: true, journal: true, store: true }
    }
    fn metrics(&self) -> String {
        "agents{presence=\"ready\"} 0\n".to_owned()
    }
}

/// Two queues, two agents, two supervisors (one of each cleared for `gbv`) and an officer.
fn set_up(centre: &TestCentre) {
    let entry = EntryPoint {
        name: EntryName::new("main").expect("a name"),
        tenant: TenantName::new("huduma").expect("a name"),
        flow: FlowName::new("main").expect("a name"),
        number: Some(E164::parse("0206900020").expect("a number")),
    };
    let changes = [
        Change::QueueSet { queue: queue("general", Lane::Standard) },
        Change::QueueSet { queue: queue("siri", Lane::Gbv) },
        Change::EntrySet { entry },
        Change::AgentSet { agent: agent("amina", Role::Agent, false) },
        Change::AgentSet { agent: agent("wanjiku", Role::Agent, true) },
        Change::AgentSet { agent: agent("otieno", Role::Supervisor, false) },
        Change::AgentSet { agent: agent("achieng", Role::Supervisor, true) },
        Change::AgentSet { agent: agent("kamau", Role::Dpo, false) },
    ];
    for change in changes {
        centre.obey(Command::SetUp { change: Box::new(change), by: Actor::Centre });
    }
}

fn queue(name: &str, lane: Lane) -> Queue {
    let last_resort = match lane.is_safeguarding() {
        true => vec![LastResort { after_seconds: 60, to: LastResortTo::AnyAgent }],
        false => Vec::new(),
    };
    Queue {
        shown_as: BTreeMap::from([(Language::EN, format!("The {name} queue"))]),
        language: false,
        slope: 1,
        wrap_up_seconds: 30,
        last_resort,
        ..Queue::new(QueueName::new(name).expect("a name"), TenantName::new("huduma").expect("a name"), lane)
    }
}

fn agent(name: &str, role: Role, cleared: bool) -> Agent {
    Agent {
        shown_as: format!("{name} shown"),
        roles: BTreeSet::from([role]),
        languages: BTreeSet::from([Language::SW]),
        clearances: if cleared { BTreeSet::from([Lane::Gbv]) } else { BTreeSet::new() },
        text_contacts: 2,
        ..Agent::new(staff(name))
    }
}
