//! One SIP socket towards the centre: what is sent and must be answered is repeated until it is
//! (RFC 3261 §17.1.1.2, timers A and B).

use crate::sip::{Message, token};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::UdpSocket;
use tokio::time::Instant;

/// RFC 3261's T1.
const T1: Duration = Duration::from_millis(500);
/// RFC 3261's T2: repetitions of anything but INVITE are no further apart.
const T2: Duration = Duration::from_secs(4);
/// Timer B: 64 times T1.
const GIVE_UP: Duration = Duration::from_secs(32);
/// Largest datagram read.
const DATAGRAM: usize = 65_535;

/// What came of listening.
pub(super) enum Came {
    /// A message.
    Message(Message),
    /// What was sent last was never answered.
    Nothing,
}

/// A socket connected to the centre.
pub(super) struct Wire {
    socket: UdpSocket,
    local: SocketAddr,
    unanswered: Option<Unanswered>,
    buffer: Vec<u8>,
}

struct Unanswered {
    text: String,
    again: Instant,
    wait: Duration,
    until: Instant,
}

impl Wire {
    pub(super) async fn open(server: SocketAddr) -> std::io::Result<Wire> {
        let socket = UdpSocket::bind(("127.0.0.1", 0)).await?;
        socket.connect(server).await?;
        let local = socket.local_addr()?;
        Ok(Wire { socket, local, unanswered: None, buffer: vec![0; DATAGRAM] })
    }

    pub(super) fn local(&self) -> SocketAddr {
        self.local
    }

    /// A Via of this socket with a new branch.
    pub(super) fn via(&self) -> String {
        format!("SIP/2.0/UDP {};branch=z9hG4bK{};rport", self.local, token(16))
    }

    /// Sends once. What loopback does not take is repeated by whoever waits for its answer.
    pub(super) async fn send(&self, message: &Message) {
        let _ = self.socket.send(message.to_string().as_bytes()).await;
    }

    /// Sends and repeats until [`Wire::answered`].
    pub(super) async fn ask(&mut self, message: &Message) {
        self.send(message).await;
        let now = Instant::now();
        self.unanswered =
            Some(Unanswered { text: message.to_string(), again: now + T1, wait: T1, until: now + GIVE_UP });
    }

    /// Stops repeating.
    pub(super) fn answered(&mut self) {
        self.unanswered = None;
    }

    /// The next message. Cancel safe.
    pub(super) async fn next(&mut self) -> Came {
        loop {
            let again = self.unanswered.as_ref().map(|u| u.again);
            let pause = async {
                match again {
                    Some(again) => tokio::time::sleep_until(again).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                read = self.socket.recv(&mut self.buffer) => {
                    // A refused datagram (the centre is gone) is told by the silence that follows.
                    let Ok(length) = read else { continue };
                    if let Some(message) = Message::parse(&self.buffer[..length]) {
                        return Came::Message(message);
                    }
                }
                () = pause => {
                    let Some(unanswered) = &mut self.unanswered else { continue };
                    if unanswered.again >= unanswered.until {
                        self.unanswered = None;
                        return Came::Nothing;
                    }
                    let _ = self.socket.send(unanswered.text.as_bytes()).await;
                    unanswered.wait = (unanswered.wait * 2).min(T2);
                    unanswered.again += unanswered.wait;
                }
            }
        }
    }
}
