//! Lane, risk and tier: who may serve, who goes first, how far a matter has climbed.

use serde::{Deserialize, Serialize};

/// The kind of help. Decides who may serve and what is kept; it says nothing about urgency, which
/// is [`Risk`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lane {
    /// Gender-based violence. Safeguarding.
    Gbv,
    /// A child at risk. Safeguarding.
    Child,
    /// Tele-counselling: mental health, suicide. Safeguarding.
    MentalHealth,
    /// Self-declared: sixty or older, a person with disability, pregnant, with a small baby
    /// (Digitalization Plan, Annex 2).
    SpecialNeeds,
    /// Everyone else.
    Standard,
}

impl Lane {
    /// Every lane, safeguarding first.
    pub const ALL: [Lane; 5] = [Lane::Gbv, Lane::Child, Lane::MentalHealth, Lane::SpecialNeeds, Lane::Standard];

    /// Whether the rules of the safe line apply: clearance to serve or see, nothing recorded unless
    /// asked for, no survey, no automatic call-back.
    pub const fn is_safeguarding(self) -> bool {
        matches!(self, Lane::Gbv | Lane::Child | Lane::MentalHealth)
    }

    /// The name used in files and the journal.
    pub const fn as_str(self) -> &'static str {
        match self {
            Lane::Gbv => "gbv",
            Lane::Child => "child",
            Lane::MentalHealth => "mental_health",
            Lane::SpecialNeeds => "special_needs",
            Lane::Standard => "standard",
        }
    }
}

/// How urgent: P0 is imminent danger, P3 information. Smaller sorts first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Risk {
    /// Imminent: an attack or attempt in progress. A human within 10 s, everything else yields.
    P0,
    /// High: 95 % within 20 s.
    P1,
    /// Moderate: 90 % within 30 s.
    P2,
    /// Information and everything ordinary.
    P3,
}

impl Risk {
    /// Whether several agents are offered the contact at once (DESIGN: P0 and P1).
    pub const fn offers_to_several(self) -> bool {
        matches!(self, Risk::P0 | Risk::P1)
    }

    /// The name used in files and the journal.
    pub const fn as_str(self) -> &'static str {
        match self {
            Risk::P0 => "P0",
            Risk::P1 => "P1",
            Risk::P2 => "P2",
            Risk::P3 => "P3",
        }
    }
}

/// Escalation level (Digitalization Plan: first and second level, then the ministry).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub enum Tier {
    /// Universal agent.
    #[default]
    L1,
    /// Specialist.
    L2,
    /// The ministry, county, department or agency.
    L3,
}
