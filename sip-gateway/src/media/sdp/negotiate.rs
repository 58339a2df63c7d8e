//! Offer and answer: what we say and what comes of what they say.

use super::secure::{self, Secure};
use super::{DIGITS, Description, Direction, Media, TEXT, TEXT_REDUNDANT, Unacceptable};
use crate::media::codec::Codec;
use crate::media::comfort;
use crate::media::srtp::MasterKey;
use std::fmt::Write;
use std::net::{IpAddr, SocketAddr};

/// Our side of one leg.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Local {
    /// The address the far end shall send to.
    pub ip: IpAddr,
    /// The RTP port; RTCP is the next.
    pub port: u16,
    /// The RTP port of real-time text, where one is open.
    pub text_port: Option<u16>,
    /// Session number, constant for the life of the leg.
    pub session: u64,
    /// Version, one more with each description (RFC 3264 §8).
    pub version: u64,
    /// What we encrypt with, if the leg is secured; random, and of this leg alone.
    pub key: MasterKey,
}

/// What an offer of ours asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wish<'a> {
    /// Codecs in order of preference; at least one.
    pub codecs: &'a [Codec],
    /// Our direction.
    pub direction: Direction,
    /// Encrypted with keys in the description (RFC 4568). Only where signalling is encrypted, too.
    pub secured: bool,
    /// Comfort noise is understood.
    pub comfort: bool,
}

impl Wish<'_> {
    /// What trunks and phones are offered: G.711, which all of them speak and nothing must be
    /// transcoded for.
    pub const PLAIN: Wish<'static> =
        Wish { codecs: &[Codec::Pcma, Codec::Pcmu], direction: Direction::Both, secured: false, comfort: false };
}

/// What both sides hold to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Agreed {
    /// The codec we send.
    pub codec: Codec,
    /// Its payload type.
    pub payload_type: u8,
    /// Whether comfort noise travels, as payload type 13.
    pub comfort: bool,
    /// The payload type on which they take digits, if they do; on the codec's clock.
    pub digits: Option<u8>,
    /// Where RTP goes; `None` while they take none (0.0.0.0, the old form of hold).
    pub rtp: Option<SocketAddr>,
    /// Where RTCP goes.
    pub rtcp: Option<SocketAddr>,
    /// Our direction.
    pub direction: Direction,
    /// The keys, when it is encrypted.
    pub secure: Option<Secure>,
    /// Real-time text, if both have it.
    pub text: Option<AgreedText>,
}

/// What is agreed on real-time text (RFC 4103).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AgreedText {
    /// Where it goes.
    pub rtp: SocketAddr,
    /// The payload type of bare text.
    pub payload_type: u8,
    /// The payload type of text with redundancy, if they take it.
    pub redundant: Option<u8>,
}

/// Our offer: the codecs wished for, telephone events, 20 ms; text where a port is open.
pub fn offer(local: Local, wish: &Wish<'_>) -> String {
    let mut text = head(local);
    let transport = if wish.secured { "RTP/SAVP" } else { "RTP/AVP" };
    let formats: Vec<(u8, Codec)> = wish.codecs.iter().map(|codec| (codec.payload_type(), *codec)).collect();
    let key = wish.secured.then(|| secure::offered(local.key));
    let events = events_of(wish.codecs[0], DIGITS);
    let line = Audio { transport, formats: &formats, comfort: wish.comfort, events, direction: wish.direction, key };
    line.write(&mut text, local);
    if let (Some(port), false) = (local.text_port, wish.secured) {
        text_line(&mut text, port, TEXT, Some(TEXT_REDUNDANT));
    }
    text
}

