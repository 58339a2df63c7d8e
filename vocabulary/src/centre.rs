//! Set-up: what a centre is made of. Its truth is the journal, where each [`Change`] is one
//! validated, reversible event; `centre.toml` is the exchange format.

mod file;

use crate::{
    AgentName, E164, Fault, FloorName, FlowName, Lane, Language, Level, QueueName, ReasonName,
    SkillName, TenantName, Tier,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

pub use crate::name::EntryName;

/// One whole set-up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Centre {
    /// The floor.
    pub floor: FloorName,
    /// Rules that hold for the whole floor.
    pub rules: Rules,
    /// Numbers and pages citizens come in by.
    pub entries: BTreeMap<EntryName, EntryPoint>,
    /// Queues.
    pub queues: BTreeMap<QueueName, Queue>,
    /// Everyone who logs in, agents and supervisors alike.
    pub agents: BTreeMap<AgentName, Agent>,
}

/// Rules of a floor. Each has a default; the file names only what differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    /// How long a place is kept for a redial.
    pub place_seconds: i64,
    /// How many ready cleared agents (per language) standard contacts must leave free.
    pub reserve: u32,
    /// The reserve never holds back more than this share of the cleared agents on shift, in percent.
    pub reserve_cap_percent: u32,
    /// Contacts in safeguarding lanes after which a break is owed.
    pub recovery_after: u32,
    /// Length of that break.
    pub recovery_seconds: i64,
    /// A safeguarding contact waiting this long raises an alarm.
    pub alarm_seconds: i64,
    /// How long an agent who lost the network keeps the contact.
    pub grace_seconds: i64,
    /// Offers expired within a minute that count as a storm.
    pub storm_expiries: u32,
    /// Away reasons an agent may choose.
    pub away_reasons: BTreeSet<ReasonName>,
    /// Dispositions an agent may choose.
    pub dispositions: BTreeSet<ReasonName>,
    /// How many days an ordinary recording is kept; spoken in the rights prompt.
    pub retention_days: u32,
}

/// A number or a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryPoint {
    /// Its name.
    pub name: EntryName,
    /// Whose it is.
    pub tenant: TenantName,
    /// The flow that answers.
    pub flow: FlowName,
    /// The number, for the phone; `None` for a page.
    pub number: Option<E164>,
}

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
    /// Safeguarding lanes they may serve or (supervisors) see.
    pub clearances: BTreeSet<Lane>,
    /// Tenants whose contacts they may serve; the operator's own contacts need none.
    pub tenants: BTreeSet<TenantName>,
    /// Tier they serve at.
    pub tier: Tier,
    /// Text contacts they may hold at once, beside or instead of a call.
    pub text_contacts: u32,
}

/// A queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Queue {
    /// Its name.
    pub name: QueueName,
    /// What staff see, by language.
    pub shown_as: BTreeMap<Language, String>,
    /// Whose it is.
    pub tenant: TenantName,
    /// The lane of contacts that enter it; a flow may say otherwise for one contact.
    pub lane: Lane,
    /// Skills every contact in it asks for.
    pub skills: BTreeMap<SkillName, Level>,
    /// Whether the citizen's language is asked of the agent.
    pub language: bool,
    /// Tier it asks for.
    pub tier: Tier,
    /// Points a contact starts with.
    pub base: i64,
    /// Points gained per minute of age.
    pub slope: i64,
    /// How agents are chosen.
    pub choose: Choose,
    /// How long an offer stands.
    pub offer_seconds: i64,
    /// How long wrap-up lasts.
    pub wrap_up_seconds: i64,
    /// Answered within this is in time ...
    pub target_seconds: i64,
    /// ... and so many percent should be.
    pub target_percent: u32,
    /// Steps that relax the needs, by time waited.
    pub widenings: Vec<Widening>,
    /// Rungs of the last-resort chain; only and always for safeguarding queues.
    pub last_resort: Vec<LastResort>,
}

/// How agents are chosen among those who meet the needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Choose {
    /// The one idle longest.
    #[default]
    LongestIdle,
    /// The one with the highest sum of levels in the skills asked; ties by idle time.
    HighestLevel,
}

/// One step of a queue that asks for less after some time. Place is never relaxed, nor clearance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Widening {
    /// Time waited.
    pub after_seconds: i64,
    /// Skills no longer asked for.
    pub drop_skills: BTreeSet<SkillName>,
    /// Levels asked of the remaining skills fall by this much, never below 1.
    pub lower_levels: u8,
    /// Whether any language will do.
    pub drop_language: bool,
}

/// One rung of the last-resort chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastResort {
    /// Time waited.
    pub after_seconds: i64,
    /// Who is tried besides the cleared agents.
    pub to: LastResortTo,
}

/// Who the last resort is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LastResortTo {
    /// The on-call counsellor's phone.
    OnCall(E164),
    /// An outside line agreed with its owner, as dialled: `1195`, `116`.
    Outside(String),
    /// Any agent, with the crisis card.
    AnyAgent,
}

