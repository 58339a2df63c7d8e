//! Signalling over real sockets, with media that only talks.

mod bench;
mod calls;
mod hostile;
mod inside;
mod phone;
mod register;
mod rings;
