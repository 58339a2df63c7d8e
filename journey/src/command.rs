//! What a journey is told and what it tells. Meaning only; what moves it from stage to stage is in
//! `machine`.

use acd::Command as Floor;
use ivr_flows::{Digits, Say};
use vocabulary::event::Source;
use vocabulary::{
    AgentName, Channel, Consent, ContactId, EndCause, EntryName, FlowName, Lane, Language, Party, Span, TenantName,
};

/// What is known of a contact when it comes in.
#[derive(Debug, Clone)]
pub struct Opening {
    /// The contact.
    pub contact: ContactId,
    /// How it travels.
    pub channel: Channel,
    /// Whose number or page it came to.
    pub tenant: TenantName,
    /// The number or page.
    pub entry: EntryName,
    /// The flow that answers there.
    pub flow: FlowName,
    /// A kept place that the number suggests, if any; only a key claims it.
    pub place: Option<ContactId>,
    /// The same for a safeguarding place, offered only after key 9.
    pub safe_place: Option<ContactId>,
    /// Spoken in the rights prompt.
    pub retention_days: u32,
    /// A language chosen before (the chat page asks first).
    pub language: Option<Language>,
    /// The citizen chose the confidential page: the safe line from the first word.
    pub confidential: bool,
    /// Where a call comes from, as a pseudonym; `None` for a withheld number. Caps silent contacts.
    pub source: Option<Source>,
}

/// Where the contact stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The flow is speaking or listening.
    InFlow,
    /// In a queue, with its waiting treatment.
    Waiting,
    /// An agent has won and their leg is being joined, or is joined.
    WithAgent,
    /// The agent's leg was lost; the citizen hears music until it is back or grace runs out.
    AgentLost,
    /// Over.
    Ended,
}

/// What the owner tells the journey.
#[derive(Debug, Clone)]
pub enum Command {
    /// The leg is up (or the conversation open): begin.
    Begin,
    /// A key on the phone.
    Digit(char),
    /// A text message.
    Text(String),
    /// Everything queued by the last [`Effect::Play`] was heard.
    Played,
    /// Where the contact stands in its queue.
    Position {
        /// From 1.
        position: u32,
        /// Expected wait, low and high.
        wait: Option<(Span, Span)>,
    },
    /// The floor rings an agent.
    Ring {
        /// Number of the offer.
        offer: u32,
        /// The agent.
        agent: AgentName,
    },
    /// The floor takes the offer back from an agent.
    StopRinging {
        /// The agent.
        agent: AgentName,
    },
    /// An agent answered: their leg is up, or they accepted the conversation.
    AgentAnswered {
        /// The agent.
        agent: AgentName,
    },
    /// An agent's leg ended or never came up.
    AgentGone {
        /// The agent.
        agent: AgentName,
        /// `Normal` when the agent hung up or declined, else what failed.
        cause: EndCause,
    },
    /// The floor's winner.
    Bridge {
        /// Number of the offer.
        offer: u32,
        /// The winner.
        agent: AgentName,
    },
    /// The floor took the contact from an agent: it waits in a queue again, or another stays with it.
    Released {
        /// The agent.
        agent: AgentName,
    },
    /// Another agent serves the contact from now on.
    HandedOver {
        /// Who served.
        from: AgentName,
        /// Who serves; their leg is up.
        to: AgentName,
    },
    /// The contact's queue cannot serve it: it is told so and ends.
    TurnedAway,
    /// The floor refused what this contact asked.
    Refused,
    /// The agent holds or resumes.
    Hold(bool),
    /// The floor changed lane or risk.
    Reclassified {
        /// The lane from now on.
        lane: Lane,
    },
    /// The agent, or a supervisor, ends the contact.
    HangUp {
        /// Who.
        by: Party,
    },
    /// The citizen left.
    CitizenLeft {
        /// `Normal`, or what failed.
        cause: EndCause,
    },
    /// A deadline may have come.
    Tick,
}

/// What the owner must do.
#[derive(Debug, Clone)]
pub enum Effect {
    /// Tell the floor.
    Floor(Box<Floor>),
    /// Say this to the citizen: audio on a leg, text in a conversation.
    Play(Vec<Say>),
    /// Stop what is being said.
    StopPlaying,
    /// Music until something else is played.
    Music,
    /// Ring the agent's phones, or show the conversation on the desk.
    RingAgent {
        /// The agent.
        agent: AgentName,
    },
    /// Stop ringing, or hang up the agent's leg if it had answered.
    ReleaseAgent {
        /// The agent.
        agent: AgentName,
    },
    /// Join citizen and agent.
    Bridge {
        /// The agent.
        agent: AgentName,
    },
    /// Part them; the citizen hears music next.
    Unbridge {
        /// The agent.
        agent: AgentName,
    },
    /// The safe line: whatever is recorded stops now.
    SafeLine {
        /// Whether an agent was already bridged, which decides what becomes of a recording.
        bridged: bool,
    },
    /// The citizen heard or chose something about recording or calling back.
    Consent(Consent),
    /// The citizen's language from now on.
    Language(Language),
    /// The citizen answered a question of the flow. Personal: to be sealed.
    Answer {
        /// What was asked.
        about: String,
        /// The key or the number.
        value: Digits,
    },
    /// Hang up the citizen's leg, or close the conversation.
    Close {
        /// Why, as the journal has it.
        cause: EndCause,
    },
}
