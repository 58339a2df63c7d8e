//! Several people on one contact, in the words of the rules: help, conferences, giving up, meant
//! for one agent, climbing.

use super::{At, Case, Done, Naive, Person, Want, merged};
use acd::{Command, OFFER_SEVERAL, REST};
use std::collections::BTreeSet;
use vocabulary::centre::{Queue, Role, WrapUpMode};
use vocabulary::event::{Actor, AgentRule, Alarm, HelpKind, TransferCause, Why, WithdrawCause};
use vocabulary::{
    AgentName, CallBackPolicy, Channel, ContactId, EndCause, Event, Lane, Needs, Party, Presence, QueueName,
    ReasonName, Risk, Span, TenantName, Time,
};

const NEVER: Time = Time(i64::MAX);

/// Who else has to do with a contact.
#[derive(Debug, Clone, Default)]
pub struct Around {
    pub asked: Option<Asked>,
    pub also: Vec<(AgentName, HelpKind)>,
    pub writers: Vec<Writer>,
    pub meant: Option<Meant>,
}

/// Somebody who writes a contact up.
#[derive(Debug, Clone)]
pub struct Writer {
    pub agent: AgentName,
    pub verdict: Option<ReasonName>,
    /// Until when they may, being free.
    pub free_until: Option<Time>,
    /// The wrap-up was interrupted: for what, with what left and what spent.
    pub paused: Option<(ContactId, Span, Span)>,
}

/// What a request for help asks.
#[derive(Debug, Clone)]
pub struct Asked {
    of: ContactId,
    by: AgentName,
    kind: HelpKind,
}

/// For whom a waiting contact is meant; nobody who was taken out of the set-up.
#[derive(Debug, Clone)]
pub struct Meant {
    pub agent: Option<AgentName>,
    until: Option<Time>,
}

impl Around {
    pub fn forget(&mut self, agent: &AgentName) {
        if let Some(meant) = &mut self.meant {
            meant.agent.take_if(|name| name == agent);
        }
    }
}

impl Want {
    pub fn wait_anew(&mut self, now: Time) {
        self.entered = now;
        self.safe = self.safe.map(|_| now);
        self.rungs = 0;
        self.any = false;
    }
}

impl Case {
    pub fn new(id: ContactId, channel: Channel, tenant: TenantName, came: Time) -> Case {
        Case {
            id,
            at: At::Flow,
            channel,
            tenant,
            came,
            language: None,
            order: None,
            offers: 0,
            rests: Vec::new(),
            preferred: None,
            claimed: None,
            once: false,
            policy: CallBackPolicy::Never,
            call: None,
            overflowed: BTreeSet::new(),
            beside: Default::default(),
            around: Around::default(),
        }
    }

    /// Everyone in the conversation, the one who serves first.
    pub fn members(&self) -> Vec<AgentName> {
        let mut members = Vec::new();
        if let At::Accepted(agent, _) | At::Talking(agent, _) = &self.at {
            members.push(agent.clone());
        }
        members.extend(self.around.also.iter().map(|(agent, _)| agent.clone()));
        members
    }

    pub fn writer(&self, name: &AgentName) -> Option<&Writer> {
        self.around.writers.iter().find(|writer| writer.agent == *name)
    }

    pub fn writer_mut(&mut self, name: &AgentName) -> Option<&mut Writer> {
        self.around.writers.iter_mut().find(|writer| writer.agent == *name)
    }

    fn talks_with(&self, agent: &AgentName) -> bool {
        matches!(&self.at, At::Talking(a, _) if a == agent)
    }

    pub fn forget_assignment(&mut self) {
        self.around.meant.take_if(|meant| meant.until.is_some());
    }

    fn meant(&self, now: Time) -> Option<&Meant> {
        self.around.meant.as_ref().filter(|meant| meant.until.is_none_or(|until| until > now))
    }
}

