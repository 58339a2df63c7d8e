//! Each figure against a small journal written out by hand.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

use super::*;
use vocabulary::centre::Treatment;
use vocabulary::event::{Actor, HelpKind, OverflowCause, TransferCause};
use vocabulary::{Channel, FloorName, Needs, Risk, TenantName, Ulid};

struct Journal(Figures, u64);

impl Journal {
    fn new() -> Journal {
        let mut book = Journal(Figures::default(), 0);
        for (queue, lane) in [("general", Lane::Standard), ("second", Lane::Standard), ("gbv", Lane::Gbv)] {
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
    let mut book = Journal::new();
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
    let mut book = Journal::new();
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
    let mut book = Journal::new();
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
    let mut book = Journal::new();
    book.arrive(0, 1);
    book.queue(0, 1, "gbv", Lane::Gbv);
    book.connect(30, 1, "outside.1195");
    book.end(90, 1, Party::Citizen, EndCause::Normal);
    assert!(book.0.live.is_empty());
    assert_eq!((book.total().answered, book.total().handled), (1, 0));
}

#[test]
fn without_clearance_safeguarding_is_only_in_figures_of_everyone() {
    let mut book = Journal::new();
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
    let mut book = Journal::new();
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
    let mut book = Journal::new();
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

fn agent(name: &str) -> AgentName {
    AgentName::new(name).unwrap()
}

fn set_up(change: Change) -> Event {
    Event::SetUp { change: Box::new(change), by: Actor::Centre }
}

/// The row of a key in the table of the first day.
fn cell(book: &Journal, seconds: i64, by: By, key: &str) -> Cell {
    let everyone: BTreeSet<Lane> = Lane::ALL.into_iter().collect();
    let books = book.0.books(Time(seconds * 1_000));
    let table = table(&books, Scope { clearances: &everyone }, by, Step::Day, 5).unwrap();
    let mut found = table.rows.into_iter().filter(|cell| cell.key.as_deref() == Some(key));
    found.next().unwrap_or_else(|| panic!("no row {key}"))
}

#[test]
fn a_transferred_contact_counts_once_and_in_each_queue_it_entered() {
    let mut book = Journal::new();
    book.arrive(0, 1);
    book.queue(0, 1, "general", Lane::Standard);
    book.connect(10, 1, "asha");
    let (contact, by) = (id(1), Actor::Centre);
    book.fold(70, Event::Transferred { contact, agent: agent("asha"), why: TransferCause::Escalated, by });
    book.fold(70, Event::WrapUpStarted { contact, agent: agent("asha"), until: Time(100_000) });
    book.queue(70, 1, "second", Lane::Standard);
    book.wrap(80, 1);
    book.connect(100, 1, "juma");
    book.end(130, 1, Party::Citizen, EndCause::Normal);
    assert_eq!(book.total().handled, 0);
    book.fold(135, Event::WrappedUp { contact, agent: agent("juma"), disposition: None });
    let total = book.total();
    assert_eq!((total.arrived, total.answered, total.handled, total.transferred), (1, 1, 1, 1));
    let spent = [total.talk, total.wrap_up, total.wait_sum];
    assert_eq!(spent, [90, 15, 10].map(Span::seconds), "what both agents spent; the first wait");
    let (first, second) = (cell(&book, 200, By::Queue, "general"), cell(&book, 200, By::Queue, "second"));
    assert_eq!((first.counts.answered, first.counts.talk, first.counts.transferred), (1, Span::seconds(60), 1));
    assert_eq!((second.counts.answered, second.counts.wait_sum, second.counts.transferred), (1, Span::seconds(30), 0));
    let of = |name: &str| cell(&book, 200, By::Agent, name).work.handled;
    assert_eq!((of("asha"), of("juma")), (1, 1));
}

#[test]
fn who_went_on_unanswered_has_moved() {
    let mut book = Journal::new();
    book.arrive(0, 1);
    book.queue(0, 1, "general", Lane::Standard);
    let (queue, to) = (QueueName::new("general").unwrap(), Treatment::Queue(QueueName::new("second").unwrap()));
    book.fold(40, Event::Overflowed { contact: id(1), queue, to, why: OverflowCause::NobodyOnShift });
    book.queue(40, 1, "second", Lane::Standard);
    book.end(100, 1, Party::Citizen, EndCause::Normal);
    let (first, second) = (cell(&book, 200, By::Queue, "general").counts, cell(&book, 200, By::Queue, "second").counts);
    assert_eq!((first.moved, first.abandoned, first.overflowed), (1, 0, 1));
    assert_eq!((second.moved, second.abandoned, second.wait_sum), (0, 1, Span::seconds(60)));
    assert_eq!((book.total().abandoned, book.total().moved, book.total().wait_sum), (1, 0, Span::seconds(100)));
}

#[test]
fn help_is_time_and_no_contact() {
    let mut book = Journal::new();
    for name in ["asha", "juma"] {
        book.fold(0, set_up(Change::AgentSet { agent: vocabulary::centre::Agent::new(agent(name)) }));
    }
    book.arrive(0, 1);
    book.queue(0, 1, "general", Lane::Standard);
    book.connect(0, 1, "asha");
    let kind = HelpKind::Consult;
    book.fold(10, Event::HelpAsked { contact: id(2), of: id(1), by: agent("asha"), kind, agent: None });
    book.queue(10, 2, "general", Lane::Standard);
    book.connect(20, 2, "juma");
    book.fold(50, Event::HandedOver { contact: id(1), from: agent("asha"), to: agent("juma") });
    book.fold(50, Event::WrapUpStarted { contact: id(1), agent: agent("asha"), until: Time(80_000) });
    book.end(50, 2, Party::Centre, EndCause::HelpOver);
    book.wrap(60, 1);
    book.end(100, 1, Party::Citizen, EndCause::Normal);
    book.fold(110, Event::WrappedUp { contact: id(1), agent: agent("juma"), disposition: None });
    assert!(book.0.live.is_empty());
    assert_eq!((book.total().arrived, book.total().handled, book.total().talk), (1, 1, Span::seconds(100)));
    let juma = cell(&book, 200, By::Agent, "juma").work;
    assert_eq!((juma.handled, juma.talk, juma.talking), (1, Span::seconds(50), Span::seconds(80)));
}

#[test]
fn a_call_back_is_answered_late_and_never_abandoned() {
    let mut book = Journal::new();
    for contact in [1, 2] {
        book.arrive(0, contact);
        book.queue(0, contact, "general", Lane::Standard);
        let (from, until) = (Time(5_000), Time(900_000));
        book.fold(5, Event::CallBackAgreed { contact: id(contact), from, until, attempts: 1 });
    }
    book.connect(8, 1, "asha");
    book.end(60, 1, Party::Citizen, EndCause::Normal);
    book.fold(400, Event::CallBackFailed { contact: id(2), agent: agent("asha"), next: None });
    book.end(400, 2, Party::Centre, EndCause::NotReached);
    let total = book.total();
    assert_eq!((total.answered, total.called_back, total.in_time), (1, 1, 0));
    assert_eq!((total.unreached, total.abandoned, total.call_backs, total.call_backs_failed), (1, 0, 2, 1));
    assert_eq!(total.average_answer(), Some(Span::seconds(5)), "the wait on the line");
}

#[test]
fn told_waits_are_held_against_what_happened() {
    let mut book = Journal::new();
    for (contact, answered) in [(1, 60), (2, 90), (3, 200)] {
        book.arrive(0, contact);
        book.queue(0, contact, "general", Lane::Standard);
        let (low, high) = (Span::seconds(60), Span::seconds(100));
        book.fold(0, Event::WaitTold { contact: id(contact), low, high });
        book.fold(1, Event::WaitTold { contact: id(contact), low: Span::ZERO, high: Span::ZERO });
        book.connect(answered, contact, "asha");
    }
    let row = cell(&book, 300, By::Channel, "voice");
    assert_eq!((row.counts.told, row.counts.told_kept), (3, 2));
    // 80 s was the middle: 33 %, 11 % and 60 % beside it.
    assert_eq!(row.errors.median(), Some(35));
}

#[test]
fn time_to_a_human_runs_from_the_safe_line() {
    let mut book = Journal::new();
    for contact in [1, 2, 3] {
        book.arrive(0, contact);
        book.queue(
            10,
            contact,
            if contact == 2 { "general" } else { "gbv" },
            [Lane::Gbv, Lane::Standard][usize::from(contact == 2)],
        );
    }
    let (lane, by) = (Lane::Gbv, Actor::Centre);
    book.fold(40, Event::Reclassified { contact: id(2), lane, risk: Risk::P0, by });
    book.connect(55, 2, "outside.1195");
    book.connect(105, 1, "asha");
    book.end(120, 3, Party::Citizen, EndCause::Lost);
    let safe = cell(&book, 300, By::Lane, "gbv").safe.unwrap();
    assert_eq!((safe.reached, safe.reached_in_bound, safe.unreached), (2, 1, 1));
    assert_eq!((safe.imminent, safe.imminent_in_bound, safe.human_longest), (1, 0, Span::seconds(95)));
    assert_eq!(safe.average(), Some(Span::seconds(55)));
}

#[test]
fn occupancy_leaves_recovery_and_breaks_out_and_adherence_asks_the_roster() {
    let mut book = Journal::new();
    let asha = agent("asha");
    book.fold(0, set_up(Change::AgentSet { agent: vocabulary::centre::Agent::new(asha.clone()) }));
    let clock = |text: &str| text.parse().unwrap();
    let shift = vocabulary::centre::Shift {
        name: vocabulary::ShiftName::new("morning").unwrap(),
        days: vocabulary::calendar::Weekday::ALL.into_iter().collect(),
        from: clock("03:00"),
        to: clock("04:00"),
        agents: BTreeSet::from([asha.clone()]),
    };
    book.fold(0, set_up(Change::ShiftSet { shift }));
    let mut declare = |seconds: i64, presence: Presence| {
        book.fold(seconds, Event::PresenceSet { agent: asha.clone(), presence, by: Actor::Centre });
    };
    let away = |reason: &str| Presence::Away { reason: vocabulary::ReasonName::new(reason).unwrap() };
    // 03:00 in Nairobi is second 0 of 1970: late by 10 minutes, ready for 10, ...
    declare(600, Presence::Ready);
    declare(1_200, away("meal"));
    declare(1_800, away("recovery"));
    declare(2_400, away("no_answer"));
    declare(3_000, Presence::Ready);
    // ... and there for ten minutes after the shift has ended at 04:00, with a contact at last.
    book.arrive(3_600, 1);
    book.queue(3_600, 1, "general", Lane::Standard);
    book.connect(3_600, 1, "asha");
    book.fold(3_900, Event::Held { contact: id(1), agent: agent("asha") });
    book.end(4_000, 1, Party::Citizen, EndCause::Normal);
    book.wrap(4_200, 1);
    book.fold(4_200, Event::PresenceSet { agent: agent("asha"), presence: Presence::Offline, by: Actor::Centre });
    let work = cell(&book, 9_000, By::Agent, "asha").work;
    let minutes =
        [work.ready, work.away, work.recovery, work.talking, work.holding, work.writing].map(Span::as_seconds);
    assert_eq!(minutes, [1_200, 1_200, 600, 300, 100, 200]);
    assert_eq!(work.occupancy(), Some(333), "600 s of 1,800 s");
    assert_eq!(
        (work.on_shift, work.adherent, work.off_shift),
        (Span::seconds(3_600), Span::seconds(2_400), Span::seconds(600))
    );
    assert_eq!(work.adherence(), Some(666), "late by ten minutes, and ten with an unanswered offer");
    let quarters = book.0.books(Time(9_000_000));
    let ready: Vec<i64> =
        quarters.values().map(|b| b.agents.iter().map(|row| row.work.ready.as_seconds()).sum()).collect();
    assert_eq!(ready, [300, 300, 0, 600, 0], "cut at quarter-hours");
}

#[test]
fn a_centre_that_was_off_for_a_week_did_no_work() {
    let mut book = Journal::new();
    book.fold(0, Event::PresenceSet { agent: agent("asha"), presence: Presence::Ready, by: Actor::Centre });
    book.fold(7 * 86_400, Event::PresenceSet { agent: agent("asha"), presence: Presence::Offline, by: Actor::Centre });
    let ready: Span =
        book.0.books(Time(8 * 86_400_000)).values().flat_map(|b| &b.agents).fold(Span::ZERO, |s, r| s + r.work.ready);
    assert_eq!(ready, LONGEST_STRETCH);
}

#[test]
fn today_begins_at_midnight_in_east_africa_and_keeps_who_still_waits() {
    let mut book = Journal::new();
    // 23:50 and 00:10 in Nairobi.
    let midnight = 21 * 3_600;
    for (contact, at) in [(1, midnight - 600), (2, midnight - 600), (3, midnight + 600)] {
        book.arrive(at, contact);
        book.queue(at, contact, "general", Lane::Standard);
    }
    book.connect(midnight + 5, 2, "asha");
    let today = book.0.today(Time((midnight + 700) * 1_000), &BTreeSet::new());
    assert_eq!((today.total.arrived, today.total.answered, today.total.waiting), (1, 0, 2));
    assert_eq!(today.waiting_since, Some(Time((midnight - 600) * 1_000)));
    let yesterday = book.0.today(Time((midnight - 1) * 1_000), &BTreeSet::new());
    assert_eq!((yesterday.total.arrived, yesterday.total.answered), (2, 1), "answered where it arrived");
}

#[test]
fn figures_of_an_older_program_are_read_and_known_as_such() {
    let old = r#"{"live":{"01ARZ3NDEKTSV4RRFFQ69G5FAV":{"channel":"voice","queue":"general","lane":"standard","phase":"in_queue",
        "entered":5,"wait":null,"answered":false,"in_time":false,"talks":null,"talked":0,"ended":null,"wrap_up":null}},
        "over":[{"queue":null,"lane":"standard","channel":"voice","arrived":3}],"targets":{"general":20000},
        "presences":{"asha":{"is":"ready"}},"alarms":[]}"#;
    let figures: Figures = serde_json::from_str(old).unwrap();
    assert!(!figures.is_current() && Figures::default().is_current());
}
