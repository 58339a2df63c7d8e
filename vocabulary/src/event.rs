//! The one journal event enum. The journal holds decisions and ids, never numbers, names of
//! citizens or texts: those are sealed beside it under a key per contact, so that erasing is
//! destroying the key.

use crate::centre::Change;
use crate::{
    AgentName, Channel, Consent, ContactId, EndCause, FloorName, Language, Lane, Needs, Party,
    Presence, QueueName, ReasonName, RecordingId, Risk, Span, TenantName, Time,
};
use serde::{Deserialize, Serialize};

/// The version written with each entry. A reader refuses a higher one and upcasts a lower one.
pub const VERSION: u16 = 1;

/// One line of a floor's journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Position in the floor's journal, from 1, without gaps.
    pub seq: u64,
    /// When it was decided.
    pub at: Time,
    /// Version of the event's shape; see [`VERSION`].
    pub v: u16,
    /// What was decided.
    #[serde(flatten)]
    pub event: Event,
}

/// Who caused an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "who", rename_all = "snake_case")]
pub enum Actor {
    /// The citizen, by key or word.
    Citizen,
    /// A member of staff.
    Staff {
        /// The log-in name.
        name: AgentName,
    },
    /// A rule of the centre.
    Centre,
}

/// A decision of the floor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The journal's first entry.
    FloorOpened {
        /// The floor this journal belongs to.
        floor: FloorName,
    },
    /// Agents, queues or rules changed.
    SetUp {
        /// The change, reversible by its opposite.
        change: Box<Change>,
        /// Who made it.
        by: Actor,
    },
    /// An agent's presence changed.
    PresenceSet {
        /// Whose.
        agent: AgentName,
        /// To what.
        presence: Presence,
        /// By whom: the agent, a supervisor, or a rule (no answer, lost connection).
        by: Actor,
    },
    /// A contact came in.
    Arrived {
        /// The contact.
        contact: ContactId,
        /// How it travels.
        channel: Channel,
        /// Whose number or page it came to.
        tenant: TenantName,
        /// The entry point (a number or page of the set-up).
        entry: crate::centre::EntryName,
    },
    /// The citizen chose a language.
    LanguageChosen {
        /// The contact.
        contact: ContactId,
        /// The language.
        language: Language,
    },
    /// The citizen was told something, or chose.
    ConsentGiven {
        /// The contact.
        contact: ContactId,
        /// What was said and chosen.
        consent: Consent,
    },
    /// The contact entered a queue. A second `Queued` moves it; its place is by `arrived`.
    Queued {
        /// The contact.
        contact: ContactId,
        /// The queue.
        queue: QueueName,
        /// What it asks for, the queue's own needs included.
        needs: Needs,
        /// The kind of help.
        lane: Lane,
        /// How urgent.
        risk: Risk,
        /// Points it starts with (everyone-else stratum only).
        base: i64,
        /// From when its age counts: first arrival, or the arrival of a claimed place.
        arrived: Time,
    },
    /// A widening came due: the contact now asks for less.
    Widened {
        /// The contact.
        contact: ContactId,
        /// Index of the queue's widening, from 0.
        step: u32,
    },
    /// A rung of the last-resort chain of a safeguarding queue came due.
    LastResortTaken {
        /// The contact.
        contact: ContactId,
        /// Index of the rung, from 0.
        step: u32,
    },
    /// The contact was shown to one agent or several.
    Offered {
        /// The contact.
        contact: ContactId,
        /// Number of the offer within the contact, from 1.
        offer: u32,
        /// To whom.
        agents: Vec<AgentName>,
        /// When it expires.
        until: Time,
        /// Why this contact, why these agents, why now.
        why: Why,
    },
    /// One agent turned the offer down.
    Declined {
        /// The contact.
        contact: ContactId,
        /// The offer.
        offer: u32,
        /// Who declined.
        agent: AgentName,
    },
    /// Nobody answered in time. The contact keeps its place at the head.
    Expired {
        /// The contact.
        contact: ContactId,
        /// The offer.
        offer: u32,
    },
    /// The offer was taken back before anyone answered.
    Withdrawn {
        /// The contact.
        contact: ContactId,
        /// The offer.
        offer: u32,
        /// Why.
        why: WithdrawCause,
    },
    /// One agent won the offer.
    Accepted {
        /// The contact.
        contact: ContactId,
        /// The offer.
        offer: u32,
        /// The winner.
        agent: AgentName,
    },
    /// The winner's leg failed before the two could speak; the contact is at the head again.
    ConnectFailed {
        /// The contact.
        contact: ContactId,
        /// The agent whose leg failed.
        agent: AgentName,
    },
    /// Agent and citizen can hear (or read) each other.
    Connected {
        /// The contact.
        contact: ContactId,
        /// The agent.
        agent: AgentName,
    },
    /// The agent put the citizen on hold.
    Held {
        /// The contact.
        contact: ContactId,
        /// The agent.
        agent: AgentName,
    },
    /// The agent took the citizen off hold.
    Resumed {
        /// The contact.
        contact: ContactId,
        /// The agent.
        agent: AgentName,
    },
    /// Lane or risk changed while waiting or talking; into a safeguarding lane this is
    /// "make confidential".
    Reclassified {
        /// The contact.
        contact: ContactId,
        /// The lane from now on.
        lane: Lane,
        /// The risk from now on.
        risk: Risk,
        /// Who decided.
        by: Actor,
    },
    /// The contact is over. Exactly one per contact.
    Ended {
        /// The contact.
        contact: ContactId,
        /// Who ended it.
        by: Party,
        /// Why.
        cause: EndCause,
    },
    /// Wrap-up began for the agent who served.
    WrapUpStarted {
        /// The contact.
        contact: ContactId,
        /// The agent.
        agent: AgentName,
        /// When it ends by itself.
        until: Time,
    },
    /// Wrap-up ended.
    WrappedUp {
        /// The contact.
        contact: ContactId,
        /// The agent.
        agent: AgentName,
        /// The verdict; `None` when the clock ran out.
        disposition: Option<ReasonName>,
    },
    /// An ended contact's place is kept for a redial.
    PlaceKept {
        /// The contact whose place it is.
        contact: ContactId,
        /// Until when it may be claimed.
        until: Time,
    },
    /// A new contact took over a kept place.
    PlaceClaimed {
        /// The new contact.
        contact: ContactId,
        /// The contact whose place it was.
        from: ContactId,
    },
    /// A kept place ran out unclaimed.
    PlaceLapsed {
        /// The contact whose place it was.
        contact: ContactId,
    },
    /// A recording was closed and indexed.
    Recorded {
        /// The contact.
        contact: ContactId,
        /// The recording.
        recording: RecordingId,
        /// Its length.
        length: Span,
        /// Whether the authenticated end is there; `false` after a crash, playable up to there.
        complete: bool,
        /// Who may open it.
        kept: Kept,
    },
    /// A recording was stopped and its bytes destroyed.
    RecordingDiscarded {
        /// The contact.
        contact: ContactId,
        /// The recording.
        recording: RecordingId,
        /// Why.
        why: DiscardCause,
    },
    /// A transcript was written to the CRM record.
    Transcribed {
        /// The contact.
        contact: ContactId,
        /// The recording it was made from.
        recording: RecordingId,
    },
    /// Something a supervisor must see began.
    AlarmRaised {
        /// What.
        alarm: Alarm,
        /// The contact concerned, if one is.
        contact: Option<ContactId>,
    },
    /// It is over.
    AlarmCleared {
        /// What.
        alarm: Alarm,
        /// The contact concerned, if one was.
        contact: Option<ContactId>,
    },
}

