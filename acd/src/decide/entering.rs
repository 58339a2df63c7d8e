//! Coming in, entering a queue, claiming a place, changing lane or risk.

use super::Turn;
use super::overflow::Way;
use crate::rank::MOST_BASE;
use crate::state::{Contact, Place, Stage};
use crate::{MOST_CONTACTS, Refusal};
use std::collections::BTreeMap;
use std::sync::Arc;
use vocabulary::centre::{EntryName, Queue};
use vocabulary::event::{Actor, Alarm, WithdrawCause};
use vocabulary::{
    AgentName, Channel, ContactId, EndCause, Event, Lane, Language, Level, Needs, Party, QueueName, Risk, SkillName,
    TenantName,
};

/// What an `Enqueue` says beside the contact.
pub(super) struct Entry {
    pub queue: QueueName,
    pub needs: Needs,
    pub lane: Option<Lane>,
    pub risk: Risk,
    pub language: Language,
    pub base: Option<i64>,
}

/// What a contact is queued as.
struct Entered {
    queue: QueueName,
    needs: Needs,
    lane: Lane,
    risk: Risk,
    base: i64,
}

impl Turn<'_> {
    pub(super) fn arrive(
        &mut self,
        contact: ContactId,
        channel: Channel,
        tenant: TenantName,
        entry: EntryName,
    ) -> Result<(), Refusal> {
        self.may_come(contact)?;
        self.decide(Event::Arrived { contact, channel, tenant, entry });
        Ok(())
    }

    /// Whether the id is new and the floor not full.
    pub(super) fn may_come(&self, contact: ContactId) -> Result<(), Refusal> {
        let contacts = &self.floor.state.contacts;
        let state = &self.floor.state;
        let over = state.places.contains_key(&contact) || state.watch.drops.contains_key(&contact);
        if over || contacts.contains_key(&contact) {
            return Err(Refusal::KnownContact(contact));
        }
        if contacts.len() >= MOST_CONTACTS {
            return Err(Refusal::FloorFull { limit: MOST_CONTACTS });
        }
        Ok(())
    }

    pub(super) fn report(&mut self, event: Event) -> Result<(), Refusal> {
        match &event {
            // The sound is worked on long after the contact has left the floor.
            Event::Recorded { .. } | Event::RecordingDiscarded { .. } | Event::Transcribed { .. } => {}
            Event::LanguageChosen { contact, .. }
            | Event::ConsentGiven { contact, .. }
            | Event::WaitTold { contact, .. } => {
                self.contact(*contact)?;
            }
            Event::Held { contact, agent } => {
                if self.held_with(*contact, agent)? {
                    return Ok(());
                }
            }
            Event::Resumed { contact, agent } => {
                if !self.held_with(*contact, agent)? {
                    return Ok(());
                }
            }
            _ => return Err(Refusal::NotAFact),
        }
        self.decide(event);
        Ok(())
    }

    /// Whether a talking contact of this agent is on hold.
    fn held_with(&self, id: ContactId, agent: &AgentName) -> Result<bool, Refusal> {
        match &self.contact(id)?.stage {
            Stage::Talking { server, held } if self.name_of(server) == *agent => Ok(*held),
            _ => Err(Refusal::NotWith { contact: id, agent: agent.clone() }),
        }
    }

    pub(super) fn enqueue(&mut self, id: ContactId, entry: Entry) -> Result<(), Refusal> {
        self.no_request(id)?;
        let contact = self.contact(id)?;
        match contact.stage {
            Stage::Accepted { .. } | Stage::Talking { .. } => return Err(Refusal::WithAgent(id)),
            Stage::Over => return Err(Refusal::Over(id)),
            Stage::InFlow | Stage::Waiting | Stage::Offered { .. } => {}
        }
        let Some(queue) = self.floor.state.queue(&entry.queue) else {
            return Err(Refusal::UnknownQueue(entry.queue));
        };
        let lane = entry.lane.unwrap_or(queue.lane);
        let queued = Event::Queued {
            contact: id,
            needs: needs_in(queue, &entry.needs, Some(entry.language)),
            lane,
            risk: self.entry_risk(id, lane, entry.risk),
            base: entry.base.unwrap_or(queue.base).clamp(-MOST_BASE, MOST_BASE),
            arrived: age_from(contact),
            queue: entry.queue,
        };
        self.move_to(id, queued);
        Ok(())
    }

    /// Puts a contact that is with nobody into a queue, or wherever that queue sends it.
    pub(super) fn move_to(&mut self, id: ContactId, queued: Event) {
        let Way::In(queued, call_back) = self.find_way(id, queued) else { return };
        self.put_in(id, queued);
        if let Some(why) = call_back {
            self.offer_call_back(id, why);
        }
        self.drop_unsafe_call_back(id);
    }

    /// Puts a contact that is with nobody into a queue, whatever the queue says.
    pub(super) fn put_in(&mut self, id: ContactId, queued: Event) {
        let Event::Queued { lane, .. } = queued else { return };
        self.withdraw(id, WithdrawCause::Reclassified);
        self.stop_calling_outside(id);
        self.decide(queued);
        if !lane.is_safeguarding() {
            self.set_alarm(Alarm::SafeguardingWaiting, Some(id), false);
        }
        self.set_alarm(Alarm::ClimbDue, Some(id), false);
    }

    pub(super) fn claim_place(&mut self, id: ContactId, from: ContactId) -> Result<(), Refusal> {
        self.no_request(id)?;
        let contact = self.contact(id)?;
        match contact.stage {
            Stage::Accepted { .. } | Stage::Talking { .. } => return Err(Refusal::WithAgent(id)),
            Stage::Over => return Err(Refusal::Over(id)),
            Stage::InFlow | Stage::Waiting | Stage::Offered { .. } => {}
        }
        let called_back = !self.floor.state.places.contains_key(&from);
        let place = self.place_of(id, from).ok_or(Refusal::NoPlace(from))?;
        let own = contact.order.clone();
        let safe = own.as_ref().is_some_and(|order| order.lane.is_safeguarding());
        if place.lane.is_safeguarding() && !safe {
            return Err(Refusal::ConfidentialPlace);
        }
        self.decide(Event::PlaceClaimed { contact: id, from });
        if called_back {
            self.end(from, Party::Centre, EndCause::Redialled)?;
        }
        let gone = self.floor.state.queue(&place.queue).is_none();
        let Place { queue, needs, lane, risk, base, arrived, .. } = place;
        let kept = Entered { queue, needs: Arc::unwrap_or_clone(needs), lane, risk, base };
        let entered = match own {
            // On the confidential line it stays what it is now, and is as old as it was then.
            Some(o) if safe || gone => {
                let needs = Arc::unwrap_or_clone(o.needs);
                Entered { queue: o.queue, needs, lane: o.lane, risk: o.risk, base: o.base }
            }
            // The queue was removed meanwhile: the age waits for the next one.
            None if gone => return Ok(()),
            _ => kept,
        };
        let Entered { queue, needs, lane, risk, base } = entered;
        // Who has waited there before goes on waiting, even if the queue has closed meanwhile.
        self.put_in(id, Event::Queued { contact: id, queue, needs, lane, risk, base, arrived });
        Ok(())
    }

    /// The place that is kept for a redial: of a contact that is over, or of one that waits to be
    /// called back.
    fn place_of(&self, id: ContactId, from: ContactId) -> Option<Place> {
        let state = &self.floor.state;
        if let Some(place) = state.places.get(&from) {
            return Some(place.clone());
        }
        let contact = state.contacts.get(&from).filter(|row| from != id && row.waits())?;
        let (order, agreed) = (contact.order.as_ref()?, contact.call_back.as_ref()?);
        Some(Place {
            queue: order.queue.clone(),
            needs: Arc::clone(&order.needs),
            lane: order.lane,
            risk: order.risk,
            base: order.base,
            arrived: order.arrived,
            until: agreed.until,
        })
    }

    pub(super) fn reclassify(&mut self, id: ContactId, lane: Lane, risk: Risk, by: Actor) -> Result<(), Refusal> {
        self.no_request(id)?;
        let order = self.contact(id)?.order.as_ref().ok_or(Refusal::NotQueued(id))?;
        if (order.lane, order.risk) == (lane, risk) {
            return Ok(());
        }
        let opens = order.lane.is_safeguarding() && !lane.is_safeguarding();
        if (risk > order.risk || opens) && by != Actor::Centre {
            return Err(Refusal::NeedsTwo);
        }
        self.withdraw(id, WithdrawCause::Reclassified);
        if opens {
            self.stop_calling_outside(id);
        }
        self.decide(Event::Reclassified { contact: id, lane, risk, by: by.clone() });
        if opens {
            self.clear_alarms(id);
        }
        for request in self.floor.state.contacts[&id].company.requests.clone() {
            self.withdraw(request, WithdrawCause::Reclassified);
            self.decide(Event::Reclassified { contact: request, lane, risk, by: by.clone() });
        }
        self.bring_home(id);
        Ok(())
    }

    /// A waiting contact that became a safeguarding one goes to the queue of its lane: what its
    /// old queue asks for no longer matters.
    pub(super) fn bring_home(&mut self, id: ContactId) {
        self.drop_unsafe_call_back(id);
        let Ok(contact) = self.contact(id) else {
            return;
        };
        let moves = contact.waits() && contact.company.help.is_none();
        let Some(order) = contact.order.as_ref().filter(|_| moves) else {
            return;
        };
        let lane = order.lane;
        let at_home = self.floor.state.queue(&order.queue).is_some_and(|q| q.lane == lane);
        if at_home || !lane.is_safeguarding() {
            return;
        }
        let Some(home) = self.floor.state.home_of(lane) else {
            return;
        };
        let queued = Event::Queued {
            contact: id,
            queue: home.name.clone(),
            needs: needs_in(home, &Needs::default(), contact.language.or(order.needs.language)),
            lane,
            risk: order.risk,
            base: home.base,
            arrived: order.arrived,
        };
        self.move_to(id, queued);
    }
}

/// From when a contact's age counts.
fn age_from(contact: &Contact) -> vocabulary::Time {
    let queued = contact.order.as_ref().map(|order| order.arrived);
    contact.claimed.or(queued).unwrap_or(contact.came)
}

/// What a contact asks for in a queue: the queue's needs and its own, the higher of two levels.
pub(super) fn needs_in(queue: &Queue, own: &Needs, language: Option<Language>) -> Needs {
    let mut skills: BTreeMap<SkillName, Level> = queue.skills.clone();
    for (skill, level) in &own.skills {
        let asked = skills.entry(skill.clone()).or_insert(*level);
        *asked = (*asked).max(*level);
    }
    let language = if queue.language { language.or(own.language) } else { own.language };
    Needs { skills, language, tier: own.tier.max(queue.tier) }
}
