//! The one journal event enum. The journal holds decisions and ids, never numbers, names of
//! citizens or texts: those are sealed beside it under a key per contact, so that erasing is
//! destroying the key.

use crate::centre::{Change, Treatment};
use crate::{
    AgentName, Channel, Consent, ContactId, EndCause, FloorName, Lane, Language, Needs, Party, Presence, QueueName,
    ReasonName, RecordingId, Risk, Span, TenantName, Time,
};
use serde::{Deserialize, Serialize};

/// The version written with each entry. A reader refuses a higher one and upcasts a lower one.
pub const VERSION: u16 = 2;

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
    /// The verdict was written while the wrap-up goes on: its time runs in full.
    DispositionNoted {
        /// The contact.
        contact: ContactId,
        /// The agent.
        agent: AgentName,
        /// The verdict, which [`Event::WrappedUp`] will repeat.
        disposition: ReasonName,
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
    /// Until a time the contact is offered to one agent only: who served this citizen last, holds
    /// the case, or is the counsellor of a series.
    Preferred {
        /// The contact.
        contact: ContactId,
        /// The agent.
        agent: AgentName,
        /// Until when.
        until: Time,
    },
    /// The points a contact starts with changed.
    Rescored {
        /// The contact.
        contact: ContactId,
        /// From now on.
        base: i64,
        /// Who decided.
        by: Actor,
    },
    /// Nobody spoke and no key was pressed: a silent contact.
    SilentNoted {
        /// The contact.
        contact: ContactId,
        /// Where it came from, as a pseudonym.
        source: Option<Source>,
        /// Whether so many came before it that it does not go first: it waits as P2.
        capped: bool,
    },
    /// The citizen was told how long it may take.
    WaitTold {
        /// The contact.
        contact: ContactId,
        /// Hardly less.
        low: Span,
        /// Hardly more.
        high: Span,
    },
    /// A queue could not serve the contact as it wished. What follows is [`Event::Queued`] in
    /// another queue, an agreement to be called back, or the end.
    Overflowed {
        /// The contact.
        contact: ContactId,
        /// The queue.
        queue: QueueName,
        /// What is done instead.
        to: Treatment,
        /// Why.
        why: OverflowCause,
    },
    /// The contact climbed to the queue of the next tier because nobody answered in time.
    Climbed {
        /// The contact.
        contact: ContactId,
        /// The queue it left.
        from: QueueName,
        /// The queue it is in from now on.
        to: QueueName,
    },
    /// The citizen agreed to be called back. The contact keeps its place without a leg.
    CallBackAgreed {
        /// The contact.
        contact: ContactId,
        /// From when it may be made.
        from: Time,
        /// Until when.
        until: Time,
        /// How often it may be tried.
        attempts: u32,
    },
    /// A call-back was tried and nobody came.
    CallBackFailed {
        /// The contact.
        contact: ContactId,
        /// Who called.
        agent: AgentName,
        /// When it may be tried again; `None` when it is over.
        next: Option<Time>,
    },
    /// A supervisor decided about calling back a dropped P0 contact, with a written reason that is
    /// sealed beside the contact.
    DropDecided {
        /// The dropped contact.
        contact: ContactId,
        /// Who decided.
        by: AgentName,
        /// Whether a person calls back.
        call: bool,
    },
    /// An agent asked somebody to help with a contact. The request waits, is offered and accepted
    /// like a contact, but is none: figures leave it out.
    HelpAsked {
        /// The request.
        contact: ContactId,
        /// The contact it helps with.
        of: ContactId,
        /// Who asked.
        by: AgentName,
        /// For what.
        kind: HelpKind,
        /// The one agent who is asked; `None` for whoever serves the queue that follows.
        #[serde(default)]
        agent: Option<AgentName>,
    },
    /// Another agent serves the contact from now on, without a gap. Who served is out of the
    /// conversation.
    HandedOver {
        /// The contact.
        contact: ContactId,
        /// Who served.
        from: AgentName,
        /// Who serves.
        to: AgentName,
    },
    /// One more agent is in the conversation.
    Joined {
        /// The contact.
        contact: ContactId,
        /// The agent.
        agent: AgentName,
        /// As what.
        kind: HelpKind,
    },
    /// An agent left the conversation, which goes on.
    Left {
        /// The contact.
        contact: ContactId,
        /// The agent.
        agent: AgentName,
    },
    /// An agent gave the contact up to a queue; [`Event::Queued`] follows, with its age.
    Transferred {
        /// The contact.
        contact: ContactId,
        /// Who served.
        agent: AgentName,
        /// Why.
        why: TransferCause,
        /// Who decided.
        by: Actor,
    },
    /// A supervisor gave a waiting contact to one agent: it is offered to them next.
    Assigned {
        /// The contact.
        contact: ContactId,
        /// The agent.
        agent: AgentName,
        /// Who decided.
        by: Actor,
    },
    /// Text work in hand was laid aside for something more urgent.
    Parked {
        /// The contact laid aside.
        contact: ContactId,
        /// The agent.
        agent: AgentName,
        /// What came first.
        beneath: ContactId,
    },
    /// It is in hand again.
    Unparked {
        /// The contact.
        contact: ContactId,
        /// The agent.
        agent: AgentName,
    },
    /// A wrap-up was interrupted by something more urgent; [`Event::WrapUpStarted`] takes it up again.
    WrapUpPaused {
        /// The contact written up.
        contact: ContactId,
        /// The agent.
        agent: AgentName,
        /// What came first.
        beneath: ContactId,
    },
    /// What an agent does when their last contact is over.
    LeavingSet {
        /// The agent.
        agent: AgentName,
        /// The presence then; `None` when they stay after all.
        then: Option<Presence>,
        /// Who decided.
        by: Actor,
    },
    /// A queue opened or closed.
    HoursTurned {
        /// The queue.
        queue: QueueName,
        /// Whether it is open from now on.
        open: bool,
        /// Why.
        why: HoursCause,
    },
    /// Somebody opened or closed a queue against its calendar, or gave it back to it.
    QueueSwitched {
        /// The queue.
        queue: QueueName,
        /// To what.
        to: Switch,
        /// Who decided.
        by: Actor,
    },
    /// A surge began or ended: supervisors serve the queue too.
    SurgeSet {
        /// The queue.
        queue: QueueName,
        /// Whether it is on.
        on: bool,
        /// Who decided.
        by: Actor,
    },
    /// The floor ran for a while without its journal; what it did then was written afterwards.
    RanUnjournaled {
        /// Since when.
        since: Time,
        /// Events that were written late.
        events: u32,
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
    /// The one this contact prefers.
    Preferred,
    /// The one with most of what is asked; skills are not required.
    BestAvailable,
    /// The one a supervisor named.
    Assigned,
    /// The one whom a colleague asked for help by name.
    Asked,
}

/// Where silent contacts come from, as a keyed hash that cannot be turned back into a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Source(pub u64);

/// Why a queue could not serve a contact as it wished.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "because", rename_all = "snake_case")]
pub enum OverflowCause {
    /// The queue is closed.
    Closed {
        /// Why it is.
        hours: HoursCause,
    },
    /// So many waited already.
    Waiting {
        /// How many.
        waiting: u32,
    },
    /// It has waited so long.
    Waited {
        /// How long.
        waited: Span,
    },
    /// It would wait so long.
    Estimate {
        /// The upper bound.
        high: Span,
    },
    /// Nobody who could ever serve it is on shift.
    NobodyOnShift,
}

/// Why a queue opened or closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoursCause {
    /// The hours of the week.
    Week,
    /// A holiday.
    Holiday,
    /// Somebody switched it.
    Switched,
}

