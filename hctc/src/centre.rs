//! The centre as the console sees it: [`console::ports::Centre`] over the floor, the gateway, the chat
//! and the keeper.

mod tokens;

use crate::contact::Services;
use crate::floor::Unheard;
use crate::hub::{Control, News};
use crate::keeping::Player;
use acd::figures::Figures;
use chat::ChatEvent;
use console::credentials::devices::Devices as StaffDevices;
use console::ports::{CallControl, Centre, CentreError, ChatLine, Health, Playback, Speaker, Told, View, WebCall};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use metrics_exporter_prometheus::PrometheusHandle;
use sip_gateway::live::{Device, Devices, WebIdentity};
use sip_gateway::sip::address::Dialled;
use std::net::SocketAddr;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokens::Tokens;
use tokio::sync::{broadcast, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use vocabulary::{AgentName, ContactId, EntryName, Party, RecordingId, Time};

/// Lines a slow desk may be behind before it reads again from the store.
const LINES_BEHIND: usize = 1_024;
/// Lines of agents remembered so that one sent again is one line.
const SAID_REMEMBERED: usize = 20_000;
/// How often the store is asked whether it answers.
const PROBE_EVERY: Duration = Duration::from_secs(5);

/// What it is made of.
pub struct Parts {
    /// What contact tasks work with.
    pub services: Arc<Services>,
    /// Opens recordings.
    pub player: Player,
    /// Where desk phones register.
    pub registrar: SocketAddr,
    /// Renders the metrics.
    pub metrics: PrometheusHandle,
    /// Lines of conversations on their way to the desks.
    pub lines: Lines,
    /// Cancelled when the gateway has stopped.
    pub sip_stopped: CancellationToken,
    /// The journal's database, for stories.
    pub journal: crm::Db,
}

/// The one implementation.
pub struct LiveCentre {
    services: Arc<Services>,
    player: Player,
    registrar: SocketAddr,
    tokens: Tokens,
    metrics: PrometheusHandle,
    lines: Lines,
    said: Mutex<BTreeMap<(ContactId, String), u64>>,
    version: watch::Sender<u64>,
    sip_stopped: CancellationToken,
    journal: crm::Db,
    stories: tokio::sync::Mutex<()>,
    http: AtomicBool,
    store: AtomicBool,
}

/// Lines of conversations on their way to the desks. Cheap to clone.
#[derive(Clone)]
pub struct Lines(broadcast::Sender<Arc<ChatLine>>);

impl Lines {
    /// Nobody listens yet.
    pub fn new() -> Lines {
        Lines(broadcast::channel(LINES_BEHIND).0)
    }

    /// Passes on what a citizen writes. With no desk open nothing is lost: desks read from the store.
    pub fn line(&self, event: &ChatEvent, at: Time) {
        let line = match event {
            ChatEvent::Said { contact, seq, text, .. } => {
                ChatLine::Said { contact: *contact, seq: *seq, from: Speaker::Citizen, text: text.clone(), at }
            }
            ChatEvent::Typing { contact } => ChatLine::Typing { contact: *contact },
            _ => return,
        };
        let _ = self.0.send(Arc::new(line));
    }
}

/// Staff devices, as the gateway asks for them.
pub struct DeviceList(StaffDevices);

impl DeviceList {
    /// Over the console's credentials.
    pub fn new(devices: StaffDevices) -> DeviceList {
        DeviceList(devices)
    }
}

impl Devices for DeviceList {
    fn find(&self, user: &str) -> Option<Device> {
        let device = self.0.find(user)?;
        Some(Device { agent: device.agent, ha1_md5: device.ha1_md5 })
    }
}

impl LiveCentre {
    /// A centre over running services.
    pub fn new(parts: Parts) -> LiveCentre {
        let (version, _) = watch::channel(0);
        LiveCentre {
            services: parts.services,
            player: parts.player,
            registrar: parts.registrar,
            tokens: Tokens::default(),
            metrics: parts.metrics,
            lines: parts.lines,
            said: Mutex::default(),
            version,
            sip_stopped: parts.sip_stopped,
            journal: parts.journal,
            stories: tokio::sync::Mutex::default(),
            http: AtomicBool::new(false),
            store: AtomicBool::new(true),
        }
    }

    /// From now on HTTP is served.
    pub fn http_is_up(&self) {
        self.http.store(true, Ordering::Release);
    }

    /// Who a one-use token stands for; it is spent by asking.
    pub fn take_token(&self, token: &str) -> Option<WebIdentity> {
        let entry = self.tokens.take(token, self.services.clock.now())?;
        Some(WebIdentity::Citizen { number: Dialled::Entry(entry), token: token.to_owned() })
    }

    /// Starts what keeps this picture of the centre fresh.
    pub fn follow(self: &Arc<Self>, tasks: &TaskTracker, stop: CancellationToken) {
        let centre = Arc::clone(self);
        let mut pictures = self.services.floor.changes();
        let stopping = stop.clone();
        tasks.spawn(async move {
            centre.gauge();
            loop {
                tokio::select! {
                    () = stopping.cancelled() => return,
                    changed = pictures.changed() => if changed.is_err() { return },
                    // Phones and tapes are no part of the floor, yet desks show them.
                    () = centre.services.hub.stirred() => {}
                }
                centre.version.send_modify(|version| *version += 1);
                centre.gauge();
            }
        });
        let centre = Arc::clone(self);
        tasks.spawn(async move {
            let mut probe = tokio::time::interval(PROBE_EVERY);
            loop {
                tokio::select! {
                    () = stop.cancelled() => return,
                    _ = probe.tick() => {}
                }
                let answers = centre.services.crm.services.search("").await.is_ok();
                centre.store.store(answers, Ordering::Release);
            }
        });
    }

    fn gauge(&self) {
        let picture = self.services.floor.picture();
        let (mut ready, mut away, mut offline) = (0, 0, 0);
        for agent in picture.view.agents.values() {
            match agent.presence {
                vocabulary::Presence::Ready => ready += 1,
                vocabulary::Presence::Away { .. } => away += 1,
                vocabulary::Presence::Offline => offline += 1,
            }
        }
        for (presence, count) in [("ready", ready), ("away", away), ("offline", offline)] {
            metrics::gauge!("agents", "presence" => presence).set(f64::from(count));
        }
        metrics::gauge!("contacts_live").set(picture.view.contacts.len() as f64);
    }

    fn said(&self) -> MutexGuard<'_, BTreeMap<(ContactId, String), u64>> {
        self.said.lock().expect("no holder of this lock can panic: it only moves map entries")
    }

    fn tell(&self, contact: ContactId, news: News) -> Result<(), CentreError> {
        if self.services.hub.tell(contact, news) { Ok(()) } else { Err(CentreError::Absent) }
    }
}

