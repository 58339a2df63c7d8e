//! How contacts end: by anyone, in any state, once; wrap-up; the restart of the process.

use super::Turn;
use crate::state::{AgentIx, Contact, Stage};
use crate::{MOST_PLACES, Refusal};
use vocabulary::event::{Actor, WithdrawCause};
use vocabulary::{ContactId, EndCause, Event, Party, Presence, Risk, Span};

impl Turn<'_> {
    pub(super) fn end(&mut self, id: ContactId, by: Party, cause: EndCause) -> Result<(), Refusal> {
        if self.contact(id)?.stage == Stage::Over {
            return Err(Refusal::Over(id));
        }
        if self.only_hangs_up(id, by) {
            return Ok(());
        }
        let why = if cause == EndCause::Restart { WithdrawCause::Restart } else { WithdrawCause::ContactLeft };
        if self.no_request(id).is_err() {
            self.end_request(id, by, why);
            return Ok(());
        }
        self.end_requests(id, why);
        self.withdraw(id, why);
        self.stop_calling_outside(id);
        let contact = self.contact(id)?;
        let dropped = dropped_in_danger(contact, by, cause);
        let talks = matches!(contact.stage, Stage::Talking { .. });
        let writers: Vec<AgentIx> = contact.members().filter(|_| talks).collect();
        let place = Span::seconds(self.floor.state.centre.rules.place_seconds);
        if place > Span::ZERO && self.floor.state.places.len() < MOST_PLACES && keeps_place(contact, by, cause) {
            self.decide(Event::PlaceKept { contact: id, until: self.now + place });
        }
        if dropped {
            self.ring_drop(id);
        }
        self.decide(Event::Ended { contact: id, by, cause });
        self.clear_alarms(id);
        writers.into_iter().for_each(|ix| self.start_wrap_up(id, ix));
        Ok(())
    }

    /// The process was gone: voice legs died with it, offers ring nowhere, nobody is logged in.
    pub(super) fn restart(&mut self) {
        let ids: Vec<ContactId> = self.floor.state.contacts.keys().copied().collect();
        for id in ids {
            // A request may have ended with its contact.
            let Some(contact) = self.floor.state.contacts.get(&id) else {
                continue;
            };
            let stale = self.is_stale(id);
            let lost = match &contact.stage {
                Stage::Accepted { server, .. } => Some(server.clone()),
                _ => None,
            };
            if contact.has_no_leg() {
                self.restart_call_back(id, lost);
                continue;
            }
            if contact.channel.is_voice() || stale {
                // Wrap-ups are over for the citizen already; their clock goes on.
                let _over = self.end(id, Party::Centre, EndCause::Restart);
                continue;
            }
            self.withdraw(id, WithdrawCause::Restart);
            lost.into_iter().for_each(|server| self.lose_agent(id, &server));
        }
        for ix in 0..self.floor.state.agents.len() as AgentIx {
            let row = self.floor.state.agent(ix);
            if !row.gone && row.presence != Presence::Offline {
                self.change_presence(ix, Presence::Offline, Actor::Centre);
            }
        }
    }
}

/// A place outlives a voice contact that left while it waited, or that a failure cut off.
fn keeps_place(contact: &Contact, by: Party, cause: EndCause) -> bool {
    let lost = matches!(cause, EndCause::Lost | EndCause::Fault | EndCause::Restart);
    let left = cause == EndCause::Normal && by == Party::Citizen;
    contact.channel.is_voice() && contact.order.is_some() && (lost || (left && !contact.connected_once))
}

/// A P0 contact that was cut off, or gave up before anyone spoke to it.
fn dropped_in_danger(contact: &Contact, by: Party, cause: EndCause) -> bool {
    let lost = matches!(cause, EndCause::Lost | EndCause::Fault | EndCause::Restart | EndCause::NotReached);
    let left = by == Party::Citizen && !matches!(contact.stage, Stage::Talking { .. });
    contact.order.as_ref().is_some_and(|order| order.risk == Risk::P0) && (lost || left)
}