impl Naive {
    pub fn obey_help(&mut self, command: Command) -> Done {
        match command {
            Command::AskHelp { help, of, by, kind, queue, needs, agent } => {
                self.ask(help, of, by, kind, queue, needs, agent)
            }
            Command::CompleteHelp { help } => {
                let (asked, to) = self.helper(help)?;
                self.hand_over(asked.of, &asked.by, &to);
                Some(())
            }
            Command::JoinHelp { help } => {
                let (asked, agent) = self.helper(help)?;
                self.join(help, asked, agent);
                Some(())
            }
            Command::Leave { contact, agent } => {
                self.person(&agent)?;
                let case = self.case(contact)?.clone();
                (case.around.asked.is_none() && matches!(case.at, At::Talking(..))).then_some(())?;
                case.members().contains(&agent).then_some(())?;
                self.goes_on_without(contact, &agent).then_some(())
            }
            Command::Transfer { contact, agent, queue, needs, by } => self.transfer(contact, agent, queue, needs, by),
            Command::Assign { contact, agent, by } => self.assign(contact, agent, by),
            // The plan draws none of the others yet.
            _ => None,
        }
    }

    /// Open requests for help with a contact, by id.
    fn requests(&self, id: ContactId) -> Vec<ContactId> {
        let of = |case: &&Case| case.around.asked.as_ref().is_some_and(|asked| asked.of == id);
        let mut ids: Vec<ContactId> = self.cases.iter().filter(of).map(|case| case.id).collect();
        ids.sort();
        ids
    }

    #[allow(clippy::too_many_arguments)]
    fn ask(
        &mut self,
        help: ContactId,
        of: ContactId,
        by: AgentName,
        kind: HelpKind,
        queue: QueueName,
        needs: Needs,
        agent: Option<AgentName>,
    ) -> Done {
        let known = self.case(help).is_some() || self.places.iter().any(|p| p.id == help) || self.dropped(help);
        (!known && self.person(&by).is_some()).then_some(())?;
        let case = self.case(of)?.clone();
        (case.around.asked.is_none() && case.talks_with(&by)).then_some(())?;
        let same =
            |id: &ContactId| self.cases.iter().any(|c| c.id == *id && c.around.asked.as_ref().unwrap().kind == kind);
        (!self.requests(of).iter().any(same)).then_some(())?;
        let q = self.queue(&queue)?.clone();
        self.is_open(&queue).then_some(())?;
        if let Some(agent) = &agent {
            self.nameable(&case, agent)?;
            (!case.members().contains(agent)).then_some(())?;
        }
        let want = case.order.clone()?;
        let needs = merged(&q, &needs, case.language.or(want.needs.language));
        let mut request = Case::new(help, case.channel, case.tenant.clone(), self.now);
        request.language = case.language;
        request.rests = case.members().into_iter().map(|name| (name, NEVER)).collect();
        request.around.asked = Some(Asked { of, by: by.clone(), kind });
        request.around.meant = agent.clone().map(|agent| Meant { agent: Some(agent), until: None });
        self.cases.push(request);
        self.said.push(Event::HelpAsked { contact: help, of, by, kind, agent });
        self.enter(help, queue, needs, want.lane, want.risk, q.base, want.arrived);
        Some(())
    }

    /// Clearance and tenant are never waived, and the person must be logged in.
    fn nameable(&mut self, case: &Case, agent: &AgentName) -> Done {
        let here = self.person(agent)?.presence != Presence::Offline;
        (here && self.may_see(case, agent)).then_some(())
    }

    fn may_see(&self, case: &Case, name: &AgentName) -> bool {
        let agent = &self.centre.agents[name];
        let own = case.tenant.as_str() == self.centre.floor.as_str();
        let lane = case.order.as_ref().unwrap().lane;
        agent.clearance_counts(lane, self.now) && (own || agent.tenants.contains(&case.tenant))
    }

