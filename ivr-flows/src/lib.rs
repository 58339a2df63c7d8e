//! The flow language, its interpreter, the spoken grammar and the prompts.
//!
//! One flow file drives phone, chat and USSD: a [`Run`] takes keys and words and gives back what to
//! say and what to ask of the floor. Everything here is pure: files, clocks and sound belong to the
//! binary that owns the run. The language is described in `ivr-flows/FLOWS.md`.
//!
//! The crate leaves out: who is next in a queue (the routing engine), how sound reaches the caller
//! (the gateway), how a message reaches a screen (the chat adapters).

mod flow;
pub mod prompts;
mod run;
mod say;
mod set;
pub mod spoken;
pub mod wav;

pub use flow::QueueUse;
pub use prompts::Catalogue;
pub use run::{Input, Output, Resumed, Run, RunContext};
pub use say::{Digits, Say, What};
pub use set::FlowSet;
