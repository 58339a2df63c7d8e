//! The RTP of all calls of a benchmark, by one thread: every leg sends 50 packets a second, each stamped
//! with its sender, number and moment, and hears what comes. One clock stamps and reads, so that the delay
//! through the server under test is what it adds, plus loopback. The thread also tells how late itself was:
//! a generator that cannot keep up must not be taken for a slow server.

use super::fair::{Histogram, Meter};
use mio::net::UdpSocket;
use mio::{Events, Interest, Poll, Token, Waker};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Between two packets of a leg.
const PACE: Duration = Duration::from_millis(20);
/// Orders the thread has not read yet.
const ORDERS: usize = 4_096;
/// The token that says orders are waiting.
const WAKE: Token = Token(usize::MAX);
/// Packets read from one socket before the others have their turn.
const TURN: usize = 16;
/// The most events of one look.
const EVENTS: usize = 1_024;
/// A packet: RTP's header and 20 ms of A-law.
const PACKET: usize = 172;

/// Which system a leg belongs to: only legs of a group that is on send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// The centre's.
    Ours,
    /// The rival's.
    Rival,
}

/// What was seen in a window, of one group.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// Legs that sent.
    pub legs: usize,
    /// Packets sent.
    pub sent: u64,
    /// What the ears of these legs measured.
    pub meter: Meter,
    /// Legs that heard less than nine tenths of what a leg was sent.
    pub silent: usize,
    /// How late packets were sent, in microseconds.
    pub late: Histogram,
}

/// One leg to carry.
pub struct Leg {
    /// Its number, unique in the run.
    pub number: u32,
    /// Whose it is.
    pub group: Group,
    /// Our socket.
    pub socket: std::net::UdpSocket,
    /// Where the server listens.
    pub target: SocketAddr,
}

/// A leg that others carry (a WebRTC engine), so that its packets are in the same report.
pub struct Guest {
    /// Its number, unique in the run.
    pub number: u32,
    group: Group,
    on: AtomicBool,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    sent: u64,
    meter: Meter,
    late: Histogram,
}

impl Guest {
    /// A leg of this group, not yet in the load.
    pub fn new(number: u32, group: Group) -> Arc<Guest> {
        Arc::new(Guest { number, group, on: AtomicBool::new(true), seen: Mutex::default() })
    }

    /// Whether it shall send.
    pub fn is_on(&self) -> bool {
        self.on.load(Ordering::Relaxed)
    }

    /// It has sent a packet, this late.
    pub fn sent(&self, late: Duration) {
        let mut seen = self.seen.lock().expect("no holder of this lock panics");
        seen.sent += 1;
        seen.late.add(late);
    }

    /// It has heard a payload.
    pub fn hear(&self, payload: &[u8]) {
        let at = clock().elapsed();
        self.seen.lock().expect("no holder of this lock panics").meter.hear(payload, at);
    }
}

enum Order {
    Add(Leg),
    Welcome(Arc<Guest>),
    Remove(u32),
    Switch(Group, bool),
    Reset,
    Report(Group, SyncSender<Report>),
    Stop,
}

/// The thread's handle; the thread ends with the last one.
#[derive(Clone)]
pub struct RtpLoad {
    inner: Arc<Inner>,
}

struct Inner {
    orders: SyncSender<Order>,
    waker: Waker,
}

impl RtpLoad {
    /// Starts the thread with both groups on.
    ///
    /// # Errors
    /// The system's.
    pub fn start() -> io::Result<RtpLoad> {
        let poll = Poll::new()?;
        let waker = Waker::new(poll.registry(), WAKE)?;
        let (orders, inbox) = sync_channel(ORDERS);
        let worker = Worker {
            poll,
            inbox,
            clock: clock(),
            legs: BTreeMap::new(),
            guests: Vec::new(),
            due: BinaryHeap::new(),
            off: Vec::new(),
            late: BTreeMap::new(),
        };
        std::thread::Builder::new().name("rtp-load".into()).spawn(move || worker.run())?;
        Ok(RtpLoad { inner: Arc::new(Inner { orders, waker }) })
    }

    /// Carries a leg from now on.
    pub fn add(&self, leg: Leg) {
        self.order(Order::Add(leg));
    }

