//! The small words of commands and events.

use serde::{Deserialize, Serialize};
use vocabulary::LegId;

/// How a leg's media travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaKind {
    /// Plain RTP to a SIP phone or trunk.
    Rtp,
    /// ICE, DTLS and SRTP to a browser.
    WebRtc,
    /// RTP to a SIP phone or trunk, encrypted by keys in the description (RFC 4568). Offers of ours ask
    /// for it; their offers decide for themselves, whichever kind the leg is of.
    Srtp,
}

/// How a supervisor takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Supervision {
    /// Hears all, is heard by nobody.
    Listen,
    /// Hears all, is heard by the agent only.
    Whisper,
    /// Hears all, is heard by all.
    Barge,
}

/// What somebody typed. It never shows in a log.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Letters(pub String);

impl std::fmt::Debug for Letters {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// What happened to a recording in the middle of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TapMark {
    /// Another leg is recorded as the agent's from here.
    Followed(LegId),
    /// Nothing is recorded from here.
    Paused,
    /// It is recorded again from here.
    Resumed,
}
