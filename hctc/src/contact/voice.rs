//! A citizen's call: their leg, and the legs of agents being rung or joined.

use super::task::ContactTask;
use super::Services;
use super::legs::ordered;
use super::outside::Taken;
use ivr_flows::Say;
use journey::Command;
use sip_gateway::live::{GatewayEvent, Ringing};
use std::collections::BTreeMap;
use vocabulary::{AgentName, ContactId, EndCause, LegId};

/// Number of the play that is music; what is said counts up from 1.
const MUSIC: u64 = 0;

/// One citizen's leg and its agents'.
pub struct VoiceLine {
    leg: LegId,
    /// What an agent's phone shows: the number where it may be shown, else nothing of the caller.
    shown_as: String,
    agents: BTreeMap<AgentName, LegId>,
    play: u64,
    citizen_gone: bool,
}

impl VoiceLine {
    /// A leg that was invited.
    pub fn new(leg: LegId, shown_as: String) -> VoiceLine {
        VoiceLine { leg, shown_as, agents: BTreeMap::new(), play: MUSIC, citizen_gone: false }
    }

    /// The citizen's leg.
    pub fn leg(&self) -> LegId {
        self.leg
    }

    pub(super) fn agent_leg(&self, agent: &AgentName) -> Option<LegId> {
        self.agents.get(agent).copied()
    }

    fn agent_of(&self, leg: LegId) -> Option<AgentName> {
        self.agents.iter().find(|(_, of)| **of == leg).map(|(agent, _)| agent.clone())
    }

    pub(super) fn say(&mut self, services: &Services, say: &[Say]) {
        let catalogue = services.flows.catalogue();
        let named = say.iter().flat_map(|one| catalogue.clips(one).into_iter().map(|name| (one.language, name)));
        let clips = named.filter_map(|(language, name)| services.prompts.clip(language, &name)).collect();
        self.play += 1;
        ordered(services.gateway.play(self.leg, self.play, clips, false));
    }

    pub(super) fn stop_playing(&mut self, services: &Services) {
        ordered(services.gateway.stop_playing(self.leg));
    }

    pub(super) fn music(&mut self, services: &Services) {
        ordered(services.gateway.play(self.leg, MUSIC, vec![services.prompts.music()], true));
    }

    pub(super) fn ring_agent(&mut self, services: &Services, contact: ContactId, agent: &AgentName) {
        let leg = LegId(services.clock.mint());
        self.agents.insert(agent.clone(), leg);
        services.hub.own_leg(leg, contact);
        ordered(services.gateway.ring(leg, agent, Ringing { contact, shown_as: self.shown_as.clone() }));
    }

    pub(super) fn release_agent(&mut self, services: &Services, agent: &AgentName) {
        if let Some(leg) = self.agents.remove(agent) {
            services.hub.disown_leg(leg);
            ordered(services.gateway.hang_up(leg));
        }
    }

    pub(super) fn bridge(&mut self, services: &Services, agent_leg: Option<LegId>) {
        if let Some(agent_leg) = agent_leg {
            ordered(services.gateway.bridge(self.leg, agent_leg));
        }
    }

    pub(super) fn unbridge(&mut self, services: &Services, agent_leg: Option<LegId>) {
        if let Some(agent_leg) = agent_leg {
            ordered(services.gateway.unbridge(self.leg, agent_leg));
        }
    }

    pub(super) fn close(&mut self, services: &Services, _cause: EndCause) {
        for leg in std::mem::take(&mut self.agents).into_values() {
            ordered(services.gateway.hang_up(leg));
        }
        if !self.citizen_gone {
            ordered(services.gateway.hang_up(self.leg));
        }
    }
}

impl ContactTask {
    /// News of one of this contact's legs.
    pub(super) async fn on_leg(&mut self, event: GatewayEvent) {
        match self.outside.on_leg(&self.services, &event).await {
            Taken::NotMine => {}
            Taken::Done => return,
            Taken::Lost(agent) => {
                return self.command(Command::AgentGone { agent, cause: EndCause::Normal }).await;
            }
        }
        let super::line::Line::Voice(voice) = &mut self.line else { return };
        let command = match event {
            GatewayEvent::MediaUp { leg } if leg == voice.leg => Command::Begin,
            GatewayEvent::Digit { leg, digit } if leg == voice.leg => Command::Digit(digit),
            GatewayEvent::Played { leg, play } if leg == voice.leg && play == voice.play => Command::Played,
            GatewayEvent::Ended { leg, cause, .. } if leg == voice.leg => {
                voice.citizen_gone = true;
                Command::CitizenLeft { cause }
            }
            GatewayEvent::Answered { leg } => match voice.agent_of(leg) {
                Some(agent) => Command::AgentAnswered { agent },
                None => return,
            },
            GatewayEvent::HoldChanged { leg, on } if voice.agent_of(leg).is_some() => Command::Hold(on),
            GatewayEvent::Ended { leg, cause, code, .. } => match voice.agent_of(leg) {
                Some(agent) => {
                    voice.agents.remove(&agent);
                    self.services.hub.disown_leg(leg);
                    tracing::debug!(contact = %self.contact, code, "an agent's leg ended");
                    Command::AgentGone { agent, cause }
                }
                None => return,
            },
            _ => return,
        };
        self.command(command).await;
    }
}

