//! Nobody is overtaken by more later contacts than `rank` says: whoever is offered before an earlier
//! contact arrived within the bound, whatever the queues, the gaps between contacts and the moments at
//! which somebody is free.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

use acd::{Command, Floor, Output};
use proptest::prelude::*;
use std::collections::BTreeSet;
use vocabulary::centre::{Agent, Change, Queue, Rules};
use vocabulary::event::Actor;
use vocabulary::{
    AgentName, Channel, ContactId, EndCause, EntryName, Event, FloorName, Lane, Language, Needs, Party, Presence,
    QueueName, Risk, Span, TenantName, Time, Ulid,
};

/// Points to start with and points gained a minute.
type Grows = (i64, i64);

#[derive(Debug, Clone)]
enum Step {
    /// So many milliseconds later one comes to the queue of this number.
    Comes(i64, usize),
    /// So many milliseconds later the agent takes whoever is first.
    Free(i64),
}

/// A contact that waits.
struct Waiting {
    id: ContactId,
    arrived: Time,
    grows: Grows,
}

struct Run {
    floor: Floor,
    now: Time,
    queues: Vec<Grows>,
    waiting: Vec<Waiting>,
    contacts: u128,
}

impl Run {
    fn obey(&mut self, command: Command) -> Vec<Event> {
        let mut out = Vec::new();
        self.floor.handle(self.now, command, &mut out);
        let events = out.into_iter().map(|output| match output {
            Output::Event(event) => Some(event),
            Output::Effect(acd::Effect::Refused(refusal)) => panic!("{refusal}"),
            Output::Effect(_) => None,
        });
        events.flatten().collect()
    }

    fn begin(queues: Vec<Grows>) -> Run {
        let floor = Floor::new(FloorName::new("nairobi").unwrap());
        let mut run =
            Run { floor, now: Time(1_795_000_000_000), queues: queues.clone(), waiting: Vec::new(), contacts: 0 };
        let mut changes = vec![Change::RulesSet { rules: Rules { place_seconds: 0, ..Rules::default() } }];
        for (number, (base, slope)) in queues.into_iter().enumerate() {
            let queue = Queue::new(queue(number), TenantName::new("nairobi").unwrap(), Lane::Standard);
            changes
                .push(Change::QueueSet { queue: Queue { base, slope, offer_seconds: 600, language: false, ..queue } });
        }
        let agent = Agent { languages: BTreeSet::from([Language::SW]), ..Agent::new(asha()) };
        changes.push(Change::AgentSet { agent });
        for change in changes {
            run.obey(Command::SetUp { change: Box::new(change), by: Actor::Centre });
        }
        run
    }

    fn comes(&mut self, number: usize) {
        let number = number % self.queues.len();
        self.contacts += 1;
        let id = ContactId(Ulid::from_parts(self.now.0 as u64, self.contacts));
        let (tenant, entry) = (TenantName::new("nairobi").unwrap(), EntryName::new("main").unwrap());
        self.obey(Command::Arrive { contact: id, channel: Channel::Voice, tenant, entry });
        let (needs, language) = (Needs::default(), Language::SW);
        let (lane, risk, base) = (None, Risk::P3, None);
        self.obey(Command::Enqueue { contact: id, queue: queue(number), needs, lane, risk, language, base });
        self.waiting.push(Waiting { id, arrived: self.now, grows: self.queues[number] });
    }

    /// The agent is ready for a moment: whoever is offered is served, and nobody else.
    fn free(&mut self) -> Result<(), TestCaseError> {
        let set = |presence| Command::SetPresence { agent: asha(), presence, by: Actor::Centre };
        let said = self.obey(set(Presence::Ready));
        let offered = said.iter().find_map(|event| match event {
            Event::Offered { contact, offer, .. } => Some((*contact, *offer)),
            _ => None,
        });
        if let Some((contact, offer)) = offered {
            let at = self.waiting.iter().position(|w| w.id == contact).unwrap();
            let first = self.waiting.remove(at);
            for other in self.waiting.iter().filter(|other| (other.arrived, other.id) < (first.arrived, first.id)) {
                prop_assert!(may_overtake(other, &first, self.now), "{:?} before {:?}", first.grows, other.grows);
            }
            self.obey(Command::Accept { contact, offer, agent: asha() });
            self.obey(set(Presence::Away { reason: vocabulary::ReasonName::new("break").unwrap() }));
            self.obey(Command::End { contact, by: Party::Centre, cause: EndCause::Normal });
        }
        self.obey(set(Presence::Offline));
        Ok(())
    }
}

/// The bound of `acd/src/rank.rs`, times 60,000 so that it stays in whole numbers.
fn may_overtake(earlier: &Waiting, later: &Waiting, now: Time) -> bool {
    let ((base, slope), (more, steeper)) = (earlier.grows, later.grows);
    let gap = later.arrived.since(earlier.arrived).0;
    let points = (more - base) * 60_000;
    if steeper <= slope {
        slope * gap < points
    } else {
        steeper * gap < points + (steeper - slope) * now.since(earlier.arrived).0
    }
}

fn queue(number: usize) -> QueueName {
    QueueName::new(&format!("queue-{number}")).unwrap()
}

fn asha() -> AgentName {
    AgentName::new("asha").unwrap()
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    // Gaps of milliseconds and of minutes, so that points tie and so that they lie far apart.
    let gap = || prop_oneof![0_i64..3, 0_i64..90_000, 0_i64..900_000];
    let step = prop_oneof![
        3 => (gap(), 0_usize..4).prop_map(|(gap, number)| Step::Comes(gap, number)),
        2 => gap().prop_map(Step::Free),
    ];
    proptest::collection::vec(step, 1..80)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn nobody_is_overtaken_beyond_the_bound(
        queues in proptest::collection::vec((-20_i64..60, 0_i64..12), 1..4),
        steps in steps(),
    ) {
        let mut run = Run::begin(queues);
        for step in steps {
            match step {
                Step::Comes(gap, number) => {
                    run.now += Span(gap);
                    run.comes(number);
                }
                Step::Free(gap) => {
                    run.now += Span(gap);
                    run.free()?;
                }
            }
        }
    }
}

/// The bound is met: one millisecond more or less decides.
#[test]
fn the_bound_is_exact() {
    let overtakes = |queues: [Grows; 2], gap: i64, age: i64| {
        let mut run = Run::begin(queues.to_vec());
        run.comes(0);
        run.now += Span(gap);
        run.comes(1);
        run.now = run.waiting[0].arrived + Span(age);
        let (earlier, later) = (run.waiting[0].id, &run.waiting[1]);
        let bound = may_overtake(&run.waiting[0], later, run.now);
        run.free().expect("within the bound");
        let overtaken = run.waiting.iter().any(|w| w.id == earlier);
        assert_eq!(overtaken, bound, "{queues:?} {gap} {age}");
        overtaken
    };
    // 30 points more against 10 a minute: whoever comes within three minutes.
    assert!(overtakes([(0, 10), (30, 10)], 179_999, 400_000));
    assert!(!overtakes([(0, 10), (30, 10)], 180_000, 400_000));
    // Three times as steep: at ten minutes of age, whoever came within two thirds of them.
    assert!(overtakes([(0, 1), (0, 3)], 399_999, 600_000));
    assert!(!overtakes([(0, 1), (0, 3)], 400_000, 600_000));
    // Neither more points nor a steeper slope: never.
    assert!(!overtakes([(5, 2), (5, 2)], 1, 600_000));
}
