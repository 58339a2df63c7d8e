//! Each figure against a small journal written out by hand.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

use super::*;
use vocabulary::event::Actor;
use vocabulary::{Channel, FloorName, Needs, Risk, TenantName, Ulid};

struct Book(Figures, u64);

impl Book {
    fn new() -> Book {
        let mut book = Book(Figures::default(), 0);
        for (queue, lane) in [("general", Lane::Standard), ("gbv", Lane::Gbv)] {
            let change = Change::QueueSet { queue: queue_of(queue, lane) };
            book.fold(0, Event::SetUp { change: Box::new(change), by: Actor::Centre });
        }
        book
    }

    fn fold(&mut self, seconds: i64, event: Event) {
        self.1 += 1;
        self.0.fold(&Entry { seq: self.1, at: Time(seconds * 1_000), v: 1, event });
    }

    fn arrive(&mut self, seconds: i64, contact: u128) {
        let tenant = TenantName::new("huduma").unwrap();
        let entry = vocabulary::EntryName::new("phone").unwrap();
        self.fold(seconds, Event::Arrived { contact: id(contact), channel: Channel::Voice, tenant, entry });
    }

    fn queue(&mut self, seconds: i64, contact: u128, queue: &str, lane: Lane) {
        let queue = QueueName::new(queue).unwrap();
        let arrived = Time(seconds * 1_000);
        let needs = Needs::default();
        let risk = Risk::P3;
        self.fold(seconds, Event::Queued { contact: id(contact), queue, needs, lane, risk, base: 0, arrived });
    }

    fn connect(&mut self, seconds: i64, contact: u128, agent: &str) {
        self.fold(seconds, Event::Connected { contact: id(contact), agent: AgentName::new(agent).unwrap() });
    }

    fn end(&mut self, seconds: i64, contact: u128, by: Party, cause: EndCause) {
        self.fold(seconds, Event::Ended { contact: id(contact), by, cause });
    }

    fn wrap(&mut self, seconds: i64, contact: u128) {
        let agent = AgentName::new("asha").unwrap();
        self.fold(seconds, Event::WrappedUp { contact: id(contact), agent, disposition: None });
    }

    fn total(&self) -> Counts {
        let view = self.0.view(&BTreeSet::new());
        assert!(view.total.adds_up() && view.rows.iter().all(|row| row.counts.adds_up()), "{view:?}");
        view.total
    }
}

fn id(n: u128) -> ContactId {
    ContactId(Ulid(n))
}

fn queue_of(name: &str, lane: Lane) -> vocabulary::centre::Queue {
    vocabulary::centre::Queue {
        language: false,
        slope: 1,
        wrap_up_seconds: 30,
        ..vocabulary::centre::Queue::new(QueueName::new(name).unwrap(), TenantName::new("huduma").unwrap(), lane)
    }
}

#[test]
fn each_outcome_is_counted_once() {
    let mut book = Book::new();
    for contact in 1..=8 {
        book.arrive(0, contact);
    }
    assert_eq!(book.total().in_flow, 8);
    book.end(5, 1, Party::Centre, EndCause::SelfServed);
    book.end(5, 2, Party::Centre, EndCause::Busy);
    book.end(5, 3, Party::Citizen, EndCause::Normal);
    for contact in 4..=8 {
        book.queue(10, contact, "general", Lane::Standard);
    }
    assert_eq!((book.total().waiting, book.0.view(&BTreeSet::new()).waiting_since), (5, Some(Time(10_000))));
    book.end(12, 4, Party::Citizen, EndCause::Normal);
    book.end(40, 5, Party::Citizen, EndCause::Lost);
    book.end(40, 6, Party::Centre, EndCause::Restart);
    book.connect(30, 7, "asha");
    book.connect(31, 8, "asha");
    let total = book.total();
    let outcomes =
        [total.self_served, total.refused, total.left, total.abandoned, total.abandoned_short, total.dropped];
    assert_eq!(outcomes, [1, 1, 1, 2, 1, 1]);
    assert_eq!((total.arrived, total.answered, total.in_time, total.waiting), (8, 2, 1, 0));
    assert_eq!(total.service_level_of_answered(), Some(500));
    assert_eq!(total.service_level_of_offered(), Some(333), "the short abandon is left out");
}

