//! How things end: classified once, where they happen.

use serde::{Deserialize, Serialize};

/// Who ended a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Party {
    /// The citizen.
    Citizen,
    /// The agent serving.
    Agent,
    /// A supervisor.
    Supervisor,
    /// The centre itself: a flow's end, a fault, a restart.
    Centre,
}

/// Why a contact ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndCause {
    /// Hung up or left in the ordinary way.
    Normal,
    /// The flow answered everything: no agent was needed.
    SelfServed,
    /// Refused before or after the safety line because the centre is full.
    Busy,
    /// The dialled number is not ours.
    UnknownNumber,
    /// The other side stopped answering, or its media died.
    Lost,
    /// A failure of ours or of the network between.
    Fault,
    /// The process that held the leg died; found at the next start.
    Restart,
    /// Idle too long (text channels only; never a safeguarding contact).
    Idle,
    /// The queue was closed or full, and the citizen was told so.
    Closed,
    /// The citizen left a message, which became a case.
    MessageLeft,
    /// A call-back was tried as often as agreed and nobody came.
    NotReached,
    /// The citizen called again: the new contact took over the place of the call-back that this one
    /// waited for.
    Redialled,
    /// A request for help is over; it never was a contact of a citizen.
    HelpOver,
}

impl EndCause {
    /// Every cause, in the order figures list them.
    pub const ALL: [EndCause; 13] = [
        EndCause::Normal,
        EndCause::SelfServed,
        EndCause::Busy,
        EndCause::UnknownNumber,
        EndCause::Lost,
        EndCause::Fault,
        EndCause::Restart,
        EndCause::Idle,
        EndCause::Closed,
        EndCause::MessageLeft,
        EndCause::NotReached,
        EndCause::Redialled,
        EndCause::HelpOver,
    ];
}
