//! An offer's life: made, declined, won by one, joined or failed.

use super::Turn;
use crate::command::{Effect, StopCause};
use crate::matching::Match;
use crate::state::{AgentIx, Server, Stage};
use crate::{Refusal, SHORTEST_OFFER};
use vocabulary::centre::LastResortTo;
use vocabulary::event::WithdrawCause;
use vocabulary::{AgentName, ContactId, Event, Time};

impl Turn<'_> {
    pub(super) fn offer(&mut self, found: Match) {
        let contact = found.contact;
        let until = self.offer_until(contact);
        let offer = self.floor.state.contacts[&contact].offers + 1;
        let agents: Vec<AgentName> = found.agents.iter().map(|ix| self.name(*ix)).collect();
        self.decide(Event::Offered { contact, offer, agents: agents.clone(), until, why: found.why });
        for agent in agents {
            self.effect(Effect::Ring { contact, offer, agent, until });
        }
    }

    /// An offer stands as long as its queue says, but never across the rung from which any agent
    /// may take the contact: the bound is a promise.
    fn offer_until(&self, id: ContactId) -> Time {
        let Some(order) = self.order(id) else {
            return self.now;
        };
        let until = self.now + self.floor.state.offer_span(order);
        // Nor across the end of the time in which the citizen may be called.
        let call_over = self.floor.state.contacts[&id].call_back.as_ref().map(|agreed| agreed.until);
        let ends = self.floor.state.any_agent_due(order).into_iter().chain(call_over);
        ends.fold(until, |until, end| until.min(end.max(self.now + SHORTEST_OFFER)))
    }

    /// Whether an open offer of this number was made to the agent; otherwise why not.
    fn offered_to(&self, id: ContactId, offer: u32, ix: AgentIx) -> Result<(), Refusal> {
        let contact = self.contact(id)?;
        let stale = Refusal::StaleOffer { contact: id, offer };
        match &contact.stage {
            Stage::InFlow => Err(Refusal::NotQueued(id)),
            Stage::Over => Err(Refusal::Over(id)),
            _ if offer != contact.offers => Err(stale),
            Stage::Waiting => Err(stale),
            Stage::Accepted { server, .. } | Stage::Talking { server, .. } => {
                Err(Refusal::Taken { contact: id, by: self.name_of(server) })
            }
            Stage::Offered { agents, .. } if agents.contains(&ix) => Ok(()),
            Stage::Offered { .. } => Err(Refusal::NotOffered { contact: id, agent: self.name(ix) }),
        }
    }

    pub(super) fn accept(&mut self, id: ContactId, offer: u32, agent: &AgentName) -> Result<(), Refusal> {
        let ix = self.agent(agent)?;
        self.offered_to(id, offer, ix)?;
        self.win(id, offer, agent.clone());
        Ok(())
    }

    pub(super) fn outside_answered(&mut self, id: ContactId, step: u32) -> Result<(), Refusal> {
        let contact = self.contact(id)?;
        let not_called = Refusal::NotCalled { contact: id, step };
        match &contact.stage {
            Stage::Accepted { server, .. } | Stage::Talking { server, .. } => {
                return Err(Refusal::Taken { contact: id, by: self.name_of(server) });
            }
            _ => {}
        }
        let order = contact.order.as_ref().filter(|_| contact.waits()).ok_or(not_called.clone())?;
        if !order.outside.contains(&step) {
            return Err(not_called);
        }
        let rung = self.floor.state.chain(order).get(step as usize).ok_or(not_called)?;
        let agent = outside_name(&rung.to);
        // It wins the open offer; where none is open, an offer of its own.
        let offered = matches!(contact.stage, Stage::Offered { .. });
        let offer = if offered { contact.offers } else { contact.offers + 1 };
        self.win(id, offer, agent);
        Ok(())
    }

    /// The one winner. Everyone else stops ringing.
    fn win(&mut self, id: ContactId, offer: u32, agent: AgentName) {
        let winner = self.floor.number_of(&agent);
        let others: Vec<AgentIx> = match &self.floor.state.contacts[&id].stage {
            Stage::Offered { agents, .. } => agents.iter().copied().filter(|ix| Some(*ix) != winner).collect(),
            _ => Vec::new(),
        };
        let calling = self.order(id).is_some_and(|order| !order.outside.is_empty());
        self.decide(Event::Accepted { contact: id, offer, agent: agent.clone() });
        self.clear_alarms(id);
        self.watch_soft_cap(id, &agent);
        self.stop_ringing(id, offer, &others, StopCause::Lost);
        if calling {
            self.effect(Effect::StopCallingOutside { contact: id });
        }
        self.reach(id, offer, agent);
        if let Some(ix) = winner {
            let writing = self.floor.state.agent(ix).life.writing.keys().copied().collect();
            self.close_writing(ix, writing);
        }
    }

    pub(super) fn decline(&mut self, id: ContactId, offer: u32, agent: &AgentName) -> Result<(), Refusal> {
        let ix = self.agent(agent)?;
        self.offered_to(id, offer, ix)?;
        self.decide(Event::Declined { contact: id, offer, agent: agent.clone() });
        self.stop_ringing(id, offer, &[ix], StopCause::Declined);
        self.withdraw_if_empty(id, WithdrawCause::AllDeclined);
        Ok(())
    }

    /// An offer that is left with nobody is over.
    pub(super) fn withdraw_if_empty(&mut self, id: ContactId, why: WithdrawCause) {
        let stage = self.floor.state.contacts.get(&id).map(|contact| &contact.stage);
        if matches!(stage, Some(Stage::Offered { agents, .. }) if agents.is_empty()) {
            self.withdraw(id, why);
        }
    }

    pub(super) fn connect(&mut self, id: ContactId, agent: AgentName) -> Result<(), Refusal> {
        match &self.contact(id)?.stage {
            Stage::Accepted { server, .. } if self.name_of(server) == agent => {}
            Stage::Talking { server, .. } if self.name_of(server) == agent => {
                return Err(Refusal::Connected(id));
            }
            Stage::Over => return Err(Refusal::Over(id)),
            _ => return Err(Refusal::NotWith { contact: id, agent }),
        }
        self.decide(Event::Connected { contact: id, agent });
        self.let_interpreter_in(id);
        Ok(())
    }

    pub(super) fn connect_fail(&mut self, id: ContactId, agent: AgentName) -> Result<(), Refusal> {
        let contact = self.contact(id)?;
        let beside = contact.company.also.iter().find(|(ix, _)| self.name(*ix) == agent);
        let server = match &contact.stage {
            Stage::Accepted { server, .. } | Stage::Talking { server, .. } if self.name_of(server) == agent => {
                server.clone()
            }
            Stage::Talking { .. } if let Some((ix, _)) = beside => Server::Agent(*ix),
            Stage::Over => return Err(Refusal::Over(id)),
            _ => return Err(Refusal::NotWith { contact: id, agent }),
        };
        self.lose_agent(id, &server);
        Ok(())
    }

    /// The contact is at the head again: its place was by arrival all along. Where another agent
    /// is in the conversation, it goes on.
    pub(super) fn lose_agent(&mut self, id: ContactId, server: &Server) {
        if self.goes_on_without(id, server) {
            return;
        }
        self.break_up(id);
        let agent = self.name_of(server);
        self.decide(Event::ConnectFailed { contact: id, agent });
        self.soft_cap_over(id);
        self.bring_home(id);
    }
}

/// The agent name that stands for an outside line in events. Names that begin so are refused for
/// real agents.
pub(crate) fn outside_name(to: &LastResortTo) -> AgentName {
    let line = match to {
        LastResortTo::Outside(number) => number.chars().filter(char::is_ascii_digit).take(20).collect(),
        LastResortTo::OnCall(_) => String::from("oncall"),
        LastResortTo::AnyAgent => String::from("any"),
    };
    AgentName::new(&format!("{OUTSIDE}{line}")).expect("a literal, digits and nothing else")
}

/// What the names of outside lines begin with.
pub(crate) const OUTSIDE: &str = "outside.";
