//! What a journey can do to its citizen, whatever the channel.

use super::{Services, TextLine, VoiceLine};
use acd::Waiting;
use ivr_flows::Say;
use vocabulary::{AgentName, ContactId, EndCause, LegId};

/// A leg or a conversation.
pub enum Line {
    /// A phone or browser call.
    Voice(VoiceLine),
    /// A conversation in writing.
    Text(TextLine),
}

impl Line {
    /// Says it: audio or text.
    pub(super) async fn say(&mut self, services: &Services, say: Vec<Say>) {
        match self {
            Line::Voice(voice) => voice.say(services, &say),
            Line::Text(text) => text.say(services, &say).await,
        }
    }

    pub(super) fn stop_playing(&mut self, services: &Services) {
        if let Line::Voice(voice) = self {
            voice.stop_playing(services);
        }
    }

    pub(super) fn music(&mut self, services: &Services) {
        if let Line::Voice(voice) = self {
            voice.music(services);
        }
    }

    /// Rings the agent's phones; a conversation waits for the desk instead.
    pub(super) fn ring_agent(&mut self, services: &Services, contact: ContactId, agent: &AgentName) {
        if let Line::Voice(voice) = self {
            voice.ring_agent(services, contact, agent);
        }
    }

    pub(super) fn release_agent(&mut self, services: &Services, agent: &AgentName) {
        if let Line::Voice(voice) = self {
            voice.release_agent(services, agent);
        }
    }

    pub(super) fn agent_leg(&self, agent: &AgentName) -> Option<LegId> {
        match self {
            Line::Voice(voice) => voice.agent_leg(agent),
            Line::Text(_) => None,
        }
    }

    /// The citizen's leg.
    pub(super) fn leg(&self) -> Option<LegId> {
        match self {
            Line::Voice(voice) => Some(voice.leg()),
            Line::Text(_) => None,
        }
    }

    pub(super) async fn bridge(&mut self, services: &Services, agent_leg: Option<LegId>) {
        match self {
            Line::Voice(voice) => voice.bridge(services, agent_leg),
            Line::Text(text) => text.bridge(services).await,
        }
    }

    pub(super) fn unbridge(&mut self, services: &Services, agent_leg: Option<LegId>) {
        if let Line::Voice(voice) = self {
            voice.unbridge(services, agent_leg);
        }
    }

    /// The safe line: a conversation in writing never ends by itself from now on.
    pub(super) async fn safeguard(&mut self, services: &Services) {
        if let Line::Text(text) = self {
            text.safeguard(services).await;
        }
    }

    pub(super) async fn close(&mut self, services: &Services, cause: EndCause) {
        match self {
            Line::Voice(voice) => voice.close(services, cause),
            Line::Text(text) => text.close(services).await,
        }
    }

    /// The contact is over: a conversation is not restored any more.
    pub(super) async fn over(&self, services: &Services) {
        if let Line::Text(text) = self {
            text.over(services).await;
        }
    }

    /// Shows a writing citizen where they stand; a caller is told by the flow.
    pub(super) async fn show_position(&mut self, services: &Services, waiting: &Waiting, last: &mut u32) {
        let Line::Text(text) = self else { return };
        if *last != waiting.position {
            *last = waiting.position;
            text.show_position(services, waiting).await;
        }
    }
}

impl From<VoiceLine> for Line {
    fn from(voice: VoiceLine) -> Line {
        Line::Voice(voice)
    }
}

impl From<TextLine> for Line {
    fn from(text: TextLine) -> Line {
        Line::Text(text)
    }
}
