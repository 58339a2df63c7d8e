//! Events of a contact's way from queue to end.

use crate::state::{AgentIx, Contact, Order, Preferred, Server, Stage};
use crate::{Floor, REST, STORM_WINDOW};
use std::sync::Arc;
use vocabulary::centre::LastResortTo;
use vocabulary::{AgentName, ContactId, Event, Lane, Level, Needs, Risk, Time};

impl Floor {
    pub(super) fn apply_queued(&mut self, at: Time, id: ContactId, event: &Event) {
        let Event::Queued { queue, needs, lane, risk, base, arrived, .. } = event else {
            return;
        };
        self.index.leave_line(&mut self.state, id);
        let needs = self.index.shared(needs);
        let contact = self.contact_mut(id);
        let before = contact.order.take();
        let before_queue = before.as_ref().map(|order| order.queue.clone());
        // Whom a request helps is with somebody already: it has no last resort.
        let safe = lane.is_safeguarding() && contact.company.help.is_none();
        contact.course.silent = None;
        let safe_since = safe.then(|| before.and_then(|o| o.safe_since).unwrap_or(at));
        contact.order = Some(Order {
            queue: queue.clone(),
            needs,
            lane: *lane,
            risk: *risk,
            base: *base,
            arrived: *arrived,
            entered: at,
            safe_since,
            widened: 0,
            rungs: 0,
            any_agent: false,
            outside: Vec::new(),
            call_back_offered: false,
        });
        if let (Some(agreed), Some(order)) = (&contact.call_back, &mut contact.order) {
            super::hours::wait_for_call(order, agreed.from.max(at));
        }
        contact.stage = Stage::Waiting;
        contact.forget_assignment();
        if before_queue.as_ref() != Some(queue) {
            self.note_came(at, queue);
        }
    }

    pub(super) fn apply_preferred(&mut self, at: Time, id: ContactId, agent: &AgentName, until: Time) {
        let agent = self.number_of(agent).filter(|_| until > at);
        self.contact_mut(id).preferred = agent.map(|agent| Preferred { agent, until });
    }

    pub(super) fn apply_widened(&mut self, id: ContactId, step: u32) {
        self.index.leave_line(&mut self.state, id);
        let queue = self.state.contacts[&id].order.as_ref().and_then(|o| self.state.queue(&o.queue));
        let widening = queue.and_then(|q| q.widenings.get(step as usize)).cloned();
        let Some(order) = self.contact_mut(id).order.as_mut() else {
            return;
        };
        order.widened = step + 1;
        let Some(widening) = widening else { return };
        let needs = Arc::make_mut(&mut order.needs);
        needs.skills.retain(|skill, _| !widening.drop_skills.contains(skill));
        lower(needs, widening.lower_levels);
        if widening.drop_language {
            needs.language = None;
        }
    }

    pub(super) fn apply_rung(&mut self, id: ContactId, step: u32) {
        self.index.leave_line(&mut self.state, id);
        let order = self.state.contacts[&id].order.as_ref();
        let to = order.and_then(|o| self.state.chain(o).get(step as usize)).map(|rung| rung.to.clone());
        let contact = self.contact_mut(id);
        let voice = contact.channel.is_voice();
        let Some(order) = contact.order.as_mut() else {
            return;
        };
        order.rungs = step + 1;
        match to {
            Some(LastResortTo::AnyAgent) => order.any_agent = true,
            // An outside line has nobody who could write back.
            Some(_) if voice => order.outside.push(step),
            _ => {}
        }
    }

    pub(super) fn apply_reclassified(&mut self, at: Time, id: ContactId, lane: Lane, risk: Risk) {
        self.index.leave_line(&mut self.state, id);
        let contact = self.contact_mut(id);
        let safe = lane.is_safeguarding() && contact.company.help.is_none();
        let Some(order) = contact.order.as_mut() else {
            return;
        };
        order.lane = lane;
        order.risk = risk;
        order.safe_since = safe.then(|| order.safe_since.unwrap_or(at));
        if !lane.is_safeguarding() {
            order.outside.clear();
        }
    }

    pub(super) fn apply_offered(&mut self, at: Time, id: ContactId, offer: u32, names: &[AgentName], until: Time) {
        let agents: Vec<AgentIx> = names.iter().filter_map(|name| self.number_of(name)).collect();
        let contact = self.contact_mut(id);
        let voice = contact.channel.is_voice();
        contact.offers = offer;
        contact.rests.retain(|(_, until)| *until > at);
        contact.stage = Stage::Offered { agents: agents.clone(), until };
        if contact.company.named.as_ref().is_some_and(|named| agents.contains(&named.agent)) {
            contact.forget_assignment();
        }
        for ix in agents {
            let row = self.state.agent_mut(ix);
            row.engage(id, voice);
            row.offered.insert(id);
            self.link_agent(ix);
        }
    }

