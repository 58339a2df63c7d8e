//! The link of a SIP leg: an RTP and an RTCP socket of its own, the description agreed, the latch.

use super::health::Health;
use super::leg::{Now, What};
use crate::media::g711;
use crate::media::incoming::Incoming;
use crate::media::latch::Latch;
use crate::media::outgoing::{Outgoing, Stamp};
use crate::media::rtcp::{self, Sent};
use crate::media::rtp::{self, Header};
use crate::media::sdp::{self, Agreed, Description, Direction, Local, Unacceptable};
use mio::net::UdpSocket;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use vocabulary::audio::Law;

/// Seconds from the NTP epoch (1900) to the Unix epoch.
const NTP_OFFSET: u64 = 2_208_988_800;

pub(super) struct Phone {
    rtp: UdpSocket,
    rtcp: UdpSocket,
    local: Local,
    ssrc: u32,
    latch: Latch,
    agreed: Option<Agreed>,
    /// Where their RTCP really came from, once it came.
    rtcp_from: Option<SocketAddr>,
    /// Their last sender report and when it came, for the round trip they measure.
    report: Option<(u32, u64)>,
    packets_reported: u64,
    /// The NTP time at which the plane's clock began: reports and round trips do not jump with the
    /// system's clock.
    began: u64,
}

impl Phone {
    /// A link on these bound sockets, told to the far end as `ip`.
    pub fn new(rtp: UdpSocket, rtcp: UdpSocket, ip: IpAddr, began: u64) -> std::io::Result<Phone> {
        let port = rtp.local_addr()?.port();
        // Session numbers are digits of at most 63 bits; some peers read only 31.
        let session = rand::random::<u32>() as u64 >> 1;
        Ok(Phone {
            rtp,
            rtcp,
            local: Local { ip, port, session, version: 0 },
            ssrc: rand::random(),
            latch: Latch::default(),
            agreed: None,
            rtcp_from: None,
            report: None,
            packets_reported: 0,
            began,
        })
    }

    /// Our offer; on a live leg it keeps the direction agreed.
    pub fn offer(&mut self) -> String {
        self.local.version += 1;
        sdp::offer(self.local, self.agreed.map_or(Direction::Both, |agreed| agreed.direction))
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
        let agreed = sdp::agree(&Description::read(theirs)?, self.local)?;
        self.adopt(agreed);
        Ok(())
    }

    fn adopt(&mut self, agreed: Agreed) {
        if self.agreed.is_none_or(|before| before.rtcp != agreed.rtcp) {
            self.rtcp_from = None;
        }
        self.latch.signal(agreed.rtp);
        self.agreed = Some(agreed);
    }

    /// Reads one datagram from the RTP socket: its length and sender.
    pub fn receive_rtp(&self, buffer: &mut [u8]) -> std::io::Result<(usize, SocketAddr)> {
        self.rtp.recv_from(buffer)
    }

    /// Reads one datagram from the RTCP socket: its length and sender.
    pub fn receive_rtcp(&self, buffer: &mut [u8]) -> std::io::Result<(usize, SocketAddr)> {
        self.rtcp.recv_from(buffer)
    }

    /// Splits a datagram, if its sender may be heard. `Err` for a stranger's.
    pub fn admit<'a>(&mut self, from: SocketAddr, datagram: &'a [u8]) -> Result<Option<(Header, &'a [u8])>, ()> {
        let packet = rtp::parse(datagram);
        let valid = packet.is_some_and(|(header, _)| self.is_agreed(header.payload_type));
        if self.latch.admit(from, valid) { Ok(packet) } else { Err(()) }
    }

    /// Takes one RTCP datagram; `false` when it is a stranger's. `sent` is how much was sent so far.
    pub fn hear_rtcp(&mut self, now: Now, from: SocketAddr, datagram: &[u8], sent: u64, health: &mut Health) -> bool {
        if !self.latch.knows_host(from.ip()) {
            return false;
        }
        if let Some(told) = rtcp::parse(datagram, self.ssrc) {
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

    /// Sends one packet: the payload stands behind room for the header.
    pub fn say(&mut self, payload_type: u8, stamp: Stamp, packet: &mut [u8]) -> bool {
        let header = Header {
            payload_type,
            marker: stamp.marker,
            sequence: stamp.sequence as u16,
            timestamp: stamp.timestamp,
            ssrc: self.ssrc,
        };
        packet[..rtp::HEADER].copy_from_slice(&rtp::write(header));
        self.latch.target().is_some_and(|target| self.rtp.send_to(packet, target).is_ok())
    }

    /// Sends a sender or receiver report (RFC 3550 §6.4).
    pub fn report(&mut self, now: Now, incoming: &mut Incoming, outgoing: &Outgoing, goodbye: bool) {
        let Some(target) = self.rtcp_target() else { return };
        let sent = (outgoing.packets() != self.packets_reported).then(|| Sent {
            ntp: self.ntp(now),
            timestamp: outgoing.timestamp_at(now.millis()),
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
        let text = rtcp::write(self.ssrc, sent, heard, &cname, goodbye);
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

    pub fn can_say(&self) -> Option<Law> {
        let agreed = self.agreed.filter(|agreed| agreed.direction.sends())?;
        self.latch.target().map(|_| agreed.law)
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
        g711::law_of(payload_type).map(What::Sound)
    }

    /// Only the agreed law and digits prove that a packet is of this call.
    fn is_agreed(&self, payload_type: u8) -> bool {
        self.agreed.is_some_and(|agreed| {
            payload_type == g711::payload_type(agreed.law) || self.what(payload_type) == Some(What::Digit)
        })
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

/// The NTP time now, 32.32 fixed point, of the system's clock.
pub(super) fn ntp_now() -> u64 {
    // A clock before 1970 gives wrong reports, nothing worse.
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    let fraction = (since.subsec_nanos() as u64) << 32;
    (since.as_secs().wrapping_add(NTP_OFFSET) << 32) | (fraction / 1_000_000_000)
}
