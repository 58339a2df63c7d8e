//! Text conversations. The pure half is the web chat's protocol and the state of one conversation;
//! `live/` is the WebSocket and the hub that owns the conversations.
//!
//! Left out: who serves a conversation (the floor decides), what an assistant answers (the flow), and
//! where messages are kept: [`Messages`] is a port its owner implements, sealed under the contact's key.

pub mod frame;
pub mod line;
pub mod live;
pub mod session;

pub use frame::{CloseCode, FromCentre, FromCitizen};
pub use line::{Line, Speaker};
pub use live::hub::{ChatEvent, Hub, HubConfig, HubError};
pub use live::messages::{Messages, NotStored};
pub use live::token::TokenHash;
pub use live::web_chat::{serve, upgrade};
pub use session::{Command, Output, Refusal, Session};
