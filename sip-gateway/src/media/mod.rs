//! The packet logic of the media plane: G.711, RTP, RTCP, RFC 4733 digits, SDP, the player and the
//! timelines. Pure: bytes and milliseconds in, bytes and decisions out. Sockets, threads and WebRTC
//! are in `live::plane`.

pub mod codec;
pub mod comfort;
pub mod conceal;
pub mod digits;
pub mod g711;
pub mod incoming;
pub mod jitter;
pub mod latch;
pub mod losses;
pub mod outgoing;
pub mod player;
pub mod quality;
pub mod rtcp;
pub mod rtp;
pub mod sdp;
pub mod silence;
pub mod srtp;
pub mod stun;
pub mod text;
pub mod timeline;
pub mod tones;
pub mod voice;

/// Samples a second of every codec the plane speaks; also the RTP clock rate.
pub const CLOCK_RATE: u32 = 8_000;

/// Samples in one 20 ms packet.
pub const FRAME: usize = vocabulary::audio::FRAME_SAMPLES;

/// Milliseconds in one packet of ours.
pub const FRAME_MILLIS: u64 = 20;

/// The largest RTP payload that is relayed: 100 ms of G.711. Anything longer is not telephony.
pub const MAX_PAYLOAD: usize = 800;
