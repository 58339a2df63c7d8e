//! Why a command was not obeyed: data, told to the person or part that sent it.

use vocabulary::{AgentName, ContactId, QueueName, ReasonName, TenantName};

/// A refusal. Its text is meant for people: staff read it on their screen. It names ids and staff
/// names only.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The id is of no contact on the floor.
    #[error("contact {0} is not on the floor: it is over, or never came")]
    UnknownContact(ContactId),
    /// The id of an arrival is already in use.
    #[error("contact {0} is on the floor already")]
    KnownContact(ContactId),
    /// The contact is over.
    #[error("contact {0} is over")]
    Over(ContactId),
    /// No such agent.
    #[error("there is no agent `{0}`")]
    UnknownAgent(AgentName),
    /// No such queue.
    #[error("there is no queue `{0}`")]
    UnknownQueue(QueueName),
    /// The floor holds as many contacts as it can.
    #[error("the floor holds {limit} contacts already: nobody more can be taken in")]
    FloorFull {
        /// The limit.
        limit: usize,
    },
    /// The contact has not entered a queue.
    #[error("contact {0} is not in a queue")]
    NotQueued(ContactId),
    /// The contact has an agent already, so it cannot be queued again.
    #[error("contact {0} is with an agent already")]
    WithAgent(ContactId),
    /// The offer has ended: expired, withdrawn, or another offer has taken its place.
    #[error("offer {offer} of contact {contact} is over")]
    StaleOffer {
        /// The contact.
        contact: ContactId,
        /// The number given.
        offer: u32,
    },
    /// Another agent was first.
    #[error("`{by}` answered contact {contact} first")]
    Taken {
        /// The contact.
        contact: ContactId,
        /// The winner.
        by: AgentName,
    },
    /// The offer was not made to this agent, or they turned it down.
    #[error("contact {contact} is not offered to `{agent}`")]
    NotOffered {
        /// The contact.
        contact: ContactId,
        /// The agent.
        agent: AgentName,
    },
    /// The contact is not this agent's.
    #[error("contact {contact} is not with `{agent}`")]
    NotWith {
        /// The contact.
        contact: ContactId,
        /// The agent.
        agent: AgentName,
    },
    /// Connected already.
    #[error("contact {0} is connected already")]
    Connected(ContactId),
    /// The rung has not been called for this contact, or no longer is.
    #[error("no outside line is being called for contact {contact} at step {step}")]
    NotCalled {
        /// The contact.
        contact: ContactId,
        /// The rung.
        step: u32,
    },
    /// The agent is not wrapping this contact up.
    #[error("`{agent}` is not wrapping up contact {contact}")]
    NotWrappingUp {
        /// The contact.
        contact: ContactId,
        /// The agent.
        agent: AgentName,
    },
    /// The wrap-up is as long as it may be.
    #[error("wrap-up cannot be extended beyond {minutes} minutes")]
    WrapUpAtLimit {
        /// The limit.
        minutes: i64,
    },
    /// The wrap-up lasts the time its queue names.
    #[error("the wrap-up of contact {0} lasts its time: a verdict can be written, but nothing ends or extends it")]
    WrapUpTimed(ContactId),
    /// The wrap-up was interrupted by something more urgent.
    #[error("the wrap-up of contact {0} is laid aside: its clock stands still until it is taken up again")]
    WrapUpLaidAside(ContactId),
    /// Ready is no way to leave.
    #[error("`{0}` can leave for a break or log out; ready is where they are")]
    LeavesNowhere(AgentName),
    /// Nothing about this contact is for this person to decide.
    #[error("contact {0} is not one that dropped and waits for your decision")]
    NothingDropped(ContactId),
    /// A disposition the rules do not know.
    #[error("there is no disposition `{0}`")]
    UnknownDisposition(ReasonName),
    /// An away reason the rules do not know.
    #[error("there is no away reason `{0}`")]
    UnknownReason(ReasonName),
    /// The person is not an agent, so cannot be ready.
    #[error("`{0}` does not have the role of an agent")]
    NotAnAgent(AgentName),
    /// The break after safeguarding contacts is not over. Another member of staff may waive it.
    #[error("`{0}` is owed a break after safeguarding contacts; a supervisor can waive it")]
    BreakOwed(AgentName),
    /// Lowering the risk, or taking a contact out of a safeguarding lane, is two people's decision.
    #[error("risk is lowered, and a safeguarding lane left, by two people only")]
    NeedsTwo,
    /// No place is kept for this contact: it lapsed, was claimed, or never was.
    #[error("no place is kept for contact {0}")]
    NoPlace(ContactId),
    /// A safeguarding place returns only to a contact that has entered a safeguarding queue again.
    #[error("this place can be claimed only from the confidential line")]
    ConfidentialPlace,
    /// Contacts wait in the queue, so it cannot be removed.
    #[error("queue `{0}` cannot be removed while contacts are in it")]
    QueueBusy(QueueName),
    /// The agent serves somebody, so cannot be removed.
    #[error("agent `{0}` cannot be removed while engaged")]
    AgentEngaged(AgentName),
    /// The set-up asked for makes no sense.
    #[error("the set-up is refused: {0}")]
    BadSetUp(String),
    /// The contact is a request for help, which goes where its contact goes.
    #[error("{help} is a request for help with contact {of}: it follows that contact, and can only be ended")]
    RequestForHelp {
        /// The request.
        help: ContactId,
        /// The contact it helps with.
        of: ContactId,
    },
    /// The contact is no request for help.
    #[error("contact {0} is not a request for help")]
    NoRequest(ContactId),
    /// Nobody has come to help yet.
    #[error("nobody has answered request {0} yet")]
    NotConnected(ContactId),
    /// The same help is asked for already.
    #[error("help of this kind is asked for contact {contact} already: wait for it, or end that request first")]
    AskedAlready {
        /// The contact.
        contact: ContactId,
    },
    /// The agent is in the conversation, so cannot be asked to help with it.
    #[error("`{agent}` is in the conversation of contact {contact} already")]
    InConversation {
        /// The contact.
        contact: ContactId,
        /// The agent.
        agent: AgentName,
    },
    /// The agent is not cleared for the lane.
    #[error("`{agent}` is not cleared for contacts of this lane")]
    NotCleared {
        /// The agent.
        agent: AgentName,
    },
    /// The agent does not serve the tenant.
    #[error("`{agent}` does not serve contacts of `{tenant}`")]
    NotOfTenant {
        /// The agent.
        agent: AgentName,
        /// The tenant.
        tenant: TenantName,
    },
    /// The person is not logged in, so nothing can be shown to them.
    #[error("`{0}` is not logged in")]
    NotLoggedIn(AgentName),
    /// Only a supervisor disposes of what others do.
    #[error("only a supervisor may give a contact to somebody, or take it from another agent")]
    NotASupervisor,
    /// A safeguarding contact stays in its lane.
    #[error("contact {contact} is confidential: it can go only to a queue of its own lane, and `{queue}` is none")]
    WrongLane {
        /// The contact.
        contact: ContactId,
        /// The queue asked for.
        queue: QueueName,
    },
    /// A contact cannot be given to a queue that is closed, nor help asked there.
    #[error("queue `{0}` is closed now: choose another")]
    QueueClosed(QueueName),
    /// Whoever leaves last ends the contact or gives it to a queue.
    #[error("nobody else would serve contact {0}: end it, or transfer it")]
    NobodyElse(ContactId),
    /// A safeguarding queue is open at all times.
    #[error("queue `{0}` is a safeguarding queue: it never closes")]
    NeverCloses(QueueName),
    /// The queue's set-up says nothing about calling back.
    #[error("queue `{0}` does not call back")]
    NoCallBack(QueueName),
    /// One contact is called back once.
    #[error("contact {0} is to be called back already")]
    CallBackAgreed(ContactId),
    /// It came by text, so there is no number to call.
    #[error("contact {0} did not come by phone, so it cannot be called back")]
    NoLine(ContactId),
    /// A safeguarding contact is called only if it said that it is safe (facts 5.4).
    #[error("contact {0} has not said that it is safe to call back")]
    CallBackUnsafe(ContactId),
    /// Nobody knows who works then.
    #[error("a call-back is agreed for within {days} days")]
    CallBackFar {
        /// The limit.
        days: i64,
    },
    /// A `Report` of something only the floor decides.
    #[error("only facts can be reported; this is for the floor to decide")]
    NotAFact,
}
