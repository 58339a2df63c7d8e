//! Work that yields to somebody in danger, and how it is taken up again.

use super::Turn;
use crate::command::Effect;
use crate::state::AgentIx;
use crate::yielding::Taking;
use vocabulary::event::WithdrawCause;
use vocabulary::{ContactId, Event, Time};

impl Turn<'_> {
    /// Frees the agent; that the contact is offered to them follows from it.
    pub(super) fn take(&mut self, taking: Taking) {
        let (agent, beneath) = (self.name(taking.agent), taking.contact);
        for contact in taking.offers {
            self.withdraw(contact, WithdrawCause::Yielded);
        }
        for contact in taking.pause {
            self.decide(Event::WrapUpPaused { contact, agent: agent.clone(), beneath });
        }
        for contact in taking.park {
            self.decide(Event::Parked { contact, agent: agent.clone(), beneath });
            self.effect(Effect::Park { contact, agent: agent.clone(), parked: true });
        }
    }

    /// What came first is over for the agent, its wrap-up too: a wrap-up has the time that was
    /// left, and the citizens of text work are spoken with again.
    pub(super) fn take_up_again(&mut self, ix: AgentIx) {
        let row = self.floor.state.agent(ix);
        let paused: Vec<(ContactId, Time)> = row
            .life
            .paused
            .iter()
            .filter(|(_, paused)| !row.has(paused.beneath))
            .map(|(id, paused)| (*id, self.now + paused.left))
            .collect();
        for (contact, own) in paused {
            let row = self.floor.state.agent(ix);
            let until = if row.wrapping.is_empty() { own } else { own.max(row.wrap_until) };
            self.decide(Event::WrapUpStarted { contact, agent: self.name(ix), until });
        }
        for contact in self.floor.state.parked_over(self.floor.state.agent(ix)) {
            let agent = self.name(ix);
            self.decide(Event::Unparked { contact, agent: agent.clone() });
            self.effect(Effect::Park { contact, agent, parked: false });
        }
    }
}
