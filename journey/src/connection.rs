//! Who is being rung for one contact, who answered, who won.

use std::collections::BTreeMap;
use vocabulary::AgentName;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Ringing,
    Answered,
}

/// The agents of one contact. The floor fences the winner; this only remembers what was told, so
/// that a late answer is released and nobody keeps ringing.
#[derive(Debug, Default)]
pub(crate) struct Connection {
    offer: u32,
    ringing: BTreeMap<AgentName, State>,
    winner: Option<AgentName>,
}

impl Connection {
    /// Nobody, or an agent who is there already.
    pub(crate) fn with(winner: Option<AgentName>) -> Connection {
        Connection { winner, ..Connection::default() }
    }

    pub(crate) fn ring(&mut self, offer: u32, agent: AgentName) {
        self.offer = offer;
        self.ringing.insert(agent, State::Ringing);
    }

    /// Forgets an agent who was being rung. True if they were, and are not the winner.
    pub(crate) fn stop_ringing(&mut self, agent: &AgentName) -> bool {
        self.ringing.remove(agent).is_some() && self.winner.as_ref() != Some(agent)
    }

    /// The offer to accept, if this agent was being rung and nobody has won.
    pub(crate) fn answered(&mut self, agent: &AgentName) -> Option<u32> {
        if self.winner.is_some() {
            return None;
        }
        let state = self.ringing.get_mut(agent)?;
        *state = State::Answered;
        Some(self.offer)
    }

    /// The offer this agent's leg ended before anyone won, if they were being rung.
    pub(crate) fn gone(&mut self, agent: &AgentName) -> Option<u32> {
        self.ringing.remove(agent).map(|_| self.offer)
    }

    /// Records the winner; returns the others who were being rung.
    pub(crate) fn won(&mut self, offer: u32, agent: &AgentName) -> Vec<AgentName> {
        self.offer = offer;
        self.winner = Some(agent.clone());
        self.ringing.remove(agent);
        std::mem::take(&mut self.ringing).into_keys().collect()
    }

    /// Lets the winner go.
    pub(crate) fn release(&mut self) -> Option<AgentName> {
        self.winner.take()
    }

    /// Another agent takes the winner's place.
    pub(crate) fn hand_over(&mut self, to: AgentName) {
        self.winner = Some(to);
    }

    pub(crate) fn winner(&self) -> Option<&AgentName> {
        self.winner.as_ref()
    }

    /// Everyone who still has a leg because of this contact.
    pub(crate) fn everyone(&mut self) -> Vec<AgentName> {
        let mut all: Vec<AgentName> = std::mem::take(&mut self.ringing).into_keys().collect();
        all.extend(self.winner.take());
        all
    }
}
