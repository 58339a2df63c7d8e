//! Reading a description: only what negotiation needs, leniently (bare line feeds, unknown lines,
//! attributes in any order), and bounded.

use super::secure::Crypto;
use super::{Direction, MAX_BYTES, MAX_CRYPTO, MAX_FORMATS, MAX_MEDIA, Unacceptable};
use std::net::{IpAddr, SocketAddr};

/// A description as far as it matters.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Description {
    /// The media lines, in order.
    pub media: Vec<Media>,
}

/// One media line with its attributes, those of the session filled in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Media {
    /// `audio`, `video` ...
    pub kind: String,
    /// Port; 0 means refused or switched off.
    pub port: u16,
    /// `RTP/AVP` ...
    pub transport: String,
    /// The formats as written.
    pub formats: Vec<String>,
    /// Where its packets go; `None` when the address is not a literal.
    pub address: Option<IpAddr>,
    /// Its direction as its author sees it.
    pub direction: Direction,
    /// `a=rtcp:`, port and address where given (RFC 3605).
    pub rtcp: Option<(u16, Option<IpAddr>)>,
    /// Payload type, upper-case name and clock rate of each `a=rtpmap`.
    pub maps: Vec<(u8, String, u32)>,
    /// The `a=crypto` lines that can be taken, in order.
    pub crypto: Vec<Crypto>,
}

impl Description {
    /// Reads a description.
    ///
    /// # Errors
    /// [`Unacceptable::TooLarge`] and [`Unacceptable::Malformed`].
    pub fn read(text: &str) -> Result<Description, Unacceptable> {
        if text.len() > MAX_BYTES {
            return Err(Unacceptable::TooLarge);
        }
        let mut lines = text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
        if lines.next() != Some("v=0") {
            return Err(Unacceptable::Malformed);
        }
        let mut session = Media::default();
        let mut media: Vec<Media> = Vec::new();
        for line in lines.filter(|line| !line.is_empty()) {
            let Some((kind, value)) = line.split_once('=') else {
                return Err(Unacceptable::Malformed);
            };
            if kind == "m" {
                if media.len() == MAX_MEDIA {
                    return Err(Unacceptable::TooLarge);
                }
                let begun = Media { address: session.address, direction: session.direction, ..media_line(value)? };
                media.push(begun);
                continue;
            }
            let at = media.last_mut().unwrap_or(&mut session);
            match kind {
                "c" => at.address = address(value),
                "a" => attribute(at, value),
                _ => {}
            }
        }
        Ok(Description { media })
    }
}

impl Media {
    /// Whether it asks for nothing: refused or switched off.
    pub fn is_off(&self) -> bool {
        self.port == 0
    }

    /// Where RTP goes. `None` without an address.
    pub fn rtp_target(&self) -> Option<SocketAddr> {
        self.address.map(|ip| SocketAddr::new(ip, self.port))
    }

    /// Where RTCP goes: as said, else the next port (RFC 3550 §11).
    pub fn rtcp_target(&self) -> Option<SocketAddr> {
        let ip = self.rtcp.and_then(|(_, ip)| ip).or(self.address)?;
        let port = self.rtcp.map_or_else(|| self.port.checked_add(1), |(port, _)| Some(port))?;
        (port != 0).then(|| SocketAddr::new(ip, port))
    }

    /// The payload types, in order of preference.
    pub fn payload_types(&self) -> impl Iterator<Item = u8> + '_ {
        self.formats.iter().filter_map(|format| format.parse().ok()).filter(|&pt| pt < 128)
    }

    /// The payload type of telephone events on this clock.
    pub fn digits(&self, clock_rate: u32) -> Option<u8> {
        self.payload_types().find(|&pt| self.is_mapped(pt, "TELEPHONE-EVENT", clock_rate))
    }

    /// Whether a payload type is mapped to this encoding, in any case.
    pub fn is_mapped(&self, payload_type: u8, name: &str, clock_rate: u32) -> bool {
        let fits = |(of, is, rate): &(u8, String, u32)| {
            *of == payload_type && *rate == clock_rate && is.eq_ignore_ascii_case(name)
        };
        self.maps.iter().any(fits)
    }

    /// Whether a static payload type means what it should: it is not mapped to anything else.
    pub fn keeps_static(&self, payload_type: u8, name: &str) -> bool {
        self.maps.iter().all(|(of, is, rate)| *of != payload_type || (is == name && *rate == 8_000))
    }
}

fn media_line(value: &str) -> Result<Media, Unacceptable> {
    let mut words = value.split_ascii_whitespace();
    let (Some(kind), Some(port), Some(transport)) = (words.next(), words.next(), words.next()) else {
        return Err(Unacceptable::Malformed);
    };
    // `port/count` (RFC 8866 §5.14): only the first is used.
    let port = port.split('/').next().and_then(|port| port.parse().ok()).ok_or(Unacceptable::Malformed)?;
    let formats: Vec<String> = words.take(MAX_FORMATS).map(str::to_owned).collect();
    if formats.is_empty() {
        return Err(Unacceptable::Malformed);
    }
    Ok(Media { kind: kind.to_owned(), port, transport: transport.to_owned(), formats, ..Media::default() })
}

/// `IN IP4 192.0.2.1`, with a possible `/ttl` that only group addresses carry.
fn address(value: &str) -> Option<IpAddr> {
    let mut words = value.split_ascii_whitespace();
    let (net, family, host) = (words.next()?, words.next()?, words.next()?);
    let ip: IpAddr = host.split('/').next()?.parse().ok()?;
    let fits = (family == "IP4") == ip.is_ipv4();
    (net == "IN" && fits).then_some(ip)
}

fn attribute(at: &mut Media, value: &str) {
    if let Some(direction) = Direction::from_attribute(value.trim_end()) {
        at.direction = direction;
        return;
    }
    match value.split_once(':') {
        Some(("rtcp", rest)) => {
            let (port, rest) = rest.split_once(' ').unwrap_or((rest, ""));
            at.rtcp = port.trim().parse().ok().map(|port| (port, address(rest)));
        }
        Some(("crypto", rest)) if at.crypto.len() < MAX_CRYPTO => at.crypto.extend(Crypto::read(rest)),
        Some(("rtpmap", rest)) if at.maps.len() < MAX_FORMATS => at.maps.extend(rtpmap(rest)),
        _ => {}
    }
}

fn rtpmap(value: &str) -> Option<(u8, String, u32)> {
    let (payload_type, codec) = value.trim().split_once(' ')?;
    let mut parts = codec.trim().split('/');
    let name = parts.next()?.to_ascii_uppercase();
    Some((payload_type.parse().ok()?, name, parts.next()?.trim().parse().ok()?))
}
