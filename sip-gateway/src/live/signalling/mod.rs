//! SIP, live. One task, the switch, owns every leg, dialog, transaction and registration and decides in
//! order; sockets are tasks around it that report by bounded channels.
//!
//! | file | owns |
//! |---|---|
//! | `transport`, `flows` | sockets and connections, the door |
//! | `stack` | the transaction table between switch and sockets |
//! | `switch` | the task: what waits, in which order |
//! | `requests`, `register` | what far ends ask |
//! | `inside` | what runs in a dialog by the clock or by PRACK: repetition, session timers |
//! | `legs`, `outbound` | carrying out what the pure legs decide; ringing and dialling |
//!
//! **One ring, several devices.** Every device needs a media description of its own, so each branch of
//! a ring is a leg with an id minted here, and the media plane knows only that. When a branch wins, an
//! alias from the caller's leg id to the branch's is set, before `Answered` is told; media orders and
//! media events pass through it.

mod clock;
mod flows;
mod inside;
mod legs;
mod outbound;
mod register;
mod requests;
mod stack;
mod switch;
#[cfg(test)]
mod tests;
mod transport;

use crate::live::config::{GatewayConfig, GatewayError};
use crate::live::event::{Devices, GatewayEvent, Ringing, WebIdentity};
use crate::live::plane::{PlaneCommand, PlaneError, PlaneEvent};
use clock::Clock;
use stack::Stack;
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use transport::Net;
use vocabulary::audio::{Clip, Frame};
use vocabulary::{AgentName, LegId};

/// Orders waiting for the switch.
const MAX_ORDERS: usize = 4_096;
/// Slots that only answering, rejecting and hanging up may use, so that a crowd of new rings never
/// stands before the end of a call.
const MAX_URGENT_ORDERS: usize = 4_096;
/// Messages waiting for the switch, of calls under way and of new ones apart; sockets wait beyond it.
const MAX_NOTICES: usize = 4_096;
/// Events waiting for their reader, before the switch keeps a backlog of its own.
const MAX_EVENTS: usize = 4_096;
/// Connections being opened.
const MAX_CONNECTS: usize = 64;
/// Ports tried for one that is free for both UDP and TCP.
const PORT_ATTEMPTS: usize = 32;

/// The media plane, as signalling and the handle use it.
pub trait Media: Send + Sync + 'static {
    /// Gives a command; never blocks.
    fn command(&self, command: PlaneCommand) -> Result<(), PlaneError>;
    /// Plays clips to a leg.
    fn play(&self, leg: LegId, play: u64, clips: Vec<Arc<Clip>>, repeat: bool) -> Result<(), PlaneError>;
    /// Copies a bridge to the recorder.
    fn tap(&self, citizen: LegId, agent: LegId, sink: rtrb::Producer<Frame>) -> Result<(), PlaneError>;
    /// Ends it; may block while its threads are joined.
    fn shutdown(&self);
}

/// What the switch can be told.
pub enum Order {
    /// Take a call.
    Answer(LegId),
    /// Refuse it.
    Reject(LegId, u16),
    /// 183 with our description.
    EarlyMedia(LegId),
    /// End it.
    HangUp(LegId),
    /// Ring an agent's devices.
    Ring(LegId, AgentName, Ringing),
    /// Call a number.
    Dial(LegId, String),
}

/// What handle and switch share.
#[derive(Default)]
pub struct Shared {
    /// Media ids of legs that have another one.
    aliases: Mutex<BTreeMap<LegId, LegId>>,
    /// Agents with a device.
    registered: Mutex<BTreeSet<AgentName>>,
}

/// The handle of signalling.
#[derive(Clone)]
pub struct Signalling {
    orders: mpsc::Sender<Order>,
    urgent: mpsc::Sender<Order>,
    shared: Arc<Shared>,
    net: Arc<Net>,
}

