//! The centre that is simulated: a few queues of each kind and agents of every sort.

use crate::dice::Dice;
use crate::plan::Plan;
use std::collections::{BTreeMap, BTreeSet};
use vocabulary::centre::{
    Agent, CallBackRules, Change, Choose, Climb, LastResort, LastResortTo, Overflow, OverflowWhen, Queue, Role, Rules,
    Treatment, Widening, WrapUpMode,
};
use vocabulary::{AgentName, E164, Lane, Language, Level, QueueName, SkillName, TenantName, Tier};

/// The queues ordinary contacts choose among.
pub(crate) const ORDINARY: [&str; 3] = ["general", "tax", "elders"];

/// The safe line's queues.
pub(crate) const SAFE: [(&str, Lane); 3] =
    [("gbv", Lane::Gbv), ("child", Lane::Child), ("counselling", Lane::MentalHealth)];

/// Supervisors.
pub(crate) const SUPERVISORS: u32 = 2;

/// The operator: the tenant named like the floor.
pub(crate) const OPERATOR: &str = "simulated";

/// Everything that is set up before the first contact.
pub(crate) fn set_up(plan: &Plan, dice: &mut Dice) -> Vec<Change> {
    let (reserve, reserve_cap_percent) = plan.reserve;
    let rules = Rules {
        place_seconds: 300,
        storm_expiries: 8,
        recovery_seconds: 180,
        reserve,
        reserve_cap_percent,
        ..Rules::default()
    };
    let mut changes = vec![Change::RulesSet { rules }];
    // Those that others lead to come first.
    changes.push(queue("experts", Lane::Standard, &[]));
    changes.push(queue("elders", Lane::SpecialNeeds, &[]));
    changes.push(queue("tax", Lane::Standard, &[("tax", 3)]));
    changes.push(queue("general", Lane::Standard, &[]));
    changes.extend(SAFE.iter().map(|(name, lane)| queue(name, *lane, &[])));
    changes.extend((0..SUPERVISORS).map(supervisor));
    changes.extend((0..plan.agents).map(|n| agent(n, n < plan.cleared, dice)));
    changes
}

pub(crate) fn agent_name(n: u32) -> AgentName {
    name(AgentName::new(&format!("agent-{n:03}")))
}

pub(crate) fn supervisor_name(n: u32) -> AgentName {
    name(AgentName::new(&format!("supervisor-{n}")))
}

/// They decide about what was dropped, pull, assign and switch; in a surge they serve.
fn supervisor(n: u32) -> Change {
    let lanes = SAFE.iter().map(|(_, lane)| *lane).filter(|_| n == 0);
    Change::AgentSet {
        agent: Agent {
            roles: BTreeSet::from([Role::Supervisor, Role::Agent]),
            languages: BTreeSet::from([Language::SW, Language::EN]),
            clearances: lanes.collect(),
            tier: Tier::L2,
            ..Agent::new(supervisor_name(n))
        },
    }
}

/// Names written in this program are names.
pub(crate) fn name<T, E: std::fmt::Debug>(made: Result<T, E>) -> T {
    made.expect("a literal name")
}

pub(crate) fn level(n: u8) -> Level {
    Level::new(n).expect("1 to 5")
}

fn queue(queue: &str, lane: Lane, skills: &[(&str, u8)]) -> Change {
    let made = queue_of(OPERATOR, queue, lane, skills);
    let points = if queue == "elders" { 2 } else { 1 };
    let experts = || name(QueueName::new("experts"));
    let limit = |when, to| Overflow { when, to };
    let overflow = match queue {
        "general" => vec![
            limit(OverflowWhen::Waiting(12), Treatment::CallBack),
            limit(OverflowWhen::WaitedSeconds(240), Treatment::Queue(name(QueueName::new("elders")))),
        ],
        "tax" => vec![limit(OverflowWhen::EstimateSeconds(600), Treatment::Message)],
        _ => Vec::new(),
    };
    Change::QueueSet {
        queue: Queue {
            base: if queue == "elders" { 2 } else { 0 },
            slope: points,
            choose: if queue == "tax" { Choose::HighestLevel } else { Choose::LongestIdle },
            tier: if queue == "experts" { Tier::L2 } else { Tier::L1 },
            wrap_up: match queue {
                "tax" => WrapUpMode::Optional,
                "elders" => WrapUpMode::MandatoryTimed,
                _ => WrapUpMode::Extendable,
            },
            when_closed: if queue == "tax" { Treatment::Message } else { Treatment::Closed },
            climb: (queue == "tax").then(|| Climb { after_seconds: 150, to: experts() }),
            call_back: (lane == Lane::Standard).then(|| CallBackRules { retry_seconds: 120, ..Default::default() }),
            overflow,
            ..made
        },
    }
}

/// A queue with the steps of its kind; the operator is named like the floor.
pub(crate) fn queue_of(operator: &str, queue: &str, lane: Lane, skills: &[(&str, u8)]) -> Queue {
    let safe = lane.is_safeguarding();
    let rung = |after_seconds, to| LastResort { after_seconds, to };
    let on_call = E164::parse("+254700000195").expect("a literal number");
    let chain = vec![
        rung(20, LastResortTo::OnCall(on_call)),
        rung(45, LastResortTo::Outside(String::from("1195"))),
        rung(60, LastResortTo::AnyAgent),
    ];
    let drop_skills: BTreeSet<SkillName> = skills.iter().map(|(s, _)| name(SkillName::new(s))).collect();
    let widening = |after_seconds, drop_skills, lower_levels, drop_language| Widening {
        after_seconds,
        drop_skills,
        lower_levels,
        drop_language,
    };
    let widenings = vec![
        widening(30, BTreeSet::new(), 1, false),
        widening(90, drop_skills, 0, false),
        widening(150, BTreeSet::new(), 0, true),
    ];
    Queue {
        skills: skills.iter().map(|(s, l)| (name(SkillName::new(s)), level(*l))).collect(),
        offer_seconds: if safe { 15 } else { 20 },
        wrap_up_seconds: 30,
        widenings,
        last_resort: if safe { chain } else { Vec::new() },
        ..Queue::new(name(QueueName::new(queue)), name(TenantName::new(operator)), lane)
    }
}

fn agent(n: u32, cleared: bool, dice: &mut Dice) -> Change {
    let mut languages = BTreeSet::from([Language::SW]);
    if cleared || dice.percent(70) {
        languages.insert(Language::EN);
    }
    let mut skills = BTreeMap::new();
    if dice.percent(50) {
        skills.insert(name(SkillName::new("tax")), level(dice.between(1, 5) as u8));
    }
    let lanes = SAFE.iter().map(|(_, lane)| *lane).filter(|_| cleared && dice.percent(80));
    let mut clearances: BTreeSet<Lane> = lanes.collect();
    if cleared {
        clearances.insert(SAFE[n as usize % SAFE.len()].1);
    }
    Change::AgentSet {
        agent: Agent {
            shown_as: String::from("simulated"),
            languages,
            skills,
            clearances,
            text_contacts: 2,
            tier: if n % 5 == 1 { Tier::L2 } else { Tier::L1 },
            ..Agent::new(agent_name(n))
        },
    }
}
