//! A bad network between two parties: a UDP proxy that loses, delays, doubles and reorders datagrams by a
//! seed, as the test machines cannot do it in their kernel. What becomes of each datagram depends on the
//! seed and on its number alone, so a run can be had again.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How long the thread waits for a datagram when none is due: also how soon it ends when dropped.
const PATIENCE: Duration = Duration::from_millis(20);
/// Longest datagram carried.
const DATAGRAM: usize = 2_048;
/// Most datagrams under way; more are lost, as in a router.
const MAX_UNDER_WAY: usize = 4_096;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weather {
    /// Seeds every decision.
    pub seed: u64,
    /// Share of datagrams lost, 0 to 1.
    pub loss: f64,
    /// How many are lost in a row on average once one is; 1 for random loss.
    pub burst: f64,
    /// Delay of all.
    pub delay: Duration,
    /// Delay besides, from nothing to this, each datagram its own. More than the distance of two
    /// datagrams reorders them.
    pub jitter: Duration,
    /// Share of datagrams that come twice.
    pub duplicates: f64,
    /// Share of datagrams held back behind the next ones.
    pub reordered: f64,
}

impl Weather {
    /// Nothing happens to anything.
    pub fn fair(seed: u64) -> Weather {
        let still = Duration::ZERO;
        Weather { seed, loss: 0.0, burst: 1.0, delay: still, jitter: still, duplicates: 0.0, reordered: 0.0 }
    }
}

/// How long a datagram that is reordered is held back: behind the next one or two of 20 ms.
const HELD_BACK: Duration = Duration::from_millis(30);

/// Decides over datagrams, one after the other.
#[derive(Debug)]
pub struct Fate {
    weather: Weather,
    dice: StdRng,
    losing: bool,
}

impl Fate {
    /// The decisions of one direction.
    pub fn new(weather: Weather) -> Fate {
        Fate { weather, dice: StdRng::seed_from_u64(weather.seed), losing: false }
    }

    /// What becomes of the next datagram: the delay of each copy that arrives; none when it is lost.
    pub fn next(&mut self) -> Vec<Duration> {
        let Weather { loss, burst, delay, jitter, duplicates, reordered, .. } = self.weather;
        // Two states, as by Gilbert: the chance to stay in the losing one makes bursts as long as asked.
        let stay = 1.0 - 1.0 / burst.max(1.0);
        let enter = loss * (1.0 - stay) / (1.0 - loss).max(1e-9);
        self.losing = self.dice.random_bool(
            if self.losing && burst > 1.0 {
                stay
            } else if burst > 1.0 {
                enter
            } else {
                loss
            }
            .clamp(0.0, 1.0),
        );
        // Every datagram draws the same number of times, lost or not.
        let late = jitter.mul_f64(self.dice.random::<f64>());
        let again = jitter.mul_f64(self.dice.random::<f64>());
        let twice = self.dice.random_bool(duplicates.clamp(0.0, 1.0));
        let held = if self.dice.random_bool(reordered.clamp(0.0, 1.0)) { HELD_BACK } else { Duration::ZERO };
        if self.losing {
            return Vec::new();
        }
        let mut copies = vec![delay + late + held];
        if twice {
            copies.push(delay + again);
        }
        copies
    }
}

/// What a proxy has done so far.
#[derive(Debug, Default)]
pub struct Carried {
    /// Datagrams that came.
    pub came: AtomicU64,
    /// Datagrams that were lost.
    pub lost: AtomicU64,
    /// Datagrams that went on, copies included.
    pub went: AtomicU64,
}

/// A running proxy; its thread ends when it is dropped.
pub struct Proxy {
    address: SocketAddr,
    carried: Arc<Carried>,
    stop: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Proxy {
    /// A proxy before `server`: what anybody sends to [`Proxy::address`] goes there in this weather; what
    /// the server answers goes to whoever sent last, in fair weather.
    ///
    /// # Errors
    /// The system's.
    pub fn start(server: SocketAddr, weather: Weather) -> io::Result<Proxy> {
        let socket = UdpSocket::bind((server.ip(), 0))?;
        let address = socket.local_addr()?;
        let (carried, stop) = (Arc::new(Carried::default()), Arc::new(AtomicBool::new(false)));
        let worker = Worker {
            socket,
            server,
            client: None,
            fate: Fate::new(weather),
            under_way: BinaryHeap::new(),
            number: 0,
            carried: carried.clone(),
            stop: stop.clone(),
        };
        let thread = std::thread::Builder::new().name("impair".into()).spawn(move || worker.run())?;
        Ok(Proxy { address, carried, stop, thread: Some(thread) })
    }

    /// Where to send instead of to the server.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it has done so far.
    pub fn carried(&self) -> &Carried {
        &self.carried
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was printed by it.
            let _ = thread.join();
        }
    }
}

