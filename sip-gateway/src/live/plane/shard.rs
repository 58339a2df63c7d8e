//! The thread: one poll over all sockets, the orders of its handles, the 20 ms tick of all players, the
//! timers of the WebRTC engines. One thread holds every leg today; several would share them by leg.

mod mix;
mod orders;
mod tapping;
mod texting;
mod web;
mod wires;

use super::browser::{Forge, Found};
use super::ear::Sound;
use super::leg::{Bench, Heard, Leg, Now, PACKET, What};
use super::near::{BATCH, DATAGRAM};
use super::outbox::Outbox;
use super::phone::ntp_now;
use super::ports::Ports;
use super::tally::Tally;
use super::taps::Tap;
use super::{Order, PlaneConfig, PlaneError, PlaneEvent};
use crate::media::FRAME_MILLIS;
use mio::net::UdpSocket;
use mio::{Events, Interest, Poll, Token, Waker};
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::Sender;
use vocabulary::LegId;

/// Most legs of one thread.
const MAX_LEGS: usize = 8_192;
/// Datagrams read from one leg's socket before the next socket has its turn.
const BURST: usize = 16;
/// Datagrams read from the WebRTC socket, which all browsers share, before others have their turn.
const WEB_BURST: usize = 256;
/// Orders carried out before sockets have their turn.
const ORDER_BURST: usize = 256;
/// Ticks made up for after a stall; the rest is left out, as nobody wants old sound quickly.
const MAX_CATCH_UP: u64 = 5;
/// Ticks between two looks for silence, and two hand-overs of metrics: one second.
const SECOND: u64 = 50;
/// Ticks between two reports of a leg: five seconds.
const REPORT: u64 = 250;

const WAKER: Token = Token(0);
const WEB: Token = Token(1);
/// Tokens from here on are legs' sockets, four a slot: RTP, RTCP, RTP connected, text.
const FIRST_LEG: usize = 2;
const SOCKETS: usize = 4;

pub(super) struct Shard {
    poll: Poll,
    waker: Arc<Waker>,
    web: UdpSocket,
    web_address: SocketAddr,
    forge: Forge,
    ports: Ports,
    /// The address SIP legs tell their far ends.
    rtp_host: IpAddr,
    inbox: Receiver<Order>,
    stop: Arc<AtomicBool>,
    legs: Vec<Option<Leg>>,
    slots: BTreeMap<LegId, usize>,
    legs_made: u64,
    taps: Vec<Option<Tap>>,
    bench: Bench,
    buffer: Vec<u8>,
    /// What each ear gave in this tick, by slot.
    sounds: Vec<(usize, Sound)>,
    /// Slots of legs that are fed the packet at hand.
    feeds: Vec<usize>,
    /// Sockets that were not read to the end.
    unfinished: Vec<Token>,
    /// Engines that must be drained.
    undrained: VecDeque<usize>,
    found: Vec<Found>,
    /// When each WebRTC engine wants to be woken, by its slot.
    wakes: BTreeSet<(Instant, usize)>,
    /// Addresses browsers have proved to be at, and the ICE names of engines. Looked up only.
    addresses: HashMap<SocketAddr, usize>,
    names: HashMap<String, usize>,
    started: Instant,
    /// The NTP time at `started`.
    began: u64,
    ticks: u64,
    next_tick: Instant,
}

impl Shard {
    /// Binds the WebRTC socket.
    pub fn new(
        config: PlaneConfig,
        inbox: Receiver<Order>,
        events: Sender<PlaneEvent>,
        stop: Arc<AtomicBool>,
    ) -> Result<Shard, PlaneError> {
        let listen = config.webrtc_listen;
        let failed = |source| PlaneError::Listen { listen, source };
        let mut web = UdpSocket::bind(listen).map_err(failed)?;
        let web_address = web.local_addr().map_err(failed)?;
        let poll = Poll::new().map_err(PlaneError::Start)?;
        let waker = Arc::new(Waker::new(poll.registry(), WAKER).map_err(PlaneError::Start)?);
        poll.registry().register(&mut web, WEB, Interest::READABLE).map_err(PlaneError::Start)?;
        let web_host = config.advertised_ip.unwrap_or_else(|| reachable(web_address.ip()));
        let now = Instant::now();
        Ok(Shard {
            poll,
            waker,
            web,
            web_address,
            forge: Forge::new(SocketAddr::new(web_host, web_address.port())),
            rtp_host: config.advertised_ip.unwrap_or_else(|| reachable(config.rtp_ip)),
            ports: Ports::new(config.rtp_ip, config.rtp_ports),
            inbox,
            stop,
            legs: Vec::new(),
            slots: BTreeMap::new(),
            legs_made: 0,
            taps: Vec::new(),
            bench: Bench { outbox: Outbox::new(events), tally: Tally::default(), packet: Box::new([0; PACKET]) },
            buffer: vec![0; BATCH * DATAGRAM],
            sounds: Vec::new(),
            feeds: Vec::new(),
            unfinished: Vec::new(),
            undrained: VecDeque::new(),
            found: Vec::new(),
            wakes: BTreeSet::new(),
            addresses: HashMap::new(),
            names: HashMap::new(),
            started: now,
            began: ntp_now(),
            ticks: 0,
            next_tick: now,
        })
    }