    fn helper(&mut self, id: ContactId) -> Option<(Asked, AgentName)> {
        let case = self.case(id)?;
        match &case.at {
            At::Talking(agent, _) => Some((case.around.asked.clone()?, agent.clone())),
            _ => None,
        }
    }

    pub fn let_interpreter_in(&mut self, id: ContactId) {
        let asked = self.case(id).unwrap().around.asked.clone();
        if asked.is_some_and(|asked| asked.kind == HelpKind::Interpreter) {
            let (asked, agent) = self.helper(id).unwrap();
            self.join(id, asked, agent);
        }
    }

    fn join(&mut self, request: ContactId, asked: Asked, agent: AgentName) {
        let Asked { of, kind, .. } = asked;
        self.case(of).unwrap().around.also.push((agent.clone(), kind));
        for other in self.requests(of) {
            self.case(other).unwrap().rests.push((agent.clone(), NEVER));
        }
        self.said.push(Event::Joined { contact: of, agent, kind });
        self.end_request(request, Party::Centre, WithdrawCause::ContactLeft);
    }

    /// The agent's part in the conversation is over; their clock is set by what follows.
    pub fn write_up(&mut self, id: ContactId, agent: &AgentName) {
        let case = self.case(id).unwrap();
        case.around.also.retain(|(name, _)| name != agent);
        if case.writer(agent).is_none() {
            case.around.writers.push(Writer { agent: agent.clone(), verdict: None, free_until: None, paused: None });
        }
        let writer = case.writer_mut(agent).unwrap();
        (writer.free_until, writer.paused) = (None, None);
        if case.talks_with(agent) || case.at == At::Over {
            case.beside.parked = None;
        }
        let case = case.clone();
        let safe = case.order.as_ref().is_some_and(|w| w.lane.is_safeguarding());
        self.person(agent).unwrap().row += u32::from(safe);
        if self.mode(&case) == WrapUpMode::Optional {
            self.idle_last(agent);
        }
    }

    fn hand_over(&mut self, id: ContactId, from: &AgentName, to: &AgentName) {
        self.write_up(id, from);
        let case = self.case(id).unwrap();
        case.around.also.retain(|(name, _)| name != to);
        case.at = At::Talking(to.clone(), false);
        self.said.push(Event::HandedOver { contact: id, from: from.clone(), to: to.clone() });
        self.begin_wrap_up(id, from.clone());
        self.soft_cap(id, to);
        self.end_requests(id, WithdrawCause::ContactLeft);
    }

    pub fn goes_on_without(&mut self, id: ContactId, agent: &AgentName) -> bool {
        let case = self.case(id).unwrap().clone();
        if case.around.also.iter().any(|(name, _)| name == agent) {
            self.write_up(id, agent);
            self.said.push(Event::Left { contact: id, agent: agent.clone() });
            self.begin_wrap_up(id, agent.clone());
            return true;
        }
        let next = case.around.also.iter().find(|(_, kind)| *kind == HelpKind::Consult);
        match next {
            Some((next, _)) if case.members().first() == Some(agent) => {
                self.hand_over(id, agent, next);
                true
            }
            _ => false,
        }
    }

    pub fn break_up(&mut self, id: ContactId) {
        self.end_requests(id, WithdrawCause::ContactLeft);
        for (agent, _) in self.case(id).unwrap().around.also.clone() {
            self.goes_on_without(id, &agent);
        }
    }

    pub fn end_requests(&mut self, id: ContactId, why: WithdrawCause) {
        for request in self.requests(id) {
            self.end_request(request, Party::Centre, why);
        }
    }

    pub fn end_request(&mut self, id: ContactId, by: Party, why: WithdrawCause) {
        self.withdraw(id, why);
        self.cases.retain(|case| case.id != id);
        self.said.push(Event::Ended { contact: id, by, cause: EndCause::HelpOver });
    }

    pub fn forget_if_done(&mut self, id: ContactId) {
        self.cases.retain(|case| case.id != id || case.at != At::Over || !case.around.writers.is_empty());
    }

