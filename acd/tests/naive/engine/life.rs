//! Leaving, wrap-up by mode, silent contacts, dropped ones: in the words of the rules.

use super::{At, Case, Done, Naive, Person, away};
use acd::{EXTENSION, LONGEST_WRAP_UP, SILENT_WINDOW};
use vocabulary::centre::{Role, WrapUpMode};
use vocabulary::event::{Actor, Alarm, Source, WithdrawCause};
use vocabulary::{AgentName, ContactId, Event, Lane, Language, Presence, ReasonName, Risk, Span, Time};

/// What a case has beside its stage.
#[derive(Debug, Clone, Default)]
pub struct Beside {
    pub silent: Option<bool>,
    /// Since when somebody speaks with it.
    pub since: Option<Time>,
    /// It was laid aside, and for what.
    pub parked: Option<ContactId>,
}

/// What a person has beside their contacts.
#[derive(Debug, Clone, Default)]
pub struct Own {
    pub leaving: Option<Presence>,
    pub spoke: bool,
}

#[derive(Default)]
pub struct Safety {
    silents: Vec<(Time, Option<Source>)>,
    pub came: Vec<(Time, Option<Language>)>,
    pub served: Vec<(Time, Option<Language>, i64)>,
    pub drops: Vec<(ContactId, Time, Lane, Option<AgentName>)>,
}

impl Naive {
    pub fn mode(&self, case: &Case) -> WrapUpMode {
        let queue = case.order.as_ref().and_then(|w| self.queue(&w.queue));
        queue.map_or(WrapUpMode::Extendable, |q| q.wrap_up)
    }

    /// Contacts a person writes up and does nothing else.
    pub fn busy_writing(&self, name: &AgentName) -> Vec<ContactId> {
        let free: Vec<ContactId> = self.free_writing(name).into_iter().map(|(id, _)| id).collect();
        let paused = |id: &ContactId| self.paused(name).iter().any(|(other, _)| other == id);
        self.writes(name).into_iter().filter(|id| !free.contains(id) && !paused(id)).collect()
    }

    pub fn free_writing(&self, name: &AgentName) -> Vec<(ContactId, Time)> {
        let mut free: Vec<_> = self.cases.iter().filter_map(|c| Some((c.id, c.writer(name)?.free_until?))).collect();
        free.sort();
        free
    }

    fn nothing_at_all(&self, name: &AgentName) -> bool {
        self.busy(name).is_empty() && self.writes(name).is_empty()
    }

    fn leaves_now(&self, p: &Person) -> bool {
        p.own.leaving.is_some() && self.nothing_at_all(&p.name)
    }

    fn goes_away_after(&self, p: &Person) -> bool {
        let manual = !self.centre.agents[&p.name].auto_ready;
        let paused = !self.paused(&p.name).is_empty();
        let done = self.busy(&p.name).is_empty() && self.busy_writing(&p.name).is_empty() && !paused;
        manual && p.own.spoke && p.presence == Presence::Ready && done && !self.owed(p)
    }

    pub fn life_due(&self, p: &Person) -> Vec<Time> {
        let mut times: Vec<Time> = self.free_writing(&p.name).into_iter().map(|(_, until)| until).collect();
        if self.leaves_now(p) || self.goes_away_after(p) || self.yields_no_more(p) {
            times.push(Time::ZERO);
        }
        times
    }

    pub fn free_writing_acts(&mut self, name: &AgentName) {
        for (id, until) in self.free_writing(name) {
            if until <= self.now {
                self.unwritten(id, name);
            }
        }
    }

    /// The time is over, or the next contact has come.
    pub fn unwritten(&mut self, id: ContactId, name: &AgentName) {
        let verdict = self.case(id).unwrap().writer(name).unwrap().verdict.clone();
        self.written(id, name, verdict);
    }

    pub fn leave_if_done(&mut self, i: usize) {
        let p = self.people[i].clone();
        if self.leaves_now(&p) {
            let then = p.own.leaving.clone().unwrap();
            if then == p.presence {
                self.people[i].own.leaving = None;
                self.said.push(Event::LeavingSet { agent: p.name.clone(), then: None, by: Actor::Centre });
            } else {
                self.present(&p.name, then, Actor::Centre);
            }
        }
        let p = self.people[i].clone();
        if self.goes_away_after(&p) {
            self.present(&p.name, away("after_contact"), Actor::Centre);
        }
    }

