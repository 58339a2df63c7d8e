//! Seeded commands: mostly what a centre does, now and then what nobody should.

#[path = "plan/hours.rs"]
mod hours;

/// What must have happened often, or the plan proves nothing about it.
pub fn told(event: &Event) -> Option<&'static str> {
    hours::told(event).or_else(|| serving::told(event))
}

/// How many kinds of such things there are.
pub const TOLD: usize = 15;

use acd::{Command, Floor, Stage};
use std::collections::{BTreeMap, BTreeSet};
use vocabulary::centre::{Agent, Change, Choose, LastResort, LastResortTo, Queue, Role, Rules, Widening, WrapUpMode};
use vocabulary::event::Actor;
use vocabulary::{
    AgentName, Channel, ContactId, E164, EndCause, EntryName, Event, Lane, Language, Level, Needs, Party, Presence,
    QueueName, ReasonName, Risk, SkillName, Span, TenantName, Tier, Time, Ulid,
};

/// splitmix64: small, seeded, the same everywhere.
pub struct Dice(pub u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        if from.is_empty() { None } else { Some(&from[self.below(from.len() as u64) as usize]) }
    }
}

#[path = "plan/help.rs"]
mod help;

const QUEUES: [&str; 5] = ["general", "tax", "elders", "gbv", "child"];
const CHANNELS: [Channel; 6] =
    [Channel::Voice, Channel::Voice, Channel::Voice, Channel::WebChat, Channel::WebChat, Channel::Sms];
const SKILLS: [&str; 3] = ["ids", "tax", "ksl"];
const LANGUAGES: [Language; 2] = [Language::SW, Language::EN];

#[path = "plan/life.rs"]
mod life;
#[path = "plan/serving.rs"]
mod serving;

pub struct Plan {
    pub dice: Dice,
    now: Time,
    set_up: Vec<Change>,
    contacts: u128,
    /// Offers made lately, live or not: commands about them may come late.
    offers: Vec<(ContactId, u32, AgentName)>,
    /// Contacts seen lately.
    seen: Vec<ContactId>,
    agents: u64,
    /// A day on which little time passes between two commands, so that people get to talk.
    calm: bool,
    /// Whether nearly all commands are about several people on one contact.
    helping: bool,
}

impl Plan {
    pub fn new(seed: u64) -> Plan {
        let mut dice = Dice(seed.wrapping_mul(0x5851_f42d_4c95_7f2d) ^ 0xacd);
        let agents = 2 + dice.below(14);
        let mut plan = Plan {
            dice,
            now: serving::begin(seed),
            set_up: Vec::new(),
            contacts: 0,
            offers: Vec::new(),
            seen: Vec::new(),
            agents,
            calm: seed % 2 == 1,
            helping: false,
        };
        plan.set_up = (0..agents).map(|n| plan.agent(n)).collect();
        let queues: Vec<Change> = QUEUES.iter().map(|name| plan.queue(name)).collect();
        plan.set_up.extend(queues);
        let rules = plan.rules();
        plan.set_up.push(rules);
        let calendar = plan.calendar();
        plan.set_up.push(calendar);
        plan
    }

    pub fn learn(&mut self, said: &[Event]) {
        for event in said {
            match event {
                Event::Offered { contact, offer, agents, .. } => {
                    self.offers.extend(agents.iter().map(|a| (*contact, *offer, a.clone())));
                }
                Event::Arrived { contact, .. } | Event::HelpAsked { contact, .. } => self.seen.push(*contact),
                _ => {}
            }
        }
        let (offers, seen) = (self.offers.len(), self.seen.len());
        self.offers.drain(..offers.saturating_sub(12));
        self.seen.drain(..seen.saturating_sub(40));
    }

    pub fn next(&mut self, floor: &Floor) -> (Time, Command) {
        if let Some(change) = self.set_up.pop() {
            return (self.now, Command::SetUp { change: Box::new(change), by: Actor::Centre });
        }
        self.pass(floor);
        if let Some(command) = self.next_of_calm(floor) {
            return (self.now, command);
        }
        if self.dice.chance(40) && hours::is_calling(floor) {
            return (self.now, self.called(floor));
        }
        if self.dice.chance(8) {
            return (self.now, self.hours(floor));
        }
        if let Some(command) = self.life(floor).or_else(|| self.serving(floor)) {
            return (self.now, command);
        }
        let command = match self.dice.below(112) {
            0..=17 => self.arrive(),
            18..=33 => self.enqueue(floor),
            34..=51 => self.answer(),
            52..=60 => self.connect(floor),
            61..=70 => self.end(floor),
            71..=77 => self.wrap_up(floor),
            78..=87 => self.presence(),
            88..=89 => self.claim(floor),
            90..=91 => self.reclassify(),
            92..=93 => self.report(floor),
            94..=95 => self.outside(),
            96 => self.change(),
            97 if self.dice.chance(20) => Command::Restart,
            97 if self.dice.chance(3) => Command::NoteStalled,
            97 if self.dice.chance(30) => Command::NoteUnjournaled { since: Time::ZERO, events: 1 },
            100.. => self.several(floor),
            _ => Command::Tick,
        };
        (self.now, command)
    }

