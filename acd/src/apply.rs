//! What each event changes. Nothing is decided here: live running and replay both pass through
//! this file, which is why they end in the same state.
//!
//! An event about a contact the floor no longer holds (a transcript that comes hours later) changes
//! nothing.

mod company;
mod hours;
mod life;
mod people;
mod queueing;
mod work;

pub(crate) use hours::may_call;

use crate::Floor;
use crate::state::{AgentIx, Contact, Stage};
use vocabulary::event::Alarm;
use vocabulary::{AgentName, ContactId, Event, Time};

impl Floor {
    /// Puts one event of the journal in force. Replay is this alone.
    pub fn apply(&mut self, at: Time, event: &Event) {
        self.clock = self.clock.max(at);
        match event {
            Event::FloorOpened { floor } => {
                self.state.opened = true;
                self.state.centre.floor = floor.clone();
            }
            Event::SetUp { change, .. } => self.apply_set_up(at, change),
            Event::PresenceSet { agent, presence, .. } => self.apply_presence(at, agent, presence),
            Event::AlarmRaised { alarm, contact } => self.apply_alarm(at, *alarm, *contact, true),
            Event::AlarmCleared { alarm, contact } => self.apply_alarm(at, *alarm, *contact, false),
            Event::Arrived { contact, channel, tenant, entry } => {
                let row = Contact::new(*channel, tenant.clone(), entry.clone(), at);
                self.state.contacts.insert(*contact, row);
            }
            Event::HelpAsked { .. } => self.apply_help_asked(at, event),
            Event::PlaceKept { contact, until } => self.apply_place_kept(*contact, *until),
            Event::PlaceLapsed { contact } => {
                self.drop_place(*contact);
            }
            Event::PlaceClaimed { contact, from } => {
                let kept = self.drop_place(*from).map(|place| place.arrived);
                // Otherwise it is that of a contact that waits to be called back.
                let waits = self.state.contacts.get(from).and_then(|row| row.order.as_ref());
                let arrived = kept.or(waits.map(|order| order.arrived));
                if let (Some(row), Some(arrived)) = (self.state.contacts.get_mut(contact), arrived) {
                    row.claimed = Some(arrived);
                }
            }
            Event::WrapUpStarted { contact, agent, until } => self.apply_wrap_up(at, *contact, agent, *until),
            Event::WrappedUp { contact, agent, .. } => self.apply_wrapped_up(at, *contact, agent),
            Event::Recorded { .. } | Event::RecordingDiscarded { .. } | Event::Transcribed { .. } => {}
            Event::ConsentGiven { contact, consent } => self.apply_consent(*contact, &consent.kind),
            Event::HoursTurned { queue, open, why } => self.apply_hours(queue, *open, *why),
            Event::QueueSwitched { queue, to, .. } => self.apply_switch(queue, *to),
            Event::SurgeSet { queue, on, .. } => self.apply_surge(queue, *on),
            _ if self.apply_life(at, event) => {}
            _ => self.apply_to_contact(at, event),
        }
    }

    /// Events of a contact that is in a flow, a queue or a conversation.
    fn apply_to_contact(&mut self, at: Time, event: &Event) {
        let Some(id) = event.contact().filter(|id| self.state.contacts.contains_key(id)) else {
            return;
        };
        let was_safe = self.waits_safely(id);
        match event {
            Event::LanguageChosen { language, .. } => self.contact_mut(id).language = Some(*language),
            Event::Queued { .. } => self.apply_queued(at, id, event),
            Event::Widened { step, .. } => self.apply_widened(id, *step),
            Event::LastResortTaken { step, .. } => self.apply_rung(id, *step),
            Event::Reclassified { lane, risk, .. } => self.apply_reclassified(at, id, *lane, *risk),
            Event::Offered { offer, agents, until, .. } => self.apply_offered(at, id, *offer, agents, *until),
            Event::Declined { agent, .. } => self.apply_declined(at, id, agent),
            Event::Expired { .. } => self.apply_expired(at, id),
            Event::Withdrawn { .. } => self.apply_withdrawn(id),
            Event::Accepted { offer, agent, .. } => self.apply_accepted(at, id, *offer, agent),
            Event::ConnectFailed { .. } => self.apply_connect_failed(at, id),
            Event::Connected { .. } => {
                self.note_spoke(at, id);
                let contact = self.contact_mut(id);
                contact.connected_once = true;
                contact.call_back = None;
                if let Stage::Accepted { server, .. } = &contact.stage {
                    contact.stage = Stage::Talking { server: server.clone(), held: false };
                }
            }
            Event::Preferred { agent, until, .. } => self.apply_preferred(at, id, agent, *until),
            Event::Rescored { base, .. } => {
                self.contact_mut(id).order.iter_mut().for_each(|order| order.base = *base);
            }
            Event::Overflowed { queue, to, .. } => self.apply_overflowed(id, queue, to),
            Event::CallBackAgreed { from, until, attempts, .. } => self.apply_call_back(id, *from, *until, *attempts),
            Event::CallBackFailed { agent, next, .. } => self.apply_call_back_failed(at, id, agent, *next),
            Event::Held { .. } => self.apply_held(id, true),
            Event::Resumed { .. } => self.apply_held(id, false),
            Event::HandedOver { from, to, .. } => self.apply_handed_over(at, id, from, to),
            Event::Joined { agent, kind, .. } => self.apply_joined(at, id, agent, *kind),
            Event::Left { agent, .. } => self.apply_left(at, id, agent),
            Event::Transferred { agent, .. } => self.apply_transferred(at, id, agent),
            Event::Assigned { agent, .. } => self.apply_assigned(at, id, agent),
            Event::Ended { by, .. } => {
                self.note_served(at, id);
                self.note_over(at, id, *by);
                return self.apply_ended(at, id);
            }
            _ => {}
        }
        if !was_safe {
            self.note_arrival(at, id);
        }
        self.link_contact(id);
        if matches!(event, Event::Connected { .. } | Event::Reclassified { .. } | Event::Assigned { .. }) {
            self.look_at_work(id);
        }
    }

    fn apply_held(&mut self, id: ContactId, on: bool) {
        if let Stage::Talking { held, .. } = &mut self.contact_mut(id).stage {
            *held = on;
        }
    }

    fn apply_alarm(&mut self, at: Time, alarm: Alarm, contact: Option<ContactId>, on: bool) {
        if on {
            self.state.alarms.insert((alarm, contact));
        } else {
            self.state.alarms.remove(&(alarm, contact));
        }
        match (alarm, contact) {
            (Alarm::ImminentDropped, Some(id)) => self.apply_drop_alarm(at, id, on),
            (Alarm::SilentCapReached, _) => self.index.link_silents(&self.state),
            _ => self.index.link_storm(&self.state),
        }
        if alarm == Alarm::JournalStalled && !on {
            self.index.look_at_all();
        }
        contact.into_iter().for_each(|id| self.link_contact(id));
    }

    pub(crate) fn contact_mut(&mut self, id: ContactId) -> &mut Contact {
        self.state.contacts.get_mut(&id).expect("looked up by the caller")
    }

    pub(crate) fn link_contact(&mut self, id: ContactId) {
        self.index.link_contact(&mut self.state, id, self.clock);
    }

    pub(crate) fn link_agent(&mut self, ix: AgentIx) {
        self.note_work(ix);
        self.index.link_agent(&mut self.state, ix, self.clock);
    }

    /// The number of an agent who is set up.
    pub(crate) fn number_of(&self, name: &AgentName) -> Option<AgentIx> {
        self.state.names.get(name).copied()
    }
}
