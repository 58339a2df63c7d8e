//! A plane under test, its events, and a phone that is a plain UDP socket.

use crate::sound::tone;
use sip_gateway::live::plane::{MediaKind, Plane, PlaneCommand, PlaneConfig, PlaneEvent};
use sip_gateway::media::rtp::{self, Header};
use sip_gateway::media::{digits, g711};
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Once};
use std::time::{Duration, Instant};
use tokio::sync::mpsc::Receiver;
use vocabulary::audio::Law;
use vocabulary::{LegId, Ulid};

pub const HOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const PATIENCE: Duration = Duration::from_secs(10);

pub fn leg(n: u128) -> LegId {
    LegId(Ulid(n))
}

pub struct Rig {
    pub plane: Plane,
    pub events: Receiver<PlaneEvent>,
    pub runtime: tokio::runtime::Runtime,
    seen: Vec<PlaneEvent>,
}

impl Rig {
    pub fn new() -> Rig {
        listen_to_metrics();
        let config = PlaneConfig {
            rtp_ports: 0..=0,
            rtp_ip: HOST,
            webrtc_listen: SocketAddr::new(HOST, 0),
            advertised_ip: None,
        };
        let (plane, events, bound) = Plane::start(config).unwrap();
        assert_ne!(bound.port(), 0);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        Rig { plane, events, runtime, seen: Vec::new() }
    }

    pub fn tell(&self, command: PlaneCommand) {
        self.plane.command(command).unwrap();
    }

    /// Waits until every order so far is carried out: sockets are read in between, so a packet sent
    /// behind an order may otherwise be read before it.
    pub fn sync(&mut self) {
        let nobody = leg(u128::MAX);
        self.tell(PlaneCommand::Offer { leg: nobody });
        self.refused(nobody);
    }

    pub fn bridge(&mut self, a: LegId, b: LegId) {
        self.tell(PlaneCommand::Bridge { a, b });
        self.sync();
    }

    /// Waits for an event; others are kept for later questions.
    pub fn wait<T>(&mut self, mut pick: impl FnMut(&PlaneEvent) -> Option<T>) -> T {
        if let Some((at, found)) = self.seen.iter().enumerate().find_map(|(at, e)| Some((at, pick(e)?))) {
            self.seen.remove(at);
            return found;
        }
        let deadline = tokio::time::Instant::from_std(Instant::now() + PATIENCE);
        loop {
            let next = self.runtime.block_on(async { tokio::time::timeout_at(deadline, self.events.recv()).await });
            let event = next.unwrap_or_else(|_| panic!("nothing came; seen {:?}", self.seen)).expect("the plane lives");
            match pick(&event) {
                Some(found) => return found,
                None => self.seen.push(event),
            }
        }
    }

    pub fn wait_for(&mut self, event: PlaneEvent) {
        self.wait(|is| (*is == event).then_some(()));
    }

    pub fn local(&mut self, of: LegId) -> String {
        self.wait(|event| match event {
            PlaneEvent::Local { leg, sdp } if *leg == of => Some(sdp.clone()),
            PlaneEvent::Refused { leg, why } if *leg == of => panic!("refused: {why}"),
            _ => None,
        })
    }

    pub fn refused(&mut self, of: LegId) -> String {
        self.wait(|event| match event {
            PlaneEvent::Refused { leg, why } if *leg == of => Some(why.clone()),
            _ => None,
        })
    }

    /// Closes a leg and gives its last counters: every event before them has come by then.
    pub fn close(&mut self, of: LegId) -> PlaneEvent {
        self.tell(PlaneCommand::Close { leg: of });
        let is_last = |event: &PlaneEvent| match event {
            PlaneEvent::Stats { leg, .. } if *leg == of => Some(event.clone()),
            _ => None,
        };
        // Counters of the five-second round may have come before.
        let stale = self.seen.iter().filter(|event| is_last(event).is_some()).count();
        (0..=stale).map(|_| self.wait(is_last)).last().expect("at least one")
    }

    /// Digits that were told so far, in order.
    pub fn digits(&self, of: LegId) -> String {
        let digit = |event: &PlaneEvent| match event {
            PlaneEvent::Digit { leg, digit } if *leg == of => Some(*digit),
            _ => None,
        };
        self.seen.iter().filter_map(digit).collect()
    }

    pub fn saw(&self, event: &PlaneEvent) -> bool {
        self.seen.contains(event)
    }
}

/// A packet a phone received.
#[derive(Debug, Clone)]
pub struct Got {
    pub header: Header,
    pub payload: Vec<u8>,
}

pub struct Phone {
    pub socket: UdpSocket,
    /// Where the plane listens for it.
    pub far: SocketAddr,
    pub law: Law,
    pub digit_type: u8,
    pub sequence: u16,
    pub timestamp: u32,
    pub ssrc: u32,
    pub heard: Vec<u8>,
    sent: usize,
}

impl Phone {
    pub fn offer(socket: &UdpSocket, law: Law, digit_type: u8, direction: &str) -> String {
        let port = socket.local_addr().unwrap().port();
        let pt = g711::payload_type(law);
        let name = if law == Law::A { "PCMA" } else { "PCMU" };
        format!(
            "v=0\r\no=phone 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n\
             m=audio {port} RTP/AVP {pt} {digit_type}\r\na=rtpmap:{pt} {name}/8000\r\n\
             a=rtpmap:{digit_type} telephone-event/8000\r\na=fmtp:{digit_type} 0-15\r\na={direction}\r\n"
        )
    }

