//! Commands per second of one floor on one core, at 200 and 10,000 agents and a growing number of
//! people waiting. Run it with `cargo run --release -p acd --example bench`.
//!
//! The load: 200 skill sets, everybody waiting or busy, and contacts that come, are offered,
//! accepted, connected, ended and wrapped up in steady state, so that each of the steps a call
//! takes is counted as one command.

use acd::{Command, Floor, Output};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};
use vocabulary::centre::{Agent, Change, Choose, Queue, Role, Rules};
use vocabulary::event::Actor;
use vocabulary::{
    AgentName, Channel, ContactId, EndCause, EntryName, Event, FloorName, Lane, Language, Level, Needs, Party,
    Presence, QueueName, Risk, SkillName, Span, TenantName, Tier, Time, Ulid,
};

/// Sets of skills among agents, and queues that ask for them.
const SKILL_SETS: u64 = 200;

/// Commands measured in each row.
const COMMANDS: usize = 200_000;

fn main() {
    println!("{:>8} {:>9} {:>12} {:>9} {:>9} {:>9}", "agents", "waiting", "commands/s", "p50 us", "p99 us", "p99.9 us");
    for agents in [200, 10_000] {
        for waiting in [100, 1_000, 10_000, 100_000] {
            let row = measure(agents, waiting);
            println!(
                "{agents:>8} {waiting:>9} {:>12.0} {:>9.2} {:>9.2} {:>9.2}",
                row.per_second, row.p50, row.p99, row.p999
            );
        }
    }
}

struct Row {
    per_second: f64,
    p50: f64,
    p99: f64,
    p999: f64,
}

/// A floor in steady state: who answers, who talks, in the order in which it began.
struct Bench {
    floor: Floor,
    out: Vec<Output>,
    now: Time,
    contacts: u64,
    ringing: VecDeque<(ContactId, u32, AgentName)>,
    talking: VecDeque<(ContactId, AgentName)>,
    times: Vec<u64>,
}

fn measure(agents: u64, waiting: usize) -> Row {
    let mut bench = Bench {
        floor: Floor::new(FloorName::new("bench").expect("a name")),
        out: Vec::new(),
        now: Time(1_795_000_000_000),
        contacts: 0,
        ringing: VecDeque::new(),
        talking: VecDeque::new(),
        times: Vec::new(),
    };
    bench.set_up(agents);
    for _ in 0..waiting as u64 + agents {
        bench.arrive();
        bench.answer();
    }
    bench.times.clear();
    let start = Instant::now();
    while bench.times.len() < COMMANDS {
        bench.finish();
        bench.arrive();
        bench.answer();
    }
    let spent: Duration = start.elapsed();
    let mut times = std::mem::take(&mut bench.times);
    times.sort_unstable();
    let at = |share: f64| times[(times.len() as f64 * share) as usize] as f64 / 1_000.0;
    Row { per_second: times.len() as f64 / spent.as_secs_f64(), p50: at(0.5), p99: at(0.99), p999: at(0.999) }
}

impl Bench {
    fn obey(&mut self, command: Command) {
        self.out.clear();
        let start = Instant::now();
        self.floor.handle(self.now, command, &mut self.out);
        self.times.push(start.elapsed().as_nanos() as u64);
        for output in &self.out {
            if let Output::Event(Event::Offered { contact, offer, agents, .. }) = output {
                self.ringing.push_back((*contact, *offer, agents[0].clone()));
            }
        }
    }

    fn set_up(&mut self, agents: u64) {
        let mut change = |change| self.obey(Command::SetUp { change: Box::new(change), by: Actor::Centre });
        change(Change::RulesSet { rules: Rules { place_seconds: 0, ..Rules::default() } });
        (0..SKILL_SETS).for_each(|n| change(Change::QueueSet { queue: queue(n) }));
        (0..agents).for_each(|n| change(Change::AgentSet { agent: agent(n) }));
        for n in 0..agents {
            let agent = agent(n).name;
            self.obey(Command::SetPresence { agent, presence: Presence::Ready, by: Actor::Centre });
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
        name: QueueName::new(&format!("queue-{n}")).expect("a name"),
        shown_as: BTreeMap::new(),
        tenant: TenantName::new("bench").expect("a name"),
        lane: Lane::Standard,
        skills: BTreeMap::from([(skill(n), Level::new(2).expect("a level"))]),
        language: true,
        tier: Tier::L1,
        base: 0,
        slope: 1 + (n % 3) as i64,
        choose: Choose::LongestIdle,
        offer_seconds: 600,
        wrap_up_seconds: 600,
        target_seconds: 20,
        target_percent: 80,
        widenings: Vec::new(),
        last_resort: Vec::new(),
    }
}

fn agent(n: u64) -> Agent {
    let set = n % SKILL_SETS;
    let skills = [set, (set + 1) % SKILL_SETS, (set * 3 + 5) % SKILL_SETS];
    Agent {
        name: AgentName::new(&format!("agent-{n}")).expect("a name"),
        shown_as: String::from("bench"),
        roles: BTreeSet::from([Role::Agent]),
        languages: BTreeSet::from([Language::SW, Language::EN]),
        skills: skills.map(|s| (skill(s), Level::new(3).expect("a level"))).into_iter().collect(),
        clearances: BTreeSet::new(),
        tenants: BTreeSet::new(),
        tier: Tier::L1,
        text_contacts: 0,
    }
}