    /// Often no time passes, often until just when something is due, sometimes far beyond it.
    fn pass(&mut self, floor: &Floor) {
        let due = floor.deadline().map_or(self.now, |at| at.max(self.now));
        let scale = if self.calm { 16 } else { 10 };
        self.now = match self.dice.below(scale) {
            10.. => self.now,
            0..=3 => self.now,
            4..=6 => self.now + Span(self.dice.below(4_000) as i64),
            7 => due,
            8 => (due - Span(1)).max(self.now),
            _ => self.now + Span::seconds(self.dice.below(if self.calm { 8 } else { 40 }) as i64),
        };
    }

    fn some_contact(&mut self) -> ContactId {
        self.dice.pick(&self.seen).copied().unwrap_or_default()
    }

    fn some_agent(&mut self) -> AgentName {
        let n = self.dice.below(self.agents + 1);
        AgentName::new(&format!("agent-{n}")).unwrap()
    }

    fn arrive(&mut self) -> Command {
        if self.dice.chance(3) {
            let contact = self.some_contact();
            return arrival(contact, Channel::Voice, "nairobi");
        }
        self.contacts += 1;
        let contact = ContactId(Ulid::from_parts(self.now.0 as u64, self.contacts));
        let channel = *self.dice.pick(&CHANNELS).unwrap();
        let tenant = if self.dice.chance(85) { "nairobi" } else { "treasury" };
        arrival(contact, channel, tenant)
    }

    fn enqueue(&mut self, floor: &Floor) -> Command {
        let fresh: Vec<ContactId> = floor.contacts().filter(|c| c.stage == Stage::InFlow).map(|c| c.contact).collect();
        let contact = match self.dice.pick(&fresh).copied() {
            Some(contact) if !self.dice.chance(10) => contact,
            _ => self.some_contact(),
        };
        let mut needs = Needs::default();
        if self.dice.chance(20) {
            needs.skills = self.skills(40);
        }
        if self.dice.chance(10) {
            needs.tier = Tier::L2;
        }
        let lane = self.dice.chance(8).then(|| *self.dice.pick(&Lane::ALL).unwrap());
        let risk = *self.dice.pick(&[Risk::P3, Risk::P3, Risk::P2, Risk::P1, Risk::P0]).unwrap();
        let queue = QueueName::new(self.dice.pick(&QUEUES).unwrap()).unwrap();
        let base = self.dice.chance(10).then(|| self.dice.below(20) as i64);
        let language = *self.dice.pick(&LANGUAGES).unwrap();
        Command::Enqueue { contact, queue, needs, lane, risk, language, base }
    }

    fn answer(&mut self) -> Command {
        let newest = self.offers.len().saturating_sub(4);
        let found =
            if self.dice.chance(80) { self.dice.pick(&self.offers[newest..]) } else { self.dice.pick(&self.offers) };
        let Some((contact, offer, agent)) = found.cloned() else {
            return Command::Tick;
        };
        match self.dice.below(20) {
            0..=13 => Command::Accept { contact, offer, agent },
            14..=18 => Command::Decline { contact, offer, agent },
            _ => Command::Accept { contact, offer: offer + 1, agent },
        }
    }

    fn connect(&mut self, floor: &Floor) -> Command {
        let joining: Vec<(ContactId, AgentName)> = floor
            .contacts()
            .filter_map(|c| match c.stage {
                Stage::Accepted { agent } => Some((c.contact, agent)),
                Stage::Talking { agent, .. } if self.dice.chance(5) => {
                    let beside = c.also.first().map(|(agent, _)| agent.clone());
                    Some((c.contact, beside.unwrap_or(agent)))
                }
                _ => None,
            })
            .collect();
        let Some((contact, agent)) = self.dice.pick(&joining).cloned() else {
            return Command::Tick;
        };
        if self.dice.chance(85) { Command::Connect { contact, agent } } else { Command::ConnectFail { contact, agent } }
    }

