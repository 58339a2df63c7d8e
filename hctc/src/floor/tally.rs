//! What Prometheus counts of the journal: contacts by channel and outcome, offers by how they ended.
//! Nothing here knows a lane: a safeguarding contact is one contact among all.

use std::collections::BTreeMap;
use vocabulary::{Channel, ContactId, EndCause, Entry, Event, Party};

/// Contacts that have not ended, as far as counting needs to know them.
#[derive(Default)]
pub struct Tally {
    live: BTreeMap<ContactId, Live>,
}

struct Live {
    channel: Channel,
    connected: bool,
}

impl Tally {
    /// Counts one entry. Those of earlier runs are given to [`Tally::recover`] instead.
    pub fn count(&mut self, entry: &Entry) {
        match &entry.event {
            Event::Offered { .. } => offers("made"),
            Event::Accepted { .. } => offers("accepted"),
            Event::Declined { .. } => offers("declined"),
            Event::Expired { .. } => offers("expired"),
            Event::Withdrawn { .. } => offers("withdrawn"),
            Event::Ended { contact, by, cause } => {
                if let Some(live) = self.live.get(contact) {
                    let outcome = outcome(live.connected, *by, *cause);
                    metrics::counter!("contacts_total", "channel" => live.channel.as_str(), "outcome" => outcome)
                        .increment(1);
                }
            }
            _ => {}
        }
        self.recover(entry);
    }

    /// Takes in an entry without counting it.
    pub fn recover(&mut self, entry: &Entry) {
        match &entry.event {
            Event::Arrived { contact, channel, .. } => {
                self.live.insert(*contact, Live { channel: *channel, connected: false });
            }
            Event::Connected { contact, .. } => {
                if let Some(live) = self.live.get_mut(contact) {
                    live.connected = true;
                }
            }
            Event::Ended { contact, .. } => {
                self.live.remove(contact);
            }
            _ => {}
        }
    }
}

fn offers(outcome: &'static str) {
    metrics::counter!("offers_total", "outcome" => outcome).increment(1);
}

fn outcome(connected: bool, by: Party, cause: EndCause) -> &'static str {
    match (connected, cause) {
        (true, _) => "answered",
        (false, EndCause::SelfServed) => "self_served",
        (false, EndCause::Restart) => "restart",
        (false, EndCause::Busy) => "refused",
        (false, EndCause::Fault) => "fault",
        (false, _) if by == Party::Citizen => "abandoned",
        (false, _) => "ended",
    }
}
