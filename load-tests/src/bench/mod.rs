//! What the benchmarks share: CPU of a process, one thread that carries the RTP of all calls, the rival
//! that relays the same sessions in the same run, and the reference figures printed beside ours.

pub mod calls;
pub mod cpu;
pub mod engine;
pub mod fair;
pub mod peers;
pub mod relay;
pub mod rtp_load;
pub mod rtpengine;
pub mod setup;
