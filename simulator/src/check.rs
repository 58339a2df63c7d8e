//! Checkers: promises stated over events alone, by somebody who does not know the engine. Each
//! [`Violation`] says when and what; a run without any has none to show.

mod life;

use life::{Life, Stand, Want};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use vocabulary::centre::{Agent, Change, Queue};
use vocabulary::event::AgentRule;
use vocabulary::{AgentName, ContactId, Event, Presence, QueueName, Risk, Span, Time};

/// Agents who did not take a contact are not asked for it again so soon: the earlier contact may
/// then be passed by.
const REST: Span = Span::seconds(15);

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
    lives: BTreeMap<ContactId, Life>,
    over: BTreeSet<ContactId>,
    /// Voice contacts shown to, joined by or talking with each agent.
    voices: BTreeMap<AgentName, BTreeSet<ContactId>>,
    /// The wrap-up clock of each agent: one for everything they write up.
    clocks: BTreeMap<AgentName, Time>,
    /// Time to a human of each safeguarding contact that reached one.
    pub reached: Vec<(Risk, Span)>,
    /// Safeguarding contacts that ended before a human was reached, with how long they had waited.
    pub unreached: Vec<Span>,
    pub arrived: u64,
    pub answered: u64,
    pub violations: Vec<Violation>,
}

impl Check {
    /// Looks at the next event of the journal.
    pub fn see(&mut self, at: Time, event: &Event) {
        match event {
            Event::SetUp { change, .. } => change.each().for_each(|one| self.see_set_up(one)),
            Event::Arrived { contact, channel, tenant, .. } => {
                let known = self.lives.contains_key(contact) || self.over.contains(contact);
                self.promise(!known, at, || format!("{contact} came in twice"));
                self.arrived += 1;
                self.lives.insert(*contact, Life::new(*channel, tenant.clone()));
            }
            Event::WrappedUp { contact, agent, .. } => self.see_wrapped_up(at, *contact, agent),
            Event::PresenceSet { agent, presence, .. } if *presence != Presence::Ready => self.agent_left(agent),
            Event::PlaceKept { .. } | Event::PlaceLapsed { .. } => {}
            Event::AlarmRaised { .. } | Event::AlarmCleared { .. } => {}
            _ => {
                let Some(contact) = event.contact() else {
                    return;
                };
                let Some(mut life) = self.lives.remove(&contact) else {
                    self.promise(false, at, || format!("{contact} is spoken of but not on the floor: {event:?}"));
                    return;
                };
                self.see_contact(at, contact, &mut life, event);
                if life.stand == Stand::Over {
                    self.over.insert(contact);
                } else {
                    self.lives.insert(contact, life);
                }
            }
        }
    }

    /// What must hold between two commands.
    pub fn settle(&mut self, now: Time) {
        let mut late = Vec::new();
        for (contact, life) in &self.lives {
            let (Some(want), Some(since)) = (&life.want, life.safe_since) else {
                continue;
            };
            if !matches!(life.stand, Stand::Waiting | Stand::Offered { .. }) {
                continue;
            }
            let chain = self.queues.get(&want.queue).map_or(&[][..], |q| &q.last_resort);
            let due = chain.iter().filter(|rung| since + Span::seconds(rung.after_seconds) <= now).count();
            if (life.rungs as usize) < due {
                late.push(*contact);
            }
        }
        for contact in late {
            self.promise(false, now, || format!("{contact} passed the bound of its last resort"));
        }
        let crowded: Vec<AgentName> =
            self.voices.iter().filter(|(_, held)| held.len() > 1).map(|(name, _)| name.clone()).collect();
        for agent in crowded {
            self.promise(false, now, || format!("{agent} has more than one voice contact"));
        }
    }

    /// What must hold when the last contact is over.
    pub fn finish(&mut self, now: Time) {
        let left: Vec<ContactId> = self.lives.keys().copied().collect();
        for contact in left {
            self.promise(false, now, || format!("{contact} was lost: it never ended"));
        }
        let stuck: Vec<AgentName> =
            self.voices.iter().filter(|(_, held)| !held.is_empty()).map(|(name, _)| name.clone()).collect();
        for agent in stuck {
            self.promise(false, now, || format!("{agent} is stuck with a contact"));
        }
    }

