//! The machine: what moves a contact from one stage to the next.

use crate::command::{Command, Effect, Opening, Stage};
use crate::connection::Connection;
use acd::Command as Floor;
use ivr_flows::{FlowSet, Input, Output as Flow, Resumed, Run, RunContext, Say};
use std::sync::Arc;
use vocabulary::{AgentName, EndCause, Event, Lane, Language, Party, Risk, Span, TenantName, Time, event::Actor};

/// One contact's course.
#[derive(Debug)]
pub struct Journey {
    opening: Opening,
    run: Run,
    stage: Stage,
    language: Language,
    lane: Lane,
    connection: Connection,
    /// The newest estimate.
    wait: Option<(Span, Span)>,
    /// The citizen was told how long it may take.
    wait_told: bool,
    flow_out: Vec<Flow>,
}

impl Journey {
    /// A journey about to begin. The floor is told of the arrival at once, before any sound.
    pub fn start(flows: Arc<FlowSet>, opening: Opening, out: &mut Vec<Effect>) -> Journey {
        let run = Run::start(flows, opening.flow.clone(), context_of(&opening));
        out.push(Effect::Floor(Box::new(Floor::Arrive {
            contact: opening.contact,
            channel: opening.channel,
            tenant: opening.tenant.clone(),
            entry: opening.entry.clone(),
        })));
        Journey::at(opening, run, Stage::InFlow, Lane::Standard, Connection::default())
    }

    /// A journey taken up again after its process died: a text contact that waits, or that an agent
    /// still holds.
    pub fn resume(
        flows: Arc<FlowSet>,
        opening: Opening,
        now: Time,
        lane: Lane,
        agent: Option<AgentName>,
    ) -> Journey {
        let as_it_was = Resumed { lane, connected: agent.is_some() };
        let run = Run::resume(flows, opening.flow.clone(), context_of(&opening), now, as_it_was);
        let stage = if agent.is_some() { Stage::WithAgent } else { Stage::Waiting };
        Journey::at(opening, run, stage, lane, Connection::with(agent))
    }

    fn at(opening: Opening, run: Run, stage: Stage, lane: Lane, connection: Connection) -> Journey {
        let language = opening.language.unwrap_or_default();
        Journey { opening, run, stage, language, lane, connection, wait: None, wait_told: false, flow_out: Vec::new() }
    }

    /// Takes one command at `now` and appends what must be done.
    pub fn handle(&mut self, now: Time, command: Command, out: &mut Vec<Effect>) {
        if self.stage == Stage::Ended {
            return;
        }
        match command {
            Command::Begin => self.feed(now, Input::Begin, out),
            Command::Digit(digit) => self.on_digit(now, digit, out),
            Command::Text(text) if !self.with_agent() => self.feed(now, Input::Text(text), out),
            Command::Text(_) => {}
            Command::Played if !self.with_agent() => self.feed(now, Input::Played, out),
            Command::Played => {}
            Command::Position { position, wait } if self.stage == Stage::Waiting => {
                self.wait = wait;
                self.feed(now, Input::Waiting { position, wait }, out);
            }
            Command::Position { .. } => {}
            Command::Ring { offer, agent } => {
                self.feed(now, Input::Offered, out);
                self.connection.ring(offer, agent.clone());
                out.push(Effect::RingAgent { agent });
            }
            Command::StopRinging { agent } => {
                if self.connection.stop_ringing(&agent) {
                    out.push(Effect::ReleaseAgent { agent });
                }
            }
            Command::AgentAnswered { agent } => self.on_agent_answered(agent, out),
            Command::AgentGone { agent, cause } => self.on_agent_gone(now, agent, cause, out),
            Command::Bridge { offer, agent } => self.on_bridge(now, offer, agent, out),
            Command::TurnedAway => {
                self.stage = Stage::InFlow;
                self.feed(now, Input::TurnedAway, out);
            }
            Command::Released { agent } => self.on_released(now, agent, out),
            Command::HandedOver { from, to } => self.on_handed_over(from, to, out),
            Command::Refused => self.feed(now, Input::Refused, out),
            Command::Hold(on) => self.on_hold(on, out),
            Command::Reclassified { lane } => self.on_reclassified(now, lane, out),
            Command::HangUp { by } => self.end(by, EndCause::Normal, out),
            Command::CitizenLeft { cause } => self.end(Party::Citizen, cause, out),
            Command::Tick => self.feed(now, Input::Tick, out),
        }
    }

    /// When [`Command::Tick`] is due.
    pub fn deadline(&self) -> Option<Time> {
        match self.stage {
            Stage::InFlow | Stage::Waiting => self.run.deadline(),
            Stage::WithAgent | Stage::AgentLost | Stage::Ended => None,
        }
    }

