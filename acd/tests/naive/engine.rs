//! The slow engine: no index, no timers, no lines, no groups. For every step it looks at everyone,
//! in the words of the rules. Where the two engines differ, one of them is wrong.

#[path = "engine/hours.rs"]
mod hours;
#[path = "engine/life.rs"]
pub mod life;
#[path = "engine/load.rs"]
mod load;
#[path = "engine/serving.rs"]
mod serving;
#[path = "engine/yielding.rs"]
mod yielding;

use acd::{CALL_WITHIN, CONNECT_WITHIN, Command, OFFER_SEVERAL, REST, SHORTEST_OFFER, STORM_WINDOW};
use std::collections::{BTreeMap, BTreeSet};
use vocabulary::centre::{Centre, Change, Choose, LastResortTo, Queue, Role, SkillMode};
use vocabulary::event::{Actor, AgentRule, Alarm, OrderRule, Switch, Why, WithdrawCause};
use vocabulary::{
    AgentName, CallBackPolicy, Channel, ConsentKind, ContactId, EndCause, Event, FloorName, Lane, Language, Level,
    Needs, Party, Presence, QueueName, ReasonName, Risk, Span, TenantName, Time,
};

#[path = "engine/help.rs"]
mod help;

use help::Around;

#[derive(Debug, Clone, PartialEq)]
pub enum At {
    Flow,
    Waiting,
    Offered(Vec<AgentName>, Time),
    Accepted(AgentName, Time),
    Talking(AgentName, bool),
    Over,
}

#[derive(Debug, Clone)]
pub struct Case {
    pub id: ContactId,
    pub at: At,
    channel: Channel,
    tenant: TenantName,
    came: Time,
    language: Option<Language>,
    pub order: Option<Want>,
    offers: u32,
    rests: Vec<(AgentName, Time)>,
    /// Whom it would rather have, and until when nobody else is asked.
    preferred: Option<(AgentName, Time)>,
    claimed: Option<Time>,
    once: bool,
    policy: CallBackPolicy,
    pub call: Option<hours::Call>,
    overflowed: BTreeSet<QueueName>,
    pub beside: life::Beside,
    pub around: Around,
}

#[derive(Debug, Clone)]
pub struct Want {
    pub queue: QueueName,
    needs: Needs,
    lane: Lane,
    risk: Risk,
    base: i64,
    pub arrived: Time,
    entered: Time,
    safe: Option<Time>,
    widened: usize,
    rungs: usize,
    any: bool,
    outside: Vec<usize>,
    call_offered: bool,
    /// It is to be called back: no last resort.
    called: bool,
}

#[derive(Debug, Clone)]
pub struct Person {
    pub name: AgentName,
    pub presence: Presence,
    since: Time,
    idle: u64,
    wrap: Option<(Time, Time)>,
    row: u32,
    break_from: Time,
    pub own: life::Own,
}

struct Kept {
    id: ContactId,
    want: Want,
    until: Time,
}

pub struct Naive {
    now: Time,
    centre: Centre,
    opened: bool,
    pub cases: Vec<Case>,
    pub people: Vec<Person>,
    places: Vec<Kept>,
    pub alarms: Vec<(Alarm, Option<ContactId>)>,
    pub safety: life::Safety,
    expiries: Vec<Time>,
    idle: u64,
    closed: BTreeSet<QueueName>,
    switches: BTreeMap<QueueName, Switch>,
    surge: BTreeSet<QueueName>,
    /// When hours were last looked at.
    looked: Time,
    pub said: Vec<Event>,
}

type Done = Option<()>;

impl Naive {
    pub fn new(floor: FloorName) -> Naive {
        Naive {
            now: Time::ZERO,
            centre: Centre::empty(floor),
            opened: false,
            cases: Vec::new(),
            people: Vec::new(),
            places: Vec::new(),
            alarms: Vec::new(),
            safety: Default::default(),
            expiries: Vec::new(),
            idle: 0,
            closed: BTreeSet::new(),
            switches: BTreeMap::new(),
            surge: BTreeSet::new(),
            looked: Time::ZERO,
            said: Vec::new(),
        }
    }

    /// Whether the command was obeyed; what was decided is in `said`.
    pub fn handle(&mut self, now: Time, command: Command, well_formed: bool) -> bool {
        self.said.clear();
        self.now = now;
        if !self.opened {
            self.opened = true;
            self.said.push(Event::FloorOpened { floor: self.centre.floor.clone() });
        }
        self.due();
        let obeyed = self.obey(command, well_formed).is_some();
        self.due();
        self.watch();
        self.watch_staffed();
        while self.offer_best() || self.take_best() {}
        obeyed
    }

    // --- looking at everyone ---

    fn case(&mut self, id: ContactId) -> Option<&mut Case> {
        self.cases.iter_mut().find(|c| c.id == id)
    }

    fn person(&mut self, name: &AgentName) -> Option<&mut Person> {
        self.people.iter_mut().find(|p| p.name == *name)
    }

    /// Contacts a person is shown, joins or talks with: (contact, only shown, voice).
    fn busy(&self, name: &AgentName) -> Vec<(ContactId, bool, bool)> {
        let mut busy = Vec::new();
        for case in &self.cases {
            let shown = matches!(&case.at, At::Offered(agents, _) if agents.contains(name));
            let with = case.members().contains(name);
            if shown || with {
                busy.push((case.id, shown, case.channel.is_voice()));
            }
        }
        // Voice first, as the engine lists them.
        busy.sort_by_key(|(id, _, voice)| (!voice, *id));
        busy
    }

    fn writes(&self, name: &AgentName) -> Vec<ContactId> {
        let mut ids: Vec<ContactId> = self.cases.iter().filter(|c| c.writer(name).is_some()).map(|c| c.id).collect();
        ids.sort();
        ids
    }

    fn queue(&self, name: &QueueName) -> Option<&Queue> {
        self.centre.queues.get(name)
    }

    fn home(&self, lane: Lane) -> Option<&Queue> {
        self.centre.queues.values().find(|q| q.lane == lane && !q.last_resort.is_empty())
    }

