//! Rules of the whole floor.

use super::Ledger;
use crate::{LedgerName, ReasonName};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Rules of a floor. Each has a default; the file names only what differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rules {
    /// How long a place is kept for a redial.
    pub place_seconds: i64,
    /// How many ready cleared agents (per language) standard contacts must leave free at least.
    pub reserve: u32,
    /// The reserve never holds back more than this share of the cleared agents on shift, in percent.
    pub reserve_cap_percent: u32,
    /// The reserve follows load: so many agents are kept free that of the safeguarding contacts of
    /// the last hour's load no more than this share would find nobody, in percent (Erlang C);
    /// 0 for a reserve that does not move.
    pub reserve_wait_percent: u32,
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
    /// Silent contacts of one source within an hour that go first as P1; more wait as P2.
    pub silent_per_source: u32,
    /// The same for all sources together.
    pub silent_per_hour: u32,
    /// Away reasons an agent may choose.
    pub away_reasons: BTreeSet<ReasonName>,
    /// Dispositions an agent may choose.
    pub dispositions: BTreeSet<ReasonName>,
    /// How many days an ordinary recording is kept; spoken in the rights prompt.
    pub retention_days: u32,
    /// Capacity ledgers agents may work by.
    pub ledgers: BTreeMap<LedgerName, Ledger>,
    /// Contacts left within this after entering a queue do not count as abandoned in the figure
    /// without short abandons.
    pub short_abandon_seconds: i64,
    /// Safeguarding counts below this are not told to those without clearance for a lane's figures.
    pub small_count: u32,
}

impl Default for Rules {
    fn default() -> Rules {
        let reasons = |names: &[&str]| names.iter().map(|n| ReasonName::new(n).expect("a literal name")).collect();
        Rules {
            place_seconds: 600,
            reserve: 1,
            reserve_cap_percent: 50,
            reserve_wait_percent: 5,
            recovery_after: 3,
            recovery_seconds: 600,
            alarm_seconds: 10,
            grace_seconds: 30,
            storm_expiries: 10,
            silent_per_source: 2,
            silent_per_hour: 20,
            away_reasons: reasons(&["break", "meal", "training", "meeting", "recovery"]),
            dispositions: reasons(&["resolved", "follow_up", "escalated", "wrong_number", "no_speech"]),
            retention_days: 90,
            ledgers: BTreeMap::new(),
            short_abandon_seconds: 5,
            small_count: 5,
        }
    }
}
