//! How queues ask for skills, training that expires, and the place of one contact.

use super::Plan;
use acd::{Command, Floor, Stage};
use vocabulary::centre::{Agent, Queue, SkillMode};
use vocabulary::event::{Actor, AgentRule};
use vocabulary::{ContactId, Day, Event, Span, Time};

/// What must have happened often, or the plan proves nothing about it.
pub fn told(event: &Event) -> Option<&'static str> {
    Some(match event {
        Event::Offered { why, .. } if why.agent == AgentRule::BestAvailable => "offered to the best available",
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
        if !self.dice.chance(6) {
            return None;
        }
        let waiting: Vec<ContactId> =
            floor.contacts().filter(|c| c.queue.is_some() && c.stage == Stage::Waiting).map(|c| c.contact).collect();
        let contact = match self.dice.pick(&waiting).copied() {
            Some(contact) if self.dice.chance(90) => contact,
            _ => self.some_contact(),
        };
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