    fn chain(&self, want: &Want) -> Vec<(i64, LastResortTo)> {
        if !want.lane.is_safeguarding() || want.called {
            return Vec::new();
        }
        let own = self.queue(&want.queue).filter(|q| !q.last_resort.is_empty());
        match own.or(self.home(want.lane)) {
            Some(q) => q.last_resort.iter().map(|r| (r.after_seconds, r.to.clone())).collect(),
            None => vec![(60, LastResortTo::AnyAgent)],
        }
    }

    fn owed(&self, p: &Person) -> bool {
        self.centre.rules.recovery_after > 0 && p.row >= self.centre.rules.recovery_after
    }

    fn in_recovery(p: &Person) -> bool {
        matches!(&p.presence, Presence::Away { reason } if reason.as_str() == "recovery")
    }

    // --- time ---

    fn due(&mut self) {
        loop {
            let mut soonest: Option<(Time, u8, u128)> = None;
            let mut add = |at: Time, kind: u8, key: u128| {
                if at <= self.now && soonest.is_none_or(|s| (at, kind, key) < s) {
                    soonest = Some((at, kind, key));
                }
            };
            for case in &self.cases {
                self.case_due(case).into_iter().for_each(|at| add(at, 0, case.id.0.0));
            }
            for (i, p) in self.people.iter().enumerate() {
                self.person_due(p).into_iter().for_each(|at| add(at, 1, i as u128));
            }
            for place in &self.places {
                add(place.until, 2, place.id.0.0);
            }
            if self.alarms.contains(&(Alarm::ExpiryStorm, None)) {
                let n = self.centre.rules.storm_expiries.max(1) as usize;
                let over = self.expiries.len().checked_sub(n).map(|i| self.expiries[i] + STORM_WINDOW);
                add(over.unwrap_or(Time::ZERO), 3, 0);
            }
            self.hours_due().into_iter().for_each(|at| add(at, 4, 0));
            self.silents_due().into_iter().for_each(|at| add(at, 5, 0));
            let Some((_, kind, key)) = soonest else {
                return;
            };
            match kind {
                0 => self.case_acts(ContactId(vocabulary::Ulid(key))),
                1 => self.person_acts(key as usize),
                2 => {
                    let contact = ContactId(vocabulary::Ulid(key));
                    self.places.retain(|p| p.id != contact);
                    self.said.push(Event::PlaceLapsed { contact });
                }
                3 => self.alarm(Alarm::ExpiryStorm, None, false),
                4 => self.turn_hours(),
                _ => self.alarm(Alarm::SilentCapReached, None, false),
            }
        }
    }

    fn widening_at(&self, w: &Want) -> Option<Time> {
        Some(w.entered + Span::seconds(self.queue(&w.queue)?.widenings.get(w.widened)?.after_seconds))
    }

    fn rung_at(&self, w: &Want) -> Option<Time> {
        Some(w.safe? + Span::seconds(self.chain(w).get(w.rungs)?.0))
    }

    fn alarm_at(&self, id: ContactId, w: &Want) -> Option<Time> {
        let rings = self.alarms.contains(&(Alarm::SafeguardingWaiting, Some(id)));
        w.safe.filter(|_| !rings).map(|at| at + Span::seconds(self.centre.rules.alarm_seconds))
    }

    fn case_due(&self, case: &Case) -> Option<Time> {
        let w = case.order.as_ref()?;
        let steps = [self.widening_at(w), self.rung_at(w), self.alarm_at(case.id, w), self.climb_at(case)];
        match &case.at {
            At::Waiting => {
                let over = case.call.as_ref().map(|call| call.until);
                let elsewhere = self.overflow_at(case).map(|(at, _)| at);
                steps.into_iter().flatten().chain(over).chain(elsewhere).min()
            }
            At::Offered(_, until) => steps.into_iter().flatten().chain([*until]).min(),
            At::Accepted(_, at) => Some(*at + join_within(case)),
            _ => None,
        }
    }

    fn person_due(&self, p: &Person) -> Option<Time> {
        let mut times = Vec::new();
        let (busy, writes) = (self.busy(&p.name), self.writes(&p.name));
        if let (Some((_, until)), false) = (p.wrap, self.busy_writing(&p.name).is_empty()) {
            times.push(until);
        }
        times.extend(self.life_due(p));
        if self.owed(p) && busy.is_empty() && writes.is_empty() {
            if p.presence == Presence::Ready {
                times.push(p.break_from);
            } else if Self::in_recovery(p) {
                times.push(p.break_from + Span::seconds(self.centre.rules.recovery_seconds));
            }
        }
        if p.presence == Presence::Offline && !busy.is_empty() {
            times.push(p.since + Span::seconds(self.centre.rules.grace_seconds));
        }
        times.into_iter().min()
    }

    fn case_acts(&mut self, id: ContactId) {
        let now = self.now;
        match self.case(id).unwrap().at.clone() {
            At::Offered(agents, until) if until <= now => self.expire(id, agents),
            At::Accepted(agent, at) if at + join_within(self.case(id).unwrap()) <= now => self.lose(id, &agent),
            _ => {}
        }
        self.lapse_call(id);
        self.overflow_by_time(id);
        // It may be over, or its flow's again.
        if self.case(id).is_none_or(|case| case.order.is_none()) {
            return;
        }
        loop {
            let want = self.case(id).unwrap().order.clone().unwrap();
            if !self.widening_at(&want).is_some_and(|at| at <= now) {
                break;
            }
            let widening = self.queue(&want.queue).unwrap().widenings[want.widened].clone();
            self.said.push(Event::Widened { contact: id, step: want.widened as u32 });
            let w = self.case(id).unwrap().order.as_mut().unwrap();
            w.widened += 1;
            for skill in &widening.drop_skills {
                w.needs.skills.remove(skill);
            }
            for level in w.needs.skills.values_mut() {
                *level = Level::new(level.get().saturating_sub(widening.lower_levels)).unwrap_or(Level::MIN);
            }
            if widening.drop_language {
                w.needs.language = None;
            }
        }
        loop {
            let want = self.case(id).unwrap().order.clone().unwrap();
            if !self.rung_at(&want).is_some_and(|at| at <= now) {
                break;
            }
            self.said.push(Event::LastResortTaken { contact: id, step: want.rungs as u32 });
            let to = self.chain(&want)[want.rungs].1.clone();
            let case = self.case(id).unwrap();
            let w = case.order.as_mut().unwrap();
            w.rungs += 1;
            match to {
                LastResortTo::AnyAgent => w.any = true,
                _ if case.channel.is_voice() => w.outside.push(want.rungs),
                _ => {}
            }
        }
        let want = self.case(id).unwrap().order.clone().unwrap();
        if self.alarm_at(id, &want).is_some_and(|at| at <= now) {
            self.alarm(Alarm::SafeguardingWaiting, Some(id), true);
        }
        let case = self.case(id).unwrap().clone();
        if self.climb_at(&case).is_some_and(|at| at <= now) {
            self.climb(id);
        }
    }

