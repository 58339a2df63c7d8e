//! Why a waiting contact is not with an agent at this moment: every agent counted once, under the
//! first thing that stands in the way. Computed when asked for, from the state alone, so that it can
//! be asked of any moment of the journal by replaying it up to there. Costs a pass over the agents.

use crate::Floor;
use crate::state::{AgentIx, Contact, Openness, Order, State};
use serde::Serialize;
use std::collections::BTreeMap;
use vocabulary::centre::{Agent, Role, SkillMode};
use vocabulary::{ContactId, Level, Presence, SkillName, Time};

/// What stands between one agent and one waiting contact. The order is the order in which they are
/// looked at: what nobody could change in a minute comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Obstacle {
    /// Without the clearance for its lane, or with one that has expired.
    NotCleared,
    /// Does not serve its tenant.
    OtherTenant,
    /// Serves at a lower tier.
    LowerTier,
    /// Does not speak its language.
    Language,
    /// Lacks a skill, or has it at a lower level or with training that has expired.
    Skill,
    /// It is kept, for a time, for the agent it prefers.
    KeptForAnother,
    /// Not logged in.
    Offline,
    /// Away, with a reason.
    Away,
    /// On a break that is owed after safeguarding contacts.
    Resting,
    /// Wrapping up.
    WrappingUp,
    /// Has as much in hand as they may.
    Busy,
    /// Declined, missed or lost this contact a moment ago.
    AskedLately,
    /// Held back: cleared agents are kept free for safeguarding contacts.
    Reserved,
    /// Nothing: it is offered to them, or to somebody before them.
    Nothing,
}

/// Why a contact waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The contact.
    pub contact: ContactId,
    /// At which moment.
    pub at: Time,
    /// How many agents each obstacle keeps away; every agent is counted once.
    pub obstacles: BTreeMap<Obstacle, u32>,
}

impl Floor {
    /// Why a waiting contact is not with an agent; `None` for one that does not wait.
    pub fn explain(&self, contact: ContactId) -> Option<Explanation> {
        let row = self.state.contacts.get(&contact).filter(|row| row.waits())?;
        let order = row.order.as_ref()?;
        let mut obstacles = BTreeMap::new();
        for ix in 0..self.state.agents.len() as AgentIx {
            let Some(set_up) = self.state.set_up(ix).filter(|a| a.roles.contains(&Role::Agent)) else { continue };
            let what = obstacle(self, row, order, ix, set_up);
            *obstacles.entry(what).or_insert(0) += 1;
        }
        Some(Explanation { contact, at: self.clock, obstacles })
    }
}

fn obstacle(floor: &Floor, contact: &Contact, order: &Order, ix: AgentIx, agent: &Agent) -> Obstacle {
    let state = &floor.state;
    let row = state.agent(ix);
    if let Some(found) = cannot_serve(state, contact, order, agent, floor.clock) {
        return found;
    }
    let kept_for = contact.links.line.and_then(|line| floor.index.lines[line as usize].key.only);
    if kept_for.is_some_and(|other| other != ix) {
        return Obstacle::KeptForAnother;
    }
    match &row.presence {
        Presence::Offline => return Obstacle::Offline,
        Presence::Away { .. } if !row.on_break() => return Obstacle::Away,
        _ => {}
    }
    if !row.wrapping.is_empty() {
        return Obstacle::WrappingUp;
    }
    let kind = state.kinds.kind(contact.channel);
    if !state.has_room(row, state.kinds.room_of(agent), kind) {
        return Obstacle::Busy;
    }
    if state.openness(row) != Some(Openness::Open) && !order.urgent() {
        return Obstacle::Resting;
    }
    if contact.rests(ix, floor.clock) {
        return Obstacle::AskedLately;
    }
    let group = row.standing.group.map(|number| &floor.index.groups[number as usize]);
    let held = group.is_some_and(|group| floor.index.held_back(group, kind));
    if order.ordinary() && held { Obstacle::Reserved } else { Obstacle::Nothing }
}

/// What of the contact's needs the agent does not meet.
fn cannot_serve(state: &State, contact: &Contact, order: &Order, agent: &Agent, now: Time) -> Option<Obstacle> {
    if order.any_agent {
        return None;
    }
    if !agent.clearance_counts(order.lane, now) {
        return Some(Obstacle::NotCleared);
    }
    let own = contact.tenant.as_str() == state.centre.floor.as_str();
    if !own && !agent.tenants.contains(&contact.tenant) {
        return Some(Obstacle::OtherTenant);
    }
    if agent.tier < order.needs.tier {
        return Some(Obstacle::LowerTier);
    }
    if order.needs.language.is_some_and(|language| !agent.languages.contains(&language)) {
        return Some(Obstacle::Language);
    }
    let strict = state.queue(&order.queue).is_none_or(|queue| queue.skill_mode == SkillMode::All);
    let lacks = |(skill, asked): (&SkillName, &Level)| agent.level(skill, now).is_none_or(|level| level < *asked);
    (strict && order.needs.skills.iter().any(lacks)).then_some(Obstacle::Skill)
}
