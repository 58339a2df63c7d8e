//! A contact's tape: tells the recording policy what happened and does what it orders, by opening a
//! tap on the legs and beginning a sealed file, or by closing both with the fate that was decided.

use super::Services;
use super::legs::ordered;
use journey::Journey;
use recordings::{Begin, ContactKey, Course, Fact, Fate, Order, Purpose, RING_FRAMES};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard};
use vocabulary::{ContactId, LegId, RecordingId};

/// The contacts being recorded at this moment, for desks to show.
#[derive(Default)]
pub struct OnTape(Mutex<BTreeSet<ContactId>>);

impl OnTape {
    fn contacts(&self) -> MutexGuard<'_, BTreeSet<ContactId>> {
        self.0.lock().expect("no holder of this lock can panic: it only moves set entries")
    }

    /// Whether a contact is being recorded.
    pub fn has(&self, contact: ContactId) -> bool {
        self.contacts().contains(&contact)
    }
}

/// One contact's recording, present and possible.
pub struct Tape {
    services: Arc<Services>,
    contact: ContactId,
    course: Course,
    running: Option<(RecordingId, Purpose)>,
    legs: Option<(LegId, LegId)>,
}

impl Tape {
    /// Nothing heard, nothing recorded.
    pub fn new(services: Arc<Services>, contact: ContactId) -> Tape {
        Tape { services, contact, course: Course::new(), running: None, legs: None }
    }

    /// Citizen and agent can hear each other. Writing has no legs and no tape.
    pub async fn bridged(&mut self, citizen: Option<LegId>, agent: Option<LegId>, journey: &Journey) {
        let legs = citizen.zip(agent);
        if let Some((_, purpose)) = self.running
            && legs != self.legs
        {
            // An agent came back on a new leg: a tap belongs to two legs, so a second file goes on.
            self.stop(Fate::Keep);
            self.legs = legs;
            self.start(purpose, journey).await;
        }
        self.legs = legs;
        self.tell(Fact::Bridged, journey).await;
    }

    /// Takes in a fact and does what follows from it.
    pub async fn tell(&mut self, fact: Fact, journey: &Journey) {
        self.course.tell(fact);
        match self.course.order(self.running.map(|(_, purpose)| purpose)) {
            Order::Nothing => {}
            Order::Start(purpose) => self.start(purpose, journey).await,
            Order::Stop(fate) => self.stop(fate),
            Order::Replace(fate, purpose) => {
                self.stop(fate);
                self.start(purpose, journey).await;
            }
        }
    }

    async fn start(&mut self, purpose: Purpose, journey: &Journey) {
        let Some((citizen, agent)) = self.legs else { return };
        let key = match self.services.crm.vault.contact_key(self.contact).await {
            Ok(key) => key,
            Err(error) => {
                // A call is worth more than its recording: it goes on without one, and says so.
                tracing::error!(contact = %self.contact, %error, "not recorded: no key");
                metrics::counter!("recordings_failed_total").increment(1);
                return;
            }
        };
        let recording = RecordingId(self.services.clock.mint());
        let (sink, frames) = rtrb::RingBuffer::new(RING_FRAMES);
        let begin = Begin {
            recording,
            contact: self.contact,
            tenant: journey.tenant().clone(),
            language: journey.language(),
            started_at: self.services.clock.now(),
            purpose,
            transcribe: !journey.lane().is_safeguarding(),
            contact_key: ContactKey::new(*key.bytes()),
            frames,
        };
        if let Err(error) = self.services.tapes.begin(begin) {
            tracing::error!(contact = %self.contact, %error, "not recorded");
            metrics::counter!("recordings_failed_total").increment(1);
            return;
        }
        ordered(self.services.gateway.tap(citizen, agent, sink));
        self.running = Some((recording, purpose));
        self.services.on_tape.contacts().insert(self.contact);
        self.services.hub.stir();
    }

    fn stop(&mut self, fate: Fate) {
        let Some((recording, _)) = self.running.take() else { return };
        self.services.on_tape.contacts().remove(&self.contact);
        self.services.hub.stir();
        if let Some((citizen, _)) = self.legs {
            ordered(self.services.gateway.untap(citizen));
        }
        if let Err(error) = self.services.tapes.stop(recording, fate) {
            tracing::error!(contact = %self.contact, %error, "a recording was not given its fate");
            metrics::counter!("recordings_failed_total").increment(1);
        }
    }
}