    fn expire(&mut self, id: ContactId, agents: Vec<AgentName>) {
        let now = self.now;
        let case = self.case(id).unwrap();
        case.at = At::Waiting;
        let offer = case.offers;
        self.said.push(Event::Expired { contact: id, offer });
        agents.iter().for_each(|a| self.rest(id, a));
        let n = self.centre.rules.storm_expiries.max(1) as usize;
        self.expiries.push(now);
        self.expiries.retain(|e| *e + STORM_WINDOW > now);
        let surplus = self.expiries.len().saturating_sub(n);
        self.expiries.drain(..surplus);
        if self.expiries.len() >= n {
            self.alarm(Alarm::ExpiryStorm, None, true);
        }
        if self.alarms.contains(&(Alarm::ExpiryStorm, None)) {
            return;
        }
        for name in agents {
            let ready = self.person(&name).is_some_and(|p| p.presence == Presence::Ready);
            if ready && !self.busy(&name).iter().any(|(_, shown, _)| *shown) {
                self.present(&name, away("no_answer"), Actor::Centre);
            }
        }
    }

    fn person_acts(&mut self, i: usize) {
        let now = self.now;
        let name = self.people[i].name.clone();
        if let (Some((_, until)), false) = (self.people[i].wrap, self.busy_writing(&name).is_empty())
            && until <= now
        {
            for contact in self.busy_writing(&name) {
                self.unwritten(contact, &name);
            }
        }
        self.free_writing_acts(&name);
        let grace = Span::seconds(self.centre.rules.grace_seconds);
        let p = &self.people[i];
        if p.presence == Presence::Offline && p.since + grace <= now {
            self.busy(&name).into_iter().for_each(|(id, _, _)| self.lose(id, &name));
        }
        self.take_up_again(i);
        self.leave_if_done(i);
        let p = self.people[i].clone();
        if self.owed(&p) && self.busy(&name).is_empty() && self.writes(&name).is_empty() {
            let over = p.break_from + Span::seconds(self.centre.rules.recovery_seconds) <= now;
            if p.presence == Presence::Ready && p.break_from <= now {
                self.present(&name, away("recovery"), Actor::Centre);
            } else if Self::in_recovery(&p) && over {
                self.present(&name, Presence::Ready, Actor::Centre);
            }
        }
    }

    // --- what happens to people ---

    fn idle_last(&mut self, name: &AgentName) {
        self.idle += 1;
        let idle = self.idle;
        self.person(name).into_iter().for_each(|p| p.idle = idle);
    }

    fn rest(&mut self, id: ContactId, name: &AgentName) {
        let now = self.now;
        let case = self.case(id).unwrap();
        // Never shorter than it was: who is in the conversation is not asked to help with it.
        case.rests.push((name.clone(), now + REST));
        case.preferred.take_if(|(other, _)| other == name);
        self.idle_last(name);
    }

    fn present(&mut self, name: &AgentName, presence: Presence, by: Actor) {
        let now = self.now;
        let long = Span::seconds(self.centre.rules.recovery_seconds);
        self.said.push(Event::PresenceSet { agent: name.clone(), presence: presence.clone(), by });
        let engaged = !self.busy(name).is_empty() || !self.writes(name).is_empty();
        let p = self.person(name).unwrap();
        p.own.spoke = false;
        if !engaged {
            p.own.leaving = None;
        }
        if presence == Presence::Ready {
            if Self::in_recovery(p) || p.since + long <= now {
                p.row = 0;
            }
        } else {
            p.break_from = now;
        }
        p.presence = presence.clone();
        p.since = now;
        if presence == Presence::Ready {
            self.idle_last(name);
            return;
        }
        self.out_of_offers(name, WithdrawCause::AgentLeft);
    }

    fn withdraw_empty(&mut self, id: ContactId, why: WithdrawCause) {
        if matches!(&self.case(id).unwrap().at, At::Offered(agents, _) if agents.is_empty()) {
            self.withdraw(id, why);
        }
    }

    fn withdraw(&mut self, id: ContactId, why: WithdrawCause) {
        let case = self.case(id).unwrap();
        if matches!(case.at, At::Offered(..)) {
            case.at = At::Waiting;
            let offer = case.offers;
            self.said.push(Event::Withdrawn { contact: id, offer, why });
        }
    }

    fn alarm(&mut self, alarm: Alarm, contact: Option<ContactId>, on: bool) {
        let rings = self.alarms.contains(&(alarm, contact));
        if on && !rings {
            self.alarms.push((alarm, contact));
            self.said.push(Event::AlarmRaised { alarm, contact });
        }
        if !on && rings {
            self.alarms.retain(|a| *a != (alarm, contact));
            self.said.push(Event::AlarmCleared { alarm, contact });
        }
    }