/// Answers their offer.
///
/// The codec that costs least to bridge is taken, whatever the order: clips and most other legs are
/// A-law, and nothing is transcoded then. The first audio line that we can speak is taken, and the
/// first of text where we have a port for it; every other line is answered with port 0 (RFC 3264 §6).
///
/// # Errors
/// [`Unacceptable`]: nothing of the offer can be taken.
pub fn answer(theirs: &Description, local: Local) -> Result<(String, Agreed), Unacceptable> {
    let Choice { audio, text: text_at, agreed } = choose(theirs, local, None)?;
    let mut text = head(local);
    for (n, media) in theirs.media.iter().enumerate() {
        if n == audio {
            let line = Audio {
                // Their transport is repeated: AVPF is answered as AVPF (RFC 4585 §4).
                transport: &media.transport,
                formats: &[(agreed.payload_type, agreed.codec)],
                comfort: agreed.comfort,
                events: agreed.digits.and_then(|digits| events_of(agreed.codec, digits)),
                direction: agreed.direction,
                key: agreed.secure.map(|secure| secure.answered()),
            };
            line.write(&mut text, local);
        } else if let (true, Some(port), Some(agreed)) = (Some(n) == text_at, local.text_port, agreed.text) {
            text_line(&mut text, port, agreed.payload_type, agreed.redundant);
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
/// [`Unacceptable`]: they took nothing of it, or left out the encryption asked for.
pub fn agree(theirs: &Description, local: Local, wish: &Wish<'_>) -> Result<Agreed, Unacceptable> {
    choose(theirs, local, Some(wish)).map(|choice| choice.agreed)
}

/// Whether an offer holds a line of text that could be taken.
pub fn asks_for_text(theirs: &Description) -> bool {
    theirs.media.iter().any(|media| text_formats(media).is_some())
}

struct Choice {
    audio: usize,
    text: Option<usize>,
    agreed: Agreed,
}

/// The first audio line that can be spoken, and what comes of it. `wished` is what we offered.
fn choose(theirs: &Description, local: Local, wished: Option<&Wish<'_>>) -> Result<Choice, Unacceptable> {
    let live = || theirs.media.iter().enumerate().filter(|(_, m)| m.kind == "audio" && !m.is_off());
    if live().next().is_none() {
        return Err(Unacceptable::NoAudio);
    }
    let spoken = |media: &Media| match media.transport.as_str() {
        "RTP/AVP" | "RTP/AVPF" => wished.is_none_or(|wish| !wish.secured),
        "RTP/SAVP" | "RTP/SAVPF" => wished.is_none_or(|wish| wish.secured),
        _ => false,
    };
    let Some((audio, media)) = live().find(|(_, m)| spoken(m)) else {
        return Err(Unacceptable::Transport);
    };
    let secure = match media.transport.starts_with("RTP/SAVP") {
        true => Some(secure::choose(&media.crypto, local.key).ok_or(Unacceptable::Keys)?),
        false => None,
    };
    let wishes = wished.map_or(&Codec::ALL[..], |wish| wish.codecs);
    let (codec, payload_type) = codec(media, wishes).ok_or(Unacceptable::NoCodec)?;
    let rtp = reachable(media, local)?;
    let silent = rtp.ip().is_unspecified();
    let mut direction = media.direction.seen_from_there();
    if silent {
        direction = if direction.listens() { Direction::Receive } else { Direction::None };
    }
    let comfort = codec != Codec::Opus
        && wished.is_none_or(|wish| wish.comfort)
        && media.payload_types().any(|pt| pt == comfort::PAYLOAD_TYPE)
        && media.keeps_static(comfort::PAYLOAD_TYPE, "CN");
    let text = theirs.media.iter().enumerate().find_map(|(at, media)| Some((at, text(media, local)?)));
    let agreed = Agreed {
        codec,
        payload_type,
        comfort,
        digits: media.digits(codec.clock_rate()),
        rtp: (!silent).then_some(rtp),
        rtcp: media.rtcp_target().filter(|_| !silent),
        direction,
        secure,
        text: text.map(|(_, text)| text),
    };
    Ok(Choice { audio, text: text.map(|(at, _)| at), agreed })
}

fn reachable(media: &Media, local: Local) -> Result<SocketAddr, Unacceptable> {
    let rtp = media.rtp_target().ok_or(Unacceptable::Address)?;
    let all = matches!(rtp.ip(), IpAddr::V4(ip) if ip.is_broadcast());
    if rtp.ip().is_ipv4() != local.ip.is_ipv4() || rtp.ip().is_multicast() || all {
        return Err(Unacceptable::Address);
    }
    Ok(rtp)
}

/// The codec of a line that comes first among `wishes`, and its payload type.
fn codec(media: &Media, wishes: &[Codec]) -> Option<(Codec, u8)> {
    wishes.iter().find_map(|codec| {
        let fixed = (*codec != Codec::Opus).then(|| codec.payload_type());
        let name = codec.encoding().split('/').next().unwrap_or_default();
        let mapped = media.payload_types().find(|pt| media.is_mapped(*pt, name, codec.clock_rate()));
        let meant = fixed.filter(|pt| media.payload_types().any(|is| is == *pt) && media.keeps_static(*pt, name));
        meant.or(mapped).map(|payload_type| (*codec, payload_type))
    })
}

fn text(media: &Media, local: Local) -> Option<AgreedText> {
    local.text_port?;
    let (payload_type, redundant) = text_formats(media)?;
    let rtp = reachable(media, local).ok().filter(|rtp| !rtp.ip().is_unspecified())?;
    Some(AgreedText { rtp, payload_type, redundant })
}

/// Bare text and text with redundancy, as a line numbers them.
fn text_formats(media: &Media) -> Option<(u8, Option<u8>)> {
    if media.kind != "text" || media.is_off() || media.transport != "RTP/AVP" {
        return None;
    }
    let find = |name| media.payload_types().find(|pt| media.is_mapped(*pt, name, 1_000));
    Some((find("T140")?, find("RED")))
}

fn head(local: Local) -> String {
    let family = if local.ip.is_ipv4() { "IP4" } else { "IP6" };
    let Local { ip, session, version, .. } = local;
    format!("v=0\r\no=- {session} {version} IN {family} {ip}\r\ns=-\r\nc=IN {family} {ip}\r\nt=0 0\r\n")
}

/// Payload type and clock rate of telephone events beside a codec: they share its clock (RFC 4733 §2.1).
fn events_of(codec: Codec, payload_type: u8) -> Option<(u8, u32)> {
    Some((payload_type, codec.clock_rate()))
}

/// One audio line of ours.
struct Audio<'a> {
    transport: &'a str,
    formats: &'a [(u8, Codec)],
    comfort: bool,
    events: Option<(u8, u32)>,
    direction: Direction,
    key: Option<String>,
}

impl Audio<'_> {
    fn write(&self, text: &mut String, local: Local) {
        let comfort = self.comfort.then_some(comfort::PAYLOAD_TYPE);
        let _ = write!(text, "m=audio {} {}", local.port, self.transport);
        let formats = self.formats.iter().map(|(pt, _)| *pt).chain(comfort).chain(self.events.map(|(pt, _)| pt));
        for payload_type in formats {
            let _ = write!(text, " {payload_type}");
        }
        text.push_str("\r\n");
        for (payload_type, codec) in self.formats {
            let _ = write!(text, "a=rtpmap:{payload_type} {}\r\n", codec.encoding());
            if *codec == Codec::Opus {
                // We play what the telephone network gives; more would be sent for nothing.
                let _ = write!(text, "a=fmtp:{payload_type} maxplaybackrate=8000;stereo=0\r\n");
            }
        }
        if let Some(comfort) = comfort {
            let _ = write!(text, "a=rtpmap:{comfort} CN/8000\r\n");
        }
        if let Some((digits, rate)) = self.events {
            let _ = write!(text, "a=rtpmap:{digits} telephone-event/{rate}\r\na=fmtp:{digits} 0-15\r\n");
        }
        if let Some(key) = &self.key {
            let _ = write!(text, "a=crypto:{key}\r\n");
        }
        let _ = write!(text, "a=ptime:20\r\na={}\r\n", self.direction.attribute());
    }
}

/// A line of text, redundancy first, as it is preferred (RFC 4103 §10.1).
fn text_line(text: &mut String, port: u16, payload_type: u8, redundant: Option<u8>) {
    let _ = write!(text, "m=text {port} RTP/AVP");
    for payload_type in redundant.into_iter().chain([payload_type]) {
        let _ = write!(text, " {payload_type}");
    }
    let _ = write!(text, "\r\na=rtpmap:{payload_type} t140/1000\r\n");
    if let Some(redundant) = redundant {
        let _ = write!(text, "a=rtpmap:{redundant} red/1000\r\n");
        let _ = write!(text, "a=fmtp:{redundant} {payload_type}/{payload_type}/{payload_type}\r\n");
    }
}
