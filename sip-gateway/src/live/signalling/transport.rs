//! Sockets: one UDP socket, one TCP listener, WebSockets handed in. What arrives passes the door and
//! goes to the stack; what a connection is to be told is written by its own task, which gives up on
//! a reader that does not read.

use crate::live::config::Limits;
use crate::live::event::WebIdentity;
use crate::live::signalling::clock::{Clock, token};
use crate::live::signalling::flows::{Flow, FlowKind, Flows};
use crate::live::signalling::lock;
use crate::live::signalling::stack::Notice;
use crate::sip::door::{Admission, Door, Sender};
use crate::sip::message::{Framed, MAX_DATAGRAM, MAX_MESSAGE, Message, frame};
use crate::sip::registrar::{FlowId, Hop};
use crate::sip::transaction::Source;
use crate::sip::via;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// A connection that does not take a message within this time is closed.
const WRITE_TIMEOUT: Duration = Duration::from_secs(5);
/// A message begun on a stream must be whole within this time.
const MESSAGE_TIMEOUT: Duration = Duration::from_secs(10);
/// A stream must bring its first message within this time.
const FIRST_TIMEOUT: Duration = Duration::from_secs(30);
/// A stream on which nothing comes for this long is closed; phones send keep-alives far more often.
const IDLE_TIMEOUT: Duration = Duration::from_secs(900);
/// How long connecting to a trunk may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// What every socket task shares.
pub struct Net {
    /// The UDP socket, for answers made at the door.
    pub udp: Arc<UdpSocket>,
    /// Open connections.
    pub flows: Arc<Flows>,
    /// Addresses calls may come from, besides loopback.
    pub trunk_sources: Vec<IpAddr>,
    /// Hard bounds.
    pub limits: Limits,
    /// To the signalling task: everything that belongs to something under way.
    pub notices: mpsc::Sender<Notice>,
    /// To the same: requests that begin something, and the CANCELs that follow them.
    pub incoming: mpsc::Sender<Notice>,
    /// Owner of every task.
    pub tracker: TaskTracker,
    /// Cancelled when all sockets close.
    pub end: CancellationToken,
    /// What foreign messages pass.
    pub door: Mutex<Door>,
    /// Time.
    pub clock: Clock,
}

impl Net {
    /// Whether calls from this address are the trunk's.
    pub fn is_trunk(&self, source: IpAddr) -> bool {
        source.is_loopback() || self.trunk_sources.contains(&source)
    }

    /// Reads datagrams until the end.
    pub async fn read_datagrams(self: Arc<Net>, socket: Arc<UdpSocket>) {
        // One byte more than is taken, so that a longer datagram shows.
        let mut buffer = vec![0; MAX_DATAGRAM + 1];
        loop {
            let received = tokio::select! {
                () = self.end.cancelled() => return,
                received = socket.recv_from(&mut buffer) => received,
            };
            // An error here is about one peer (ICMP); the socket itself stays good.
            let Ok((length, peer)) = received else { continue };
            let bytes = &buffer[..length];
            if bytes.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            let source = Source { peer, hop: Hop::Udp(peer), flow: None };
            self.take(bytes, MAX_DATAGRAM, None, source).await;
        }
    }

    /// Accepts streams until the end.
    pub async fn accept(self: Arc<Net>, listener: TcpListener) {
        loop {
            let accepted = tokio::select! {
                () = self.end.cancelled() => return,
                accepted = listener.accept() => accepted,
            };
            let Ok((stream, peer)) = accepted else {
                // Out of descriptors: those in use must close first.
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            };
            let (all, mine) = self.flows.count_tcp(peer.ip());
            let too_many = mine >= self.limits.tcp_per_source && !self.is_trunk(peer.ip());
            if all >= self.limits.tcp_connections || too_many {
                metrics::counter!("sip_refused_total", "reason" => "connections").increment(1);
                continue;
            }
            self.clone().open_stream(stream, peer);
        }
    }

    /// Opens streams the stack asks for, until the end.
    pub async fn connect(self: Arc<Net>, mut orders: mpsc::Receiver<SocketAddr>) {
        loop {
            let order = tokio::select! {
                () = self.end.cancelled() => return,
                order = orders.recv() => order,
            };
            let Some(peer) = order else { return };
            let net = self.clone();
            self.tracker.spawn(async move {
                let notice = match tokio::time::timeout(CONNECT_TIMEOUT, TcpStream::connect(peer)).await {
                    Ok(Ok(stream)) => Notice::Opened(peer, net.clone().open_stream(stream, peer)),
                    _ => Notice::Unreachable(peer),
                };
                // It fails only when signalling has ended.
                let _ = net.notices.send(notice).await;
            });
        }
    }

    /// Carries SIP over a WebSocket until it closes.
    pub async fn web_socket(
        &self,
        peer: SocketAddr,
        who: WebIdentity,
        incoming: mpsc::Receiver<String>,
        outgoing: mpsc::Sender<String>,
    ) {
        if self.flows.count_web() >= self.limits.web_sockets || self.end.is_cancelled() {
            metrics::counter!("sip_refused_total", "reason" => "connections").increment(1);
            return;
        }
        let (flow, unwritten) = self.flows.open(peer, FlowKind::Web(who), self.end.child_token());
        tokio::select! {
            () = flow.close.cancelled() => {}
            () = self.read_frames(&flow, incoming) => {}
            () = write_frames(unwritten, outgoing) => {}
        }
        self.closed(&flow).await;
    }

