//! Events about several people on one contact: help, conferences, handing over, giving up.

use crate::state::{AgentIx, Contact, Help, NEVER, Named, Server, Stage};
use crate::{Floor, REST};
use std::collections::BTreeSet;
use vocabulary::event::HelpKind;
use vocabulary::{AgentName, ContactId, Event, Time};

impl Floor {
    pub(super) fn apply_help_asked(&mut self, at: Time, event: &Event) {
        let Event::HelpAsked { contact: id, of, by, kind, agent } = event else {
            return;
        };
        let (Some(by), Some(contact)) = (self.number_of(by), self.state.contacts.get(of)) else {
            return;
        };
        let mut row = Contact::new(contact.channel, contact.tenant.clone(), contact.entry.clone(), at);
        row.language = contact.language;
        // Each once: who helps in two ways is in the conversation twice.
        let members: BTreeSet<AgentIx> = contact.members().collect();
        row.rests = members.into_iter().map(|ix| (ix, NEVER)).collect();
        row.company.help = Some(Help { of: *of, by, kind: *kind });
        let agent = agent.as_ref().and_then(|name| self.number_of(name));
        row.company.named = agent.map(|agent| Named { agent, until: None });
        self.state.contacts.insert(*id, row);
        self.contact_mut(*of).company.requests.insert(*id);
    }

    pub(super) fn apply_handed_over(&mut self, at: Time, id: ContactId, from: &AgentName, to: &AgentName) {
        let Some(to) = self.number_of(to) else {
            return;
        };
        if let Some(from) = self.number_of(from) {
            self.write_up(at, id, from);
        }
        self.come_in(id, to);
        let contact = self.contact_mut(id);
        contact.company.also.retain(|(ix, _)| *ix != to);
        contact.stage = Stage::Talking { server: Server::Agent(to), held: false };
    }

    pub(super) fn apply_joined(&mut self, at: Time, id: ContactId, agent: &AgentName, kind: HelpKind) {
        let Some(ix) = self.number_of(agent) else {
            return;
        };
        self.come_in(id, ix);
        let company = &mut self.contact_mut(id).company;
        company.also.push((ix, kind));
        for request in company.requests.clone() {
            self.contact_mut(request).let_rest(ix, NEVER, at);
            self.link_contact(request);
        }
    }

    pub(super) fn apply_left(&mut self, at: Time, id: ContactId, agent: &AgentName) {
        if let Some(ix) = self.number_of(agent) {
            self.write_up(at, id, ix);
        }
    }

    /// A helper is in the contact itself; the request they took lets them go when it ends.
    fn come_in(&mut self, id: ContactId, ix: AgentIx) {
        let voice = self.state.contacts[&id].channel.is_voice();
        self.state.agent_mut(ix).engage(id, voice);
        self.link_agent(ix);
    }

    /// An agent's part in the conversation is over; they write it up.
    pub(super) fn write_up(&mut self, at: Time, id: ContactId, ix: AgentIx) {
        let optional = self.optional_wrap_up(id);
        let contact = self.contact_mut(id);
        let safeguarding = contact.order.as_ref().is_some_and(|order| order.lane.is_safeguarding());
        contact.company.also.retain(|(other, _)| *other != ix);
        contact.company.writers.insert(ix);
        let row = self.state.agent_mut(ix);
        row.row += u32::from(safeguarding);
        if optional {
            row.release(id);
            row.wrapping.remove(&id);
            row.life.paused.remove(&id);
            row.life.writing.insert(id, None);
            self.go_behind_the_idle(at, ix);
        } else {
            row.writes(id, at);
        }
        self.link_agent(ix);
    }

    /// The contact waits anew, for somebody else.
    pub(super) fn apply_transferred(&mut self, at: Time, id: ContactId, agent: &AgentName) {
        self.index.leave_line(&mut self.state, id);
        let contact = self.contact_mut(id);
        contact.stage = Stage::Waiting;
        contact.wait_anew(at);
        if let Some(ix) = self.number_of(agent) {
            self.write_up(at, id, ix);
            self.contact_mut(id).let_rest(ix, at + REST, at);
        }
    }

    pub(super) fn apply_assigned(&mut self, at: Time, id: ContactId, agent: &AgentName) {
        let Some(agent) = self.number_of(agent) else {
            return;
        };
        let span = self.state.contacts[&id].order.as_ref().map(|order| self.state.offer_span(order));
        let contact = self.contact_mut(id);
        contact.rests.retain(|(ix, _)| *ix != agent);
        contact.company.named = span.map(|span| Named { agent, until: Some(at + span) });
    }
}
