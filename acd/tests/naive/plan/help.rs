//! Commands about several people on one contact.

use super::{Plan, QUEUES};
use acd::{Command, ContactView, Floor, Stage};
use vocabulary::centre::Climb;
use vocabulary::event::{Actor, HelpKind};
use vocabulary::{AgentName, ContactId, EndCause, Needs, Party, Presence, QueueName, Ulid};

impl Plan {
    pub fn helping(seed: u64) -> Plan {
        Plan { calm: true, helping: true, ..Plan::new(seed + 10_000) }
    }

    pub fn several(&mut self, floor: &Floor) -> Command {
        let contacts: Vec<ContactView> = floor.contacts().collect();
        match self.dice.below(20) {
            0..=6 => self.ask(&contacts),
            7..=10 => self.give_help(&contacts),
            11..=12 => self.leave(&contacts),
            13..=16 => self.transfer(&contacts),
            _ => self.assign(&contacts),
        }
    }

    /// On a calm day who is offered a contact mostly takes it, and those who talk often need others.
    pub fn next_of_calm(&mut self, floor: &Floor) -> Option<Command> {
        if !self.calm {
            return None;
        }
        // Where people help each other a draw that comes to nothing is drawn again.
        let draws = if self.helping { 4 } else { 1 };
        (0..draws).find_map(|_| self.of_calm(floor).filter(|command| *command != Command::Tick))
    }

    fn of_calm(&mut self, floor: &Floor) -> Option<Command> {
        let contacts: Vec<ContactView> = floor.contacts().collect();
        let answered = |c: &ContactView| c.request.is_some() && matches!(c.stage, Stage::Talking { .. });
        match self.dice.below(if self.helping { 14 } else { 20 }) {
            0..=2 => self.take(&contacts),
            3..=5 => self.join_up(&contacts),
            6..=7 => self.come_back(floor),
            8..=9 if contacts.iter().any(answered) => Some(self.give_help(&contacts)),
            8 => Some(self.ask(&contacts)),
            9 => Some(self.several(floor)),
            10 if contacts.iter().any(|c| !c.also.is_empty()) => Some(self.leave(&contacts)),
            _ => None,
        }
    }

    fn come_back(&mut self, floor: &Floor) -> Option<Command> {
        let absent = floor.agents().filter(|agent| agent.presence != Presence::Ready).map(|agent| agent.agent);
        let absent: Vec<AgentName> = absent.collect();
        let agent = self.dice.pick(&absent)?.clone();
        Some(Command::SetPresence { agent, presence: Presence::Ready, by: Actor::Centre })
    }

    /// Somebody takes what they are offered, requests for help first.
    fn take(&mut self, contacts: &[ContactView]) -> Option<Command> {
        let shown = |c: &&ContactView| matches!(c.stage, Stage::Offered { .. });
        let requests: Vec<&ContactView> = contacts.iter().filter(shown).filter(|c| c.request.is_some()).collect();
        let shown: Vec<&ContactView> = contacts.iter().filter(shown).collect();
        let contact = *self.dice.pick(if requests.is_empty() { &shown } else { &requests })?;
        let Stage::Offered { agents, .. } = &contact.stage else { return None };
        let agent = agents.first()?.clone();
        Some(Command::Accept { contact: contact.contact, offer: contact.offer, agent })
    }

    fn join_up(&mut self, contacts: &[ContactView]) -> Option<Command> {
        let joining = contacts.iter().filter_map(|c| match &c.stage {
            Stage::Accepted { agent } => Some((c.contact, agent.clone())),
            _ => None,
        });
        let joining: Vec<_> = joining.collect();
        let (contact, agent) = self.dice.pick(&joining).cloned()?;
        Some(Command::Connect { contact, agent })
    }

    fn queue_name(&mut self) -> QueueName {
        QueueName::new(self.dice.pick(&QUEUES).unwrap()).unwrap()
    }

    fn few_needs(&mut self) -> Needs {
        let skills = if self.dice.chance(20) { self.skills(30) } else { Default::default() };
        Needs { skills, ..Needs::default() }
    }

