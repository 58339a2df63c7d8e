//! How long a contact may still wait, from the pace at which its queue was served of late. Simple,
//! and honest about it: a range that doubles and halves the pace, and nothing at all where too
//! little is known.

use crate::state::State;
use crate::view::Estimate;
use std::collections::VecDeque;
use vocabulary::{QueueName, Span, Time};

/// With fewer accepted contacts than this nothing is said.
const LEAST_ACCEPTS: usize = 4;

/// A queue that was last served longer ago than this has no pace.
const STALE: Span = Span::minutes(15);

/// The range for the contact at `position` (from 1) of a queue.
pub(crate) fn estimate(state: &State, queue: &QueueName, position: u32, now: Time) -> Option<Estimate> {
    let pace = state.pace.get(queue)?;
    let between = interval(pace, now)?;
    let middle = between.saturating_mul(i64::from(position));
    Some(Estimate { low: Span(middle / 2), high: Span(middle.saturating_mul(2)) })
}

/// The range for a contact that is about to enter a queue.
pub(crate) fn on_entry(
    state: &State,
    index: &crate::index::Index,
    _id: vocabulary::ContactId,
    queued: &vocabulary::Event,
    now: Time,
) -> Option<Estimate> {
    let vocabulary::Event::Queued { queue, .. } = queued else { return None };
    estimate(state, queue, index.length(queue) as u32 + 1, now)
}

/// Milliseconds between two accepted contacts. A queue that has not moved for longer than its pace
/// has slowed down: the time since counts too.
fn interval(pace: &VecDeque<Time>, now: Time) -> Option<i64> {
    let (first, last) = (pace.front()?, pace.back()?);
    if pace.len() < LEAST_ACCEPTS || now.since(*last) > STALE {
        return None;
    }
    let average = last.since(*first).0 / (pace.len() as i64 - 1);
    Some(average.max(now.since(*last).0).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace(seconds: &[i64]) -> VecDeque<Time> {
        seconds.iter().map(|s| Time(s * 1_000)).collect()
    }

    #[test]
    fn says_nothing_without_a_pace() {
        assert_eq!(interval(&pace(&[0, 10, 20]), Time(20_000)), None);
        assert_eq!(interval(&pace(&[0, 10, 20, 30]), Time(30_000 + 15 * 60_000 + 1)), None);
    }

    #[test]
    fn averages_and_slows_down_with_silence() {
        assert_eq!(interval(&pace(&[0, 10, 20, 60]), Time(60_000)), Some(20_000));
        assert_eq!(interval(&pace(&[0, 10, 20, 60]), Time(150_000)), Some(90_000));
    }
}
