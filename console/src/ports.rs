//! What the console needs of the rest of the centre: one trait, which the binary implements, and the
//! plain values that cross it. The console sees the floor as an immutable picture and acts on it by
//! command; it holds no contact, leg or chat session of its own.

pub use crate::story::Told;
pub use crate::view::{ContactFacts, Facts, RingingAlarm, View};

use acd::figures::Figures;
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::sync::Arc;
use tokio::sync::{broadcast, watch};
use vocabulary::{AgentName, ContactId, EntryName, RecordingId, Time};

/// The rest of the centre. Every method is called from request handlers and sockets, so none may block;
/// a future may wait for the journal.
pub trait Centre: Send + Sync + 'static {
    /// Gives the floor a command and waits until its events are durable. A refusal of the floor comes
    /// as [`CentreError::Refused`] through [`crate::messages::of_refusal`].
    fn floor_command(&self, command: acd::Command) -> BoxFuture<'_, Result<(), CentreError>>;
    /// The floor as it is: replaced as a whole on each change, so a reader's picture never changes
    /// under it.
    fn view(&self) -> Arc<View>;
    /// Counts up whenever [`Centre::view`], [`Centre::figures`], [`Centre::phone_registered`] or
    /// [`Centre::is_recording`] would say something new.
    fn changes(&self) -> watch::Receiver<u64>;
    /// The figures of the day, folded from the journal.
    fn figures(&self) -> Arc<Figures>;
    /// Acts on the legs of a voice contact, or ends a text contact, for the agent who serves it.
    fn call_control(&self, control: CallControl) -> BoxFuture<'_, Result<(), CentreError>>;
    /// Sends an agent's text. Returns its number in the conversation; the same `id` twice sends once.
    fn say(&self, contact: ContactId, agent: AgentName, id: String, text: String)
    -> BoxFuture<'_, Result<u64, CentreError>>;
    /// Tells the citizen that the agent is typing. Lost without harm.
    fn agent_typing(&self, contact: ContactId);
    /// Lines of every conversation and typing notices, as they happen. Bounded: a desk that lags reads
    /// again from the store.
    fn messages(&self) -> broadcast::Receiver<Arc<ChatLine>>;
    /// Whether a device of the agent is registered with the gateway.
    fn phone_registered(&self, agent: &AgentName) -> bool;
    /// Whether the contact is being recorded at this moment.
    fn is_recording(&self, contact: ContactId) -> bool;
    /// Where desk phones register, as `host:port`.
    fn registrar(&self) -> String;
    /// Whose recording it is; [`CentreError::Absent`] when there is none of that id.
    fn contact_of(&self, recording: RecordingId) -> BoxFuture<'_, Result<ContactId, CentreError>>;
    /// Whether there is a model to transcribe with; without one, transcripts wait.
    fn transcribes(&self) -> bool;
    /// Opens a recording. Whether the viewer may hear it was decided before.
    fn play(&self, recording: RecordingId) -> BoxFuture<'_, Result<Playback, CentreError>>;
    /// Makes a one-use token for a web call to one of our own entries.
    fn citizen_token(&self, entry: &EntryName) -> Result<WebCall, CentreError>;
    /// The story of a contact, from the journal; [`CentreError::Absent`] for one it does not know. Whether
    /// the viewer may read it was decided before.
    fn story(&self, contact: ContactId) -> BoxFuture<'_, Result<Vec<Told>, CentreError>>;
    /// What works.
    fn health(&self) -> Health;
    /// The metrics in Prometheus' text form. Nothing in them tells of a safeguarding lane.
    fn metrics(&self) -> String;
}

/// Why the centre did not do something.
#[derive(Debug, thiserror::Error)]
pub enum CentreError {
    /// A person can be told why.
    #[error("refused: {}", .0.code)]
    Refused(Refused),
    /// There is no such thing.
    #[error("there is no such thing")]
    Absent,
    /// The part that would do it is down, restarting or full.
    #[error("not available now")]
    Unavailable,
    /// A fault of ours. Its text goes to the log: it must hold no personal data.
    #[error("a fault")]
    Fault(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<acd::Refusal> for CentreError {
    fn from(refusal: acd::Refusal) -> CentreError {
        CentreError::Refused(crate::messages::of_refusal(&refusal))
    }
}

/// A refusal as people and screens read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// For programs: lower case with `_`.
    pub code: Cow<'static, str>,
    /// For people, Kiswahili.
    pub sw: Cow<'static, str>,
    /// For people, English.
    pub en: Cow<'static, str>,
}

/// What an agent does with the legs of a contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallControl {
    /// End the contact.
    HangUp {
        /// The contact.
        contact: ContactId,
        /// The agent serving it.
        agent: AgentName,
    },
    /// Put the citizen on hold or take them off it.
    Hold {
        /// The contact.
        contact: ContactId,
        /// The agent serving it.
        agent: AgentName,
        /// Whether to hold.
        on: bool,
    },
}

/// Who said a line of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Speaker {
    /// The citizen.
    Citizen,
    /// The agent.
    Agent,
    /// The centre: menus, notices.
    Centre,
}

/// Something that happened in a conversation.
#[derive(Clone, PartialEq, Eq)]
pub enum ChatLine {
    /// A line.
    Said {
        /// The contact.
        contact: ContactId,
        /// Its number in the conversation, from 1 without gaps.
        seq: u64,
        /// Who said it.
        from: Speaker,
        /// The text: personal data.
        text: String,
        /// When.
        at: Time,
    },
    /// The citizen is typing.
    Typing {
        /// The contact.
        contact: ContactId,
    },
}

impl ChatLine {
    /// The contact it belongs to.
    pub fn contact(&self) -> ContactId {
        match self {
            ChatLine::Said { contact, .. } | ChatLine::Typing { contact } => *contact,
        }
    }
}

impl std::fmt::Debug for ChatLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ChatLine::Said { contact, seq, .. } => write!(f, "Said({contact}, {seq}, ***)"),
            ChatLine::Typing { contact } => write!(f, "Typing({contact})"),
        }
    }
}

/// A recording opened for one playing.
pub struct Playback {
    /// The contact it is of.
    pub contact: ContactId,
    /// A WAV file: citizen left, agent right.
    pub wav: Vec<u8>,
    /// Whether it is whole; `false` after a crash, playable up to there.
    pub complete: bool,
}

/// What a citizen's page needs to place a web call.
#[derive(Clone)]
pub struct WebCall {
    /// Opens `/sip` once.
    pub token: String,
    /// The SIP user name of this call.
    pub user: String,
    /// Its digest password.
    pub secret: String,
    /// The address to dial.
    pub dial: String,
}

/// What works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Health {
    /// The SIP transports are open.
    pub sip: bool,
    /// The HTTP server is up.
    pub http: bool,
    /// The journal takes appends.
    pub journal: bool,
    /// The store answers.
    pub store: bool,
}

impl Health {
    /// Whether everything works.
    pub fn is_whole(self) -> bool {
        self.sip && self.http && self.journal && self.store
    }
}
