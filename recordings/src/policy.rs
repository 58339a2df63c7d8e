//! May this contact be recorded, and what becomes of what was recorded? One small machine per
//! contact, told the facts in their order. It writes nothing and knows no file: [`Order`] is what its
//! owner does next.
//!
//! Rules (Data Protection Act 2019, sections 29, 30, 32 and 40; ODPC 1125 of 2025):
//! - Ordinary contacts are recorded under the public task, after the notice was heard, unless refused.
//! - Key 8, or consent withdrawn later: stop and delete.
//! - Key 9 before an agent was bridged: stop and discard. After, or made confidential: stop and seal
//!   for the data-protection officer.
//! - On the safe line nothing is recorded unless the citizen asks for it by key, as evidence.
//! - Legal hold beats deletion: what would be deleted is sealed instead.

use crate::format::Purpose;
use serde::{Deserialize, Serialize};
use vocabulary::event::{DiscardCause, Kept};
use vocabulary::{ConsentKind, Lane};

/// Something that happened to the contact and matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "snake_case")]
pub enum Fact {
    /// The recording notice was heard to its end.
    NoticeHeard,
    /// Key 8.
    Refused,
    /// Key 9.
    SafeLine,
    /// A caller on the safe line wanted something else and went back to the general queue; the
    /// notice has to be heard (again) before anything is recorded.
    LeftSafeLine,
    /// An agent and the citizen can hear each other.
    Bridged,
    /// The citizen asked by key to be recorded, as evidence.
    Requested,
    /// The citizen took back consent, or asked for deletion.
    Withdrawn,
    /// An agent made the contact confidential.
    MadeConfidential,
    /// The contact is in this lane now. Into a safeguarding lane it counts as key 9 before an agent
    /// was bridged and as "make confidential" after.
    Lane {
        /// The lane.
        lane: Lane,
    },
    /// A legal hold was placed or lifted.
    LegalHold {
        /// Whether it is on.
        on: bool,
    },
    /// The contact is over: nothing more to record.
    Ended,
}

/// Why nothing is recorded now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Unrecorded {
    /// The notice has not been heard to its end.
    #[error("the recording notice has not been heard")]
    NoNotice,
    /// Key 8.
    #[error("the citizen refused")]
    Refused,
    /// Consent was taken back.
    #[error("the citizen withdrew")]
    Withdrawn,
    /// The safe line, a safeguarding lane or a contact made confidential, without a request.
    #[error("a confidential contact that did not ask for it")]
    Confidential,
    /// The contact is over.
    #[error("the contact is over")]
    Ended,
}

/// What becomes of a recording that is running or closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fate", content = "why", rename_all = "snake_case")]
pub enum Fate {
    /// Closed and indexed as usual.
    Keep,
    /// The bytes are destroyed.
    Discard(DiscardCause),
    /// Kept, for the data-protection officer only.
    SealForDpo,
}

impl Fate {
    /// Who may open what is kept; `None` when nothing is.
    pub const fn kept(self) -> Option<Kept> {
        match self {
            Fate::Keep => Some(Kept::Ordinary),
            Fate::SealForDpo => Some(Kept::SealedForDpo),
            Fate::Discard(_) => None,
        }
    }
}

/// What the owner of the contact does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Leave things as they are.
    Nothing,
    /// Open a tap and begin a recording for this purpose.
    Start(Purpose),
    /// Stop the running recording and give it this fate.
    Stop(Fate),
    /// Stop the running one with this fate and begin another: a file has one purpose.
    Replace(Fate, Purpose),
}

/// The citizen's standing word on being recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Word {
    #[default]
    None,
    Refused,
    Requested,
    Withdrawn,
}

/// How far from ordinary the contact is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Confidence {
    #[default]
    Open,
    /// Before any agent was bridged: whatever was recorded is discarded.
    BeforeAgent,
    /// After: whatever was recorded is sealed.
    AfterAgent,
}

/// One contact, as far as recording is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Course {
    noticed: bool,
    word: Word,
    confidence: Confidence,
    bridged: bool,
    held: bool,
    ended: bool,
}

impl Course {
    /// A contact that has just arrived.
    pub fn new() -> Course {
        Course::default()
    }