    fn watch(&mut self) {
        let lanes: BTreeSet<Lane> =
            self.centre.queues.values().map(|q| q.lane).filter(|l| l.is_safeguarding()).collect();
        let missing = lanes.iter().any(|lane| {
            !self.people.iter().any(|p| {
                let agent = &self.centre.agents[&p.name];
                p.presence == Presence::Ready
                    && p.own.leaving.is_none()
                    && agent.roles.contains(&Role::Agent)
                    && self.cleared(&p.name, *lane)
            })
        });
        self.alarm(Alarm::NoClearedAgent, None, missing);
    }

    // --- matching ---

    fn has_room(&self, p: &Person, channel: Channel) -> bool {
        let serves = self.centre.agents[&p.name].roles.contains(&Role::Agent) || self.could_help(&p.name);
        serves && self.has_space(p, channel)
    }

    fn open(&self, p: &Person) -> bool {
        p.presence == Presence::Ready && p.own.leaving.is_none() && !self.owed(p) && !self.yielded(p)
    }

    fn resting(&self, p: &Person) -> bool {
        self.owed(p)
            && p.own.leaving.is_none()
            && ((p.presence == Presence::Ready && !self.yielded(p)) || Self::in_recovery(p))
    }

    fn able(&self, case: &Case, p: &Person) -> bool {
        let (w, agent) = (case.order.as_ref().unwrap(), &self.centre.agents[&p.name]);
        let helps = self.helps(&p.name, &w.queue);
        if !agent.roles.contains(&Role::Agent) && !helps {
            return false;
        }
        if w.any {
            return true;
        }
        let own = case.tenant.as_str() == self.centre.floor.as_str();
        self.cleared(&p.name, w.lane)
            && (own || agent.tenants.contains(&case.tenant))
            && w.needs.language.is_none_or(|l| agent.languages.contains(&l))
            && (helps || self.skilled(w, p))
    }

    fn skilled(&self, w: &Want, p: &Person) -> bool {
        let agent = &self.centre.agents[&p.name];
        agent.roles.contains(&Role::Agent)
            && agent.tier >= w.needs.tier
            && (self.skill_mode(w) != SkillMode::All
                || w.needs
                    .skills
                    .iter()
                    .all(|(skill, level)| agent.level(skill, self.now).is_some_and(|l| l >= *level)))
    }

    fn skill_mode(&self, w: &Want) -> SkillMode {
        self.queue(&w.queue).map_or(SkillMode::All, |q| q.skill_mode)
    }

    /// Whether somebody may see a lane, today.
    pub fn cleared(&self, name: &AgentName, lane: Lane) -> bool {
        self.centre.agents[name].clearance_counts(lane, self.now)
    }

    fn level(&self, case: &Case, p: &Person) -> u32 {
        let (w, agent) = (case.order.as_ref().unwrap(), &self.centre.agents[&p.name]);
        if w.any {
            return u32::from(self.cleared(&p.name, w.lane));
        }
        if !self.skilled(w, p) {
            return 0;
        }
        let has = |skill| agent.level(skill, self.now).map_or(0, |level| u32::from(level.get()));
        match self.skill_mode(w) {
            SkillMode::All => w.needs.skills.keys().map(has).sum(),
            SkillMode::BestAvailable => w.needs.skills.iter().map(|(s, asked)| has(s).min(asked.get().into())).sum(),
            SkillMode::Ignore => 0,
        }
    }

    /// Whether taking this person would eat into the reserve of one of their languages.
    fn reserved(&self, p: &Person, channel: Channel) -> bool {
        let safe = |p: &Person| {
            let agent = &self.centre.agents[&p.name];
            let open = |l: &Lane| l.is_safeguarding() && self.cleared(&p.name, *l);
            agent.roles.contains(&Role::Agent) && agent.clearances.iter().any(open)
        };
        let rules = &self.centre.rules;
        safe(p)
            && self.centre.agents[&p.name].languages.iter().any(|language| {
                let peers: Vec<&Person> = self
                    .people
                    .iter()
                    .filter(|o| safe(o) && self.centre.agents[&o.name].languages.contains(language))
                    .collect();
                let shift = peers.iter().filter(|o| o.presence != Presence::Offline).count();
                let free = peers.iter().filter(|o| self.open(o) && self.has_room(o, channel)).count();
                let reserve = (rules.reserve as usize)
                    .max(self.load_needs(*language))
                    .min(shift * rules.reserve_cap_percent as usize / 100);
                free < reserve + 1
            })
    }

    fn offer_best(&mut self) -> bool {
        let due = |c: &Case| c.call.as_ref().is_none_or(|call| call.from <= self.now);
        let stalled = self.alarms.contains(&(Alarm::JournalStalled, None));
        let ordinary = |c: &Case| c.order.as_ref().is_some_and(|w| !w.lane.is_safeguarding() && w.risk != Risk::P0);
        let may = |c: &Case| c.at == At::Waiting && due(c) && !(stalled && ordinary(c));
        let mut waiting: Vec<&Case> = self.cases.iter().filter(|c| may(c)).collect();
        waiting.sort_by_key(|c| self.turn(c));
        let found =
            waiting.into_iter().find_map(|case| self.choose_or_named(case).map(|(agents, why)| (case.id, agents, why)));
        let Some((id, agents, why)) = found else {
            return false;
        };
        let want = self.case(id).unwrap().order.clone().unwrap();
        let seconds = self.queue(&want.queue).map_or(20, |q| q.offer_seconds);
        let mut until = self.now + Span::seconds(seconds);
        let ahead = self.chain(&want).into_iter().skip(want.rungs).find(|(_, to)| *to == LastResortTo::AnyAgent);
        if let (Some((after, _)), Some(safe)) = (ahead, want.safe) {
            until = until.min((safe + Span::seconds(after)).max(self.now + SHORTEST_OFFER));
        }
        if let Some(over) = self.case(id).unwrap().call.as_ref().map(|call| call.until) {
            until = until.min(over.max(self.now + SHORTEST_OFFER));
        }
        let now = self.now;
        let case = self.case(id).unwrap();
        case.offers += 1;
        case.rests.retain(|(_, until)| *until > now);
        case.at = At::Offered(agents.clone(), until);
        if case.around.meant.as_ref().and_then(|m| m.agent.as_ref()).is_some_and(|agent| agents.contains(agent)) {
            case.forget_assignment();
        }
        let offer = case.offers;
        self.said.push(Event::Offered { contact: id, offer, agents, until, why });
        true
    }

