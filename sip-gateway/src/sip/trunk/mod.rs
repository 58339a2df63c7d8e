//! Trunks to carriers: whether one is there, which of several takes the next call, how we register with
//! it, what a call says about who calls whom, and why it ended. Pure; sending is the live half's.
//!
//! | file | owns |
//! |---|---|
//! | `health` | OPTIONS pings: up or down |
//! | `pool` | priorities, weights, admission, failover |
//! | `registration` | REGISTER to a carrier, refreshed and backed off |
//! | `identity` | who calls, for whom the call was first meant, what we show |
//! | `cause` | SIP codes and Q.850 causes |

pub mod cause;
pub mod health;
pub mod identity;
pub mod pool;
pub mod registration;

use serde::{Deserialize, Serialize};

/// A trunk, by its place in the set-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TrunkId(pub u16);