    /// Where the contact stands.
    pub fn stage(&self) -> Stage {
        self.stage
    }

    /// The citizen's language.
    pub fn language(&self) -> Language {
        self.language
    }

    /// The kind of help, as far as it is known.
    pub fn lane(&self) -> Lane {
        self.lane
    }

    /// Whose number or page the contact came to.
    pub fn tenant(&self) -> &TenantName {
        &self.opening.tenant
    }

    /// The agent joined or being joined.
    pub fn agent(&self) -> Option<&AgentName> {
        self.connection.winner()
    }

    fn with_agent(&self) -> bool {
        matches!(self.stage, Stage::WithAgent | Stage::AgentLost)
    }

    /// A key goes to the flow until an agent is there. After that only key 9 keeps its meaning: the
    /// caller asks for the safe line in the middle of a conversation.
    fn on_digit(&mut self, now: Time, digit: char, out: &mut Vec<Effect>) {
        if !self.with_agent() {
            return self.feed(now, Input::Digit(digit), out);
        }
        if digit == '9' && !self.lane.is_safeguarding() {
            out.push(Effect::SafeLine { bridged: true });
            out.push(Effect::Floor(Box::new(Floor::Reclassify {
                contact: self.opening.contact,
                lane: Lane::Gbv,
                risk: Risk::P1,
                by: Actor::Citizen,
            })));
        }
    }

    fn on_agent_answered(&mut self, agent: AgentName, out: &mut Vec<Effect>) {
        if self.stage == Stage::AgentLost && self.connection.winner() == Some(&agent) {
            self.stage = Stage::WithAgent;
            out.push(Effect::StopPlaying);
            out.push(Effect::Bridge { agent });
            return;
        }
        match self.connection.answered(&agent) {
            Some(offer) => out.push(Effect::Floor(Box::new(Floor::Accept {
                contact: self.opening.contact,
                offer,
                agent,
            }))),
            None => out.push(Effect::ReleaseAgent { agent }),
        }
    }

    fn on_bridge(&mut self, now: Time, offer: u32, agent: AgentName, out: &mut Vec<Effect>) {
        for loser in self.connection.won(offer, &agent) {
            out.push(Effect::ReleaseAgent { agent: loser });
        }
        // The flow hears of it before the stage changes, so that it can stop its treatment.
        self.feed(now, Input::Connected, out);
        if self.stage == Stage::Ended {
            return;
        }
        self.stage = Stage::WithAgent;
        out.push(Effect::StopPlaying);
        out.push(Effect::Bridge { agent: agent.clone() });
        out.push(Effect::Floor(Box::new(Floor::Connect { contact: self.opening.contact, agent })));
    }

    fn on_agent_gone(&mut self, now: Time, agent: AgentName, cause: EndCause, out: &mut Vec<Effect>) {
        let contact = self.opening.contact;
        if self.connection.winner() != Some(&agent) {
            if let Some(offer) = self.connection.gone(&agent) {
                out.push(Effect::Floor(Box::new(Floor::Decline { contact, offer, agent })));
            }
            return;
        }
        if cause == EndCause::Normal {
            return self.end(Party::Agent, EndCause::Normal, out);
        }
        if self.stage == Stage::WithAgent {
            // A refresh, sleep or network change: the citizen is not made to pay for it.
            self.stage = Stage::AgentLost;
            out.push(Effect::Unbridge { agent });
            out.push(Effect::Music);
            return;
        }
        self.agent_given_up(now, out);
    }

    /// The agent did not come back within the grace time: the contact goes to the head of its queue.
    pub fn agent_given_up(&mut self, now: Time, out: &mut Vec<Effect>) {
        let Some(agent) = self.connection.release() else { return };
        self.stage = Stage::Waiting;
        out.push(Effect::Floor(Box::new(Floor::ConnectFail { contact: self.opening.contact, agent })));
        self.feed(now, Input::Requeued, out);
    }

    /// The first estimate the citizen hears is measured against what happens.
    fn note_told(&mut self, say: &[Say], out: &mut Vec<Effect>) {
        if self.wait_told || !say.iter().any(Say::tells_wait) {
            return;
        }
        if let Some((low, high)) = self.wait {
            self.wait_told = true;
            let contact = self.opening.contact;
            out.push(Effect::Floor(Box::new(Floor::Report(Event::WaitTold { contact, low, high }))));
        }
    }

    /// Given up to a queue: the citizen hears its treatment again, at the age they had.
    fn on_released(&mut self, now: Time, agent: AgentName, out: &mut Vec<Effect>) {
        if self.connection.winner() != Some(&agent) {
            out.push(Effect::ReleaseAgent { agent });
            return;
        }
        self.connection.release();
        self.stage = Stage::Waiting;
        out.push(Effect::Unbridge { agent: agent.clone() });
        out.push(Effect::ReleaseAgent { agent });
        self.feed(now, Input::Requeued, out);
    }

