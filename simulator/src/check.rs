//! Checkers: promises stated over events alone, by somebody who does not know the engine. Each
//! [`Violation`] says when and what; a run without any has none to show.

mod life;
mod offers;

use crate::promise::Promise;
use life::{Life, Stand, Want};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use vocabulary::centre::{Agent, Change, Queue, Rules, Treatment, WrapUpMode};
use vocabulary::event::Alarm;
use vocabulary::{AgentName, ContactId, EndCause, Event, Presence, QueueName, Risk, Span, Time};

/// Agents who did not take a contact are not asked for it again so soon: the earlier contact may
/// then be passed by.
const REST: Span = Span::seconds(15);

/// Somebody who accepted is joined within this, or the contact goes back.
const JOINED_WITHIN: Span = Span::seconds(30);

/// The same where the citizen's phone rings first.
const CALLED_WITHIN: Span = Span::seconds(90);

/// A broken promise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// When it was seen.
    pub at: Time,
    /// What was promised and did not hold.
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.at.0, self.what)
    }
}

/// Everything the checkers know.
#[derive(Default)]
pub(crate) struct Check {
    queues: BTreeMap<QueueName, Queue>,
    agents: BTreeMap<AgentName, Agent>,
    rules: Rules,
    presences: BTreeMap<AgentName, Presence>,
    lives: BTreeMap<ContactId, Life>,
    over: BTreeSet<ContactId>,
    /// The wrap-up clock of each agent: one for everything they write up, and one for each contact
    /// they need not write up.
    clocks: BTreeMap<(AgentName, Option<ContactId>), Time>,
    /// Agents who leave after their contact.
    leaving: BTreeSet<AgentName>,
    stalled: bool,
    /// The clock of the machine jumps in this run: what is due may be late by that.
    jumps: bool,
    /// The promise of the safe line.
    pub kept: Promise,
    /// Time to a human of each safeguarding contact that reached one.
    pub reached: Vec<(Risk, Span)>,
    /// Safeguarding contacts that ended before a human was reached, with how long they had waited.
    pub unreached: Vec<Span>,
    pub arrived: u64,
    pub answered: u64,
    /// Requests for help that were asked.
    pub helps: u64,
    pub violations: Vec<Violation>,
}

impl Check {
    pub fn new(jumps: bool) -> Check {
        Check { jumps, ..Check::default() }
    }

    /// Looks at the next event of the journal.
    pub fn see(&mut self, at: Time, event: &Event) {
        self.kept.see(at, event);
        match event {
            Event::SetUp { change, .. } => self.see_set_up(change),
            Event::Arrived { contact, channel, tenant, .. } => {
                self.check_new(at, *contact);
                self.arrived += 1;
                self.lives.insert(*contact, Life::new(*channel, tenant.clone()));
            }
            Event::HelpAsked { contact, of, agent, .. } => {
                self.check_new(at, *contact);
                self.helps += 1;
                let request = self.lives.get(of).map(|life| life.request(*of, agent.is_some()));
                self.promise(request.is_some(), at, || format!("{contact} asks help for {of}, which is nowhere"));
                self.lives.extend(request.map(|request| (*contact, request)));
            }
            Event::PresenceSet { agent, presence, .. } => {
                self.presences.insert(agent.clone(), presence.clone());
                self.leaving.remove(agent);
                if *presence != Presence::Ready {
                    self.lives.values_mut().for_each(|life| life.leave(agent));
                }
            }
            Event::LeavingSet { agent, then, .. } => {
                if then.is_some() {
                    self.leaving.insert(agent.clone());
                    self.lives.values_mut().for_each(|life| life.leave(agent));
                } else {
                    self.leaving.remove(agent);
                }
            }
            Event::AlarmRaised { alarm, .. } => self.stalled |= *alarm == Alarm::JournalStalled,
            Event::AlarmCleared { alarm, .. } => self.stalled &= *alarm != Alarm::JournalStalled,
            Event::PlaceKept { .. } | Event::PlaceLapsed { .. } | Event::DropDecided { .. } => {}
            _ => self.see_known(at, event),
        }
    }

    fn check_new(&mut self, at: Time, contact: ContactId) {
        let known = self.lives.contains_key(&contact) || self.over.contains(&contact);
        self.promise(!known, at, || format!("{contact} came in twice"));
    }

    fn see_known(&mut self, at: Time, event: &Event) {
        let Some(contact) = event.contact() else { return };
        let Some(mut life) = self.lives.remove(&contact) else {
            return self.promise(false, at, || format!("{contact} is spoken of but not on the floor: {event:?}"));
        };
        self.see_contact(at, contact, &mut life, event);
        if life.is_done() {
            self.over.insert(contact);
        } else {
            self.lives.insert(contact, life);
        }
    }

