//! The media plane with real sockets over loopback: phones that are plain UDP sockets, browsers that
//! are another WebRTC engine. Each side must *hear* the other.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod browser;
mod client;
mod phone;
mod rig;
mod rooms;
mod sound;
