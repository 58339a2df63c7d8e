//! The engine beside its naive twin: 100,000 seeded commands to both, every event compared, every
//! state compared; then the events replayed and the snapshot restored.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

#[path = "naive/engine.rs"]
mod engine;
#[path = "naive/plan.rs"]
mod plan;

use acd::{Command, Effect, Floor, Output, Refusal, Snapshot, Stage};
use engine::{At, Naive};
use plan::Plan;
use std::collections::BTreeMap;
use vocabulary::{AgentName, Event, FloorName, Time};

/// Commands in all, and in each centre.
const COMMANDS: usize = 100_000;
const EACH: usize = 500;

/// What must happen often in a run of the plan, by the names in the journal; of alarms, theirs.
const SEEN_OFTEN: [&str; 11] = [
    "leaving_set",
    "disposition_noted",
    "silent_noted",
    "drop_decided",
    "soft_cap_passed",
    "silent_cap_reached",
    "imminent_dropped",
    "wrap_up_paused",
    "parked",
    "unparked",
    "yielded",
];

#[test]
fn the_twins_agree() {
    let mut often: BTreeMap<&str, usize> = BTreeMap::new();
    let mut seen = BTreeMap::new();
    for seed in 0..(COMMANDS / EACH) as u64 {
        run(Plan::new(seed), seed, EACH, &mut often, &mut seen);
    }
    assert!(often.len() == plan::TOLD && often.values().all(|n| *n >= 10), "too seldom: {often:?}");
    // A plan under which nothing happens would prove nothing.
    for name in SEEN_OFTEN {
        let often = seen.get(name).copied().unwrap_or(0);
        assert!(often >= COMMANDS / 10_000, "{name} happened {often} times only: {seen:?}");
    }
    let least = [
        ("offered", COMMANDS / 20),
        ("help_asked", 300),
        ("joined", 40),
        ("handed_over", 12),
        ("left", 12),
        ("transferred", 80),
        ("assigned", 120),
        ("climbed", 60),
    ];
    for (event, least) in least {
        let times = seen.get(event).copied().unwrap_or(0);
        assert!(times >= least, "only {times} times {event} in {COMMANDS} commands: {seen:?}");
    }
}

/// Where nearly everything is about several people on one contact: what the plan of a whole centre
/// draws now and then comes hundreds of times here.
#[test]
fn the_twins_agree_where_people_help_each_other() {
    let mut seen = BTreeMap::new();
    for seed in 0..(COMMANDS / 2 / EACH) as u64 {
        run(Plan::helping(seed), seed, EACH, &mut BTreeMap::new(), &mut seen);
    }
    let least = [
        ("help_asked", 600),
        ("joined", 150),
        ("handed_over", 80),
        ("left", 80),
        ("transferred", 100),
        ("assigned", 60),
    ];
    for (event, least) in least {
        let times = seen.get(event).copied().unwrap_or(0);
        assert!(times >= least, "only {times} times {event}: {seen:?}");
    }
}

/// How often each event was told, and each alarm.
type Seen = BTreeMap<String, usize>;

fn run(mut plan: Plan, seed: u64, commands: usize, often: &mut BTreeMap<&str, usize>, seen: &mut Seen) {
    let name = FloorName::new("nairobi").unwrap();
    let (mut floor, mut naive) = (Floor::new(name.clone()), Naive::new(name.clone()));
    let mut journal: Vec<(Time, Event)> = Vec::new();
    for number in 0..commands {
        let (now, command) = plan.next(&floor);
        let mut out = Vec::new();
        floor.handle(now, command.clone(), &mut out);
        let refusal = out.iter().find_map(|o| match o {
            Output::Effect(Effect::Refused(refusal)) => Some(refusal.clone()),
            _ => None,
        });
        let well_formed = !matches!(refusal, Some(Refusal::BadSetUp(_)));
        let obeyed = naive.handle(now, command.clone(), well_formed);
        let said: Vec<Event> = out
            .into_iter()
            .filter_map(|o| match o {
                Output::Event(event) => Some(event),
                Output::Effect(_) => None,
            })
            .collect();
        let at = format!("seed {seed}, command {number} at {now:?}: {command:?}");
        assert_eq!(said, naive.said, "{at}");
        assert_eq!(refusal.is_none(), obeyed, "{at}: {refusal:?}");
        said.iter().filter_map(plan::told).for_each(|what| *often.entry(what).or_default() += 1);
        plan.learn(&said);
        said.iter().for_each(|event| *seen.entry(name_of(event)).or_default() += 1);
        journal.extend(said.into_iter().map(|event| (now, event)));
        if number % 25 == 0 || matches!(command, Command::Restart) {
            compare(&floor, &naive, &at);
        }
        if number % 125 == 124 {
            floor = reborn(floor, &journal, &name, &mut plan);
        }
    }
}

