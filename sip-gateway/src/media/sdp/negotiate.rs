//! Offer and answer: what we say and what comes of what they say.

use super::{DIGITS, Description, Direction, Media, Unacceptable};
use crate::media::g711;
use std::fmt::Write;
use std::net::{IpAddr, SocketAddr};
use vocabulary::audio::Law;

/// Our side of one leg.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Local {
    /// The address the far end shall send to.
    pub ip: IpAddr,
    /// The RTP port; RTCP is the next.
    pub port: u16,
    /// Session number, constant for the life of the leg.
    pub session: u64,
    /// Version, one more with each description (RFC 3264 §8).
    pub version: u64,
}

/// What both sides hold to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Agreed {
    /// The law we send.
    pub law: Law,
    /// The payload type on which they take digits, if they do.
    pub digits: Option<u8>,
    /// Where RTP goes; `None` while they take none (0.0.0.0, the old form of hold).
    pub rtp: Option<SocketAddr>,
    /// Where RTCP goes.
    pub rtcp: Option<SocketAddr>,
    /// Our direction.
    pub direction: Direction,
}

/// Our offer: PCMA, PCMU, telephone events, 20 ms.
pub fn offer(local: Local, direction: Direction) -> String {
    let mut text = head(local);
    let formats = [(8, "PCMA"), (0, "PCMU")];
    audio(&mut text, local, &formats, Some(DIGITS), direction);
    text
}

/// Answers their offer.
///
/// A-law is taken where it is offered, whatever the order: clips and most other legs are A-law, and
/// nothing is transcoded then. The first audio line that we can speak is taken, every other line is
/// answered with port 0 (RFC 3264 §6).
///
/// # Errors
/// [`Unacceptable`]: nothing of the offer can be taken.
pub fn answer(theirs: &Description, local: Local) -> Result<(String, Agreed), Unacceptable> {
    let (at, agreed) = choose(theirs, local)?;
    let mut text = head(local);
    for (n, media) in theirs.media.iter().enumerate() {
        if n == at {
            let name = if agreed.law == Law::A { "PCMA" } else { "PCMU" };
            let formats = [(g711::payload_type(agreed.law), name)];
            // Their transport is repeated: AVPF is answered as AVPF (RFC 4585 §4).
            audio_over(&mut text, local, &media.transport, &formats, agreed.digits, agreed.direction);
        } else {
            let formats = media.formats.join(" ");
            let _ = write!(text, "m={} 0 {} {formats}\r\n", media.kind, media.transport);
        }
    }
    Ok((text, agreed))
}

/// Takes their answer to our offer.
///
/// # Errors
/// [`Unacceptable`]: they took nothing of it.
pub fn agree(theirs: &Description, local: Local) -> Result<Agreed, Unacceptable> {
    choose(theirs, local).map(|(_, agreed)| agreed)
}

/// The first audio line that can be spoken, and what comes of it.
fn choose(theirs: &Description, local: Local) -> Result<(usize, Agreed), Unacceptable> {
    let live = || theirs.media.iter().enumerate().filter(|(_, m)| m.kind == "audio" && !m.is_off());
    if live().next().is_none() {
        return Err(Unacceptable::NoAudio);
    }
    let Some((at, media)) = live().find(|(_, m)| matches!(m.transport.as_str(), "RTP/AVP" | "RTP/AVPF")) else {
        return Err(Unacceptable::Transport);
    };
    let law = law(media).ok_or(Unacceptable::NoG711)?;
    let rtp = media.rtp_target().ok_or(Unacceptable::Address)?;
    if rtp.ip().is_ipv4() != local.ip.is_ipv4() {
        return Err(Unacceptable::Address);
    }
    if rtp.ip().is_multicast() || matches!(rtp.ip(), IpAddr::V4(ip) if ip.is_broadcast()) {
        return Err(Unacceptable::Address);
    }
    let silent = rtp.ip().is_unspecified();
    let mut direction = media.direction.seen_from_there();
    if silent {
        direction = if direction.listens() { Direction::Receive } else { Direction::None };
    }
    let agreed = Agreed {
        law,
        digits: media.digits(),
        rtp: (!silent).then_some(rtp),
        rtcp: media.rtcp_target().filter(|_| !silent),
        direction,
    };
    Ok((at, agreed))
}

fn law(media: &Media) -> Option<Law> {
    let offers = |law, name| {
        let pt = g711::payload_type(law);
        media.payload_types().any(|offered| offered == pt) && media.keeps_static(pt, name)
    };
    if offers(Law::A, "PCMA") {
        Some(Law::A)
    } else if offers(Law::Mu, "PCMU") {
        Some(Law::Mu)
    } else {
        None
    }
}

fn head(local: Local) -> String {
    let family = if local.ip.is_ipv4() { "IP4" } else { "IP6" };
    let Local { ip, session, version, .. } = local;
    format!("v=0\r\no=- {session} {version} IN {family} {ip}\r\ns=-\r\nc=IN {family} {ip}\r\nt=0 0\r\n")
}

fn audio(text: &mut String, local: Local, formats: &[(u8, &str)], digits: Option<u8>, direction: Direction) {
    audio_over(text, local, "RTP/AVP", formats, digits, direction);
}

fn audio_over(
    text: &mut String,
    local: Local,
    transport: &str,
    formats: &[(u8, &str)],
    digits: Option<u8>,
    direction: Direction,
) {
    let _ = write!(text, "m=audio {} {transport}", local.port);
    for payload_type in formats.iter().map(|(pt, _)| *pt).chain(digits) {
        let _ = write!(text, " {payload_type}");
    }
    text.push_str("\r\n");
    for (payload_type, name) in formats {
        let _ = write!(text, "a=rtpmap:{payload_type} {name}/8000\r\n");
    }
    if let Some(digits) = digits {
        let _ = write!(text, "a=rtpmap:{digits} telephone-event/8000\r\na=fmtp:{digits} 0-15\r\n");
    }
    let _ = write!(text, "a=ptime:20\r\na={}\r\n", direction.attribute());
}
