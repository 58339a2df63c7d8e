//! Connections, TCP and WebSocket: who is on them and how to write to them.

use crate::live::event::WebIdentity;
use crate::live::signalling::lock;
use crate::sip::registrar::FlowId;
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Messages waiting to be written to one connection; a far end that reads slower is given up.
const MAX_UNWRITTEN: usize = 256;

/// What runs over a connection.
#[derive(Clone, PartialEq, Eq)]
pub enum FlowKind {
    /// A phone or trunk.
    Tcp,
    /// A browser, and whose it is.
    Web(WebIdentity),
}

/// One open connection.
#[derive(Clone)]
pub struct Flow {
    /// Its number.
    pub id: FlowId,
    /// The far address of the socket.
    pub peer: SocketAddr,
    /// What runs over it.
    pub kind: FlowKind,
    /// What is to be written.
    pub write: mpsc::Sender<Arc<str>>,
    /// Cancelled to close it.
    pub close: CancellationToken,
}

/// All open connections.
#[derive(Default)]
pub struct Flows {
    next: AtomicU64,
    open: Mutex<BTreeMap<FlowId, Flow>>,
}

impl Flows {
    /// Adds a connection. The receiver gives what is to be written.
    pub fn open(&self, peer: SocketAddr, kind: FlowKind, close: CancellationToken) -> (Flow, mpsc::Receiver<Arc<str>>) {
        let id = FlowId(self.next.fetch_add(1, Ordering::Relaxed) + 1);
        let (write, unwritten) = mpsc::channel(MAX_UNWRITTEN);
        let flow = Flow { id, peer, kind, write, close };
        lock(&self.open).insert(id, flow.clone());
        (flow, unwritten)
    }

    /// Takes a connection out. What is under way on it is the caller's to end.
    pub fn remove(&self, id: FlowId) {
        lock(&self.open).remove(&id);
    }

    /// An open connection.
    pub fn get(&self, id: FlowId) -> Option<Flow> {
        lock(&self.open).get(&id).cloned()
    }

    /// The youngest TCP connection to an address.
    pub fn to(&self, peer: SocketAddr) -> Option<Flow> {
        let open = lock(&self.open);
        open.values().rev().find(|f| f.kind == FlowKind::Tcp && f.peer == peer).cloned()
    }

    /// How many TCP connections are open, in all and from one address.
    pub fn count_tcp(&self, source: IpAddr) -> (usize, usize) {
        let open = lock(&self.open);
        let tcp = || open.values().filter(|f| f.kind == FlowKind::Tcp);
        (tcp().count(), tcp().filter(|f| f.peer.ip() == source).count())
    }

    /// How many WebSockets are open.
    pub fn count_web(&self) -> usize {
        lock(&self.open).values().filter(|f| f.kind != FlowKind::Tcp).count()
    }
}
