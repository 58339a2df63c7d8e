//! How an agent stops: after the current contact, at their own or a supervisor's word, or because
//! they asked to be away after each contact.

use super::Turn;
use crate::Refusal;
use crate::state::AgentIx;
use crate::state::life::after_contact;
use vocabulary::event::{Actor, WithdrawCause};
use vocabulary::{AgentName, ContactId, Event, Presence};

impl Turn<'_> {
    /// Nothing new is shown to an agent who leaves, what rings is taken back, and what they serve
    /// they finish. Who serves nobody leaves at once.
    pub(super) fn set_leaving(&mut self, agent: AgentName, then: Option<Presence>, by: Actor) -> Result<(), Refusal> {
        let ix = self.agent(&agent)?;
        match &then {
            Some(Presence::Ready) => return Err(Refusal::LeavesNowhere(agent)),
            Some(Presence::Away { reason }) => self.reason_known(reason, &by)?,
            Some(Presence::Offline) | None => {}
        }
        let row = self.floor.state.agent(ix);
        if row.life.leaving == then {
            return Ok(());
        }
        if let Some(presence) = then.clone()
            && !row.engaged()
        {
            if row.presence != presence {
                self.change_presence(ix, presence, by);
            }
            return Ok(());
        }
        let offers: Vec<(ContactId, u32)> = self.offers_to(ix).filter(|_| then.is_some()).collect();
        self.decide(Event::LeavingSet { agent, then, by });
        self.stop_offers(ix, &offers, WithdrawCause::AgentLeft);
        Ok(())
    }

    /// The last contact is over: they leave, or are away until they say that they are ready.
    pub(super) fn leave_if_done(&mut self, ix: AgentIx) {
        let row = self.floor.state.agent(ix);
        if self.floor.state.leaves_now(row) {
            let then = row.life.leaving.clone();
            match then.filter(|then| *then != row.presence) {
                Some(presence) => self.change_presence(ix, presence, Actor::Centre),
                None => {
                    let agent = self.name(ix);
                    self.decide(Event::LeavingSet { agent, then: None, by: Actor::Centre });
                }
            }
        }
        let row = self.floor.state.agent(ix);
        if self.floor.state.goes_away_after(row) {
            self.change_presence(ix, after_contact(), Actor::Centre);
        }
    }
}
