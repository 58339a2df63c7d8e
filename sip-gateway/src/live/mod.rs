//! The live half: sockets, threads and the clock, behind one handle.
//!
//! Signalling runs on tokio, packets on threads of their own (`plane`).

mod config;
mod event;
mod gateway;
pub mod plane;
mod signalling;

pub use config::{Bound, GatewayConfig, GatewayError, Limits, Trunk, TrunkTransport};
pub use event::{Device, Devices, GatewayEvent, Origin, Ringing, WebIdentity};
pub use gateway::Gateway;
