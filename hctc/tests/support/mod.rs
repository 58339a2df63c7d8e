//! What tests with real clients share: a centre in a temporary folder, phones, browsers, and ears.

#![allow(dead_code)]

pub mod baresip;
pub mod browser;
pub mod ledger;
pub mod server;
pub mod sipp;
pub mod sound;
pub mod staff;

use std::net::{TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

/// Nothing in these tests takes longer on a slow machine; what does has failed.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Asks again until there is an answer, or fails saying what was waited for. The pause is between
/// two looks, not a guess at how long something takes.
pub fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < end, "waited {PATIENCE:?} in vain for {what}");
        std::thread::park_timeout(Duration::from_millis(50));
    }
}

/// A port nobody uses now, for clients that cannot choose one themselves. It lies below the range from
/// which the system takes ports for outgoing connections, so that none of those gets it meanwhile.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    loop {
        // Tests run as processes of their own: each begins elsewhere.
        let step = NEXT.fetch_add(4, Ordering::Relaxed);
        let port = 12_000 + (std::process::id() as u16).wrapping_mul(36).wrapping_add(step) % 18_000;
        // baresip also takes the next one, for TLS.
        let free = |port| TcpListener::bind(("127.0.0.1", port)).is_ok() && UdpSocket::bind(("127.0.0.1", port)).is_ok();
        if free(port) && free(port + 1) {
            return port;
        }
    }
}

/// The project's folder.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate lies in the workspace").to_owned()
}