    fn choose(&self, case: &Case) -> Option<(Vec<AgentName>, Why)> {
        let w = case.order.as_ref().unwrap();
        let (channel, several) = (case.channel, w.lane.is_safeguarding() && w.risk <= Risk::P1);
        let ordinary = !w.lane.is_safeguarding() && w.risk != Risk::P0;
        if let Some(choice) = self.choose_preferred(case, ordinary) {
            return choice;
        }
        let queue = self.queue(&w.queue);
        let rule = match queue.map_or(Choose::LongestIdle, |q| q.choose) {
            _ if w.any => AgentRule::LastResort,
            _ if several => AgentRule::Several,
            _ if self.skill_mode(w) == SkillMode::BestAvailable => AgentRule::BestAvailable,
            Choose::LongestIdle => AgentRule::LongestIdle,
            Choose::HighestLevel if self.skill_mode(w) == SkillMode::Ignore => AgentRule::LongestIdle,
            Choose::HighestLevel => AgentRule::HighestLevel,
        };
        let asked = |p: &Person| case.rests.iter().any(|(name, until)| *name == p.name && *until > self.now);
        let free: Vec<&Person> =
            self.people.iter().filter(|p| self.able(case, p) && self.has_room(p, channel)).collect();
        let open: Vec<&Person> = free.iter().copied().filter(|p| self.open(p)).collect();
        let (held, open): (Vec<&Person>, Vec<&Person>) =
            open.into_iter().partition(|p| ordinary && self.reserved(p, channel));
        let mut picked: Vec<&Person> = open.into_iter().filter(|p| !asked(p)).collect();
        if picked.is_empty() && several {
            picked = free.iter().copied().filter(|p| self.resting(p) && !asked(p)).collect();
        }
        if picked.is_empty() && Self::takes(case) {
            picked = free.into_iter().filter(|p| self.freed(p) && !asked(p)).collect();
        }
        if picked.is_empty() {
            return None;
        }
        let candidates = picked.len() as u32;
        let best_first = matches!(rule, AgentRule::BestAvailable | AgentRule::Several);
        let by_level = matches!(rule, AgentRule::LastResort | AgentRule::HighestLevel)
            || (best_first && self.skill_mode(w) == SkillMode::BestAvailable);
        picked.sort_by_key(|p| (if by_level { u32::MAX - self.level(case, p) } else { 0 }, p.idle));
        picked.truncate(if several { OFFER_SEVERAL } else { 1 });
        let why = Why { agent: rule, candidates, reserved: held.len() as u32, ..self.order_of(case) };
        Some((picked.into_iter().map(|p| p.name.clone()).collect(), why))
    }

    /// Why a contact is first, whoever is asked.
    fn order_of(&self, case: &Case) -> Why {
        let (stratum, points, _, _) = self.rank(case);
        Why {
            order: [OrderRule::Imminent, OrderRule::Safeguarding, OrderRule::Score][stratum as usize],
            score: if stratum == 2 { (-points).div_euclid(60_000) } else { 0 },
            agent: AgentRule::LongestIdle,
            candidates: 0,
            reserved: 0,
        }
    }

    // --- commands ---

    fn obey(&mut self, command: Command, well_formed: bool) -> Done {
        match command {
            Command::Tick => Some(()),
            Command::SetUp { change, by } => self.set_up(*change, by, well_formed),
            Command::Arrive { contact, channel, tenant, entry } => {
                if self.case(contact).is_some() || self.places.iter().any(|p| p.id == contact) || self.dropped(contact)
                {
                    return None;
                }
                self.cases.push(Case::new(contact, channel, tenant.clone(), self.now));
                self.said.push(Event::Arrived { contact, channel, tenant, entry });
                Some(())
            }
            Command::Report(event) => self.report(event),
            Command::Enqueue { contact, queue, needs, lane, risk, language, base } => {
                let case = self.case(contact)?.clone();
                case.around.asked.is_none().then_some(())?;
                matches!(case.at, At::Flow | At::Waiting | At::Offered(..)).then_some(())?;
                let q = self.queue(&queue)?.clone();
                let arrived = case.claimed.or(case.order.map(|w| w.arrived)).unwrap_or(case.came);
                let needs = merged(&q, &needs, Some(language));
                let lane = lane.unwrap_or(q.lane);
                let silent = self.case(contact)?.beside.silent;
                let risk = life::entry_risk(silent, lane, risk);
                let base = base.unwrap_or(q.base);
                let want = Want { queue, needs, lane, risk, base, arrived, ..Want::none(self.now) };
                self.enter_by_way(contact, want);
                Some(())
            }
            Command::Accept { contact, offer, agent } => {
                self.shown(contact, offer, &agent)?;
                self.win(contact, offer, agent);
                Some(())
            }
            Command::Decline { contact, offer, agent } => {
                self.shown(contact, offer, &agent)?;
                if let At::Offered(agents, _) = &mut self.case(contact)?.at {
                    agents.retain(|a| *a != agent);
                }
                self.said.push(Event::Declined { contact, offer, agent: agent.clone() });
                self.rest(contact, &agent);
                self.withdraw_empty(contact, WithdrawCause::AllDeclined);
                Some(())
            }
            Command::OutsideAnswered { contact, step } => {
                let case = self.case(contact)?.clone();
                let want = case.order?;
                let shown = matches!(case.at, At::Offered(..));
                (shown || case.at == At::Waiting).then_some(())?;
                want.outside.contains(&(step as usize)).then_some(())?;
                let name = match &self.chain(&want).get(step as usize)?.1 {
                    LastResortTo::OnCall(_) => "outside.oncall".to_owned(),
                    LastResortTo::Outside(number) => format!("outside.{number}"),
                    LastResortTo::AnyAgent => "outside.any".to_owned(),
                };
                self.win(contact, case.offers + u32::from(!shown), AgentName::new(&name).unwrap());
                Some(())
            }
            Command::Connect { contact, agent } => {
                let now = self.now;
                let case = self.case(contact)?;
                matches!(&case.at, At::Accepted(a, _) if *a == agent).then_some(())?;
                case.at = At::Talking(agent.clone(), false);
                case.once = true;
                case.call = None;
                case.beside.since = Some(now);
                self.person(&agent).into_iter().for_each(|p| p.own.spoke = true);
                self.said.push(Event::Connected { contact, agent });
                self.let_interpreter_in(contact);
                Some(())
            }
            Command::ConnectFail { contact, agent } => {
                self.case(contact)?.members().contains(&agent).then_some(())?;
                self.lose(contact, &agent);
                Some(())
            }
            Command::Reclassify { contact, lane, risk, by } => self.reclassify(contact, lane, risk, by),
            Command::End { contact, by, cause } => self.end(contact, by, cause),
            Command::WrapUp { contact, agent, disposition } => self.wrap_up(contact, agent, disposition),
            Command::ExtendWrapUp { contact, agent } => self.extend(contact, agent),
            Command::SetLeaving { agent, then, by } => self.set_leaving(agent, then, by),
            Command::NoteSilent { contact, source } => self.note_silent(contact, source),
            Command::DecideDrop { contact, by, call } => self.decide_drop(contact, by, call),
            Command::SetPresence { agent, presence, by } => self.set_presence(agent, presence, by),
            Command::ClaimPlace { contact, from } => self.claim(contact, from),
            Command::AgreeCallBack { contact, from } => self.agree(contact, from),
            Command::FailCallBack { contact, agent } => self.fail_call(contact, agent),
            Command::SwitchQueue { queue, to, by } => self.switch_queue(queue, to, by),
            Command::SetSurge { queue, on, by } => self.set_surge(queue, on, by),
            Command::Restart => {
                self.restart();
                Some(())
            }
            Command::NoteStalled => {
                self.alarm(Alarm::JournalStalled, None, true);
                Some(())
            }
            Command::NoteUnjournaled { since, events } => {
                self.said.push(Event::RanUnjournaled { since, events });
                self.alarm(Alarm::JournalStalled, None, false);
                Some(())
            }
            Command::Rescore { contact, base, by } => self.rescore(contact, base, by),
            Command::Prefer { contact, agent, until } => self.prefer(contact, agent, until),
            other => self.obey_help(other),
        }
    }