    /// No gap: the citizen is joined to the new agent before the old one is let go.
    fn on_handed_over(&mut self, from: AgentName, to: AgentName, out: &mut Vec<Effect>) {
        if self.connection.winner() != Some(&from) {
            return;
        }
        self.connection.hand_over(to.clone());
        self.stage = Stage::WithAgent;
        out.push(Effect::StopPlaying);
        out.push(Effect::Unbridge { agent: from.clone() });
        out.push(Effect::Bridge { agent: to });
        out.push(Effect::ReleaseAgent { agent: from });
    }

    fn on_hold(&mut self, on: bool, out: &mut Vec<Effect>) {
        let (Stage::WithAgent, Some(agent)) = (self.stage, self.connection.winner().cloned()) else { return };
        let contact = self.opening.contact;
        if on {
            out.push(Effect::Unbridge { agent: agent.clone() });
            out.push(Effect::Music);
            out.push(Effect::Floor(Box::new(Floor::Report(Event::Held { contact, agent }))));
        } else {
            out.push(Effect::StopPlaying);
            out.push(Effect::Bridge { agent: agent.clone() });
            out.push(Effect::Floor(Box::new(Floor::Report(Event::Resumed { contact, agent }))));
        }
    }

    fn on_reclassified(&mut self, now: Time, lane: Lane, out: &mut Vec<Effect>) {
        let becomes_safe = lane.is_safeguarding() && !self.lane.is_safeguarding();
        self.lane = lane;
        if becomes_safe {
            self.feed(now, Input::Confidential, out);
            out.push(Effect::SafeLine { bridged: self.with_agent() });
        }
    }

    fn end(&mut self, by: Party, cause: EndCause, out: &mut Vec<Effect>) {
        self.stage = Stage::Ended;
        out.push(Effect::Floor(Box::new(Floor::End { contact: self.opening.contact, by, cause })));
        for agent in self.connection.everyone() {
            out.push(Effect::ReleaseAgent { agent });
        }
        out.push(Effect::Close { cause });
    }

    /// Gives the flow one input and turns what it says into effects.
    fn feed(&mut self, now: Time, input: Input, out: &mut Vec<Effect>) {
        let mut said = std::mem::take(&mut self.flow_out);
        self.run.handle(now, input, &mut said);
        for output in said.drain(..) {
            if self.stage != Stage::Ended {
                self.on_flow(output, out);
            }
        }
        self.flow_out = said;
    }

    fn on_flow(&mut self, output: Flow, out: &mut Vec<Effect>) {
        let contact = self.opening.contact;
        match output {
            Flow::Play { say, .. } => {
                self.note_told(&say, out);
                out.push(Effect::Play(say));
            }
            Flow::StopPlaying => out.push(Effect::StopPlaying),
            Flow::Music => out.push(Effect::Music),
            Flow::ChooseLanguage(language) => {
                self.language = language;
                out.push(Effect::Language(language));
                out.push(Effect::Floor(Box::new(Floor::Report(Event::LanguageChosen { contact, language }))));
            }
            Flow::Consent(consent) => {
                out.push(Effect::Consent(consent.clone()));
                out.push(Effect::Floor(Box::new(Floor::Report(Event::ConsentGiven { contact, consent }))));
            }
            Flow::Answer { about, value } => out.push(Effect::Answer { about, value }),
            Flow::Enqueue { queue, needs, lane, risk, base } => {
                self.stage = Stage::Waiting;
                if let Some(lane) = lane {
                    self.lane = lane;
                }
                out.push(Effect::Floor(Box::new(Floor::Enqueue {
                    contact,
                    queue,
                    needs,
                    lane,
                    risk,
                    language: self.language,
                    base,
                })));
            }
            Flow::ClaimPlace { from } => out.push(Effect::Floor(Box::new(Floor::ClaimPlace { contact, from }))),
            Flow::Silent => {
                let source = self.opening.source;
                out.push(Effect::Floor(Box::new(Floor::NoteSilent { contact, source })));
            }
            Flow::SafeLine => out.push(Effect::SafeLine { bridged: false }),
            Flow::Finish { cause } => self.end(Party::Centre, cause, out),
        }
    }
}

fn context_of(opening: &Opening) -> RunContext {
    RunContext {
        channel: opening.channel,
        redial_place: opening.place,
        safe_place: opening.safe_place,
        retention_days: opening.retention_days,
        language: opening.language,
        confidential: opening.confidential,
    }
}