fn heard(result: Result<(), Unheard>) -> Result<(), CentreError> {
    result.map_err(|unheard| match unheard {
        Unheard::Refused(refusal) => CentreError::from(refusal),
        Unheard::Closed => CentreError::Unavailable,
    })
}

impl Centre for LiveCentre {
    fn floor_command(&self, command: acd::Command) -> BoxFuture<'_, Result<(), CentreError>> {
        async move {
            // A text contact is accepted on the desk, but by its own task: it has things to do first.
            if let acd::Command::Accept { contact, agent, .. } = &command {
                return self.tell(*contact, News::AgentAccepted(agent.clone()));
            }
            heard(self.services.floor.ask(command).await)
        }
        .boxed()
    }

    fn view(&self) -> Arc<View> {
        Arc::clone(&self.services.floor.picture().view)
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.version.subscribe()
    }

    fn figures(&self) -> Arc<Figures> {
        Arc::clone(&self.services.floor.picture().figures)
    }

    fn call_control(&self, control: CallControl) -> BoxFuture<'_, Result<(), CentreError>> {
        let (contact, agent, control) = match control {
            CallControl::HangUp { contact, agent } => (contact, agent, Control::HangUp(Party::Agent)),
            CallControl::Hold { contact, agent, on } => (contact, agent, Control::Hold(on)),
        };
        async move {
            let picture = self.services.floor.picture();
            if picture.agent_of(contact).as_ref() != Some(&agent) {
                return Err(CentreError::Absent);
            }
            self.tell(contact, News::Control(control))
        }
        .boxed()
    }

    fn say(
        &self,
        contact: ContactId,
        agent: AgentName,
        id: String,
        text: String,
    ) -> BoxFuture<'_, Result<u64, CentreError>> {
        async move {
            // A desk that did not hear our answer sends the line again under the same id.
            if let Some(seq) = self.said().get(&(contact, id.clone())) {
                return Ok(*seq);
            }
            let shown = self.services.floor.picture().first_name(&agent).unwrap_or_default();
            let kept = self.services.chat.say(contact, chat::Speaker::Agent(shown), &text).await;
            let seq = kept.map_err(|error| match error {
                chat::HubError::NoSuchConversation => CentreError::Absent,
                chat::HubError::Refused(_) => CentreError::Unavailable,
            })?;
            let mut said = self.said();
            if said.len() >= SAID_REMEMBERED {
                said.clear();
            }
            said.insert((contact, id), seq);
            drop(said);
            let at = self.services.clock.now();
            let _ = self.lines.0.send(Arc::new(ChatLine::Said { contact, seq, from: Speaker::Agent, text, at }));
            Ok(seq)
        }
        .boxed()
    }

    fn agent_typing(&self, contact: ContactId) {
        let chat = self.services.chat.clone();
        tokio::spawn(async move {
            // Lost without harm.
            let _ = chat.typing(contact).await;
        });
    }

    fn messages(&self) -> broadcast::Receiver<Arc<ChatLine>> {
        self.lines.0.subscribe()
    }

    fn phone_registered(&self, agent: &AgentName) -> bool {
        self.services.gateway.registered(agent)
    }

    fn is_recording(&self, contact: ContactId) -> bool {
        self.services.on_tape.has(contact)
    }

    fn contact_of(&self, recording: RecordingId) -> BoxFuture<'_, Result<ContactId, CentreError>> {
        self.player.contact_of(recording).boxed()
    }

    fn transcribes(&self) -> bool {
        self.player.transcribes
    }

    fn registrar(&self) -> String {
        self.registrar.to_string()
    }

    fn play(&self, recording: RecordingId) -> BoxFuture<'_, Result<Playback, CentreError>> {
        self.player.play(recording).boxed()
    }

    fn citizen_token(&self, entry: &EntryName) -> Result<WebCall, CentreError> {
        let picture = self.services.floor.picture();
        let Some(entry) = picture.centre().entries.get(entry) else { return Err(CentreError::Absent) };
        self.tokens.mint(entry.name.clone(), self.services.clock.now()).ok_or(CentreError::Unavailable)
    }

    fn story(&self, contact: ContactId) -> BoxFuture<'_, Result<Vec<Told>, CentreError>> {
        async move {
            // Each reading goes through a part of the journal: one after the other.
            let _turn = self.stories.lock().await;
            let floor = self.services.floor.picture().centre().floor.clone();
            match crate::journal::story::of(&self.journal, &floor, contact).await {
                Ok(story) if story.is_empty() => Err(CentreError::Absent),
                Ok(story) => Ok(story),
                Err(error) => Err(CentreError::Fault(Box::new(error))),
            }
        }
        .boxed()
    }

    fn health(&self) -> Health {
        Health {
            sip: !self.sip_stopped.is_cancelled(),
            http: self.http.load(Ordering::Acquire),
            journal: self.services.floor.journal_ok(),
            store: self.store.load(Ordering::Acquire),
        }
    }

    fn metrics(&self) -> String {
        self.metrics.render()
    }
}
