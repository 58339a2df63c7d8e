//! Agents and set-up.

use super::Turn;
use crate::command::{Effect, StopCause};
use crate::state::{AgentIx, Stage};
use crate::{Refusal, centre};
use vocabulary::centre::{Agent, Change, Role};
use vocabulary::event::{Actor, WithdrawCause};
use vocabulary::{AgentName, ContactId, Event, Presence, ReasonName, Span};

impl Turn<'_> {
    pub(super) fn set_up(&mut self, change: Box<Change>, by: Actor) -> Result<(), Refusal> {
        centre::check(&self.floor.state, &change)?;
        self.decide(Event::SetUp { change, by });
        Ok(())
    }

    pub(super) fn set_presence(&mut self, agent: AgentName, presence: Presence, by: Actor) -> Result<(), Refusal> {
        let ix = self.agent(&agent)?;
        let row = self.floor.state.agent(ix);
        if row.presence == presence {
            return Ok(());
        }
        let own = by == Actor::Staff { name: agent.clone() };
        match &presence {
            Presence::Ready => {
                let set_up = self.floor.state.set_up(ix);
                // Supervisors serve while a surge is on.
                let surge = !self.floor.state.surge.is_empty();
                let helps = |a: &Agent| surge && a.roles.contains(&Role::Supervisor) && !a.languages.is_empty();
                if !set_up.is_some_and(|a| a.roles.contains(&Role::Agent) || helps(a)) {
                    return Err(Refusal::NotAnAgent(agent));
                }
                let rest = Span::seconds(self.floor.state.centre.rules.recovery_seconds);
                let over = row.break_from + rest <= self.now && !row.engaged();
                if own && row.on_break() && self.floor.state.break_owed(row) && !over {
                    return Err(Refusal::BreakOwed(agent));
                }
            }
            Presence::Away { reason } => self.reason_known(reason, &by)?,
            Presence::Offline => {}
        }
        self.change_presence(ix, presence, by);
        Ok(())
    }

    /// Changes a presence; offers to an agent who is not ready are taken back.
    pub(super) fn change_presence(&mut self, ix: AgentIx, presence: Presence, by: Actor) {
        let agent = self.name(ix);
        let leaves = presence != Presence::Ready;
        let offers: Vec<(ContactId, u32)> = self.offers_to(ix).filter(|_| leaves).collect();
        self.decide(Event::PresenceSet { agent, presence, by });
        self.stop_offers(ix, &offers, WithdrawCause::AgentLeft);
    }

    /// The agent is in these offers no more.
    pub(super) fn stop_offers(&mut self, ix: AgentIx, offers: &[(ContactId, u32)], cause: WithdrawCause) {
        for (contact, offer) in offers {
            let (contact, offer, agent) = (*contact, *offer, self.name(ix));
            self.effect(Effect::StopRinging { contact, offer, agent, why: StopCause::Withdrawn(cause) });
            self.withdraw_if_empty(contact, cause);
        }
    }

    /// A person may name only the away reasons of the rules.
    pub(super) fn reason_known(&self, reason: &ReasonName, by: &Actor) -> Result<(), Refusal> {
        let known = *by == Actor::Centre || self.floor.state.centre.rules.away_reasons.contains(reason);
        known.then_some(()).ok_or_else(|| Refusal::UnknownReason(reason.clone()))
    }

    pub(super) fn offers_to(&self, ix: AgentIx) -> impl Iterator<Item = (ContactId, u32)> + '_ {
        self.floor.state.agent(ix).engagements().filter_map(|id| {
            let contact = &self.floor.state.contacts[&id];
            matches!(contact.stage, Stage::Offered { .. }).then_some((id, contact.offers))
        })
    }
}
