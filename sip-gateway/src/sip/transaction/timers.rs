//! The timers of RFC 3261 §17 and RFC 6026, by their letters.

use vocabulary::Span;

/// Round trip assumed (table 4).
pub const T1: Span = Span::millis(500);
/// The longest pause between repetitions of a request that is no INVITE, and of answers to INVITE.
pub const T2: Span = Span::seconds(4);
/// The longest a message stays in the network.
pub const T4: Span = Span::seconds(5);
/// How long anything is tried: timers B, F, H, J, L, M are 64 x T1.
pub const LIMIT: Span = Span(64 * T1.0);
/// Timer D: repetitions of a refused INVITE's answer are acknowledged so long (at least 32 s).
pub const D: Span = Span::seconds(32);
/// An INVITE that nobody answers within this gets its 100 from here (§17.2.1).
pub const TRYING: Span = Span::millis(200);
/// An INVITE of ours that rings is given up when not even a 1xx has come for this long: timer C of
/// §16.6, which asks for more than three minutes, as a far end repeats its 1xx every minute
/// (§13.3.1.1).
pub const C: Span = Span::minutes(4);
/// A request of theirs our own side leaves without final answer is forgotten after this. An INVITE may
/// wait long with early media, but not for ever.
pub const UNANSWERED: Span = Span::minutes(30);

/// Whether messages can be lost on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Medium {
    /// Datagrams: everything is repeated.
    Lossy,
    /// A stream or WebSocket: nothing is.
    Reliable,
}

impl Medium {
    /// A span that only datagrams need.
    pub fn if_lossy(self, span: Span) -> Span {
        match self {
            Medium::Lossy => span,
            Medium::Reliable => Span::ZERO,
        }
    }
}

/// The next pause after this one: twice as long, up to T2.
pub fn backed_off(pause: Span) -> Span {
    Span((pause.0 * 2).min(T2.0))
}