    pub fn set_leaving(&mut self, agent: AgentName, then: Option<Presence>, by: Actor) -> Done {
        let p = self.person(&agent)?.clone();
        match &then {
            Some(Presence::Ready) => return None,
            Some(Presence::Away { reason }) => {
                (by == Actor::Centre || self.centre.rules.away_reasons.contains(reason)).then_some(())?;
            }
            _ => {}
        }
        if p.own.leaving == then {
            return Some(());
        }
        if let Some(presence) = &then
            && self.nothing_at_all(&agent)
        {
            if p.presence != *presence {
                self.present(&agent, presence.clone(), by);
            }
            return Some(());
        }
        self.person(&agent)?.own.leaving = then.clone();
        self.said.push(Event::LeavingSet { agent: agent.clone(), then: then.clone(), by });
        if then.is_some() {
            self.out_of_offers(&agent, WithdrawCause::AgentLeft);
        }
        Some(())
    }

    /// First they are in no offer any more, then offers without anybody are over.
    pub fn out_of_offers(&mut self, name: &AgentName, why: WithdrawCause) {
        let shown: Vec<ContactId> = self.busy(name).into_iter().filter(|(_, shown, _)| *shown).map(|b| b.0).collect();
        for id in &shown {
            if let At::Offered(agents, _) = &mut self.case(*id).unwrap().at {
                agents.retain(|a| a != name);
            }
        }
        for id in shown {
            self.withdraw_empty(id, why);
        }
    }

    // --- wrap-up ---

    pub fn begin_wrap_up(&mut self, id: ContactId, agent: AgentName) {
        let (now, case) = (self.now, self.case(id).unwrap().clone());
        let length = case.order.as_ref().and_then(|w| self.queue(&w.queue)).map_or(0, |q| q.wrap_up_seconds);
        let mut until = now + Span::seconds(length);
        if self.mode(&case) == WrapUpMode::Optional {
            self.case(id).unwrap().writer_mut(&agent).unwrap().free_until = Some(until);
        } else {
            let first = self.busy_writing(&agent) == [id];
            let p = self.person(&agent).unwrap();
            let (from, old) = if first { (now, now) } else { p.wrap.unwrap() };
            until = until.max(old);
            p.wrap = Some((from, until));
        }
        self.said.push(Event::WrapUpStarted { contact: id, agent, until });
    }

    pub fn wrap_up(&mut self, contact: ContactId, agent: AgentName, disposition: Option<ReasonName>) -> Done {
        let case = self.case(contact)?.clone();
        let writer = case.writer(&agent)?;
        let known = |d: &ReasonName| self.centre.rules.dispositions.contains(d);
        disposition.as_ref().is_none_or(known).then_some(())?;
        if self.mode(&case) != WrapUpMode::MandatoryTimed {
            self.written(contact, &agent, disposition);
            return Some(());
        }
        let disposition = disposition?;
        if writer.verdict.as_ref() != Some(&disposition) {
            self.case(contact)?.writer_mut(&agent)?.verdict = Some(disposition.clone());
            self.said.push(Event::DispositionNoted { contact, agent, disposition });
        }
        Some(())
    }

    pub fn extend(&mut self, contact: ContactId, agent: AgentName) -> Done {
        let (now, case) = (self.now, self.case(contact)?.clone());
        let writer = case.writer(&agent)?;
        (self.mode(&case) != WrapUpMode::MandatoryTimed && writer.paused.is_none()).then_some(())?;
        let alone = self.busy_writing(&agent).is_empty();
        let clock = self.person(&agent)?.wrap;
        let (from, until) = match writer.free_until {
            Some(own) => {
                let until = (own + EXTENSION).min(now + LONGEST_WRAP_UP);
                let until = clock.map_or(until, |(_, old)| until.max(old));
                (if alone { now } else { clock?.0 }, until)
            }
            None => {
                let (from, old) = clock?;
                let until = (old + EXTENSION).min(from + LONGEST_WRAP_UP);
                (until > old).then_some(())?;
                (from, until)
            }
        };
        self.case(contact)?.writer_mut(&agent)?.free_until = None;
        self.person(&agent)?.wrap = Some((from, until));
        self.said.push(Event::WrapUpStarted { contact, agent, until });
        Some(())
    }

