//! The seam to rsipstack: messages as our text go in, come out, and its transactions (retransmission,
//! timers, RFC 3261 §17 and RFC 6026) run between. Nothing else of it is used: no dialogs, no
//! registration, no listeners, no digest, and never its own dialling (traps R1 to R3).
//!
//! One task drives each transaction to its end and reports by [`Notice`]; all are owned by one
//! tracker that shutdown awaits.

use crate::live::signalling::flows::Flows;
use crate::live::signalling::lock;
use crate::sip::message::{Message, Start};
use crate::sip::registrar::{FlowId, Hop};
use rsipstack::EndpointBuilder;
use rsipstack::sip::{Method, SipMessage, Transport};
use rsipstack::transaction::endpoint::{EndpointInnerRef, EndpointOption};
use rsipstack::transaction::key::{TransactionKey, TransactionRole};
use rsipstack::transaction::transaction::{Transaction, TransactionEvent, TransactionEventSender};
use rsipstack::transaction::{Endpoint, TransactionReceiver};
use rsipstack::transport::transport_layer::{DomainResolver, TransportLayer};
use rsipstack::transport::udp::{UdpConnection, UdpInner};
use rsipstack::transport::{SipAddr, SipConnection};
use std::collections::BTreeMap;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The most transactions under way; beyond it new ones are not begun. Bounds what rsipstack's own
/// queues can hold.
const MAX_TRANSACTIONS: usize = 20_000;

/// What a transaction reports.
pub enum Notice {
    /// An ACK of what `tx` was answered.
    Acked(u64, Message),
    /// `tx` was cancelled; rsipstack has answered the CANCEL.
    Cancelled(u64),
    /// `tx` of theirs is over.
    ServerEnded(u64),
    /// An answer to our `tx`.
    Response(u64, Message),
    /// `tx` of ours is over.
    ClientEnded(u64),
    /// A 2xx to an INVITE whose transaction is over: a repetition, or another branch's.
    StrayOk(Message, Hop),
    /// A connection closed.
    FlowClosed(FlowId),
}

/// Where a request came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    /// The far address.
    pub peer: SocketAddr,
    /// How to answer there outside the transaction.
    pub hop: Hop,
    /// The connection, unless it was a datagram.
    pub flow: Option<FlowId>,
}

/// The seam. Clones share it.
#[derive(Clone)]
pub struct Stack {
    inner: Arc<Inner>,
}

struct Inner {
    endpoint: EndpointInnerRef,
    udp: SipConnection,
    flows: Arc<Flows>,
    notices: mpsc::Sender<Notice>,
    tracker: TaskTracker,
    end: CancellationToken,
    next: AtomicU64,
    /// Transactions under way.
    open: Mutex<BTreeMap<u64, Open>>,
    /// Takes orders to connect a stream; see [`Connect`].
    connect: mpsc::Sender<Connect>,
}

/// One transaction under way.
struct Open {
    flow: Option<FlowId>,
    key: TransactionKey,
    handle: TransactionEventSender,
}

/// Asks the transport for a TCP connection to an address; told when the attempt is over.
pub type Connect = (SocketAddr, tokio::sync::oneshot::Sender<()>);

/// A name is never looked up: calls go to addresses and connections only.
struct NoNames;

impl DomainResolver for NoNames {
    fn resolve<'a, 'b, 'c>(
        &'a self,
        target: &'b SipAddr,
    ) -> Pin<Box<dyn Future<Output = Result<SipAddr, rsipstack::Error>> + Send + 'c>>
    where
        'a: 'c,
        'b: 'c,
        Self: 'c,
    {
        let refused = rsipstack::Error::DnsResolutionError(target.addr.to_string());
        Box::pin(std::future::ready(Err(refused)))
    }
}

