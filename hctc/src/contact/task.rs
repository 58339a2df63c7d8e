//! The task: news in, journey, effects out.

use super::line::Line;
use super::outside::Outside;
use super::recording::Tape;
use super::Services;
use crate::floor::{Unheard, until};
use crate::hub::{Control, News};
use acd::Effect as FloorEffect;
use journey::{Command, Effect, Journey, Stage};
use recordings::Fact;
use std::sync::Arc;
use tokio::sync::mpsc;
use vocabulary::centre::Treatment;
use vocabulary::{CallBackPolicy, Consent, ConsentKind, ContactId, EndCause, Event, Party, PromptName, Span, Time};

/// How often a waiting citizen's position is looked at.
const LOOK_AT_POSITION: Span = Span::seconds(1);

/// The prompt that tells where key 9 leads.
const SAFE_LINE: &str = "conf_intro";

/// One live contact.
pub struct ContactTask {
    pub(super) services: Arc<Services>,
    pub(super) contact: ContactId,
    pub(super) journey: Journey,
    pub(super) line: Line,
    pub(super) outside: Outside,
    tape: Tape,
    inbox: mpsc::Receiver<News>,
    grace_until: Option<Time>,
    look_at: Option<Time>,
    last_position: u32,
}

impl ContactTask {
    /// A task about to run. `inbox` was opened at the hub under the contact's id.
    pub fn new(
        services: Arc<Services>,
        contact: ContactId,
        journey: Journey,
        line: Line,
        inbox: mpsc::Receiver<News>,
    ) -> ContactTask {
        ContactTask {
            tape: Tape::new(Arc::clone(&services), contact),
            outside: Outside::default(),
            services,
            contact,
            journey,
            line,
            inbox,
            grace_until: None,
            look_at: None,
            last_position: 0,
        }
    }

    /// Runs from arrival to end. `first` are the effects of starting (or restoring) the journey.
    pub async fn run(mut self, first: Vec<Effect>) {
        // One that waits already, after a restart, is told its place again.
        self.look_at = (self.journey.stage() == Stage::Waiting).then(|| self.services.clock.now());
        self.carry_out(first).await;
        while self.journey.stage() != Stage::Ended {
            let due = [self.journey.deadline(), self.grace_until, self.look_at].into_iter().flatten().min();
            let clock = self.services.clock.clone();
            let news = tokio::select! {
                biased;
                news = self.inbox.recv() => Some(news),
                () = until(&clock, due) => None,
            };
            match news {
                Some(Some(news)) => self.on_news(news).await,
                // The hub closed the inbox because nobody read it in time.
                Some(None) => self.command(Command::CitizenLeft { cause: EndCause::Fault }).await,
                None => self.on_time().await,
            }
        }
        self.tape.tell(Fact::Ended, &self.journey).await;
        self.outside.hang_up(&self.services);
        self.line.over(&self.services).await;
        self.services.hub.close(self.contact);
    }

    async fn on_time(&mut self) {
        let now = self.services.clock.now();
        if self.grace_until.is_some_and(|due| due <= now) {
            self.grace_until = None;
            let mut effects = Vec::new();
            self.journey.agent_given_up(now, &mut effects);
            self.carry_out(effects).await;
        }
        if self.look_at.is_some_and(|due| due <= now) {
            self.look_at = (self.journey.stage() == Stage::Waiting).then_some(now + LOOK_AT_POSITION);
            self.tell_position().await;
        }
        if self.journey.deadline().is_some_and(|due| due <= now) {
            self.command(Command::Tick).await;
        }
    }

    async fn tell_position(&mut self) {
        let Some(waiting) = self.services.floor.waiting(self.contact).await else { return };
        self.line.show_position(&self.services, &waiting, &mut self.last_position).await;
        let wait = waiting.estimate.map(|e| (e.low, e.high));
        self.command(Command::Position { position: waiting.position, wait }).await;
    }

    async fn on_news(&mut self, news: News) {
        match news {
            News::Floor(effect) => self.on_floor(effect).await,
            News::Leg(event) => self.on_leg(event).await,
            News::Wrote(text) => self.command(Command::Text(text)).await,
            News::Left(cause) => self.command(Command::CitizenLeft { cause }).await,
            News::AgentAccepted(agent) => self.command(Command::AgentAnswered { agent }).await,
            News::PhoneBack(agent) => {
                if self.journey.stage() == Stage::AgentLost && self.journey.agent() == Some(&agent) {
                    self.line.ring_agent(&self.services, self.contact, &agent);
                }
            }
            News::Control(Control::Hold(on)) => self.command(Command::Hold(on)).await,
            News::Control(Control::HangUp(by)) => self.command(Command::HangUp { by }).await,
            News::Reclassified(lane) => {
                self.command(Command::Reclassified { lane }).await;
            }
        }
    }

    async fn on_floor(&mut self, effect: FloorEffect) {
        match effect {
            FloorEffect::Ring { offer, agent, .. } => self.command(Command::Ring { offer, agent }).await,
            FloorEffect::StopRinging { agent, .. } => self.command(Command::StopRinging { agent }).await,
            FloorEffect::Bridge { offer, agent, .. } => self.command(Command::Bridge { offer, agent }).await,
            FloorEffect::CallOutside { step, to, .. } => self.outside.dial(&self.services, self.contact, step, &to),
            FloorEffect::StopCallingOutside { .. } => self.outside.stop(&self.services),
            FloorEffect::Refused(_) => {}
            FloorEffect::Release { agent, .. } => self.command(Command::Released { agent }).await,
            FloorEffect::HandOver { from, to, .. } => self.command(Command::HandedOver { from, to }).await,
            // A call-back is offered to nobody yet: who is shown to one goes on waiting.
            FloorEffect::Treat { treatment: Treatment::Queue(_) | Treatment::CallBack, .. } => {}
            FloorEffect::Treat { .. } => self.command(Command::TurnedAway).await,
            FloorEffect::CallBack { .. }
            | FloorEffect::Join { .. }
            | FloorEffect::Park { .. } => {}
        }
    }

