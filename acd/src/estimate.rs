//! How long a contact may still wait, as a range.
//!
//! The agents who may serve it come free at a pace that follows from how many they are and how much
//! of their time a contact takes. Everyone before it who may be served by the same agents takes one
//! of those moments; who before it may also be served by others takes a part of one. Some give up
//! meanwhile, others come who go first. The range is that of a sum of so many random intervals,
//! widened by what the model does not know. `tests/estimate.rs` measures it on seeds it was not
//! tuned on.

use crate::index::{Index, Line};
use crate::rank::Key;
use crate::state::room::Kind;
use crate::state::{Contact, Openness, Order, State};
use crate::view::Estimate;
use std::sync::Arc;
use vocabulary::centre::Queue;
use vocabulary::{ContactId, Event, QueueName, Span, Time};

/// With fewer served contacts than this nothing is known of a queue's pace.
const LEAST_SERVED: i64 = 4;

/// The relative error of the model itself, beside chance.
const UNKNOWN: f64 = 0.14;

/// How many standard deviations the bounds lie from the middle: for nine in ten below the upper.
const ABOVE: f64 = 1.15;
const BELOW: f64 = 1.15;

/// So many intervals are added one by one; of more, every so many.
const STEPS: f64 = 128.0;

/// Whoever comes meanwhile makes it longer, in which more come: so often is this followed.
const ROUNDS: usize = 4;

/// A contact whose wait is asked for.
struct Asker<'a> {
    queue: &'a QueueName,
    groups: Vec<u32>,
    kind: Kind,
    ordinary: bool,
    key: Key,
    slope: i64,
}

/// Who is served before it by the agents who may serve it.
#[derive(Default)]
struct Ahead {
    /// How many, each counted as the part its agents have in those.
    contacts: f64,
    /// The time they take of an agent, in ms.
    work: f64,
    /// Those who will come and go before it.
    overtakers: Vec<Overtakers>,
}

/// Contacts of one queue that come later and go before.
struct Overtakers {
    /// How many come in a millisecond, each counted as its part.
    comes: f64,
    /// Time each takes of an agent, in ms.
    each: f64,
    /// For how long they still go before: a score grows with age.
    until: f64,
}

/// The range for a contact that waits.
pub(crate) fn of_waiting(state: &State, index: &Index, contact: &Contact, key: Key, now: Time) -> Option<Estimate> {
    let line = &index.lines[contact.links.line? as usize];
    let groups = line.groups.iter().map(|(group, _)| *group).collect();
    let queue = &contact.order.as_ref()?.queue;
    let (kind, ordinary) = (line.key.kind, line.key.ordinary);
    Asker { queue, groups, kind, ordinary, key, slope: line.slope }.estimate(state, index, now)
}

/// The range for a contact that is about to enter a queue.
pub(crate) fn on_entry(state: &State, index: &Index, id: ContactId, queued: &Event, now: Time) -> Option<Estimate> {
    let Event::Queued { queue, needs, lane, risk, base, arrived, .. } = queued else { return None };
    let contact = state.contacts.get(&id)?;
    let order = Order {
        queue: queue.clone(),
        needs: Arc::new(needs.clone()),
        lane: *lane,
        risk: *risk,
        base: *base,
        arrived: *arrived,
        entered: now,
        safe_since: None,
        widened: 0,
        rungs: 0,
        any_agent: false,
        outside: Vec::new(),
        call_back_offered: false,
    };
    let (key, slope) = state.place(id, &order, now);
    let groups = index.groups_for(state, contact, &order);
    let kind = state.kinds.kind(contact.channel);
    Asker { queue, groups, kind, ordinary: order.ordinary(), key, slope }.estimate(state, index, now)
}

