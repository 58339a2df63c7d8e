//! What an agent declares.

use crate::ReasonName;
use serde::{Deserialize, Serialize};

/// An agent's presence. What an agent is *doing* (offered, talking, wrapping up) is an engagement,
/// not a presence: an agent away can still be finishing a call.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Presence {
    /// May be offered contacts.
    Ready,
    /// Logged in, not to be offered anything.
    Away {
        /// Why: `break`, `training`, `no_answer`, `recovery` ...
        reason: ReasonName,
    },
    /// Not logged in.
    #[default]
    Offline,
}