    // --- safety ---

    pub fn soft_cap(&mut self, id: ContactId, agent: &AgentName) {
        let case = self.case(id).unwrap();
        let safe = case.order.as_ref().is_some_and(|w| w.lane.is_safeguarding()) && case.around.asked.is_none();
        let p = self.person(agent).cloned();
        let passed = safe && p.is_some_and(|p| self.owed(&p));
        self.alarm(Alarm::SoftCapPassed, Some(id), passed);
    }

    pub fn silent_window(&self) -> usize {
        self.safety.silents.iter().filter(|(at, _)| *at + SILENT_WINDOW > self.now).count()
    }

    pub fn silents_due(&self) -> Option<Time> {
        let rings = self.alarms.contains(&(Alarm::SilentCapReached, None));
        rings.then(|| self.safety.silents.first().map_or(Time::ZERO, |(at, _)| *at + SILENT_WINDOW))
    }

    pub fn note_silent(&mut self, contact: ContactId, source: Option<Source>) -> Done {
        let case = self.case(contact)?.clone();
        case.around.asked.is_none().then_some(())?;
        matches!(case.at, At::Flow | At::Waiting | At::Offered(..)).then_some(())?;
        if case.beside.silent.is_some() {
            return Some(());
        }
        let now = self.now;
        let same = |at: &Time, other: &Option<Source>| *at + SILENT_WINDOW > now && *other == source;
        let of_source = self.safety.silents.iter().filter(|(at, other)| same(at, other)).count();
        let rules = &self.centre.rules;
        let capped = self.silent_window() >= rules.silent_per_hour as usize
            || (source.is_some() && of_source >= rules.silent_per_source as usize);
        self.case(contact)?.beside.silent = Some(capped);
        self.safety.silents.retain(|(at, _)| *at + SILENT_WINDOW > now);
        if !capped {
            self.safety.silents.push((now, source));
        }
        self.said.push(Event::SilentNoted { contact, source, capped });
        if capped {
            self.alarm(Alarm::SilentCapReached, None, true);
        }
        let risk = if capped { Risk::P2 } else { Risk::P1 };
        match case.order {
            Some(w) if w.lane.is_safeguarding() && w.risk > risk => {
                self.reclassify(contact, w.lane, risk, Actor::Centre)
            }
            _ => Some(()),
        }
    }

    pub fn dropped(&self, id: ContactId) -> bool {
        self.safety.drops.iter().any(|d| d.0 == id)
    }

    pub fn drop_rings(&mut self, id: ContactId, lane: Lane) {
        let at = self.now;
        self.safety.drops.push((id, at, lane, None));
        self.alarm(Alarm::ImminentDropped, Some(id), true);
    }

    pub fn decide_drop(&mut self, contact: ContactId, by: AgentName, call: bool) -> Done {
        self.person(&by)?;
        let staff = self.centre.agents[&by].clone();
        let now = self.now;
        let (_, _, lane, call_by) = self.safety.drops.iter_mut().find(|d| d.0 == contact)?;
        (staff.roles.contains(&Role::Supervisor) && staff.clearance_counts(*lane, now)).then_some(())?;
        if call && call_by.is_some() {
            return Some(());
        }
        *call_by = Some(by.clone());
        self.safety.drops.retain(|d| call || d.0 != contact);
        self.said.push(Event::DropDecided { contact, by, call });
        self.alarm(Alarm::ImminentDropped, Some(contact), false);
        Some(())
    }
}

pub fn entry_risk(silent: Option<bool>, lane: Lane, risk: Risk) -> Risk {
    match silent {
        Some(_) if risk == Risk::P0 || !lane.is_safeguarding() => risk,
        Some(true) => Risk::P2,
        Some(false) => Risk::P1,
        None => risk,
    }
}