    /// What must hold between two commands.
    pub fn settle(&mut self, now: Time) {
        let mut broken = Vec::new();
        let mut calls: BTreeMap<&AgentName, u32> = BTreeMap::new();
        for (contact, life) in &self.lives {
            if let Some(what) = self.settle_life(now, *contact, life) {
                broken.push(format!("{contact} {what}"));
            }
            if life.channel.is_voice() {
                let holds = life.stand.holds().iter().chain(&life.also);
                holds.for_each(|agent| *calls.entry(agent).or_default() += 1);
            }
        }
        let crowded = calls.into_iter().filter(|(agent, calls)| *calls > 1 && self.agents.contains_key(*agent));
        broken.extend(crowded.map(|(agent, calls)| format!("{agent} has {calls} voice contacts")));
        broken.into_iter().for_each(|what| self.broken(now, what));
    }

    /// What is wrong with a contact that nothing more is done about at this moment.
    fn settle_life(&self, now: Time, contact: ContactId, life: &Life) -> Option<String> {
        let late = |agent: &&AgentName| self.clocks.get(&life.clock(contact, agent)).is_some_and(|until| *until < now);
        if let Some(agent) = life.writers.iter().find(late) {
            return Some(format!("is still being written up by {agent}, whose time is over"));
        }
        match &life.stand {
            Stand::Offered { until, .. } if *until <= now => return Some(String::from("has an offer that never ends")),
            Stand::Joining(agent) => {
                let within = if life.no_leg { CALLED_WITHIN } else { JOINED_WITHIN };
                let stuck = life.accepted + within <= now;
                return stuck.then(|| format!("is not joined with {agent} and not given back"));
            }
            Stand::Waiting | Stand::Offered { .. } => {}
            _ => return None,
        }
        let (want, since) = (life.want.as_ref()?, life.safe_since.filter(|_| life.open_to_all())?);
        let chain = self.queues.get(&want.queue).map_or(&[][..], |q| &q.last_resort);
        let due = chain.iter().filter(|rung| since + Span::seconds(rung.after_seconds) <= now).count();
        ((life.rungs as usize) < due).then(|| String::from("passed the bound of its last resort"))
    }

    /// What must hold when the last contact is over.
    pub fn finish(&mut self, now: Time) {
        let left: Vec<ContactId> = self.lives.keys().copied().collect();
        for contact in left {
            self.broken(now, format!("{contact} was lost: it never ended"));
        }
    }

    /// The promise of the safe line, hour by hour.
    pub fn check_kept(&mut self) {
        let hours: Vec<String> = self
            .kept
            .hours()
            .filter(|(_, hour)| !hour.holds())
            .map(|(from, hour)| format!("in the hour from {} the promise did not hold: {hour:?}", from.0))
            .collect();
        hours.into_iter().for_each(|what| self.broken(Time::ZERO, what));
    }

    /// Whether a contact is over and written up.
    pub fn is_over(&self, contact: ContactId) -> bool {
        self.over.contains(&contact)
    }

    /// Whether it is a request for help.
    pub fn is_request(&self, contact: ContactId) -> bool {
        self.lives.get(&contact).is_some_and(|life| life.help.is_some())
    }

    /// Whether an agent leaves after their contact.
    pub fn leaves(&self, agent: &AgentName) -> bool {
        self.leaving.contains(agent)
    }

    /// Safeguarding contacts whose last rung was taken and who are shown to nobody.
    pub fn past_last_rung(&self) -> Vec<ContactId> {
        let any = |life: &&Life| life.any && life.stand == Stand::Waiting && life.open_to_all();
        let past = self.lives.iter().filter(|(_, life)| any(life));
        past.map(|(contact, _)| *contact).collect()
    }

    /// Whether an agent lately did not take a contact.
    pub fn rests(&self, contact: ContactId, agent: &AgentName, now: Time) -> bool {
        self.lives.get(&contact).is_some_and(|life| life.rests(agent, now, REST))
    }

    pub fn broken(&mut self, at: Time, what: String) {
        self.violations.push(Violation { at, what });
    }

    fn promise(&mut self, holds: bool, at: Time, what: impl FnOnce() -> String) {
        if !holds {
            self.broken(at, what());
        }
    }

    fn see_set_up(&mut self, change: &Change) {
        match change {
            Change::RulesSet { rules } => self.rules = rules.clone(),
            Change::QueueSet { queue } => {
                self.queues.insert(queue.name.clone(), queue.clone());
            }
            Change::AgentSet { agent } => {
                self.agents.insert(agent.name.clone(), agent.clone());
            }
            _ => {}
        }
    }

