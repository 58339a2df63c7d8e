//! Transactions (RFC 3261 §17, with RFC 6026): every request under way, ours and theirs, repeated,
//! matched and ended in virtual time. Owns matching by branch, CANCEL (§9), the ACK of refusals, the
//! bound of the table. Leaves out dialogs, the ACK of a 2xx and its repetition (§13), and sockets:
//! what is to be written comes out as text and hop.
//!
//! | file | owns |
//! |---|---|
//! | `client`, `server` | the four machines |
//! | `matching` | which message belongs to which transaction |
//! | `table` | all of them, with one deadline |
//! | `timers` | how long |

pub mod client;
mod matching;
pub mod server;
mod table;
pub mod timers;

use crate::sip::message::Message;
use crate::sip::registrar::{FlowId, Hop};
use std::net::SocketAddr;
use std::sync::Arc;

pub use matching::cancel;
pub use table::{MAX_TRANSACTIONS, RESERVED, Transactions};

/// A transaction, by a number that is never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TxId(pub u64);

/// Where a message came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    /// The far address.
    pub peer: SocketAddr,
    /// How to reach the sender outside the transaction.
    pub hop: Hop,
    /// The connection, unless it was a datagram.
    pub flow: Option<FlowId>,
}

impl Source {
    /// What answers inside the transaction are written to: the very connection, or the socket.
    pub fn way_back(&self) -> Hop {
        self.flow.map_or(self.hop, Hop::Flow)
    }
}

/// How a transaction ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// As it should.
    Done,
    /// Nothing more came in the time allowed: no answer, or no ACK of our refusal.
    TimedOut,
    /// Its connection broke before that.
    Broken,
}

/// What one machine wants.
#[derive(Clone, PartialEq, Eq)]
pub enum Output {
    /// Write this.
    Send(Arc<str>),
    /// An answer to a request of ours.
    Response(Message),
    /// The ACK of a 2xx, sent with the INVITE's own branch.
    Ack(Message),
    /// It is over.
    Ended(End),
}

/// What happens to the table.
pub enum Input<'a> {
    /// A message that passed the door. `tag` is random, for an answer made here.
    Received {
        /// What came.
        message: Message,
        /// From where.
        source: Source,
        /// For the To of an answer that nobody but the table makes.
        tag: &'a str,
    },
    /// Send a request of ours, with a Via whose branch was never used before.
    Request {
        /// From [`Transactions::next_id`].
        tx: TxId,
        /// No ACK.
        request: Message,
        /// Where to.
        hop: Hop,
    },
    /// Answer a request of theirs.
    Respond {
        /// Which.
        tx: TxId,
        /// With what.
        response: Message,
    },
    /// Cancel an INVITE of ours, once it has its 1xx (§9.1); earlier or later it does nothing.
    Cancel {
        /// The INVITE.
        invite: TxId,
        /// From [`Transactions::next_id`], for the CANCEL.
        tx: TxId,
    },
    /// A connection is gone, or could not be opened: everything on it ends now.
    Closed(Hop),
    /// A connection asked for by address is open.
    Opened {
        /// What requests were sent to.
        to: Hop,
        /// What it is now.
        now: Hop,
    },
    /// The deadline passed.
    Tick,
}

/// What the table wants.
#[derive(Clone, PartialEq, Eq)]
pub enum Effect {
    /// Write this text there; what cannot be written is reported as [`Input::Closed`].
    Send {
        /// Where.
        hop: Hop,
        /// What.
        text: Arc<str>,
    },
    /// Tell the core.
    Tell(News),
}

/// What the core is told.
#[derive(Clone, PartialEq, Eq)]
pub enum News {
    /// A new request, to be answered.
    Request {
        /// Its transaction.
        tx: TxId,
        /// Via says where it came from.
        request: Message,
        /// From where.
        source: Source,
    },
    /// The ACK of a 2xx.
    Ack {
        /// Its text.
        ack: Message,
        /// From where.
        source: Source,
    },
    /// An INVITE of theirs that has no final answer was cancelled: answer it 487.
    Cancelled {
        /// The INVITE.
        tx: TxId,
    },
    /// An answer to a request of ours.
    Response {
        /// Which.
        tx: TxId,
        /// The answer.
        response: Message,
    },
    /// A 2xx to an INVITE whose transaction is over, or never was.
    StrayOk {
        /// The answer.
        response: Message,
        /// The way it came.
        hop: Hop,
    },
    /// A transaction is over.
    Ended {
        /// Which.
        tx: TxId,
        /// How.
        end: End,
    },
    /// The table is full: this request of ours was not sent.
    Full {
        /// Which.
        tx: TxId,
    },
}

#[cfg(test)]
mod tests;
