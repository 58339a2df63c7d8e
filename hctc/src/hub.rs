//! Who is told what: contacts by id, and the contacts that legs belong to. Each contact task has one
//! bounded inbox; whoever has news for a contact puts it there.

use acd::Effect;
use sip_gateway::live::GatewayEvent;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::sync::{Notify, mpsc};
use vocabulary::{AgentName, ContactId, LegId, Party};

/// News waiting for one contact. A call makes a few a second; a contact this far behind is stuck,
/// and is ended rather than allowed to hold the floor.
pub const CONTACT_INBOX: usize = 256;

/// News for a contact task.
#[derive(Debug)]
pub enum News {
    /// The floor decided.
    Floor(Effect),
    /// One of its legs did something.
    Leg(GatewayEvent),
    /// The citizen wrote.
    Wrote(String),
    /// The citizen left the conversation, by choice or by silence.
    Left(vocabulary::EndCause),
    /// An agent accepted the conversation on the desk.
    AgentAccepted(AgentName),
    /// An agent's phone registered: perhaps one that this contact has lost.
    PhoneBack(AgentName),
    /// The desk or a supervisor acts.
    Control(Control),
    /// The floor's record of the contact changed lane.
    Reclassified(vocabulary::Lane),
}

/// What a desk may ask of a contact.
#[derive(Debug)]
pub enum Control {
    /// Put the citizen on hold, or take them off.
    Hold(bool),
    /// End it.
    HangUp(Party),
}

#[derive(Default)]
struct House {
    rooms: Mutex<Rooms>,
    stirred: Notify,
}

#[derive(Default)]
struct Rooms {
    contacts: BTreeMap<ContactId, mpsc::Sender<News>>,
    legs: BTreeMap<LegId, ContactId>,
}

/// The register. Cheap to clone.
#[derive(Clone, Default)]
pub struct Hub(Arc<House>);

impl Hub {
    fn rooms(&self) -> MutexGuard<'_, Rooms> {
        self.0.rooms.lock().expect("no holder of this lock can panic: it only moves map entries")
    }

    /// A contact's inbox opens.
    pub fn open(&self, contact: ContactId) -> mpsc::Receiver<News> {
        let (sender, receiver) = mpsc::channel(CONTACT_INBOX);
        self.rooms().contacts.insert(contact, sender);
        receiver
    }

    /// A contact is over: its inbox and its legs are forgotten.
    pub fn close(&self, contact: ContactId) {
        let mut rooms = self.rooms();
        rooms.contacts.remove(&contact);
        rooms.legs.retain(|_, of| *of != contact);
    }

    /// News of this leg goes to this contact.
    pub fn own_leg(&self, leg: LegId, contact: ContactId) {
        self.rooms().legs.insert(leg, contact);
    }

    /// News of this leg goes nowhere any more.
    pub fn disown_leg(&self, leg: LegId) {
        self.rooms().legs.remove(&leg);
    }

    /// Gives news to a contact without waiting. False if there is no such contact, or it is stuck:
    /// then its inbox is closed and its task ends it.
    pub fn tell(&self, contact: ContactId, news: News) -> bool {
        let mut rooms = self.rooms();
        let Some(inbox) = rooms.contacts.get(&contact) else { return false };
        match inbox.try_send(news) {
            Ok(()) => true,
            Err(_) => {
                metrics::counter!("contacts_stuck_total").increment(1);
                rooms.contacts.remove(&contact);
                false
            }
        }
    }

    /// Gives news of a leg to its contact.
    pub fn tell_of_leg(&self, leg: LegId, event: GatewayEvent) -> bool {
        let owner = self.rooms().legs.get(&leg).copied();
        owner.is_some_and(|contact| self.tell(contact, News::Leg(event)))
    }

    /// Tells every contact.
    pub fn tell_all(&self, news: impl Fn() -> News) {
        let everyone: Vec<ContactId> = self.rooms().contacts.keys().copied().collect();
        for contact in everyone {
            self.tell(contact, news());
        }
    }

    /// Something that desks show has changed outside the floor: a phone, a tape.
    pub fn stir(&self) {
        self.0.stirred.notify_one();
    }

    /// Waits for the next [`Hub::stir`]; one that came while nobody waited counts.
    pub async fn stirred(&self) {
        self.0.stirred.notified().await;
    }

    /// How many contacts are live.
    pub fn live(&self) -> usize {
        self.rooms().contacts.len()
    }
}

impl crate::floor::Deliver for Hub {
    fn deliver(&mut self, effect: Effect) {
        let contact = match &effect {
            Effect::Ring { contact, .. }
            | Effect::StopRinging { contact, .. }
            | Effect::Bridge { contact, .. }
            | Effect::CallOutside { contact, .. }
            | Effect::StopCallingOutside { contact }
            | Effect::Treat { contact, .. }
            | Effect::CallBack { contact, .. }
            | Effect::HandOver { contact, .. }
            | Effect::Join { contact, .. }
            | Effect::Release { contact, .. }
            | Effect::Park { contact, .. } => *contact,
            // Refusals are answered to whoever sent the command.
            Effect::Refused(_) => return,
        };
        self.tell(contact, News::Floor(effect));
    }

    fn entry(&mut self, entry: &vocabulary::Entry) {
        if let vocabulary::Event::Reclassified { contact, lane, .. } = entry.event {
            self.tell(contact, News::Reclassified(lane));
        }
    }
}
