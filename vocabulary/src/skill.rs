//! Skills, levels and needs.

use crate::{Language, SkillName, Tier};
use serde::{Deserialize, Deserializer, Serialize, de};
use std::collections::BTreeMap;

/// How well an agent masters a skill, or how well a contact asks for it: 1 (basic) to 5 (expert).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Level(u8);

impl Level {
    /// The lowest level.
    pub const MIN: Level = Level(1);
    /// The highest level.
    pub const MAX: Level = Level(5);

    /// Checks the number: 1 to 5.
    pub fn new(n: u8) -> Option<Level> {
        (1..=5).contains(&n).then_some(Level(n))
    }

    /// The number, 1 to 5.
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl<'de> Deserialize<'de> for Level {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Level, D::Error> {
        let n = u8::deserialize(deserializer)?;
        Level::new(n).ok_or_else(|| de::Error::custom("a skill level is 1 to 5"))
    }
}

/// What a contact asks of the agent who is to serve it. Clearance for its lane is not a need: it
/// follows from the lane and is never widened away.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Needs {
    /// Each skill at this level or better.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub skills: BTreeMap<SkillName, Level>,
    /// The language to be spoken or written; `None` where any will do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// This tier or higher.
    #[serde(default)]
    pub tier: Tier,
}
