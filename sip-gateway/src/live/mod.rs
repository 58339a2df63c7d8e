//! The live half: sockets, threads and the clock, behind one handle.
//!
//! Signalling runs on tokio, packets on threads of their own (`plane`). Run with the log filter
//! `rsipstack=warn`: at `info` that crate writes whole messages, phone numbers included.

mod config;
mod event;
mod gateway;
pub mod plane;
mod signalling;

pub use config::{Bound, GatewayConfig, GatewayError, Limits, Trunk, TrunkTransport};
pub use event::{Device, Devices, GatewayEvent, Origin, Ringing, WebIdentity};
pub use gateway::Gateway;
