//! Help: asked for, given, declined; several agents in one conversation, and handing over between
//! them. Two agents are on one contact only through [`Event::Joined`].

use super::Turn;
use super::entering::needs_in;
use crate::command::Effect;
use crate::state::{AgentIx, Help, Server, Stage};
use crate::{Refusal, named};
use vocabulary::centre::Queue;
use vocabulary::event::{HelpKind, WithdrawCause};
use vocabulary::{AgentName, ContactId, EndCause, Event, Needs, Party, Presence, QueueName};

/// What an `AskHelp` says.
pub(super) struct Ask {
    pub help: ContactId,
    pub of: ContactId,
    pub by: AgentName,
    pub kind: HelpKind,
    pub queue: QueueName,
    pub needs: Needs,
    pub agent: Option<AgentName>,
}

impl Turn<'_> {
    /// The request waits as the contact would: by its lane, risk and age, for its tenant and in its
    /// language.
    pub(super) fn ask_help(&mut self, ask: Ask) -> Result<(), Refusal> {
        let Ask { help, of, by, kind, queue, needs, agent } = ask;
        self.may_come(help)?;
        self.no_request(of)?;
        let asker = self.agent(&by)?;
        self.served_by(of, asker)?;
        let contact = self.contact(of)?;
        let order = contact.order.as_ref().ok_or(Refusal::NotQueued(of))?;
        let open = |id: &ContactId| self.floor.state.contacts[id].company.help.as_ref().is_some_and(|h| h.kind == kind);
        if contact.company.requests.iter().any(open) {
            return Err(Refusal::AskedAlready { contact: of });
        }
        let Some(to) = self.floor.state.queue(&queue) else {
            return Err(Refusal::UnknownQueue(queue));
        };
        self.takes_more(to)?;
        if let Some(name) = &agent {
            self.may_be_named(of, name)?;
            let ix = self.agent(name)?;
            if contact.members().any(|member| member == ix) {
                return Err(Refusal::InConversation { contact: of, agent: name.clone() });
            }
        }
        let queued = Event::Queued {
            contact: help,
            needs: needs_in(to, &needs, contact.language.or(order.needs.language)),
            lane: order.lane,
            risk: order.risk,
            base: to.base,
            arrived: order.arrived,
            queue,
        };
        self.decide(Event::HelpAsked { contact: help, of, by, kind, agent });
        self.decide(queued);
        Ok(())
    }

    /// Whether this member of staff may be named for a contact: they may see it, and are here.
    pub(super) fn may_be_named(&self, id: ContactId, name: &AgentName) -> Result<(), Refusal> {
        let ix = self.agent(name)?;
        let contact = self.contact(id)?;
        let order = contact.order.as_ref().ok_or(Refusal::NotQueued(id))?;
        named::may_see(&self.floor.state, ix, contact, order, self.now)?;
        if self.floor.state.agent(ix).presence == Presence::Offline {
            return Err(Refusal::NotLoggedIn(name.clone()));
        }
        Ok(())
    }

    /// Whether the queue is open: a colleague is told so and chooses another, nobody is turned away.
    pub(super) fn takes_more(&self, queue: &Queue) -> Result<(), Refusal> {
        if self.floor.state.is_open(&queue.name) { Ok(()) } else { Err(Refusal::QueueClosed(queue.name.clone())) }
    }

    /// A request for help follows the contact it helps with.
    pub(super) fn no_request(&self, id: ContactId) -> Result<(), Refusal> {
        match &self.contact(id)?.company.help {
            Some(help) => Err(Refusal::RequestForHelp { help: id, of: help.of }),
            None => Ok(()),
        }
    }

    /// Whether the agent serves the contact: talks, and is not only beside.
    pub(super) fn served_by(&self, id: ContactId, ix: AgentIx) -> Result<(), Refusal> {
        let contact = self.contact(id)?;
        match contact.stage {
            Stage::Talking { .. } if contact.agent() == Some(ix) => Ok(()),
            Stage::Over => Err(Refusal::Over(id)),
            _ => Err(Refusal::NotWith { contact: id, agent: self.name(ix) }),
        }
    }

    /// A request whose helper and asker talk, and who helps.
    fn helper(&self, id: ContactId) -> Result<(Help, AgentIx), Refusal> {
        let contact = self.contact(id)?;
        let help = contact.company.help.clone().ok_or(Refusal::NoRequest(id))?;
        match &contact.stage {
            Stage::Talking { server: Server::Agent(ix), .. } => Ok((help, *ix)),
            _ => Err(Refusal::NotConnected(id)),
        }
    }

    pub(super) fn complete_help(&mut self, id: ContactId) -> Result<(), Refusal> {
        let (help, to) = self.helper(id)?;
        self.hand_over(help.of, help.by, to);
        let (from, to) = (self.name(help.by), self.name(to));
        self.effect(Effect::HandOver { contact: help.of, from, to });
        Ok(())
    }

    pub(super) fn join_help(&mut self, id: ContactId) -> Result<(), Refusal> {
        let (help, ix) = self.helper(id)?;
        let agent = self.name(ix);
        self.decide(Event::Joined { contact: help.of, agent: agent.clone(), kind: help.kind });
        self.effect(Effect::Join { contact: help.of, agent });
        self.end_request(id, Party::Centre, WithdrawCause::ContactLeft);
        Ok(())
    }

    /// An interpreter is in the conversation as soon as they are there.
    pub(super) fn let_interpreter_in(&mut self, id: ContactId) {
        let help = self.floor.state.contacts[&id].company.help.as_ref();
        if help.is_some_and(|help| help.kind == HelpKind::Interpreter) {
            self.join_help(id).expect("the interpreter was connected just now");
        }
    }

    /// Another serves from now on; who served writes the contact up. What the one who left had
    /// asked for is over.
    fn hand_over(&mut self, id: ContactId, from: AgentIx, to: AgentIx) {
        let (leaving, serving) = (self.name(from), self.name(to));
        self.decide(Event::HandedOver { contact: id, from: leaving, to: serving.clone() });
        self.start_wrap_up(id, from);
        self.watch_soft_cap(id, &serving);
        self.end_requests(id, WithdrawCause::ContactLeft);
    }

    pub(super) fn leave(&mut self, id: ContactId, agent: &AgentName) -> Result<(), Refusal> {
        self.no_request(id)?;
        let ix = self.agent(agent)?;
        let contact = self.contact(id)?;
        if !contact.company.also.iter().any(|(other, _)| *other == ix) {
            self.served_by(id, ix)?;
        }
        if self.goes_on_without(id, &Server::Agent(ix)) { Ok(()) } else { Err(Refusal::NobodyElse(id)) }
    }

    /// Takes an agent out of a conversation that goes on without them; `false` when there is none.
    pub(super) fn goes_on_without(&mut self, id: ContactId, server: &Server) -> bool {
        let Server::Agent(ix) = *server else {
            return false;
        };
        let contact = &self.floor.state.contacts[&id];
        let agent = self.name(ix);
        if contact.company.also.iter().any(|(other, _)| *other == ix) {
            self.decide(Event::Left { contact: id, agent: agent.clone() });
            self.start_wrap_up(id, ix);
        } else if let Some(next) = contact.successor().filter(|_| contact.agent() == Some(ix)) {
            self.hand_over(id, ix, next);
        } else {
            return false;
        }
        self.effect(Effect::Release { contact: id, agent });
        true
    }

    /// The one who serves goes and nobody follows: who was beside them is free, what was asked for
    /// is over.
    pub(super) fn break_up(&mut self, id: ContactId) {
        self.end_requests(id, WithdrawCause::ContactLeft);
        let beside: Vec<AgentIx> = self.floor.state.contacts[&id].company.also.iter().map(|(ix, _)| *ix).collect();
        for ix in beside {
            self.goes_on_without(id, &Server::Agent(ix));
        }
    }

    pub(super) fn end_requests(&mut self, id: ContactId, why: WithdrawCause) {
        for request in self.floor.state.contacts[&id].company.requests.clone() {
            self.end_request(request, Party::Centre, why);
        }
    }

    /// A request leaves nothing behind: no place, no survey, no wrap-up.
    pub(super) fn end_request(&mut self, id: ContactId, by: Party, why: WithdrawCause) {
        self.withdraw(id, why);
        self.decide(Event::Ended { contact: id, by, cause: EndCause::HelpOver });
    }

    /// Whether a request makes no sense any more: its contact is gone or with somebody else, or
    /// the helper has joined already. Only a journal that ends in the middle of a command leaves
    /// such a one.
    pub(super) fn is_stale(&self, id: ContactId) -> bool {
        let request = &self.floor.state.contacts[&id];
        let Some(help) = &request.company.help else {
            return false;
        };
        let Some(contact) = self.floor.state.contacts.get(&help.of) else {
            return true;
        };
        let asked = matches!(contact.stage, Stage::Talking { .. }) && contact.agent() == Some(help.by);
        !asked || request.agent().is_some_and(|ix| contact.members().any(|member| member == ix))
    }
}
