//! An immutable picture of the floor for everyone who only looks: desks, walls, contact tasks.

use acd::figures::Figures;
use acd::{ContactView, Floor, Stage};
use console::ports::{Facts, View};
use std::collections::BTreeMap;
use std::sync::Arc;
use vocabulary::centre::Centre;
use vocabulary::{AgentName, ContactId, Lane, Span, Time};

/// The floor at one moment.
#[derive(Debug)]
pub struct Picture {
    /// Contacts, agents, alarms, set-up.
    pub view: Arc<View>,
    /// The figures of the day.
    pub figures: Arc<Figures>,
    places: BTreeMap<ContactId, Lane>,
}

impl Picture {
    /// Takes one. `before` lends the set-up, which rarely changes.
    pub(super) fn of(
        floor: &Floor,
        figures: &Figures,
        facts: &mut Facts,
        at: Time,
        before: Option<&Picture>,
    ) -> Picture {
        let set_up = match before {
            Some(before) if *before.view.set_up == *floor.centre() => Arc::clone(&before.view.set_up),
            _ => Arc::new(floor.centre().clone()),
        };
        Picture {
            view: Arc::new(View::take(at, floor, set_up, facts)),
            figures: Arc::new(figures.clone()),
            places: floor.places().map(|(contact, lane, _)| (contact, lane)).collect(),
        }
    }

    /// One contact, while the floor holds it.
    pub fn contact(&self, contact: ContactId) -> Option<&ContactView> {
        self.view.contacts.get(&contact)
    }

    /// Who serves a contact, or is being joined to it.
    pub fn agent_of(&self, contact: ContactId) -> Option<AgentName> {
        match &self.contact(contact)?.stage {
            Stage::Accepted { agent } | Stage::Talking { agent, .. } => Some(agent.clone()),
            _ => None,
        }
    }

    /// The set-up in force.
    pub fn centre(&self) -> &Centre {
        &self.view.set_up
    }

    /// How long an agent who lost the network keeps the contact.
    pub fn grace(&self) -> Span {
        Span::seconds(self.centre().rules.grace_seconds)
    }

    /// The lane of a kept place that may be claimed.
    pub fn place(&self, contact: ContactId) -> Option<Lane> {
        self.places.get(&contact).copied()
    }

    /// The first word of an agent's shown name: what a citizen may know.
    pub fn first_name(&self, agent: &AgentName) -> Option<String> {
        let shown = &self.centre().agents.get(agent)?.shown_as;
        shown.split_whitespace().next().map(str::to_owned)
    }
}
