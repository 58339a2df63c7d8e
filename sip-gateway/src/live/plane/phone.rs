//! The link of a SIP leg: an RTP and an RTCP socket of its own, the description agreed, the latch.

use super::MediaKind;
use super::health::Health;
use super::leg::{Now, What};
use super::near::Near;
use super::text_line::TextLine;
use crate::media::codec::Codec;
use crate::media::incoming::Incoming;
use crate::media::latch::Latch;
use crate::media::outgoing::{Outgoing, Stamp};
use crate::media::rtcp::{self, Sent};
use crate::media::rtp::{self, Header};
use crate::media::sdp::{self, Agreed, Description, Direction, Local, Secure, Unacceptable, Wish};
use crate::media::srtp::{GROWTH, MasterKey, Srtp};
use crate::media::{comfort, g711};
use mio::net::UdpSocket;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Seconds from the NTP epoch (1900) to the Unix epoch.
const NTP_OFFSET: u64 = 2_208_988_800;

pub(super) struct Phone {
    rtp: UdpSocket,
    /// The connected socket, once it is known where they are; `None` also where the system has none.
    near: Option<Near>,
    near_refused: bool,
    rtcp: UdpSocket,
    /// Real-time text, once they asked for it.
    pub text: Option<Box<TextLine>>,
    local: Local,
    ssrc: u32,
    latch: Latch,
    agreed: Option<Agreed>,
    /// Where their RTCP really came from, once it came.
    rtcp_from: Option<SocketAddr>,
    /// Their last sender report and when it came, for the round trip they measure.
    report: Option<(u32, u64)>,
    packets_reported: u64,
    /// Our offers ask for encryption.
    secured: bool,
    secure: Option<Secured>,
    /// Their Opus clock and what it is on ours.
    clock: Option<(u32, u32)>,
    /// The NTP time at which the plane's clock began: reports and round trips do not jump with the
    /// system's clock.
    began: u64,
}

/// Both directions of an encrypted leg, and what they were made from.
struct Secured {
    agreed: Secure,
    outgoing: Srtp,
    incoming: Srtp,
}

impl Phone {
    /// A link on these bound sockets, told to the far end as `ip`.
    pub fn new(rtp: UdpSocket, rtcp: UdpSocket, ip: IpAddr, began: u64, secured: bool) -> std::io::Result<Phone> {
        let port = rtp.local_addr()?.port();
        // Session numbers are digits of at most 63 bits; some peers read only 31.
        let session = rand::random::<u32>() as u64 >> 1;
        Ok(Phone {
            rtp,
            near: None,
            near_refused: false,
            rtcp,
            text: None,
            local: Local { ip, port, text_port: None, session, version: 0, key: MasterKey(key()) },
            ssrc: rand::random(),
            latch: Latch::default(),
            agreed: None,
            rtcp_from: None,
            report: None,
            packets_reported: 0,
            secured,
            secure: None,
            clock: None,
            began,
        })
    }

    /// Our offer; on a live leg it keeps the direction agreed.
    pub fn offer(&mut self) -> String {
        self.local.version += 1;
        sdp::offer(self.local, &self.wish())
    }

    /// Answers an offer of theirs, the first or a later one. A refused later one changes nothing.
    pub fn answer(&mut self, theirs: &str) -> Result<String, Unacceptable> {
        let local = Local { version: self.local.version + 1, ..self.local };
        let (text, agreed) = sdp::answer(&Description::read(theirs)?, local)?;
        self.local = local;
        self.adopt(agreed);
        Ok(text)
    }

    /// Takes their answer. The same answer twice (183, then 200) changes nothing.
    pub fn set_answer(&mut self, theirs: &str) -> Result<(), Unacceptable> {
        let agreed = sdp::agree(&Description::read(theirs)?, self.local, &self.wish())?;
        self.adopt(agreed);
        Ok(())
    }