    pub fn waker(&self) -> Arc<Waker> {
        self.waker.clone()
    }

    pub fn web_address(&self) -> SocketAddr {
        self.web_address
    }

    /// The life of the thread.
    pub fn run(mut self) {
        let mut events = Events::with_capacity(1_024);
        let mut ready = Vec::new();
        while !self.stop.load(Ordering::Acquire) {
            let wait = self.wait(Instant::now());
            if let Err(error) = self.poll.poll(&mut events, Some(wait))
                && error.kind() != io::ErrorKind::Interrupted
            {
                tracing::error!(%error, "the media plane cannot poll its sockets");
                break;
            }
            ready.append(&mut self.unfinished);
            ready.extend(events.iter().map(|event| event.token()).filter(|token| *token != WAKER));
            self.orders();
            for token in ready.drain(..) {
                if self.read(token) && !self.unfinished.contains(&token) {
                    self.unfinished.push(token);
                }
            }
            self.wake_engines();
            self.tick();
            self.bench.outbox.flush();
        }
        self.end();
    }

    /// How long nothing is due.
    fn wait(&self, now: Instant) -> Duration {
        if !self.unfinished.is_empty() {
            return Duration::ZERO;
        }
        let mut until = now + Duration::from_secs(1);
        if !self.slots.is_empty() {
            until = until.min(self.next_tick);
        }
        if let Some((wake, _)) = self.wakes.first() {
            until = until.min(*wake);
        }
        if self.bench.outbox.waits() {
            until = until.min(now + Duration::from_millis(FRAME_MILLIS));
        }
        until.saturating_duration_since(now)
    }

    fn now(&self) -> Now {
        let instant = Instant::now();
        Now { instant, micros: instant.saturating_duration_since(self.started).as_micros() as u64 }
    }

    /// Reads one socket, up to its bound. Gives whether more may wait.
    fn read(&mut self, token: Token) -> bool {
        let mut buffer = std::mem::take(&mut self.buffer);
        let more = if token == WEB {
            self.read_web(&mut buffer)
        } else {
            let index = token.0 - FIRST_LEG;
            match index % SOCKETS {
                2 => self.read_near(index / SOCKETS, &mut buffer),
                3 => self.read_text(index / SOCKETS, &mut buffer),
                kind => self.read_leg(index / SOCKETS, kind == 0, &mut buffer),
            }
        };
        self.buffer = buffer;
        self.drain_engines();
        more
    }

    fn read_leg(&mut self, slot: usize, rtp: bool, buffer: &mut [u8]) -> bool {
        let now = self.now();
        for _ in 0..BURST {
            let Some(leg) = self.legs.get_mut(slot).and_then(Option::as_mut) else { return false };
            let Some(phone) = leg.phone() else { return false };
            let read = if rtp { phone.receive_rtp(buffer) } else { phone.receive_rtcp(buffer) };
            let (length, from) = match read {
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return false,
                // An ICMP refusal of something we sent; the next read is fresh.
                Err(_) => continue,
            };
            let datagram = &mut buffer[..length];
            if !rtp {
                if !leg.hear_rtcp(now, from, datagram) {
                    self.bench.tally.strangers += 1;
                }
                continue;
            }
            self.take_rtp(now, slot, from, datagram);
        }
        true
    }

    /// Reads a connected socket: every datagram is from the far end.
    fn read_near(&mut self, slot: usize, buffer: &mut [u8]) -> bool {
        let now = self.now();
        for _ in 0..BURST / BATCH {
            let near =
                self.legs.get_mut(slot).and_then(Option::as_mut).and_then(Leg::phone).and_then(|phone| phone.near());
            let Some(near) = near else { return false };
            let (from, read) = (near.to, near.receive(buffer));
            let (lengths, count) = match read {
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return false,
                // An ICMP refusal of something we sent; the next read is fresh.
                Err(_) => continue,
            };
            for (length, room) in lengths[..count].iter().zip(buffer.chunks_exact_mut(DATAGRAM)) {
                self.take_rtp(now, slot, from, &mut room[..*length]);
            }
            if count < BATCH {
                return false;
            }
        }
        true
    }

    /// One datagram of a SIP leg's RTP.
    fn take_rtp(&mut self, now: Now, slot: usize, from: SocketAddr, datagram: &mut [u8]) {
        let Some(leg) = self.legs.get_mut(slot).and_then(Option::as_mut) else { return };
        let Some(phone) = leg.phone() else { return };
        let Ok(packet) = phone.admit(from, datagram) else {
            self.bench.tally.strangers += 1;
            return;
        };
        if let Some(socket) = phone.come_near() {
            let token = Token(FIRST_LEG + SOCKETS * slot + 2);
            if let Err(error) = self.poll.registry().register(socket, token, Interest::READABLE) {
                tracing::warn!(%error, "a leg's socket cannot be watched");
                phone.stay_apart();
            }
        }
        if let Some((header, payload)) = packet
            && let Some(heard) = leg.hear(now, header, payload, &mut self.bench)
        {
            self.pass_on(now, slot, &heard, payload);
        }
    }