impl Stack {
    /// Starts the timers over a bound socket. The receiver gives requests that begin something.
    pub async fn start(
        socket: Arc<tokio::net::UdpSocket>,
        local: SocketAddr,
        flows: Arc<Flows>,
        notices: mpsc::Sender<Notice>,
        connect: mpsc::Sender<Connect>,
        tracker: TaskTracker,
        end: CancellationToken,
    ) -> (Stack, TransactionReceiver) {
        let ended = end.clone();
        let layer = TransportLayer::new_with_domain_resolver(end.child_token(), Box::new(NoNames));
        // The ACK of a 2xx is ours: rsipstack would look its target up and might dial it (trap R2).
        let option = EndpointOption { auto_ack_2xx: false, ..EndpointOption::default() };
        let endpoint: Endpoint = EndpointBuilder::new()
            .with_user_agent("hctc")
            .with_transport_layer(layer)
            .with_cancel_token(end)
            .with_option(option)
            .build();
        let incoming = endpoint.incoming_transactions().expect("taken once, here");
        let address = SipAddr::new(Transport::Udp, local.into());
        let udp = UdpInner { conn: socket, addr: address };
        let inner = endpoint.inner.clone();
        tracker.spawn(async move { endpoint.serve().await });
        let stack = Inner {
            endpoint: inner,
            udp: UdpConnection::attach(udp, None, None).await.into(),
            connect,
            flows,
            notices,
            tracker,
            end: ended,
            next: AtomicU64::new(1),
            open: Mutex::default(),
        };
        (Stack { inner: Arc::new(stack) }, incoming)
    }

    /// The handle of the UDP socket.
    pub fn udp(&self) -> &SipConnection {
        &self.inner.udp
    }

    /// Whether no further transaction should begin.
    pub fn is_full(&self) -> bool {
        self.inner.endpoint.transactions.len() >= MAX_TRANSACTIONS
    }

    /// Hands in a message that passed the door. Gives whether rsipstack could read it too.
    pub async fn receive(&self, message: &Message, connection: SipConnection, source: Source) -> bool {
        let transport = match (source.flow, source.hop) {
            (None, _) => Transport::Udp,
            (_, Hop::Flow(_)) => Transport::Ws,
            _ => Transport::Tcp,
        };
        let Ok(theirs) = SipMessage::try_from(message.to_string()) else { return false };
        if self.is_stray_ok(message, &theirs) {
            let _ = self.inner.notices.send(Notice::StrayOk(message.clone(), source.hop)).await;
            return true;
        }
        let Ok(theirs) = SipConnection::update_msg_received(theirs, source.peer, transport) else { return false };
        let from = SipAddr::new(transport, source.peer.into());
        self.inner.endpoint.on_received_message(theirs, connection, &from).await.is_ok()
    }

    /// Drives a request of theirs: gives its number, text and source. `None` when its connection
    /// closed meanwhile.
    pub fn serve(&self, tx: Transaction) -> Option<(u64, Message, Source)> {
        let message = Message::parse(tx.original.to_string().as_bytes()).ok()?;
        let source = self.source(&tx)?;
        let id = self.inner.next.fetch_add(1, Ordering::Relaxed);
        self.opened(id, source.flow, &tx);
        let stack = self.clone();
        self.inner.tracker.spawn(async move { stack.drive_server(id, tx).await });
        Some((id, message, source))
    }

    /// Answers a request of theirs.
    pub fn respond(&self, tx: u64, response: &Message) {
        let Ok(SipMessage::Response(response)) = SipMessage::try_from(response.to_string()) else { return };
        if let Some(open) = lock(&self.inner.open).get(&tx) {
            // It fails only when the transaction has just ended by itself.
            let _ = open.handle.send(TransactionEvent::Respond(response));
        }
    }

    /// Sends a request of ours in a transaction; `request` has its Via. Gives its number.
    pub fn send(&self, request: Message, hop: Hop) -> u64 {
        let id = self.inner.next.fetch_add(1, Ordering::Relaxed);
        let stack = self.clone();
        self.inner.tracker.spawn(async move {
            stack.drive_client(id, request, hop).await;
            lock(&stack.inner.open).remove(&id);
            let _ = stack.inner.notices.send(Notice::ClientEnded(id)).await;
        });
        id
    }

    /// Sends a request that has no transaction: the ACK of a 2xx.
    pub fn send_once(&self, request: Message, hop: Hop) {
        let stack = self.clone();
        self.inner.tracker.spawn(async move {
            let Some((connection, destination, _)) = stack.outlet(hop).await else { return };
            let Ok(message) = SipMessage::try_from(request.to_string()) else { return };
            if connection.send(message, destination.as_ref()).await.is_err() {
                metrics::counter!("sip_unsent_total").increment(1);
            }
        });
    }

    /// Ends a transaction that can come to no end by itself.
    pub fn abort(&self, tx: u64) {
        if let Some(open) = lock(&self.inner.open).get(&tx) {
            open.abort();
        }
    }

    /// Ends every transaction on a closed connection now, not after 32 s (trap R2).
    pub fn abort_flow(&self, flow: FlowId) {
        for open in lock(&self.inner.open).values().filter(|open| open.flow == Some(flow)) {
            open.abort();
        }
    }

