//! The link of a WebRTC leg: one str0m engine (ICE-lite, DTLS, SRTP, RTCP). All of them share one
//! socket, which is the thread's.
//!
//! Two habits of the engine are minded here: its RTP mode sends whatever it is given, so the direction
//! agreed is asked before each packet; and it wants to be drained after every single change.

use super::leg::What;
use crate::media::codec::Codec as Spoken;
use crate::media::outgoing::Stamp;
use crate::media::rtp::Header;
use crate::media::sdp::MAX_BYTES;
use mio::net::UdpSocket;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};
use str0m::change::{SdpAnswer, SdpOffer, SdpPendingOffer};
use str0m::config::{CryptoProvider, DtlsCert, DtlsVersion};
use str0m::format::{Codec, FormatParams};
use str0m::media::{Direction, Frequency, MediaKind, Mid};
use str0m::net::{Protocol, Receive};
use str0m::rtp::{Extension, RtpWrite};
use str0m::{Candidate, Event, Input, Output, Rtc, RtcConfig};
use vocabulary::audio::Law;

/// Payload type we offer for telephone events at 8 kHz; what browsers call it themselves.
const DIGITS: u8 = 126;
/// A browser's offer with every codec it knows is some 7 kB.
const MAX_SDP: usize = 2 * MAX_BYTES;
/// How often the engine tells what the browser reports of our stream.
const STATS: Duration = Duration::from_secs(5);
/// Outputs of one drain; the engine has no reason to come near it.
const MAX_OUTPUTS: usize = 10_000;
/// Addresses one browser may be cached under.
const MAX_ADDRESSES: usize = 16;

/// What draining an engine has brought.
pub(super) enum Found {
    Packet(Header, Arc<[u8]>),
    /// Connected, or media changed: worth a look.
    Changed,
    /// Their report on our stream: round trip in milliseconds; packets lost and jitter.
    Report(Option<u32>, Option<(u64, u32)>),
    /// The browser closed the connection, or the engine failed.
    Gone,
}

/// What every engine is built from.
pub(super) struct Forge {
    provider: Arc<CryptoProvider>,
    certificate: Option<DtlsCert>,
    candidate: SocketAddr,
}

impl Forge {
    /// Engines that are reached at this address. One certificate serves the life of the process: it
    /// names the centre, not a person, and making one costs a media thread milliseconds.
    pub fn new(candidate: SocketAddr) -> Forge {
        let provider = Arc::new(str0m::crypto::from_feature_flags());
        let certificate = provider.dtls_provider.generate_certificate();
        Forge { provider, certificate, candidate }
    }

    /// A new link.
    pub fn make(&self, now: Instant) -> Option<Browser> {
        let mut config = RtcConfig::new()
            .set_crypto_provider(self.provider.clone())
            .set_ice_lite(true)
            .set_rtp_mode(true)
            .set_dtls_version(DtlsVersion::Auto)
            .set_stats_interval(Some(STATS))
            // Audio of one source needs no congestion feedback: the extensions would only cost.
            .clear_extension_map()
            .set_extension(1, Extension::RtpMid)
            .clear_codecs()
            .enable_pcma(true, false)
            .enable_pcmu(true, false);
        if let Some(certificate) = &self.certificate {
            config = config.set_dtls_cert(certificate.clone());
        }
        let codecs = config.codec_config();
        codecs.add_config(DIGITS.into(), None, Codec::Tele, Frequency::EIGHT_KHZ, None, FormatParams::default());
        let mut rtc = config.build(now);
        rtc.add_local_candidate(Candidate::host(self.candidate, "udp").ok()?)?;
        Some(Browser {
            rtc,
            local: self.candidate,
            mid: None,
            pending: None,
            codecs: Codecs::default(),
            direction: Direction::Inactive,
            agreed: false,
            connected: false,
            gone: false,
            wake: None,
            name: String::new(),
            addresses: Vec::new(),
        })
    }
}

/// Payload types agreed.
#[derive(Debug, Clone, Copy, Default)]
struct Codecs {
    law: Option<(Law, u8)>,
    other: Option<(Law, u8)>,
    digits: Option<u8>,
}

pub(super) struct Browser {
    rtc: Rtc,
    local: SocketAddr,
    mid: Option<Mid>,
    pending: Option<SdpPendingOffer>,
    codecs: Codecs,
    /// Ours, as agreed.
    direction: Direction,
    agreed: bool,
    connected: bool,
    gone: bool,
    /// When the engine wants to be woken.
    pub wake: Option<Instant>,
    /// Our ICE name, under which its first packets are known.
    pub name: String,
    /// Addresses it has proved to be at.
    pub addresses: Vec<SocketAddr>,
}

