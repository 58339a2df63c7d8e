//! As much SIP as a phone on loopback needs: messages as text, digest answers, one UDP dialog. It is
//! written apart from the gateway's own parser on purpose: two readings of the RFC must agree.

mod digest;
mod message;

pub use digest::authorization;
pub use message::{Message, sdp, sdp_target, token};
