//! What staff do beyond answering: they ask for help and give it, pass contacts on, and supervisors
//! assign, pull, switch, decide and change the set-up while everything runs.

use super::{Act, World};
use crate::centre::{ORDINARY, SAFE, name, set_up, supervisor_name};
use acd::{Command, Stage};
use vocabulary::centre::{Change, Queue};
use vocabulary::event::{Actor, HelpKind, Switch};
use vocabulary::{AgentName, ContactId, EndCause, Needs, Party, Presence, QueueName, ReasonName, Ulid};

impl World {
    /// In the middle of a conversation.
    pub(super) fn plan_company(&mut self, contact: ContactId, agent: &AgentName, talk: i64) {
        if agent.as_str().starts_with("outside.") {
            return;
        }
        if self.dice.percent(self.plan.helps) {
            let command = self.ask_help(contact, agent.clone());
            self.plan_in(talk / 4, Act::Do(command));
        }
        if self.dice.percent(self.plan.transfers) {
            let own = Actor::Staff { name: agent.clone() };
            let by = if self.dice.percent(70) { own } else { Actor::Staff { name: supervisor_name(0) } };
            let (agent, queue) = (agent.clone(), self.queue_for(contact));
            let command = Command::Transfer { contact, agent, queue, needs: Needs::default(), by };
            self.plan_in(talk / 2, Act::Do(command));
        }
    }

    fn queue_for(&mut self, contact: ContactId) -> QueueName {
        let lane = self.floor.contact(contact).and_then(|c| c.lane);
        let safe = SAFE.iter().find(|(_, l)| Some(*l) == lane).map(|(queue, _)| *queue);
        let others = [ORDINARY[0], ORDINARY[1], ORDINARY[2], "experts"];
        let other = others[self.dice.below(4) as usize];
        name(QueueName::new(safe.unwrap_or(other)))
    }

    fn ask_help(&mut self, of: ContactId, by: AgentName) -> Command {
        self.contacts += 1;
        let help = ContactId(Ulid::from_parts(self.now.0 as u64, u128::from(self.contacts)));
        let kind = if self.dice.percent(75) { HelpKind::Consult } else { HelpKind::Interpreter };
        let others: Vec<AgentName> = self.present.iter().cloned().collect();
        let agent = if self.dice.percent(30) { self.dice.pick(&others).cloned() } else { None };
        Command::AskHelp { help, of, by, kind, queue: self.queue_for(of), needs: Needs::default(), agent }
    }

    /// Helper and asker talk: advice, joining, or taking over.
    pub(super) fn helped(&mut self, help: ContactId) {
        let talks = self.floor.contact(help).map(|contact| contact.stage);
        let Some(Stage::Talking { agent, .. }) = talks else { return };
        let command = match self.dice.below(10) {
            0..4 => Command::CompleteHelp { help },
            4..7 => Command::JoinHelp { help },
            7 => Command::ConnectFail { contact: help, agent },
            _ => Command::End { contact: help, by: Party::Agent, cause: EndCause::Normal },
        };
        self.command(command);
    }

    /// Agents who are beside somebody leave again.
    pub(super) fn plan_leaving(&mut self, contact: ContactId, agent: AgentName) {
        if self.dice.percent(60) {
            let later = self.dice.around(60_000);
            self.plan_in(later, Act::Do(Command::Leave { contact, agent }));
        }
    }

    pub(super) fn supervise(&mut self) {
        let later = self.dice.around(40_000).max(1_000);
        if self.now < super::START + self.plan.length {
            self.plan_in(later, Act::Supervise);
        }
        let by = Actor::Staff { name: supervisor_name(0) };
        let waiting: Vec<ContactId> =
            self.floor.contacts().filter(|c| c.stage == Stage::Waiting).map(|c| c.contact).collect();
        let agents: Vec<AgentName> = self.present.iter().cloned().collect();
        let (contact, agent) = (self.dice.pick(&waiting).copied(), self.dice.pick(&agents).cloned());
        let queue = name(QueueName::new(ORDINARY[self.dice.below(3) as usize]));
        match (self.dice.below(8), contact, agent) {
            (0 | 1, Some(contact), Some(agent)) => self.command(Command::Assign { contact, agent, by }),
            (2, Some(contact), Some(agent)) => {
                let until = self.told + vocabulary::Span::seconds(40);
                self.command(Command::Prefer { contact, agent, until });
            }
            (3, Some(contact), _) => {
                let base = self.dice.between(-3, 6);
                self.command(Command::Rescore { contact, base, by });
            }
            (4, _, _) => {
                self.command(Command::SwitchQueue { queue: queue.clone(), to: Switch::Closed, by: by.clone() });
                let again = self.dice.between(20_000, 120_000);
                self.plan_in(again, Act::Do(Command::SwitchQueue { queue, to: Switch::Calendar, by }));
            }
            (5, _, _) => {
                self.command(Command::SetSurge { queue: queue.clone(), on: true, by: by.clone() });
                let again = self.dice.between(30_000, 240_000);
                self.plan_in(again, Act::Do(Command::SetSurge { queue, on: false, by }));
            }
            (6, _, Some(agent)) => {
                let reason = name(ReasonName::new("meeting"));
                let then = Some(Presence::Away { reason });
                self.command(Command::SetLeaving { agent: agent.clone(), then, by });
                let again = self.dice.between(60_000, 300_000);
                self.ready_in(agent, again);
            }
            _ => {}
        }
    }

    /// A P0 contact dropped: somebody decides, after a while.
    pub(super) fn decide_drop(&mut self, contact: ContactId) {
        let (by, call) = (supervisor_name(0), self.dice.percent(50));
        let later = self.dice.between(5_000, 60_000);
        self.plan_in(later, Act::Do(Command::DecideDrop { contact, by, call }));
    }

    /// Something of the set-up is changed while it is in use.
    pub(super) fn change(&mut self) {
        self.plan_fault(self.plan.change_every, Act::Change);
        let all = set_up(&self.plan, &mut self.dice);
        let Some(change) = self.dice.pick(&all).cloned() else { return };
        let seconds = self.dice.between(8, 30);
        let change = match change {
            // What is always promised stays: the last resort and its times.
            Change::QueueSet { queue } if self.dice.percent(80) => {
                Change::QueueSet { queue: Queue { offer_seconds: seconds, wrap_up_seconds: seconds * 2, ..queue } }
            }
            Change::QueueSet { queue } => Change::QueueRemoved { queue: queue.name },
            other => other,
        };
        // A queue that was taken away comes back.
        let back = all.into_iter().find(|c| {
            matches!((c, &change),
            (Change::QueueSet { queue }, Change::QueueRemoved { queue: gone }) if queue.name == *gone)
        });
        let by = Actor::Staff { name: supervisor_name(1) };
        self.obey(Command::SetUp { change: Box::new(change), by: by.clone() });
        if let Some(back) = back {
            self.obey(Command::SetUp { change: Box::new(back), by });
        }
    }
}