    fn set_up(&mut self, change: Change, by: Actor, well_formed: bool) -> Done {
        // Whether a change makes sense in itself is not what the twin is about.
        well_formed.then_some(())?;
        match &change {
            Change::QueueRemoved { queue } => {
                self.queue(queue)?;
                let inside = |c: &Case| c.order.as_ref().is_some_and(|w| w.queue == *queue);
                let held = self.cases.iter().any(|c| inside(c) && c.at != At::Over);
                (!held).then_some(())?;
                self.closed.remove(queue);
                self.switches.remove(queue);
                self.surge.remove(queue);
            }
            Change::AgentRemoved { agent } => {
                self.person(agent)?;
                (self.busy(agent).is_empty() && self.writes(agent).is_empty()).then_some(())?;
                self.people.retain(|p| p.name != *agent);
                self.cases.iter_mut().for_each(|c| {
                    c.rests.retain(|(name, _)| name != agent);
                    c.preferred.take_if(|(name, _)| name == agent);
                    c.around.forget(agent);
                });
            }
            Change::AgentSet { agent } if self.person(&agent.name).is_none() => {
                self.people.push(Person {
                    name: agent.name.clone(),
                    presence: Presence::Offline,
                    since: self.now,
                    idle: 0,
                    wrap: None,
                    row: 0,
                    break_from: self.now,
                    own: Default::default(),
                });
            }
            Change::EntryRemoved { entry } => {
                self.centre.entries.get(entry)?;
            }
            _ => {}
        }
        self.centre.apply(&change);
        if !matches!(change, Change::AgentSet { .. } | Change::AgentRemoved { .. }) {
            self.looked = self.now;
        }
        self.said.push(Event::SetUp { change: Box::new(change), by });
        Some(())
    }

    fn report(&mut self, event: Event) -> Done {
        match &event {
            Event::Recorded { .. } | Event::RecordingDiscarded { .. } | Event::Transcribed { .. } => {}
            Event::ConsentGiven { contact, consent } => {
                let case = self.case(*contact)?;
                if let ConsentKind::CallBack { policy } = consent.kind {
                    case.policy = policy;
                }
            }
            Event::WaitTold { contact, .. } => drop(self.case(*contact)?),
            Event::LanguageChosen { contact, language } => self.case(*contact)?.language = Some(*language),
            Event::Held { contact, agent } | Event::Resumed { contact, agent } => {
                let on = matches!(event, Event::Held { .. });
                match &mut self.case(*contact)?.at {
                    At::Talking(a, held) if a == agent => {
                        if *held == on {
                            return Some(());
                        }
                        *held = on;
                    }
                    _ => return None,
                }
            }
            _ => return None,
        }
        self.said.push(event);
        Some(())
    }

    #[allow(clippy::too_many_arguments)]
    fn enter(
        &mut self,
        id: ContactId,
        queue: QueueName,
        needs: Needs,
        lane: Lane,
        risk: Risk,
        base: i64,
        arrived: Time,
    ) {
        self.withdraw(id, WithdrawCause::Reclassified);
        let now = self.now;
        let case = self.case(id).unwrap();
        let before = case.order.as_ref().and_then(|w| w.safe);
        let safe = lane.is_safeguarding() && case.around.asked.is_none();
        let comes = safe && before.is_none();
        case.at = At::Waiting;
        case.beside.silent = None;
        case.forget_assignment();
        case.order = Some(Want {
            queue: queue.clone(),
            needs: needs.clone(),
            lane,
            risk,
            base,
            arrived,
            entered: now,
            safe: safe.then_some(before.unwrap_or(now)),
            widened: 0,
            rungs: 0,
            any: false,
            outside: Vec::new(),
            call_offered: false,
            called: false,
        });
        if let Some(from) = case.call.as_ref().map(|call| call.from.max(now)) {
            case.order.as_mut().unwrap().wait_for_call(from);
        }
        if comes {
            self.load_comes(id);
        }
        self.said.push(Event::Queued { contact: id, queue, needs, lane, risk, base, arrived });
        if !lane.is_safeguarding() {
            self.alarm(Alarm::SafeguardingWaiting, Some(id), false);
        }
        self.alarm(Alarm::ClimbDue, Some(id), false);
    }

