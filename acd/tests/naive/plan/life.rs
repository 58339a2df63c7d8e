//! Agents who leave, silent contacts, decisions about dropped ones.

use super::Plan;
use acd::{Command, ContactView, Floor, Stage};
use std::collections::BTreeMap;
use vocabulary::centre::{Beside, Ledger, Load};
use vocabulary::event::{Actor, Source};
use vocabulary::{Channel, ContactId, EndCause, LedgerName, Party, Presence, ReasonName};

const LEDGERS: [&str; 2] = ["calls", "texts"];

impl Plan {
    /// Now and then one of these.
    pub fn life(&mut self, floor: &Floor) -> Option<Command> {
        if self.dice.chance(25) {
            return self.work(floor);
        }
        if !self.dice.chance(7) {
            return None;
        }
        Some(match self.dice.below(10) {
            0..=3 => self.leaving(),
            4..=6 => self.silent(floor),
            _ => self.decision(floor),
        })
    }

    /// The next step of somebody's work, so that contacts come to their end as they do in a centre.
    fn work(&mut self, floor: &Floor) -> Option<Command> {
        let under_way: Vec<ContactView> =
            floor.contacts().filter(|c| !matches!(c.stage, Stage::InFlow | Stage::Waiting)).collect();
        let case = self.dice.pick(&under_way)?.clone();
        let contact = case.contact;
        Some(match case.stage {
            Stage::Offered { agents, .. } => {
                let agent = self.dice.pick(&agents)?.clone();
                Command::Accept { contact, offer: case.offer, agent }
            }
            Stage::Accepted { agent } => Command::Connect { contact, agent },
            Stage::Talking { .. } if self.dice.chance(50) => return None,
            Stage::Talking { .. } => Command::End { contact, by: Party::Agent, cause: EndCause::Normal },
            Stage::WrapUp => {
                let agent = self.dice.pick(&case.writers)?.clone();
                match self.dice.below(4) {
                    0 => Command::ExtendWrapUp { contact, agent },
                    1 => return None,
                    _ => {
                        let verdict = *self.dice.pick(&["resolved", "follow_up"]).unwrap();
                        Command::WrapUp { contact, agent, disposition: ReasonName::new(verdict).ok() }
                    }
                }
            }
            Stage::InFlow | Stage::Waiting => return None,
        })
    }

    /// Two ledgers, each set-up with other numbers; sometimes one of them is missing.
    pub fn ledgers(&mut self) -> BTreeMap<LedgerName, Ledger> {
        let mut ledgers = BTreeMap::new();
        for name in LEDGERS.into_iter().filter(|_| self.dice.chance(85)).collect::<Vec<_>>() {
            let mut channels = BTreeMap::new();
            for channel in [Channel::Voice, Channel::WebChat, Channel::Sms] {
                if self.dice.chance(85) {
                    let rules = [Beside::Anything, Beside::Anything, Beside::SameChannel, Beside::Nothing];
                    let most = if channel.is_voice() { 1 } else { 1 + self.dice.below(3) as u32 };
                    let (beside, admits) = (*self.dice.pick(&rules).unwrap(), *self.dice.pick(&rules).unwrap());
                    channels.insert(channel, Load { weight: self.dice.below(4) as u32, most, beside, admits });
                }
            }
            ledgers
                .insert(LedgerName::new(name).unwrap(), Ledger { capacity: 3 + self.dice.below(4) as u32, channels });
        }
        ledgers
    }

    pub fn ledger(&mut self) -> Option<LedgerName> {
        if self.dice.chance(50) { None } else { LedgerName::new(self.dice.pick(&LEDGERS).unwrap()).ok() }
    }

    fn leaving(&mut self) -> Command {
        let agent = self.some_agent();
        let reason = self.dice.pick(&["break", "meal", "surfing"]).unwrap();
        let then = match self.dice.below(8) {
            0..=3 => Some(Presence::Offline),
            4..=5 => Some(Presence::Away { reason: ReasonName::new(reason).unwrap() }),
            6 => None,
            _ => Some(Presence::Ready),
        };
        let by = if self.dice.chance(70) { Actor::Staff { name: agent.clone() } } else { Actor::Centre };
        Command::SetLeaving { agent, then, by }
    }

    fn silent(&mut self, floor: &Floor) -> Command {
        let fresh: Vec<ContactId> = floor.contacts().filter(|c| c.stage == Stage::InFlow).map(|c| c.contact).collect();
        let contact = match self.dice.pick(&fresh).copied() {
            Some(contact) if !self.dice.chance(30) => contact,
            _ => self.some_contact(),
        };
        let source = self.dice.chance(80).then(|| Source(self.dice.below(3)));
        Command::NoteSilent { contact, source }
    }

    fn decision(&mut self, floor: &Floor) -> Command {
        let dropped: Vec<ContactId> = floor.drops().map(|drop| drop.contact).collect();
        let contact = self.dice.pick(&dropped).copied().unwrap_or_default();
        Command::DecideDrop { contact, by: self.some_agent(), call: self.dice.chance(60) }
    }
}
