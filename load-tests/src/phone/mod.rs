//! People with SIP phones: a citizen who calls, an agent's desk phone that registers and answers. Both
//! speak UDP on loopback, A-law at 20 ms and RFC 4733 digits; what they say and hear is a [`Voice`].

mod citizen;
mod desk_phone;
mod live;
mod wire;

pub use citizen::{Call, Order, Plan, Stage, Who};
pub use desk_phone::{Account, DeskPhone, Habits, PhoneEvent};
pub use live::{LiveVoice, SharedEar, shared_ear};

use std::net::{SocketAddr, UdpSocket};

/// The sound of one call: made by a task of its own in the demonstration, by one thread for all calls in
/// the benchmarks.
pub trait Voice: Send + Sync {
    /// Media may flow: `socket` is ours, `target` where the far end listens.
    fn connect(&mut self, socket: UdpSocket, target: SocketAddr);
    /// Sends a key as RTP events; false if this voice cannot, and the phone sends SIP INFO instead.
    fn press(&mut self, key: char) -> bool;
    /// The call is over.
    fn disconnect(&mut self);
}

/// A socket for RTP on loopback.
///
/// # Errors
/// The system's.
pub fn media_socket() -> std::io::Result<UdpSocket> {
    let socket = UdpSocket::bind(("127.0.0.1", 0))?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}
