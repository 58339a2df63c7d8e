//! What a floor knows of its agents' days and of its citizens' safety beyond who waits and who
//! talks: leaving, work laid aside, wrap-ups nobody waits for, silent contacts, dropped ones.

use super::load::Load;
use super::{AgentRow, Order, State, away};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};
use vocabulary::event::{Alarm, Source};
use vocabulary::{AgentName, ContactId, Lane, Presence, ReasonName, Span, Time};

/// The away reason of an agent who is not ready again by themselves.
pub(crate) const AFTER_CONTACT: &str = "after_contact";

/// What an agent has beside the contacts in hand.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Life {
    /// What they do when their last contact is over.
    pub leaving: Option<Presence>,
    /// Whether they have been connected with anybody since their presence last changed.
    pub spoke: bool,
    /// Contacts they may still write up while they are free (optional wrap-up), and until when;
    /// `None` between the end and the start of the clock.
    pub writing: BTreeMap<ContactId, Option<Time>>,
    /// Verdicts written while a timed wrap-up runs.
    pub verdicts: BTreeMap<ContactId, ReasonName>,
    /// Wrap-ups interrupted by something more urgent.
    pub paused: BTreeMap<ContactId, Paused>,
    /// Text work laid aside, and what came first.
    pub parked: BTreeMap<ContactId, ContactId>,
}

/// An interrupted wrap-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Paused {
    /// What came first.
    pub beneath: ContactId,
    /// Time that was left.
    pub left: Span,
    /// Time that had passed.
    pub spent: Span,
}

/// What a contact has beside its stage and its order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Course {
    /// Nobody spoke; whether so many did not that this one does not go first. Spent by the next
    /// queue it enters: whoever enters one again has pressed a key.
    pub silent: Option<bool>,
    /// Since when its agent speaks with it.
    pub spoken_since: Option<Time>,
}

/// What a floor keeps for its citizens' safety.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Watch {
    /// Silent contacts of the last hour that went first, oldest first.
    pub silents: VecDeque<(Time, Option<Source>)>,
    /// The load of the last hour, by language.
    pub loads: Vec<Load>,
    /// Dropped P0 contacts: undecided, or to be called back by a person.
    pub drops: BTreeMap<ContactId, Dropped>,
}

/// A dropped P0 contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Dropped {
    /// When it dropped.
    pub at: Time,
    /// The kind of help it wanted; `None` where the journal of an older version does not tell.
    pub lane: Option<Lane>,
    /// Who decided that a person calls back; `None` while nobody has decided.
    pub call_by: Option<AgentName>,
}

impl Life {
    /// Whether something yielded to a contact in danger.
    pub fn yielded(&self) -> bool {
        !self.paused.is_empty() || !self.parked.is_empty()
    }
}

impl AgentRow {
    /// Whether the contact takes the agent's attention: shown, joined, talked with or written up.
    pub fn has(&self, id: ContactId) -> bool {
        self.voice == Some(id)
            || self.texts.contains(&id)
            || self.wrapping.contains(&id)
            || self.life.paused.contains_key(&id)
    }

    /// The clock of a wrap-up is set. One that was asked for, or laid aside, takes the agent from
    /// now on.
    pub fn start_clock(&mut self, at: Time, id: ContactId, until: Time) {
        if self.wrapping.contains(&id) {
            self.wrap_until = until;
        } else if let Some(paused) = self.life.paused.remove(&id) {
            if self.wrapping.is_empty() {
                self.wrap_from = at - paused.spent;
            }
            self.wrap_until = until;
            self.wrapping.insert(id);
        } else if self.life.writing.get(&id) == Some(&None) {
            self.life.writing.insert(id, Some(until));
        } else if self.life.writing.remove(&id).is_some() {
            self.writes(id, at);
            self.wrap_until = until;
        }
    }

    /// The contact is written up; whether the agent was busy with it.
    pub fn stop_writing(&mut self, id: ContactId) -> bool {
        self.life.verdicts.remove(&id);
        self.life.paused.remove(&id);
        self.life.writing.remove(&id).is_none()
    }

