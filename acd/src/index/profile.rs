//! What agents offer and what lines ask for: whether the two go together is decided here, once for
//! each pair.

use super::lines::LineKey;
use std::collections::{BTreeMap, BTreeSet};
use vocabulary::centre::{Agent, Role, SkillMode};
use vocabulary::{Lane, Language, Level, Needs, SkillName, TenantName, Tier, Time};

/// Everything an agent offers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Profile {
    pub skills: BTreeMap<SkillName, Level>,
    pub languages: BTreeSet<Language>,
    pub clearances: BTreeSet<Lane>,
    pub tenants: BTreeSet<TenantName>,
    pub tier: Tier,
    /// Whether they serve by their skills.
    pub agent: bool,
    /// Whether they serve in a surge.
    pub supervisor: bool,
}

/// What a line asks for.
pub(crate) struct Asked<'a> {
    pub key: LineKey,
    pub needs: &'a Needs,
    /// How strictly it asks for the skills among them.
    pub mode: SkillMode,
    pub tenant: Option<&'a TenantName>,
    /// Whether supervisors serve it too.
    pub surge: bool,
}

impl Profile {
    /// What an agent offers at a moment: training that has expired counts no more.
    pub fn of(agent: &Agent, clock: Time) -> Profile {
        let skills = agent.skills.keys().filter_map(|skill| Some((skill.clone(), agent.level(skill, clock)?)));
        let clearances = agent.clearances.iter().copied();
        Profile {
            skills: skills.collect(),
            languages: agent.languages.clone(),
            clearances: clearances
                .filter(|lane| lane.is_safeguarding() && agent.clearance_counts(*lane, clock))
                .collect(),
            tenants: agent.tenants.clone(),
            tier: agent.tier,
            agent: agent.roles.contains(&Role::Agent),
            supervisor: helps_in_surge(agent),
        }
    }

    /// Whether agents of this profile may serve a line, and the sum of their levels in what it asks
    /// for, as far as it asks for it where nobody must have all of it. On the any-agent rung
    /// everybody may, and the level says who is cleared.
    pub fn serves(&self, asked: &Asked<'_>) -> Option<u32> {
        let cleared = asked.key.lane.is_none_or(|lane| self.clearances.contains(&lane));
        let helps = asked.surge && self.supervisor;
        if !self.agent && !helps {
            return None;
        }
        if asked.key.any {
            return Some(u32::from(cleared));
        }
        let tenant = asked.tenant.is_none_or(|tenant| self.tenants.contains(tenant));
        let language = asked.needs.language.is_none_or(|language| self.languages.contains(&language));
        if !cleared || !tenant || !language {
            return None;
        }
        self.level_for(asked.needs, asked.mode).or(helps.then_some(0))
    }

    /// How much of what is asked for they have; `None` for who may not serve it. Tier is no skill: no
    /// mode relaxes it.
    fn level_for(&self, asked: &Needs, mode: SkillMode) -> Option<u32> {
        if !self.agent || self.tier < asked.tier {
            return None;
        }
        let mut sum = 0;
        for (skill, level) in &asked.skills {
            let has = self.skills.get(skill).copied();
            match mode {
                SkillMode::All => sum += u32::from(has.filter(|has| has >= level)?.get()),
                // More than is asked is of no use to this contact.
                SkillMode::BestAvailable => sum += has.map_or(0, |has| u32::from(has.min(*level).get())),
                SkillMode::Ignore => {}
            }
        }
        Some(sum)
    }
}

/// Whether a member of staff ever serves contacts.
pub(super) fn serves_at_all(staff: &Agent) -> bool {
    staff.roles.contains(&Role::Agent) || helps_in_surge(staff)
}

/// Supervisors serve a queue's contacts while a surge is on, if they speak with citizens at all.
fn helps_in_surge(staff: &Agent) -> bool {
    staff.roles.contains(&Role::Supervisor) && !staff.languages.is_empty()
}