impl Asker<'_> {
    fn estimate(&self, state: &State, index: &Index, now: Time) -> Option<Estimate> {
        let agents = self.agents(state, index);
        if agents < 1.0 {
            return None;
        }
        let own = takes(state, self.queue)?;
        let ahead = self.ahead(state, index, now, own);
        let free = self.groups.iter().map(|g| index.groups[*g as usize].free(Openness::Open, self.kind).len());
        let free = free.sum::<usize>() as f64 - self.kept(state, index);
        // Whoever is free already takes one of those before it at once, or this one.
        if free > ahead.contacts {
            let offer = state.queue(self.queue).map_or(0, |queue| queue.offer_seconds);
            return Some(Estimate { low: Span::ZERO, likely: Span::ZERO, high: Span::seconds(offer) });
        }
        let before = ahead.contacts - free.max(0.0);
        let gives_up = state.pace.get(self.queue).map_or(0.0, |pace| pace.gives_up());
        let total = |within: f64| {
            let coming = |row: &Overtakers| row.comes * within.min(row.until);
            let more: f64 = ahead.overtakers.iter().map(coming).sum();
            let work: f64 = ahead.overtakers.iter().map(|row| coming(row) * row.each).sum();
            let each = (ahead.work + work + own) / (ahead.contacts + more + 1.0);
            (before + more, sum_of_intervals(agents / each, gives_up, before + more))
        };
        let mut found = total(0.0);
        for _ in 0..ROUNDS {
            found = total(found.1.0);
        }
        let (before, (mean, deviation)) = found;
        let spread = (deviation * deviation + UNKNOWN * UNKNOWN * mean * mean).sqrt();
        // The middle of a skewed sum lies a little below its mean.
        let likely = mean * (1.0 - 1.0 / (3.0 * (before + 1.0)));
        let span = |ms: f64| Span(ms.max(0.0) as i64);
        Some(Estimate { low: span(mean - BELOW * spread), likely: span(likely), high: span(mean + ABOVE * spread) })
    }

    /// How many agents may serve it: ready, busy or not, without those kept free for others.
    fn agents(&self, state: &State, index: &Index) -> f64 {
        let ready: u32 = self.groups.iter().map(|group| index.groups[*group as usize].ready).sum();
        f64::from(ready) - self.kept(state, index)
    }

    /// How many of them the reserve keeps free for safeguarding contacts.
    fn kept(&self, state: &State, index: &Index) -> f64 {
        let groups = self.groups.iter().map(|group| &index.groups[*group as usize]);
        let cleared: u32 = groups.filter(|group| !group.reserves.is_empty()).map(|group| group.ready).sum();
        f64::from(if self.ordinary { cleared.min(state.centre.rules.reserve) } else { 0 })
    }

    fn ahead(&self, state: &State, index: &Index, now: Time, own: f64) -> Ahead {
        let mut ahead = Ahead::default();
        let mut before: Option<&QueueName> = None;
        for (name, line) in index.lines_of_queues().filter(|(_, line)| line.key.kind == self.kind) {
            let share = self.share(index, line);
            if share <= 0.0 {
                continue;
            }
            let each = takes(state, name).unwrap_or(own);
            let bound = self.key.among(self.slope, line.slope, now);
            let contacts = share * line.members.range(..bound).count() as f64;
            ahead.contacts += contacts;
            ahead.work += contacts * each;
            // Those who come to a queue are counted once, by the first of its lines.
            if before.replace(name) != Some(name)
                && let Some(queue) = state.queue(name)
            {
                let comes = share * state.pace.get(name).map_or(0.0, |pace| pace.comes(now));
                let until = self.overtaken_for(queue, now);
                ahead.overtakers.extend((until > 0.0).then_some(Overtakers { comes, each, until }));
            }
        }
        ahead
    }

    /// For how long contacts that come to a queue will go before this one, in ms: a safeguarding one
    /// always, any other until this one's score has grown past what it starts with.
    fn overtaken_for(&self, queue: &Queue, now: Time) -> f64 {
        let scored = self.ordinary;
        if queue.lane.is_safeguarding() {
            return if scored { f64::INFINITY } else { 0.0 };
        }
        let more = queue.base - self.key.score(self.slope, now);
        match (scored && more > 0, self.slope) {
            (false, _) => 0.0,
            (true, 0) => f64::INFINITY,
            (true, slope) => (more * 60_000) as f64 / slope as f64,
        }
    }

    /// Which part of the agents who may serve a line may serve this contact.
    fn share(&self, index: &Index, line: &Line) -> f64 {
        let (mut shared, mut all) = (0, 0);
        for (group, _) in &line.groups {
            let ready = index.groups[*group as usize].ready;
            all += ready;
            shared += if self.groups.binary_search(group).is_ok() { ready } else { 0 };
        }
        if all == 0 { 0.0 } else { f64::from(shared) / f64::from(all) }
    }
}

/// Time one contact of a queue takes of an agent, in ms; that of all queues where little is known.
fn takes(state: &State, queue: &QueueName) -> Option<f64> {
    let own = state.pace.get(queue).and_then(|pace| pace.takes(LEAST_SERVED));
    own.or_else(|| {
        let known = || state.pace.values().filter_map(|pace| Some((pace.served() as f64, pace.takes(1)?)));
        let served: f64 = known().map(|(served, _)| served).sum();
        let work: f64 = known().map(|(served, takes)| served * takes).sum();
        (served >= LEAST_SERVED as f64).then(|| work / served)
    })
}

/// Mean and standard deviation of the time until those before have been served or have given up,
/// and then one more has been served: intervals at a pace that grows with those who may give up.
fn sum_of_intervals(pace: f64, gives_up: f64, before: f64) -> (f64, f64) {
    let intervals = before + 1.0;
    let stride = (intervals / STEPS).max(1.0);
    let (mut done, mut mean, mut variance) = (0.0, 0.0, 0.0);
    while done < intervals {
        let step = stride.min(intervals - done);
        let interval = 1.0 / (pace + gives_up * (done + step / 2.0 - 0.5).max(0.0));
        mean += step * interval;
        variance += step * interval * interval;
        done += step;
    }
    (mean, variance.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_add_up() {
        let (mean, deviation) = sum_of_intervals(0.001, 0.0, 99.0);
        assert!((mean - 100_000.0).abs() < 1e-3 && (deviation - 10_000.0).abs() < 1e-3, "{mean} {deviation}");
        let (mean, _) = sum_of_intervals(0.001, 0.0, 9_999.0);
        assert!((mean - 10_000_000.0).abs() < 1.0, "{mean}");
    }

    #[test]
    fn those_who_give_up_make_it_shorter() {
        // One by one: 1/1 + 1/2 + 1/3 with a pace of 1 and a chance of 1 each.
        let (mean, _) = sum_of_intervals(1.0, 1.0, 2.0);
        assert!((mean - 11.0 / 6.0).abs() < 1e-9, "{mean}");
    }
}