struct Worker {
    socket: UdpSocket,
    server: SocketAddr,
    client: Option<SocketAddr>,
    fate: Fate,
    /// When each goes on; the number keeps those of one moment in order.
    under_way: BinaryHeap<Reverse<(Instant, u64, Vec<u8>)>>,
    number: u64,
    carried: Arc<Carried>,
    stop: Arc<AtomicBool>,
}

impl Worker {
    fn run(mut self) {
        let mut buffer = [0; DATAGRAM];
        while !self.stop.load(Ordering::Acquire) {
            let next = self.under_way.peek().map(|Reverse((at, ..))| at.saturating_duration_since(Instant::now()));
            let wait = next.unwrap_or(PATIENCE).clamp(Duration::from_micros(200), PATIENCE);
            // A wait that cannot be set is the one before.
            let _ = self.socket.set_read_timeout(Some(wait));
            if let Ok((length, from)) = self.socket.recv_from(&mut buffer) {
                self.take(from, &buffer[..length]);
            }
            self.deliver();
        }
    }

    fn take(&mut self, from: SocketAddr, datagram: &[u8]) {
        if from == self.server {
            if let Some(client) = self.client {
                let _ = self.socket.send_to(datagram, client);
            }
            return;
        }
        self.client = Some(from);
        self.carried.came.fetch_add(1, Ordering::Relaxed);
        let copies = self.fate.next();
        if copies.is_empty() || self.under_way.len() >= MAX_UNDER_WAY {
            self.carried.lost.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let now = Instant::now();
        for delay in copies {
            self.number += 1;
            self.under_way.push(Reverse((now + delay, self.number, datagram.to_vec())));
        }
    }

    fn deliver(&mut self) {
        let now = Instant::now();
        while self.under_way.peek().is_some_and(|Reverse((at, ..))| *at <= now) {
            let Some(Reverse((_, _, datagram))) = self.under_way.pop() else { return };
            if self.socket.send_to(&datagram, self.server).is_ok() {
                self.carried.went.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fates(weather: Weather, many: usize) -> Vec<Vec<Duration>> {
        let mut fate = Fate::new(weather);
        (0..many).map(|_| fate.next()).collect()
    }

    #[test]
    fn one_seed_is_one_run_and_another_is_another() {
        let weather = Weather { loss: 0.1, jitter: Duration::from_millis(50), duplicates: 0.05, ..Weather::fair(7) };
        assert_eq!(fates(weather, 500), fates(weather, 500));
        assert_ne!(fates(weather, 500), fates(Weather { seed: 8, ..weather }, 500));
        assert!(fates(Weather::fair(1), 100).iter().all(|copies| copies == &[Duration::ZERO]));
    }

    #[test]
    fn it_is_as_bad_as_asked() {
        let share = |weather, so: fn(&Vec<Duration>) -> bool| {
            fates(weather, 100_000).iter().filter(|copies| so(copies)).count() as f64 / 100_000.0
        };
        let near = |is: f64, should: f64| assert!((is - should).abs() < 0.004, "{is} is not {should}");
        near(share(Weather { loss: 0.02, ..Weather::fair(1) }, |copies| copies.is_empty()), 0.02);
        near(share(Weather { loss: 0.05, burst: 4.0, ..Weather::fair(1) }, |copies| copies.is_empty()), 0.05);
        near(share(Weather { duplicates: 0.03, ..Weather::fair(1) }, |copies| copies.len() == 2), 0.03);
        near(share(Weather { reordered: 0.04, ..Weather::fair(1) }, |copies| copies[0] == HELD_BACK), 0.04);
        // Bursts are as long as asked, too.
        let lost: Vec<bool> =
            fates(Weather { loss: 0.05, burst: 4.0, ..Weather::fair(2) }, 100_000).iter().map(Vec::is_empty).collect();
        let runs = lost.windows(2).filter(|pair| !pair[0] && pair[1]).count() as f64;
        let mean = lost.iter().filter(|lost| **lost).count() as f64 / runs;
        assert!((3.5..4.5).contains(&mean), "{mean}");
    }

    #[test]
    fn datagrams_pass_both_ways() {
        let server = UdpSocket::bind("127.0.0.1:0").expect("free");
        let client = UdpSocket::bind("127.0.0.1:0").expect("free");
        for socket in [&server, &client] {
            socket.set_read_timeout(Some(Duration::from_secs(10))).expect("set");
        }
        let delay = Duration::from_millis(30);
        let proxy =
            Proxy::start(server.local_addr().expect("bound"), Weather { delay, ..Weather::fair(1) }).expect("up");
        let began = Instant::now();
        client.send_to(b"there", proxy.address()).expect("sent");
        let mut buffer = [0; 10];
        let (length, from) = server.recv_from(&mut buffer).expect("it came");
        assert_eq!((&buffer[..length], from), (&b"there"[..], proxy.address()));
        assert!(began.elapsed() >= delay);
        server.send_to(b"back", from).expect("sent");
        assert_eq!(client.recv_from(&mut buffer).expect("it came"), (4, proxy.address()));
        assert_eq!(proxy.carried().came.load(Ordering::Relaxed), 1);
    }
}
