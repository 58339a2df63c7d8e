//! A second socket on a leg's port, connected to the far end. The kernel gives it the far end's packets and
//! everything else to the leg's first socket, where strangers are counted as before; and it sends without
//! looking up the way for each packet. Several datagrams are read in one call, which also says whether more
//! wait.

use mio::net::UdpSocket;
use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

/// Datagrams read in one call. A leg sends one each 20 ms; more wait only after a stall.
pub(super) const BATCH: usize = 4;
/// Longest datagram that is read; longer ones are cut and then refused.
pub(super) const DATAGRAM: usize = 2_048;
/// Receive buffer in bytes, as that of the first socket.
const RECEIVE_BUFFER: libc::c_int = 64 * 1024;
/// Datagrams thrown away that came between binding and connecting, when anybody's were taken.
const MAX_STRAY: usize = 64;

/// The connected socket.
pub(super) struct Near {
    pub socket: UdpSocket,
    pub to: SocketAddr,
}

impl Near {
    /// A socket on the port of `beside`, connected to `to`.
    pub fn open(beside: &UdpSocket, to: SocketAddr) -> io::Result<Near> {
        let local = beside.local_addr()?;
        // Two sockets share a port only while both allow it. Once bound they no longer need to, and no
        // third shall.
        option(beside, libc::SO_REUSEPORT, 1)?;
        let made = bound(local).and_then(|socket| {
            socket.connect(to)?;
            Ok(socket)
        });
        option(beside, libc::SO_REUSEPORT, 0)?;
        let socket = made?;
        option(&socket, libc::SO_REUSEPORT, 0)?;
        let mut stray = [0; 1];
        for _ in 0..MAX_STRAY {
            if socket.recv(&mut stray).is_err() {
                break;
            }
        }
        Ok(Near { socket, to })
    }

    /// Reads what waits, up to [`BATCH`] datagrams, into the parts of `buffer`; gives their lengths and how
    /// many. Fewer than [`BATCH`]: nothing waits any more, and the next arrival is an event of its own.
    pub fn receive(&self, buffer: &mut [u8]) -> io::Result<([usize; BATCH], usize)> {
        // SAFETY: all-zero headers and vectors are valid values of these plain C structs.
        let mut parts: [libc::iovec; BATCH] = unsafe { std::mem::zeroed() };
        // SAFETY: as above.
        let mut heads: [libc::mmsghdr; BATCH] = unsafe { std::mem::zeroed() };
        for ((part, head), room) in parts.iter_mut().zip(&mut heads).zip(buffer.chunks_exact_mut(DATAGRAM)) {
            part.iov_base = room.as_mut_ptr().cast();
            part.iov_len = room.len();
            head.msg_hdr.msg_iov = part;
            head.msg_hdr.msg_iovlen = 1;
        }
        let count = (buffer.len() / DATAGRAM).min(BATCH);
        // SAFETY: the first `count` headers point at vectors, and those at parts of `buffer`; all of them
        // outlive the call, and the descriptor is open.
        let read = unsafe {
            libc::recvmmsg(
                self.socket.as_raw_fd(),
                heads.as_mut_ptr(),
                count as libc::c_uint,
                libc::MSG_DONTWAIT as _,
                std::ptr::null_mut(),
            )
        };
        if read < 0 {
            return Err(io::Error::last_os_error());
        }
        Ok((heads.map(|head| head.msg_len as usize), read as usize))
    }
}