    pub fn requests_follow(&mut self, id: ContactId, lane: Lane, risk: Risk, by: &Actor) {
        for request in self.requests(id) {
            self.withdraw(request, WithdrawCause::Reclassified);
            let want = self.case(request).unwrap().order.as_mut().unwrap();
            want.lane = lane;
            want.risk = risk;
            self.said.push(Event::Reclassified { contact: request, lane, risk, by: by.clone() });
        }
    }

    fn directs(&self, by: &Actor) -> bool {
        match by {
            Actor::Centre => true,
            Actor::Citizen => false,
            Actor::Staff { name } => {
                self.centre.agents.get(name).is_some_and(|agent| agent.roles.contains(&Role::Supervisor))
            }
        }
    }

    fn transfer(&mut self, id: ContactId, agent: AgentName, queue: QueueName, needs: Needs, by: Actor) -> Done {
        let now = self.now;
        self.person(&agent)?;
        let case = self.case(id)?.clone();
        (case.around.asked.is_none() && case.talks_with(&agent)).then_some(())?;
        let (q, want) = (self.queue(&queue)?.clone(), case.order.clone()?);
        self.is_open(&queue).then_some(())?;
        (!want.lane.is_safeguarding() || q.lane == want.lane).then_some(())?;
        let own = by == Actor::Staff { name: agent.clone() };
        (own || self.directs(&by)).then_some(())?;
        let tier = self.queue(&want.queue).map_or(want.needs.tier, |old| old.tier);
        let why = match &by {
            Actor::Staff { .. } if !own => TransferCause::Pulled,
            _ if q.tier > tier => TransferCause::Escalated,
            _ => TransferCause::Cold,
        };
        let lane = if q.lane.is_safeguarding() { q.lane } else { want.lane };
        if lane != want.lane {
            self.reclassify(id, lane, want.risk, by.clone())?;
        }
        self.break_up(id);
        self.said.push(Event::Transferred { contact: id, agent: agent.clone(), why, by });
        let case = self.case(id)?;
        case.at = At::Waiting;
        case.rests.retain(|(name, _)| *name != agent);
        case.rests.push((agent.clone(), now + REST));
        case.preferred.take_if(|(name, _)| *name == agent);
        case.order.as_mut()?.wait_anew(now);
        self.write_up(id, &agent);
        self.begin_wrap_up(id, agent.clone());
        self.alarm(Alarm::SoftCapPassed, Some(id), false);
        let needs = merged(&q, &needs, case_language(self.case(id)?));
        self.enter(id, queue, needs, lane, want.risk, q.base, want.arrived);
        Some(())
    }

    fn assign(&mut self, id: ContactId, agent: AgentName, by: Actor) -> Done {
        let now = self.now;
        self.person(&agent)?;
        let case = self.case(id)?.clone();
        (case.around.asked.is_none() && matches!(case.at, At::Waiting | At::Offered(..))).then_some(())?;
        self.directs(&by).then_some(())?;
        self.nameable(&case, &agent)?;
        if matches!(&case.at, At::Offered(agents, _) if agents.contains(&agent)) {
            return Some(());
        }
        let want = case.order?;
        if want.risk > Risk::P1 {
            self.withdraw(id, WithdrawCause::Assigned);
        }
        let seconds = self.queue(&want.queue).map_or(20, |q| q.offer_seconds);
        let case = self.case(id)?;
        case.rests.retain(|(name, _)| *name != agent);
        case.around.meant = Some(Meant { agent: Some(agent.clone()), until: Some(now + Span::seconds(seconds)) });
        self.said.push(Event::Assigned { contact: id, agent, by });
        Some(())
    }

