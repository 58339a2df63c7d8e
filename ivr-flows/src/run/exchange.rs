//! What goes into a run and what comes out of it.

use crate::say::{Digits, Say};
use std::fmt;
use vocabulary::{Channel, Consent, ContactId, EndCause, Lane, Language, Needs, QueueName, Risk, Span};

/// What a run knows of its contact.
#[derive(Debug, Clone)]
pub struct RunContext {
    /// How the contact travels: decides between sound and text.
    pub channel: Channel,
    /// An ordinary place the caller's number suggests; claimed by a key only.
    pub redial_place: Option<ContactId>,
    /// A safeguarding place; claimed when key 9 is pressed again, never mentioned.
    pub safe_place: Option<ContactId>,
    /// Days a recording is kept, for the rights prompt.
    pub retention_days: u32,
    /// A language chosen before.
    pub language: Option<Language>,
    /// The citizen came by a confidential page: the safe line from the first word.
    pub confidential: bool,
}

/// What happens to a contact.
#[derive(Clone, PartialEq, Eq)]
pub enum Input {
    /// The leg is up, or the conversation is open.
    Begin,
    /// A key.
    Digit(char),
    /// A message on a text channel.
    Text(String),
    /// The last [`Output::Play`] was heard to its end. The owner drops reports about earlier ones.
    Played,
    /// Where the contact stands in its queue.
    Waiting {
        /// From 1.
        position: u32,
        /// Expected wait, low and high.
        wait: Option<(Span, Span)>,
    },
    /// An agent is being rung.
    Offered,
    /// An agent won: the flow falls silent.
    Connected,
    /// The agent was lost before the matter was over: the contact is in its queue again.
    Requeued,
    /// The agent's part is over and the citizen is still there: a survey may follow.
    Left,
    /// The contact was made confidential by staff.
    Confidential,
    /// The floor refused what was asked last: unknown queue, lapsed place.
    Refused,
    /// The centre is full. Ordinary contacts that are in no queue yet are told so; the safe line
    /// never is.
    Busy,
    /// The queue cannot serve the contact: closed, or full beyond its limits. It is told so, and that is
    /// the end. The safe line is never turned away.
    TurnedAway,
    /// A deadline may have come.
    Tick,
}

/// What a run asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Say this, instead of whatever is being said or played. On voice [`Input::Played`] is
    /// expected at its end; on text channels it is shown at once and nothing is expected.
    Play {
        /// In order; render with [`crate::Catalogue::clips`] or [`crate::Catalogue::message`].
        say: Vec<Say>,
        /// Whether a key may cut it short; the run itself says [`Output::StopPlaying`] then.
        barge_in: bool,
    },
    /// Stop what is being said or played.
    StopPlaying,
    /// Music until something else is played.
    Music,
    /// The citizen chose a language.
    ChooseLanguage(Language),
    /// The citizen was told something, or chose: evidence.
    Consent(Consent),
    /// The citizen answered a question of the flow: a survey mark, an application number. A later
    /// answer about the same thing replaces an earlier one. Personal: sealed, never journaled.
    Answer {
        /// The step that asked (for a collected number: the name it is kept under).
        about: String,
        /// The key or the number.
        value: Digits,
    },
    /// Enter a queue, or move to another.
    Enqueue {
        /// The queue.
        queue: QueueName,
        /// What the step asks for beside what the queue asks for.
        needs: Needs,
        /// The lane; `None` for the queue's own.
        lane: Option<Lane>,
        /// How urgent.
        risk: Risk,
        /// Points to start with; `None` for the queue's own.
        base: Option<i64>,
    },
    /// Take over a kept place. An ordinary one puts the contact into its old queue; a safeguarding
    /// one follows an [`Output::Enqueue`] on the safe line and makes it as old as it was.
    ClaimPlace {
        /// The contact whose place it was.
        from: ContactId,
    },
    /// On the safe line nobody spoke and no key was pressed: an [`Output::Enqueue`] follows.
    Silent,
    /// Key 9: stop and discard any recording, the rules of the safe line hold from now on.
    SafeLine,
    /// The contact is over.
    Finish {
        /// Why.
        cause: EndCause,
    },
}

/// Where a run is taken up again after its process died (text contacts that wait or talk).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resumed {
    /// The lane of the contact.
    pub lane: Lane,
    /// Whether an agent is there already.
    pub connected: bool,
}

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What a citizen types is theirs: keys may be an identity number, texts anything.
        match self {
            Input::Begin => f.write_str("Begin"),
            Input::Digit(_) => f.write_str("Digit(*)"),
            Input::Text(_) => f.write_str("Text(***)"),
            Input::Played => f.write_str("Played"),
            Input::Waiting { position, wait } => {
                f.debug_struct("Waiting").field("position", position).field("wait", wait).finish()
            }
            Input::Offered => f.write_str("Offered"),
            Input::Connected => f.write_str("Connected"),
            Input::Requeued => f.write_str("Requeued"),
            Input::Left => f.write_str("Left"),
            Input::Confidential => f.write_str("Confidential"),
            Input::Refused => f.write_str("Refused"),
            Input::Busy => f.write_str("Busy"),
            Input::TurnedAway => f.write_str("TurnedAway"),
            Input::Tick => f.write_str("Tick"),
        }
    }
}