#[test]
fn waits_and_handling_are_measured_from_the_queue() {
    let mut book = Book::new();
    book.arrive(0, 1);
    book.queue(100, 1, "general", Lane::Standard);
    book.connect(130, 1, "asha");
    assert_eq!((book.total().wait_sum, book.total().handled), (Span::seconds(30), 0));
    book.end(190, 1, Party::Citizen, EndCause::Normal);
    assert_eq!(book.total().handled, 0, "not before it is wrapped up");
    book.wrap(200, 1);
    let total = book.total();
    assert_eq!((total.handled, total.handled_sum(), total.wait_longest), (1, Span::seconds(70), Span::seconds(30)));
}

#[test]
fn a_contact_served_twice_after_a_lost_agent_is_answered_once() {
    let mut book = Book::new();
    book.arrive(0, 1);
    book.queue(0, 1, "general", Lane::Standard);
    book.connect(10, 1, "asha");
    book.fold(20, Event::ConnectFailed { contact: id(1), agent: AgentName::new("asha").unwrap() });
    assert_eq!((book.total().answered, book.total().waiting), (1, 0));
    book.connect(50, 1, "asha");
    book.end(60, 1, Party::Agent, EndCause::Normal);
    book.wrap(65, 1);
    let total = book.total();
    assert_eq!((total.answered, total.wait_sum, total.handled_sum()), (1, Span::seconds(10), Span::seconds(25)));
}

#[test]
fn an_outside_line_has_no_wrap_up_to_wait_for() {
    let mut book = Book::new();
    book.arrive(0, 1);
    book.queue(0, 1, "gbv", Lane::Gbv);
    book.connect(30, 1, "outside.1195");
    book.end(90, 1, Party::Citizen, EndCause::Normal);
    assert!(book.0.live.is_empty());
    assert_eq!((book.total().answered, book.total().handled), (1, 0));
}

#[test]
fn without_clearance_safeguarding_is_only_in_figures_of_everyone() {
    let mut book = Book::new();
    book.arrive(0, 1);
    book.arrive(0, 2);
    book.queue(1, 1, "gbv", Lane::Gbv);
    book.queue(1, 2, "general", Lane::Standard);
    book.fold(11, Event::AlarmRaised { alarm: Alarm::SafeguardingWaiting, contact: Some(id(1)) });
    let open = book.0.view(&BTreeSet::new());
    let told = serde_json::to_string(&open).unwrap();
    assert!(!told.contains("gbv") && !told.contains("safeguarding"), "{told}");
    assert_eq!((open.total.arrived, open.total.waiting, open.rows.len()), (2, 2, 2));
    let other = book.0.view(&BTreeSet::from([Lane::Child]));
    assert!(other.rows.iter().all(|row| row.lane != Lane::Gbv));
    let cleared = book.0.view(&BTreeSet::from([Lane::Gbv]));
    assert_eq!(cleared.total, open.total);
    assert!(cleared.rows.iter().any(|row| row.lane == Lane::Gbv && row.counts.waiting == 1));
    assert_eq!(cleared.alarms, [Alarm::SafeguardingWaiting]);
}

#[test]
fn a_contact_made_confidential_moves_with_all_its_figures() {
    let mut book = Book::new();
    book.arrive(0, 1);
    book.queue(0, 1, "general", Lane::Standard);
    book.connect(10, 1, "asha");
    let (lane, risk) = (Lane::Gbv, Risk::P1);
    book.fold(20, Event::Reclassified { contact: id(1), lane, risk, by: Actor::Centre });
    book.end(60, 1, Party::Citizen, EndCause::Normal);
    book.wrap(70, 1);
    let rows = book.0.view(&BTreeSet::from([Lane::Gbv])).rows;
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].lane, rows[0].counts.answered, rows[0].counts.in_time), (Lane::Gbv, 1, 1));
}

#[test]
fn agents_are_counted_by_presence_and_survive_the_snapshot() {
    let mut book = Book::new();
    book.fold(0, Event::FloorOpened { floor: FloorName::new("nairobi").unwrap() });
    let away = Presence::Away { reason: vocabulary::ReasonName::new("meal").unwrap() };
    for (agent, presence) in [("a", Presence::Ready), ("b", Presence::Ready), ("c", away), ("d", Presence::Offline)] {
        let agent = AgentName::new(agent).unwrap();
        book.fold(1, Event::PresenceSet { agent, presence, by: Actor::Centre });
    }
    let agents = book.0.view(&BTreeSet::new()).agents;
    let expected = [("ready", 2), ("away.meal", 1), ("offline", 1)].map(|(k, n)| (String::from(k), n));
    assert_eq!(agents, BTreeMap::from(expected));
    let text = serde_json::to_string(&book.0).unwrap();
    assert_eq!(serde_json::from_str::<Figures>(&text).unwrap(), book.0);
}