    fn end(&mut self, floor: &Floor) -> Command {
        let talking: Vec<ContactId> =
            floor.contacts().filter(|c| matches!(c.stage, Stage::Talking { .. })).map(|c| c.contact).collect();
        let contact = match self.dice.pick(&talking).copied() {
            Some(contact) if self.dice.chance(70) => contact,
            _ => self.some_contact(),
        };
        let by = *self.dice.pick(&[Party::Citizen, Party::Citizen, Party::Agent, Party::Centre]).unwrap();
        Command::End { contact, by, cause: *self.dice.pick(&EndCause::ALL).unwrap() }
    }

    fn wrap_up(&mut self, floor: &Floor) -> Command {
        let writing: Vec<(ContactId, AgentName)> =
            floor.contacts().flat_map(|c| c.writers.into_iter().map(move |agent| (c.contact, agent))).collect();
        let Some((contact, agent)) = self.dice.pick(&writing).cloned() else {
            return Command::Tick;
        };
        match self.dice.below(6) {
            0..=1 => Command::ExtendWrapUp { contact, agent },
            2 => Command::WrapUp { contact, agent, disposition: ReasonName::new("nonsense").ok() },
            3 => Command::WrapUp { contact, agent: self.some_agent(), disposition: None },
            _ => Command::WrapUp { contact, agent, disposition: ReasonName::new("resolved").ok() },
        }
    }

    fn presence(&mut self) -> Command {
        let agent = self.some_agent();
        let reason = self.dice.pick(&["break", "meal", "recovery", "surfing"]).unwrap();
        let presence = match self.dice.below(10) {
            0..=7 => Presence::Ready,
            8 => Presence::Away { reason: ReasonName::new(reason).unwrap() },
            _ => Presence::Offline,
        };
        let by = if self.dice.chance(70) { Actor::Staff { name: agent.clone() } } else { Actor::Centre };
        Command::SetPresence { agent, presence, by }
    }

    fn claim(&mut self, floor: &Floor) -> Command {
        let places: Vec<ContactId> = floor.places().map(|(id, _, _)| id).collect();
        let from = self.dice.pick(&places).copied().unwrap_or_default();
        Command::ClaimPlace { contact: self.some_contact(), from }
    }

    fn reclassify(&mut self) -> Command {
        let contact = self.some_contact();
        let lane = *self.dice.pick(&Lane::ALL).unwrap();
        let risk = *self.dice.pick(&[Risk::P0, Risk::P1, Risk::P2, Risk::P3]).unwrap();
        let by = if self.dice.chance(60) { Actor::Staff { name: self.some_agent() } } else { Actor::Centre };
        Command::Reclassify { contact, lane, risk, by }
    }

    fn report(&mut self, floor: &Floor) -> Command {
        let contact = self.some_contact();
        let agent = match floor.contact(contact).map(|c| c.stage) {
            Some(Stage::Talking { agent, .. }) => agent,
            _ => self.some_agent(),
        };
        Command::Report(match self.dice.below(4) {
            0 => Event::Held { contact, agent },
            1 => Event::Resumed { contact, agent },
            2 => Event::PlaceLapsed { contact },
            _ => Event::LanguageChosen { contact, language: Language::EN },
        })
    }

    fn outside(&mut self) -> Command {
        Command::OutsideAnswered { contact: self.some_contact(), step: self.dice.below(3) as u32 }
    }

    fn change(&mut self) -> Command {
        let n = self.dice.below(self.agents + 1);
        let queue = *self.dice.pick(&QUEUES).unwrap();
        let change = match self.dice.below(8) {
            0..=2 => self.agent(n),
            3 => Change::AgentRemoved { agent: AgentName::new(&format!("agent-{n}")).unwrap() },
            4..=5 => self.queue(queue),
            6 => Change::QueueRemoved { queue: QueueName::new(queue).unwrap() },
            _ => self.rules(),
        };
        Command::SetUp { change: Box::new(change), by: Actor::Centre }
    }

    fn skills(&mut self, percent: u64) -> BTreeMap<SkillName, Level> {
        let mut skills = BTreeMap::new();
        for skill in SKILLS {
            if self.dice.chance(percent) {
                skills.insert(SkillName::new(skill).unwrap(), Level::new(1 + self.dice.below(5) as u8).unwrap());
            }
        }
        skills
    }

