//! The routing engine: who is served next, by whom, and what happens when they do not answer.
//!
//! One [`Floor`] is a pure machine. Commands and time go in; events (decisions, for the journal)
//! and effects (what the world must do) come out. It reads no clock, draws no number and opens no
//! file; legs, sounds and texts are other people's. Every decision is an [`Event`]: replaying the
//! events alone gives the same [`Floor::state_hash`] as the run that decided them.
//!
//! # Cost
//!
//! Contacts that ask for the same thing form a *line*, agents that offer the same thing a *group*,
//! lines that the same groups serve a *pool*; which groups serve which lines is computed once per
//! pair. An agent who becomes free looks at the first contact of each pool of their group; a contact
//! that enters asks first whether anybody of its pool is free, and then looks at the groups in which
//! somebody is. Neither looks at all contacts, all lines or all agents: with W waiting, A agents, P
//! pools a group serves and F groups in which somebody is free a command costs O(log W + log A + P +
//! F), and on a busy floor F is next to nothing. Contacts, queues and agents are found by id or name
//! in one step. Only a change of queues or rules rebuilds the index, in O(W log W + A log A + L G)
//! for L lines and G groups. [`Floor::waiting`] counts those ahead, in every line that the same agents serve, and costs
//! O(position + L G): it is asked for an announcement, never by a command, except by a queue that
//! overflows by its estimate. [`Floor::contacts`] sorts by id. `load-tests/src/bin/bench_acd.rs` measures it.
//!
//! # Order of work within one command
//!
//! What is due by now comes first, by due time, then contacts, agents, places; then the command;
//! then what became due through it; then the alarms of the whole floor; then matching, best-ranked
//! contact first, until no waiting contact can be offered to anyone.

mod apply;
mod centre;
mod command;
mod decide;
pub mod erlang;
mod estimate;
mod explain;
pub mod figures;
mod floor;
mod index;
mod matching;
mod named;
mod rank;
mod refusal;
mod state;
mod table;
mod view;
mod yielding;

pub use command::{Command, Effect, Output, StopCause};
pub use explain::{Explanation, Obstacle};
pub use floor::{Floor, Snapshot};
pub use refusal::Refusal;
pub use view::{AgentView, CallBackView, ContactView, Doing, Drop, Estimate, QueueView, Request, Stage, Waiting};

use vocabulary::Span;
// Named in the documentation above.
#[allow(unused_imports)]
use vocabulary::Event;

/// At most so many agents are offered one P0 or P1 contact at once. Not all of them: two calls in
/// the same moment must not starve each other.
pub const OFFER_SEVERAL: usize = 3;

/// After a decline, an expiry or a failed connect the same agent is not offered the same contact
/// again for this long, so that a contact does not circle to whoever cannot take it.
pub const REST: Span = Span::seconds(15);

/// An accepted contact whose agent could not be joined for this long returns to the head.
pub const CONNECT_WITHIN: Span = Span::seconds(30);

/// The same for a call-back: the citizen's phone rings meanwhile.
pub const CALL_WITHIN: Span = Span::seconds(90);

/// A call-back is agreed for within this time.
pub const CALL_BACK_AHEAD: Span = Span::seconds(7 * 86_400);

/// One extension of a wrap-up.
pub const EXTENSION: Span = Span::seconds(60);

/// A wrap-up, extensions included, never lasts longer.
pub const LONGEST_WRAP_UP: Span = Span::minutes(15);

/// The longest a contact may wait for the agent it prefers: whoever is not there by then is not on the
/// shift at which the citizen can be served.
pub const LONGEST_PREFERENCE: Span = Span::minutes(24 * 60);

/// The window in which expired offers are counted for the storm rule.
pub const STORM_WINDOW: Span = Span::minutes(1);

/// The time in which silent contacts are counted.
pub const SILENT_WINDOW: Span = Span::minutes(60);

/// The most silent contacts a set-up may let go first in an hour: what is remembered of them.
pub const MOST_SILENT: u32 = 10_000;

/// The most dropped P0 contacts that are remembered. Beyond it the oldest is forgotten, first among
/// those somebody has decided about.
pub const MOST_DROPS: usize = 1_000;

/// A safeguarding offer never stands across the any-agent rung, unless that would leave the agent
/// less than this to answer.
pub const SHORTEST_OFFER: Span = Span::seconds(5);

/// The most contacts a floor holds; a further arrival is refused.
pub const MOST_CONTACTS: usize = 250_000;

/// The most places kept at once; beyond it the contact leaves none.
pub const MOST_PLACES: usize = 100_000;
