//! A contact given to somebody else: up to a queue by its agent, to one agent by a supervisor, to
//! the next tier by the clock.

use super::Turn;
use super::entering::needs_in;
use crate::Refusal;
use crate::command::Effect;
use crate::state::Stage;
use vocabulary::centre::{Queue, Role};
use vocabulary::event::{Actor, Alarm, TransferCause, WithdrawCause};
use vocabulary::{AgentName, ContactId, Event, Needs, QueueName};

/// What a `Transfer` says beside the contact.
pub(super) struct Give {
    pub agent: AgentName,
    pub queue: QueueName,
    pub needs: Needs,
    pub by: Actor,
}

impl Turn<'_> {
    /// The contact goes back to waiting, with its age; who gives it up writes it up meanwhile.
    pub(super) fn transfer(&mut self, id: ContactId, give: Give) -> Result<(), Refusal> {
        let Give { agent, queue, needs, by } = give;
        self.no_request(id)?;
        let ix = self.agent(&agent)?;
        self.served_by(id, ix)?;
        let contact = self.contact(id)?;
        let order = contact.order.as_ref().ok_or(Refusal::NotQueued(id))?;
        let Some(to) = self.floor.state.queue(&queue) else {
            return Err(Refusal::UnknownQueue(queue));
        };
        self.takes_more(to)?;
        if order.lane.is_safeguarding() && to.lane != order.lane {
            return Err(Refusal::WrongLane { contact: id, queue });
        }
        let own = by == Actor::Staff { name: agent.clone() };
        if !own {
            self.may_direct(&by)?;
        }
        let tier = self.floor.state.queue(&order.queue).map_or(order.needs.tier, |from| from.tier);
        let why = match by {
            Actor::Staff { .. } if !own => TransferCause::Pulled,
            _ if to.tier > tier => TransferCause::Escalated,
            _ => TransferCause::Cold,
        };
        let confidential = to.lane.is_safeguarding() && !order.lane.is_safeguarding();
        let lane = if confidential { to.lane } else { order.lane };
        let (risk, to) = (order.risk, to.clone());
        let queued = self.queued_in(id, &to, &needs);
        if confidential {
            self.reclassify(id, lane, risk, by.clone())?;
        }
        self.break_up(id);
        self.decide(Event::Transferred { contact: id, agent: agent.clone(), why, by });
        self.effect(Effect::Release { contact: id, agent });
        self.start_wrap_up(id, ix);
        self.soft_cap_over(id);
        if let Some(Event::Queued { contact, queue, needs, risk, base, arrived, .. }) = queued {
            self.decide(Event::Queued { contact, queue, needs, lane, risk, base, arrived });
        }
        Ok(())
    }

    /// What puts a contact in another queue as it is: its lane, risk and age.
    fn queued_in(&self, id: ContactId, to: &Queue, own: &Needs) -> Option<Event> {
        let contact = self.contact(id).ok()?;
        let order = contact.order.as_ref()?;
        Some(Event::Queued {
            contact: id,
            queue: to.name.clone(),
            needs: needs_in(to, own, contact.language.or(order.needs.language)),
            lane: order.lane,
            risk: order.risk,
            base: to.base,
            arrived: order.arrived,
        })
    }

    /// Supervisors, and rules of the centre, dispose of what others do.
    fn may_direct(&self, by: &Actor) -> Result<(), Refusal> {
        let supervises = |name| {
            let agent = self.floor.state.centre.agents.get(name);
            agent.is_some_and(|agent| agent.roles.contains(&Role::Supervisor))
        };
        match by {
            Actor::Centre => Ok(()),
            Actor::Staff { name } if supervises(name) => Ok(()),
            Actor::Staff { .. } | Actor::Citizen => Err(Refusal::NotASupervisor),
        }
    }

    /// The next offer is this agent's. P0 and P1 wait for nobody: who is being asked may still
    /// answer, and who is free is asked beside the one named.
    pub(super) fn assign(&mut self, id: ContactId, agent: AgentName, by: Actor) -> Result<(), Refusal> {
        self.no_request(id)?;
        let ix = self.agent(&agent)?;
        let contact = self.contact(id)?;
        let others = match &contact.stage {
            Stage::InFlow => return Err(Refusal::NotQueued(id)),
            Stage::Accepted { .. } | Stage::Talking { .. } => return Err(Refusal::WithAgent(id)),
            Stage::Over => return Err(Refusal::Over(id)),
            Stage::Waiting => true,
            Stage::Offered { agents, .. } => !agents.contains(&ix),
        };
        self.may_direct(&by)?;
        self.may_be_named(id, &agent)?;
        if !others {
            return Ok(());
        }
        if !self.order(id).is_some_and(|order| order.risk.offers_to_several()) {
            self.withdraw(id, WithdrawCause::Assigned);
        }
        self.decide(Event::Assigned { contact: id, agent, by });
        Ok(())
    }

    /// Nobody answered in time. A safeguarding contact stays where it is and its supervisors are
    /// told; any other goes to the next tier.
    pub(super) fn climb(&mut self, id: ContactId) {
        let Some(order) = self.order(id) else {
            return;
        };
        let (lane, from) = (order.lane, order.queue.clone());
        if lane.is_safeguarding() {
            return self.set_alarm(Alarm::ClimbDue, Some(id), true);
        }
        let climb = self.floor.state.queue(&from).and_then(|queue| queue.climb.as_ref());
        let Some(to) = climb.and_then(|climb| self.floor.state.queue(&climb.to)).cloned() else {
            return;
        };
        if let Some(queued) = self.queued_in(id, &to, &Needs::default()) {
            self.decide(Event::Climbed { contact: id, from, to: to.name });
            self.put_in(id, queued);
        }
    }
}
