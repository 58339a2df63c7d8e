//! Where contacts come in: legs that were invited, conversations that were opened. Each gets an id,
//! a journey and a task. A call to a number that is not ours hears an apology and a proper SIP code.

use crate::contact::{ContactTask, legs, Services, TextLine, VoiceLine};
use crate::centre::Lines;
use crate::hub::News;
use crate::keeping::begin_conversation;
use chat::ChatEvent;
use journey::{Effect, Journey, Opening};
use sip_gateway::live::GatewayEvent;
use sha2::{Digest, Sha256};
use sip_gateway::sip::address::Dialled;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use vocabulary::centre::EntryPoint;
use vocabulary::event::Source;
use vocabulary::{CallerNumber, Channel, ContactId, E164, EntryName, Event, Language, LegId, Presentation};

/// SIP 404: the number is not ours (RFC 3261 §21.4.5).
const NOT_FOUND: u16 = 404;
/// SIP 503: no room (RFC 3261 §21.5.4).
const UNAVAILABLE: u16 = 503;
/// Live contacts beyond which a new one is refused. Memory is bounded by it; load is shed earlier, by
/// the flow, after the safety line.
const MOST_LIVE: usize = 4_000;

/// How long an apology may take, both languages and all.
const APOLOGY: Duration = Duration::from_secs(30);
/// The entry point of a conversation whose page names none.
const CHAT_PAGE: &str = "web_chat";

/// The reception of one floor.
pub struct Reception {
    services: Arc<Services>,
    lines: Lines,
    tasks: TaskTracker,
    salt: [u8; 32],
}

impl Reception {
    /// A reception that passes lines of conversations on to the desks, and counts contact tasks in
    /// `tasks`.
    pub fn new(services: Arc<Services>, lines: Lines, tasks: TaskTracker) -> Reception {
        Reception { services, lines, tasks, salt: rand::random() }
    }

    /// Takes what gateway and chat report until both are closed or it is told to stop.
    pub async fn run(
        self,
        mut legs: mpsc::Receiver<GatewayEvent>,
        mut conversations: mpsc::Receiver<ChatEvent>,
        stop: CancellationToken,
    ) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                Some(event) = legs.recv() => self.on_leg(event).await,
                Some(event) = conversations.recv() => self.on_conversation(event).await,
                else => return,
            }
        }
    }

    async fn on_leg(&self, event: GatewayEvent) {
        match event {
            GatewayEvent::Invited { leg, caller, dialled, .. } => self.invited(leg, caller, &dialled).await,
            GatewayEvent::Registered { agent } => {
                self.services.hub.stir();
                self.services.hub.tell_all(|| News::PhoneBack(agent.clone()));
            }
            GatewayEvent::Unregistered { .. } => self.services.hub.stir(),
            other => {
                if let Some(leg) = legs::of(&other) {
                    self.services.hub.tell_of_leg(leg, other);
                }
            }
        }
    }

    async fn invited(&self, leg: LegId, caller: CallerNumber, dialled: &Dialled) {
        if self.services.draining.is_cancelled() || self.services.hub.live() >= MOST_LIVE {
            metrics::counter!("contacts_refused_total", "why" => "full").increment(1);
            legs::ordered(self.services.gateway.reject(leg, UNAVAILABLE));
            return;
        }
        let Some(entry) = self.entry(dialled) else {
            metrics::counter!("contacts_refused_total", "why" => "unknown_number").increment(1);
            self.tasks.spawn(apologise(Arc::clone(&self.services), leg));
            return;
        };
        let contact = ContactId(self.services.clock.mint());
        let inbox = self.services.hub.open(contact);
        self.services.hub.own_leg(leg, contact);
        let services = Arc::clone(&self.services);
        let source = source_of(&self.salt, &caller);
        self.tasks.spawn(async move {
            let (place, safe_place) = kept_places(&services, contact, &caller).await;
            let opening = Opening { place, safe_place, source, ..opening(&services, contact, Channel::Voice, &entry) };
            let mut effects = Vec::new();
            let journey = Journey::start(Arc::clone(&services.flows), opening, &mut effects);
            let line = VoiceLine::new(leg, shown_as(&caller));
            let task = ContactTask::new(Arc::clone(&services), contact, journey, line.into(), inbox);
            legs::ordered(services.gateway.answer(leg));
            task.run(effects).await;
        });
    }

    fn entry(&self, dialled: &Dialled) -> Option<EntryPoint> {
        let picture = self.services.floor.picture();
        let centre = picture.centre();
        match dialled {
            Dialled::Number(number) => centre.entry_of(number).cloned(),
            Dialled::Entry(name) => centre.entries.get(name).cloned(),
            Dialled::Other(_) => None,
        }
    }

    async fn on_conversation(&self, event: ChatEvent) {
        self.lines.line(&event, self.services.clock.now());
        match event {
            ChatEvent::Opened { conversation, language, entry, phone, confidential, token_hash } => {
                let begun = begin_conversation(&self.services.crm, conversation, &token_hash, confidential);
                if let Err(error) = begun.await {
                    tracing::warn!(%error, "a conversation could not come back after a restart");
                }
                self.opened(conversation, language, entry, phone, confidential).await;
            }
            ChatEvent::Said { contact, text, .. } => {
                self.services.hub.tell(contact, News::Wrote(text));
            }
            ChatEvent::Left { contact, cause } => {
                self.services.hub.tell(contact, News::Left(cause));
            }
            ChatEvent::Typing { .. } | ChatEvent::Read { .. } => {}
            ChatEvent::Silent { contact } => tracing::info!(%contact, "a confidential conversation is silent"),
        }
    }

    async fn opened(
        &self,
        contact: ContactId,
        language: Option<Language>,
        entry: Option<EntryName>,
        phone: Option<String>,
        confidential: bool,
    ) {
        if self.services.draining.is_cancelled() {
            // The page comes back by itself once the centre has started again.
            let _ = self.services.chat.end(contact).await;
            return;
        }
        let entry = entry.or_else(|| EntryName::new(CHAT_PAGE).ok());
        let picture = self.services.floor.picture();
        let Some(entry) = entry.and_then(|name| picture.centre().entries.get(&name).cloned()) else {
            // The page names an entry this centre does not have; there is nobody to talk to behind it.
            let _ = self.services.chat.end(contact).await;
            return;
        };
        let inbox = self.services.hub.open(contact);
        let services = Arc::clone(&self.services);
        self.tasks.spawn(async move {
            // A confidential conversation asks for nothing and keeps nothing of who writes.
            if let Some(number) = phone.filter(|_| !confidential).and_then(|p| E164::parse(&p).ok()) {
                remember_number(&services, contact, &number).await;
            }
            let opening = Opening { language, confidential, ..opening(&services, contact, Channel::WebChat, &entry) };
            let mut effects = Vec::new();
            let mut journey = Journey::start(Arc::clone(&services.flows), opening, &mut effects);
            // Chosen on the page, before there was a flow to choose it in.
            effects.extend(language.map(|language| chosen(contact, language)));
            journey.handle(services.clock.now(), journey::Command::Begin, &mut effects);
            let line = TextLine::new(contact);
            ContactTask::new(Arc::clone(&services), contact, journey, line.into(), inbox).run(effects).await;
        });
    }
}

