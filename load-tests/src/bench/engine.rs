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

/// Queues, each of which asks for a skill of its own.
const QUEUES: u64 = 200;

/// Skills of an agent whom nobody equals.
const OWN_SKILLS: u64 = 20;

/// An offer an engine made: contact, number, first agent.
pub type Offer = (ContactId, u32, AgentName);

/// What is measured.
pub trait Engine {
    /// Obeys one command and adds the offers it made.
    fn obey(&mut self, now: Time, command: Command, offers: &mut VecDeque<Offer>);
}

/// What agents can.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Skills {
    /// 200 sets of three skills, shared among them.
    Sets,
    /// Twenty skills each, drawn for each of them: hardly two agents are equal.
    Own,
    /// Every skill: universal agents.
    All,
}

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    /// Agents on shift: all busy where somebody waits, half of them where nobody does.
    pub agents: u64,
    /// What they can.
    pub skills: Skills,
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
    /// Commands obeyed in a second of CPU time: what else runs on the machine does not count, nor does
    /// reading a clock for each command.
    pub per_second: f64,
    /// Nanoseconds within which half of them were obeyed.
    pub p50: u64,
    /// Nanoseconds within which 99 of 100 were.
    pub p99: u64,
    /// Nanoseconds within which 999 of 1,000 were.
    pub p999: u64,
    /// Memory each waiting contact takes; 0 where none waits.
    pub bytes: u64,
    /// Contacts an agent answered in the measured part: an engine that offers nothing is fast too.
    pub answered: u64,
}

/// Brings an engine into steady state and measures it there: its rate first, then each command by the clock
/// on the wall.
pub fn measure(engine: &mut dyn Engine, load: Load) -> Row {
    let mut run = Run {
        engine,
        names: Names::new(load.agents),
        now: Time(1_795_000_000_000),
        contacts: 0,
        ringing: VecDeque::new(),
        talking: VecDeque::with_capacity(load.agents as usize),
        done: 0,
        times: None,
        answered: 0,
    };
    run.set_up(load);
    let busy = if load.waiting == 0 { load.agents / 2 } else { load.agents };
    (0..busy).for_each(|_| run.arrive_and_answer());
    let (heap, answered) = (heap_in_use(), run.answered);
    (0..load.waiting).for_each(|_| run.arrive_and_answer());
    let joined = load.waiting.saturating_sub(run.answered - answered);
    let bytes = heap_in_use().saturating_sub(heap).checked_div(joined).unwrap_or(0);

    (run.answered, run.done) = (0, 0);
    let spent = run.turn_over(load);
    let (per_second, answered) = (run.done as f64 / spent.as_secs_f64(), run.answered);

    run.done = 0;
    run.times = Some(Vec::with_capacity(load.commands + QUEUES as usize));
    run.turn_over(load);
    let mut times = run.times.take().unwrap_or_default();
    times.sort_unstable();
    let at = |share: f64| times.get((times.len() as f64 * share) as usize).copied().unwrap_or(0);
    Row { per_second, p50: at(0.5), p99: at(0.99), p999: at(0.999), bytes, answered }
}

/// Bytes the allocator has given out.
fn heap_in_use() -> u64 {
    // SAFETY: mallinfo2 only reads the allocator's own counters, under its locks.
    let info = unsafe { libc::mallinfo2() };
    (info.uordblks + info.hblkhd) as u64
}

/// CPU time of this thread.
fn cpu_time() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is to a timespec of our own, which the call fills in.
    let read = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
    assert_eq!(read, 0, "Linux has this clock");
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// Names, made once: the generator is not what is measured.
struct Names {
    tenant: TenantName,
    entry: EntryName,
    queues: Vec<QueueName>,
    agents: Vec<AgentName>,
    skills: Vec<SkillName>,
}

struct Run<'e> {
    engine: &'e mut dyn Engine,
    names: Names,
    now: Time,
    contacts: u64,
    ringing: VecDeque<Offer>,
    talking: VecDeque<(ContactId, AgentName)>,
    done: usize,
    /// How long each command took, in nanoseconds, where that is measured.
    times: Option<Vec<u64>>,
    answered: u64,
}

