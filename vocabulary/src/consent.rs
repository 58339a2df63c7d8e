//! What a citizen was told and what they chose. Each is evidence: the Data Protection Act 2019,
//! section 32, puts the burden of proof on the centre.

use crate::{Language, PromptName};
use serde::{Deserialize, Serialize};

/// One recorded act: what was said to the citizen, in which language, and the key they pressed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// What it is about and which way it went.
    #[serde(flatten)]
    pub kind: ConsentKind,
    /// The prompt that was heard or read.
    pub text: PromptName,
    /// The language it was heard in.
    pub language: Language,
    /// The key pressed or word typed; `None` when the citizen merely heard the notice to its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<char>,
}

/// What a consent is about and which way it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "about", rename_all = "snake_case")]
pub enum ConsentKind {
    /// The recording notice was played; recording rests on the public task of section 30(1)(b),
    /// not on consent ("by staying on the line" is none).
    RecordingNoticed,
    /// Key 8 during the notice: nothing may be recorded.
    RecordingRefused,
    /// Asked for by a safeguarding caller as evidence, by an explicit key.
    RecordingRequested,
    /// Withdrawn later: stop and delete.
    RecordingWithdrawn,
    /// Whether and how a safeguarding caller may be called back.
    CallBack {
        /// The citizen's choice.
        policy: CallBackPolicy,
    },
}

/// Whether a safeguarding contact may ever be called (safe call-back rules of the services for
/// survivors of violence). The default is never.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallBackPolicy {
    /// Never call.
    #[default]
    Never,
    /// Only to a number named as safe.
    SafeNumberOnly,
    /// Only in the agreed hours.
    SafeWindow,
    /// If the call drops, this number may be called, by a person.
    Ok,
}
