//! The last resort: phones and lines outside the centre, dialled for a safeguarding contact. Only a
//! person's answer counts: whoever picks up the on-call phone presses 1, so that a voicemail never
//! gets a caller in danger. A helpline of another body is bridged when it answers: it has its own
//! people and its own menu.

use super::Services;
use super::legs::ordered;
use sip_gateway::live::GatewayEvent;
use std::collections::BTreeMap;
use vocabulary::centre::LastResortTo;
use vocabulary::{AgentName, ContactId, Language, LegId};

/// Digit that says "I am a person and take the call".
const TAKE: char = '1';

struct Dialled {
    leg: LegId,
    needs_key: bool,
}

/// What became of news of a leg.
pub(super) enum Taken {
    /// It was not one of these.
    NotMine,
    /// It was dealt with.
    Done,
    /// The line that had won is gone.
    Lost(AgentName),
}

/// Outside legs of one contact, by rung.
#[derive(Default)]
pub struct Outside {
    contact: Option<ContactId>,
    dialled: BTreeMap<u32, Dialled>,
    won: Option<(AgentName, LegId)>,
}

impl Outside {
    /// Dials a rung.
    pub(super) fn dial(&mut self, services: &Services, contact: ContactId, step: u32, to: &LastResortTo) {
        let (number, needs_key) = match to {
            LastResortTo::OnCall(number) => (format!("+{}", number.digits()), true),
            LastResortTo::Outside(number) => (number.clone(), false),
            // Rung by the floor through the agents themselves.
            LastResortTo::AnyAgent => return,
        };
        let leg = LegId(services.clock.mint());
        self.contact = Some(contact);
        services.hub.own_leg(leg, contact);
        self.dialled.insert(step, Dialled { leg, needs_key });
        ordered(services.gateway.dial(leg, &number));
    }

    /// Stops every rung but the one that was bridged.
    pub(super) fn stop(&mut self, services: &Services) {
        for dialled in std::mem::take(&mut self.dialled).into_values() {
            if self.won.as_ref().map(|(_, leg)| *leg) != Some(dialled.leg) {
                services.hub.disown_leg(dialled.leg);
                ordered(services.gateway.hang_up(dialled.leg));
            }
        }
    }

    /// Ends everything.
    pub(super) fn hang_up(&mut self, services: &Services) {
        self.stop(services);
        if let Some((_, leg)) = self.won.take() {
            ordered(services.gateway.hang_up(leg));
        }
    }

    /// The leg of an outside line that the floor let win, under the name it has in events.
    pub(super) fn leg_of(&self, agent: &AgentName) -> Option<LegId> {
        self.won.as_ref().filter(|(name, _)| name == agent).map(|(_, leg)| *leg)
    }

    /// Hangs up an outside line that the floor has let go.
    pub(super) fn release(&mut self, services: &Services, agent: &AgentName) {
        if self.leg_of(agent).is_some()
            && let Some((_, leg)) = self.won.take()
        {
            services.hub.disown_leg(leg);
            ordered(services.gateway.hang_up(leg));
        }
    }

    /// Takes news of an outside leg.
    pub(super) async fn on_leg(&mut self, services: &Services, event: &GatewayEvent) -> Taken {
        let leg = match event {
            GatewayEvent::Answered { leg } | GatewayEvent::MediaUp { leg } => *leg,
            GatewayEvent::Digit { leg, .. } | GatewayEvent::Ended { leg, .. } => *leg,
            _ => return Taken::NotMine,
        };
        if matches!(event, GatewayEvent::Ended { .. })
            && let Some((agent, _)) = self.won.take_if(|(_, won)| *won == leg)
        {
            services.hub.disown_leg(leg);
            return Taken::Lost(agent);
        }
        let Some((step, needs_key)) =
            self.dialled.iter().find(|(_, d)| d.leg == leg).map(|(step, d)| (*step, d.needs_key))
        else {
            return Taken::NotMine;
        };
        match event {
            GatewayEvent::MediaUp { .. } if needs_key => {
                let clip = services.prompts.clip(Language::EN, "oncall_take");
                let clip_sw = services.prompts.clip(Language::SW, "oncall_take");
                ordered(services.gateway.play(leg, 1, [clip_sw, clip].into_iter().flatten().collect(), true));
            }
            GatewayEvent::Digit { digit: TAKE, .. } if needs_key => {
                ordered(services.gateway.stop_playing(leg));
                self.answered(services, step, leg).await;
            }
            GatewayEvent::Answered { .. } if !needs_key => self.answered(services, step, leg).await,
            GatewayEvent::Ended { .. } => {
                self.dialled.remove(&step);
                services.hub.disown_leg(leg);
            }
            _ => {}
        }
        Taken::Done
    }

    async fn answered(&mut self, services: &Services, step: u32, leg: LegId) {
        let Some(contact) = self.contact else { return };
        match services.floor.ask(acd::Command::OutsideAnswered { contact, step }).await {
            Ok(()) => {
                if let Some(agent) = services.floor.picture().agent_of(contact) {
                    self.won = Some((agent, leg));
                }
            }
            Err(_) => {
                self.dialled.remove(&step);
                services.hub.disown_leg(leg);
                ordered(services.gateway.hang_up(leg));
            }
        }
    }
}
