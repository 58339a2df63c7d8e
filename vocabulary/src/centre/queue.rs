//! What a queue is: whom it asks for, who goes first in it, and what happens to those who wait.

use crate::{CalendarName, E164, Lane, Language, Level, QueueName, SkillName, TenantName, Tier};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

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
    /// How strictly skills are asked.
    #[serde(default)]
    pub skill_mode: SkillMode,
    /// Whether the citizen's language is asked of the agent.
    pub language: bool,
    /// Tier it asks for.
    pub tier: Tier,
    /// Points a contact starts with.
    pub base: i64,
    /// Points gained per minute of age.
    pub slope: i64,
    /// Points a contact never passes by age; `None` for no limit.
    #[serde(default)]
    pub most_points: Option<i64>,
    /// How agents are chosen.
    pub choose: Choose,
    /// How long an offer stands.
    pub offer_seconds: i64,
    /// How long wrap-up lasts.
    pub wrap_up_seconds: i64,
    /// What an agent may do about it.
    #[serde(default)]
    pub wrap_up: WrapUpMode,
    /// Answered within this is in time ...
    pub target_seconds: i64,
    /// ... and so many percent should be.
    pub target_percent: u32,
    /// Steps that relax the needs, by time waited.
    pub widenings: Vec<Widening>,
    /// Rungs of the last-resort chain; only and always for safeguarding queues.
    pub last_resort: Vec<LastResort>,
    /// When it is open; `None` for day and night. Never set for a safeguarding queue.
    #[serde(default)]
    pub calendar: Option<CalendarName>,
    /// What happens to a contact that comes while it is closed.
    #[serde(default)]
    pub when_closed: Treatment,
    /// What happens when too many wait, or for too long. Never set for a safeguarding queue.
    #[serde(default)]
    pub overflow: Vec<Overflow>,
    /// Where a contact climbs that nobody here answered (the escalation matrix). The clock of a
    /// safeguarding queue only alerts its supervisor.
    #[serde(default)]
    pub climb: Option<Climb>,
    /// How citizens who asked for it are called back; `None` where call-back is not offered.
    #[serde(default)]
    pub call_back: Option<CallBackRules>,
}

/// How strictly a queue asks for skills. Language, tier, tenant and clearance are not skills.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SkillMode {
    /// Every skill at its level.
    #[default]
    All,
    /// Who has most of what is asked goes first, but anyone may serve.
    BestAvailable,
    /// Skills are not looked at.
    Ignore,
}

/// What an agent may do about wrap-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WrapUpMode {
    /// Its time runs in full, and no longer: it cannot be ended early or extended.
    MandatoryTimed,
    /// It may be ended early, and extended within limits.
    #[default]
    Extendable,
    /// None unless the agent asks for it: the next contact may come at once.
    Optional,
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

/// What is done with a contact that a queue cannot serve as it wished.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Treatment {
    /// It waits in another queue, with its age.
    Queue(QueueName),
    /// A call-back is offered that keeps its place; it goes on waiting until it agrees.
    CallBack,
    /// It may leave a message, which becomes a case.
    Message,
    /// It is told that nobody can serve it now, and when to try again.
    #[default]
    Closed,
}

/// A limit of a queue, and what happens past it. Checked in the order given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overflow {
    /// The limit.
    pub when: OverflowWhen,
    /// What happens.
    pub to: Treatment,
}

/// A limit of a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OverflowWhen {
    /// So many contacts wait in it when one more comes.
    Waiting(u32),
    /// The contact has waited so many seconds.
    WaitedSeconds(i64),
    /// The upper bound of the estimated wait of a contact that comes is longer, in seconds.
    EstimateSeconds(i64),
    /// Nobody who could ever serve it is on shift (ready or away) when a contact comes.
    NobodyOnShift,
}

/// One step of the escalation matrix: nobody answered, so the next tier is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Climb {
    /// Time waited in this queue.
    pub after_seconds: i64,
    /// The queue of the next tier.
    pub to: QueueName,
}

/// How citizens are called back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallBackRules {
    /// How often a citizen who does not answer is called.
    pub attempts: u32,
    /// Time between two attempts.
    pub retry_seconds: i64,
    /// For how long after the agreed time a call-back may still be made.
    pub window_seconds: i64,
}

impl Queue {
    /// A queue with every default.
    pub fn new(name: QueueName, tenant: TenantName, lane: Lane) -> Queue {
        Queue {
            name,
            shown_as: BTreeMap::new(),
            tenant,
            lane,
            skills: BTreeMap::new(),
            skill_mode: SkillMode::All,
            language: true,
            tier: Tier::L1,
            base: 0,
            slope: 10,
            most_points: None,
            choose: Choose::LongestIdle,
            offer_seconds: 20,
            wrap_up_seconds: 60,
            wrap_up: WrapUpMode::Extendable,
            target_seconds: 20,
            target_percent: 80,
            widenings: Vec::new(),
            last_resort: Vec::new(),
            calendar: None,
            when_closed: Treatment::Closed,
            overflow: Vec::new(),
            climb: None,
            call_back: None,
        }
    }
}

impl Default for CallBackRules {
    fn default() -> CallBackRules {
        CallBackRules { attempts: 3, retry_seconds: 900, window_seconds: 3_600 }
    }
}
