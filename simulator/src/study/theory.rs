//! The real engine under the conditions of Erlang's theory: one queue, Poisson arrivals, exponential
//! conversations, agents who answer at once and write nothing. What it then measures is to agree
//! with [`crate::erlang`].

use super::coming::{Asks, Coming, Then};
use super::drive::{Conduct, Drive};
use super::roster::{Does, Duty};
use crate::centre::name;
use crate::{Dice, Seed, erlang};
use std::collections::BTreeSet;
use vocabulary::centre::{Agent, Centre, EntryName, Queue};
use vocabulary::{
    AgentName, Channel, Event, FloorName, Lane, Language, Needs, QueueName, Risk, Span, TenantName, Time,
};

const FLOOR: &str = "theory";

/// When it begins.
const START: Time = Time(1_795_000_000_000);

/// The first so-many contacts, in percent, find a floor that is still filling and are not counted.
const WARM_UP: u64 = 5;

/// What was measured in a steady state.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measured {
    /// Contacts counted.
    pub contacts: u64,
    /// The share that had to wait.
    pub waits: f64,
    /// The mean wait of all, in seconds.
    pub mean_wait: f64,
    /// The share connected within the target.
    pub service_level: f64,
    /// The load there was, in erlangs: agents who talked, on average over time. Chance makes it
    /// differ a little from the one asked for.
    pub load: f64,
}

/// Runs `contacts` through so many agents at this load, in erlangs; handling and target in seconds.
pub fn steady(seed: Seed, load: f64, agents: u32, handling: f64, target: f64, contacts: u64) -> Measured {
    let centre = centre(agents);
    let mut duties = centre.agents.keys().map(|agent| Duty { at: START, agent: agent.clone(), does: Does::Comes });
    let mut stream =
        Stream { dice: Dice::new(seed.0), now: START, gap: handling * 1_000.0 / load, handling, left: contacts };
    let mut unwritten = |_, _: &Event| {};
    let mut drive = Drive::new(seed, &centre, Conduct::instant(), START, &mut unwritten);
    drive.run(&mut stream, &mut duties, |_| {});
    let waits: Vec<u32> = drive.tally.waits.values().flat_map(|wait| wait.reached.iter().copied()).collect();
    let counted = &waits[(contacts * WARM_UP / 100) as usize..];
    let share = |of: &dyn Fn(u32) -> bool| counted.iter().filter(|w| of(**w)).count() as f64 / counted.len() as f64;
    let (staffed, busy) = drive.tally.quarters.iter().fold((0, 0), |sum, q| (sum.0 + q.staffed, sum.1 + q.busy));
    Measured {
        contacts: counted.len() as u64,
        waits: share(&|wait| wait > 0),
        mean_wait: counted.iter().map(|w| f64::from(*w)).sum::<f64>() / counted.len() as f64 / 1_000.0,
        service_level: share(&|wait| f64::from(wait) <= target * 1_000.0),
        load: busy as f64 / staffed as f64 * f64::from(agents),
    }
}

/// The fewest agents with which the real engine answers this share of calls in time, searched from
/// Erlang's answer on.
pub(super) fn agents_needed(seed: Seed, load: f64, share: f64, target: f64, handling: f64, contacts: u64) -> u32 {
    let meets = |agents: u32| {
        f64::from(agents) > load && steady(seed, load, agents, handling, target, contacts).service_level >= share
    };
    let mut agents = erlang::agents_needed(load, share, target, handling);
    if agents == 0 {
        return 0;
    }
    if meets(agents) {
        while agents > 1 && meets(agents - 1) {
            agents -= 1;
        }
        return agents;
    }
    while !meets(agents) {
        agents += 1;
    }
    agents
}

fn centre(agents: u32) -> Centre {
    let mut centre = Centre::empty(name(FloorName::new(FLOOR)));
    let queue = Queue {
        wrap_up_seconds: 0,
        ..Queue::new(name(QueueName::new("calls")), name(TenantName::new(FLOOR)), Lane::Standard)
    };
    centre.queues.insert(queue.name.clone(), queue);
    for n in 0..agents {
        let agent = Agent {
            languages: BTreeSet::from([Language::SW]),
            ..Agent::new(name(AgentName::new(&format!("agent-{n:03}"))))
        };
        centre.agents.insert(agent.name.clone(), agent);
    }
    centre
}

struct Stream {
    dice: Dice,
    now: Time,
    gap: f64,
    handling: f64,
    left: u64,
}

impl Iterator for Stream {
    type Item = Coming;

    fn next(&mut self) -> Option<Coming> {
        self.left = self.left.checked_sub(1)?;
        // Microseconds keep gaps far below a millisecond from being rounded away.
        self.now += Span((self.dice.around((self.gap * 1_000.0) as i64) + 500) / 1_000);
        let asks = Asks {
            queue: name(QueueName::new("calls")),
            needs: Needs::default(),
            lane: None,
            risk: Risk::P3,
            language: Language::SW,
            base: None,
        };
        Some(Coming {
            at: self.now,
            channel: Channel::Voice,
            tenant: name(TenantName::new(FLOOR)),
            entry: name(EntryName::new("main")),
            then: Then::Asks { after: Span::ZERO, asks },
            patience: None,
            talk: Span(self.dice.around((self.handling * 1_000.0) as i64)),
            write: None,
            ring: None,
            recorded: None,
        })
    }
}
