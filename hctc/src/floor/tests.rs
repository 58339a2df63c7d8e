//! The floor task over a real journal that for a while takes nothing.

use super::{Deliver, FloorHandle, FloorTask, Unheard, open};
use crate::clock::Clock;
use crate::journal;
use acd::{Command, Effect};
use crm::Db;
use std::path::Path;
use std::sync::{Arc, Mutex};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use vocabulary::centre::Centre;
use vocabulary::event::Actor;
use vocabulary::{
    AgentName, Channel, ContactId, Entry, EntryName, Event, Language, Needs, Presence, QueueName, Risk, TenantName,
};

const CENTRE: &str = include_str!("../../../centre.toml");

/// Effects as they leave.
#[derive(Clone, Default)]
struct World(Arc<Seen>);

#[derive(Default)]
struct Seen {
    effects: Mutex<Vec<Effect>>,
    more: Notify,
}

impl World {
    /// Waits until an agent is rung for a contact.
    async fn rung(&self, contact: ContactId) -> (u32, AgentName) {
        loop {
            let more = self.0.more.notified();
            if let Some(found) = self.ring(contact) {
                return found;
            }
            more.await;
        }
    }

    fn ring(&self, of: ContactId) -> Option<(u32, AgentName)> {
        self.0.effects.lock().expect("no panic").iter().find_map(|effect| match effect {
            Effect::Ring { contact, offer, agent, .. } if *contact == of => Some((*offer, agent.clone())),
            _ => None,
        })
    }
}

impl Deliver for World {
    fn deliver(&mut self, effect: Effect) {
        self.0.effects.lock().expect("no panic").push(effect);
        self.0.more.notify_waiters();
    }

    fn entry(&mut self, _: &Entry) {}
}

struct Running {
    floor: FloorHandle,
    clock: Clock,
    world: World,
    stop: CancellationToken,
    task: JoinHandle<Result<(), journal::JournalError>>,
}

async fn file(folder: &Path) -> Db {
    Db::open(&format!("sqlite:{}", folder.join("journal.db").display())).await.expect("a database")
}

impl Running {
    async fn start(db: &Db) -> Running {
        let clock = Clock::start();
        let seed = Centre::parse("centre.toml", CENTRE).expect("the demo centre");
        let opened = open(db.clone(), &seed, &clock).await.expect("a floor");
        let world = World::default();
        let (task, floor) = FloorTask::new(opened, clock.clone(), world.clone());
        let stop = CancellationToken::new();
        let task = tokio::spawn(task.run(stop.clone()));
        Running { floor, clock, world, stop, task }
    }

    async fn ready(&self, agent: &str) {
        let agent = AgentName::new(agent).expect("a name");
        let by = Actor::Staff { name: agent.clone() };
        self.floor.ask(Command::SetPresence { agent, presence: Presence::Ready, by }).await.expect("ready");
    }

    async fn arrive(&self) -> ContactId {
        let contact = ContactId(self.clock.mint());
        let (tenant, entry) = (TenantName::new("huduma").expect("a name"), EntryName::new("phone").expect("a name"));
        let arrive = Command::Arrive { contact, channel: Channel::Voice, tenant, entry };
        self.floor.ask(arrive).await.expect("a caller is always taken in");
        contact
    }

    fn enqueue(&self, contact: ContactId, queue: &str, risk: Risk) -> Command {
        let queue = QueueName::new(queue).expect("a name");
        let (needs, language) = (Needs::default(), Language::SW);
        Command::Enqueue { contact, queue, needs, lane: None, risk, language, base: None }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stalled_journal_keeps_ordinary_contacts_back_and_the_safe_line_going() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = file(folder.path()).await;
    let centre = Running::start(&db).await;
    centre.ready("amina").await;
    centre.ready("neema").await;
    centre.ready("zawadi").await;

    let other = file(folder.path()).await;
    let locked = journal::lock_out(&other).await;
    let mut health = centre.floor.journal_ok.clone();
    let ordinary = centre.arrive().await;
    health.wait_for(|ok| !ok).await.expect("the floor lives");
    centre.floor.ask(centre.enqueue(ordinary, "general", Risk::P3)).await.expect("it waits");

    // From arrival to conversation without one durable entry.
    let safe = centre.arrive().await;
    centre.floor.ask(centre.enqueue(safe, "gbv", Risk::P1)).await.expect("it waits");
    let (offer, agent) = centre.world.rung(safe).await;
    centre.floor.ask(Command::Accept { contact: safe, offer, agent: agent.clone() }).await.expect("a winner");
    centre.floor.ask(Command::Connect { contact: safe, agent }).await.expect("they talk");
    assert_eq!(centre.world.ring(ordinary), None, "an ordinary contact waits for the journal");
    let stored = journal::of_contact(&db, safe).await.expect("readable");
    assert_eq!(stored, [], "nothing of it is written yet");

    drop(locked);
    health.wait_for(|ok| *ok).await.expect("the floor lives");
    let (offer, agent) = centre.world.rung(ordinary).await;
    centre.floor.ask(Command::Accept { contact: ordinary, offer, agent }).await.expect("a winner");

    // Everything is in the journal after all, in order, and that it was late.
    centre.stop.cancel();
    centre.task.await.expect("no panic").expect("not fenced");
    let told: Vec<Event> = journal::of_contact(&db, safe).await.expect("readable").into_iter().map(|e| e.event).collect();
    assert!(matches!(told.first(), Some(Event::Arrived { .. })), "{told:?}");
    assert!(told.iter().any(|event| matches!(event, Event::Connected { .. })), "{told:?}");
    let floor = vocabulary::FloorName::new("nairobi").expect("a name");
    let others = journal::of_no_contact(&db, &floor).await.expect("readable");
    let late = others.iter().filter(|e| matches!(e.event, Event::RanUnjournaled { events, .. } if events >= 6)).count();
    assert_eq!(late, 1, "{others:?}");

    // And what was served from memory is what the journal tells.
    let before = Running::start(&db).await;
    assert!(before.floor.picture().contact(ordinary).is_none(), "its call died with the process");
    before.stop.cancel();
    before.task.await.expect("no panic").expect("not fenced");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_promise_about_an_ordinary_contact_waits_until_it_is_durable() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = file(folder.path()).await;
    let centre = Running::start(&db).await;
    centre.ready("amina").await;
    let contact = centre.arrive().await;
    centre.floor.ask(centre.enqueue(contact, "general", Risk::P3)).await.expect("it waits");
    let (offer, agent) = centre.world.rung(contact).await;

    let other = file(folder.path()).await;
    let locked = journal::lock_out(&other).await;
    let mut health = centre.floor.journal_ok.clone();
    let floor = centre.floor.clone();
    let accepted = tokio::spawn(async move { floor.ask(Command::Accept { contact, offer, agent }).await });
    health.wait_for(|ok| !ok).await.expect("the floor lives");
    // A refusal is no promise: it is told at once.
    let nobody = AgentName::new("nobody").expect("a name");
    let refused = centre.floor.ask(Command::Accept { contact, offer, agent: nobody }).await;
    assert!(matches!(refused, Err(Unheard::Refused(_))), "{refused:?}");
    assert!(!accepted.is_finished(), "yes is said when it is durable");
    drop(locked);
    accepted.await.expect("no panic").expect("a winner");
    centre.stop.cancel();
    centre.task.await.expect("no panic").expect("not fenced");
}
