//! One contact's course: flow run, queue, offer, bridge, end.
//!
//! A [`Journey`] is a pure machine (ARCHITECTURE.md, "the shape of a pure machine"). Its owner, the
//! contact task, feeds it what the leg or conversation did and what the floor decided; it answers
//! with [`Effect`]s for the leg and commands for the floor. It holds no media, no socket and no
//! journal. What may be recorded is decided by `recordings::policy`, which the owner feeds with the
//! same facts.

mod command;
mod connection;
mod machine;

pub use command::{Command, Effect, Opening, Stage};
pub use machine::Journey;
