//! What happens to a contact that a queue cannot serve as it wished: it goes to another queue with
//! its age, is offered a call-back while it goes on waiting, or is its flow's again, to leave a
//! message or to be told that nobody can serve it now.
//!
//! Only who enters a closed queue is turned away: those who wait in it when it closes go on waiting
//! and are served. Safeguarding contacts and P0 are never turned away, whatever their queue says.

use super::Turn;
use crate::command::Effect;
use crate::estimate;
use crate::state::{Order, Stage};
use std::sync::Arc;
use vocabulary::centre::{OverflowWhen, Queue, Treatment};
use vocabulary::event::{OverflowCause, WithdrawCause};
use vocabulary::{ContactId, Event, Needs, QueueName, Risk};

/// What a contact is about to be queued as, and what becomes of it.
pub(super) enum Way {
    /// Into the queue the event names; a call-back is offered for the reason.
    In(Event, Option<OverflowCause>),
    /// Into no queue.
    Out,
}

impl Turn<'_> {
    /// Where a contact that is about to be queued really goes. Decides each overflow on the way.
    pub(super) fn find_way(&mut self, id: ContactId, mut queued: Event) -> Way {
        loop {
            let Some((queue, treatment, why)) = self.turned_away(id, &queued) else {
                return Way::In(queued, None);
            };
            if treatment == Treatment::CallBack {
                return Way::In(queued, Some(why));
            }
            self.withdraw(id, WithdrawCause::Reclassified);
            self.stop_calling_outside(id);
            self.decide(Event::Overflowed {
                contact: id,
                queue: queue.clone(),
                to: treatment.clone(),
                why: why.clone(),
            });
            let Treatment::Queue(to) = &treatment else {
                self.effect(Effect::Treat { contact: id, treatment, why });
                return Way::Out;
            };
            queued = self.queued_on(&queue, to, queued);
        }
    }

    /// A contact that was put into its queue is offered a call-back, and goes on waiting.
    pub(super) fn offer_call_back(&mut self, id: ContactId, why: OverflowCause) {
        let Some(queue) = self.order(id).map(|order| order.queue.clone()) else { return };
        let to = Treatment::CallBack;
        self.decide(Event::Overflowed { contact: id, queue, to: to.clone(), why: why.clone() });
        self.effect(Effect::Treat { contact: id, treatment: to, why });
    }

    /// Whether a contact about to be queued is turned away: from which queue, how and why.
    fn turned_away(&self, id: ContactId, queued: &Event) -> Option<(QueueName, Treatment, OverflowCause)> {
        let Event::Queued { queue: name, lane, risk, .. } = queued else { return None };
        let state = &self.floor.state;
        let (queue, contact) = (state.queue(name)?, state.contacts.get(&id)?);
        let inside = contact.order.as_ref().is_some_and(|order| order.queue == *name && contact.waits());
        if lane.is_safeguarding() || *risk == Risk::P0 || inside || contact.call_back.is_some() {
            return None;
        }
        if !state.is_open(name) {
            let treatment = match &queue.when_closed {
                Treatment::Queue(to) if state.queue(to).is_none() || to == name => Treatment::Closed,
                Treatment::CallBack if !state.can_treat(contact, queue, &Treatment::CallBack) => Treatment::Closed,
                other => other.clone(),
            };
            let hours = state.should_open(queue, self.now).1;
            return Some((name.clone(), treatment, OverflowCause::Closed { hours }));
        }
        let limits = queue.overflow.iter().filter(|limit| state.can_treat(contact, queue, &limit.to));
        let mut passed = limits.filter_map(|limit| Some((limit, self.limit_passed(queue, limit.when, queued, id)?)));
        passed.next().map(|(limit, why)| (name.clone(), limit.to.clone(), why))
    }

    fn limit_passed(&self, queue: &Queue, when: OverflowWhen, queued: &Event, id: ContactId) -> Option<OverflowCause> {
        let (state, index) = (&self.floor.state, &self.floor.index);
        match when {
            OverflowWhen::Waiting(most) => {
                let waiting = index.length(&queue.name) as u32;
                (waiting >= most).then_some(OverflowCause::Waiting { waiting })
            }
            OverflowWhen::EstimateSeconds(most) => {
                let high = estimate::on_entry(state, index, id, queued, self.now)?.high;
                (high.as_seconds() > most).then_some(OverflowCause::Estimate { high })
            }
            OverflowWhen::NobodyOnShift => (!index.is_staffed(state, queue)).then_some(OverflowCause::NobodyOnShift),
            OverflowWhen::WaitedSeconds(_) => None,
        }
    }

    /// A contact that waited so long that its queue does something else with it.
    pub(super) fn overflow_by_time(&mut self, id: ContactId) {
        let state = &self.floor.state;
        let Some(contact) = state.contacts.get(&id).filter(|contact| contact.stage == Stage::Waiting) else { return };
        let Some(order) = &contact.order else { return };
        let Some((_, number)) = state.overflow_due(contact, order).filter(|(at, _)| *at <= self.now) else { return };
        let queue = order.queue.clone();
        let to = state.queue(&queue).expect("its limit is due").overflow[number].to.clone();
        let why = OverflowCause::Waited { waited: self.now.since(order.entered) };
        let queued = queued_as(id, order);
        self.decide(Event::Overflowed { contact: id, queue: queue.clone(), to: to.clone(), why: why.clone() });
        match &to {
            Treatment::Queue(other) => {
                let queued = self.queued_on(&queue, other, queued);
                self.move_to(id, queued);
            }
            _ => self.effect(Effect::Treat { contact: id, treatment: to, why }),
        }
    }

    /// The same contact queued elsewhere: what it asks for of its own goes along, and its age; what
    /// the first queue asked for does not.
    fn queued_on(&self, from: &QueueName, to: &QueueName, queued: Event) -> Event {
        let state = &self.floor.state;
        let (Event::Queued { contact, needs, lane, risk, base, arrived, .. }, Some(target)) =
            (&queued, state.queue(to))
        else {
            return queued;
        };
        let left = state.queue(from);
        let own = own_needs(left, needs);
        let same = |of: fn(&Queue) -> i64| left.is_some_and(|queue| of(queue) == *base);
        let language = state.contacts.get(contact).and_then(|row| row.language).or(needs.language);
        Event::Queued {
            contact: *contact,
            queue: to.clone(),
            needs: super::entering::needs_in(target, &own, language),
            lane: if left.is_some_and(|queue| queue.lane == *lane) { target.lane } else { *lane },
            risk: *risk,
            base: if same(|queue| queue.base) { target.base } else { *base },
            arrived: *arrived,
        }
    }
}

/// What a contact asks for beyond what its queue does.
pub(super) fn own_needs(queue: Option<&Queue>, needs: &Needs) -> Needs {
    let mut own = needs.clone();
    if let Some(queue) = queue {
        own.skills.retain(|skill, level| queue.skills.get(skill).is_none_or(|asked| asked < level));
        if own.tier <= queue.tier {
            own.tier = Default::default();
        }
        if queue.language {
            own.language = None;
        }
    }
    own
}

/// A waiting contact as it would be queued again.
fn queued_as(id: ContactId, order: &Order) -> Event {
    Event::Queued {
        contact: id,
        queue: order.queue.clone(),
        needs: Arc::unwrap_or_clone(Arc::clone(&order.needs)),
        lane: order.lane,
        risk: order.risk,
        base: order.base,
        arrived: order.arrived,
    }
}