    async fn read_frames(&self, flow: &Flow, mut incoming: mpsc::Receiver<String>) {
        let source = Source { peer: flow.peer, hop: Hop::Flow(flow.id), flow: Some(flow.id) };
        while let Some(text) = incoming.recv().await {
            if text.len() > MAX_MESSAGE {
                metrics::counter!("sip_malformed_total").increment(1);
                return;
            }
            if !text.trim().is_empty() {
                self.take(text.as_bytes(), MAX_MESSAGE, Some(flow), source).await;
            }
        }
    }

    fn open_stream(self: Arc<Net>, stream: TcpStream, peer: SocketAddr) -> FlowId {
        // Small messages, answered at once; a failure only costs time.
        let _ = stream.set_nodelay(true);
        let (flow, unwritten) = self.flows.open(peer, FlowKind::Tcp, self.end.child_token());
        let (net, id) = (self.clone(), flow.id);
        self.tracker.spawn(async move {
            let (reader, writer) = stream.into_split();
            let (pongs, pings) = mpsc::channel(4);
            tokio::select! {
                () = flow.close.cancelled() => {}
                () = net.read_stream(&flow, reader, pongs) => {}
                () = write_stream(unwritten, pings, writer) => {}
            }
            net.closed(&flow).await;
        });
        id
    }

    async fn read_stream(&self, flow: &Flow, mut reader: tokio::net::tcp::OwnedReadHalf, pongs: mpsc::Sender<()>) {
        let source = Source { peer: flow.peer, hop: Hop::Tcp(flow.peer), flow: Some(flow.id) };
        let mut buffer: Vec<u8> = Vec::with_capacity(4_096);
        let mut begun = tokio::time::Instant::now();
        let mut idle = FIRST_TIMEOUT;
        loop {
            match frame(&buffer) {
                Ok(Framed::Message(length)) => {
                    self.take(&buffer[..length], MAX_MESSAGE, Some(flow), source).await;
                    buffer.drain(..length);
                    begun = tokio::time::Instant::now();
                    idle = IDLE_TIMEOUT;
                    continue;
                }
                Ok(Framed::KeepAlive(length, answer)) => {
                    buffer.drain(..length);
                    if answer {
                        // A peer that pings faster than it reads gets fewer answers.
                        let _ = pongs.try_send(());
                    }
                    continue;
                }
                Ok(Framed::More) => {}
                Err(_) => {
                    metrics::counter!("sip_malformed_total").increment(1);
                    return;
                }
            }
            let now = tokio::time::Instant::now();
            if buffer.is_empty() {
                begun = now;
            }
            let until = begun + if buffer.is_empty() { idle } else { MESSAGE_TIMEOUT };
            match tokio::time::timeout_at(until, reader.read_buf(&mut buffer)).await {
                Ok(Ok(length)) if length > 0 => {}
                _ => return,
            }
        }
    }

    async fn take(&self, bytes: &[u8], limit: usize, flow: Option<&Flow>, source: Source) {
        let sender = match (source.hop, source.peer.ip()) {
            (Hop::Flow(flow), _) => Sender::Web(flow),
            (_, ip) if self.is_trunk(ip) => Sender::Trunk(ip),
            (_, ip) => Sender::Stranger(ip),
        };
        let (now, tag) = (self.clock.now(), token(8));
        let admission = lock(&self.door).admit(now, sender, limit, &tag, bytes);
        match admission {
            Admission::Take(message) => {
                let begins = match message.method() {
                    Some("CANCEL") => true,
                    Some(_) => message.tag("To").is_none(),
                    None => false,
                };
                let inbox = if begins { &self.incoming } else { &self.notices };
                // It fails only when signalling has ended.
                let _ = inbox.send(Notice::Received(message, source)).await;
            }
            Admission::Answer { response, reason } => {
                count(reason);
                self.answer(&response, flow, source).await;
            }
            Admission::Drop { reason } => count(reason),
        }
    }

    /// Sends an answer made at the door. One that cannot be sent was not owed to anyone who could hear it.
    async fn answer(&self, response: &Message, flow: Option<&Flow>, source: Source) {
        let response = via::received(response.clone(), source.peer);
        let text = response.to_string();
        match flow {
            Some(flow) => drop(flow.write.try_send(text.into())),
            None => {
                let to = via::answer_address(&response, source.peer);
                drop(self.udp.try_send_to(text.as_bytes(), to));
            }
        }
    }

    async fn closed(&self, flow: &Flow) {
        flow.close.cancel();
        self.flows.remove(flow.id);
        // It fails only when signalling has ended, and every leg with it.
        let _ = self.notices.send(Notice::Closed(flow.id)).await;
    }
}

fn count(reason: &'static str) {
    match reason {
        "malformed" | "oversize" => metrics::counter!("sip_malformed_total").increment(1),
        _ => metrics::counter!("sip_refused_total", "reason" => reason).increment(1),
    }
}

async fn write_frames(mut unwritten: mpsc::Receiver<Arc<str>>, outgoing: mpsc::Sender<String>) {
    while let Some(text) = unwritten.recv().await {
        let Ok(Ok(())) = tokio::time::timeout(WRITE_TIMEOUT, outgoing.send(text.to_string())).await else {
            return;
        };
    }
}

async fn write_stream(
    mut unwritten: mpsc::Receiver<Arc<str>>,
    mut pings: mpsc::Receiver<()>,
    mut writer: tokio::net::tcp::OwnedWriteHalf,
) {
    loop {
        let text: Arc<str> = tokio::select! {
            Some(()) = pings.recv() => "\r\n".into(),
            text = unwritten.recv() => match text {
                Some(text) => text,
                None => return,
            },
        };
        let written = tokio::time::timeout(WRITE_TIMEOUT, writer.write_all(text.as_bytes())).await;
        let Ok(Ok(())) = written else { return };
    }
}
