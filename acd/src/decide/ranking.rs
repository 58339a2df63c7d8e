//! What is decided about the place of one contact while it waits.

use super::Turn;
use crate::Refusal;
use crate::rank::MOST_BASE;
use crate::state::Stage;
use vocabulary::event::Actor;
use vocabulary::{ContactId, Event};

impl Turn<'_> {
    /// Other points to start with. Who is offered the contact now keeps the offer.
    pub(super) fn rescore(&mut self, id: ContactId, base: i64, by: Actor) -> Result<(), Refusal> {
        self.no_request(id)?;
        let contact = self.contact(id)?;
        let order = contact.order.as_ref().ok_or(Refusal::NotQueued(id))?;
        let base = base.clamp(-MOST_BASE, MOST_BASE);
        match contact.stage {
            Stage::Waiting | Stage::Offered { .. } if order.base == base => Ok(()),
            Stage::Waiting | Stage::Offered { .. } => {
                self.decide(Event::Rescored { contact: id, base, by });
                Ok(())
            }
            Stage::Accepted { .. } | Stage::Talking { .. } => Err(Refusal::WithAgent(id)),
            Stage::Over => Err(Refusal::Over(id)),
            Stage::InFlow => Err(Refusal::NotQueued(id)),
        }
    }
}