/// A socket bound to this address although another is.
fn bound(local: SocketAddr) -> io::Result<UdpSocket> {
    let family = if local.is_ipv4() { libc::AF_INET } else { libc::AF_INET6 };
    let kind = libc::SOCK_DGRAM | libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
    // SAFETY: plain integers; the result is checked.
    let descriptor = unsafe { libc::socket(family, kind, 0) };
    if descriptor < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the descriptor was just made and belongs to nobody else.
    let owned = unsafe { OwnedFd::from_raw_fd(descriptor) };
    option(&owned, libc::SO_REUSEPORT, 1)?;
    // A smaller buffer refused leaves the system's, which is only larger.
    let _ = option(&owned, libc::SO_RCVBUF, RECEIVE_BUFFER);
    let result = match local {
        SocketAddr::V4(local) => {
            // SAFETY: all-zero is a valid address struct.
            let mut address: libc::sockaddr_in = unsafe { std::mem::zeroed() };
            address.sin_family = libc::AF_INET as libc::sa_family_t;
            address.sin_port = local.port().to_be();
            address.sin_addr.s_addr = u32::from_ne_bytes(local.ip().octets());
            // SAFETY: the address lives through the call and has the length given.
            unsafe { libc::bind(descriptor, (&raw const address).cast(), size_of_val(&address) as libc::socklen_t) }
        }
        SocketAddr::V6(local) => {
            // SAFETY: all-zero is a valid address struct.
            let mut address: libc::sockaddr_in6 = unsafe { std::mem::zeroed() };
            address.sin6_family = libc::AF_INET6 as libc::sa_family_t;
            address.sin6_port = local.port().to_be();
            address.sin6_addr.s6_addr = local.ip().octets();
            address.sin6_scope_id = local.scope_id();
            // SAFETY: the address lives through the call and has the length given.
            unsafe { libc::bind(descriptor, (&raw const address).cast(), size_of_val(&address) as libc::socklen_t) }
        }
    };
    if result < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(UdpSocket::from_std(std::net::UdpSocket::from(owned)))
}

fn option(socket: &impl AsRawFd, name: libc::c_int, value: libc::c_int) -> io::Result<()> {
    let length = size_of::<libc::c_int>() as libc::socklen_t;
    // SAFETY: the descriptor is open for the whole call and the value is an int of the length given.
    let done =
        unsafe { libc::setsockopt(socket.as_raw_fd(), libc::SOL_SOCKET, name, (&raw const value).cast(), length) };
    if done < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn socket(host: &str) -> UdpSocket {
        UdpSocket::bind(format!("{host}:0").parse().expect("an address")).expect("free")
    }

    /// Waits, as loopback delivers soon but not at once on a busy machine.
    fn receive(near: &Near, buffer: &mut [u8]) -> ([usize; BATCH], usize) {
        for _ in 0..10_000_000 {
            if let Ok(read) = near.receive(buffer) {
                return read;
            }
        }
        panic!("nothing came")
    }

    #[test]
    fn the_far_ends_packets_and_strangers_part_ways() {
        for host in ["127.0.0.1", "[::1]"] {
            let (first, far, stranger) = (socket(host), socket(host), socket(host));
            let ours = first.local_addr().expect("bound");
            let near = Near::open(&first, far.local_addr().expect("bound")).expect("allowed");
            let mut buffer = vec![0; BATCH * DATAGRAM];
            assert!(near.receive(&mut buffer).is_err(), "nothing waits");
            stranger.send_to(b"stranger", ours).expect("sent");
            for text in [&b"one"[..], b"three"] {
                far.send_to(text, ours).expect("sent");
            }
            let (lengths, mut count) = receive(&near, &mut buffer);
            assert_eq!((lengths[0], &buffer[..3]), (3, &b"one"[..]));
            if count == 1 {
                count += receive(&near, &mut buffer).1;
            }
            assert_eq!(count, 2);
            assert!(near.receive(&mut buffer).is_err());
            let (length, from) = first.recv_from(&mut buffer).expect("the stranger's");
            assert_eq!((length, from), (8, stranger.local_addr().expect("bound")));
            near.socket.send(b"back").expect("sent");
            let mut heard = (0..10_000_000).find_map(|_| far.recv_from(&mut buffer).ok());
            assert_eq!(heard.take().map(|(length, from)| (length, from)), Some((4, ours)), "from the same port");
            // Nobody else may take the port.
            assert!(UdpSocket::bind(ours).is_err() && bound(ours).is_err());
        }
    }
}
