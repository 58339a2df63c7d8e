//! What happens by itself when its time comes.

use super::Turn;
use crate::Floor;
use crate::command::{Effect, StopCause};
use crate::index::Subject;
use crate::state::{AgentIx, NO_ANSWER, RECOVERY, Server, Stage, away};
use vocabulary::centre::LastResortTo;
use vocabulary::event::{Actor, Alarm};
use vocabulary::{ContactId, Event, Presence};

impl Turn<'_> {
    /// Everything due by now, in order of time, then contacts, agents, places, storm.
    pub fn take_due(&mut self) {
        while let Some((at, subject)) = self.floor.index.timers.first().copied()
            && at <= self.now
        {
            let before = self.out.len();
            match subject {
                Subject::Contact(id) => self.contact_due(id),
                Subject::Agent(ix) => self.agent_due(ix),
                Subject::Place(id) => self.decide(Event::PlaceLapsed { contact: id }),
                Subject::Storm => self.set_alarm(Alarm::ExpiryStorm, None, false),
                Subject::Rest(id) => self.look_again(id),
                Subject::Hours => self.turn_hours(),
                Subject::Silents => self.set_alarm(Alarm::SilentCapReached, None, false),
            }
            let same = self.floor.index.timers.first() == Some(&(at, subject));
            // Two limits of a queue may fall on one moment: then something was done all the same.
            let done = self.out.len() > before;
            assert!(!same || done, "what was due has been done, so it is due no more: {subject:?}");
        }
    }

    fn contact_due(&mut self, id: ContactId) {
        let contact = &self.floor.state.contacts[&id];
        match &contact.stage {
            Stage::Offered { until, .. } if *until <= self.now => self.expire(id),
            Stage::Accepted { server, at } if *at + contact.join_within() <= self.now => {
                let server = server.clone();
                self.lose_agent(id, &server);
            }
            _ => {}
        }
        self.lapse_call_back(id);
        self.overflow_by_time(id);
        self.take_widenings(id);
        self.take_rungs(id);
        if let Some(order) = self.order(id)
            && self.floor.state.alarm_due(id, order).is_some_and(|at| at <= self.now)
        {
            self.set_alarm(Alarm::SafeguardingWaiting, Some(id), true);
        }
        if let Some(contact) = self.floor.state.contacts.get(&id)
            && self.floor.state.climb_due(id, contact).is_some_and(|at| at <= self.now)
        {
            self.climb(id);
        }
        // What was due may depend on another queue, which closed meanwhile.
        self.floor.link_contact(id);
    }

    /// An agent who did not take the contact may be asked again.
    fn look_again(&mut self, id: ContactId) {
        let Floor { state, index, .. } = &mut *self.floor;
        if let Some(contact) = state.contacts.get(&id)
            && contact.stage == Stage::Waiting
        {
            contact.links.line.into_iter().for_each(|line| index.look_again(line));
        }
        self.floor.link_contact(id);
    }

    fn take_widenings(&mut self, id: ContactId) {
        while let Some(order) = self.order(id)
            && self.floor.state.widening_due(order).is_some_and(|at| at <= self.now)
        {
            let step = order.widened;
            self.decide(Event::Widened { contact: id, step });
        }
    }

    fn take_rungs(&mut self, id: ContactId) {
        while let Some(order) = self.order(id)
            && self.floor.state.rung_due(order).is_some_and(|at| at <= self.now)
        {
            let step = order.rungs;
            let to = self.floor.state.chain(order)[step as usize].to.clone();
            self.decide(Event::LastResortTaken { contact: id, step });
            let voice = self.floor.state.contacts[&id].channel.is_voice();
            if voice && to != LastResortTo::AnyAgent {
                self.effect(Effect::CallOutside { contact: id, step, to });
            }
        }
    }

    /// Nobody answered: the contact keeps its place, the agents go away, unless so many offers
    /// expire that the fault is hardly theirs.
    fn expire(&mut self, id: ContactId) {
        let contact = &self.floor.state.contacts[&id];
        let Stage::Offered { agents, .. } = &contact.stage else {
            return;
        };
        let (offer, agents) = (contact.offers, agents.clone());
        self.decide(Event::Expired { contact: id, offer });
        self.stop_ringing(id, offer, &agents, StopCause::Expired);
        if self.floor.state.expiries.len() >= self.floor.state.storm_threshold() {
            self.set_alarm(Alarm::ExpiryStorm, None, true);
        }
        if self.floor.state.alarms.contains(&(Alarm::ExpiryStorm, None)) {
            return;
        }
        for ix in agents {
            // Who is shown something else meanwhile is judged by that.
            let row = self.floor.state.agent(ix);
            if row.presence == Presence::Ready && row.offered.is_empty() {
                self.change_presence(ix, away(NO_ANSWER), Actor::Centre);
            }
        }
    }

    fn agent_due(&mut self, ix: AgentIx) {
        let row = self.floor.state.agent(ix);
        if !row.wrapping.is_empty() && row.wrap_until <= self.now {
            self.close_writing(ix, row.wrapping.iter().copied().collect());
        }
        self.close_writing(ix, self.floor.state.agent(ix).writing_over(self.now));
        let row = self.floor.state.agent(ix);
        if self.floor.state.grace_due(row).is_some_and(|at| at <= self.now) {
            let engaged: Vec<ContactId> = row.engagements().collect();
            engaged.into_iter().for_each(|id| self.lose_agent(id, &Server::Agent(ix)));
        }
        self.take_up_again(ix);
        self.leave_if_done(ix);
        let row = self.floor.state.agent(ix);
        if self.floor.state.break_due(row).is_some_and(|at| at <= self.now) {
            let presence = if row.presence == Presence::Ready { away(RECOVERY) } else { Presence::Ready };
            self.change_presence(ix, presence, Actor::Centre);
        }
    }
}