    fn wish(&self) -> Wish<'static> {
        let direction = self.agreed.map_or(Direction::Both, |agreed| agreed.direction);
        let secured = self.agreed.map_or(self.secured, |agreed| agreed.secure.is_some());
        Wish { direction, secured, ..Wish::PLAIN }
    }

    /// Whether an offer asks for text and there is no line for it yet.
    pub fn needs_text_line(&self, theirs: &str) -> bool {
        self.text.is_none() && Description::read(theirs).is_ok_and(|theirs| sdp::asks_for_text(&theirs))
    }

    /// Gives it a line of text, of which offers and answers tell from now on.
    pub fn give_text_line(&mut self, line: TextLine) -> &mut UdpSocket {
        self.local.text_port = line.port().ok();
        &mut self.text.insert(Box::new(line)).socket
    }

    fn adopt(&mut self, agreed: Agreed) {
        self.secure = agreed.secure.map(|secure| match self.secure.take() {
            // The same keys go on counting: beginning anew under them would lay two packets under one
            // key stream.
            Some(before) if before.agreed == secure => before,
            Some(before) if before.agreed.ours == secure.ours && before.agreed.suite == secure.suite => {
                Secured { agreed: secure, outgoing: before.outgoing, incoming: Srtp::new(secure.suite, &secure.theirs) }
            }
            _ => Secured {
                agreed: secure,
                outgoing: Srtp::new(secure.suite, &secure.ours),
                incoming: Srtp::new(secure.suite, &secure.theirs),
            },
        });
        if self.agreed.is_none_or(|before| before.rtcp != agreed.rtcp) {
            self.rtcp_from = None;
        }
        if let Some(text) = &mut self.text {
            text.adopt(agreed.text);
        }
        self.latch.signal(agreed.rtp);
        if self.near.as_ref().map(|near| near.to) != self.latch.latched() {
            self.near = None;
        }
        self.agreed = Some(agreed);
    }

    /// Reads one datagram from the RTP socket: its length and sender.
    pub fn receive_rtp(&self, buffer: &mut [u8]) -> std::io::Result<(usize, SocketAddr)> {
        self.rtp.recv_from(buffer)
    }

    /// The connected socket.
    pub fn near(&self) -> Option<&Near> {
        self.near.as_ref()
    }

    /// Connects to where they have proved to be, if that is new; gives the socket to be watched.
    pub fn come_near(&mut self) -> Option<&mut UdpSocket> {
        let latched = self.latch.latched()?;
        if self.near_refused || self.near.as_ref().is_some_and(|near| near.to == latched) {
            return None;
        }
        // The old one goes first: it would keep its far end's packets.
        self.near = None;
        match Near::open(&self.rtp, latched) {
            Ok(near) => Some(&mut self.near.insert(near).socket),
            Err(error) => {
                // The leg works without, only dearer.
                tracing::debug!(%error, "a leg's socket is not connected");
                self.near_refused = true;
                None
            }
        }
    }

    /// Gives the connected socket up.
    pub fn stay_apart(&mut self) {
        self.near = None;
        self.near_refused = true;
    }

    /// Reads one datagram from the RTCP socket: its length and sender.
    pub fn receive_rtcp(&self, buffer: &mut [u8]) -> std::io::Result<(usize, SocketAddr)> {
        self.rtcp.recv_from(buffer)
    }

    /// Splits a datagram, if its sender may be heard. `Err` for a stranger's.
    pub fn admit<'a>(&mut self, from: SocketAddr, datagram: &'a mut [u8]) -> Result<Option<(Header, &'a [u8])>, ()> {
        let length = match &mut self.secure {
            // What is not signed by them is a stranger's, wherever it comes from.
            Some(secure) => secure.incoming.unprotect(datagram).ok_or(())?,
            None => datagram.len(),
        };
        let packet = rtp::parse(&datagram[..length]);
        let valid = packet.is_some_and(|(header, _)| self.is_agreed(header.payload_type));
        if !self.latch.admit(from, valid) {
            return Err(());
        }
        Ok(packet.map(|(header, payload)| (self.on_our_clock(header), payload)))
    }

    /// The header with its timestamp at 8 kHz, on which everything here counts. A step of a packet is
    /// a whole number on both clocks.
    fn on_our_clock(&mut self, header: Header) -> Header {
        if self.ticks() == 1 {
            return header;
        }
        let (theirs, ours) = *self.clock.get_or_insert((header.timestamp, header.timestamp));
        let moved = header.timestamp.wrapping_sub(theirs) as i32 / self.ticks() as i32;
        let timestamp = ours.wrapping_add(moved as u32);
        self.clock = Some((header.timestamp, timestamp));
        Header { timestamp, ..header }
    }

    /// Ticks of their RTP clock to one of ours.
    fn ticks(&self) -> u32 {
        self.agreed.map_or(1, |agreed| agreed.codec.clock_rate() / 8_000)
    }

    /// Length of a telephone event on our clock, and back.
    pub fn event_ticks(&self) -> u16 {
        self.ticks() as u16
    }

    /// Takes one RTCP datagram; `false` when it is a stranger's. `sent` is how much was sent so far.
    pub fn hear_rtcp(
        &mut self,
        now: Now,
        from: SocketAddr,
        datagram: &mut [u8],
        sent: u64,
        health: &mut Health,
    ) -> bool {
        if !self.latch.knows_host(from.ip()) {
            return false;
        }
        let length = match &mut self.secure {
            Some(secure) => match secure.incoming.unprotect_rtcp(datagram) {
                Some(length) => length,
                None => return false,
            },
            None => datagram.len(),
        };
        if let Some(told) = rtcp::parse(&datagram[..length], self.ssrc) {
            self.rtcp_from = Some(from);
            if let Some(report) = told.report {
                self.report = Some((report, now.micros));
            }
            if let Some(block) = told.heard {
                health.reported((self.ntp(now) >> 16) as u32, block, sent);
            }
        }
        true
    }

    /// Sends one packet: the payload stands behind room for the header, and room for a tag is behind it.
    pub fn say(&mut self, payload_type: u8, stamp: Stamp, packet: &mut [u8], length: usize) -> bool {
        let header = Header {
            payload_type,
            marker: stamp.marker,
            sequence: stamp.sequence as u16,
            timestamp: stamp.timestamp.wrapping_mul(self.ticks()),
            ssrc: self.ssrc,
        };
        packet[..rtp::HEADER].copy_from_slice(&rtp::write(header));
        let length = match &mut self.secure {
            Some(secure) => match secure.outgoing.protect(packet, length) {
                Some(length) => length,
                None => return false,
            },
            None => length,
        };
        match &self.near {
            Some(near) => near.socket.send(&packet[..length]).is_ok(),
            None => self.latch.target().is_some_and(|target| self.rtp.send_to(&packet[..length], target).is_ok()),
        }
    }

    /// Sends a sender or receiver report (RFC 3550 §6.4).
    pub fn report(&mut self, now: Now, incoming: &mut Incoming, outgoing: &Outgoing, goodbye: bool) {
        let Some(target) = self.rtcp_target() else { return };
        let sent = (outgoing.packets() != self.packets_reported).then(|| Sent {
            ntp: self.ntp(now),
            timestamp: outgoing.timestamp_at(now.millis()).wrapping_mul(self.ticks()),
            packets: outgoing.packets() as u32,
            octets: outgoing.octets() as u32,
        });
        self.packets_reported = outgoing.packets();
        let mut heard = incoming.block();
        if let (Some(block), Some((report, at))) = (&mut heard, self.report) {
            block.last_report = report;
            block.since_report = ((now.micros - at).saturating_mul(65_536) / 1_000_000) as u32;
        }
        // The name must be constant for the leg and tell nothing of anybody.
        let cname = format!("{:08x}@leg", self.local.session);
        let mut text = rtcp::write(self.ssrc, sent, heard, &cname, goodbye);
        if let Some(secure) = &mut self.secure {
            let length = text.len();
            text.resize(length + GROWTH, 0);
            match secure.outgoing.protect_rtcp(&mut text, length) {
                Some(length) => text.truncate(length),
                None => return,
            }
        }
        // A report that is lost is followed by another.
        let _ = self.rtcp.send_to(&text, target);
    }

    fn ntp(&self, now: Now) -> u64 {
        let (seconds, micros) = (now.micros / 1_000_000, now.micros % 1_000_000);
        self.began.wrapping_add(seconds << 32).wrapping_add((micros << 32) / 1_000_000)
    }

    pub fn sockets(&mut self) -> [&mut UdpSocket; 2] {
        [&mut self.rtp, &mut self.rtcp]
    }

    pub fn is_ready(&self) -> bool {
        self.agreed.is_some() && self.latch.target().is_some()
    }

    pub fn is_held(&self) -> bool {
        self.agreed.is_some_and(|agreed| !agreed.direction.sends())
    }

    pub fn listens(&self) -> bool {
        self.agreed.is_some_and(|agreed| agreed.direction.listens())
    }

    /// What the far end can be spoken to in now: the codec and its number.
    pub fn can_say(&self) -> Option<(Codec, u8)> {
        let agreed = self.agreed.filter(|agreed| agreed.direction.sends())?;
        self.latch.target().map(|_| (agreed.codec, agreed.payload_type))
    }

    pub fn kind(&self) -> MediaKind {
        if self.secured { MediaKind::Srtp } else { MediaKind::Rtp }
    }

    pub fn codec(&self) -> Option<Codec> {
        self.agreed.map(|agreed| agreed.codec)
    }

    pub fn takes_comfort(&self) -> bool {
        self.agreed.is_some_and(|agreed| agreed.comfort)
    }

    pub fn digit_type(&self) -> Option<u8> {
        self.agreed?.digits
    }

    /// What a payload type means. Both laws are taken: a far end may send either that we offered.
    /// Digits come on our number or on theirs, as phones do both.
    pub fn what(&self, payload_type: u8) -> Option<What> {
        let agreed = self.agreed?;
        if agreed.digits.is_some_and(|theirs| payload_type == theirs || payload_type == sdp::DIGITS) {
            return Some(What::Digit);
        }
        if payload_type == agreed.payload_type {
            return Some(What::Sound(agreed.codec));
        }
        if agreed.comfort && payload_type == comfort::PAYLOAD_TYPE {
            return Some(What::Comfort);
        }
        let law = g711::law_of(payload_type).filter(|_| agreed.codec.law().is_some())?;
        Some(What::Sound(law.into()))
    }

    /// Only the agreed codec and digits prove that a packet is of this call.
    fn is_agreed(&self, payload_type: u8) -> bool {
        self.agreed
            .is_some_and(|agreed| payload_type == agreed.payload_type || self.what(payload_type) == Some(What::Digit))
    }

    fn rtcp_target(&self) -> Option<SocketAddr> {
        if self.rtcp_from.is_some() {
            return self.rtcp_from;
        }
        if self.latch.moved() {
            let target = self.latch.target()?;
            return Some(SocketAddr::new(target.ip(), target.port().checked_add(1)?));
        }
        self.agreed?.rtcp
    }
}

/// A master key and salt: of this leg alone, from the process's cryptographic generator.
fn key() -> [u8; 30] {
    std::array::from_fn(|_| rand::random())
}

/// The NTP time now, 32.32 fixed point, of the system's clock.
pub(super) fn ntp_now() -> u64 {
    // A clock before 1970 gives wrong reports, nothing worse.
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    let fraction = (since.subsec_nanos() as u64) << 32;
    (since.as_secs().wrapping_add(NTP_OFFSET) << 32) | (fraction / 1_000_000_000)
}
