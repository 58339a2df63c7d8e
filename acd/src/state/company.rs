//! Who else has to do with a contact beside the one who serves it: others in the conversation,
//! those asked for help, those who still write it up, the one it is meant for.

use super::{AgentIx, AgentRow, Contact, Order, Stage, State};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use vocabulary::centre::Queue;
use vocabulary::event::{Alarm, HelpKind};
use vocabulary::{ContactId, QueueName, Span, Time};

/// An agent who is not asked for a contact, ever, rests for it until then.
pub(crate) const NEVER: Time = Time(i64::MAX);

/// How long an offer stands when its queue has been removed from under it.
const OFFER_SECONDS: i64 = 20;

/// Everyone around a contact but its server.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Company {
    /// What this row asks for, when it is a request for help and no contact of its own.
    pub help: Option<Help>,
    /// Requests for help with this contact that are open.
    pub requests: BTreeSet<ContactId>,
    /// Agents in the conversation beside the server, in the order they joined.
    pub also: Vec<(AgentIx, HelpKind)>,
    /// Agents who write it up; it may live on elsewhere.
    pub writers: BTreeSet<AgentIx>,
    /// The one agent it is meant for while it waits.
    pub named: Option<Named>,
}

/// A request for help.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Help {
    /// The contact it helps with.
    pub of: ContactId,
    /// Who asked.
    pub by: AgentIx,
    pub kind: HelpKind,
}

/// The one agent a waiting contact is meant for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Named {
    pub agent: AgentIx,
    /// Until when it waits for them; `None` for a question to nobody else.
    pub until: Option<Time>,
}

impl Contact {
    /// Agents in the conversation, the one who serves first.
    pub fn members(&self) -> impl Iterator<Item = AgentIx> + '_ {
        self.agent().into_iter().chain(self.company.also.iter().map(|(ix, _)| *ix))
    }

    /// It was talking and waits again: steps that were due meanwhile are not taken at once.
    pub fn wait_anew(&mut self, at: Time) {
        if let Some(order) = self.order.as_mut() {
            order.entered = at;
            order.safe_since = order.safe_since.map(|_| at);
            order.rungs = 0;
            order.any_agent = false;
        }
    }

    /// A supervisor's wish for one agent is over; a question to one agent stays theirs.
    pub fn forget_assignment(&mut self) {
        self.company.named.take_if(|named| named.until.is_some());
    }

    /// Who would serve it if its server left: an interpreter does not.
    pub fn successor(&self) -> Option<AgentIx> {
        self.company.also.iter().find(|(_, kind)| *kind != HelpKind::Interpreter).map(|(ix, _)| *ix)
    }

    /// The agent it is meant for at a moment, while it waits.
    pub fn named(&self, at: Time) -> Option<&Named> {
        let waits = self.stage == Stage::Waiting;
        self.company.named.as_ref().filter(|named| waits && named.until.is_none_or(|until| until > at))
    }

    /// Whether nobody else may be offered it at a moment. A supervisor's wish never delays P0 and P1.
    pub fn kept_for_named(&self, at: Time) -> bool {
        let urgent = self.order.as_ref().is_some_and(|order| order.risk.offers_to_several());
        self.named(at).is_some_and(|named| named.until.is_none() || !urgent)
    }

    /// When it waits for the agent it is meant for no longer.
    pub fn named_due(&self, clock: Time) -> Option<Time> {
        self.named(clock).and_then(|named| named.until)
    }
}

impl AgentRow {
    /// The agent has a contact to write up from now on; its clock is set by the wrap-up that starts.
    pub fn writes(&mut self, contact: ContactId, at: Time) {
        self.release(contact);
        self.life.paused.remove(&contact);
        self.life.writing.remove(&contact);
        if self.wrapping.is_empty() {
            self.wrap_from = at;
            self.wrap_until = at;
        }
        self.wrapping.insert(contact);
    }
}

impl State {
    /// Requests for help with a contact that its agent has open.
    pub fn asked_by(&self, id: ContactId, ix: AgentIx) -> impl Iterator<Item = ContactId> + '_ {
        let contact = self.contacts.get(&id).filter(|contact| contact.agent() == Some(ix));
        contact.into_iter().flat_map(|contact| contact.company.requests.iter().copied())
    }

    /// A queue whose contacts climb to this one.
    pub fn climbs_to(&self, name: &QueueName) -> Option<&Queue> {
        let climbs = |queue: &&Queue| queue.climb.as_ref().is_some_and(|climb| climb.to == *name);
        self.centre.queues.values().find(climbs)
    }

    /// How long an offer of a contact stands.
    pub fn offer_span(&self, order: &Order) -> Span {
        Span::seconds(self.queue(&order.queue).map_or(OFFER_SECONDS, |queue| queue.offer_seconds))
    }

    /// When a contact that nobody answered climbs to the next tier; of a safeguarding contact, when
    /// its supervisors are told. Whoever is being asked is let answer first.
    pub fn climb_due(&self, id: ContactId, contact: &Contact) -> Option<Time> {
        let order = contact.order.as_ref()?;
        let queue = self.queue(&order.queue)?;
        let climb = queue.climb.as_ref()?;
        let due = order.entered + Span::seconds(climb.after_seconds);
        let company = &contact.company;
        if order.lane.is_safeguarding() {
            let rings = self.alarms.contains(&(Alarm::ClimbDue, Some(id)));
            return (!rings && company.help.is_none()).then_some(due);
        }
        let to = self.queue(&climb.to).filter(|to| !to.lane.is_safeguarding());
        let open = to.is_some_and(|to| self.is_open(&to.name));
        let one_only = company.named.as_ref().is_some_and(|named| named.until.is_none());
        let climbs = open && !queue.lane.is_safeguarding() && !one_only && contact.stage == Stage::Waiting;
        climbs.then_some(due)
    }
}
