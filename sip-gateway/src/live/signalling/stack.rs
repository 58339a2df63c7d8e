//! The transaction table between the switch and the sockets: it carries out what the table wants
//! written, and keeps what it tells until the switch asks. Nothing here waits: a datagram that does not
//! fit is lost like any other, a connection that does not take its message is closed.

use crate::live::signalling::clock::{Clock, token};
use crate::live::signalling::flows::Flows;
use crate::sip::message::Message;
use crate::sip::registrar::{FlowId, Hop};
use crate::sip::transaction::{Effect, End, Input, News, Source, Transactions, TxId};
use std::collections::{BTreeMap, VecDeque};
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use tokio::sync::mpsc;
use vocabulary::Time;

/// Messages kept for one connection while it is opened.
const MAX_WAITING: usize = 64;

/// What sockets report.
pub enum Notice {
    /// A message that passed the door.
    Received(Message, Source),
    /// A connection asked for by address is open.
    Opened(SocketAddr, FlowId),
    /// It could not be opened.
    Unreachable(SocketAddr),
    /// A connection closed.
    Closed(FlowId),
}

/// The table and its way out.
pub struct Stack {
    table: Transactions,
    clock: Clock,
    udp: UdpSocket,
    flows: Arc<Flows>,
    /// Takes orders to connect a stream.
    connect: mpsc::Sender<SocketAddr>,
    /// What goes out first on connections being opened.
    opening: BTreeMap<SocketAddr, Vec<Arc<str>>>,
    news: VecDeque<News>,
}

impl Stack {
    /// An empty table over a bound socket, which must not block.
    pub fn new(clock: Clock, udp: UdpSocket, flows: Arc<Flows>, connect: mpsc::Sender<SocketAddr>) -> Stack {
        let table = Transactions::default();
        Stack { table, clock, udp, flows, connect, opening: BTreeMap::new(), news: VecDeque::new() }
    }

    /// What the table tells next.
    pub fn news(&mut self) -> Option<News> {
        self.news.pop_front()
    }

    /// When to call [`Stack::tick`].
    pub fn deadline(&self) -> Option<Time> {
        self.table.deadline()
    }

    /// Lets time pass.
    pub fn tick(&mut self) {
        self.give(Input::Tick);
    }

    /// Takes what a socket reports.
    pub fn noticed(&mut self, notice: Notice) {
        match notice {
            Notice::Received(message, source) => {
                let tag = token(8);
                self.give(Input::Received { message, source, tag: &tag });
            }
            Notice::Opened(to, flow) => {
                self.give(Input::Opened { to: Hop::Tcp(to), now: Hop::Flow(flow) });
                for text in self.opening.remove(&to).unwrap_or_default() {
                    self.write(Hop::Flow(flow), &text);
                }
            }
            Notice::Unreachable(to) => {
                self.opening.remove(&to);
                self.give(Input::Closed(Hop::Tcp(to)));
            }
            Notice::Closed(flow) => self.give(Input::Closed(Hop::Flow(flow))),
        }
    }

    /// Sends a request of ours in a transaction; `request` has its Via. Gives its number.
    pub fn send(&mut self, request: Message, hop: Hop) -> u64 {
        let tx = self.table.next_id();
        let hop = self.resolved(hop);
        self.give(Input::Request { tx, request, hop });
        tx.0
    }

    /// Sends a request that has no transaction: the ACK of a 2xx.
    pub fn send_once(&mut self, request: &Message, hop: Hop) {
        let hop = self.resolved(hop);
        if !self.write(hop, &request.to_string().into()) {
            metrics::counter!("sip_unsent_total").increment(1);
        }
    }

    /// Cancels an INVITE of ours. Gives the number of the CANCEL, where one could go out.
    pub fn cancel(&mut self, invite: u64) -> Option<u64> {
        if !self.table.can_cancel(TxId(invite)) {
            return None;
        }
        let tx = self.table.next_id();
        self.give(Input::Cancel { invite: TxId(invite), tx });
        Some(tx.0)
    }

    /// Answers a request of theirs.
    pub fn respond(&mut self, tx: u64, response: Message) {
        self.give(Input::Respond { tx: TxId(tx), response });
    }

    fn give(&mut self, input: Input<'_>) {
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            let mut effects = Vec::new();
            self.table.handle(self.clock.now(), input, &mut effects);
            for effect in effects {
                match effect {
                    Effect::Tell(news) => self.news.push_back(news),
                    Effect::Send { hop, text } => {
                        if !self.write(hop, &text) {
                            inputs.push_back(Input::Closed(hop));
                        }
                    }
                }
            }
        }
    }

    /// Writes; gives whether anything can still arrive that way.
    fn write(&mut self, hop: Hop, text: &Arc<str>) -> bool {
        match hop {
            Hop::Udp(to) => match self.udp.send_to(text.as_bytes(), to) {
                Ok(_) => true,
                // No room: lost like any datagram, and repeated like it.
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => true,
                Err(_) => false,
            },
            Hop::Flow(flow) => self.flows.get(flow).is_some_and(|flow| {
                let taken = flow.write.try_send(text.clone()).is_ok();
                if !taken {
                    flow.close.cancel();
                }
                taken
            }),
            Hop::Tcp(to) => self.opened(to, text),
        }
    }

    /// Keeps a text for a connection that has to be opened first.
    fn opened(&mut self, to: SocketAddr, text: &Arc<str>) -> bool {
        if let Some(waiting) = self.opening.get_mut(&to) {
            let room = waiting.len() < MAX_WAITING;
            if room {
                waiting.push(text.clone());
            }
            return room;
        }
        let asked = self.connect.try_send(to).is_ok();
        if asked {
            self.opening.insert(to, vec![text.clone()]);
        }
        asked
    }

    /// A TCP connection that is open already, where there is one.
    fn resolved(&self, hop: Hop) -> Hop {
        match hop {
            Hop::Tcp(to) => self.flows.to(to).map_or(hop, |flow| Hop::Flow(flow.id)),
            _ => hop,
        }
    }
}

/// The code that stands for the end of a request of ours without answer (RFC 3261 §8.1.3.1).
pub fn code(end: End) -> u16 {
    match end {
        End::Broken => 503,
        End::TimedOut | End::Done => 408,
    }
}
