//! `ready.json`: what a started centre listens on, for whoever started it.

use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// The file's name in the data folder.
const FILE: &str = "ready.json";

/// Bound addresses, written once the centre is healthy and removed when it stops.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ready {
    /// The process.
    pub pid: u32,
    /// HTTP and WebSocket.
    pub http: SocketAddr,
    /// Whether HTTP is HTTPS.
    pub tls: bool,
    /// SIP over UDP.
    pub sip_udp: SocketAddr,
    /// SIP over TCP.
    pub sip_tcp: SocketAddr,
    /// Browser media.
    pub webrtc: SocketAddr,
}

impl Ready {
    /// Writes the file so that a reader sees all of it or none.
    ///
    /// # Errors
    /// The file system's.
    pub fn write(&self, data_dir: &Path) -> std::io::Result<()> {
        let text = serde_json::to_string_pretty(self).expect("plain keys");
        let half = data_dir.join("ready.json.half");
        std::fs::write(&half, text)?;
        std::fs::rename(half, path(data_dir))
    }

    /// Removes the file: what it says is no longer so.
    pub fn remove(data_dir: &Path) {
        // It may never have been there.
        let _ = std::fs::remove_file(path(data_dir));
    }
}

fn path(data_dir: &Path) -> PathBuf {
    data_dir.join(FILE)
}