fn chosen(contact: ContactId, language: Language) -> Effect {
    Effect::Floor(Box::new(acd::Command::Report(Event::LanguageChosen { contact, language })))
}

fn opening(services: &Services, contact: ContactId, channel: Channel, entry: &EntryPoint) -> Opening {
    Opening {
        contact,
        channel,
        tenant: entry.tenant.clone(),
        entry: entry.name.clone(),
        flow: entry.flow.clone(),
        place: None,
        safe_place: None,
        retention_days: services.floor.picture().centre().rules.retention_days,
        language: None,
        confidential: false,
        source: None,
    }
}

/// A caller's number as a pseudonym that means nothing outside this run of the program.
fn source_of(salt: &[u8; 32], caller: &CallerNumber) -> Option<Source> {
    let CallerNumber { number: Some(number), presentation: Presentation::Allowed } = caller else { return None };
    let digest = Sha256::new().chain_update(salt).chain_update(number.to_string()).finalize();
    let (first, _) = digest.split_first_chunk::<8>().expect("a digest has 32 bytes");
    Some(Source(u64::from_be_bytes(*first)))
}

/// What an agent's phone may show of the caller.
fn shown_as(caller: &CallerNumber) -> String {
    match (&caller.number, caller.presentation) {
        (Some(number), Presentation::Allowed) => number.shown(),
        _ => "HCTC".to_owned(),
    }
}

/// Remembers the caller's number (sealed) and finds the places it suggests: one to claim by key after
/// the safety line, one that is offered only once 9 is pressed again. A withheld number suggests none.
async fn kept_places(
    services: &Services,
    contact: ContactId,
    caller: &CallerNumber,
) -> (Option<ContactId>, Option<ContactId>) {
    let CallerNumber { number: Some(number), presentation: Presentation::Allowed } = caller else {
        return (None, None);
    };
    let earlier = match services.crm.citizens.contacts_of(number).await {
        Ok(earlier) => earlier,
        Err(error) => {
            tracing::warn!(%error, "no place is suggested to a redial");
            Vec::new()
        }
    };
    remember_number(services, contact, number).await;
    let picture = services.floor.picture();
    let newest = |safeguarding: bool| {
        earlier.iter().copied().filter(|c| picture.place(*c).is_some_and(|lane| lane.is_safeguarding() == safeguarding)).max()
    };
    (newest(false), newest(true))
}

async fn remember_number(services: &Services, contact: ContactId, number: &E164) {
    let linked = async {
        let citizen = services.crm.citizens.find_or_create(number, services.clock.now()).await?;
        services.crm.citizens.link(contact, citizen).await
    };
    if let Err(error) = linked.await {
        tracing::warn!(%error, "a contact stays without its citizen");
    }
}

/// Says sorry in both languages, then 404.
async fn apologise(services: Arc<Services>, leg: LegId) {
    let contact = ContactId(services.clock.mint());
    let mut inbox = services.hub.open(contact);
    services.hub.own_leg(leg, contact);
    let clips = [Language::SW, Language::EN].iter().filter_map(|l| services.prompts.clip(*l, "unknown_number")).collect();
    legs::ordered(services.gateway.early_media(leg));
    legs::ordered(services.gateway.play(leg, 1, clips, false));
    let heard = async {
        while let Some(news) = inbox.recv().await {
            match news {
                News::Leg(GatewayEvent::Played { .. }) => return true,
                News::Leg(GatewayEvent::Ended { .. }) => return false,
                _ => {}
            }
        }
        true
    };
    // A caller whose media never comes up is told by the code alone.
    if tokio::time::timeout(APOLOGY, heard).await.unwrap_or(true) {
        legs::ordered(services.gateway.reject(leg, NOT_FOUND));
    }
    services.hub.close(contact);
}