    pub fn climb(&mut self) -> Option<Climb> {
        let climbs = self.dice.chance(40);
        climbs.then(|| Climb { after_seconds: 1 + self.dice.below(40) as i64, to: self.queue_name() })
    }

    /// A contact that talks, and with whom; seldom somebody else.
    fn talking(&mut self, contacts: &[ContactView]) -> Option<(ContactId, AgentName)> {
        let talk = |c: &ContactView| match &c.stage {
            Stage::Talking { agent, .. } => Some((c.contact, agent.clone())),
            _ => None,
        };
        let found: Vec<_> = contacts.iter().filter_map(talk).collect();
        let (contact, agent) = self.dice.pick(&found).cloned()?;
        if self.dice.chance(4) { Some((contact, self.some_agent())) } else { Some((contact, agent)) }
    }

    fn ask(&mut self, contacts: &[ContactView]) -> Command {
        let Some((of, by)) = self.talking(contacts) else {
            return Command::Tick;
        };
        self.contacts += 1;
        let help = ContactId(Ulid::from_parts(self.now.0 as u64, self.contacts));
        let help = if self.dice.chance(3) { self.some_contact() } else { help };
        let kind = if self.dice.chance(65) { HelpKind::Consult } else { HelpKind::Interpreter };
        let agent = self.dice.chance(30).then(|| self.some_agent());
        Command::AskHelp { help, of, by, kind, queue: self.queue_name(), needs: self.few_needs(), agent }
    }

    /// A request is completed, joined or given up; answered or not.
    fn give_help(&mut self, contacts: &[ContactView]) -> Command {
        let requests: Vec<&ContactView> = contacts.iter().filter(|c| c.request.is_some()).collect();
        let talk = |c: &&&ContactView| matches!(c.stage, Stage::Talking { .. });
        let answered: Vec<&ContactView> = requests.iter().filter(talk).copied().collect();
        let from = if answered.is_empty() || self.dice.chance(10) { &requests } else { &answered };
        let Some(help) = self.dice.pick(from).map(|c| c.contact) else {
            return Command::Tick;
        };
        match self.dice.below(10) {
            0..=3 => Command::CompleteHelp { help },
            4..=8 => Command::JoinHelp { help },
            _ => Command::End { contact: help, by: Party::Agent, cause: EndCause::Normal },
        }
    }

    fn leave(&mut self, contacts: &[ContactView]) -> Command {
        let shared: Vec<&ContactView> = contacts.iter().filter(|c| !c.also.is_empty()).collect();
        let Some(contact) = self.dice.pick(&shared).copied() else {
            let some = self.talking(contacts);
            return some.map_or(Command::Tick, |(contact, agent)| Command::Leave { contact, agent });
        };
        let agent = match &contact.stage {
            Stage::Talking { agent, .. } if self.dice.chance(50) => agent.clone(),
            _ => contact.also[0].0.clone(),
        };
        Command::Leave { contact: contact.contact, agent }
    }

    fn transfer(&mut self, contacts: &[ContactView]) -> Command {
        let Some((contact, agent)) = self.talking(contacts) else {
            return Command::Tick;
        };
        let by = match self.dice.below(10) {
            0..=6 => Actor::Staff { name: agent.clone() },
            7..=8 => Actor::Staff { name: self.some_agent() },
            _ => Actor::Centre,
        };
        Command::Transfer { contact, agent, queue: self.queue_name(), needs: self.few_needs(), by }
    }

    fn assign(&mut self, contacts: &[ContactView]) -> Command {
        let waits = |c: &&ContactView| matches!(c.stage, Stage::Waiting | Stage::Offered { .. });
        let waiting: Vec<ContactId> = contacts.iter().filter(waits).map(|c| c.contact).collect();
        let contact = self.dice.pick(&waiting).copied().unwrap_or_default();
        let by = if self.dice.chance(80) { Actor::Centre } else { Actor::Staff { name: self.some_agent() } };
        Command::Assign { contact, agent: self.some_agent(), by }
    }
}
