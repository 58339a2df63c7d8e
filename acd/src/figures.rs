//! What every figure of the centre means, in one place. The wall, the reports and a fresh fold of
//! the journal all read it, so they cannot disagree.
//!
//! | Figure | Meaning |
//! |---|---|
//! | arrived | contacts that came in; each is in exactly one row and counted once, wherever it was moved |
//! | in flow | of these, still with a flow |
//! | waiting | of these, in a queue and never yet connected |
//! | answered | of these, connected to a person at least once |
//! | abandoned | of these, left by the citizen (or their line lost) from a queue, never connected |
//! | abandoned short | of the abandoned, within [`SHORT_ABANDON`] of entering the queue |
//! | dropped | of these, ended in a queue by us: a fault, a restart |
//! | self-served | of these, served by the flow alone |
//! | refused | of these, turned away: centre full, number unknown |
//! | left | of these, gone from a flow before any queue |
//! | in time | of the answered, connected within the queue's target from entering the queue |
//! | wait | from first entering a queue to first being connected, or to the end of one never connected |
//! | handled | talk time and wrap-up of contacts that are wrapped up |
//!
//! `arrived = in flow + waiting + answered + abandoned + dropped + self-served + refused + left`,
//! in every row and in the total.
//!
//! Service level is told both ways: in time out of answered, and in time out of answered and
//! abandoned; the second leaves out short abandons, which no centre could have answered.
//!
//! Whoever lacks clearance for a safeguarding lane sees its contacts only inside figures of
//! everyone: [`Figures::view`] puts them in the row of contacts without a queue, so that rows still
//! add up to the total and nothing can be subtracted.

mod story;

use crate::figures::story::{Phase, Story};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use vocabulary::centre::Change;
use vocabulary::event::Alarm;
use vocabulary::{AgentName, Channel, ContactId, EndCause, Entry, Event, Lane, Party, Presence, QueueName, Span, Time};

/// Leaving this soon is not counted against the centre.
pub const SHORT_ABANDON: Span = Span::seconds(5);

/// Every figure of a floor, folded from its journal.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// Contacts that are not over, wrap-up included.
    live: BTreeMap<ContactId, Story>,
    /// Contacts that are over, by row, in row order.
    over: Vec<Row>,
    targets: BTreeMap<QueueName, Span>,
    presences: BTreeMap<AgentName, Presence>,
    alarms: BTreeSet<(Alarm, Option<ContactId>)>,
}

/// Figures of one queue, lane and channel. Contacts that never entered a queue have none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The queue the contact is in, or was in last.
    pub queue: Option<QueueName>,
    /// Its lane.
    pub lane: Lane,
    /// Its channel.
    pub channel: Channel,
    /// The figures.
    #[serde(flatten)]
    pub counts: Counts,
}

/// Counted things; see the table above.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Came in.
    pub arrived: u64,
    /// With a flow now.
    pub in_flow: u64,
    /// In a queue now, never connected.
    pub waiting: u64,
    /// When the first of those entered its queue.
    pub waiting_since: Option<Time>,
    /// Connected at least once.
    pub answered: u64,
    /// Left from a queue.
    pub abandoned: u64,
    /// Of the abandoned, so soon that it does not count.
    pub abandoned_short: u64,
    /// Ended in a queue by us.
    pub dropped: u64,
    /// Served by the flow.
    pub self_served: u64,
    /// Turned away.
    pub refused: u64,
    /// Gone before any queue.
    pub left: u64,
    /// Answered within the target.
    pub in_time: u64,
    /// Sum of waits that are over.
    pub wait_sum: Span,
    /// Longest wait that is over.
    pub wait_longest: Span,
    /// Contacts wrapped up.
    pub handled: u64,
    /// Their talk time and wrap-up.
    pub handled_sum: Span,
}

/// What one viewer may see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct View {
    /// Everyone, whatever the lane: the sum of the rows.
    pub total: Counts,
    /// By queue, lane and channel, in that order.
    pub rows: Vec<Row>,
    /// Agents by presence: `ready`, `offline`, `away.<reason>`.
    pub agents: BTreeMap<String, u32>,
    /// Alarms that ring; none without clearance.
    pub alarms: Vec<Alarm>,
}

impl Figures {
    /// Takes the journal's next entry into account.
    pub fn fold(&mut self, entry: &Entry) {
        let at = entry.at;
        match &entry.event {
            Event::SetUp { change, .. } => change.each().for_each(|one| self.fold_set_up(one)),
            Event::PresenceSet { agent, presence, .. } => {
                self.presences.insert(agent.clone(), presence.clone());
            }
            Event::AlarmRaised { alarm, contact } if *alarm != Alarm::ImminentDropped => {
                self.alarms.insert((*alarm, *contact));
            }
            Event::AlarmCleared { alarm, contact } => {
                self.alarms.remove(&(*alarm, *contact));
            }
            Event::Arrived { contact, channel, .. } => {
                self.live.insert(*contact, Story::new(*channel));
            }
            Event::Queued { contact, queue, lane, .. } => {
                self.change(*contact, |story| story.queued(at, queue.clone(), *lane));
            }
            Event::Reclassified { contact, lane, .. } => self.change(*contact, |story| story.lane = *lane),
            Event::Connected { contact, agent } => {
                let target = self.live.get(contact).and_then(|s| self.targets.get(s.queue.as_ref()?)).copied();
                self.change(*contact, |story| story.connected(at, agent.clone(), target));
            }
            Event::ConnectFailed { contact, .. } => self.change(*contact, |story| story.parted(at)),
            Event::Ended { contact, by, cause } => self.fold_end(at, *contact, *by, *cause),
            Event::WrappedUp { contact, .. } => {
                self.change(*contact, |story| story.wrapped_up(at));
                self.close(*contact);
            }
            _ => {}
        }
    }

