//! How long work takes and how long contacts wait, as events show it; see `state::work`.

use crate::Floor;
use crate::state::{AgentIx, Pace};
use vocabulary::{ContactId, Party, QueueName, Time};

impl Floor {
    /// To be called whenever what an agent does may have changed: a stretch of work begins with the
    /// first contact shown to them and ends when nothing is left to do.
    pub(super) fn note_work(&mut self, ix: AgentIx) {
        let now = self.clock;
        let row = self.state.agent_mut(ix);
        match (row.engaged(), row.work.from) {
            (true, None) => row.work.from = Some(now),
            (false, Some(from)) => {
                let work = std::mem::take(&mut row.work);
                let Some(queue) = work.queue.filter(|_| work.contacts > 0) else { return };
                let took = now.since(from).0 / i64::from(work.contacts);
                let pace = self.pace_of(&queue);
                (0..work.contacts.min(4)).for_each(|_| pace.note_served(vocabulary::Span(took)));
            }
            _ => {}
        }
    }

    /// The agent has won a contact.
    pub(super) fn note_won(&mut self, at: Time, id: ContactId, winner: Option<AgentIx>) {
        self.note_stopped_waiting(at, id, false);
        let queue = self.state.contacts[&id].order.as_ref().map(|order| order.queue.clone());
        if let (Some(ix), Some(queue)) = (winner, queue) {
            let work = &mut self.state.agent_mut(ix).work;
            work.contacts += 1;
            work.queue.get_or_insert(queue);
        }
    }

    pub(super) fn note_came(&mut self, at: Time, queue: &QueueName) {
        self.pace_of(queue).note_came(at);
    }

    /// A contact ended: whoever gave up waiting makes the queue shorter for the others.
    pub(super) fn note_over(&mut self, at: Time, id: ContactId, by: Party) {
        if self.state.contacts[&id].waits() {
            self.note_stopped_waiting(at, id, by == Party::Citizen);
        }
    }

    fn note_stopped_waiting(&mut self, at: Time, id: ContactId, gave_up: bool) {
        let contact = &self.state.contacts[&id];
        if contact.call_back.is_some() || contact.company.help.is_some() {
            return;
        }
        if let Some(order) = &contact.order {
            let (queue, waited) = (order.queue.clone(), at.since(order.entered));
            self.pace_of(&queue).note_waited(waited, gave_up);
        }
    }

    fn pace_of(&mut self, queue: &QueueName) -> &mut Pace {
        if !self.state.pace.contains_key(queue) {
            self.state.pace.insert(queue.clone(), Pace::default());
        }
        self.state.pace.get_mut(queue).expect("just put in where there was none")
    }
}
