//! Events of agents who leave or write, of silent contacts and of dropped ones.

use crate::state::life::{Dropped, Paused};
use crate::state::{AgentIx, Stage, State};
use crate::{Floor, MOST_DROPS, MOST_SILENT, SILENT_WINDOW};
use vocabulary::centre::WrapUpMode;
use vocabulary::event::Source;
use vocabulary::{AgentName, ContactId, Event, Presence, Span, Time};

impl Floor {
    /// Events of this topic; `false` for any other.
    pub(super) fn apply_life(&mut self, at: Time, event: &Event) -> bool {
        match event {
            Event::LeavingSet { agent, then, .. } => self.apply_leaving(agent, then.clone()),
            Event::DispositionNoted { contact, agent, disposition } => {
                if let Some(ix) = self.number_of(agent) {
                    self.state.agent_mut(ix).life.verdicts.insert(*contact, disposition.clone());
                }
            }
            Event::SilentNoted { contact, source, capped } => self.apply_silent(at, *contact, *source, *capped),
            Event::DropDecided { contact, by, call } => {
                if !call {
                    self.state.watch.drops.remove(contact);
                } else if let Some(drop) = self.state.watch.drops.get_mut(contact) {
                    drop.call_by = Some(by.clone());
                }
            }
            Event::RanUnjournaled { .. } => {}
            Event::WrapUpPaused { .. } | Event::Parked { .. } | Event::Unparked { .. } => self.apply_yield(at, event),
            _ => return false,
        }
        true
    }

    fn apply_leaving(&mut self, agent: &AgentName, then: Option<Presence>) {
        let Some(ix) = self.number_of(agent) else {
            return;
        };
        if then.is_some() {
            self.leave_offers(ix);
        }
        self.state.agent_mut(ix).life.leaving = then;
        self.link_agent(ix);
    }

    fn apply_yield(&mut self, at: Time, event: &Event) {
        let (Event::WrapUpPaused { agent, .. } | Event::Parked { agent, .. } | Event::Unparked { agent, .. }) = event
        else {
            return;
        };
        let Some(ix) = self.number_of(agent) else {
            return;
        };
        let row = self.state.agent_mut(ix);
        match event {
            Event::WrapUpPaused { contact, beneath, .. } => {
                let (left, spent) = (row.wrap_until.since(at), at.since(row.wrap_from));
                row.wrapping.remove(contact);
                row.life.paused.insert(*contact, Paused { beneath: *beneath, left, spent });
            }
            Event::Parked { contact, beneath, .. } => drop(row.life.parked.insert(*contact, *beneath)),
            Event::Unparked { contact, .. } => drop(row.life.parked.remove(contact)),
            _ => {}
        }
        self.link_agent(ix);
    }

    /// Something about these agents' work changed that their links do not show.
    pub(super) fn look_at_work(&mut self, id: ContactId) {
        let contact = &self.state.contacts[&id];
        // Whom it is assigned to rests for it no more.
        contact.links.line.into_iter().for_each(|line| self.index.look_again(line));
        let offered = match &contact.stage {
            Stage::Offered { agents, .. } => agents.clone(),
            _ => Vec::new(),
        };
        let agents: Vec<AgentIx> = contact.members().chain(offered).collect();
        agents.into_iter().for_each(|ix| self.link_agent(ix));
    }

    fn apply_silent(&mut self, at: Time, id: ContactId, source: Option<Source>, capped: bool) {
        if let Some(row) = self.state.contacts.get_mut(&id) {
            row.course.silent = Some(capped);
        }
        let silents = &mut self.state.watch.silents;
        if !capped {
            silents.push_back((at, source));
        }
        let most = MOST_SILENT as usize;
        while silents.len() > most || silents.front().is_some_and(|(first, _)| *first + SILENT_WINDOW <= at) {
            silents.pop_front();
        }
        self.index.link_silents(&self.state);
    }

    /// Remembers a dropped P0 until somebody has decided; it is still on the floor when it rings.
    pub(super) fn apply_drop_alarm(&mut self, at: Time, id: ContactId, on: bool) {
        let lane = self.state.contacts.get(&id).and_then(|contact| contact.order.as_ref()).map(|order| order.lane);
        let drops = &mut self.state.watch.drops;
        if !on {
            drops.retain(|other, drop| *other != id || drop.call_by.is_some());
            return;
        }
        let decided = drops.iter().filter(|(_, drop)| drop.call_by.is_some());
        if drops.len() >= MOST_DROPS
            && let Some(oldest) = decided.min_by_key(|(id, drop)| (drop.at, **id)).map(|(id, _)| *id)
        {
            drops.remove(&oldest);
        }
        drops.insert(id, Dropped { at, lane, call_by: None });
    }

    /// The agent of a contact speaks with it.
    pub(super) fn note_spoke(&mut self, at: Time, id: ContactId) {
        self.contact_mut(id).course.spoken_since = Some(at);
        if let Some(ix) = self.state.contacts[&id].agent() {
            self.state.agent_mut(ix).life.spoke = true;
        }
    }

    /// Whether a contact is counted among those in a safeguarding lane.
    pub(super) fn waits_safely(&self, id: ContactId) -> bool {
        self.state.contacts[&id].order.as_ref().is_some_and(|order| order.safe_since.is_some())
    }

    /// A contact came into a safeguarding lane, if it is in one now.
    pub(super) fn note_arrival(&mut self, at: Time, id: ContactId) {
        if self.waits_safely(id) {
            let language = State::language_of(&self.state.contacts[&id]);
            self.state.count_arrival(at, language);
            self.index.loads_changed = true;
        }
    }

    /// A contact is over: what it took of its agent counts when it was a safeguarding one.
    pub(super) fn note_served(&mut self, at: Time, id: ContactId) {
        let contact = &self.state.contacts[&id];
        let talked = matches!(contact.stage, Stage::Talking { .. }) && contact.agent().is_some();
        let (Some(since), Some(order)) = (contact.course.spoken_since.filter(|_| talked), &contact.order) else {
            return;
        };
        if order.safe_since.is_some() {
            let wrap_up = self.state.queue(&order.queue).map_or(0, |queue| queue.wrap_up_seconds);
            let took = at.since(since) + Span::seconds(wrap_up);
            let language = State::language_of(contact);
            self.state.count_served(at, language, took);
            self.index.loads_changed = true;
        }
    }

    /// Whether wrap-up of a contact is only for an agent who wants it.
    pub(super) fn optional_wrap_up(&self, id: ContactId) -> bool {
        let order = self.state.contacts.get(&id).and_then(|contact| contact.order.as_ref());
        let queue = order.and_then(|order| self.state.queue(&order.queue));
        queue.is_some_and(|queue| queue.wrap_up == WrapUpMode::Optional)
    }
}