    /// Safeguarding contacts whose last rung was taken and who are shown to nobody, with the agents
    /// who need not be asked again yet.
    pub fn past_last_rung(&self, now: Time) -> Vec<(ContactId, BTreeSet<AgentName>)> {
        let any = |life: &&Life| life.any && matches!(life.stand, Stand::Waiting);
        let past = self.lives.iter().filter(|(_, life)| any(life));
        past.map(|(contact, life)| (*contact, life.resting(now, REST))).collect()
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
            Change::QueueSet { queue } => {
                self.queues.insert(queue.name.clone(), queue.clone());
            }
            Change::AgentSet { agent } => {
                self.agents.insert(agent.name.clone(), agent.clone());
            }
            _ => {}
        }
    }

    fn see_wrapped_up(&mut self, at: Time, contact: ContactId, agent: &AgentName) {
        let Some(life) = self.lives.remove(&contact) else {
            self.promise(false, at, || format!("{contact} was written up twice"));
            return;
        };
        let in_time = self.clocks.get(agent).is_none_or(|until| at <= *until);
        let good = matches!(&life.stand, Stand::Writing(a) if a == agent) && in_time;
        self.promise(good, at, || format!("{contact} was wrapped up by {agent} at the wrong time: {:?}", life.stand));
        self.over.insert(contact);
    }

    fn see_contact(&mut self, at: Time, contact: ContactId, life: &mut Life, event: &Event) {
        match event {
            Event::Queued { queue, needs, lane, risk, base, arrived, .. } => {
                let free = matches!(life.stand, Stand::InFlow | Stand::Waiting);
                self.promise(free, at, || format!("{contact} queued while {:?}", life.stand));
                let (queue, needs) = (queue.clone(), needs.clone());
                life.queued(at, Want { queue, needs, lane: *lane, risk: *risk, base: *base, widened: 0 }, *arrived);
            }
            Event::Widened { .. } => life.want.iter_mut().for_each(|want| want.widened += 1),
            Event::LastResortTaken { step, .. } => self.see_rung(life, *step),
            Event::Reclassified { lane, risk, .. } => life.reclassified(at, *lane, *risk),
            Event::Offered { offer, agents, until, why, .. } => {
                let waits = matches!(life.stand, Stand::Waiting);
                self.promise(waits && !agents.is_empty(), at, || format!("{contact} offered while {:?}", life.stand));
                self.check_offer(at, contact, life, agents, why.agent);
                life.stand = Stand::Offered { offer: *offer, agents: agents.clone(), until: *until };
                agents.iter().for_each(|agent| self.hold(agent, contact, life));
            }
            Event::Declined { agent, .. } => {
                life.refused(at, agent);
                life.leave(agent);
                self.release(agent, contact);
            }
            Event::Expired { offer, .. } => self.see_expired(at, contact, life, *offer),
            Event::Withdrawn { offer, .. } => {
                let open = matches!(&life.stand, Stand::Offered { offer: n, .. } if n == offer);
                self.promise(open, at, || format!("{contact} #{offer} withdrawn while {:?}", life.stand));
                self.release_all(contact);
                life.stand = Stand::Waiting;
            }
            Event::Accepted { offer, agent, .. } => self.see_accepted(at, contact, life, *offer, agent),
            Event::ConnectFailed { agent, .. } => {
                let with = life.stand.with() == Some(agent);
                self.promise(with, at, || format!("{contact} lost {agent}, who did not have it"));
                self.release_all(contact);
                life.refused(at, agent);
                life.parted(at);
            }
            Event::Connected { agent, .. } => self.see_connected(at, contact, life, agent),
            Event::Ended { .. } => self.see_ended(at, contact, life),
            Event::WrapUpStarted { agent, until, .. } => {
                let good = life.stand == Stand::Writing(agent.clone()) && *until >= at;
                self.promise(good, at, || format!("{contact}: wrap-up of {agent} while {:?}", life.stand));
                self.clocks.insert(agent.clone(), *until);
            }
            _ => {}
        }
    }

    fn see_rung(&mut self, life: &mut Life, step: u32) {
        life.rungs = step + 1;
        let chain = life.want.as_ref().and_then(|want| self.queues.get(&want.queue)).map(|q| q.last_resort.len());
        life.any = chain.is_none_or(|rungs| life.rungs as usize >= rungs);
    }

    fn see_expired(&mut self, at: Time, contact: ContactId, life: &mut Life, number: u32) {
        let stand = std::mem::replace(&mut life.stand, Stand::Waiting);
        let in_time = matches!(&stand, Stand::Offered { offer, until, .. } if *offer == number && *until == at);
        self.promise(in_time, at, || format!("{contact} #{number} expired at the wrong time: {stand:?}"));
        if let Stand::Offered { agents, .. } = stand {
            agents.iter().for_each(|agent| life.refused(at, agent));
        }
        self.release_all(contact);
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
        self.release_all(contact);
        life.stand = Stand::Joining(agent.clone());
        if !outside {
            self.hold(agent, contact, life);
        }
    }

    fn see_connected(&mut self, at: Time, contact: ContactId, life: &mut Life, agent: &AgentName) {
        let joined = life.stand == Stand::Joining(agent.clone());
        self.promise(joined, at, || format!("{contact} connected with {agent} while {:?}", life.stand));
        life.stand = Stand::Talking(agent.clone());
        if !life.answered {
            life.answered = true;
            self.answered += 1;
            if let (Some(since), Some(want)) = (life.safe_since, &life.want) {
                self.reached.push((want.risk, at.since(since)));
            }
        }
    }

    fn see_ended(&mut self, at: Time, contact: ContactId, life: &mut Life) {
        let open = matches!(life.stand, Stand::Offered { .. });
        self.promise(!open, at, || format!("{contact} ended with its offer open"));
        let again = matches!(life.stand, Stand::Writing(_) | Stand::Over);
        self.promise(!again, at, || format!("{contact} ended twice"));
        if let (Some(since), false) = (life.safe_since, life.answered) {
            self.unreached.push(at.since(since));
        }
        self.release_all(contact);
        life.stand = match &life.stand {
            Stand::Talking(agent) if self.agents.contains_key(agent) => {
                // A process killed before the wrap-up began leaves none: it is over at once.
                let clock = self.clocks.entry(agent.clone()).or_insert(at);
                *clock = at.max(*clock);
                Stand::Writing(agent.clone())
            }
            _ => Stand::Over,
        };
    }

    /// Who is offered what: clearance, wrap-up over, and nobody passed by who asked for the same.
    fn check_offer(&mut self, at: Time, contact: ContactId, life: &Life, agents: &[AgentName], rule: AgentRule) {
        let Some(want) = &life.want else { return };
        for agent in agents {
            let cleared = self.agents.get(agent).is_some_and(|a| a.cleared_for(want.lane));
            self.promise(cleared || rule == AgentRule::LastResort, at, || {
                format!("{contact} of lane {} offered to {agent}, who is not cleared", want.lane.as_str())
            });
        }
        for agent in agents {
            let writes = self.lives.values().any(|other| other.stand == Stand::Writing(agent.clone()));
            self.promise(!writes, at, || format!("{contact} offered to {agent}, who is still wrapping up"));
        }
        let passed = self.lives.iter().find(|(id, other)| {
            let same = other.want.as_ref() == Some(want) && other.same_kind(life) && other.any == life.any;
            let resting = other.resting(at, REST);
            let earlier = (other.arrived, **id) < (life.arrived, contact);
            same && earlier && other.stand == Stand::Waiting && agents.iter().any(|agent| !resting.contains(agent))
        });
        if let Some(earlier) = passed.map(|(id, _)| *id) {
            self.promise(false, at, || {
                format!("{contact} was offered before {earlier}, which asked for the same earlier")
            });
        }
    }

    fn hold(&mut self, agent: &AgentName, contact: ContactId, life: &Life) {
        if life.channel.is_voice() {
            self.voices.entry(agent.clone()).or_default().insert(contact);
        }
    }

    fn release(&mut self, agent: &AgentName, contact: ContactId) {
        if let Some(held) = self.voices.get_mut(agent) {
            held.remove(&contact);
        }
    }

    fn release_all(&mut self, contact: ContactId) {
        for held in self.voices.values_mut() {
            held.remove(&contact);
        }
    }

    /// An agent who is not ready is in no offer any more; the event of the offer says nothing.
    fn agent_left(&mut self, agent: &AgentName) {
        let mut left = Vec::new();
        for (contact, life) in &mut self.lives {
            if life.leave(agent) {
                left.push(*contact);
            }
        }
        left.into_iter().for_each(|contact| self.release(agent, contact));
    }
}
