//! Opening hours, the switch, surge, and the alarm of an open queue that nobody could serve.

use super::Turn;
use crate::Refusal;
use vocabulary::event::{Actor, Alarm, HoursCause, Switch};
use vocabulary::{Event, QueueName};

impl Turn<'_> {
    /// Opens and closes every queue that is not as it should be.
    pub(super) fn turn_hours(&mut self) {
        let state = &self.floor.state;
        let wrong = state.centre.queues.values().filter_map(|queue| {
            let (open, why) = state.should_open(queue, self.now);
            (open != state.is_open(&queue.name)).then(|| (queue.name.clone(), open, why))
        });
        let wrong: Vec<(QueueName, bool, HoursCause)> = wrong.collect();
        for (queue, open, why) in wrong {
            self.decide(Event::HoursTurned { queue, open, why });
        }
        self.floor.index.link_hours(&self.floor.state, self.now);
    }

    pub(super) fn switch_queue(&mut self, queue: QueueName, to: Switch, by: Actor) -> Result<(), Refusal> {
        let Some(row) = self.floor.state.queue(&queue) else {
            return Err(Refusal::UnknownQueue(queue));
        };
        if to == Switch::Closed && row.lane.is_safeguarding() {
            return Err(Refusal::NeverCloses(queue));
        }
        if self.floor.state.gate(&queue).switch != to {
            self.decide(Event::QueueSwitched { queue, to, by });
            self.turn_hours();
        }
        Ok(())
    }

    pub(super) fn set_surge(&mut self, queue: QueueName, on: bool, by: Actor) -> Result<(), Refusal> {
        if self.floor.state.queue(&queue).is_none() {
            return Err(Refusal::UnknownQueue(queue));
        }
        if self.floor.state.surge.contains(&queue) != on {
            self.decide(Event::SurgeSet { queue, on, by });
        }
        Ok(())
    }

    /// Rings or stops the alarm of a floor with an open queue that nobody on shift could serve. The
    /// safeguarding queues have an alarm of their own, which those without clearance do not see.
    pub fn watch_staffed(&mut self) {
        if !std::mem::take(&mut self.floor.index.staffing_changed) {
            return;
        }
        let (state, index) = (&self.floor.state, &self.floor.index);
        let mut open =
            state.centre.queues.values().filter(|queue| !queue.lane.is_safeguarding() && state.is_open(&queue.name));
        let unstaffed = open.any(|queue| !index.is_staffed(state, queue));
        self.set_alarm(Alarm::QueueUnstaffed, None, unstaffed);
    }
}