    /// What one leg said goes to its tap and to the legs that hear it as it is.
    fn pass_on(&mut self, now: Now, slot: usize, heard: &Heard, payload: &[u8]) {
        let Some(leg) = self.legs[slot].as_ref() else { return };
        if leg.tapped.is_some() {
            self.record(now, slot, heard, payload);
        }
        if heard.what == What::Comfort && self.comfort_must_be_made(slot) {
            // Somebody who knows no comfort noise hears it as sound from now on.
            self.rewire_around(slot);
        }
        let Some(leg) = self.legs[slot].as_ref() else { return };
        let mut feeds = std::mem::take(&mut self.feeds);
        feeds.extend_from_slice(&leg.feeds);
        for sink in feeds.drain(..) {
            if let Some(Some(other)) = self.legs.get_mut(sink) {
                other.relay(now, heard, payload, &mut self.bench);
                if other.browser().is_some() {
                    self.undrained.push_back(sink);
                }
            }
        }
        self.feeds = feeds;
        if let Some(digit) = heard.pressed {
            self.press_for_mixed(slot, digit);
        }
    }

    /// A press cannot be mixed: it is pressed again for those in the room who hear a mix.
    fn press_for_mixed(&mut self, slot: usize, digit: char) {
        for at in 0..self.legs[slot].as_ref().map_or(0, |leg| leg.with.len()) {
            let other = self.legs[slot].as_ref().map_or(slot, |leg| leg.with[at]);
            if let Some(other) = self.legs[other].as_mut().filter(|other| other.mouth.is_some()) {
                other.press(digit);
            }
        }
    }

    fn comfort_must_be_made(&self, slot: usize) -> bool {
        let takes = |sink: &usize| self.legs[*sink].as_ref().is_none_or(Leg::takes_comfort);
        self.legs[slot].as_ref().is_some_and(|leg| !leg.feeds.iter().all(takes))
    }

    /// Every 20 ms on absolute marks: frames and digits of ours, and the slower rounds. A late round is
    /// made up for, so that the pace holds on average; legs take turns at the slow rounds.
    fn tick(&mut self) {
        let pace = Duration::from_millis(FRAME_MILLIS);
        if self.slots.is_empty() {
            self.next_tick = Instant::now() + pace;
            self.bench.tally.events_dropped += self.bench.outbox.take_dropped();
            return;
        }
        let mut made = 0;
        loop {
            let now = self.now();
            if now.instant < self.next_tick {
                break;
            }
            made += 1;
            self.next_tick += pace;
            if made >= MAX_CATCH_UP && self.next_tick <= now.instant {
                self.next_tick = now.instant + pace;
            }
            self.ticks += 1;
            self.tick_legs(now);
            self.mix(now);
            self.drain_engines();
        }
    }

    fn tick_legs(&mut self, now: Now) {
        for slot in 0..self.legs.len() {
            let Some(leg) = &mut self.legs[slot] else { continue };
            if leg.tick(now, &mut self.bench) && leg.browser().is_some() {
                self.undrained.push_back(slot);
            }
            if let Some(text) = leg.phone().and_then(|phone| phone.text.as_mut()) {
                text.tick(now);
            }
            let turn = self.ticks + slot as u64;
            if turn.is_multiple_of(SECOND) {
                leg.watch(now, &mut self.bench.outbox);
            }
            if turn.is_multiple_of(REPORT) {
                leg.report(now, false, &mut self.bench);
            }
        }
        if self.ticks.is_multiple_of(SECOND) {
            self.bench.tally.events_dropped += self.bench.outbox.take_dropped();
            self.bench.tally.flush();
        }
    }

    /// Closes what is open: far ends are told, sinks and sockets are dropped.
    fn end(&mut self) {
        let open: Vec<LegId> = self.slots.keys().copied().collect();
        for leg in open {
            self.close(leg);
        }
        self.bench.outbox.flush();
        self.bench.tally.flush();
    }
}

/// An address far ends can send to, where the bound one is "any": that of the way out. Connecting a
/// datagram socket sends nothing.
fn reachable(bound: IpAddr) -> IpAddr {
    if !bound.is_unspecified() {
        return bound;
    }
    let probe = || {
        let (any, far): (SocketAddr, SocketAddr) = if bound.is_ipv4() {
            (([0; 4], 0).into(), ([192, 0, 2, 1], 9).into())
        } else {
            (([0u16; 8], 0).into(), ([0x2001, 0xdb8, 0, 0, 0, 0, 0, 1], 9).into())
        };
        let socket = std::net::UdpSocket::bind(any)?;
        socket.connect(far)?;
        socket.local_addr()
    };
    let fallback =
        if bound.is_ipv4() { IpAddr::from([127, 0, 0, 1]) } else { IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1u16]) };
    probe().map_or(fallback, |address| address.ip())
}
