//! The one place where this process reads the time and draws ids. Everything pure is handed both.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};
use vocabulary::{Time, Ulid};

/// A clock that never goes back: wall time at its start plus what the monotonic clock has counted
/// since, and never below what the journal already holds.
#[derive(Clone)]
pub struct Clock {
    anchor: Instant,
    started: i64,
    floor: Arc<AtomicI64>,
}

impl Clock {
    /// A clock anchored to the wall time now.
    pub fn start() -> Clock {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis() as i64);
        Clock { anchor: Instant::now(), started: wall, floor: Arc::new(AtomicI64::new(0)) }
    }

    /// Milliseconds since 1970.
    pub fn now(&self) -> Time {
        let counted = self.started + self.anchor.elapsed().as_millis() as i64;
        Time(counted.max(self.floor.load(Ordering::Acquire)))
    }

    /// From now on the clock shows at least `time`: the last moment of a recovered journal, which a
    /// wall clock set back between two runs may be behind of.
    pub fn not_before(&self, time: Time) {
        self.floor.fetch_max(time.0, Ordering::AcqRel);
    }

    /// A new id, sortable by the time it was minted.
    pub fn mint(&self) -> Ulid {
        Ulid::from_parts(self.now().0.max(0) as u64, rand::random())
    }
}