    /// Every contact the agent may write up.
    pub fn write_ups(&self) -> impl Iterator<Item = ContactId> + '_ {
        self.wrapping.iter().chain(self.life.paused.keys()).chain(self.life.writing.keys()).copied()
    }

    /// Contacts whose time to be written up while the agent is free is over.
    pub fn writing_over(&self, now: Time) -> Vec<ContactId> {
        // Without a clock only when the process was killed before it began: then it is over at once.
        let over = self.life.writing.iter().filter(|(_, until)| until.is_none_or(|until| until <= now));
        over.map(|(id, _)| *id).collect()
    }

    /// Whether the agent has nothing but, perhaps, contacts they may still write up.
    pub fn idle_hands(&self) -> bool {
        self.voice.is_none() && self.texts.is_empty() && self.wrapping.is_empty() && self.life.paused.is_empty()
    }
}

impl State {
    /// When something of [`Life`] becomes due for an agent.
    pub fn life_due(&self, row: &AgentRow) -> Option<Time> {
        let writing = row.life.writing.values().map(|until| until.unwrap_or(Time::ZERO)).min();
        let now = self.leaves_now(row) || self.goes_away_after(row) || (row.life.yielded() && self.yields_no_more(row));
        // Whatever need not wait for a clock is due since before any clock.
        if now { Some(Time::ZERO) } else { writing }
    }

    /// Whether something that yielded can be taken up again.
    fn yields_no_more(&self, row: &AgentRow) -> bool {
        row.life.paused.values().any(|paused| !row.has(paused.beneath)) || !self.parked_over(row).is_empty()
    }

    /// Text work to be taken up again: what came first is over, or it is in as much danger by now.
    pub fn parked_over(&self, row: &AgentRow) -> Vec<ContactId> {
        let danger = |id: &ContactId| self.contacts[id].order.as_ref().map_or(u8::MAX, Order::danger);
        let over = row.life.parked.iter().filter(|(id, beneath)| !row.has(**beneath) || danger(id) <= danger(beneath));
        over.map(|(id, _)| *id).collect()
    }

    /// Whether an agent who wanted to leave has served their last contact.
    pub fn leaves_now(&self, row: &AgentRow) -> bool {
        row.life.leaving.is_some() && !row.engaged()
    }

    /// Whether an agent who is not ready again by themselves has just served a contact.
    pub fn goes_away_after(&self, row: &AgentRow) -> bool {
        row.life.spoke
            && row.presence == Presence::Ready
            && row.idle_hands()
            && !self.break_owed(row)
            && self.centre.agents.get(&row.name).is_some_and(|agent| !agent.auto_ready)
    }

    /// When the storm is over: fewer expiries than its threshold are left in the window.
    pub fn storm_due(&self) -> Option<Time> {
        if !self.alarms.contains(&(Alarm::ExpiryStorm, None)) {
            return None;
        }
        let threshold = self.storm_threshold();
        let from_end = self.expiries.len().checked_sub(threshold);
        Some(from_end.map_or(Time::ZERO, |i| self.expiries[i] + crate::STORM_WINDOW))
    }

    /// Expiries within the window that make a storm; never 0, which would be a storm without end.
    pub fn storm_threshold(&self) -> usize {
        self.centre.rules.storm_expiries.max(1) as usize
    }

    /// When the alarm about silent contacts is over.
    pub fn silents_due(&self) -> Option<Time> {
        let rings = self.alarms.contains(&(Alarm::SilentCapReached, None));
        let first = self.watch.silents.front().map(|(at, _)| *at + crate::SILENT_WINDOW);
        rings.then(|| first.unwrap_or(Time::ZERO))
    }

    /// Whether one more silent contact of this source goes without going first.
    pub fn silent_capped(&self, source: Option<Source>, now: Time) -> bool {
        let rules = &self.centre.rules;
        let within = self.watch.silents.iter().filter(|(at, _)| *at + crate::SILENT_WINDOW > now);
        let (mut all, mut same) = (0, 0);
        for (_, other) in within {
            all += 1;
            same += u32::from(source.is_some() && *other == source);
        }
        all >= rules.silent_per_hour || (source.is_some() && same >= rules.silent_per_source)
    }
}

/// The presence of an agent who is not ready again by themselves.
pub(crate) fn after_contact() -> Presence {
    away(AFTER_CONTACT)
}