impl Run<'_> {
    fn obey(&mut self, command: Command) {
        self.done += 1;
        let Some(times) = &mut self.times else {
            return self.engine.obey(self.now, command, &mut self.ringing);
        };
        let began = Instant::now();
        self.engine.obey(self.now, command, &mut self.ringing);
        times.push(u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX));
    }

    fn set_up(&mut self, load: Load) {
        let rules = Rules { place_seconds: 0, ..Rules::default() };
        let queues = (0..QUEUES).map(|n| Change::QueueSet { queue: self.names.queue(n) });
        let agents = (0..load.agents).map(|n| Change::AgentSet { agent: self.names.agent(n, load.skills) });
        let changes: Vec<Change> = [Change::RulesSet { rules }].into_iter().chain(queues).chain(agents).collect();
        for change in changes {
            self.obey(Command::SetUp { change: Box::new(change), by: Actor::Centre });
        }
        for agent in self.names.agents.clone() {
            self.obey(Command::SetPresence { agent, presence: Presence::Ready, by: Actor::Centre });
        }
    }

    /// One call ends and one comes, again and again.
    fn turn_over(&mut self, load: Load) -> Duration {
        let (began, cpu) = (Instant::now(), cpu_time());
        while self.done < load.commands && began.elapsed() < load.lasts {
            self.finish();
            self.arrive_and_answer();
        }
        cpu_time().saturating_sub(cpu)
    }

    fn arrive_and_answer(&mut self) {
        self.arrive();
        self.answer();
    }

    fn arrive(&mut self) {
        self.contacts += 1;
        self.now += Span(1);
        let contact = ContactId(Ulid::from_parts(self.now.0 as u64, u128::from(self.contacts)));
        let (tenant, entry) = (self.names.tenant.clone(), self.names.entry.clone());
        self.obey(Command::Arrive { contact, channel: Channel::Voice, tenant, entry });
        let queue = self.names.queues[(self.contacts * 7 % QUEUES) as usize].clone();
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

impl Names {
    fn new(agents: u64) -> Names {
        Names {
            tenant: TenantName::new("bench").expect("a name"),
            entry: EntryName::new("main").expect("a name"),
            queues: (0..QUEUES).map(|n| QueueName::new(&format!("queue-{n}")).expect("a name")).collect(),
            agents: (0..agents).map(|n| AgentName::new(&format!("agent-{n}")).expect("a name")).collect(),
            skills: (0..QUEUES).map(|n| SkillName::new(&format!("skill-{n}")).expect("a name")).collect(),
        }
    }

    fn queue(&self, n: u64) -> Queue {
        Queue {
            skills: BTreeMap::from([(self.skills[n as usize].clone(), Level::new(2).expect("a level"))]),
            slope: 1 + (n % 3) as i64,
            offer_seconds: 600,
            wrap_up_seconds: 600,
            ..Queue::new(self.queues[n as usize].clone(), self.tenant.clone(), Lane::Standard)
        }
    }

    fn agent(&self, n: u64, skills: Skills) -> Agent {
        let set = n % QUEUES;
        let numbers: Vec<u64> = match skills {
            Skills::Sets => vec![set, (set + 1) % QUEUES, (set * 3 + 5) % QUEUES],
            // The first one is theirs by turn, so that no queue is without anybody.
            Skills::Own => (0..OWN_SKILLS).map(|k| if k == 0 { set } else { draw(n * OWN_SKILLS + k) }).collect(),
            Skills::All => (0..QUEUES).collect(),
        };
        let level = Level::new(3).expect("a level");
        Agent {
            languages: BTreeSet::from([Language::SW, Language::EN]),
            skills: numbers.into_iter().map(|s| (self.skills[s as usize].clone(), level)).collect(),
            text_contacts: 0,
            ..Agent::new(self.agents[n as usize].clone())
        }
    }
}

/// A skill drawn by number: the same in every run.
fn draw(n: u64) -> u64 {
    let z = (n ^ (n >> 30)).wrapping_add(1).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    ((z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb) >> 33) % QUEUES
}
