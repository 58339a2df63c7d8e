//! SIP: messages, addresses, transactions, dialogs, digest, registrations and the door everything
//! foreign passes first. Pure: no sockets, clocks or randomness; what is random (tags, nonces,
//! branches) is handed in.

pub mod address;
pub mod bucket;
pub mod check;
pub mod dialog;
pub mod digest;
pub mod door;
pub mod message;
pub mod registrar;
pub mod transaction;
pub mod trunk;
pub mod via;