    fn see_contact(&mut self, at: Time, contact: ContactId, life: &mut Life, event: &Event) {
        match event {
            Event::Queued { queue, needs, lane, risk, base, arrived, .. } => {
                let free = matches!(life.stand, Stand::InFlow | Stand::Waiting);
                self.promise(free, at, || format!("{contact} queued while {:?}", life.stand));
                let (queue, needs) = (queue.clone(), needs.clone());
                life.queued(at, Want { queue, needs, lane: *lane, risk: *risk, base: *base, widened: 0 }, *arrived);
            }
            Event::Overflowed { to: Treatment::Message | Treatment::Closed, .. } => {
                let free = matches!(life.stand, Stand::InFlow | Stand::Waiting);
                self.promise(free, at, || format!("{contact} turned away while {:?}", life.stand));
                life.stand = Stand::InFlow;
            }
            Event::Widened { .. } => life.want.iter_mut().for_each(|want| want.widened += 1),
            Event::LastResortTaken { step, .. } => self.see_rung(life, *step),
            Event::Reclassified { lane, risk, .. } => life.reclassified(at, *lane, *risk),
            Event::Rescored { base, .. } => life.want.iter_mut().for_each(|want| want.base = *base),
            Event::Assigned { .. } | Event::Preferred { .. } => life.named = true,
            Event::CallBackAgreed { .. } => life.no_leg = true,
            Event::Offered { offer, agents, until, why, .. } => {
                let waits = matches!(life.stand, Stand::Waiting);
                self.promise(waits && !agents.is_empty(), at, || format!("{contact} offered while {:?}", life.stand));
                self.check_offer(at, contact, life, agents, why.agent);
                life.stand = Stand::Offered { offer: *offer, agents: agents.clone(), until: *until };
            }
            Event::Declined { agent, .. } => {
                life.refused(at, agent);
                life.leave(agent);
            }
            Event::Expired { offer, .. } => self.see_expired(at, contact, life, *offer),
            Event::Withdrawn { offer, .. } => {
                let open = matches!(&life.stand, Stand::Offered { offer: n, .. } if n == offer);
                self.promise(open, at, || format!("{contact} #{offer} withdrawn while {:?}", life.stand));
                life.stand = Stand::Waiting;
            }
            Event::Accepted { offer, agent, .. } => self.see_accepted(at, contact, life, *offer, agent),
            Event::Connected { agent, .. } => self.see_connected(at, contact, life, agent),
            Event::ConnectFailed { agent, .. } | Event::CallBackFailed { agent, .. } => {
                let with = matches!(&life.stand, Stand::Joining(a) | Stand::Talking(a) if a == agent);
                self.promise(with, at, || format!("{contact} lost {agent}, who did not have it"));
                life.refused(at, agent);
                life.parted(at);
            }
            Event::Ended { cause, .. } => self.see_ended(at, contact, life, *cause),
            _ => self.see_company(at, contact, life, event),
        }
    }

    /// Several agents on one contact, and what they write about it.
    fn see_company(&mut self, at: Time, contact: ContactId, life: &mut Life, event: &Event) {
        match event {
            Event::HandedOver { from, to, .. } => {
                let beside = life.also.remove(to);
                let helps = self
                    .lives
                    .values()
                    .any(|request| request.help == Some(contact) && request.stand == Stand::Talking(to.clone()));
                let good = life.stand == Stand::Talking(from.clone()) && (beside || helps);
                self.promise(good, at, || format!("{contact} handed from {from} to {to} while {:?}", life.stand));
                life.write_up(from.clone(), self.is_loose(life));
                life.stand = Stand::Talking(to.clone());
            }
            Event::Joined { agent, .. } => {
                let talks = matches!(&life.stand, Stand::Talking(serves) if serves != agent);
                let new = life.also.insert(agent.clone());
                self.promise(talks && new, at, || format!("{contact}: {agent} joined while {:?}", life.stand));
            }
            Event::Left { agent, .. } => {
                let was = life.also.remove(agent);
                self.promise(was, at, || format!("{contact}: {agent} left without having been beside"));
                life.write_up(agent.clone(), self.is_loose(life));
            }
            Event::Transferred { agent, .. } => {
                let with = life.stand == Stand::Talking(agent.clone());
                self.promise(with, at, || format!("{contact} given up by {agent} while {:?}", life.stand));
                life.parted(at);
                life.refused(at, agent);
                life.write_up(agent.clone(), self.is_loose(life));
            }
            Event::WrapUpStarted { agent, until, .. } => {
                let writes = life.paused.remove(agent) || life.writers.contains(agent);
                life.writers.insert(agent.clone());
                let good = writes && *until >= at;
                self.promise(good, at, || format!("{contact}: wrap-up of {agent} while {:?}", life.stand));
                self.clocks.insert(life.clock(contact, agent), *until);
            }
            Event::WrapUpPaused { agent, .. } => {
                let wrote = life.writers.remove(agent);
                self.promise(wrote, at, || format!("{contact}: {agent} laid aside a wrap-up they did not have"));
                life.paused.insert(agent.clone());
            }
            Event::WrappedUp { agent, .. } => {
                let clock = life.clock(contact, agent);
                let wrote = life.writers.remove(agent) | life.paused.remove(agent);
                life.loose.remove(agent);
                let in_time = self.jumps || self.clocks.get(&clock).is_none_or(|until| at <= *until);
                self.promise(wrote && in_time, at, || format!("{contact} was wrapped up by {agent} at the wrong time"));
            }
            _ => {}
        }
    }

