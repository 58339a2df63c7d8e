//! The centre that is simulated when no file names one: the planned 200 universal agents and the
//! queues of the demo centre.

use crate::centre::{level, name, queue_of};
use std::collections::{BTreeMap, BTreeSet};
use vocabulary::centre::{Agent, Beside, Centre, Ledger, Load, Queue, Role};
use vocabulary::{AgentName, Channel, FloorName, Lane, Language, LedgerName, SkillName, Tier};

/// Agents of the plan (facts.md 1.1: a headcount, not seats).
const AGENTS: u32 = 200;

/// Every so-manyth agent is cleared for the safe line.
const CLEARED_ONE_IN: u32 = 5;

/// Text contacts an agent serves at once (facts.md 2.4).
pub(super) const TEXT_AT_ONCE: u32 = 3;

const FLOOR: &str = "planned";

pub(super) fn centre() -> Centre {
    let mut centre = Centre::empty(name(FloorName::new(FLOOR)));
    centre.rules.ledgers.insert(ledger_name(), ledger());
    let skills: [(&str, &[(&str, u8)]); 4] = [
        ("general", &[]),
        ("ids", &[("ids", 2)]),
        ("business", &[("business", 2)]),
        ("complaints", &[("complaints", 2)]),
    ];
    for (queue, skills) in skills {
        put(&mut centre, Queue { wrap_up_seconds: 60, ..queue_of(FLOOR, queue, Lane::Standard, skills) });
    }
    put(&mut centre, queue_of(FLOOR, "elders", Lane::SpecialNeeds, &[]));
    for (queue, lane) in [("gbv", Lane::Gbv), ("child", Lane::Child), ("counselling", Lane::MentalHealth)] {
        let targets = Queue { wrap_up_seconds: 180, target_percent: 95, ..queue_of(FLOOR, queue, lane, &[]) };
        put(&mut centre, targets);
    }
    (0..AGENTS).map(agent).for_each(|agent| drop(centre.agents.insert(agent.name.clone(), agent)));
    centre
}

fn put(centre: &mut Centre, queue: Queue) {
    centre.queues.insert(queue.name.clone(), queue);
}

fn ledger_name() -> LedgerName {
    name(LedgerName::new("universal"))
}

/// A call alone, or three texts.
fn ledger() -> Ledger {
    let load = |channel: Channel| {
        let voice = channel.is_voice();
        let (weight, most) = if voice { (TEXT_AT_ONCE, 1) } else { (1, TEXT_AT_ONCE) };
        let goes_with = if voice { Beside::Nothing } else { Beside::Anything };
        (channel, Load { weight, most, beside: goes_with, admits: goes_with })
    };
    Ledger { capacity: TEXT_AT_ONCE, channels: Channel::ALL.into_iter().map(load).collect() }
}

/// Universal agents: everyone knows the ordinary services, some of them well.
fn agent(n: u32) -> Agent {
    let cleared = n % CLEARED_ONE_IN == 0;
    let skills = ["ids", "business", "complaints"];
    let known = skills.iter().enumerate().filter(|(i, _)| (n as usize + i) % 4 != 0);
    let skills: BTreeMap<SkillName, _> =
        known.map(|(i, skill)| (name(SkillName::new(skill)), level(2 + ((n / 3) as u8 + i as u8) % 4))).collect();
    let clearances = [Lane::Gbv, Lane::Child, Lane::MentalHealth].into_iter().filter(|_| cleared);
    Agent {
        shown_as: format!("Agent {n}"),
        roles: BTreeSet::from([Role::Agent]),
        languages: BTreeSet::from([Language::SW, Language::EN]),
        skills,
        clearances: clearances.collect(),
        tier: Tier::L1,
        text_contacts: TEXT_AT_ONCE,
        ledger: Some(ledger_name()),
        ..Agent::new(name(AgentName::new(&format!("agent-{n:03}"))))
    }
}