    /// Who the contact is meant for, if they could answer now.
    fn meant_and_free(&self, case: &Case) -> Option<AgentName> {
        let name = case.meant(self.now)?.agent.clone()?;
        let p: &Person = self.people.iter().find(|p| p.name == name)?;
        let want = case.order.as_ref()?;
        let rests = case.rests.iter().any(|(other, until)| *other == name && *until > self.now);
        let agent = &self.centre.agents[&name];
        let urgent = want.lane.is_safeguarding() && want.risk <= Risk::P1;
        let works = agent.roles.contains(&Role::Agent);
        let here = match works {
            true => self.open(p) || (urgent && self.resting(p)) || (Naive::takes(case) && self.freed(p)),
            false => p.presence != Presence::Offline,
        };
        let ordinary = !want.lane.is_safeguarding() && want.risk != Risk::P0;
        let kept_free = works && case.around.asked.is_some() && ordinary && self.reserved(p, case.channel);
        let free = here && !rests && !kept_free && self.has_space(p, case.channel) && self.may_see(case, &name);
        free.then_some(name)
    }

    /// Whose turn it is: imminent danger and safeguarding, then who is meant for somebody free,
    /// then everyone else.
    pub fn turn(&self, case: &Case) -> (u8, (u8, i64, Time, ContactId)) {
        let rank = self.rank(case);
        let group = match rank.0 {
            0 | 1 => 0,
            _ if self.meant_and_free(case).is_some() => 1,
            _ => 2,
        };
        (group, rank)
    }

    pub fn choose_or_named(&self, case: &Case) -> Option<(Vec<AgentName>, Why)> {
        let want = case.order.as_ref().unwrap();
        let waits_for_them = case.meant(self.now).is_some_and(|m| m.until.is_none() || want.risk > Risk::P1);
        let others = if waits_for_them { None } else { self.choose(case) };
        let Some(name) = self.meant_and_free(case) else {
            return others;
        };
        let mut agents = vec![name.clone()];
        if want.lane.is_safeguarding()
            && let Some((others, _)) = others
        {
            agents.extend(others.into_iter().filter(|other| *other != name));
            agents.truncate(OFFER_SEVERAL);
        }
        let rule = if case.around.asked.is_some() { AgentRule::Asked } else { AgentRule::Assigned };
        let why = Why { agent: rule, candidates: agents.len() as u32, reserved: 0, ..self.order_of(case) };
        Some((agents, why))
    }

    pub fn climb_at(&self, case: &Case) -> Option<Time> {
        let w = case.order.as_ref()?;
        let queue = self.queue(&w.queue)?;
        let climb = queue.climb.as_ref()?;
        let due = w.entered + Span::seconds(climb.after_seconds);
        if w.lane.is_safeguarding() {
            let rings = self.alarms.contains(&(Alarm::ClimbDue, Some(case.id)));
            return (!rings && case.around.asked.is_none()).then_some(due);
        }
        let plain = |q: &Queue| !q.lane.is_safeguarding();
        let open = self.queue(&climb.to).is_some_and(plain) && self.is_open(&climb.to);
        let goes = plain(queue) && open && case.at == At::Waiting;
        let to_one = case.around.meant.as_ref().is_some_and(|meant| meant.until.is_none());
        (goes && !to_one).then_some(due)
    }

    pub fn climb(&mut self, id: ContactId) {
        let want = self.case(id).unwrap().order.clone().unwrap();
        if want.lane.is_safeguarding() {
            return self.alarm(Alarm::ClimbDue, Some(id), true);
        }
        let to = self.queue(&want.queue).unwrap().climb.clone().unwrap().to;
        let q = self.queue(&to).unwrap().clone();
        let needs = merged(&q, &Needs::default(), case_language(self.case(id).unwrap()));
        self.said.push(Event::Climbed { contact: id, from: want.queue, to: to.clone() });
        self.enter(id, to, needs, want.lane, want.risk, q.base, want.arrived);
    }
}

/// The language chosen, else the one asked for so far.
fn case_language(case: &Case) -> Option<vocabulary::Language> {
    case.language.or(case.order.as_ref().and_then(|w| w.needs.language))
}
