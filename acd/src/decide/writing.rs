//! Wrap-up: one clock for all contacts of an agent, by the mode of each contact's queue.
//!
//! Timed: the verdict may be written at once, the clock runs on. Extendable: it ends with the
//! verdict, or later when asked. Optional: the agent is free at once and may still write the
//! verdict until the queue's wrap-up time is over or the next contact is accepted; asking for more
//! time makes it a wrap-up like the others.

use super::Turn;
use crate::state::AgentIx;
use crate::{EXTENSION, LONGEST_WRAP_UP, Refusal};
use vocabulary::centre::WrapUpMode;
use vocabulary::{AgentName, ContactId, Event, ReasonName, Span};

impl Turn<'_> {
    /// One clock for the agent: a contact that ends during wrap-up may only lengthen it.
    pub(super) fn start_wrap_up(&mut self, id: ContactId, ix: AgentIx) {
        let queue = self.order(id).and_then(|order| self.floor.state.queue(&order.queue));
        let length = Span::seconds(queue.map_or(0, |q| q.wrap_up_seconds));
        let row = self.floor.state.agent(ix);
        let own = self.now + length;
        let until = if row.life.writing.contains_key(&id) { own } else { row.wrap_until.max(own) };
        self.decide(Event::WrapUpStarted { contact: id, agent: self.name(ix), until });
    }

    fn writing(&self, id: ContactId, agent: &AgentName) -> Result<AgentIx, Refusal> {
        let ix = self.agent(agent)?;
        if self.contact(id)?.company.writers.contains(&ix) {
            return Ok(ix);
        }
        Err(Refusal::NotWrappingUp { contact: id, agent: agent.clone() })
    }

    /// Whether the wrap-up of a contact lasts its time, whatever its agent wishes.
    fn timed(&self, id: ContactId) -> bool {
        let queue = self.order(id).and_then(|order| self.floor.state.queue(&order.queue));
        queue.is_some_and(|queue| queue.wrap_up == WrapUpMode::MandatoryTimed)
    }

    pub(super) fn wrap_up(
        &mut self,
        contact: ContactId,
        agent: AgentName,
        disposition: Option<ReasonName>,
    ) -> Result<(), Refusal> {
        let ix = self.writing(contact, &agent)?;
        if let Some(verdict) = &disposition
            && !self.floor.state.centre.rules.dispositions.contains(verdict)
        {
            return Err(Refusal::UnknownDisposition(verdict.clone()));
        }
        if !self.timed(contact) {
            self.decide(Event::WrappedUp { contact, agent, disposition });
            return Ok(());
        }
        let disposition = disposition.ok_or(Refusal::WrapUpTimed(contact))?;
        if self.floor.state.agent(ix).life.verdicts.get(&contact) != Some(&disposition) {
            self.decide(Event::DispositionNoted { contact, agent, disposition });
        }
        Ok(())
    }

    pub(super) fn extend_wrap_up(&mut self, contact: ContactId, agent: AgentName) -> Result<(), Refusal> {
        let ix = self.writing(contact, &agent)?;
        if self.timed(contact) {
            return Err(Refusal::WrapUpTimed(contact));
        }
        let row = self.floor.state.agent(ix);
        if row.life.paused.contains_key(&contact) {
            return Err(Refusal::WrapUpLaidAside(contact));
        }
        let until = match row.life.writing.get(&contact) {
            // From now on it is a wrap-up in which nothing is offered.
            Some(own) => (own.unwrap_or(self.now) + EXTENSION).min(self.now + LONGEST_WRAP_UP).max(row.wrap_until),
            None => {
                let until = (row.wrap_until + EXTENSION).min(row.wrap_from + LONGEST_WRAP_UP);
                if until <= row.wrap_until {
                    return Err(Refusal::WrapUpAtLimit { minutes: LONGEST_WRAP_UP.as_seconds() / 60 });
                }
                until
            }
        };
        self.decide(Event::WrapUpStarted { contact, agent, until });
        Ok(())
    }

    /// The clock has run out, or the next contact has come: what was not written stays unwritten.
    pub(super) fn close_writing(&mut self, ix: AgentIx, contacts: Vec<ContactId>) {
        for contact in contacts {
            let disposition = self.floor.state.agent(ix).life.verdicts.get(&contact).cloned();
            self.decide(Event::WrappedUp { contact, agent: self.name(ix), disposition });
        }
    }
}
