//! One engine in steady state, whichever engine it is: everybody waits or is busy; contacts come, are
//! offered, accepted, connected, ended and wrapped up, so that every step a call takes is counted as one
//! command. Commands are the same, one by one, for every engine that gives the same offers.

use acd::Command;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};
use vocabulary::centre::{Agent, Change, Queue, Rules};
use vocabulary::event::Actor;
use vocabulary::{
    AgentName, Channel, ContactId, EndCause, EntryName, Lane, Language, Level, Needs, Party, Presence, QueueName, Risk,
    SkillName, Span, TenantName, Time, Ulid,
};

/// Sets of skills among agents, and queues that ask for them.
const SKILL_SETS: u64 = 200;

/// An offer an engine made: contact, number, first agent.
pub type Offer = (ContactId, u32, AgentName);

/// What is measured.
pub trait Engine {
    /// Obeys one command and adds the offers it made.
    fn obey(&mut self, now: Time, command: Command, offers: &mut VecDeque<Offer>);
}

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    /// Agents on shift, all busy.
    pub agents: u64,
    /// Contacts waiting.
    pub waiting: u64,
    /// Commands measured at most.
    pub commands: usize,
    /// For how long at most.
    pub lasts: Duration,
}

/// What was measured.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// Commands obeyed a second.
    pub per_second: f64,
    /// Nanoseconds within which half of them were obeyed.
    pub p50: u64,
    /// Nanoseconds within which 99 of 100 were.
    pub p99: u64,
    /// Nanoseconds within which 999 of 1,000 were.
    pub p999: u64,
    /// Contacts an agent answered in the measured part: an engine that offers nothing is fast too.
    pub answered: u64,
}

/// Brings an engine into steady state and measures it there.
pub fn measure(engine: &mut dyn Engine, load: Load) -> Row {
    let mut run = Run {
        engine,
        now: Time(1_795_000_000_000),
        contacts: 0,
        ringing: VecDeque::new(),
        talking: VecDeque::new(),
        times: Vec::new(),
        answered: 0,
    };
    run.set_up(load.agents);
    for _ in 0..load.waiting + load.agents {
        run.arrive();
        run.answer();
    }
    run.times.clear();
    run.answered = 0;
    let began = Instant::now();
    while run.times.len() < load.commands && began.elapsed() < load.lasts {
        run.finish();
        run.arrive();
        run.answer();
    }
    let spent = began.elapsed().as_secs_f64();
    let answered = run.answered;
    let mut times = run.times;
    times.sort_unstable();
    let at = |share: f64| times.get((times.len() as f64 * share) as usize).copied().unwrap_or(0);
    Row { per_second: times.len() as f64 / spent, p50: at(0.5), p99: at(0.99), p999: at(0.999), answered }
}

struct Run<'e> {
    engine: &'e mut dyn Engine,
    now: Time,
    contacts: u64,
    ringing: VecDeque<Offer>,
    talking: VecDeque<(ContactId, AgentName)>,
    times: Vec<u64>,
    answered: u64,
}

impl Run<'_> {
    fn obey(&mut self, command: Command) {
        let began = Instant::now();
        self.engine.obey(self.now, command, &mut self.ringing);
        self.times.push(u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX));
    }

    fn set_up(&mut self, agents: u64) {
        let mut change = |change| self.obey(Command::SetUp { change: Box::new(change), by: Actor::Centre });
        change(Change::RulesSet { rules: Rules { place_seconds: 0, ..Rules::default() } });
        (0..SKILL_SETS).for_each(|n| change(Change::QueueSet { queue: queue(n) }));
        (0..agents).for_each(|n| change(Change::AgentSet { agent: agent(n) }));
        for n in 0..agents {
            self.obey(Command::SetPresence { agent: agent(n).name, presence: Presence::Ready, by: Actor::Centre });
        }
    }

    fn arrive(&mut self) {
        self.contacts += 1;
        self.now += Span(1);
        let contact = ContactId(Ulid::from_parts(self.now.0 as u64, u128::from(self.contacts)));
        let (tenant, entry) = (TenantName::new("bench").expect("a name"), EntryName::new("main").expect("a name"));
        self.obey(Command::Arrive { contact, channel: Channel::Voice, tenant, entry });
        let queue = queue(self.contacts * 7 % SKILL_SETS).name;
        let language = if self.contacts.is_multiple_of(3) { Language::EN } else { Language::SW };
        let (needs, lane, risk, base) = (Needs::default(), None, Risk::P3, None);
        self.obey(Command::Enqueue { contact, queue, needs, lane, risk, language, base });
    }

    fn answer(&mut self) {
        while let Some((contact, offer, agent)) = self.ringing.pop_front() {
            self.obey(Command::Accept { contact, offer, agent: agent.clone() });
            self.obey(Command::Connect { contact, agent: agent.clone() });
            self.talking.push_back((contact, agent));
            self.answered += 1;
        }
    }

    fn finish(&mut self) {
        let Some((contact, agent)) = self.talking.pop_front() else { return };
        self.obey(Command::End { contact, by: Party::Citizen, cause: EndCause::Normal });
        self.obey(Command::WrapUp { contact, agent, disposition: None });
    }
}

fn skill(n: u64) -> SkillName {
    SkillName::new(&format!("skill-{n}")).expect("a name")
}

fn queue(n: u64) -> Queue {
    Queue {
        skills: BTreeMap::from([(skill(n), Level::new(2).expect("a level"))]),
        slope: 1 + (n % 3) as i64,
        offer_seconds: 600,
        wrap_up_seconds: 600,
        ..Queue::new(
            QueueName::new(&format!("queue-{n}")).expect("a name"),
            TenantName::new("bench").expect("a name"),
            Lane::Standard,
        )
    }
}

fn agent(n: u64) -> Agent {
    let set = n % SKILL_SETS;
    let skills = [set, (set + 1) % SKILL_SETS, (set * 3 + 5) % SKILL_SETS];
    Agent {
        languages: BTreeSet::from([Language::SW, Language::EN]),
        skills: skills.map(|s| (skill(s), Level::new(3).expect("a level"))).into_iter().collect(),
        text_contacts: 0,
        ..Agent::new(AgentName::new(&format!("agent-{n}")).expect("a name"))
    }
}