    /// Takes in a fact. Ask [`Course::order`] after each.
    pub fn tell(&mut self, fact: Fact) {
        match fact {
            Fact::NoticeHeard => self.noticed = true,
            Fact::Refused => self.word = Word::Refused,
            Fact::Requested => self.word = Word::Requested,
            Fact::Withdrawn => self.word = Word::Withdrawn,
            Fact::Bridged => self.bridged = true,
            Fact::SafeLine => self.confide(),
            Fact::Lane { lane } if lane.is_safeguarding() => self.confide(),
            Fact::Lane { .. } => {}
            Fact::MadeConfidential => {
                if self.confidence == Confidence::Open {
                    self.confidence = Confidence::AfterAgent;
                }
            }
            Fact::LeftSafeLine => {
                self.confidence = Confidence::Open;
                self.noticed = false;
            }
            Fact::LegalHold { on } => self.held = on,
            Fact::Ended => self.ended = true,
        }
    }

    /// The first step into confidence decides; a second key 9 must not turn "discard" into "seal".
    fn confide(&mut self) {
        if self.confidence == Confidence::Open {
            self.confidence = if self.bridged { Confidence::AfterAgent } else { Confidence::BeforeAgent };
        }
    }

    /// Whether a recording may run now, and for which purpose.
    ///
    /// # Errors
    /// [`Unrecorded`]: the rule that forbids it.
    pub fn may_record(&self) -> Result<Purpose, Unrecorded> {
        match (self.ended, self.word, self.confidence) {
            (true, _, _) => Err(Unrecorded::Ended),
            (_, Word::Requested, _) => Ok(Purpose::Evidence),
            (_, Word::Refused, _) => Err(Unrecorded::Refused),
            (_, Word::Withdrawn, _) => Err(Unrecorded::Withdrawn),
            (_, Word::None, Confidence::Open) if self.noticed => Ok(Purpose::Service),
            (_, Word::None, Confidence::Open) => Err(Unrecorded::NoNotice),
            (_, Word::None, _) => Err(Unrecorded::Confidential),
        }
    }

    /// What becomes of a recording of this contact made for `purpose`, running or closed.
    pub fn fate(&self, purpose: Purpose) -> Fate {
        let by_confidence = match self.confidence {
            Confidence::Open => Fate::Keep,
            Confidence::BeforeAgent => Fate::Discard(DiscardCause::SafeLine),
            Confidence::AfterAgent => Fate::SealForDpo,
        };
        let fate = match (self.word, purpose) {
            (Word::Refused, _) => Fate::Discard(DiscardCause::Refused),
            (Word::Withdrawn, _) => Fate::Discard(DiscardCause::Withdrawn),
            (_, Purpose::Evidence) => Fate::Keep,
            (_, Purpose::Service) => by_confidence,
        };
        match fate {
            Fate::Discard(_) if self.held => Fate::SealForDpo,
            fate => fate,
        }
    }

    /// What to do now, given the purpose of the recording that is running.
    pub fn order(&self, running: Option<Purpose>) -> Order {
        let wanted = self.may_record().ok().filter(|_| self.bridged);
        match (running, wanted) {
            (None, None) => Order::Nothing,
            (None, Some(purpose)) => Order::Start(purpose),
            (Some(old), None) => Order::Stop(self.fate(old)),
            (Some(old), Some(new)) if old == new && self.fate(old) == Fate::Keep => Order::Nothing,
            (Some(old), Some(new)) => Order::Replace(self.fate(old), new),
        }
    }
}

impl Fact {
    /// The fact in a consent, where it is about recording.
    pub const fn of(consent: ConsentKind) -> Option<Fact> {
        match consent {
            ConsentKind::RecordingNoticed => Some(Fact::NoticeHeard),
            ConsentKind::RecordingRefused => Some(Fact::Refused),
            ConsentKind::RecordingRequested => Some(Fact::Requested),
            ConsentKind::RecordingWithdrawn => Some(Fact::Withdrawn),
            ConsentKind::CallBack { .. } => None,
        }
    }
}

#[cfg(test)]
#[path = "policy_tests.rs"]
mod tests;
