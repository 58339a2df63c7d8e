//! How citizens and agents behave.

use super::{Act, World};
use crate::centre::{OPERATOR, ORDINARY, SAFE, name};
use acd::{Command, Effect, Stage};
use vocabulary::centre::Treatment;
use vocabulary::event::{Actor, Alarm, Source};
use vocabulary::{
    AgentName, Channel, ContactId, EndCause, EntryName, Event, Lane, Language, Needs, Party, Presence, QueueName,
    ReasonName, Risk, Span, TenantName, Ulid,
};

impl World {
    pub(super) fn act(&mut self, act: Act) {
        match act {
            Act::Arrive => self.arrive(),
            Act::Redial(from) => self.redial(from),
            Act::GiveUp(contact) => self.give_up(contact),
            Act::Do(command) => self.command(command),
            Act::Leave(agent) => self.leave(agent),
            Act::Kill => self.kill(),
            Act::Jump(by) => self.jump(by),
            Act::Stall => self.begin_stall(),
            Act::StallNoted => self.note_stall(),
            Act::StallEnds => self.end_stall(),
            Act::Change => self.change(),
            Act::Supervise => self.supervise(),
            Act::Helped(help) => self.helped(help),
        }
    }

    fn arrive(&mut self) {
        if self.now < super::START + self.plan.length {
            let gap = self.dice.around(3_600_000 / self.plan.per_hour.max(1));
            self.plan_in(gap, Act::Arrive);
        }
        let channel = if self.dice.percent(self.plan.text) { Channel::WebChat } else { Channel::Voice };
        let contact = self.come_in(channel);
        self.plan_queueing(contact, None);
    }

    fn come_in(&mut self, channel: Channel) -> ContactId {
        self.contacts += 1;
        let contact = ContactId(Ulid::from_parts(self.now.0 as u64, u128::from(self.contacts)));
        let (tenant, entry) = (name(TenantName::new(OPERATOR)), name(EntryName::new("main")));
        self.command(Command::Arrive { contact, channel, tenant, entry });
        contact
    }

    /// What somebody does after the menu: enter a queue, be served by the menu alone, or leave.
    pub(super) fn plan_queueing(&mut self, contact: ContactId, lane: Option<Lane>) {
        let menu = self.dice.between(5_000, 40_000);
        if lane.is_none() && self.dice.percent(10) {
            let cause = if self.dice.percent(70) { EndCause::SelfServed } else { EndCause::Normal };
            let by = if cause == EndCause::Normal { Party::Citizen } else { Party::Centre };
            return self.plan_in(menu, Act::Do(Command::End { contact, by, cause }));
        }
        let safe = SAFE.iter().copied().find(|(_, l)| Some(*l) == lane);
        let safe = safe
            .or_else(|| if self.dice.percent(self.plan.safeguarding) { self.dice.pick(&SAFE).copied() } else { None });
        let (queue, risk) = match safe {
            Some((queue, _)) => {
                (queue, [Risk::P0, Risk::P1, Risk::P1, Risk::P2, Risk::P3][self.dice.below(5) as usize])
            }
            None => (ORDINARY[self.dice.below(ORDINARY.len() as u64) as usize], Risk::P3),
        };
        let language = if self.dice.percent(75) { Language::SW } else { Language::EN };
        let (queue, needs) = (name(QueueName::new(queue)), Needs::default());
        if safe.is_some() && self.dice.percent(10) {
            let source = self.dice.percent(80).then(|| Source(self.dice.below(5)));
            self.plan_in(menu - 1_000, Act::Do(Command::NoteSilent { contact, source }));
        }
        let enqueue = Command::Enqueue { contact, queue, needs, lane: None, risk, language, base: None };
        self.plan_in(menu, Act::Do(enqueue));
    }

    /// Patience; on the safe line people hold on for longer.
    pub(super) fn plan_giving_up(&mut self, contact: ContactId, safe: bool) {
        let mean = self.plan.patience.0 * if safe { 3 } else { 1 };
        let later = self.dice.around(mean) + 2_000;
        self.plan_in(later, Act::GiveUp(contact));
    }

    pub(super) fn plan_end(&mut self, contact: ContactId) -> i64 {
        let talk = self.dice.around(self.plan.talk.0) + 5_000;
        let by = if self.dice.percent(60) { Party::Citizen } else { Party::Agent };
        let cause = if self.dice.percent(95) { EndCause::Normal } else { EndCause::Lost };
        self.plan_in(talk, Act::Do(Command::End { contact, by, cause }));
        if self.dice.percent(3) {
            // In the middle of an ordinary matter it turns out to be another one.
            let (lane, risk) = (SAFE[self.dice.below(3) as usize].1, Risk::P2);
            let command = Command::Reclassify { contact, lane, risk, by: Actor::Centre };
            self.plan_in(talk / 2, Act::Do(command));
        }
        talk
    }

    fn give_up(&mut self, contact: ContactId) {
        let waits = self.floor.contact(contact).map(|c| c.stage);
        if matches!(waits, Some(Stage::Waiting | Stage::Offered { .. } | Stage::Accepted { .. })) {
            let cause = if self.dice.percent(70) { EndCause::Normal } else { EndCause::Lost };
            self.end(contact, Party::Citizen, cause);
        }
    }

    /// A redial: on the safe line only after key 9 is pressed again, otherwise one key is enough.
    fn redial(&mut self, from: ContactId) {
        let Some((_, lane, _)) = self.floor.places().find(|(place, _, _)| *place == from) else {
            return;
        };
        let contact = self.come_in(Channel::Voice);
        let claim = Command::ClaimPlace { contact, from };
        if lane.is_safeguarding() {
            self.plan_queueing(contact, Some(lane));
            // Early or late, and refused when early.
            let later = self.dice.between(20_000, 60_000);
            return self.plan_in(later, Act::Do(claim));
        }
        let later = self.dice.between(5_000, 15_000);
        self.plan_in(later, Act::Do(claim));
        self.plan_queueing(contact, None);
    }

