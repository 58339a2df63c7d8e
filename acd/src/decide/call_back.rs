//! Call-back that keeps the place: agreed by the citizen, made by a person, one place with a redial.

use super::Turn;
use crate::apply::may_call;
use crate::command::Effect;
use crate::state::{Server, Stage};
use crate::{CALL_BACK_AHEAD, Refusal};
use vocabulary::event::WithdrawCause;
use vocabulary::{AgentName, ContactId, EndCause, Event, Party, Span, Time};

impl Turn<'_> {
    pub(super) fn agree_call_back(&mut self, id: ContactId, from: Option<Time>) -> Result<(), Refusal> {
        self.no_request(id)?;
        let contact = self.contact(id)?;
        match &contact.stage {
            Stage::InFlow => return Err(Refusal::NotQueued(id)),
            Stage::Accepted { .. } | Stage::Talking { .. } => return Err(Refusal::WithAgent(id)),
            Stage::Over => return Err(Refusal::Over(id)),
            Stage::Waiting | Stage::Offered { .. } => {}
        }
        if contact.call_back.is_some() {
            return Err(Refusal::CallBackAgreed(id));
        }
        if !contact.channel.is_voice() {
            return Err(Refusal::NoLine(id));
        }
        let order = contact.order.as_ref().ok_or(Refusal::NotQueued(id))?;
        if order.lane.is_safeguarding() && !may_call(contact.policy) {
            return Err(Refusal::CallBackUnsafe(id));
        }
        let state = &self.floor.state;
        let queue = state.queue(&order.queue);
        let rules = queue.and_then(|queue| queue.call_back.clone());
        let (Some(queue), Some(rules)) = (queue, rules) else {
            return Err(Refusal::NoCallBack(order.queue.clone()));
        };
        // Nobody calls from a closed office: the earliest is when it opens.
        let opens = if state.is_open(&queue.name) { None } else { state.next_turn(queue, self.now) };
        let from = from.into_iter().chain(opens).chain([self.now]).max().unwrap_or(self.now);
        if from.since(self.now) > CALL_BACK_AHEAD {
            return Err(Refusal::CallBackFar { days: CALL_BACK_AHEAD.as_seconds() / 86_400 });
        }
        if from > self.now {
            self.withdraw(id, WithdrawCause::Reclassified);
        }
        self.stop_calling_outside(id);
        let until = from + Span::seconds(rules.window_seconds);
        self.decide(Event::CallBackAgreed { contact: id, from, until, attempts: rules.attempts });
        self.set_alarm(vocabulary::event::Alarm::SafeguardingWaiting, Some(id), false);
        Ok(())
    }

    pub(super) fn fail_call_back(&mut self, id: ContactId, agent: AgentName) -> Result<(), Refusal> {
        let contact = self.contact(id)?;
        let with = matches!(&contact.stage, Stage::Accepted { server, .. } if self.name_of(server) == agent);
        let agreed = contact.call_back.as_ref().filter(|_| with);
        let agreed = **agreed.ok_or(Refusal::NotWith { contact: id, agent: agent.clone() })?;
        let again = self.now + agreed.retry;
        let next = (agreed.left > 1 && again < agreed.until).then_some(again);
        self.decide(Event::CallBackFailed { contact: id, agent, next });
        if next.is_none() {
            self.end(id, Party::Centre, EndCause::NotReached)?;
        }
        Ok(())
    }

    /// A call-back that nobody made in its time is over.
    pub(super) fn lapse_call_back(&mut self, id: ContactId) {
        let contact = self.floor.state.contacts.get(&id);
        let waits = contact.filter(|contact| contact.stage == Stage::Waiting);
        if waits.and_then(|contact| contact.call_back.as_ref()).is_some_and(|agreed| agreed.until <= self.now) {
            let _over = self.end(id, Party::Centre, EndCause::NotReached);
        }
    }

    /// A contact without a leg came into a safeguarding lane without having said that it may be
    /// called: nobody calls it, ever.
    pub(super) fn drop_unsafe_call_back(&mut self, id: ContactId) {
        let Some(contact) = self.floor.state.contacts.get(&id) else { return };
        let safe = contact.order.as_ref().is_some_and(|order| order.lane.is_safeguarding());
        if safe && contact.has_no_leg() && contact.waits() && !may_call(contact.policy) {
            let _over = self.end(id, Party::Centre, EndCause::NotReached);
        }
    }

    /// Whether the end of a contact is only that of the line on which its call-back was agreed.
    pub(super) fn only_hangs_up(&self, id: ContactId, by: Party) -> bool {
        let contact = self.floor.state.contacts.get(&id);
        by == Party::Citizen && contact.is_some_and(|contact| contact.has_no_leg())
    }

    /// The way to the citizen: the line they hold, or a call to them.
    pub(super) fn reach(&mut self, contact: ContactId, offer: u32, agent: AgentName) {
        let row = self.floor.state.contacts.get(&contact);
        if row.is_some_and(|row| row.call_back.is_some()) {
            self.effect(Effect::CallBack { contact, offer, agent });
        } else {
            self.effect(Effect::Bridge { contact, offer, agent });
        }
    }

    /// Nobody rings for a contact without a leg any more, and nobody joins it, until agents are back.
    pub(super) fn restart_call_back(&mut self, id: ContactId, lost: Option<Server>) {
        self.withdraw(id, WithdrawCause::Restart);
        lost.into_iter().for_each(|server| self.lose_agent(id, &server));
    }
}
