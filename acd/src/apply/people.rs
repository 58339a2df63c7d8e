//! Events of set-up, agents, wrap-up and places.

use crate::Floor;
use crate::index::{Index, Subject};
use crate::state::{AgentIx, AgentRow, Place, Stage};
use std::sync::Arc;
use vocabulary::centre::Change;
use vocabulary::{AgentName, ContactId, Presence, Span, Time};

impl Floor {
    pub(super) fn apply_set_up(&mut self, at: Time, change: &Change) {
        let mut rebuild = false;
        for change in change.each() {
            rebuild |= self.apply_change(at, change);
        }
        if rebuild {
            self.index = Index::rebuild(&mut self.state, self.clock);
        }
    }

    /// Puts one change in force; tells whether orders, slopes or steps of many may have changed, so
    /// that the index must be made anew.
    fn apply_change(&mut self, at: Time, change: &Change) -> bool {
        let known = match change {
            Change::AgentSet { agent } => self.number_of(&agent.name),
            Change::AgentRemoved { agent } => self.number_of(agent),
            _ => None,
        };
        if let Some(ix) = known {
            self.index.forget_group(&mut self.state, ix, self.clock);
        }
        let queue_known = matches!(change, Change::QueueSet { queue } if self.state.queue(&queue.name).is_some());
        self.state.centre.apply(change);
        if let Change::QueueRemoved { queue } = change {
            self.state.hours.remove(queue);
            self.state.surge.remove(queue);
        }
        match change {
            Change::AgentSet { agent } => {
                let ix = known.unwrap_or_else(|| {
                    self.state.agents.push(AgentRow::new(agent.name.clone(), at));
                    let ix = (self.state.agents.len() - 1) as AgentIx;
                    self.state.names.insert(agent.name.clone(), ix);
                    ix
                });
                self.link_agent(ix);
                false
            }
            Change::AgentRemoved { agent } => {
                self.state.names.remove(agent);
                if let Some(ix) = known {
                    self.state.agent_mut(ix).gone = true;
                    self.link_agent(ix);
                }
                false
            }
            Change::EntrySet { .. }
            | Change::EntryRemoved { .. }
            | Change::ShiftSet { .. }
            | Change::ShiftRemoved { .. }
            | Change::AbsenceSet { .. }
            | Change::AbsenceRemoved { .. } => false,
            // A new queue changes nothing that waits, unless it is the home of a lane whose
            // contacts had none, or others climb to it.
            Change::QueueSet { queue } => {
                self.state.queues.insert(queue.name.clone(), queue.clone());
                self.index.link_hours(&self.state, self.clock);
                queue_known || queue.lane.is_safeguarding() || self.state.climbs_to(&queue.name).is_some()
            }
            Change::RulesSet { .. }
            | Change::QueueRemoved { .. }
            | Change::CalendarSet { .. }
            | Change::CalendarRemoved { .. }
            | Change::Together { .. } => true,
        }
    }

    pub(super) fn apply_presence(&mut self, at: Time, agent: &AgentName, presence: &Presence) {
        let Some(ix) = self.number_of(agent) else {
            return;
        };
        let rest = Span::seconds(self.state.centre.rules.recovery_seconds);
        let row = self.state.agent_mut(ix);
        let was_ready = row.presence == Presence::Ready;
        // Whoever ended a recovery decided that it was enough: the clock or a supervisor. Any
        // other absence counts when it was as long.
        let recovered = !was_ready && (row.on_break() || at.since(row.since) >= rest);
        match presence {
            Presence::Ready if recovered => row.row = 0,
            Presence::Ready => {}
            Presence::Away { .. } | Presence::Offline => row.break_from = at,
        }
        row.presence = presence.clone();
        row.since = at;
        row.life.spoke = false;
        if !row.engaged() {
            row.life.leaving = None;
        }
        if *presence == Presence::Ready {
            if !was_ready {
                self.go_behind_the_idle(at, ix);
            }
        } else {
            self.leave_offers(ix);
        }
        self.link_agent(ix);
    }

    /// An agent who is not ready is in no offer.
    pub(super) fn leave_offers(&mut self, ix: AgentIx) {
        let engaged: Vec<ContactId> = self.state.agent(ix).engagements().collect();
        for id in engaged {
            if let Stage::Offered { agents, .. } = &mut self.contact_mut(id).stage {
                agents.retain(|other| *other != ix);
                self.state.agent_mut(ix).release(id);
            }
        }
    }

    /// The agent has just done something: everyone idle before goes first.
    pub(super) fn go_behind_the_idle(&mut self, at: Time, ix: AgentIx) {
        self.state.idle_count += 1;
        let idle = self.state.idle_count;
        let row = self.state.agent_mut(ix);
        row.idle = idle;
        row.idle_since = at;
    }

    pub(super) fn apply_wrap_up(&mut self, at: Time, id: ContactId, agent: &AgentName, until: Time) {
        let Some(ix) = self.number_of(agent) else {
            return;
        };
        self.state.agent_mut(ix).start_clock(at, id, until);
        self.link_agent(ix);
    }

    pub(super) fn apply_wrapped_up(&mut self, at: Time, id: ContactId, agent: &AgentName) {
        let Some(ix) = self.number_of(agent) else {
            return;
        };
        if let Some(contact) = self.state.contacts.get_mut(&id) {
            contact.company.writers.remove(&ix);
            self.leave_the_floor(id);
        }
        let row = self.state.agent_mut(ix);
        row.wrapping.remove(&id);
        row.break_from = at;
        // Who could be offered something while they wrote has been idle for longer.
        if row.stop_writing(id) && row.wrapping.is_empty() {
            self.go_behind_the_idle(at, ix);
        }
        self.link_agent(ix);
    }

    pub(super) fn apply_place_kept(&mut self, id: ContactId, until: Time) {
        let Some(order) = self.state.contacts.get(&id).and_then(|c| c.order.as_ref()) else {
            return;
        };
        let place = Place {
            queue: order.queue.clone(),
            needs: Arc::clone(&order.needs),
            lane: order.lane,
            risk: order.risk,
            base: order.base,
            arrived: order.arrived,
            until,
        };
        let old = self.state.places.insert(id, place).map(|old| old.until);
        self.index.move_timer(Subject::Place(id), old, Some(until));
    }

    pub(super) fn drop_place(&mut self, id: ContactId) -> Option<Place> {
        let place = self.state.places.remove(&id)?;
        self.index.move_timer(Subject::Place(id), Some(place.until), None);
        Some(place)
    }
}