    pub(super) fn apply_declined(&mut self, at: Time, id: ContactId, agent: &AgentName) {
        let Some(ix) = self.number_of(agent) else {
            return;
        };
        if let Stage::Offered { agents, .. } = &mut self.contact_mut(id).stage {
            agents.retain(|other| *other != ix);
        }
        self.let_rest(at, id, ix);
    }

    pub(super) fn apply_expired(&mut self, at: Time, id: ContactId) {
        for ix in self.back_to_waiting(id) {
            self.let_rest(at, id, ix);
        }
        let threshold = self.state.storm_threshold();
        let expiries = &mut self.state.expiries;
        expiries.push_back(at);
        while expiries.len() > threshold || expiries.front().is_some_and(|first| *first + STORM_WINDOW <= at) {
            expiries.pop_front();
        }
        self.index.link_storm(&self.state);
    }

    pub(super) fn apply_withdrawn(&mut self, id: ContactId) {
        for ix in self.back_to_waiting(id) {
            self.state.agent_mut(ix).release(id);
            self.link_agent(ix);
        }
    }

    /// The offer is over: the contact waits where it was. Gives back who was still offered.
    fn back_to_waiting(&mut self, id: ContactId) -> Vec<AgentIx> {
        let contact = self.contact_mut(id);
        match std::mem::replace(&mut contact.stage, Stage::Waiting) {
            Stage::Offered { agents, .. } => agents,
            other => {
                contact.stage = other;
                Vec::new()
            }
        }
    }

    /// The agent did not take the contact: free again, behind everyone idle, and not asked for
    /// this one again at once.
    fn let_rest(&mut self, at: Time, id: ContactId, ix: AgentIx) {
        self.contact_mut(id).let_rest(ix, at + REST, at);
        self.state.agent_mut(ix).release(id);
        self.go_behind_the_idle(at, ix);
        self.link_agent(ix);
    }

    pub(super) fn apply_accepted(&mut self, at: Time, id: ContactId, offer: u32, agent: &AgentName) {
        let winner = self.number_of(agent);
        let losers = self.back_to_waiting(id);
        for ix in losers.into_iter().filter(|ix| Some(*ix) != winner) {
            self.state.agent_mut(ix).release(id);
            self.link_agent(ix);
        }
        let server = winner.map_or_else(|| Server::Outside(agent.clone()), Server::Agent);
        let contact = self.contact_mut(id);
        contact.stage = Stage::Accepted { server, at };
        contact.offers = offer;
        contact.preferred = None;
        contact.forget_assignment();
        let voice = contact.channel.is_voice();
        let helps = contact.company.help.is_some();
        contact.order.iter_mut().for_each(|order| order.outside.clear());
        if !helps {
            self.note_won(at, id, winner);
        }
        if let Some(ix) = winner {
            let row = self.state.agent_mut(ix);
            row.engage(id, voice);
            row.offered.remove(&id);
            self.go_behind_the_idle(at, ix);
            self.link_agent(ix);
        }
    }

    pub(super) fn apply_connect_failed(&mut self, at: Time, id: ContactId) {
        let agent = self.state.contacts[&id].agent();
        let contact = self.contact_mut(id);
        let talked = matches!(contact.stage, Stage::Talking { .. });
        contact.stage = Stage::Waiting;
        if talked {
            contact.wait_anew(at);
            self.index.leave_line(&mut self.state, id);
        }
        match agent {
            Some(ix) => self.let_rest(at, id, ix),
            None => self.contact_mut(id).rests.retain(|(_, until)| *until > at),
        }
    }

    pub(super) fn apply_ended(&mut self, at: Time, id: ContactId) {
        for ix in self.back_to_waiting(id) {
            self.state.agent_mut(ix).release(id);
            self.link_agent(ix);
        }
        let contact = &self.state.contacts[&id];
        let help = contact.company.help.clone();
        let members: Vec<AgentIx> = contact.members().collect();
        let written_up = matches!(contact.stage, Stage::Talking { .. }) && help.is_none();
        for ix in members {
            if written_up {
                self.write_up(at, id, ix);
            } else {
                self.state.agent_mut(ix).release(id);
                self.link_agent(ix);
            }
        }
        if let Some(of) = help.and_then(|help| self.state.contacts.get_mut(&help.of)) {
            of.company.requests.remove(&id);
        }
        let contact = self.contact_mut(id);
        contact.stage = Stage::Over;
        contact.company.named = None;
        self.leave_the_floor(id);
    }

    /// A contact is gone when it is over and nobody writes it up.
    pub(super) fn leave_the_floor(&mut self, id: ContactId) {
        let gone = |contact: &Contact| contact.stage == Stage::Over && contact.company.writers.is_empty();
        if self.state.contacts.get(&id).is_some_and(gone) {
            self.index.unlink_contact(&mut self.state, id);
            self.state.contacts.remove(&id);
        } else {
            self.link_contact(id);
        }
    }
}

/// Asks for `by` less of every skill, never less than the lowest level.
fn lower(needs: &mut Needs, by: u8) {
    for level in needs.skills.values_mut() {
        *level = Level::new(level.get().saturating_sub(by).max(1)).expect("between 1 and the level it was");
    }
}
