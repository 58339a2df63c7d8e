//! Events of opening hours, surge, overflow and call-back.

use crate::Floor;
use crate::index::Index;
use crate::state::{CallBack, Order, Stage};
use vocabulary::centre::{Queue, Treatment};
use vocabulary::event::{HoursCause, Switch};
use vocabulary::{AgentName, CallBackPolicy, ConsentKind, ContactId, QueueName, Time};

/// More rungs than any chain has: none is taken any more.
pub(super) const NO_RUNGS: u32 = u32::MAX;

impl Floor {
    pub(super) fn apply_hours(&mut self, queue: &QueueName, open: bool, why: HoursCause) {
        let gate = self.state.hours.entry(queue.clone()).or_default();
        gate.open = open;
        gate.why = why;
        self.index.link_hours(&self.state, self.clock);
        // Who waits where this queue is the way out may go there now, or no longer.
        let sends = |other: &Queue| other.ways().any(|to| to == queue);
        let from = self.state.centre.queues.values().filter(|other| sends(other)).map(|other| &other.name);
        let waiting: Vec<ContactId> = from.flat_map(|other| self.index.waiting(other)).collect();
        waiting.into_iter().for_each(|id| self.link_contact(id));
    }

    pub(super) fn apply_switch(&mut self, queue: &QueueName, to: Switch) {
        self.state.hours.entry(queue.clone()).or_default().switch = to;
        self.index.link_hours(&self.state, self.clock);
    }

    pub(super) fn apply_surge(&mut self, queue: &QueueName, on: bool) {
        if on {
            self.state.surge.insert(queue.clone());
        } else {
            self.state.surge.remove(queue);
        }
        // Who may serve which line has changed: rare, so all is made anew.
        self.index = Index::rebuild(&mut self.state, self.clock);
    }

    /// What is kept of a consent: whether a safeguarding contact may be called back.
    pub(super) fn apply_consent(&mut self, id: ContactId, kind: &ConsentKind) {
        if let (ConsentKind::CallBack { policy }, Some(contact)) = (kind, self.state.contacts.get_mut(&id)) {
            contact.policy = *policy;
        }
    }

    pub(super) fn apply_overflowed(&mut self, id: ContactId, queue: &QueueName, to: &Treatment) {
        if *to == Treatment::CallBack {
            self.contact_mut(id).order.iter_mut().for_each(|order| order.call_back_offered = true);
            return;
        }
        if matches!(to, Treatment::Message | Treatment::Closed) {
            self.index.leave_line(&mut self.state, id);
        }
        let contact = self.contact_mut(id);
        if !contact.overflowed.contains(queue) {
            contact.overflowed.push(queue.clone());
        }
        // It is its flow's again, and may be told something or leave a message.
        if matches!(to, Treatment::Message | Treatment::Closed) {
            contact.order = None;
            contact.stage = Stage::InFlow;
        }
    }

    pub(super) fn apply_call_back(&mut self, id: ContactId, from: Time, until: Time, attempts: u32) {
        self.index.leave_line(&mut self.state, id);
        let queue = self.state.contacts[&id].order.as_ref().and_then(|order| self.state.queue(&order.queue));
        let agreed = CallBack::agreed(from, until, attempts, queue.and_then(|queue| queue.call_back.as_ref()));
        let contact = self.contact_mut(id);
        contact.call_back = Some(Box::new(agreed));
        contact.order.iter_mut().for_each(|order| wait_for_call(order, from));
    }

    /// The agent reached nobody: free again, and the contact is at its place.
    pub(super) fn apply_call_back_failed(&mut self, at: Time, id: ContactId, agent: &AgentName, next: Option<Time>) {
        let contact = self.contact_mut(id);
        contact.stage = Stage::Waiting;
        if let Some(agreed) = &mut contact.call_back {
            agreed.left = agreed.left.saturating_sub(1);
            agreed.from = next.unwrap_or(agreed.until);
            let from = agreed.from;
            contact.order.iter_mut().for_each(|order| wait_for_call(order, from));
        }
        if let Some(ix) = self.number_of(agent) {
            self.state.agent_mut(ix).release(id);
            self.go_behind_the_idle(at, ix);
            self.link_agent(ix);
        }
    }
}

/// Whoever is called back is called by one of the queue's own agents: nobody listens for an outside
/// line, and a safeguarding contact is called by somebody cleared only.
pub(super) fn wait_for_call(order: &mut Order, from: Time) {
    order.rungs = NO_RUNGS;
    order.any_agent = false;
    order.outside.clear();
    order.safe_since = order.safe_since.map(|_| from);
}

/// Whether a policy lets a safeguarding contact be called at all (facts 5.4).
pub(crate) fn may_call(policy: CallBackPolicy) -> bool {
    match policy {
        CallBackPolicy::Never => false,
        CallBackPolicy::SafeNumberOnly | CallBackPolicy::SafeWindow | CallBackPolicy::Ok => true,
    }
}
