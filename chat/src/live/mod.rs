//! The half that touches the world: sockets, the clock, tasks.
//!
//! - [`hub`]: every conversation, and what the rest of the centre says to them
//! - [`messages`]: the port to where messages are kept
//! - [`owner`]: the task that owns one conversation
//! - [`token`]: the secret a citizen comes back with
//! - [`web_chat`]: one WebSocket

pub mod hub;
pub mod messages;
mod owner;
pub mod token;
pub mod web_chat;