/// The floor goes on from its replayed journal or from its snapshot, in turn: both must do as the
/// one that decided everything.
fn reborn(floor: Floor, journal: &[(Time, Event)], name: &FloorName, plan: &mut Plan) -> Floor {
    let mut replayed = Floor::new(name.clone());
    journal.iter().for_each(|(at, event)| replayed.apply(*at, event));
    assert_eq!(replayed.state_hash(), floor.state_hash(), "replay");
    let text = serde_json::to_string(&floor.snapshot()).unwrap();
    let restored = Floor::restore(serde_json::from_str::<Snapshot>(&text).unwrap());
    assert_eq!(restored.state_hash(), floor.state_hash(), "snapshot");
    if plan.dice.below(2) == 0 { replayed } else { restored }
}

fn compare(floor: &Floor, naive: &Naive, at: &str) {
    let mut cases: Vec<_> = naive.cases.iter().collect();
    cases.sort_by_key(|case| case.id);
    let seen: Vec<_> = floor.contacts().map(|c| (c.contact, c.stage)).collect();
    let expected: Vec<_> = cases.iter().map(|case| (case.id, stage(&case.at))).collect();
    assert_eq!(seen, expected, "{at}");
    let seen: Vec<_> = floor.contacts().map(|c| (c.also, sorted(c.writers))).collect();
    let expected: Vec<_> = cases
        .iter()
        .map(|case| (case.around.also.clone(), sorted(case.around.writers.iter().map(|w| w.agent.clone()).collect())))
        .collect();
    assert_eq!(seen, expected, "{at}");
    let people: Vec<_> = floor.agents().map(|a| (a.agent, a.presence)).collect();
    let expected: Vec<_> = naive.people.iter().map(|p| (p.name.clone(), p.presence.clone())).collect();
    assert_eq!(people, expected, "{at}");
    let leaving: Vec<_> = floor.agents().map(|a| a.leaving).collect();
    let expected: Vec<_> = naive.people.iter().map(|p| p.own.leaving.clone()).collect();
    assert_eq!(leaving, expected, "{at}");
    let mut alarms = naive.alarms.clone();
    alarms.sort();
    assert_eq!(floor.alarms().collect::<Vec<_>>(), alarms, "{at}");
    let drops: Vec<_> = floor.drops().map(|d| (d.contact, d.at, d.lane, d.call_by)).collect();
    let mut expected: Vec<_> =
        naive.safety.drops.iter().cloned().map(|(id, at, lane, by)| (id, at, Some(lane), by)).collect();
    expected.sort();
    assert_eq!(drops, expected, "{at}");
    for view in floor.queues() {
        let inside = |case: &&&engine::Case| {
            let waits = matches!(case.at, At::Waiting | At::Offered(..));
            waits && case.order.as_ref().is_some_and(|w| w.queue == view.queue)
        };
        let waiting: Vec<_> = cases.iter().filter(inside).collect();
        assert_eq!(view.waiting as usize, waiting.len(), "{at}");
        let mut places: Vec<u32> =
            waiting.iter().map(|case| floor.waiting(case.id).expect("it waits").position).collect();
        places.sort_unstable();
        assert!(places.iter().copied().eq(1..=view.waiting), "{at}: {places:?}");
    }
}

fn name_of(event: &Event) -> String {
    let written = serde_json::to_value(event).unwrap();
    let name = match event {
        Event::AlarmRaised { .. } => &written["alarm"],
        Event::Withdrawn { .. } => &written["why"],
        _ => &written["event"],
    };
    name.as_str().unwrap().to_owned()
}

fn sorted(mut names: Vec<AgentName>) -> Vec<AgentName> {
    names.sort();
    names
}

fn stage(at: &At) -> Stage {
    match at.clone() {
        At::Flow => Stage::InFlow,
        At::Waiting => Stage::Waiting,
        At::Offered(agents, until) => Stage::Offered { agents, until },
        At::Accepted(agent, _) => Stage::Accepted { agent },
        At::Talking(agent, held) => Stage::Talking { agent, held },
        At::Over => Stage::WrapUp,
    }
}