    /// Takes a leg that others carry into the reports.
    pub fn welcome(&self, guest: Arc<Guest>) {
        self.order(Order::Welcome(guest));
    }

    /// Carries it no more.
    pub fn remove(&self, number: u32) {
        self.order(Order::Remove(number));
    }

    /// Lets a group send, or be silent.
    pub fn switch(&self, group: Group, on: bool) {
        self.order(Order::Switch(group, on));
    }

    /// Begins a window.
    pub fn reset(&self) {
        self.order(Order::Reset);
    }

    /// What was seen since the window began; nothing if the thread is gone. Blocks for a moment.
    pub fn report(&self, group: Group) -> Report {
        let (answer, report) = sync_channel(1);
        self.order(Order::Report(group, answer));
        report.recv().unwrap_or_default()
    }

    fn order(&self, order: Order) {
        // The thread ends only with the last handle, so it is there to read and to be woken.
        let _ = self.inner.orders.send(order);
        let _ = self.inner.waker.wake();
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let _ = self.orders.send(Order::Stop);
        let _ = self.waker.wake();
    }
}

/// The moment from which stamps count. Every part of a run that stamps or reads uses the same.
pub fn clock() -> Instant {
    static CLOCK: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    *CLOCK.get_or_init(Instant::now)
}

struct Carried {
    group: Group,
    socket: UdpSocket,
    source: u32,
    number: u32,
    sequence: u32,
    sent: u64,
    meter: Meter,
}

struct Worker {
    poll: Poll,
    inbox: Receiver<Order>,
    clock: Instant,
    legs: BTreeMap<u32, Carried>,
    guests: Vec<Arc<Guest>>,
    due: BinaryHeap<Reverse<(Instant, u32)>>,
    off: Vec<Group>,
    late: BTreeMap<Group, Histogram>,
}

impl Worker {
    fn run(mut self) {
        let mut events = Events::with_capacity(EVENTS);
        loop {
            let wait = self.due.peek().map_or(PACE, |Reverse((at, _))| at.saturating_duration_since(Instant::now()));
            // An interrupted look is looked again.
            let _ = self.poll.poll(&mut events, Some(wait));
            for event in &events {
                if event.token() != WAKE {
                    self.hear(event.token().0 as u32);
                }
            }
            while let Ok(order) = self.inbox.try_recv() {
                if !self.obey(order) {
                    return;
                }
            }
            self.send();
        }
    }

    /// False when told to stop.
    fn obey(&mut self, order: Order) -> bool {
        match order {
            Order::Add(leg) => {
                // A leg that cannot be carried is silent, and the report says so.
                let _ = self.add(leg);
            }
            Order::Welcome(guest) => {
                self.guests.retain(|g| g.number != guest.number);
                self.guests.push(guest);
            }
            Order::Remove(number) => {
                self.guests.retain(|g| g.number != number);
                if let Some(mut leg) = self.legs.remove(&number) {
                    let _ = self.poll.registry().deregister(&mut leg.socket);
                }
            }
            Order::Switch(group, on) => {
                self.off.retain(|g| *g != group);
                if !on {
                    self.off.push(group);
                }
                self.guests.iter().filter(|g| g.group == group).for_each(|g| g.on.store(on, Ordering::Relaxed));
            }
            Order::Reset => {
                self.late.clear();
                for leg in self.legs.values_mut() {
                    (leg.sent, leg.meter) = (0, Meter::default());
                }
                for guest in &self.guests {
                    *guest.seen.lock().expect("no holder of this lock panics") = Seen::default();
                }
            }
            Order::Report(group, answer) => {
                let _ = answer.send(self.report(group));
            }
            Order::Stop => return false,
        }
        true
    }

    fn add(&mut self, leg: Leg) -> io::Result<()> {
        let Leg { number, group, socket, target } = leg;
        socket.set_nonblocking(true)?;
        socket.connect(target)?;
        let mut socket = UdpSocket::from_std(socket);
        self.poll.registry().register(&mut socket, Token(number as usize), Interest::READABLE)?;
        let source = rand::random();
        self.legs
            .insert(number, Carried { group, socket, source, number, sequence: 0, sent: 0, meter: Meter::default() });
        // Legs are spread over the 20 ms, as callers are.
        let phase = Duration::from_micros(u64::from(number).wrapping_mul(7_919) % 20_000);
        self.due.push(Reverse((Instant::now() + phase, number)));
        Ok(())
    }