    fn fold_set_up(&mut self, change: &Change) {
        match change {
            Change::QueueSet { queue } => {
                self.targets.insert(queue.name.clone(), Span::seconds(queue.target_seconds));
            }
            Change::QueueRemoved { queue } => {
                self.targets.remove(queue);
            }
            Change::AgentSet { agent } => {
                self.presences.entry(agent.name.clone()).or_default();
            }
            Change::AgentRemoved { agent } => {
                self.presences.remove(agent);
            }
            _ => {}
        }
    }

    fn fold_end(&mut self, at: Time, contact: ContactId, by: Party, cause: EndCause) {
        self.change(contact, |story| story.ended(at, by, cause));
        if self.live.get(&contact).is_some_and(|story| story.phase != Phase::WrappingUp) {
            self.close(contact);
        }
    }

    fn change(&mut self, contact: ContactId, change: impl FnOnce(&mut Story)) {
        if let Some(story) = self.live.get_mut(&contact) {
            change(story);
        }
    }

    fn close(&mut self, contact: ContactId) {
        if let Some(story) = self.live.remove(&contact) {
            add(&mut self.over, story.queue.as_ref(), story.lane, story.channel, &story.counts());
        }
    }

    /// What a viewer with these clearances may see.
    pub fn view(&self, clearances: &BTreeSet<Lane>) -> View {
        let mut rows: Vec<Row> = Vec::new();
        let mut put = |queue: Option<&QueueName>, lane: Lane, channel: Channel, counts: &Counts| {
            if lane.is_safeguarding() && !clearances.contains(&lane) {
                add(&mut rows, None, Lane::Standard, channel, counts);
            } else {
                add(&mut rows, queue, lane, channel, counts);
            }
        };
        for row in &self.over {
            put(row.queue.as_ref(), row.lane, row.channel, &row.counts);
        }
        for story in self.live.values() {
            put(story.queue.as_ref(), story.lane, story.channel, &story.counts());
        }
        let mut total = Counts::default();
        rows.iter().for_each(|row| total.add(&row.counts));
        let mut agents = BTreeMap::new();
        for presence in self.presences.values() {
            *agents.entry(label(presence)).or_default() += 1;
        }
        let alarms: BTreeSet<Alarm> = self.alarms.iter().map(|(alarm, _)| *alarm).collect();
        let alarms = alarms.into_iter().filter(|_| clearances.iter().any(|lane| lane.is_safeguarding())).collect();
        View { total, rows, agents, alarms }
    }
}

impl Counts {
    /// In time out of answered, in thousandths; `None` before anyone was answered.
    pub fn service_level_of_answered(&self) -> Option<u64> {
        (self.answered > 0).then(|| self.in_time * 1_000 / self.answered)
    }

    /// In time out of answered and abandoned (short abandons left out), in thousandths.
    pub fn service_level_of_offered(&self) -> Option<u64> {
        let offered = self.answered + self.abandoned - self.abandoned_short;
        (offered > 0).then(|| self.in_time * 1_000 / offered)
    }

    /// Whether every contact that arrived is in exactly one of the outcomes.
    pub fn adds_up(&self) -> bool {
        let over = self.answered + self.abandoned + self.dropped + self.self_served + self.refused + self.left;
        self.arrived == self.in_flow + self.waiting + over
    }

    fn add(&mut self, other: &Counts) {
        self.arrived += other.arrived;
        self.in_flow += other.in_flow;
        self.waiting += other.waiting;
        self.waiting_since = [self.waiting_since, other.waiting_since].into_iter().flatten().min();
        self.answered += other.answered;
        self.abandoned += other.abandoned;
        self.abandoned_short += other.abandoned_short;
        self.dropped += other.dropped;
        self.self_served += other.self_served;
        self.refused += other.refused;
        self.left += other.left;
        self.in_time += other.in_time;
        self.wait_sum = self.wait_sum + other.wait_sum;
        self.wait_longest = self.wait_longest.max(other.wait_longest);
        self.handled += other.handled;
        self.handled_sum = self.handled_sum + other.handled_sum;
    }
}

/// Adds to the row of this queue, lane and channel, which keeps its place in the order.
fn add(rows: &mut Vec<Row>, queue: Option<&QueueName>, lane: Lane, channel: Channel, counts: &Counts) {
    let found = rows.binary_search_by(|row| (row.queue.as_ref(), row.lane, row.channel).cmp(&(queue, lane, channel)));
    let at = found.unwrap_or_else(|at| {
        rows.insert(at, Row { queue: queue.cloned(), lane, channel, counts: Counts::default() });
        at
    });
    rows[at].counts.add(counts);
}

fn label(presence: &Presence) -> String {
    match presence {
        Presence::Ready => String::from("ready"),
        Presence::Offline => String::from("offline"),
        Presence::Away { reason } => format!("away.{reason}"),
    }
}

#[cfg(test)]
mod tests;
