//! What a gateway is started with and what can go wrong.

use crate::live::plane::PlaneError;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;

/// Where to listen, whom to trust, how much to take.
#[derive(Debug, Clone)]
pub struct GatewayConfig {
    /// SIP over UDP and TCP, one port for both; 0 lets the system choose.
    pub sip_listen: SocketAddr,
    /// RTP ports of phone legs; `0..=0` lets the system choose.
    pub rtp_ports: RangeInclusive<u16>,
    /// The one UDP port of all browser legs.
    pub webrtc_listen: SocketAddr,
    /// The address told to far ends, where it differs from the bound one.
    pub advertised_ip: Option<IpAddr>,
    /// Where calls to outside numbers go; without it they fail.
    pub trunk: Option<Trunk>,
    /// Addresses calls may come from besides this machine's own. Empty means that only loopback
    /// may place calls by phone.
    pub trunk_sources: Vec<IpAddr>,
    /// The realm of digest authentication; stored secrets (HA1) are bound to it.
    pub realm: String,
    /// How much is taken at once.
    pub limits: Limits,
}

/// The outbound trunk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trunk {
    /// Its address.
    pub address: SocketAddr,
    /// How it is spoken to.
    pub transport: TrunkTransport,
    /// The number calls are from, as the carrier wants it.
    pub from: String,
}

/// How a trunk is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TrunkTransport {
    /// Datagrams.
    #[default]
    Udp,
    /// A stream.
    Tcp,
}

/// Hard bounds of memory. Shedding by policy is the journey's, after the safety line; these are for
/// floods, and are refused with 503.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Calls that came in and were not answered yet.
    pub half_open: usize,
    /// Legs in all.
    pub legs: usize,
    /// TCP connections.
    pub tcp_connections: usize,
    /// TCP connections from one address that is not the trunk's.
    pub tcp_per_source: usize,
    /// WebSockets.
    pub web_sockets: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { half_open: 2_000, legs: 6_000, tcp_connections: 2_048, tcp_per_source: 64, web_sockets: 4_096 }
    }
}

/// The addresses a gateway really listens on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bound {
    /// SIP, UDP and TCP.
    pub sip: SocketAddr,
    /// WebRTC.
    pub webrtc: SocketAddr,
}

/// Why a gateway could not be started, or did not take an order.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// A SIP socket could not be bound.
    #[error("SIP cannot listen on {listen}: {source}")]
    Listen {
        /// The address asked for.
        listen: SocketAddr,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The media plane.
    #[error(transparent)]
    Media(#[from] PlaneError),
    /// More orders wait than are taken: try again.
    #[error("the gateway is busy")]
    Busy,
    /// The gateway has stopped.
    #[error("the gateway has stopped")]
    Stopped,
}