    /// Feeds the journey and carries out what it says.
    pub(super) async fn command(&mut self, command: Command) {
        let mut effects = Vec::new();
        self.journey.handle(self.services.clock.now(), command, &mut effects);
        self.carry_out(effects).await;
    }

    async fn carry_out(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            self.carry_out_one(effect).await;
        }
    }

    async fn carry_out_one(&mut self, effect: Effect) {
        let services = Arc::clone(&self.services);
        match effect {
            Effect::Floor(command) => self.tell_floor(*command).await,
            Effect::Play(say) => self.line.say(&services, say).await,
            Effect::StopPlaying => self.line.stop_playing(&services),
            Effect::Music => self.line.music(&services),
            Effect::Language(_) => {}
            Effect::Answer { about, value } => self.seal_answer(&about, value.as_str()).await,
            Effect::RingAgent { agent } => self.line.ring_agent(&services, self.contact, &agent),
            Effect::ReleaseAgent { agent } => {
                self.line.release_agent(&services, &agent);
                self.outside.release(&services, &agent);
            }
            Effect::Bridge { agent } => {
                self.grace_until = None;
                let agent_leg = self.outside.leg_of(&agent).or_else(|| self.line.agent_leg(&agent));
                self.line.bridge(&services, agent_leg).await;
                self.tape.bridged(self.line.leg(), agent_leg, &self.journey).await;
            }
            Effect::Unbridge { agent } => {
                let agent_leg = self.outside.leg_of(&agent).or_else(|| self.line.agent_leg(&agent));
                self.line.unbridge(&services, agent_leg);
                if self.journey.stage() == Stage::AgentLost {
                    let grace = services.floor.picture().grace();
                    self.grace_until = Some(services.clock.now() + grace);
                }
            }
            Effect::SafeLine { .. } => self.on_safe_line().await,
            Effect::Consent(consent) => self.on_consent(consent.kind).await,
            Effect::Close { cause } => self.line.close(&services, cause).await,
        }
    }

    /// From here on the contact's key is wrapped by the safeguarding master key.
    async fn on_safe_line(&mut self) {
        self.tape.tell(Fact::SafeLine, &self.journey).await;
        self.line.safeguard(&self.services).await;
        if !self.journey.lane().is_safeguarding() {
            self.report_safe_line().await;
        }
        if let Err(error) = self.services.crm.vault.protect(self.contact).await {
            tracing::error!(contact = %self.contact, %error, "a safeguarding contact keeps an ordinary key");
        }
    }

    /// The menu has no lane yet, and the citizen may hang up before it has: from this entry on the record
    /// is confidential. It states the rule that holds until the citizen chooses another.
    async fn report_safe_line(&mut self) {
        let consent = Consent {
            kind: ConsentKind::CallBack { policy: CallBackPolicy::Never },
            text: PromptName::new(SAFE_LINE).expect("a literal name"),
            language: self.journey.language(),
            key: None,
        };
        let event = Event::ConsentGiven { contact: self.contact, consent };
        self.tell_floor(acd::Command::Report(event)).await;
    }

    async fn seal_answer(&self, about: &str, value: &str) {
        let kind = format!("answer {about}");
        if let Err(error) = self.services.crm.vault.seal(self.contact, &kind, value.as_bytes()).await {
            tracing::warn!(contact = %self.contact, %error, "an answer was not kept");
        }
    }

    async fn on_consent(&mut self, kind: ConsentKind) {
        tracing::debug!(contact = %self.contact, ?kind, "the citizen was told, or chose");
        if let Some(fact) = Fact::of(kind) {
            self.tape.tell(fact, &self.journey).await;
        }
    }

    async fn tell_floor(&mut self, command: acd::Command) {
        let is_accept = match &command {
            acd::Command::Accept { agent, .. } => Some(agent.clone()),
            _ => None,
        };
        let is_enqueue = matches!(command, acd::Command::Enqueue { .. });
        if let acd::Command::Enqueue { lane: Some(lane), .. } = &command {
            self.tape.tell(Fact::Lane { lane: *lane }, &self.journey).await;
        }
        match self.services.floor.ask(command).await {
            Ok(()) if is_enqueue => self.look_at = Some(self.services.clock.now()),
            Ok(()) => {}
            Err(Unheard::Refused(refusal)) => {
                tracing::debug!(contact = %self.contact, %refusal, "the floor refused");
                if let Some(agent) = is_accept {
                    self.line.release_agent(&self.services, &agent);
                    self.outside.release(&self.services, &agent);
                } else if is_enqueue {
                    Box::pin(self.command(Command::Refused)).await;
                }
            }
            Err(Unheard::Closed) => {
                tracing::warn!(contact = %self.contact, "the floor is closed; the contact ends");
                Box::pin(self.command(Command::HangUp { by: Party::Centre })).await;
            }
        }
    }
}
