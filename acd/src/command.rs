//! What a floor is told and what it tells. Meaning only; the rules are in `decide`.

use crate::Refusal;
use serde::{Deserialize, Serialize};
use vocabulary::centre::{Change, EntryName, LastResortTo};
use vocabulary::event::{Actor, WithdrawCause};
use vocabulary::{
    AgentName, Channel, ContactId, EndCause, Event, Lane, Language, Needs, Party, Presence, QueueName, ReasonName,
    Risk, TenantName, Time,
};

/// An instruction to the floor. Each is either obeyed (events follow) or answered by one
/// [`Effect::Refused`]; a repeated one never counts twice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case")]
pub enum Command {
    /// Change the set-up. Nobody who waits or talks is dropped by it.
    SetUp {
        /// The change.
        change: Box<Change>,
        /// Who makes it.
        by: Actor,
    },
    /// A contact came in.
    Arrive {
        /// Its id, minted by the owner.
        contact: ContactId,
        /// How it travels.
        channel: Channel,
        /// Whose number or page it came to.
        tenant: TenantName,
        /// The entry point.
        entry: EntryName,
    },
    /// A fact to be journaled: `LanguageChosen`, `ConsentGiven`, `Held`, `Resumed`, `Recorded`,
    /// `RecordingDiscarded` or `Transcribed`; anything else is refused.
    Report(Event),
    /// Put a contact in a queue, or move it to another: its age goes on counting from its arrival.
    Enqueue {
        /// The contact.
        contact: ContactId,
        /// The queue.
        queue: QueueName,
        /// What it asks for beyond what the queue asks; of two levels the higher counts.
        needs: Needs,
        /// The kind of help; `None` is the queue's own.
        lane: Option<Lane>,
        /// How urgent.
        risk: Risk,
        /// The citizen's language, asked of the agent where the queue says so.
        language: Language,
        /// Points to start with; `None` is the queue's own.
        base: Option<i64>,
    },
    /// An agent takes an offer. The first one wins.
    Accept {
        /// The contact.
        contact: ContactId,
        /// Number of the offer.
        offer: u32,
        /// Who answers.
        agent: AgentName,
    },
    /// An agent turns an offer down.
    Decline {
        /// The contact.
        contact: ContactId,
        /// Number of the offer.
        offer: u32,
        /// Who declines.
        agent: AgentName,
    },
    /// A human answered at an outside line that was called.
    OutsideAnswered {
        /// The contact.
        contact: ContactId,
        /// The rung whose line it is.
        step: u32,
    },
    /// Agent and citizen can hear or read each other.
    Connect {
        /// The contact.
        contact: ContactId,
        /// The agent.
        agent: AgentName,
    },
    /// The agent's leg failed: before the two could speak, or lost for good while they did.
    ConnectFail {
        /// The contact.
        contact: ContactId,
        /// The agent.
        agent: AgentName,
    },
    /// Change lane or risk; into a safeguarding lane this is "make confidential". Raising is one
    /// person's decision. Lowering the risk, or leaving a safeguarding lane, takes two: the owner
    /// of that rule collects both and passes [`Actor::Centre`].
    Reclassify {
        /// The contact.
        contact: ContactId,
        /// The lane from now on.
        lane: Lane,
        /// The risk from now on.
        risk: Risk,
        /// Who decides.
        by: Actor,
    },
    /// The contact is over, whatever it was doing.
    End {
        /// The contact.
        contact: ContactId,
        /// Who ended it.
        by: Party,
        /// Why.
        cause: EndCause,
    },
    /// The agent has written the contact up.
    WrapUp {
        /// The contact.
        contact: ContactId,
        /// The agent.
        agent: AgentName,
        /// The verdict.
        disposition: Option<ReasonName>,
    },
    /// The agent needs more time; see [`crate::EXTENSION`].
    ExtendWrapUp {
        /// A contact being wrapped up.
        contact: ContactId,
        /// The agent.
        agent: AgentName,
    },
    /// An agent's presence changes.
    SetPresence {
        /// Whose.
        agent: AgentName,
        /// To what.
        presence: Presence,
        /// By whom.
        by: Actor,
    },
    /// A redial takes over a kept place.
    ClaimPlace {
        /// The new contact.
        contact: ContactId,
        /// The contact whose place it was.
        from: ContactId,
    },
    /// The first command after recovery: voice legs died with the process, agents must log in
    /// again, waiting text contacts stay where they are.
    Restart,
    /// Time has passed; see [`crate::Floor::deadline`].
    Tick,
}

/// What a floor tells.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// A decision: to be journaled before any effect beside it is carried out.
    Event(Event),
    /// Something the world must do.
    Effect(Effect),
}

/// What the world must do. Effects are not journaled; after a restart [`Command::Restart`] leaves
/// none of them pending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Show the offer to an agent and let their leg ring.
    Ring {
        /// The contact.
        contact: ContactId,
        /// Number of the offer.
        offer: u32,
        /// The agent.
        agent: AgentName,
        /// When it expires.
        until: Time,
    },
    /// Take the offer from an agent's screen.
    StopRinging {
        /// The contact.
        contact: ContactId,
        /// Number of the offer.
        offer: u32,
        /// The agent.
        agent: AgentName,
        /// Why.
        why: StopCause,
    },
    /// Join the two: exactly one for each `Accepted`.
    Bridge {
        /// The contact.
        contact: ContactId,
        /// Number of the offer.
        offer: u32,
        /// The winner.
        agent: AgentName,
    },
    /// Dial a rung of the last-resort chain; report a human's answer with
    /// [`Command::OutsideAnswered`].
    CallOutside {
        /// The contact.
        contact: ContactId,
        /// Index of the rung.
        step: u32,
        /// Who.
        to: LastResortTo,
    },
    /// Stop dialling every outside line for the contact, except one that was bridged.
    StopCallingOutside {
        /// The contact.
        contact: ContactId,
    },
    /// The command was not obeyed.
    Refused(Refusal),
}

/// Why an agent's leg stops ringing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopCause {
    /// The offer was taken back.
    Withdrawn(WithdrawCause),
    /// Nobody answered in time.
    Expired,
    /// Another agent was first.
    Lost,
    /// The agent declined.
    Declined,
}
