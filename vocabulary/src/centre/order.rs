//! Where contacts may go from a queue: in an order in which queues can be set up one by one, and
//! without going round in a circle.

use super::{Centre, Queue, Treatment};
use crate::QueueName;
use std::collections::BTreeSet;

impl Queue {
    /// The queues its contacts may be sent to: when it is closed, by overflow, by climbing.
    pub fn ways(&self) -> impl Iterator<Item = &QueueName> {
        let treatments = [&self.when_closed].into_iter().chain(self.overflow.iter().map(|overflow| &overflow.to));
        let sent = treatments.filter_map(|treatment| match treatment {
            Treatment::Queue(to) => Some(to),
            _ => None,
        });
        sent.chain(self.climb.iter().map(|climb| &climb.to))
    }
}

impl Centre {
    /// A way that leads from a queue back to it, from there on; `None` where there is none.
    pub fn circle_from(&self, queue: &QueueName) -> Option<Vec<&QueueName>> {
        let (start, _) = self.queues.get_key_value(queue)?;
        let mut seen: BTreeSet<&QueueName> = BTreeSet::new();
        let mut paths: Vec<Vec<&QueueName>> = vec![vec![start]];
        while let Some(path) = paths.pop() {
            let ways = path.last().and_then(|last| self.queues.get(*last)).into_iter().flat_map(Queue::ways);
            for to in ways {
                if to == queue {
                    return Some(path);
                }
                if seen.insert(to) {
                    paths.push(path.iter().copied().chain([to]).collect());
                }
            }
        }
        None
    }

    /// Every queue after those it sends contacts to, otherwise by name.
    pub(super) fn queues_by_ways(&self) -> Vec<&Queue> {
        let mut rest: Vec<&Queue> = self.queues.values().collect();
        let mut ordered: Vec<&Queue> = Vec::with_capacity(rest.len());
        while !rest.is_empty() {
            let waits = |queue: &Queue| rest.iter().any(|other| queue.ways().any(|to| *to == other.name));
            let (later, now): (Vec<&Queue>, Vec<&Queue>) = rest.iter().partition(|queue| waits(queue));
            if now.is_empty() {
                // A circle, which no set-up has; its queues are still named once each.
                ordered.extend(later);
                break;
            }
            ordered.extend(now);
            rest = later;
        }
        ordered
    }
}