    fn source(&self, tx: &Transaction) -> Option<Source> {
        let connection = tx.connection.as_ref()?;
        if let Some(flow) = self.inner.flows.of(connection) {
            let web = flow.kind != crate::live::signalling::flows::FlowKind::Tcp;
            let hop = if web { Hop::Flow(flow.id) } else { Hop::Tcp(flow.peer) };
            return Some(Source { peer: flow.peer, hop, flow: Some(flow.id) });
        }
        if !matches!(connection, SipConnection::Udp(_)) {
            return None;
        }
        // Written there by `receive` from the datagram's own source address.
        use rsipstack::sip::HeadersExt;
        let via = tx.original.via_header().ok()?;
        let (_, address) = SipConnection::parse_target_from_via(via).ok()?;
        let peer: SocketAddr = SipAddr::new(Transport::Udp, address).get_socketaddr().ok()?;
        Some(Source { peer, hop: Hop::Udp(peer), flow: None })
    }

    fn is_stray_ok(&self, message: &Message, theirs: &SipMessage) -> bool {
        let (Start::Response { code: 200..=299 }, SipMessage::Response(response)) = (&message.start, theirs) else {
            return false;
        };
        let key = TransactionKey::from_response(response, TransactionRole::Client);
        let known = key.is_ok_and(|key| self.inner.endpoint.transactions.contains_key(&key));
        !known && message.cseq().is_some_and(|(_, method)| method == "INVITE")
    }

    async fn drive_server(&self, id: u64, mut tx: Transaction) {
        while let Some(message) = self.next_of(&mut tx).await {
            let SipMessage::Request(request) = message else { continue };
            let notice = match request.method {
                Method::Cancel => Notice::Cancelled(id),
                _ => match Message::parse(request.to_string().as_bytes()) {
                    Ok(message) => Notice::Acked(id, message),
                    Err(_) => continue,
                },
            };
            let _ = self.inner.notices.send(notice).await;
        }
        lock(&self.inner.open).remove(&id);
        let _ = self.inner.notices.send(Notice::ServerEnded(id)).await;
    }

    async fn drive_client(&self, id: u64, request: Message, hop: Hop) {
        let Ok(SipMessage::Request(theirs)) = SipMessage::try_from(request.to_string()) else { return };
        let Ok(key) = TransactionKey::from_request(&theirs, TransactionRole::Client) else { return };
        let Some((connection, destination, flow)) = self.outlet(hop).await else { return };
        let mut tx = Transaction::new_client(key, theirs, self.inner.endpoint.clone(), Some(connection));
        tx.destination = destination;
        self.opened(id, flow, &tx);
        if tx.send().await.is_err() {
            return;
        }
        while let Some(message) = self.next_of(&mut tx).await {
            let SipMessage::Response(response) = message else { continue };
            if let Ok(message) = Message::parse(response.to_string().as_bytes()) {
                let _ = self.inner.notices.send(Notice::Response(id, message)).await;
            }
        }
    }

    /// What a transaction gives next; nothing once everything ends.
    async fn next_of(&self, tx: &mut Transaction) -> Option<SipMessage> {
        tokio::select! {
            () = self.inner.end.cancelled() => None,
            message = tx.receive() => message,
        }
    }

    fn opened(&self, id: u64, flow: Option<FlowId>, tx: &Transaction) {
        let open = Open { flow, key: tx.key.clone(), handle: tx.tu_sender.clone() };
        lock(&self.inner.open).insert(id, open);
    }

    /// What a hop is written to. A TCP connection that closed is opened again, a WebSocket never.
    async fn outlet(&self, hop: Hop) -> Option<(SipConnection, Option<SipAddr>, Option<FlowId>)> {
        let flow = match hop {
            Hop::Udp(to) => return Some((self.inner.udp.clone(), Some(SipAddr::new(Transport::Udp, to.into())), None)),
            Hop::Flow(id) => self.inner.flows.get(id)?,
            Hop::Tcp(to) => match self.inner.flows.to(to) {
                Some(flow) => flow,
                None => {
                    let (done, connected) = tokio::sync::oneshot::channel();
                    self.inner.connect.send((to, done)).await.ok()?;
                    connected.await.ok()?;
                    self.inner.flows.to(to)?
                }
            },
        };
        Some((flow.connection, None, Some(flow.id)))
    }
}

impl Open {
    fn abort(&self) {
        // It fails only when the transaction has just ended by itself.
        let _ = self.handle.send(TransactionEvent::Terminate(self.key.clone()));
    }
}