    /// An optional wrap-up keeps nobody from the next contact.
    fn is_loose(&self, life: &Life) -> bool {
        let queue = life.want.as_ref().and_then(|want| self.queues.get(&want.queue));
        queue.is_some_and(|queue| queue.wrap_up == WrapUpMode::Optional)
    }

    fn see_rung(&mut self, life: &mut Life, step: u32) {
        life.rungs = step + 1;
        let chain = life.want.as_ref().and_then(|want| self.queues.get(&want.queue)).map(|q| q.last_resort.len());
        life.any = chain.is_none_or(|rungs| life.rungs as usize >= rungs);
    }

    fn see_expired(&mut self, at: Time, contact: ContactId, life: &mut Life, number: u32) {
        let stand = std::mem::replace(&mut life.stand, Stand::Waiting);
        let in_time = matches!(&stand, Stand::Offered { offer, until, .. }
            if *offer == number && (*until == at || (self.jumps && *until < at)));
        self.promise(in_time, at, || format!("{contact} #{number} expired at the wrong time: {stand:?}"));
        stand.holds().iter().for_each(|agent| life.refused(at, agent));
    }

    fn see_accepted(&mut self, at: Time, contact: ContactId, life: &mut Life, number: u32, agent: &AgentName) {
        let outside = !self.agents.contains_key(agent);
        let won = match &life.stand {
            Stand::Offered { offer, agents, until } => {
                *offer == number && (outside || agents.contains(agent)) && at < *until
            }
            Stand::Waiting => outside,
            _ => false,
        };
        self.promise(won, at, || format!("{contact} #{number} accepted by {agent} while {:?}", life.stand));
        life.stand = Stand::Joining(agent.clone());
        life.accepted = at;
        life.named = false;
    }

    fn see_connected(&mut self, at: Time, contact: ContactId, life: &mut Life, agent: &AgentName) {
        let joined = life.stand == Stand::Joining(agent.clone());
        self.promise(joined, at, || format!("{contact} connected with {agent} while {:?}", life.stand));
        life.stand = Stand::Talking(agent.clone());
        life.no_leg = false;
        if !life.answered && life.help.is_none() {
            life.answered = true;
            self.answered += 1;
            if let (Some(since), Some(want)) = (life.safe_since, &life.want) {
                self.reached.push((want.risk, at.since(since)));
            }
        }
    }

    fn see_ended(&mut self, at: Time, contact: ContactId, life: &mut Life, cause: EndCause) {
        let open = matches!(life.stand, Stand::Offered { .. });
        self.promise(!open, at, || format!("{contact} ended with its offer open"));
        self.promise(life.stand != Stand::Over, at, || format!("{contact} ended twice"));
        let request = life.help.is_some();
        self.promise(request == (cause == EndCause::HelpOver), at, || format!("{contact} ended as what it is not"));
        if let (Some(since), false, false) = (life.safe_since, life.answered, request) {
            self.unreached.push(at.since(since));
        }
        let stand = std::mem::replace(&mut life.stand, Stand::Over);
        if let (Stand::Talking(agent), false) = (stand, request) {
            let loose = self.is_loose(life);
            let own = self.agents.contains_key(&agent).then_some(agent);
            let writers: Vec<AgentName> = std::mem::take(&mut life.also).into_iter().chain(own).collect();
            writers.into_iter().for_each(|agent| life.write_up(agent, loose));
            // A process killed before a wrap-up began leaves none: it is over at once.
            for agent in &life.writers {
                let clock = self.clocks.entry(life.clock(contact, agent)).or_insert(at);
                *clock = at.max(*clock);
            }
        }
    }
}
