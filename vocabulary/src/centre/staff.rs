//! Who works here: what they can, what they may see, and when they are on shift.

use crate::calendar::{Clock, Day, Weekday};
use crate::{
    AgentName, Channel, Lane, Language, LedgerName, Level, ReasonName, ShiftName, SkillName, TenantName, Tier, Time,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What a member of staff may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Serves contacts.
    Agent,
    /// Sees the wall, plays ordinary recordings, sets presence.
    Supervisor,
    /// Changes set-up.
    Admin,
    /// Data-protection officer: sees the audit log and what is sealed for them.
    Dpo,
}

/// A member of staff. Clearance, not role, opens safeguarding contacts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agent {
    /// Log-in name.
    pub name: AgentName,
    /// The name shown to colleagues, and (first word only) to citizens in chat.
    pub shown_as: String,
    /// What they may do.
    pub roles: BTreeSet<Role>,
    /// Languages they serve in.
    pub languages: BTreeSet<Language>,
    /// Skills and levels.
    pub skills: BTreeMap<SkillName, Level>,
    /// The last day on which the training behind a skill counts; a skill left out does not expire.
    #[serde(default)]
    pub skills_until: BTreeMap<SkillName, Day>,
    /// Safeguarding lanes they may serve or (supervisors) see.
    pub clearances: BTreeSet<Lane>,
    /// The last day on which a clearance counts; one left out does not expire.
    #[serde(default)]
    pub clearances_until: BTreeMap<Lane, Day>,
    /// Tenants whose contacts they may serve; the operator's own contacts need none.
    pub tenants: BTreeSet<TenantName>,
    /// Tier they serve at.
    pub tier: Tier,
    /// Text contacts they may hold at once, beside or instead of a call; what counts where no
    /// ledger is named.
    pub text_contacts: u32,
    /// The capacity ledger they work by.
    #[serde(default)]
    pub ledger: Option<LedgerName>,
    /// Whether they are ready again by themselves after a contact; otherwise they go away until
    /// they say so.
    #[serde(default = "yes")]
    pub auto_ready: bool,
}

fn yes() -> bool {
    true
}

/// How much one agent carries at once: each contact takes its weight from one capacity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    /// What an agent has.
    pub capacity: u32,
    /// What a contact of each channel takes; a channel left out is not offered.
    pub channels: BTreeMap<Channel, Load>,
}

/// What a contact of one channel takes, and beside what it may be offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Load {
    /// Taken from the capacity while the agent has the contact.
    pub weight: u32,
    /// The most contacts of this channel at once; voice never more than one.
    pub most: u32,
    /// What the agent may be doing when such a contact is offered.
    pub beside: Beside,
    /// What may be offered while the agent has such a contact: the same rule seen from the other
    /// side. Both must allow it.
    #[serde(default)]
    pub admits: Beside,
}

/// What a contact goes together with: seen from the one offered, or from the one in hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Beside {
    /// Nothing.
    Nothing,
    /// Contacts of the same channel only.
    SameChannel,
    /// Anything.
    #[default]
    Anything,
}

/// A shift: who works when, week by week.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shift {
    /// Its name.
    pub name: ShiftName,
    /// The weekdays on which it begins.
    pub days: BTreeSet<Weekday>,
    /// When it begins.
    pub from: Clock,
    /// When it ends; at or before `from` it ends on the next day.
    pub to: Clock,
    /// Who works it.
    pub agents: BTreeSet<AgentName>,
}

/// Someone does not work a shift on one day, and perhaps somebody else does.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Absence {
    /// The day on which the shift begins.
    pub day: Day,
    /// The shift.
    pub shift: ShiftName,
    /// Who is absent.
    pub agent: AgentName,
    /// Why: `sick`, `leave`, `training` ...
    pub reason: ReasonName,
    /// Who works instead.
    pub cover: Option<AgentName>,
}

impl Agent {
    /// An agent with every default: no language, no skill, no clearance.
    pub fn new(name: AgentName) -> Agent {
        Agent {
            shown_as: name.to_string(),
            name,
            roles: BTreeSet::from([Role::Agent]),
            languages: BTreeSet::new(),
            skills: BTreeMap::new(),
            skills_until: BTreeMap::new(),
            clearances: BTreeSet::new(),
            clearances_until: BTreeMap::new(),
            tenants: BTreeSet::new(),
            tier: Tier::L1,
            text_contacts: 3,
            ledger: None,
            auto_ready: true,
        }
    }

    /// Whether this person was made free to serve or see contacts of a lane. Whether the training
    /// behind it still counts is [`Agent::clearance_counts`].
    pub fn cleared_for(&self, lane: Lane) -> bool {
        !lane.is_safeguarding() || self.clearances.contains(&lane)
    }

    /// Whether the clearance for a lane counts at a moment; a lane that asks for none is open to all.
    pub fn clearance_counts(&self, lane: Lane, at: Time) -> bool {
        let until = self.clearances_until.get(&lane);
        !lane.is_safeguarding() || (self.clearances.contains(&lane) && until.is_none_or(|day| at < day.end()))
    }

    /// The level of a skill whose training counts at a moment.
    pub fn level(&self, skill: &SkillName, at: Time) -> Option<Level> {
        let counts = self.skills_until.get(skill).is_none_or(|day| at < day.end());
        self.skills.get(skill).copied().filter(|_| counts)
    }

    /// When the next training of this person expires after a moment.
    pub fn next_expiry(&self, at: Time) -> Option<Time> {
        let skills = self.skills_until.iter().filter(|(skill, _)| self.skills.contains_key(*skill)).map(|(_, day)| day);
        let lanes = self.clearances_until.iter().filter(|(lane, _)| self.clearances.contains(lane)).map(|(_, day)| day);
        skills.chain(lanes).map(|day| day.end()).filter(|end| *end > at).min()
    }
}

impl Shift {
    /// From when to when the shift that begins on a day is worked.
    pub fn on(&self, day: Day) -> (Time, Time) {
        let last = if self.to > self.from { day } else { day.plus(1) };
        (self.from.on(day), self.to.on(last))
    }
}

impl Absence {
    /// Whether both speak of the same person, shift and day.
    pub(super) fn is_of(&self, other: &Absence) -> bool {
        (self.day, &self.shift, &self.agent) == (other.day, &other.shift, &other.agent)
    }
}