    /// Calls in on a new leg.
    pub fn call(rig: &mut Rig, id: LegId, law: Law, digit_type: u8) -> Phone {
        let socket = UdpSocket::bind((HOST, 0)).unwrap();
        let sdp = Phone::offer(&socket, law, digit_type, "sendrecv");
        Phone::call_from(rig, id, law, digit_type, socket, sdp)
    }

    pub fn call_from(rig: &mut Rig, id: LegId, law: Law, digit_type: u8, socket: UdpSocket, sdp: String) -> Phone {
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        rig.tell(PlaneCommand::Open { leg: id, kind: MediaKind::Rtp });
        rig.tell(PlaneCommand::Answer { leg: id, sdp });
        let answer = rig.local(id);
        rig.wait_for(PlaneEvent::MediaUp { leg: id });
        let port = port_of(&answer);
        assert_eq!(port % 2, 0);
        Phone {
            socket,
            far: SocketAddr::new(HOST, port),
            law,
            digit_type,
            sequence: 65_530,
            timestamp: u32::MAX - 1_000,
            ssrc: id.0.0 as u32,
            heard: Vec::new(),
            sent: 0,
        }
    }

    pub fn packet(&mut self, payload_type: u8, marker: bool, payload: &[u8]) -> Vec<u8> {
        let Phone { sequence, timestamp, ssrc, .. } = *self;
        self.sequence = self.sequence.wrapping_add(1);
        let mut bytes = rtp::write(Header { payload_type, marker, sequence, timestamp, ssrc }).to_vec();
        bytes.extend(payload);
        bytes
    }

    /// Says 20 ms.
    pub fn say(&mut self, payload: &[u8]) {
        let packet = self.packet(g711::payload_type(self.law), false, payload);
        self.timestamp = self.timestamp.wrapping_add(payload.len() as u32);
        self.socket.send_to(&packet, self.far).unwrap();
    }

    pub fn say_tone(&mut self, hertz: f64) {
        let frame = tone(self.law, hertz, self.sent);
        self.sent += 1;
        self.say(&frame);
    }

    /// Presses a key as phones do: updates, then the end three times.
    pub fn press(&mut self, digit: char) {
        let code = digits::code(digit).unwrap();
        for n in 1..=8u16 {
            let (end, duration) = (n > 5, 160 * n.min(6));
            let event = digits::Event { code, end, volume: 10, duration };
            let packet = self.packet(self.digit_type, n == 1, &event.write());
            self.socket.send_to(&packet, self.far).unwrap();
        }
        self.timestamp = self.timestamp.wrapping_add(1_600);
    }

    /// The next packet from the plane.
    pub fn hear(&mut self) -> Got {
        let mut buffer = [0; 2_048];
        let (length, from) = self.socket.recv_from(&mut buffer).expect("a packet in time");
        assert_eq!(from, self.far, "symmetric: it sends from where it listens");
        let (header, payload) = rtp::parse(&buffer[..length]).expect("RTP");
        if g711::law_of(header.payload_type) == Some(self.law) {
            self.heard.extend(payload);
        }
        Got { header, payload: payload.to_vec() }
    }

    /// Hears one packet if one is there; on a socket that does not block.
    pub fn try_hear(&mut self) -> bool {
        let mut buffer = [0; 2_048];
        let Ok((length, _)) = self.socket.recv_from(&mut buffer) else { return false };
        let (header, payload) = rtp::parse(&buffer[..length]).expect("RTP");
        if g711::law_of(header.payload_type) == Some(self.law) {
            self.heard.extend(payload);
        }
        true
    }

    /// Hears packets until one is a sound of these bytes.
    pub fn hear_until(&mut self, payload: &[u8]) {
        while self.hear().payload != payload {}
    }
}

pub fn port_of(sdp: &str) -> u16 {
    let line = sdp.lines().find_map(|line| line.strip_prefix("m=audio ")).expect("an audio line");
    line.split(' ').next().unwrap().parse().unwrap()
}

type Counts = Mutex<BTreeMap<String, Arc<AtomicU64>>>;
static COUNTS: Counts = Mutex::new(BTreeMap::new());

/// The value of a counter of this process.
pub fn counted(name: &str) -> u64 {
    COUNTS.lock().unwrap().get(name).map_or(0, |count| count.load(Ordering::SeqCst))
}

fn listen_to_metrics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| metrics::set_global_recorder(Ear).unwrap_or_else(|_| panic!("one recorder")));
}

struct Ear;

impl metrics::Recorder for Ear {
    fn describe_counter(&self, _: metrics::KeyName, _: Option<metrics::Unit>, _: metrics::SharedString) {}
    fn describe_gauge(&self, _: metrics::KeyName, _: Option<metrics::Unit>, _: metrics::SharedString) {}
    fn describe_histogram(&self, _: metrics::KeyName, _: Option<metrics::Unit>, _: metrics::SharedString) {}
    fn register_counter(&self, key: &metrics::Key, _: &metrics::Metadata<'_>) -> metrics::Counter {
        let name = key.labels().fold(key.name().to_owned(), |name, label| format!("{name}.{}", label.value()));
        metrics::Counter::from_arc(COUNTS.lock().unwrap().entry(name).or_default().clone())
    }
    fn register_gauge(&self, _: &metrics::Key, _: &metrics::Metadata<'_>) -> metrics::Gauge {
        metrics::Gauge::noop()
    }
    fn register_histogram(&self, _: &metrics::Key, _: &metrics::Metadata<'_>) -> metrics::Histogram {
        metrics::Histogram::noop()
    }
}
