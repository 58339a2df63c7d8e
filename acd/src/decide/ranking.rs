//! What is decided about the place of one contact while it waits.

use super::Turn;
use crate::rank::MOST_BASE;
use crate::state::Stage;
use crate::{LONGEST_PREFERENCE, Refusal};
use vocabulary::centre::Role;
use vocabulary::event::Actor;
use vocabulary::{AgentName, ContactId, Event, Time};

impl Turn<'_> {
    /// Until a time nobody else is asked, if the agent is on shift and may serve it.
    pub(super) fn prefer(&mut self, id: ContactId, agent: AgentName, until: Time) -> Result<(), Refusal> {
        self.no_request(id)?;
        let ix = self.agent(&agent)?;
        let works = self.floor.state.set_up(ix).is_some_and(|a| a.roles.contains(&Role::Agent));
        if !works {
            return Err(Refusal::NotAnAgent(agent));
        }
        let contact = self.contact(id)?;
        match contact.stage {
            Stage::Accepted { .. } | Stage::Talking { .. } => return Err(Refusal::WithAgent(id)),
            Stage::Over => return Err(Refusal::Over(id)),
            Stage::InFlow | Stage::Waiting | Stage::Offered { .. } => {}
        }
        let until = until.min(self.now + LONGEST_PREFERENCE);
        // A time that is over ends what was wished before, and is nothing where nothing was.
        let now = contact.preferred.filter(|before| before.until > self.now).map(|p| (p.agent, p.until));
        let then = Some((ix, until)).filter(|_| until > self.now);
        if now != then {
            self.decide(Event::Preferred { contact: id, agent, until });
        }
        Ok(())
    }

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
