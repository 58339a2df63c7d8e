//! A book: the figures of one quarter-hour, as they are kept and added.

use super::counts::earlier;
use super::{Counts, Errors, Safe, Work};
use serde::{Deserialize, Serialize};
use vocabulary::calendar::Day;
use vocabulary::{AgentName, Channel, Lane, QueueName, Span, TenantName, Time};

/// Milliseconds of a quarter of an hour. East Africa Time is a whole number of hours ahead of UTC,
/// so its quarter-hours are UTC's.
const QUARTER: i64 = 900_000;

/// A quarter of an hour in East Africa Time, by its first moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Quarter(Time);

/// The figures of one quarter-hour. Rows are in order and none is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Book {
    /// Contacts that arrived in it, each once, under the queue it is in or was in last.
    pub contacts: Vec<Row>,
    /// The same contacts once for every queue they entered.
    pub queues: Vec<Row>,
    /// Agents' work in it.
    pub agents: Vec<AgentRow>,
}

/// Figures of one queue, lane, channel and tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The queue; contacts that never entered one have none.
    pub queue: Option<QueueName>,
    /// Its lane.
    pub lane: Lane,
    /// Its channel.
    pub channel: Channel,
    /// Whose number or page it came to.
    #[serde(default)]
    pub tenant: Option<TenantName>,
    /// When the first of those who wait now arrived: from when their age counts.
    #[serde(default)]
    pub waiting_since: Option<Time>,
    /// The figures.
    #[serde(flatten)]
    pub counts: Counts,
    /// Errors of told waits.
    #[serde(default, skip_serializing_if = "Errors::is_empty")]
    pub errors: Errors,
    /// Time to a human.
    #[serde(default)]
    pub safe: Safe,
}

/// Figures of one agent, by the lane of the contacts handled; time by the clock is in the row of
/// the standard lane.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentRow {
    /// The agent.
    pub agent: AgentName,
    /// The lane.
    pub lane: Lane,
    /// The figures.
    #[serde(flatten)]
    pub work: Work,
}

impl Quarter {
    /// The quarter-hour of a moment.
    pub fn of(at: Time) -> Quarter {
        Quarter(Time(at.0.div_euclid(QUARTER) * QUARTER))
    }

    /// Its first moment.
    pub fn start(self) -> Time {
        self.0
    }

    /// The moment after its last.
    pub fn end(self) -> Time {
        self.0 + Span(QUARTER)
    }

    /// Its day.
    pub fn day(self) -> Day {
        Day::of(self.0)
    }
}

impl Row {
    /// A row of nothing.
    pub(super) fn of(queue: Option<QueueName>, lane: Lane, channel: Channel, tenant: Option<TenantName>) -> Row {
        Row {
            queue,
            lane,
            channel,
            tenant,
            waiting_since: None,
            counts: Counts::default(),
            errors: Errors::default(),
            safe: Safe::default(),
        }
    }

    /// Adds the figures of another row, whatever its key.
    pub(super) fn add(&mut self, other: &Row) {
        self.waiting_since = earlier(self.waiting_since, other.waiting_since);
        self.counts.add(&other.counts);
        self.errors.add(&other.errors);
        self.safe.add(&other.safe);
    }
}

impl Book {
    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.contacts.is_empty() && self.queues.is_empty() && self.agents.is_empty()
    }

    pub(super) fn add_contact(&mut self, row: &Row) {
        add(&mut self.contacts, row);
    }

    pub(super) fn add_queue(&mut self, row: &Row) {
        add(&mut self.queues, row);
    }

    pub(super) fn add_work(&mut self, agent: &AgentName, lane: Lane, work: &Work) {
        let found = self.agents.binary_search_by(|row| (&row.agent, row.lane).cmp(&(agent, lane)));
        let at = found.unwrap_or_else(|at| {
            self.agents.insert(at, AgentRow { agent: agent.clone(), lane, work: Work::default() });
            at
        });
        self.agents[at].work.add(work);
    }
}

/// Adds to the row of the same key, which keeps its place in the order.
pub(super) fn add(rows: &mut Vec<Row>, row: &Row) {
    let found = rows.binary_search_by(|other| {
        let left = (other.queue.as_ref(), other.lane, other.channel, other.tenant.as_ref());
        left.cmp(&(row.queue.as_ref(), row.lane, row.channel, row.tenant.as_ref()))
    });
    let at = found.unwrap_or_else(|at| {
        rows.insert(at, Row::of(row.queue.clone(), row.lane, row.channel, row.tenant.clone()));
        at
    });
    rows[at].add(row);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quarters_are_nairobis_too() {
        // 21:00 UTC is midnight in Nairobi.
        let midnight = Time(21 * 3_600_000);
        assert_eq!(Quarter::of(midnight).start(), midnight);
        assert_eq!(Quarter::of(midnight).day().start(), midnight);
        assert_eq!(Quarter::of(midnight + Span(-1)).end(), midnight);
        assert_eq!(Quarter::of(midnight + Span(-1)).day().end(), midnight);
    }
}
