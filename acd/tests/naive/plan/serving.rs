//! How queues ask for skills, training that expires, and the place of one contact.

use super::Plan;
use acd::{Command, Floor, Stage};
use vocabulary::centre::{Agent, Queue, SkillMode};
use vocabulary::event::{Actor, AgentRule};
use vocabulary::{AgentName, ContactId, Day, Event, Presence, Span, Time};

/// What must have happened often, or the plan proves nothing about it.
pub fn told(event: &Event) -> Option<&'static str> {
    Some(match event {
        Event::Offered { why, .. } if why.agent == AgentRule::BestAvailable => "offered to the best available",
        Event::Offered { why, .. } if why.agent == AgentRule::Preferred => "offered to who is preferred",
        Event::Rescored { .. } => "rescored",
        _ => return None,
    })
}

/// Every other centre begins shortly before midnight, when training expires.
pub fn begin(seed: u64) -> Time {
    let noon = Time(1_795_000_000_000);
    if seed.is_multiple_of(2) { noon } else { Day::of(noon).end() - Span::minutes(8) }
}

impl Plan {
    /// Some of what an agent can ends today, has ended, or will tomorrow.
    pub fn train(&mut self, agent: &mut Agent) {
        let today = Day::of(self.now);
        for skill in agent.skills.keys() {
            if self.dice.chance(25) {
                agent.skills_until.insert(skill.clone(), today.plus(self.dice.below(3) as i32 - 1));
            }
        }
        for lane in &agent.clearances {
            if self.dice.chance(25) {
                agent.clearances_until.insert(*lane, today.plus(self.dice.below(3) as i32 - 1));
            }
        }
    }

    /// Now and then something about the place of one contact.
    pub fn serving(&mut self, floor: &Floor) -> Option<Command> {
        if !self.dice.chance(7) {
            return None;
        }
        let waiting: Vec<ContactId> =
            floor.contacts().filter(|c| matches!(c.stage, Stage::Waiting | Stage::InFlow)).map(|c| c.contact).collect();
        let contact = match self.dice.pick(&waiting).copied() {
            Some(contact) if self.dice.chance(90) => contact,
            _ => self.some_contact(),
        };
        if self.dice.chance(65) {
            let near = floor.agents().filter(|a| a.presence == Presence::Ready).map(|a| a.agent);
            let near: Vec<AgentName> = near.collect();
            let agent = match self.dice.pick(&near).cloned() {
                Some(agent) if self.dice.chance(80) => agent,
                _ => self.some_agent(),
            };
            let seconds = match self.dice.below(10) {
                0 => 0,
                1 => 200_000,
                _ => self.dice.below(120) as i64,
            };
            return Some(Command::Prefer { contact, agent, until: self.now + Span::seconds(seconds) });
        }
        let base = self.dice.below(80) as i64 - 20;
        Some(Command::Rescore { contact, base, by: Actor::Staff { name: self.some_agent() } })
    }

    pub fn set_asking(&mut self, queue: &mut Queue) {
        queue.skill_mode = match self.dice.below(10) {
            0..=5 => SkillMode::All,
            6..=8 => SkillMode::BestAvailable,
            _ => SkillMode::Ignore,
        };
        queue.most_points = self.dice.chance(40).then(|| self.dice.below(60) as i64 - 10);
    }
}
