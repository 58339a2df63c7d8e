//! What changes the place of one contact while it waits.

use super::{At, Case, Done, Naive};
use vocabulary::event::Actor;
use vocabulary::{ContactId, Event, Risk, Time};

impl Naive {
    /// Smaller goes first: stratum, minus the score in 1/60,000 points, arrival, id.
    pub fn rank(&self, case: &Case) -> (u8, i64, Time, ContactId) {
        let w = case.order.as_ref().unwrap();
        let queue = self.queue(&w.queue);
        let grown = w.base * 60_000 + queue.map_or(0, |q| q.slope) * (self.now.0 - w.arrived.0);
        // Age leads to the cap and no further; who starts above it stays there.
        let score = match queue.and_then(|q| q.most_points) {
            Some(most) => grown.min(most.max(w.base) * 60_000),
            None => grown,
        };
        match w.risk {
            Risk::P0 => (0, 0, w.arrived, case.id),
            risk if w.lane.is_safeguarding() => (1, risk as i64, w.arrived, case.id),
            _ => (2, -score, w.arrived, case.id),
        }
    }

    pub fn rescore(&mut self, id: ContactId, base: i64, by: Actor) -> Done {
        let case = self.case(id)?;
        (case.around.asked.is_none() && matches!(case.at, At::Waiting | At::Offered(..))).then_some(())?;
        let w = case.order.as_mut()?;
        if w.base != base {
            w.base = base;
            self.said.push(Event::Rescored { contact: id, base, by });
        }
        Some(())
    }
}
