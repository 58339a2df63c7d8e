//! Session descriptions of SIP legs (RFC 8866) and the offer and answer about them (RFC 3264): one
//! audio stream with telephone events, plain or encrypted by keys in the description, and one of
//! real-time text. WebRTC descriptions are the business of the WebRTC engine.

mod negotiate;
mod read;
mod secure;

pub use negotiate::{Agreed, AgreedText, Local, Wish, agree, answer, asks_for_text, offer};
pub use read::{Description, Media};
pub use secure::{Crypto, Secure};

/// Longest description that is read, in bytes.
pub const MAX_BYTES: usize = 16 * 1024;
/// Most media lines that are read.
pub const MAX_MEDIA: usize = 16;
/// Most formats of one media line that are read.
pub const MAX_FORMATS: usize = 64;

/// The payload type we offer for telephone events.
pub const DIGITS: u8 = 101;
/// The payload types we offer for real-time text: bare, and with redundancy.
pub const TEXT: u8 = 98;
/// See [`TEXT`].
pub const TEXT_REDUNDANT: u8 = 100;
/// Most `a=crypto` lines of one media line that are kept.
pub const MAX_CRYPTO: usize = 8;

/// Which way sound travels, as seen by whoever said it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Direction {
    /// Both ways.
    #[default]
    Both,
    /// `sendonly`.
    Send,
    /// `recvonly`.
    Receive,
    /// `inactive`.
    None,
}

impl Direction {
    /// The same, seen from the other side.
    pub fn seen_from_there(self) -> Direction {
        match self {
            Direction::Send => Direction::Receive,
            Direction::Receive => Direction::Send,
            same => same,
        }
    }

    /// Whether whoever said it sends.
    pub fn sends(self) -> bool {
        matches!(self, Direction::Both | Direction::Send)
    }

    /// Whether whoever said it listens.
    pub fn listens(self) -> bool {
        matches!(self, Direction::Both | Direction::Receive)
    }

    fn attribute(self) -> &'static str {
        match self {
            Direction::Both => "sendrecv",
            Direction::Send => "sendonly",
            Direction::Receive => "recvonly",
            Direction::None => "inactive",
        }
    }

    fn from_attribute(name: &str) -> Option<Direction> {
        Some(match name {
            "sendrecv" => Direction::Both,
            "sendonly" => Direction::Send,
            "recvonly" => Direction::Receive,
            "inactive" => Direction::None,
            _ => return None,
        })
    }
}

/// Why a description cannot be agreed to. Each becomes a 488 with the text as its warning; none
/// carries foreign text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unacceptable {
    /// Longer than [`MAX_BYTES`] or with more than [`MAX_MEDIA`] media lines.
    #[error("the session description is too large")]
    TooLarge,
    /// It does not begin as RFC 8866 asks, or a line of it cannot be understood.
    #[error("the session description is malformed")]
    Malformed,
    /// No live audio line.
    #[error("no audio is offered")]
    NoAudio,
    /// Audio only over a transport we do not speak, such as DTLS on a SIP leg, or not encrypted where we
    /// asked for it.
    #[error("audio is offered over a transport that is not supported")]
    Transport,
    /// Encrypted audio without a key we can use.
    #[error("no supported key is offered for encrypted audio")]
    Keys,
    /// None of our codecs.
    #[error("none of PCMA, PCMU, G722 and opus is offered")]
    NoCodec,
    /// The address is a name, a group address or of a family we cannot reach.
    #[error("the media address cannot be used")]
    Address,
}
