//! What the journal's entries add to the metrics: contacts by channel and outcome, offers by what became
//! of them. No lane, queue or risk is a label: a safeguarding contact is one of its channel's.

use acd::{ContactView, Stage};
use std::collections::BTreeMap;
use vocabulary::{Channel, ContactId, EndCause, Entry, Event};

/// What is known of a contact before the entries being counted.
#[derive(Clone, Copy)]
pub(super) struct Before {
    channel: Channel,
    served: bool,
}

impl Before {
    /// From the floor's view of it.
    pub(super) fn of(contact: &ContactView) -> Before {
        Before { channel: contact.channel, served: matches!(contact.stage, Stage::Talking { .. } | Stage::WrapUp { .. }) }
    }
}

/// Counts entries that have become durable. `before` tells of contacts that are older than they are.
pub(super) fn count(entries: &[Entry], before: impl Fn(ContactId) -> Option<Before>) {
    let mut seen: BTreeMap<ContactId, Before> = BTreeMap::new();
    for entry in entries {
        if let Some(contact) = entry.event.contact()
            && let Some(known) = seen.get(&contact).copied().or_else(|| before(contact))
        {
            seen.insert(contact, known);
        }
        match &entry.event {
            Event::Arrived { contact, channel, .. } => {
                seen.insert(*contact, Before { channel: *channel, served: false });
                metrics::counter!("contacts_arrived_total", "channel" => channel.as_str()).increment(1);
            }
            Event::Connected { contact, .. } => {
                if let Some(known) = seen.get_mut(contact) {
                    known.served = true;
                }
            }
            Event::Ended { contact, cause, .. } => {
                if let Some(known) = seen.get(contact) {
                    let labels = [("channel", known.channel.as_str()), ("outcome", outcome(known.served, *cause))];
                    metrics::counter!("contacts_total", &labels).increment(1);
                }
            }
            Event::Offered { .. } => offer("made"),
            Event::Accepted { .. } => offer("accepted"),
            Event::Declined { .. } => offer("declined"),
            Event::Expired { .. } => offer("expired"),
            Event::Withdrawn { .. } => offer("withdrawn"),
            _ => {}
        }
    }
}

fn offer(outcome: &'static str) {
    metrics::counter!("offers_total", "outcome" => outcome).increment(1);
}

/// A failure is named as such whether or not someone was being served.
fn outcome(served: bool, cause: EndCause) -> &'static str {
    match cause {
        EndCause::Restart => "restart",
        EndCause::Fault => "fault",
        EndCause::Busy => "busy",
        EndCause::UnknownNumber => "unknown_number",
        EndCause::SelfServed => "self_served",
        EndCause::Closed => "closed",
        EndCause::MessageLeft => "message",
        EndCause::NotReached => "not_reached",
        EndCause::Redialled => "redialled",
        EndCause::HelpOver => "help",
        EndCause::Normal | EndCause::Lost | EndCause::Idle if served => "served",
        EndCause::Normal | EndCause::Lost | EndCause::Idle => "left",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_was_served_and_hangs_up_is_served() {
        assert_eq!(outcome(true, EndCause::Normal), "served");
        assert_eq!(outcome(false, EndCause::Normal), "left");
        assert_eq!(outcome(true, EndCause::Restart), "restart");
    }
}