impl Browser {
    /// Our first offer, or on a live leg one that restarts ICE.
    pub fn offer(&mut self, restart: bool) -> Result<String, &'static str> {
        guard(|| {
            let mut change = self.rtc.sdp_api();
            if restart {
                change.ice_restart(true);
            } else if self.mid.is_none() {
                self.mid = Some(change.add_media(MediaKind::Audio, Direction::SendRecv, None, None, None));
            }
            let (offer, pending) = change.apply().ok_or("there is nothing to offer")?;
            self.pending = Some(pending);
            Ok(offer.to_sdp_string())
        })
    }

    /// Answers an offer of theirs, the first or a later one. [`Browser::settle`] must follow the
    /// next drain.
    pub fn answer(&mut self, theirs: &str) -> Result<String, &'static str> {
        let text = bounded(theirs)?;
        self.pending = None;
        guard(|| {
            let offer = SdpOffer::from_sdp_string(text).map_err(|_| "the session description is malformed")?;
            let answer = self.rtc.sdp_api().accept_offer(offer).map_err(|_| "the offer cannot be taken")?;
            let text = answer.to_sdp_string();
            // The engine tells of the line itself only once SRTP is up; the answer has it now.
            self.mid = self.mid.or_else(|| audio_mid(&text));
            Ok(text)
        })
    }

    /// Takes their answer. Without an offer of ours pending (183, then 200) it changes nothing.
    pub fn set_answer(&mut self, theirs: &str) -> Result<(), &'static str> {
        let text = bounded(theirs)?;
        let Some(pending) = self.pending.take() else { return Ok(()) };
        guard(|| {
            let answer = SdpAnswer::from_sdp_string(text).map_err(|_| "the session description is malformed")?;
            self.rtc.sdp_api().accept_answer(pending, answer).map_err(|_| "the answer cannot be taken")
        })
    }

    /// Reads off the engine what a negotiation has brought.
    pub fn settle(&mut self) -> Result<(), &'static str> {
        self.name = guard(|| Ok(self.rtc.direct_api().local_ice_credentials().ufrag)).unwrap_or_default();
        if self.pending.is_some() {
            return Ok(());
        }
        let media = self.mid.and_then(|mid| self.rtc.media(mid)).ok_or("no audio is offered")?;
        let mut codecs = Codecs::default();
        for pt in media.remote_pts() {
            let Some(params) = self.rtc.codec_config().params().iter().find(|p| p.pt() == *pt) else { continue };
            let number = **pt;
            match params.spec().codec {
                Codec::PCMA => codecs.law = Some((Law::A, number)),
                Codec::PCMU => codecs.other = Some((Law::Mu, number)),
                Codec::Tele if params.spec().clock_rate == Frequency::EIGHT_KHZ => codecs.digits = Some(number),
                _ => {}
            }
        }
        if codecs.law.is_none() {
            codecs.law = codecs.other.take();
        }
        if codecs.law.is_none() {
            return Err("neither PCMA nor PCMU is offered");
        }
        self.direction = media.direction();
        self.codecs = codecs;
        self.agreed = true;
        Ok(())
    }

    /// Whether a connectivity check with our name is truly for this engine.
    pub fn accepts(&self, now: Instant, from: SocketAddr, datagram: &[u8]) -> bool {
        Receive::new(Protocol::Udp, from, self.local, datagram)
            .is_ok_and(|receive| self.rtc.accepts(&Input::Receive(now, receive)))
    }

    /// Notes an address it has proved to be at. `false` when it has too many.
    pub fn remember(&mut self, from: SocketAddr) -> bool {
        let room = self.addresses.len() < MAX_ADDRESSES;
        if room {
            self.addresses.push(from);
        }
        room
    }

    /// Gives the engine one datagram. A drain must follow.
    pub fn receive(&mut self, now: Instant, from: SocketAddr, datagram: &[u8]) {
        let local = self.local;
        self.step(|rtc| match Receive::new(Protocol::Udp, from, local, datagram) {
            Ok(receive) => rtc.handle_input(Input::Receive(now, receive)).is_ok(),
            Err(_) => true,
        });
    }

    /// Hands the engine one packet to send. A drain must follow.
    pub fn say(&mut self, now: Instant, payload_type: u8, stamp: Stamp, payload: &[u8]) -> bool {
        let Some(mid) = self.mid else { return false };
        let mut sent = false;
        self.step(|rtc| {
            let mut api = rtc.direct_api();
            if let Some(stream) = api.stream_tx_by_mid(mid, None) {
                let write = RtpWrite::new(payload_type.into(), stamp.sequence.into(), stamp.timestamp, now, payload);
                stream.write_rtp(write.marker(stamp.marker));
                sent = true;
            }
            true
        });
        sent
    }

    /// Lets the engine send and tell, until it wants nothing before a later moment.
    pub fn drain(&mut self, now: Instant, socket: &UdpSocket, found: &mut Vec<Found>) {
        for _ in 0..MAX_OUTPUTS {
            let mut output = None;
            self.step(|rtc| match rtc.poll_output() {
                Ok(next) => {
                    output = Some(next);
                    true
                }
                Err(_) => false,
            });
            match output {
                Some(Output::Transmit(transmit)) => {
                    // A datagram the socket does not take is lost like one on the way.
                    let _ = socket.send_to(&transmit.contents, transmit.destination);
                }
                Some(Output::Event(event)) => self.take(event, found),
                Some(Output::Timeout(at)) if at <= now && self.rtc.is_alive() => {
                    self.step(|rtc| rtc.handle_input(Input::Timeout(now)).is_ok());
                }
                Some(Output::Timeout(at)) => {
                    // A day is as good as never, and some engines say never.
                    self.wake = Some(at.min(now + Duration::from_secs(86_400)));
                    break;
                }
                None => {
                    self.wake = None;
                    break;
                }
            }
        }
        if !self.gone && !self.rtc.is_alive() {
            self.gone = true;
            found.push(Found::Gone);
        }
    }

    /// Says goodbye. A drain must follow.
    pub fn close(&mut self) {
        self.gone = true;
        self.step(|rtc| rtc.close().is_ok());
    }

    fn take(&mut self, event: Event, found: &mut Vec<Found>) {
        match event {
            Event::Connected => {
                self.connected = true;
                found.push(Found::Changed);
            }
            Event::MediaChanged(changed) if Some(changed.mid) == self.mid => {
                self.direction = changed.direction;
                found.push(Found::Changed);
            }
            Event::RtpPacket(packet) => {
                let header = Header {
                    payload_type: *packet.header.payload_type,
                    marker: packet.header.marker,
                    sequence: packet.header.sequence_number,
                    timestamp: packet.header.timestamp,
                    ssrc: *packet.header.ssrc,
                };
                found.push(Found::Packet(header, packet.payload));
            }
            Event::MediaEgressStats(stats) => {
                let told = stats.remote.map(|remote| (remote.packets_lost, remote.jitter));
                found.push(Found::Report(stats.rtt.map(|trip| trip.as_millis() as u32), told));
            }
            Event::Closed if !self.gone => {
                self.gone = true;
                found.push(Found::Gone);
            }
            _ => {}
        }
    }

    /// One change of the engine. An engine that fails or panics is its own leg's loss only.
    fn step(&mut self, change: impl FnOnce(&mut Rtc) -> bool) {
        let rtc = &mut self.rtc;
        let well = catch_unwind(AssertUnwindSafe(|| change(rtc))).unwrap_or(false);
        if !well {
            tracing::warn!("a WebRTC engine failed and is given up");
            self.rtc.disconnect();
        }
    }

    pub fn is_ready(&self) -> bool {
        self.agreed && self.connected && !self.gone
    }

    pub fn is_held(&self) -> bool {
        self.agreed && !self.direction.is_sending()
    }

    pub fn is_gone(&self) -> bool {
        self.gone
    }

    pub fn listens(&self) -> bool {
        self.agreed && self.direction.is_receiving()
    }

    /// What the browser can be spoken to in now: the codec and its number, which need not be the
    /// static one.
    pub fn can_say(&self) -> Option<(Spoken, u8)> {
        let (law, payload_type) = self.codecs.law?;
        (self.is_ready() && self.direction.is_sending()).then_some((law.into(), payload_type))
    }

    pub fn codec(&self) -> Option<Spoken> {
        self.codecs.law.map(|(law, _)| law.into())
    }

    pub fn digit_type(&self) -> Option<u8> {
        self.codecs.digits
    }

    pub fn what(&self, payload_type: u8) -> Option<What> {
        if self.codecs.digits == Some(payload_type) {
            return Some(What::Digit);
        }
        let laws = [self.codecs.law, self.codecs.other];
        laws.into_iter().flatten().find(|(_, pt)| *pt == payload_type).map(|(law, _)| What::Sound(law.into()))
    }
}

/// The identification of the first audio line of a description (RFC 8843 §7).
fn audio_mid(sdp: &str) -> Option<Mid> {
    let mut lines = sdp.lines().skip_while(|line| !line.starts_with("m=audio "));
    lines.next()?;
    let mid = lines.take_while(|line| !line.starts_with("m=")).find_map(|line| line.strip_prefix("a=mid:"))?;
    Some(Mid::from(mid.trim()))
}

fn bounded(text: &str) -> Result<&str, &'static str> {
    if text.len() > MAX_SDP { Err("the session description is too large") } else { Ok(text) }
}

/// Foreign text goes into a foreign parser: whatever it does, the other legs go on.
fn guard<T>(work: impl FnOnce() -> Result<T, &'static str>) -> Result<T, &'static str> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err("the session description cannot be read"))
}
