//! The port to where messages are kept. Its implementer seals every text under the contact's key.

use crate::line::Line;
use futures_util::future::BoxFuture;
use vocabulary::ContactId;

/// The message could not be stored or read; its owner has logged why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the message store does not answer")]
pub struct NotStored;

/// Where messages are kept. Calls for one contact never overlap; calls for different ones do.
pub trait Messages: Send + Sync + 'static {
    /// Keeps a message; durable when it returns. The first one may come before its contact's
    /// `Opened` event was taken in. The same (contact, seq) again replaces: it can only be a message
    /// whose first attempt was not known to have succeeded.
    fn append<'a>(&'a self, contact: ContactId, line: &'a Line) -> BoxFuture<'a, Result<(), NotStored>>;

    /// The messages after a place, in order.
    fn read_after(&self, contact: ContactId, after: u64) -> BoxFuture<'_, Result<Vec<Line>, NotStored>>;
}
