//! The real-time text of a SIP leg (RFC 4103): a socket of its own beside that of the sound, letters in
//! and out.

use super::leg::Now;
use crate::media::incoming::Incoming;
use crate::media::rtp::{self, Header};
use crate::media::sdp::AgreedText;
use crate::media::text::{GATHER, TextReader, TextWriter};
use mio::net::UdpSocket;
use std::io;
use std::net::SocketAddr;

pub(super) struct TextLine {
    pub socket: UdpSocket,
    /// Held so that nobody else is given the port beside it.
    _rtcp: UdpSocket,
    agreed: Option<AgreedText>,
    incoming: Incoming,
    reader: TextReader,
    writer: TextWriter,
    epoch: u32,
    sequence: u16,
    ssrc: u32,
    due: u64,
}

impl TextLine {
    /// A line on these bound sockets.
    pub fn new(socket: UdpSocket, rtcp: UdpSocket) -> TextLine {
        TextLine {
            socket,
            _rtcp: rtcp,
            agreed: None,
            incoming: Incoming::default(),
            reader: TextReader::default(),
            writer: TextWriter::default(),
            epoch: 0,
            sequence: rand::random(),
            ssrc: rand::random(),
            due: 0,
        }
    }

    pub fn port(&self) -> io::Result<u16> {
        self.socket.local_addr().map(|address| address.port())
    }

    pub fn adopt(&mut self, agreed: Option<AgreedText>) {
        self.agreed = agreed;
    }

    /// Reads one datagram: its length and sender.
    pub fn receive(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.socket.recv_from(buffer)
    }

    /// The new letters of a datagram. `Err` for a stranger's: text is taken from where signalling says it
    /// comes from, and from nowhere else.
    pub fn hear(&mut self, now: Now, from: SocketAddr, datagram: &[u8]) -> Result<String, ()> {
        let agreed = self.agreed.filter(|agreed| agreed.rtp == from).ok_or(())?;
        let Some((header, payload)) = rtp::parse(datagram) else { return Ok(String::new()) };
        let redundant = agreed.redundant == Some(header.payload_type);
        if !redundant && header.payload_type != agreed.payload_type {
            return Ok(String::new());
        }
        let arrival = self.incoming.note(now.micros, header, false);
        if arrival.epoch != self.epoch {
            self.epoch = arrival.epoch;
            self.reader.restart();
        }
        Ok(self.reader.read(arrival.sequence, payload, redundant))
    }

    /// Queues text of ours. `false` when too much waits.
    pub fn write(&mut self, text: &str) -> bool {
        self.agreed.is_some() && self.writer.write(text)
    }

    /// Sends what is due. Called every tick; letters are gathered for 300 ms.
    pub fn tick(&mut self, now: Now) {
        let Some(agreed) = self.agreed.filter(|_| now.millis() >= self.due) else { return };
        let Some(packet) = self.writer.tick(now.millis(), agreed.redundant.map(|_| agreed.payload_type)) else {
            return;
        };
        self.due = now.millis() + GATHER;
        let header = Header {
            payload_type: agreed.redundant.unwrap_or(agreed.payload_type),
            marker: packet.marker,
            sequence: self.sequence,
            timestamp: packet.timestamp,
            ssrc: self.ssrc,
        };
        self.sequence = self.sequence.wrapping_add(1);
        let mut bytes = rtp::write(header).to_vec();
        bytes.extend(&packet.payload);
        // What is lost here is said again with the next.
        let _ = self.socket.send_to(&bytes, agreed.rtp);
    }
}