/// The reason of an offer, in numbers a supervisor can check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Why {
    /// The rule that put this contact first.
    pub order: OrderRule,
    /// Its score in the everyone-else stratum; 0 in the others.
    pub score: i64,
    /// The rule that chose the agents.
    pub agent: AgentRule,
    /// How many agents met every need and were free.
    pub candidates: u32,
    /// How many cleared agents the reserve held back from this contact.
    pub reserved: u32,
}

/// Why this contact is first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderRule {
    /// Imminent danger goes before everything.
    Imminent,
    /// Safeguarding, by risk, then arrival.
    Safeguarding,
    /// Score: base plus age times slope.
    Score,
}

/// Why these agents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AgentRule {
    /// The one idle longest.
    LongestIdle,
    /// The one with the highest level in what was asked.
    HighestLevel,
    /// All cleared agents at once: P0 and P1.
    Several,
    /// The last rung: any agent, with the crisis card.
    LastResort,
}

/// Why an offer was taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WithdrawCause {
    /// The citizen left.
    ContactLeft,
    /// The agent went away or lost the connection.
    AgentLeft,
    /// Lane, risk or queue changed.
    Reclassified,
    /// Something more urgent took the agent.
    Yielded,
    /// Everyone offered has declined.
    AllDeclined,
    /// The process restarted while the offer was open.
    Restart,
}

/// Who may open a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kept {
    /// Staff with the right to play recordings of the lane.
    Ordinary,
    /// Sealed for the data-protection officer: made before the contact became confidential.
    SealedForDpo,
}

/// Why a recording was destroyed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DiscardCause {
    /// Key 8.
    Refused,
    /// Consent withdrawn later.
    Withdrawn,
    /// Key 9 before an agent was bridged.
    SafeLine,
}

/// What a supervisor must see at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Alarm {
    /// A safeguarding contact has waited over 10 s.
    SafeguardingWaiting,
    /// No cleared agent is ready.
    NoClearedAgent,
    /// A P0 contact dropped: a supervisor decides about calling back, with a written reason.
    ImminentDropped,
    /// Many offers expired at once: the platform or the network is at fault, not the agents.
    ExpiryStorm,
    /// The journal could not be written for 500 ms.
    JournalStalled,
}

impl Event {
    /// The contact the event is about, where it is about one.
    pub fn contact(&self) -> Option<ContactId> {
        use Event::*;
        match self {
            FloorOpened { .. } | SetUp { .. } | PresenceSet { .. } => None,
            AlarmRaised { contact, .. } | AlarmCleared { contact, .. } => *contact,
            Arrived { contact, .. }
            | LanguageChosen { contact, .. }
            | ConsentGiven { contact, .. }
            | Queued { contact, .. }
            | Widened { contact, .. }
            | LastResortTaken { contact, .. }
            | Offered { contact, .. }
            | Declined { contact, .. }
            | Expired { contact, .. }
            | Withdrawn { contact, .. }
            | Accepted { contact, .. }
            | ConnectFailed { contact, .. }
            | Connected { contact, .. }
            | Held { contact, .. }
            | Resumed { contact, .. }
            | Reclassified { contact, .. }
            | Ended { contact, .. }
            | WrapUpStarted { contact, .. }
            | WrappedUp { contact, .. }
            | PlaceKept { contact, .. }
            | PlaceClaimed { contact, .. }
            | PlaceLapsed { contact }
            | Recorded { contact, .. }
            | RecordingDiscarded { contact, .. }
            | Transcribed { contact, .. } => Some(*contact),
        }
    }
}
