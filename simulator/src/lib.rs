//! The centre in virtual time: citizens who call, write, wait, hang up and call again; agents who
//! answer, decline, miss, lose the network and take breaks; a process that is killed between any two
//! events and started again. One seed gives one outcome, byte for byte.
//!
//! It drives the real routing engine and watches it with checkers that know the promises only, not
//! the engine. What goes beyond routing (menus, legs, records) is not simulated here.

mod centre;
mod check;
mod dice;
pub mod erlang;
mod plan;
pub mod promise;
mod report;
pub mod study;
mod world;

pub use check::Violation;
pub use dice::Dice;
pub use plan::Plan;
pub use report::{Report, Waits};
use vocabulary::{Event, Time};

/// What decides every chance of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seed(pub u64);

/// Runs a centre as planned, until the last contact is over.
pub fn run(seed: Seed, plan: Plan) -> Report {
    world::World::new(seed, plan).run(&mut |_, _| {})
}

/// The same, and each event of its journal: what a seed that breaks a promise is looked into with.
pub fn run_into(seed: Seed, plan: Plan, journal: &mut dyn FnMut(Time, &Event)) -> Report {
    world::World::new(seed, plan).run(journal)
}