    fn shown(&mut self, id: ContactId, offer: u32, agent: &AgentName) -> Done {
        let case = self.case(id)?;
        let open = matches!(&case.at, At::Offered(agents, _) if agents.contains(agent));
        (open && case.offers == offer).then_some(())
    }

    fn win(&mut self, id: ContactId, offer: u32, agent: AgentName) {
        let now = self.now;
        let case = self.case(id).unwrap();
        case.at = At::Accepted(agent.clone(), now);
        case.beside.parked = None;
        case.offers = offer;
        case.preferred = None;
        case.forget_assignment();
        case.order.as_mut().unwrap().outside.clear();
        self.said.push(Event::Accepted { contact: id, offer, agent: agent.clone() });
        self.idle_last_if_ours(&agent);
        self.alarm(Alarm::SafeguardingWaiting, Some(id), false);
        self.alarm(Alarm::ClimbDue, Some(id), false);
        self.soft_cap(id, &agent);
        if self.person(&agent).is_some() {
            for (contact, _) in self.free_writing(&agent) {
                self.unwritten(contact, &agent);
            }
        }
    }

    fn idle_last_if_ours(&mut self, name: &AgentName) {
        if self.person(name).is_some() {
            self.idle_last(name);
        }
    }

    fn lose(&mut self, id: ContactId, agent: &AgentName) {
        let now = self.now;
        if self.goes_on_without(id, agent) {
            return;
        }
        self.break_up(id);
        let case = self.case(id).unwrap();
        if matches!(case.at, At::Talking(..)) {
            case.order.as_mut().unwrap().wait_anew(now);
        }
        case.at = At::Waiting;
        case.beside.parked = None;
        self.said.push(Event::ConnectFailed { contact: id, agent: agent.clone() });
        let soft_cap = |naive: &mut Naive| naive.alarm(Alarm::SoftCapPassed, Some(id), false);
        if self.person(agent).is_some() {
            self.rest(id, agent);
        }
        soft_cap(self);
        self.go_home(id);
    }

    fn go_home(&mut self, id: ContactId) {
        self.drop_unsafe(id);
        if self.case(id).is_none() {
            return;
        }
        let case = self.case(id).unwrap().clone();
        let want = case.order.unwrap();
        if case.around.asked.is_some() {
            return;
        }
        if !matches!(case.at, At::Waiting | At::Offered(..)) || !want.lane.is_safeguarding() {
            return;
        }
        if self.queue(&want.queue).is_some_and(|q| q.lane == want.lane) {
            return;
        }
        let Some(home) = self.home(want.lane).cloned() else {
            return;
        };
        let needs = merged(&home, &Needs::default(), case.language.or(want.needs.language));
        self.enter(id, home.name, needs, want.lane, want.risk, home.base, want.arrived);
    }

    fn reclassify(&mut self, id: ContactId, lane: Lane, risk: Risk, by: Actor) -> Done {
        self.case(id)?.around.asked.is_none().then_some(())?;
        let want = self.case(id)?.order.clone()?;
        if want.lane == lane && want.risk == risk {
            return Some(());
        }
        let opens = want.lane.is_safeguarding() && !lane.is_safeguarding();
        (by == Actor::Centre || !(opens || risk > want.risk)).then_some(())?;
        self.withdraw(id, WithdrawCause::Reclassified);
        self.said.push(Event::Reclassified { contact: id, lane, risk, by: by.clone() });
        let now = self.now;
        let w = self.case(id)?.order.as_mut()?;
        w.lane = lane;
        w.risk = risk;
        let comes = lane.is_safeguarding() && w.safe.is_none();
        if lane.is_safeguarding() {
            w.safe.get_or_insert(now);
        } else {
            w.safe = None;
            w.outside.clear();
        }
        if comes {
            self.load_comes(id);
        }
        if opens {
            self.alarm(Alarm::SafeguardingWaiting, Some(id), false);
            self.alarm(Alarm::ClimbDue, Some(id), false);
        }
        self.requests_follow(id, lane, risk, &by);
        self.go_home(id);
        Some(())
    }

    fn end(&mut self, id: ContactId, by: Party, cause: EndCause) -> Done {
        (self.case(id)?.at != At::Over).then_some(())?;
        if by == Party::Citizen && Self::legless(self.case(id)?) {
            return Some(());
        }
        let restart = cause == EndCause::Restart;
        let why = if restart { WithdrawCause::Restart } else { WithdrawCause::ContactLeft };
        if self.case(id)?.around.asked.is_some() {
            self.end_request(id, by, why);
            return Some(());
        }
        self.end_requests(id, why);
        self.withdraw(id, why);
        let (now, case) = (self.now, self.case(id)?.clone());
        let lost = matches!(cause, EndCause::Lost | EndCause::Fault | EndCause::Restart);
        let gave_up = by == Party::Citizen && cause == EndCause::Normal && !case.once;
        let place = Span::seconds(self.centre.rules.place_seconds);
        if let Some(want) = &case.order
            && case.channel.is_voice()
            && place > Span::ZERO
            && (lost || gave_up)
        {
            self.places.push(Kept { id, want: want.clone(), until: now + place });
            self.said.push(Event::PlaceKept { contact: id, until: now + place });
        }
        let talking = matches!(case.at, At::Talking(..));
        if let Some(want) = case.order.as_ref().filter(|w| w.risk == Risk::P0)
            && (lost || cause == EndCause::NotReached || (by == Party::Citizen && !talking))
        {
            self.drop_rings(id, want.lane);
        }
        self.load_served(&case);
        self.said.push(Event::Ended { contact: id, by, cause });
        let mut writers: Vec<AgentName> = if talking { case.members() } else { Vec::new() };
        writers.retain(|agent| self.person(agent).is_some());
        self.case(id)?.at = At::Over;
        writers.iter().for_each(|agent| self.write_up(id, agent));
        self.forget_if_done(id);
        self.alarm(Alarm::SafeguardingWaiting, Some(id), false);
        self.alarm(Alarm::ClimbDue, Some(id), false);
        self.alarm(Alarm::SoftCapPassed, Some(id), false);
        for agent in writers {
            self.begin_wrap_up(id, agent);
        }
        Some(())
    }