    fn agent(&mut self, n: u64) -> Change {
        let lanes: BTreeSet<Lane> = Lane::ALL.into_iter().filter(|_| self.dice.chance(25)).collect();
        let languages: BTreeSet<Language> = LANGUAGES.into_iter().filter(|_| self.dice.chance(75)).collect();
        let roles = match self.dice.below(20) {
            0..=6 => BTreeSet::from([Role::Agent, Role::Supervisor]),
            7..=8 => BTreeSet::from([Role::Supervisor]),
            _ => BTreeSet::from([Role::Agent]),
        };
        let tenants = if self.dice.chance(50) { vec![TenantName::new("treasury").unwrap()] } else { Vec::new() };
        let mut agent = Agent {
            roles,
            auto_ready: self.dice.chance(80),
            ledger: self.ledger(),
            languages,
            skills: self.skills(60),
            clearances: lanes,
            tenants: tenants.into_iter().collect(),
            tier: if self.dice.chance(80) { Tier::L1 } else { Tier::L2 },
            text_contacts: self.dice.below(4) as u32,
            ..Agent::new(AgentName::new(&format!("agent-{n}")).unwrap())
        };
        self.train(&mut agent);
        Change::AgentSet { agent }
    }

    fn queue(&mut self, name: &str) -> Change {
        let lane = match name {
            "gbv" => Lane::Gbv,
            "child" => Lane::Child,
            "elders" => Lane::SpecialNeeds,
            _ => Lane::Standard,
        };
        let rung = |after_seconds, to| LastResort { after_seconds, to };
        let chain = [
            rung(20, LastResortTo::OnCall(E164::parse("+254700000195").unwrap())),
            rung(45, LastResortTo::Outside(String::from("1195"))),
            rung(60, LastResortTo::AnyAgent),
        ];
        let widening = |after_seconds, lower_levels, skill: &[&str], drop_language| Widening {
            after_seconds,
            drop_skills: skill.iter().map(|s| SkillName::new(s).unwrap()).collect(),
            lower_levels,
            drop_language,
        };
        let widenings =
            vec![widening(10, 1, &[], false), widening(30, 0, &["ids", "tax"], false), widening(50, 9, &[], true)];
        // Now and then a queue nobody may set up: a safeguarding one without its last step.
        let rungs = if self.dice.chance(95) { 3 } else { 1 };
        let mut queue = Queue {
            skills: self.skills(25),
            language: self.dice.chance(50),
            base: self.dice.below(30) as i64,
            slope: self.dice.below(4) as i64,
            choose: if self.dice.chance(50) { Choose::LongestIdle } else { Choose::HighestLevel },
            offer_seconds: 5 + self.dice.below(20) as i64,
            wrap_up_seconds: self.dice.below(30) as i64,
            wrap_up: *self
                .dice
                .pick(&[WrapUpMode::Extendable, WrapUpMode::MandatoryTimed, WrapUpMode::Optional])
                .unwrap(),
            widenings: if self.dice.chance(70) { widenings } else { Vec::new() },
            climb: self.climb(),
            last_resort: if lane.is_safeguarding() { chain[..rungs].to_vec() } else { Vec::new() },
            ..Queue::new(QueueName::new(name).unwrap(), TenantName::new("nairobi").unwrap(), lane)
        };
        self.dress(&mut queue);
        self.set_asking(&mut queue);
        Change::QueueSet { queue }
    }

    fn rules(&mut self) -> Change {
        let rules = Rules {
            place_seconds: self.dice.below(200) as i64,
            reserve: self.dice.below(3) as u32,
            reserve_cap_percent: 40 + self.dice.below(60) as u32,
            recovery_after: self.dice.below(4) as u32,
            recovery_seconds: 1 + self.dice.below(60) as i64,
            alarm_seconds: 1 + self.dice.below(20) as i64,
            grace_seconds: self.dice.below(30) as i64,
            storm_expiries: 1 + self.dice.below(8) as u32,
            reserve_wait_percent: *self.dice.pick(&[0, 1, 5, 20, 60]).unwrap(),
            ledgers: self.ledgers(),
            silent_per_source: self.dice.below(3) as u32,
            silent_per_hour: self.dice.below(5) as u32,
            ..Rules::default()
        };
        Change::RulesSet { rules }
    }
}

fn arrival(contact: ContactId, channel: Channel, tenant: &str) -> Command {
    let entry = EntryName::new("main").unwrap();
    Command::Arrive { contact, channel, tenant: TenantName::new(tenant).unwrap(), entry }
}
