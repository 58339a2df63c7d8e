//! Silent contacts, dropped ones, agents beyond the soft cap, and what was done while the journal
//! could not be written.

use super::Turn;
use crate::state::Stage;
use crate::{MOST_DROPS, Refusal};
use vocabulary::centre::Role;
use vocabulary::event::{Alarm, Source};
use vocabulary::{AgentName, ContactId, Event, Lane, Risk};

impl Turn<'_> {
    /// Nobody can tell a silent victim from a prank, so none is refused: of one source, and within
    /// an hour, only so many go first. A contact that waits already is never put behind.
    pub(super) fn note_silent(&mut self, id: ContactId, source: Option<Source>) -> Result<(), Refusal> {
        self.no_request(id)?;
        let contact = self.contact(id)?;
        match contact.stage {
            Stage::Accepted { .. } | Stage::Talking { .. } => return Err(Refusal::WithAgent(id)),
            Stage::Over => return Err(Refusal::Over(id)),
            Stage::InFlow | Stage::Waiting | Stage::Offered { .. } => {}
        }
        if contact.course.silent.is_some() {
            return Ok(());
        }
        let capped = self.floor.state.silent_capped(source, self.now);
        let order = contact.order.as_ref().filter(|order| order.lane.is_safeguarding());
        let raised = order.map(|order| (order.lane, order.risk.min(silent_risk(capped)), order.risk));
        self.decide(Event::SilentNoted { contact: id, source, capped });
        if capped {
            self.set_alarm(Alarm::SilentCapReached, None, true);
        }
        if let Some((lane, risk, before)) = raised
            && risk < before
        {
            self.reclassify(id, lane, risk, vocabulary::event::Actor::Centre)?;
        }
        Ok(())
    }

    /// How urgent a contact enters a queue: a silent one as the caps allow, unless it is in danger
    /// for another reason.
    pub(super) fn entry_risk(&self, id: ContactId, lane: Lane, risk: Risk) -> Risk {
        let silent = self.floor.state.contacts.get(&id).and_then(|contact| contact.course.silent);
        match silent {
            Some(capped) if lane.is_safeguarding() && risk != Risk::P0 => silent_risk(capped),
            _ => risk,
        }
    }

    /// A dropped P0 rings until somebody has decided.
    pub(super) fn ring_drop(&mut self, id: ContactId) {
        let drops = &self.floor.state.watch.drops;
        let undecided = drops.values().all(|drop| drop.call_by.is_none());
        if drops.len() >= MOST_DROPS && undecided {
            let oldest = drops.iter().min_by_key(|(id, drop)| (drop.at, **id)).map(|(id, _)| *id);
            self.set_alarm(Alarm::ImminentDropped, oldest, false);
        }
        self.decide(Event::AlarmRaised { alarm: Alarm::ImminentDropped, contact: Some(id) });
    }

    /// A supervisor cleared for its lane decides; nobody else learns that there is anything to
    /// decide. A later decision replaces an earlier one: `call` no longer takes it off the list.
    pub(super) fn decide_drop(&mut self, id: ContactId, by: AgentName, call: bool) -> Result<(), Refusal> {
        let nothing = Refusal::NothingDropped(id);
        let ix = self.agent(&by)?;
        let drop = self.floor.state.watch.drops.get(&id).ok_or(nothing.clone())?;
        let decides = self.floor.state.set_up(ix).is_some_and(|staff| {
            let lanes = drop.lane.as_slice();
            let lanes = if lanes.is_empty() { &Lane::ALL[..3] } else { lanes };
            let cleared = lanes.iter().any(|lane| staff.clearance_counts(*lane, self.now));
            staff.roles.contains(&Role::Supervisor) && cleared
        });
        if !decides {
            return Err(nothing);
        }
        if call && drop.call_by.is_some() {
            return Ok(());
        }
        self.decide(Event::DropDecided { contact: id, by, call });
        self.set_alarm(Alarm::ImminentDropped, Some(id), false);
        Ok(())
    }

    pub(super) fn soft_cap_over(&mut self, id: ContactId) {
        self.set_alarm(Alarm::SoftCapPassed, Some(id), false);
    }

    /// An agent to whom a break is owed serves one more: the supervisors are told until it is over.
    pub(super) fn watch_soft_cap(&mut self, id: ContactId, agent: &AgentName) {
        let state = &self.floor.state;
        let row = self.floor.number_of(agent).map(|ix| state.agent(ix));
        let contact = self.floor.state.contacts.get(&id).filter(|contact| contact.company.help.is_none());
        let order = contact.and_then(|contact| contact.order.as_ref());
        let safe = order.is_some_and(|order| order.lane.is_safeguarding());
        let passed = safe && row.is_some_and(|row| state.break_owed(row));
        self.set_alarm(Alarm::SoftCapPassed, Some(id), passed);
    }
}

/// How urgent nobody's word is: P1, and P2 when too many came before.
fn silent_risk(capped: bool) -> Risk {
    if capped { Risk::P2 } else { Risk::P1 }
}