/// A queue's switch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Switch {
    /// By its calendar.
    #[default]
    Calendar,
    /// Open, whatever the calendar says.
    Open,
    /// Closed, whatever the calendar says. Refused for a safeguarding queue.
    Closed,
}

/// What help is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HelpKind {
    /// Advice, and perhaps taking over: the citizen is on hold meanwhile.
    Consult,
    /// An interpreter, who joins the conversation at once.
    Interpreter,
}

/// Why a contact was given up to a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TransferCause {
    /// To somebody else of the same tier.
    Cold,
    /// To a higher tier.
    Escalated,
    /// A supervisor took it from the agent.
    Pulled,
}

/// Why an offer was taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WithdrawCause {
    /// The citizen left; or whoever asked for help needs none any more.
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
    /// A supervisor gave the contact to somebody else.
    Assigned,
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
    /// A P0 contact dropped: a supervisor decides about calling back, with a written reason. It
    /// rings until [`Event::DropDecided`].
    ImminentDropped,
    /// Many offers expired at once: the platform or the network is at fault, not the agents.
    ExpiryStorm,
    /// The journal could not be written for 500 ms.
    JournalStalled,
    /// A contact of a safeguarding queue waited as long as its queue's climb says: told to the
    /// safeguarding supervisors only.
    ClimbDue,
    /// An agent was given more safeguarding contacts in a row than the rules allow: told with the
    /// contact, until it is over.
    SoftCapPassed,
    /// So many silent contacts came that more do not go first: told until the oldest of those
    /// counted is an hour old.
    SilentCapReached,
    /// A queue that is open has nobody on shift who could serve it.
    QueueUnstaffed,
}

impl Event {
    /// The contact the event is about, where it is about one.
    pub fn contact(&self) -> Option<ContactId> {
        use Event::*;
        match self {
            FloorOpened { .. }
            | SetUp { .. }
            | PresenceSet { .. }
            | LeavingSet { .. }
            | HoursTurned { .. }
            | QueueSwitched { .. }
            | SurgeSet { .. }
            | RanUnjournaled { .. } => None,
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
            | DispositionNoted { contact, .. }
            | PlaceKept { contact, .. }
            | PlaceClaimed { contact, .. }
            | PlaceLapsed { contact }
            | Recorded { contact, .. }
            | RecordingDiscarded { contact, .. }
            | Transcribed { contact, .. }
            | Preferred { contact, .. }
            | Rescored { contact, .. }
            | SilentNoted { contact, .. }
            | WaitTold { contact, .. }
            | Overflowed { contact, .. }
            | Climbed { contact, .. }
            | CallBackAgreed { contact, .. }
            | CallBackFailed { contact, .. }
            | DropDecided { contact, .. }
            | HelpAsked { contact, .. }
            | HandedOver { contact, .. }
            | Joined { contact, .. }
            | Left { contact, .. }
            | Transferred { contact, .. }
            | Assigned { contact, .. }
            | Parked { contact, .. }
            | Unparked { contact, .. }
            | WrapUpPaused { contact, .. } => Some(*contact),
        }
    }
}