    pub(super) fn ready_in(&mut self, agent: AgentName, millis: i64) {
        let by = Actor::Staff { name: agent.clone() };
        self.plan_in(millis, Act::Do(Command::SetPresence { agent, presence: Presence::Ready, by }));
    }

    /// A break, or the network: both end.
    fn leave(&mut self, agent: AgentName) {
        let lost = self.dice.percent(40);
        let (presence, by) = if lost {
            (Presence::Offline, Actor::Centre)
        } else {
            (Presence::Away { reason: name(ReasonName::new("break")) }, Actor::Staff { name: agent.clone() })
        };
        let back = if lost { self.dice.between(2_000, 60_000) } else { self.dice.between(60_000, 300_000) };
        self.ready_in(agent.clone(), back);
        let again = back + self.dice.around(2_400_000);
        self.plan_in(again, Act::Leave(agent.clone()));
        self.command(Command::SetPresence { agent, presence, by });
    }

    /// What people do when they see an event.
    pub(super) fn react(&mut self, event: &Event) {
        match event {
            Event::Queued { contact, lane, .. } => self.plan_giving_up(*contact, lane.is_safeguarding()),
            Event::ConnectFailed { contact, .. } => self.plan_giving_up(*contact, true),
            Event::Connected { contact, agent } => self.connected(*contact, agent),
            Event::HandedOver { contact, .. } => {
                self.plan_end(*contact);
            }
            Event::Joined { contact, agent, .. } => self.plan_leaving(*contact, agent.clone()),
            Event::AlarmRaised { alarm: Alarm::ImminentDropped, contact: Some(contact) } => self.decide_drop(*contact),
            Event::PlaceKept { contact, .. } if self.dice.percent(40) => {
                let later = self.dice.between(5_000, 400_000);
                self.plan_in(later, Act::Redial(*contact));
            }
            Event::WrapUpStarted { contact, agent, .. } if self.dice.percent(85) => {
                let (contact, agent) = (*contact, agent.clone());
                let disposition = Some(name(ReasonName::new("resolved")));
                let later = self.dice.between(3_000, 25_000);
                self.plan_in(later, Act::Do(Command::WrapUp { contact, agent, disposition }));
            }
            Event::PresenceSet { agent, presence: Presence::Away { .. }, by: Actor::Centre } => {
                let later = self.dice.between(20_000, 90_000);
                self.ready_in(agent.clone(), later);
            }
            _ => {}
        }
    }

    /// What the world does when it is told to.
    pub(super) fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Ring { contact, offer, agent, .. } => self.ring(contact, offer, agent),
            Effect::Bridge { contact, agent, .. } => {
                let failed = self.dice.percent(self.plan.failed_legs);
                let command =
                    if failed { Command::ConnectFail { contact, agent } } else { Command::Connect { contact, agent } };
                let later = self.dice.between(100, 1_500);
                self.plan_in(later, Act::Do(command));
            }
            Effect::CallOutside { contact, step, .. } => {
                // Only a human's answer counts; many calls meet none.
                if !self.plan.lines_down && self.dice.percent(60) {
                    let later = self.dice.between(4_000, 20_000);
                    self.plan_in(later, Act::Do(Command::OutsideAnswered { contact, step }));
                }
            }
            Effect::Refused(_) => self.report.refused += 1,
            Effect::StopRinging { .. } | Effect::StopCallingOutside { .. } => {}
            Effect::Treat { contact, treatment, .. } => self.treat(contact, treatment),
            Effect::CallBack { contact, agent, .. } => {
                let command = if self.dice.percent(65) {
                    Command::Connect { contact, agent }
                } else {
                    Command::FailCallBack { contact, agent }
                };
                let later = self.dice.between(4_000, 30_000);
                self.plan_in(later, Act::Do(command));
            }
            Effect::HandOver { .. } | Effect::Join { .. } | Effect::Release { .. } | Effect::Park { .. } => {}
        }
    }

    fn connected(&mut self, contact: ContactId, agent: &AgentName) {
        let request = self.floor.contact(contact).is_none_or(|c| self.check.is_request(c.contact));
        if request {
            let later = self.dice.around(20_000);
            return self.plan_in(later, Act::Helped(contact));
        }
        let talk = self.plan_end(contact);
        self.plan_company(contact, agent, talk);
    }

    fn treat(&mut self, contact: ContactId, treatment: Treatment) {
        let agrees = self.dice.percent(60);
        let (later, command) = match treatment {
            Treatment::CallBack if agrees => (8_000, Command::AgreeCallBack { contact, from: None }),
            Treatment::CallBack | Treatment::Queue(_) => return,
            Treatment::Message => (20_000, Command::End { contact, by: Party::Citizen, cause: EndCause::MessageLeft }),
            Treatment::Closed => (6_000, Command::End { contact, by: Party::Centre, cause: EndCause::Closed }),
        };
        self.plan_in(later, Act::Do(command));
    }

    fn ring(&mut self, contact: ContactId, offer: u32, agent: AgentName) {
        let chance = self.dice.below(100);
        if chance < self.plan.misses {
            return;
        }
        let declined = chance < self.plan.misses + self.plan.declines;
        let later = Span(self.dice.between(1_000, 8_000));
        let command = if declined {
            Command::Decline { contact, offer, agent }
        } else {
            Command::Accept { contact, offer, agent }
        };
        self.plan_in(later.0, Act::Do(command));
    }
}
