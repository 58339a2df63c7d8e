//! Wrong log-ins counted by name and by address. It lives in memory: a restart forgets it, which an
//! attacker cannot cause. Bounded: when full, the oldest counts give way.

use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Mutex;
use vocabulary::{Span, Time};

/// Wrong tries per name before the name has to wait.
pub const TRIES_PER_NAME: u32 = 10;
/// Wrong tries per address: higher, because two hundred agents share the address of one office, and ten
/// mistyped codes at the start of a shift must not lock a helpline out.
pub const TRIES_PER_ADDRESS: u32 = 50;
/// From the first wrong try, how long a count lasts.
pub const WINDOW: Span = Span::minutes(15);
/// Counts kept at once, names and addresses together.
pub const MAX_COUNTS: usize = 20_000;

/// Whose tries are counted. Names are hashed so that a hostile one takes no more room than another.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Key {
    Name([u8; 32]),
    Address(IpAddr),
}

struct Count {
    first: Time,
    wrong: u32,
}

/// The table of wrong tries.
#[derive(Default)]
pub(crate) struct Throttle(Mutex<HashMap<Key, Count>>);

impl Throttle {
    /// Counts one try as wrong until [`Throttle::right`] says otherwise, so that tries made at the same
    /// moment cannot slip past the bound together.
    ///
    /// # Errors
    /// How long to wait, when the name or the address has used up its tries; nothing is counted then.
    pub(crate) fn attempt(&self, now: Time, name: &str, address: IpAddr) -> Result<(), Span> {
        let mut counts = self.0.lock().expect("no holder of this lock panics");
        let keys = [(name_key(name), TRIES_PER_NAME), (address_key(address), TRIES_PER_ADDRESS)];
        let wait = keys.iter().filter_map(|(key, most)| left(counts.get(key)?, *most, now)).max();
        if let Some(wait) = wait {
            return Err(wait);
        }
        for (key, _) in keys {
            if counts.len() >= MAX_COUNTS && !counts.contains_key(&key) {
                make_room(&mut counts, now);
            }
            let count = counts.entry(key).or_insert(Count { first: now, wrong: 0 });
            if now.since(count.first) >= WINDOW {
                *count = Count { first: now, wrong: 0 };
            }
            count.wrong = count.wrong.saturating_add(1);
        }
        Ok(())
    }

    /// The last try was right: the name starts afresh. The address only gets that one try back: one good
    /// account must not buy an attacker more guesses at others.
    pub(crate) fn right(&self, name: &str, address: IpAddr) {
        let mut counts = self.0.lock().expect("no holder of this lock panics");
        counts.remove(&name_key(name));
        if let Some(count) = counts.get_mut(&address_key(address)) {
            count.wrong = count.wrong.saturating_sub(1);
        }
    }
}

fn left(count: &Count, most: u32, now: Time) -> Option<Span> {
    let left = count.first + WINDOW - now;
    (count.wrong >= most && left > Span::ZERO).then_some(left)
}

/// Drops what has run out; where that is not enough, the oldest eighth, so that making room costs little
/// however long a flood lasts.
fn make_room(counts: &mut HashMap<Key, Count>, now: Time) {
    counts.retain(|_, count| now.since(count.first) < WINDOW);
    if counts.len() < MAX_COUNTS {
        return;
    }
    let mut begun: Vec<Time> = counts.values().map(|count| count.first).collect();
    let (_, cut, _) = begun.select_nth_unstable(MAX_COUNTS / 8);
    let (cut, mut excess) = (*cut, MAX_COUNTS / 8);
    counts.retain(|_, count| {
        let goes = count.first <= cut && excess > 0;
        excess -= usize::from(goes);
        !goes
    });
}

fn address_key(address: IpAddr) -> Key {
    Key::Address(network_of(address))
}

fn name_key(name: &str) -> Key {
    Key::Name(Sha256::digest(name.as_bytes()).into())
}

/// The address that is counted: an IPv6 household owns a /64, so it counts as one.
pub(crate) fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let mut octets = v6.octets();
            octets[8..].fill(0);
            IpAddr::from(octets)
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1));
    const ELSEWHERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 2));

    #[test]
    fn a_name_waits_after_ten_and_may_try_again_later() {
        let throttle = Throttle::default();
        for n in 0..10 {
            assert_eq!(throttle.attempt(Time(n), "amina", HERE), Ok(()), "try {n}");
        }
        assert_eq!(throttle.attempt(Time(10), "amina", HERE), Err(Span(WINDOW.0 - 10)));
        assert_eq!(throttle.attempt(Time(10), "otieno", HERE), Ok(()));
        assert_eq!(throttle.attempt(Time(WINDOW.0), "amina", HERE), Ok(()));
    }

    #[test]
    fn an_address_waits_whatever_names_it_tries() {
        let throttle = Throttle::default();
        for n in 0..TRIES_PER_ADDRESS {
            assert_eq!(throttle.attempt(Time(0), &format!("name{n}"), HERE), Ok(()));
        }
        assert!(throttle.attempt(Time(1), "fresh", HERE).is_err());
        assert!(throttle.attempt(Time(1), "fresh", ELSEWHERE).is_ok());
    }

    #[test]
    fn a_right_try_clears_the_name_and_takes_one_off_the_address() {
        let throttle = Throttle::default();
        for n in 0..TRIES_PER_ADDRESS {
            let name = if n < 9 { "amina".to_owned() } else { n.to_string() };
            assert_eq!(throttle.attempt(Time(0), &name, HERE), Ok(()));
        }
        throttle.right("amina", HERE);
        assert!(throttle.attempt(Time(1), "amina", HERE).is_ok());
        assert!(throttle.attempt(Time(1), "amina", HERE).is_err());
        for _ in 0..9 {
            assert!(throttle.attempt(Time(1), "amina", ELSEWHERE).is_ok());
        }
    }

    #[test]
    fn the_table_is_bounded_and_v6_counts_by_network() {
        let throttle = Throttle::default();
        for n in 0..(MAX_COUNTS as u32 + 50) {
            let address = IpAddr::from(n.to_be_bytes());
            assert!(throttle.attempt(Time(i64::from(n / 1_000)), "x", address).is_ok() || n >= 10);
            assert!(throttle.attempt(Time(0), &n.to_string(), address).is_ok());
        }
        assert!(throttle.0.lock().expect("free").len() <= MAX_COUNTS);
        let one: IpAddr = "2001:db8::1".parse().expect("v6");
        let other: IpAddr = "2001:db8::ffff:2".parse().expect("v6");
        assert_eq!(network_of(one), network_of(other));
    }
}
