//! One contact to come, with everything about it that the floor does not decide.

use vocabulary::centre::EntryName;
use vocabulary::{Channel, ContactId, EndCause, Lane, Language, Needs, Party, QueueName, Risk, Span, TenantName, Time};

/// A contact to come.
#[derive(Debug, Clone)]
pub(crate) struct Coming {
    pub at: Time,
    pub channel: Channel,
    pub tenant: TenantName,
    pub entry: EntryName,
    pub then: Then,
    /// How long it waits in a queue; `None` for as long as it takes.
    pub patience: Option<Span>,
    /// How long the conversation lasts.
    pub talk: Span,
    /// How long the agent writes; `None` until the clock runs out.
    pub write: Option<Span>,
    /// How long an agent lets it ring; `None` as agents usually do.
    pub ring: Option<Span>,
    /// What is known of it from a journal.
    pub recorded: Option<Recorded>,
}

/// What a journal tells of a contact beyond what any other brings.
#[derive(Debug, Clone, Default)]
pub(crate) struct Recorded {
    pub contact: ContactId,
    /// The place it claimed, so long after it came.
    pub claims: Option<(Span, ContactId)>,
    /// Changes of lane and risk, so long after it came.
    pub turns: Vec<(Span, Lane, Risk)>,
}

/// What it does after its flow.
#[derive(Debug, Clone)]
pub(crate) enum Then {
    /// It needs nobody: the flow serves it, or it leaves.
    Leaves { after: Span, by: Party, cause: EndCause },
    /// It asks for a person.
    Asks { after: Span, asks: Asks },
}

/// What it asks for.
#[derive(Debug, Clone)]
pub(crate) struct Asks {
    pub queue: QueueName,
    pub needs: Needs,
    pub lane: Option<Lane>,
    pub risk: Risk,
    pub language: Language,
    pub base: Option<i64>,
}