/// One change of set-up: a whole agent, queue, entry or rule book put in place, or one taken away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum Change {
    /// Rules replaced.
    RulesSet {
        /// The new rules.
        rules: Rules,
    },
    /// An entry point added or replaced.
    EntrySet {
        /// The entry point.
        entry: EntryPoint,
    },
    /// An entry point removed.
    EntryRemoved {
        /// Its name.
        entry: EntryName,
    },
    /// A queue added or replaced.
    QueueSet {
        /// The queue.
        queue: Queue,
    },
    /// A queue removed. Refused while contacts wait in it.
    QueueRemoved {
        /// Its name.
        queue: QueueName,
    },
    /// An agent added or replaced.
    AgentSet {
        /// The agent.
        agent: Agent,
    },
    /// An agent removed. Refused while engaged.
    AgentRemoved {
        /// Their name.
        agent: AgentName,
    },
}

impl Default for Rules {
    fn default() -> Rules {
        let reasons = |names: &[&str]| {
            names.iter().map(|n| ReasonName::new(n).expect("a literal name")).collect()
        };
        Rules {
            place_seconds: 600,
            reserve: 1,
            reserve_cap_percent: 50,
            recovery_after: 3,
            recovery_seconds: 600,
            alarm_seconds: 10,
            grace_seconds: 30,
            storm_expiries: 10,
            away_reasons: reasons(&["break", "meal", "training", "meeting", "recovery"]),
            dispositions: reasons(&["resolved", "follow_up", "escalated", "wrong_number", "no_speech"]),
            retention_days: 90,
        }
    }
}

impl Centre {
    /// An empty centre.
    pub fn empty(floor: FloorName) -> Centre {
        Centre {
            floor,
            rules: Rules::default(),
            entries: BTreeMap::new(),
            queues: BTreeMap::new(),
            agents: BTreeMap::new(),
        }
    }

    /// Reads `centre.toml`. All faults at once, with lines; unknown keys are faults. What the file
    /// says is also checked for sense: a safeguarding queue must have a last resort that ends with
    /// any agent, names must be known where they are used, at least one person must be cleared for
    /// each safeguarding lane.
    ///
    /// # Errors
    /// Every fault of the file.
    pub fn parse(file: &str, source: &str) -> Result<Centre, Vec<Fault>> {
        file::parse(file, source)
    }

    /// Writes the exchange format. `parse` of the result gives the same centre back.
    pub fn to_toml(&self) -> String {
        file::write(self)
    }

    /// The changes that lead from this centre to `other`, in an order in which each is valid.
    pub fn changes_to(&self, other: &Centre) -> Vec<Change> {
        let mut changes = Vec::new();
        if self.rules != other.rules {
            changes.push(Change::RulesSet { rules: other.rules.clone() });
        }
        for queue in other.queues.values().filter(|q| self.queues.get(&q.name) != Some(q)) {
            changes.push(Change::QueueSet { queue: queue.clone() });
        }
        for entry in other.entries.values().filter(|e| self.entries.get(&e.name) != Some(e)) {
            changes.push(Change::EntrySet { entry: entry.clone() });
        }
        for agent in other.agents.values().filter(|a| self.agents.get(&a.name) != Some(a)) {
            changes.push(Change::AgentSet { agent: agent.clone() });
        }
        for name in self.agents.keys().filter(|n| !other.agents.contains_key(*n)) {
            changes.push(Change::AgentRemoved { agent: name.clone() });
        }
        for name in self.entries.keys().filter(|n| !other.entries.contains_key(*n)) {
            changes.push(Change::EntryRemoved { entry: name.clone() });
        }
        for name in self.queues.keys().filter(|n| !other.queues.contains_key(*n)) {
            changes.push(Change::QueueRemoved { queue: name.clone() });
        }
        changes
    }

    /// Puts one change in place.
    pub fn apply(&mut self, change: &Change) {
        match change {
            Change::RulesSet { rules } => self.rules = rules.clone(),
            Change::EntrySet { entry } => {
                self.entries.insert(entry.name.clone(), entry.clone());
            }
            Change::EntryRemoved { entry } => {
                self.entries.remove(entry);
            }
            Change::QueueSet { queue } => {
                self.queues.insert(queue.name.clone(), queue.clone());
            }
            Change::QueueRemoved { queue } => {
                self.queues.remove(queue);
            }
            Change::AgentSet { agent } => {
                self.agents.insert(agent.name.clone(), agent.clone());
            }
            Change::AgentRemoved { agent } => {
                self.agents.remove(agent);
            }
        }
    }

    /// The entry point of a dialled number.
    pub fn entry_of(&self, number: &E164) -> Option<&EntryPoint> {
        self.entries.values().find(|e| e.number.as_ref() == Some(number))
    }
}

impl Agent {
    /// Whether this person may serve or see contacts of a lane.
    pub fn cleared_for(&self, lane: Lane) -> bool {
        !lane.is_safeguarding() || self.clearances.contains(&lane)
    }
}
