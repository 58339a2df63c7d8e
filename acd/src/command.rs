//! What a floor is told and what it tells. Meaning only; the rules are in `decide`.

use crate::Refusal;
use serde::{Deserialize, Serialize};
use vocabulary::centre::{Change, EntryName, LastResortTo, Treatment};
use vocabulary::event::{Actor, HelpKind, OverflowCause, Source, Switch, WithdrawCause};
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
    /// `RecordingDiscarded`, `Transcribed` or `WaitTold`; anything else is refused.
    Report(Event),
    /// Put a contact in a queue, or move it to another: its age goes on counting from its arrival.
    /// Only the contact's own flow says this, on the citizen's key or word; it is how somebody who
    /// pressed 9 and wanted something else returns to an ordinary queue. Staff move contacts by
    /// [`Command::Reclassify`] and [`Command::Transfer`], for which one person is not always enough.
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
    /// Until a time, offer the contact to one agent only; before it is queued or while it waits.
    /// Never delays P0 and P1.
    Prefer {
        /// The contact.
        contact: ContactId,
        /// The agent.
        agent: AgentName,
        /// Until when.
        until: Time,
    },
    /// Change the points a contact starts with.
    Rescore {
        /// The contact.
        contact: ContactId,
        /// From now on.
        base: i64,
        /// Who decides.
        by: Actor,
    },
    /// Nobody spoke and no key was pressed. To be told before the contact is queued: the floor
    /// then decides whether it goes first.
    NoteSilent {
        /// The contact.
        contact: ContactId,
        /// Where it came from; `None` for a withheld number.
        source: Option<Source>,
    },
    /// The citizen agrees to be called back and keeps the place.
    AgreeCallBack {
        /// The contact.
        contact: ContactId,
        /// From when; `None` for when its turn comes.
        from: Option<Time>,
    },
    /// A call-back that an agent accepted reached nobody.
    FailCallBack {
        /// The contact.
        contact: ContactId,
        /// The agent.
        agent: AgentName,
    },
    /// A supervisor decides about calling back a dropped P0 contact.
    DecideDrop {
        /// The dropped contact.
        contact: ContactId,
        /// Who decides.
        by: AgentName,
        /// Whether a person calls back.
        call: bool,
    },
    /// An agent asks somebody to help with a contact they serve.
    AskHelp {
        /// Id of the request, minted by the owner.
        help: ContactId,
        /// The contact.
        of: ContactId,
        /// Who asks.
        by: AgentName,
        /// For what.
        kind: HelpKind,
        /// The queue whose agents are asked.
        queue: QueueName,
        /// What is asked for beyond what the queue asks.
        needs: Needs,
        /// Only this agent.
        agent: Option<AgentName>,
    },
    /// The helper takes the contact over; the request is over and who asked writes it up.
    CompleteHelp {
        /// The request.
        help: ContactId,
    },
    /// The helper joins the conversation; the request is over.
    JoinHelp {
        /// The request.
        help: ContactId,
    },
    /// An agent leaves a conversation in which another stays.
    Leave {
        /// The contact.
        contact: ContactId,
        /// The agent.
        agent: AgentName,
    },
    /// Give a contact up to a queue: cold transfer or escalation.
    Transfer {
        /// The contact.
        contact: ContactId,
        /// Who serves it.
        agent: AgentName,
        /// Where to.
        queue: QueueName,
        /// What it asks for beyond what the queue asks.
        needs: Needs,
        /// Who decides: the agent, or a supervisor who pulls it.
        by: Actor,
    },
    /// A supervisor gives a waiting contact to one agent, perhaps themself.
    Assign {
        /// The contact.
        contact: ContactId,
        /// The agent.
        agent: AgentName,
        /// Who decides.
        by: Actor,
    },
    /// What an agent does when their last contact is over; `None` to stay after all.
    SetLeaving {
        /// The agent.
        agent: AgentName,
        /// The presence then.
        then: Option<Presence>,
        /// Who decides.
        by: Actor,
    },
    /// Open or close a queue against its calendar, or give it back to it.
    SwitchQueue {
        /// The queue.
        queue: QueueName,
        /// To what.
        to: Switch,
        /// Who decides.
        by: Actor,
    },
    /// Send a queue's work to supervisors too, or no longer.
    SetSurge {
        /// The queue.
        queue: QueueName,
        /// Whether it is on.
        on: bool,
        /// Who decides.
        by: Actor,
    },
    /// The journal takes nothing: until it does, only safeguarding contacts and those in imminent
    /// danger are offered to anybody.
    NoteStalled,
    /// The journal can be written again: what was done without it has been written after all.
    NoteUnjournaled {
        /// Since when it could not.
        since: Time,
        /// Events written late.
        events: u32,
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
    /// Treat a contact otherwise than by waiting: offer a call-back (it goes on waiting until it
    /// agrees), take a message, or say that nobody can serve it now.
    Treat {
        /// The contact.
        contact: ContactId,
        /// How.
        treatment: Treatment,
        /// Why.
        why: OverflowCause,
    },
    /// Call the citizen back on behalf of an agent who accepted: instead of `Bridge` for a contact
    /// without a leg.
    CallBack {
        /// The contact.
        contact: ContactId,
        /// Number of the offer.
        offer: u32,
        /// The agent.
        agent: AgentName,
    },
    /// Another agent's leg takes the place of the one that served.
    HandOver {
        /// The contact.
        contact: ContactId,
        /// Who served.
        from: AgentName,
        /// Who serves.
        to: AgentName,
    },
    /// One more agent's leg is in the conversation.
    Join {
        /// The contact.
        contact: ContactId,
        /// The agent.
        agent: AgentName,
    },
    /// An agent's leg leaves a contact that goes on without them.
    Release {
        /// The contact.
        contact: ContactId,
        /// The agent.
        agent: AgentName,
    },
    /// Text work in hand was laid aside, or is in hand again.
    Park {
        /// The contact.
        contact: ContactId,
        /// The agent.
        agent: AgentName,
        /// Laid aside.
        parked: bool,
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
