//! A browser that is another WebRTC engine, with full ICE, driven by hand.

use crate::rig::HOST;
use sip_gateway::media::g711;
use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};
use str0m::change::{SdpAnswer, SdpOffer, SdpPendingOffer};
use str0m::config::DtlsVersion;
use str0m::format::{Codec, FormatParams};
use str0m::media::{Direction, Frequency, MediaKind, Mid};
use str0m::net::{Protocol, Receive};
use str0m::rtp::RtpWrite;
use str0m::{Candidate, Event, Input, Output, Rtc, RtcConfig};
use vocabulary::audio::Law;

const PATIENCE: Duration = Duration::from_secs(10);

pub struct Client {
    rtc: Rtc,
    socket: UdpSocket,
    address: SocketAddr,
    pub mid: Option<Mid>,
    pending: Option<SdpPendingOffer>,
    law: Law,
    sequence: u64,
    timestamp: u32,
    pub connected: bool,
    pub heard: Vec<u8>,
    /// Telephone events: timestamp, marker, payload.
    pub events: Vec<(u32, bool, Vec<u8>)>,
    pub sequences: Vec<u16>,
}

impl Client {
    pub fn new(law: Law, dtls: DtlsVersion) -> Client {
        let socket = UdpSocket::bind((HOST, 0)).unwrap();
        let address = socket.local_addr().unwrap();
        let mut config = RtcConfig::new().set_rtp_mode(true).set_dtls_version(dtls).clear_codecs();
        config = match law {
            Law::A => config.enable_opus(true, false).enable_pcmu(true, false).enable_pcma(true, false),
            Law::Mu => config.enable_opus(true, false).enable_pcmu(true, false),
        };
        for (pt, rate) in [(110, Frequency::FORTY_EIGHT_KHZ), (126, Frequency::EIGHT_KHZ)] {
            config.codec_config().add_config(pt.into(), None, Codec::Tele, rate, None, FormatParams::default());
        }
        let mut rtc = config.build(Instant::now());
        rtc.add_local_candidate(Candidate::host(address, "udp").unwrap());
        Client {
            rtc,
            socket,
            address,
            mid: None,
            pending: None,
            law,
            sequence: 40_000,
            timestamp: 1_000,
            connected: false,
            heard: Vec::new(),
            events: Vec::new(),
            sequences: Vec::new(),
        }
    }

    pub fn offer(&mut self) -> String {
        let mut api = self.rtc.sdp_api();
        self.mid = Some(api.add_media(MediaKind::Audio, Direction::SendRecv, None, None, None));
        let (offer, pending) = api.apply().unwrap();
        self.pending = Some(pending);
        offer.to_sdp_string()
    }

    pub fn reoffer(&mut self, direction: Direction) -> String {
        let mid = self.mid.unwrap();
        let mut api = self.rtc.sdp_api();
        api.set_direction(mid, direction);
        let (offer, pending) = api.apply().unwrap();
        self.pending = Some(pending);
        offer.to_sdp_string()
    }

    pub fn set_answer(&mut self, sdp: &str) {
        let answer = SdpAnswer::from_sdp_string(sdp).unwrap();
        self.rtc.sdp_api().accept_answer(self.pending.take().unwrap(), answer).unwrap();
        self.drain();
    }

    pub fn answer(&mut self, sdp: &str) -> String {
        let answer = self.rtc.sdp_api().accept_offer(SdpOffer::from_sdp_string(sdp).unwrap()).unwrap();
        self.drain();
        answer.to_sdp_string()
    }

    pub fn say(&mut self, payload_type: u8, marker: bool, payload: &[u8]) {
        let mid = self.mid.unwrap();
        let (sequence, timestamp) = (self.sequence, self.timestamp);
        self.sequence += 1;
        let mut api = self.rtc.direct_api();
        let write = RtpWrite::new(payload_type.into(), sequence.into(), timestamp, Instant::now(), payload);
        api.stream_tx_by_mid(mid, None).unwrap().write_rtp(write.marker(marker));
        self.drain();
    }

    pub fn say_sound(&mut self, payload: &[u8]) {
        self.say(g711::payload_type(self.law), false, payload);
        self.timestamp += payload.len() as u32;
    }

    pub fn pass(&mut self, samples: u32) {
        self.timestamp += samples;
    }

    /// Lives until something is so.
    pub fn until(&mut self, mut so: impl FnMut(&mut Client) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !so(self) {
            assert!(Instant::now() < deadline, "it never came; connected: {}", self.connected);
            let wait = self.drain().saturating_duration_since(Instant::now());
            let wait = wait.clamp(Duration::from_millis(1), Duration::from_millis(20));
            self.socket.set_read_timeout(Some(wait)).unwrap();
            let mut buffer = [0; 2_048];
            match self.socket.recv_from(&mut buffer) {
                Ok((length, source)) => {
                    let receive = Receive::new(Protocol::Udp, source, self.address, &buffer[..length]).unwrap();
                    self.rtc.handle_input(Input::Receive(Instant::now(), receive)).unwrap();
                }
                Err(_) => self.rtc.handle_input(Input::Timeout(Instant::now())).unwrap(),
            }
            self.drain();
        }
    }

    pub fn connect(&mut self) {
        self.until(|client| client.connected);
    }

    /// Closes the page.
    pub fn close(&mut self) {
        self.rtc.close().unwrap();
        self.drain();
    }

    fn drain(&mut self) -> Instant {
        loop {
            match self.rtc.poll_output().unwrap() {
                Output::Transmit(t) => {
                    self.socket.send_to(&t.contents, t.destination).unwrap();
                }
                Output::Event(event) => self.take(event),
                Output::Timeout(at) if at <= Instant::now() && self.rtc.is_alive() => {
                    self.rtc.handle_input(Input::Timeout(Instant::now())).unwrap();
                }
                Output::Timeout(at) => return at,
            }
        }
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Connected => self.connected = true,
            Event::MediaAdded(added) => self.mid = Some(added.mid),
            Event::RtpPacket(packet) => {
                self.sequences.push(packet.header.sequence_number);
                if *packet.header.payload_type == g711::payload_type(self.law) {
                    self.heard.extend(&packet.payload[..]);
                } else {
                    self.events.push((packet.header.timestamp, packet.header.marker, packet.payload.to_vec()));
                }
            }
            _ => {}
        }
    }
}
