//! Connections far ends opened to us, TCP and WebSocket: who is on them and how to write to them.

use crate::live::event::WebIdentity;
use crate::live::signalling::lock;
use crate::sip::registrar::FlowId;
use rsipstack::sip::{Domain, Host, HostWithPort, Transport};
use rsipstack::transport::channel::ChannelConnection;
use rsipstack::transport::{SipAddr, SipConnection, TransportEvent};
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Messages waiting to be written to one connection.
const MAX_UNWRITTEN: usize = 256;
/// The end of the host names that stand for connections inside rsipstack; `.invalid` is never
/// resolved (RFC 2606).
const SUFFIX: &str = ".flow.invalid";

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
    /// What rsipstack writes to.
    pub connection: SipConnection,
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
    ///
    /// rsipstack sees a channel whose address is a name of ours: the far address cannot be it, as
    /// two browsers behind one proxy share theirs (trap R6).
    pub async fn open(
        &self,
        peer: SocketAddr,
        kind: FlowKind,
        close: CancellationToken,
    ) -> (Flow, mpsc::Receiver<TransportEvent>) {
        let id = FlowId(self.next.fetch_add(1, Ordering::Relaxed) + 1);
        let transport = if kind == FlowKind::Tcp { Transport::Tcp } else { Transport::Ws };
        let host = Host::Domain(Domain::from(format!("{}{SUFFIX}", id.0).as_str()));
        let address = SipAddr::new(transport, HostWithPort { host, port: None });
        // We hand messages to the endpoint ourselves; the receiver the type asks for stays empty.
        let (_, nothing) = rsipstack::platform::mpsc::unbounded_channel();
        let (write, unwritten) = mpsc::channel(MAX_UNWRITTEN);
        let channel = ChannelConnection::create_connection_bounded(nothing, write, address, Some(close.clone()))
            .await
            .expect("making a channel connection opens nothing and cannot fail");
        let flow = Flow { id, peer, kind, connection: channel.into(), close };
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

    /// The connection behind a handle of rsipstack's; `None` for the UDP socket or a closed one.
    pub fn of(&self, connection: &SipConnection) -> Option<Flow> {
        let SipConnection::Channel(channel) = connection else { return None };
        let name = channel.get_addr().addr.host.to_string();
        self.get(FlowId(name.strip_suffix(SUFFIX)?.parse().ok()?))
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