impl Signalling {
    /// Binds and starts. Gives the handle, the events and the bound address.
    ///
    /// # Errors
    /// [`GatewayError::Listen`].
    pub async fn start(
        config: GatewayConfig,
        devices: Arc<dyn Devices>,
        stop: CancellationToken,
        media: Arc<dyn Media>,
        media_events: mpsc::Receiver<PlaneEvent>,
    ) -> Result<(Signalling, mpsc::Receiver<GatewayEvent>, SocketAddr), GatewayError> {
        let (listener, udp, bound) = bind(config.sip_listen).await?;
        let failed = |source| GatewayError::Listen { listen: bound, source };
        let socket = Arc::new(UdpSocket::from_std(udp.try_clone().map_err(failed)?).map_err(failed)?);
        let (tracker, end, clock) = (TaskTracker::new(), CancellationToken::new(), Clock::new());
        let (notices, noticed) = mpsc::channel(MAX_NOTICES);
        let (incoming, arriving) = mpsc::channel(MAX_NOTICES);
        let (connect, connects) = mpsc::channel(MAX_CONNECTS);
        let flows = Arc::new(flows::Flows::default());
        let stack = Stack::new(clock, udp, flows.clone(), connect);
        let net = Arc::new(Net {
            udp: socket.clone(),
            flows,
            trunk_sources: config.trunk_sources.clone(),
            limits: config.limits,
            notices,
            incoming,
            tracker: tracker.clone(),
            end,
            door: Mutex::default(),
            clock,
        });
        tracker.spawn(net.clone().read_datagrams(socket));
        tracker.spawn(net.clone().accept(listener));
        tracker.spawn(net.clone().connect(connects));
        let (orders, ordered) = mpsc::channel(MAX_ORDERS);
        let (urgent, urged) = mpsc::channel(MAX_URGENT_ORDERS);
        let (events, told) = mpsc::channel(MAX_EVENTS);
        let shared = Arc::new(Shared::default());
        let inboxes = switch::Inboxes {
            orders: ordered,
            urgent: urged,
            notices: noticed,
            incoming: arriving,
            media: media_events,
        };
        let switch = switch::Switch::new(config, bound, devices, media, net.clone(), stack, shared.clone(), events);
        tracker.spawn(switch.run(inboxes, stop));
        Ok((Signalling { orders, urgent, shared, net }, told, bound))
    }

    /// Gives an order.
    ///
    /// # Errors
    /// [`GatewayError::Busy`] and [`GatewayError::Stopped`]; never blocks.
    pub fn order(&self, order: Order) -> Result<(), GatewayError> {
        let inbox = match order {
            Order::Ring(..) | Order::Dial(..) => &self.orders,
            _ => &self.urgent,
        };
        inbox.try_send(order).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => GatewayError::Busy,
            mpsc::error::TrySendError::Closed(_) => GatewayError::Stopped,
        })
    }

    /// The id by which the plane knows a leg.
    pub fn media_leg(&self, leg: LegId) -> LegId {
        lock(&self.shared.aliases).get(&leg).copied().unwrap_or(leg)
    }

    /// Whether an agent has a device.
    pub fn registered(&self, agent: &AgentName) -> bool {
        lock(&self.shared.registered).contains(agent)
    }

    /// See [`Net::web_socket`].
    pub async fn web_socket(
        &self,
        peer: SocketAddr,
        who: WebIdentity,
        incoming: mpsc::Receiver<String>,
        outgoing: mpsc::Sender<String>,
    ) {
        self.net.web_socket(peer, who, incoming, outgoing).await;
    }

    /// Waits until every task has ended.
    pub async fn stopped(&self) {
        self.net.tracker.wait().await;
    }
}

/// A lock that a panic elsewhere does not poison: what it guards is changed in single steps.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One port for both transports; port 0 tries until one is free for both.
async fn bind(listen: SocketAddr) -> Result<(TcpListener, std::net::UdpSocket, SocketAddr), GatewayError> {
    let failed = |source| GatewayError::Listen { listen, source };
    let mut attempt = 0;
    loop {
        attempt += 1;
        let listener = TcpListener::bind(listen).await.map_err(failed)?;
        let bound = listener.local_addr().map_err(failed)?;
        match std::net::UdpSocket::bind(bound).and_then(|udp| udp.set_nonblocking(true).map(|()| udp)) {
            Ok(udp) => return Ok((listener, udp, bound)),
            Err(_) if listen.port() == 0 && attempt < PORT_ATTEMPTS => {}
            Err(source) => return Err(failed(source)),
        }
    }
}
