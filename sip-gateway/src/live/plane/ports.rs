//! Pairs of ports: RTP on an even one, RTCP on the next (RFC 3550 §11).

use mio::net::UdpSocket;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;

/// Attempts at a pair of the system's choosing before giving up.
const ATTEMPTS: usize = 64;
/// Receive buffer of a leg's socket in bytes: half a second of packets with the kernel's overhead. A
/// flood then costs the flooded leg, not the machine.
const RECEIVE_BUFFER: libc::c_int = 64 * 1024;

pub(super) struct Ports {
    ip: IpAddr,
    range: RangeInclusive<u16>,
    next: u16,
}

impl Ports {
    pub fn new(ip: IpAddr, range: RangeInclusive<u16>) -> Ports {
        let next = range.start().saturating_add(range.start() % 2);
        Ports { ip, range, next }
    }

    /// Binds a pair. Ports go round, so that packets for an ended call do not meet the next one.
    pub fn pair(&mut self) -> io::Result<(UdpSocket, UdpSocket)> {
        if *self.range.end() == 0 {
            return self.any_pair();
        }
        let pairs = (*self.range.end() as usize + 1).saturating_sub(*self.range.start() as usize) / 2;
        for _ in 0..pairs.max(1) {
            if self.next >= *self.range.end() || self.next < *self.range.start() {
                self.next = self.range.start().saturating_add(self.range.start() % 2);
            }
            let port = self.next;
            self.next = self.next.saturating_add(2);
            if port < *self.range.end()
                && let Ok(pair) = self.bind(port)
            {
                return Ok(pair);
            }
        }
        Err(io::ErrorKind::AddrInUse.into())
    }

    fn any_pair(&self) -> io::Result<(UdpSocket, UdpSocket)> {
        for _ in 0..ATTEMPTS {
            let any = socket(self.ip, 0)?;
            let port = any.local_addr()?.port();
            if port % 2 == 0 && port != 0 {
                if let Ok(rtcp) = socket(self.ip, port + 1) {
                    return Ok((any, rtcp));
                }
            } else if let Ok(rtp) = socket(self.ip, port - 1) {
                return Ok((rtp, any));
            }
        }
        Err(io::ErrorKind::AddrInUse.into())
    }

    fn bind(&self, port: u16) -> io::Result<(UdpSocket, UdpSocket)> {
        Ok((socket(self.ip, port)?, socket(self.ip, port + 1)?))
    }
}

fn socket(ip: IpAddr, port: u16) -> io::Result<UdpSocket> {
    use std::os::fd::AsRawFd;
    let socket = UdpSocket::bind(SocketAddr::new(ip, port))?;
    let size = RECEIVE_BUFFER;
    // SAFETY: the descriptor is open for the whole call and the option's value is an int of the
    // length given. A refusal leaves the system's size, which is only larger.
    unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_RCVBUF,
            (&raw const size).cast(),
            size_of::<libc::c_int>() as libc::socklen_t,
        );
    }
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn ports((rtp, rtcp): &(UdpSocket, UdpSocket)) -> (u16, u16) {
        let port = |socket: &UdpSocket| socket.local_addr().expect("bound").port();
        (port(rtp), port(rtcp))
    }

    #[test]
    fn any_pair_is_even_and_next() {
        let mut all = Ports::new(HOST, 0..=0);
        let held: Vec<_> = (0..20).map(|_| all.pair().expect("free")).collect();
        for (rtp, rtcp) in held.iter().map(ports) {
            assert_eq!((rtp % 2, rtcp), (0, rtp + 1));
        }
    }

    #[test]
    fn a_range_is_used_up_and_given_back() {
        // A free stretch is found first, as the test shares the machine.
        let (first, _) = ports(&Ports::new(HOST, 0..=0).pair().expect("free"));
        let mut range = Ports::new(HOST, first.saturating_sub(1)..=first + 2);
        let one = range.pair().expect("free");
        assert_eq!(ports(&one), (first, first + 1));
        assert!(range.pair().is_err(), "the second pair does not fit into the range");
        drop(one);
        assert!(range.pair().is_ok());
    }
}