    fn written(&mut self, contact: ContactId, agent: &AgentName, disposition: Option<ReasonName>) {
        let now = self.now;
        let free = self.case(contact).unwrap().writer(agent).unwrap().free_until.is_some();
        self.case(contact).unwrap().around.writers.retain(|writer| writer.agent != *agent);
        self.forget_if_done(contact);
        self.said.push(Event::WrappedUp { contact, agent: agent.clone(), disposition });
        self.person(agent).unwrap().break_from = now;
        if !free && self.busy_writing(agent).is_empty() {
            self.idle_last(agent);
        }
    }

    fn set_presence(&mut self, agent: AgentName, presence: Presence, by: Actor) -> Done {
        let p = self.person(&agent)?.clone();
        if p.presence == presence {
            return Some(());
        }
        match &presence {
            Presence::Ready => {
                let helps = !self.surge.is_empty() && self.could_help(&agent);
                (helps || self.centre.agents[&agent].roles.contains(&Role::Agent)).then_some(())?;
                let long = Span::seconds(self.centre.rules.recovery_seconds);
                let engaged = !self.busy(&agent).is_empty() || !self.writes(&agent).is_empty();
                let over = p.break_from + long <= self.now && !engaged;
                let own = by == Actor::Staff { name: agent.clone() };
                if own && self.owed(&p) && Self::in_recovery(&p) && !over {
                    return None;
                }
            }
            Presence::Away { reason } => {
                let known = by == Actor::Centre || self.centre.rules.away_reasons.contains(reason);
                known.then_some(())?;
            }
            Presence::Offline => {}
        }
        self.present(&agent, presence, by);
        Some(())
    }

    fn claim(&mut self, id: ContactId, from: ContactId) -> Done {
        let case = self.case(id)?.clone();
        case.around.asked.is_none().then_some(())?;
        matches!(case.at, At::Flow | At::Waiting | At::Offered(..)).then_some(())?;
        let kept = self.places.iter().find(|p| p.id == from).map(|p| p.want.clone());
        let calling = |case: &mut Case| (case.call.is_some() && Self::legless(case)).then(|| case.clone());
        let called = self.case(from).and_then(calling).filter(|other| other.id != id);
        let called = called.filter(|other| !matches!(other.at, At::Accepted(..)));
        let (place, redialled) = match kept {
            Some(want) => (want, false),
            None => (called?.order?, true),
        };
        let safe = case.order.as_ref().is_some_and(|w| w.lane.is_safeguarding());
        (safe || !place.lane.is_safeguarding()).then_some(())?;
        self.places.retain(|p| p.id != from);
        self.said.push(Event::PlaceClaimed { contact: id, from });
        if redialled {
            self.end(from, Party::Centre, EndCause::Redialled)?;
        }
        self.case(id)?.claimed = Some(place.arrived);
        let gone = self.queue(&place.queue).is_none();
        let w = match case.order {
            Some(own) if safe || gone => own,
            None if gone => return Some(()),
            _ => place.clone(),
        };
        self.enter(id, w.queue, w.needs, w.lane, w.risk, w.base, place.arrived);
        Some(())
    }

    fn restart(&mut self) {
        let mut ids: Vec<ContactId> = self.cases.iter().map(|c| c.id).collect();
        ids.sort();
        for id in ids {
            // A request ends with its contact.
            let Some(case) = self.case(id).cloned() else {
                continue;
            };
            if case.channel.is_voice() && !Self::legless(&case) {
                self.end(id, Party::Centre, EndCause::Restart);
                continue;
            }
            self.withdraw(id, WithdrawCause::Restart);
            if let At::Accepted(agent, _) = case.at {
                self.lose(id, &agent);
            }
        }
        let names: Vec<AgentName> = self.people.iter().map(|p| p.name.clone()).collect();
        for name in names {
            if self.person(&name).unwrap().presence != Presence::Offline {
                self.present(&name, Presence::Offline, Actor::Centre);
            }
        }
    }
}

impl Want {
    /// Nothing yet.
    fn none(now: Time) -> Want {
        Want {
            queue: QueueName::new("none").unwrap(),
            needs: Needs::default(),
            lane: Lane::Standard,
            risk: Risk::P3,
            base: 0,
            arrived: now,
            entered: now,
            safe: None,
            widened: 0,
            rungs: 0,
            any: false,
            outside: Vec::new(),
            call_offered: false,
            called: false,
        }
    }
}

fn join_within(case: &Case) -> Span {
    if case.call.is_some() { CALL_WITHIN } else { CONNECT_WITHIN }
}

fn merged(queue: &Queue, own: &Needs, language: Option<Language>) -> Needs {
    let mut needs = own.clone();
    for (skill, level) in &queue.skills {
        let asked = needs.skills.get(skill).copied().unwrap_or(Level::MIN);
        needs.skills.insert(skill.clone(), asked.max(*level));
    }
    if queue.language {
        needs.language = language.or(own.language);
    }
    needs.tier = needs.tier.max(queue.tier);
    needs
}

fn away(reason: &str) -> Presence {
    Presence::Away { reason: ReasonName::new(reason).unwrap() }
}
