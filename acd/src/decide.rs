//! What is decided: commands obeyed, things that became due, matching. Each decision is one event,
//! applied at once and told; effects are told beside it.

mod call_back;
mod due;
mod ending;
mod entering;
mod giving;
mod help;
mod hours;
mod leaving;
mod offering;
mod overflow;
mod people;
mod ranking;
mod safety;
mod taking;
mod writing;

pub(crate) use offering::OUTSIDE;

use crate::command::{Command, Effect, Output, StopCause};
use crate::state::{AgentIx, Contact, Order, Server, Stage};
use crate::{Floor, Refusal, named, yielding};
use vocabulary::event::{Alarm, WithdrawCause};
use vocabulary::{AgentName, ContactId, Event, Time};

/// One command's work.
pub(crate) struct Turn<'a> {
    floor: &'a mut Floor,
    now: Time,
    out: &'a mut Vec<Output>,
}

impl<'a> Turn<'a> {
    pub fn new(floor: &'a mut Floor, now: Time, out: &'a mut Vec<Output>) -> Turn<'a> {
        Turn { floor, now, out }
    }

    /// The journal begins with the floor it belongs to.
    pub fn open(&mut self) {
        if !self.floor.state.opened {
            self.decide(Event::FloorOpened { floor: self.floor.state.centre.floor.clone() });
        }
    }

    pub fn obey(&mut self, command: Command) -> Result<(), Refusal> {
        match command {
            Command::Tick => Ok(()),
            Command::SetUp { change, by } => self.set_up(change, by),
            Command::Arrive { contact, channel, tenant, entry } => self.arrive(contact, channel, tenant, entry),
            Command::Report(event) => self.report(event),
            Command::Enqueue { contact, queue, needs, lane, risk, language, base } => {
                let entry = entering::Entry { queue, needs, lane, risk, language, base };
                self.enqueue(contact, entry)
            }
            Command::Accept { contact, offer, agent } => self.accept(contact, offer, &agent),
            Command::Decline { contact, offer, agent } => self.decline(contact, offer, &agent),
            Command::OutsideAnswered { contact, step } => self.outside_answered(contact, step),
            Command::Connect { contact, agent } => self.connect(contact, agent),
            Command::ConnectFail { contact, agent } => self.connect_fail(contact, agent),
            Command::Reclassify { contact, lane, risk, by } => self.reclassify(contact, lane, risk, by),
            Command::End { contact, by, cause } => self.end(contact, by, cause),
            Command::WrapUp { contact, agent, disposition } => self.wrap_up(contact, agent, disposition),
            Command::ExtendWrapUp { contact, agent } => self.extend_wrap_up(contact, agent),
            Command::SetPresence { agent, presence, by } => self.set_presence(agent, presence, by),
            Command::ClaimPlace { contact, from } => self.claim_place(contact, from),
            Command::AgreeCallBack { contact, from } => self.agree_call_back(contact, from),
            Command::FailCallBack { contact, agent } => self.fail_call_back(contact, agent),
            Command::SwitchQueue { queue, to, by } => self.switch_queue(queue, to, by),
            Command::SetSurge { queue, on, by } => self.set_surge(queue, on, by),
            Command::Restart => {
                self.restart();
                Ok(())
            }
            Command::AskHelp { help, of, by, kind, queue, needs, agent } => {
                self.ask_help(help::Ask { help, of, by, kind, queue, needs, agent })
            }
            Command::CompleteHelp { help } => self.complete_help(help),
            Command::JoinHelp { help } => self.join_help(help),
            Command::Leave { contact, agent } => self.leave(contact, &agent),
            Command::Transfer { contact, agent, queue, needs, by } => {
                self.transfer(contact, giving::Give { agent, queue, needs, by })
            }
            Command::Assign { contact, agent, by } => self.assign(contact, agent, by),
            Command::NoteStalled => {
                self.set_alarm(Alarm::JournalStalled, None, true);
                Ok(())
            }
            Command::NoteUnjournaled { since, events } => {
                self.decide(Event::RanUnjournaled { since, events });
                self.set_alarm(Alarm::JournalStalled, None, false);
                Ok(())
            }
            Command::SetLeaving { agent, then, by } => self.set_leaving(agent, then, by),
            Command::NoteSilent { contact, source } => self.note_silent(contact, source),
            Command::DecideDrop { contact, by, call } => self.decide_drop(contact, by, call),
            Command::Rescore { contact, base, by } => self.rescore(contact, base, by),
            Command::Prefer { contact, agent, until } => self.prefer(contact, agent, until),
        }
    }

    /// Offers until nobody who waits can be offered to anyone.
    pub fn match_all(&mut self) {
        let mut took = false;
        loop {
            let Floor { state, index, .. } = &mut *self.floor;
            index.settle(state, self.now);
            if let Some(found) = named::next(state, index, self.now) {
                self.offer(found);
                took = false;
                continue;
            }
            // Who was freed is offered what they were freed for, so nobody is freed twice for it.
            match yielding::next(state, index, self.now) {
                Some(taking) if !took => self.take(taking),
                _ => break,
            }
            took = true;
        }
        self.floor.index.come_to_rest();
    }

    /// Rings or stops the alarm of a floor without a ready cleared agent: one for each
    /// safeguarding lane that has a queue.
    pub fn watch_cleared(&mut self) {
        let index = &self.floor.index;
        let missing = index.safe_lanes.iter().any(|lane| index.ready[*lane as usize] == 0);
        self.set_alarm(Alarm::NoClearedAgent, None, missing);
    }

    pub fn effect(&mut self, effect: Effect) {
        self.out.push(Output::Effect(effect));
    }

    fn decide(&mut self, event: Event) {
        self.floor.apply(self.now, &event);
        self.out.push(Output::Event(event));
    }

    fn set_alarm(&mut self, alarm: Alarm, contact: Option<ContactId>, on: bool) {
        let rings = self.floor.state.alarms.contains(&(alarm, contact));
        match (rings, on) {
            (false, true) => self.decide(Event::AlarmRaised { alarm, contact }),
            (true, false) => self.decide(Event::AlarmCleared { alarm, contact }),
            _ => {}
        }
    }

    /// Alarms of a contact that waits end when it waits no longer.
    fn clear_alarms(&mut self, id: ContactId) {
        self.set_alarm(Alarm::SafeguardingWaiting, Some(id), false);
        self.set_alarm(Alarm::ClimbDue, Some(id), false);
        self.set_alarm(Alarm::SoftCapPassed, Some(id), false);
    }

    fn contact(&self, id: ContactId) -> Result<&Contact, Refusal> {
        self.floor.state.contacts.get(&id).ok_or(Refusal::UnknownContact(id))
    }

    fn order(&self, id: ContactId) -> Option<&Order> {
        self.floor.state.contacts.get(&id)?.order.as_ref()
    }

    fn agent(&self, name: &AgentName) -> Result<AgentIx, Refusal> {
        self.floor.number_of(name).ok_or_else(|| Refusal::UnknownAgent(name.clone()))
    }

    fn name(&self, ix: AgentIx) -> AgentName {
        self.floor.state.agent(ix).name.clone()
    }

    fn name_of(&self, server: &Server) -> AgentName {
        match server {
            Server::Agent(ix) => self.name(*ix),
            Server::Outside(name) => name.clone(),
        }
    }

    /// Takes an open offer back, if there is one.
    fn withdraw(&mut self, id: ContactId, why: WithdrawCause) {
        let Ok(contact) = self.contact(id) else {
            return;
        };
        let Stage::Offered { agents, .. } = &contact.stage else {
            return;
        };
        let (offer, agents) = (contact.offers, agents.clone());
        self.decide(Event::Withdrawn { contact: id, offer, why });
        self.stop_ringing(id, offer, &agents, StopCause::Withdrawn(why));
    }

    fn stop_ringing(&mut self, contact: ContactId, offer: u32, agents: &[AgentIx], why: StopCause) {
        for ix in agents {
            let agent = self.name(*ix);
            self.effect(Effect::StopRinging { contact, offer, agent, why });
        }
    }

    /// To be called while the contact still knows which outside lines it called.
    fn stop_calling_outside(&mut self, id: ContactId) {
        if self.order(id).is_some_and(|order| !order.outside.is_empty()) {
            self.effect(Effect::StopCallingOutside { contact: id });
        }
    }
}