    fn hear(&mut self, number: u32) {
        let Some(leg) = self.legs.get_mut(&number) else { return };
        let mut buffer = [0u8; 1_500];
        for _ in 0..TURN {
            match leg.socket.recv(&mut buffer) {
                Ok(length) => {
                    let at = self.clock.elapsed();
                    leg.meter.hear(buffer.get(12..length).unwrap_or_default(), at);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                // A port that is closed on the other side is told once for each packet.
                Err(_) => {}
            }
        }
        // More may wait, and no event will say so: edges are told once.
        let _ = self.poll.registry().reregister(&mut leg.socket, Token(number as usize), Interest::READABLE);
    }

    fn send(&mut self) {
        let now = Instant::now();
        while let Some(Reverse((at, number))) = self.due.peek().copied() {
            if at > now {
                return;
            }
            self.due.pop();
            let Some(leg) = self.legs.get_mut(&number) else { continue };
            self.due.push(Reverse((at + PACE, number)));
            if self.off.contains(&leg.group) {
                continue;
            }
            self.late.entry(leg.group).or_default().add(now.duration_since(at));
            let packet = packet(leg, self.clock.elapsed());
            leg.sequence = leg.sequence.wrapping_add(1);
            leg.sent += 1;
            let _ = leg.socket.send(&packet);
        }
    }

    fn report(&self, group: Group) -> Report {
        let mut report = Report { late: self.late.get(&group).cloned().unwrap_or_default(), ..Report::default() };
        let mut heard = Vec::new();
        for leg in self.legs.values().filter(|leg| leg.group == group) {
            report.sent += leg.sent;
            heard.push(leg.meter.received());
            report.meter.merge(&leg.meter);
        }
        for guest in self.guests.iter().filter(|guest| guest.group == group) {
            let seen = guest.seen.lock().expect("no holder of this lock panics");
            report.sent += seen.sent;
            heard.push(seen.meter.received());
            report.meter.merge(&seen.meter);
            report.late.merge(&seen.late);
        }
        report.legs = heard.len();
        let each = report.sent / heard.len().max(1) as u64;
        report.silent = heard.iter().filter(|received| **received * 10 < each * 9).count();
        report
    }
}

fn packet(leg: &Carried, at: Duration) -> [u8; PACKET] {
    let mut packet = [0xd5u8; PACKET];
    packet[..2].copy_from_slice(&[0x80, 8]);
    packet[2..4].copy_from_slice(&(leg.sequence as u16).to_be_bytes());
    packet[4..8].copy_from_slice(&leg.sequence.wrapping_mul(160).to_be_bytes());
    packet[8..12].copy_from_slice(&leg.source.to_be_bytes());
    super::fair::stamp(&mut packet[12..], leg.number, leg.sequence, at);
    packet
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two legs on one wire: each hears the other, nothing is lost, and silence is noticed.
    #[test]
    fn two_legs_hear_each_other() {
        let load = RtpLoad::start().expect("a thread");
        let sockets: Vec<std::net::UdpSocket> =
            (0..2).map(|_| std::net::UdpSocket::bind("127.0.0.1:0").expect("a socket")).collect();
        let addresses: Vec<SocketAddr> = sockets.iter().map(|s| s.local_addr().expect("bound")).collect();
        for (number, socket) in sockets.into_iter().enumerate() {
            load.add(Leg { number: number as u32, group: Group::Ours, socket, target: addresses[1 - number] });
        }
        let mut report = load.report(Group::Ours);
        while report.meter.received() < 20 {
            report = load.report(Group::Ours);
        }
        assert_eq!((report.legs, report.meter.lost()), (2, 0));
        assert_eq!(report.silent, 0);
        assert_eq!(load.report(Group::Rival).legs, 0);
        load.switch(Group::Ours, false);
        load.reset();
        load.report(Group::Ours);
        assert_eq!(load.report(Group::Ours).sent, 0);
    }
}
