//! Citizens and agents by the dozen: SIP phones, desks, chats and browsers that behave like people, a
//! centre of their own to behave at, the demonstration that checks the promises, and the benchmarks.
//! What is measured is the real binary over real sockets on loopback. It owns no part of the product;
//! correctness tests of single features are `hctc/tests`.
//!
//! `make demo` runs `bin/demo.rs`; `make bench` runs `scripts/bench.sh`, which runs each `bin/bench_*.rs`.

pub mod bench;
pub mod browser;
pub mod centre;
pub mod chat;
pub mod demo;
pub mod impair;
pub mod phone;
pub mod sip;
pub mod sound;
pub mod staff;
#[cfg(feature = "web")]
pub mod web;

mod trouble;

pub use trouble::Trouble;
