//! Time and randomness for the pure parts.

use rand::RngExt;
use std::time::{Instant, SystemTime, UNIX_EPOCH};
use vocabulary::{LegId, Time, Ulid};

/// Wall-clock time held to a monotonic anchor: it never goes back while we run.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    anchor: Instant,
    base: i64,
}

impl Clock {
    /// Anchored now.
    pub fn new() -> Clock {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Clock { anchor: Instant::now(), base: since.as_millis() as i64 }
    }

    /// The moment.
    pub fn now(&self) -> Time {
        Time(self.base + self.anchor.elapsed().as_millis() as i64)
    }

    /// The same moment for a tokio timer.
    pub fn instant(&self, at: Time) -> tokio::time::Instant {
        let millis = (at.0 - self.base).max(0) as u64;
        tokio::time::Instant::from_std(self.anchor + std::time::Duration::from_millis(millis))
    }

    /// A fresh leg.
    pub fn leg(&self) -> LegId {
        LegId(Ulid::from_parts(self.now().0 as u64, rand::random::<u128>()))
    }
}

/// Random letters and digits, for tags, branches and Call-IDs.
pub fn token(length: usize) -> String {
    rand::rng().sample_iter(rand::distr::Alphanumeric).take(length).map(char::from).collect()
}
