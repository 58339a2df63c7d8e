//! Every transaction, by number, by key, by connection and by deadline.

use super::client::{self, Client, InviteClient};
use super::matching::{ClientKey, ServerKey, cancel, client_key, server_key};
use super::server::{self, InviteServer, Server};
use super::timers::Medium;
use super::{Effect, End, Input, News, Output, Source, TxId};
use crate::sip::message::{Message, Start};
use crate::sip::registrar::Hop;
use crate::sip::via;
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use vocabulary::Time;

/// The most transactions at once. A finished call keeps two for 32 s, so this is some 1,000 calls a
/// second.
pub const MAX_TRANSACTIONS: usize = 65_536;
/// Beyond that, room for what ends or continues calls: everything but INVITE, REGISTER, OPTIONS and
/// SUBSCRIBE outside a dialog.
pub const RESERVED: usize = 8_192;
/// Seconds a sender is asked to wait when the table is full.
const RETRY_AFTER: &str = "5";

enum Machine {
    InviteClient(Box<InviteClient>),
    Client(Client),
    InviteServer(Box<InviteServer>),
    Server(Server),
}

enum Key {
    Ours(ClientKey),
    Theirs(ServerKey),
}

struct Entry {
    machine: Machine,
    key: Key,
    hop: Hop,
    /// Where a datagram of theirs came from, for ACKs that its machine passes on.
    source: Option<Source>,
    deadline: Option<Time>,
}

/// The table.
pub struct Transactions {
    next: u64,
    limit: usize,
    entries: BTreeMap<TxId, Entry>,
    ours: BTreeMap<ClientKey, TxId>,
    theirs: BTreeMap<ServerKey, TxId>,
    on: BTreeSet<(Hop, TxId)>,
    deadlines: BTreeSet<(Time, TxId)>,
}

impl Default for Transactions {
    fn default() -> Transactions {
        Transactions::with_limit(MAX_TRANSACTIONS)
    }
}

impl Transactions {
    /// An empty table that takes this many; [`RESERVED`] come on top.
    pub fn with_limit(limit: usize) -> Transactions {
        Transactions {
            next: 1,
            limit,
            entries: BTreeMap::new(),
            ours: BTreeMap::new(),
            theirs: BTreeMap::new(),
            on: BTreeSet::new(),
            deadlines: BTreeSet::new(),
        }
    }

    /// A number for a request of ours.
    pub fn next_id(&mut self) -> TxId {
        let id = TxId(self.next);
        self.next += 1;
        id
    }

    /// Decides.
    pub fn handle(&mut self, now: Time, input: Input<'_>, out: &mut Vec<Effect>) {
        match input {
            Input::Received { message, source, tag } => match message.start {
                Start::Response { .. } => self.response(now, message, source, out),
                Start::Request { .. } => self.request(now, message, source, tag, out),
            },
            Input::Request { tx, request, hop } => self.send(now, tx, request, hop, out),
            Input::Respond { tx, response } => self.respond(now, tx, response, out),
            Input::Cancel { invite, tx } => self.cancel(now, invite, tx, out),
            Input::Closed(hop) => self.closed(now, hop, out),
            Input::Opened { to, now } => self.opened(to, now),
            Input::Tick => self.tick(now, out),
        }
    }

    /// When to call with [`Input::Tick`].
    pub fn deadline(&self) -> Option<Time> {
        self.deadlines.first().map(|(at, _)| *at)
    }

    /// Whether an INVITE of ours has its 1xx and no final answer (§9.1).
    pub fn can_cancel(&self, invite: TxId) -> bool {
        let machine = self.entries.get(&invite).map(|entry| &entry.machine);
        matches!(machine, Some(Machine::InviteClient(machine)) if machine.is_proceeding())
    }

    /// How many are under way.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether requests that begin something are refused.
    pub fn is_full(&self) -> bool {
        self.entries.len() >= self.limit
    }

    fn response(&mut self, now: Time, response: Message, source: Source, out: &mut Vec<Effect>) {
        // §18.1.2: an answer with several Via values went astray; it is not for us.
        let astray = response.headers("Via").flat_map(crate::sip::address::list).nth(1).is_some();
        let Some(key) = client_key(&response).filter(|_| !astray) else { return };
        match self.ours.get(&key).copied() {
            Some(tx) => self.drive_client(now, tx, client::Input::Response(response), out),
            None if key.1 == "INVITE" && response.code().is_some_and(|c| (200..300).contains(&c)) => {
                out.push(Effect::Tell(News::StrayOk { response, hop: source.hop }));
            }
            None => {}
        }
    }

    fn request(&mut self, now: Time, request: Message, source: Source, tag: &str, out: &mut Vec<Effect>) {
        let request = via::received(request, source.peer);
        let hop = way_back(&request, source);
        let method = request.method().unwrap_or_default().to_owned();
        let refuse = |code, phrase: &str, out: &mut Vec<Effect>| {
            let mut response = Message::response(&request, code, tag).with_phrase(phrase);
            if code == 503 {
                response = response.with("Retry-After", RETRY_AFTER);
            }
            out.push(Effect::Send { hop, text: response.to_string().into() });
        };
        let Some(key) = server_key(&request, &method) else {
            // Matching by everything but the branch was RFC 2543's; its senders are gone, and what
            // looks like them is a scanner.
            if method != "ACK" {
                refuse(400, "Via Without RFC 3261 Branch", out);
            }
            return;
        };
        match (self.theirs.get(&key).copied(), method.as_str()) {
            (Some(tx), "ACK") => self.drive_server(now, tx, server::Input::Ack(request), out),
            (None, "ACK") => out.push(Effect::Tell(News::Ack { ack: request, source })),
            (Some(tx), _) => self.drive_server(now, tx, server::Input::Repeated, out),
            (None, _) if self.has_no_room_for(&request) => refuse(503, "Service Unavailable", out),
            (None, "CANCEL") => self.cancelled(now, request, key, source, tag, out),
            (None, _) => {
                let tx = self.next_id();
                let machine = match method.as_str() {
                    "INVITE" => Machine::InviteServer(Box::new(InviteServer::new(now, request.clone(), medium(hop)))),
                    _ => Machine::Server(Server::new(now, medium(hop))),
                };
                self.insert(tx, machine, Key::Theirs(key), hop, Some(source));
                out.push(Effect::Tell(News::Request { tx, request, source }));
            }
        }
    }

    /// A CANCEL is a transaction of its own, answered here (§9.2).
    fn cancelled(
        &mut self,
        now: Time,
        request: Message,
        key: ServerKey,
        source: Source,
        tag: &str,
        out: &mut Vec<Effect>,
    ) {
        let hop = way_back(&request, source);
        let invite = server_key(&request, "INVITE").and_then(|key| self.theirs.get(&key).copied());
        let found = invite.and_then(|tx| self.entries.get(&tx)).and_then(|entry| match &entry.machine {
            Machine::InviteServer(machine) => Some((machine.tag(), machine.is_proceeding())),
            _ => None,
        });
        let response = match found {
            Some((ours, _)) => Message::response(&request, 200, ours.unwrap_or(tag)),
            None => Message::response(&request, 481, tag),
        };
        let proceeding = found.is_some_and(|(_, proceeding)| proceeding);
        let tx = self.next_id();
        self.insert(tx, Machine::Server(Server::new(now, medium(hop))), Key::Theirs(key), hop, None);
        // Nobody but the table knows of it, so nobody is told its end.
        let mut quiet = Vec::new();
        self.drive_server(now, tx, server::Input::Respond(response), &mut quiet);
        out.extend(quiet.into_iter().filter(|effect| matches!(effect, Effect::Send { .. })));
        if let (Some(tx), true) = (invite, proceeding) {
            out.push(Effect::Tell(News::Cancelled { tx }));
        }
    }

    fn send(&mut self, now: Time, tx: TxId, request: Message, hop: Hop, out: &mut Vec<Effect>) {
        let Some(key) = client_key(&request).filter(|key| !self.ours.contains_key(key)) else {
            return out.push(Effect::Tell(News::Ended { tx, end: End::Broken }));
        };
        if self.has_no_room_for(&request) {
            return out.push(Effect::Tell(News::Full { tx }));
        }
        let mut outputs = Vec::new();
        let machine = match key.1.as_str() {
            "INVITE" => Machine::InviteClient(Box::new(InviteClient::new(now, request, medium(hop), &mut outputs))),
            _ => Machine::Client(Client::new(now, &request, medium(hop), &mut outputs)),
        };
        self.insert(tx, machine, Key::Ours(key), hop, None);
        self.carry_out(tx, outputs, out);
    }

    fn respond(&mut self, now: Time, tx: TxId, response: Message, out: &mut Vec<Effect>) {
        self.drive_server(now, tx, server::Input::Respond(response), out);
    }

    fn cancel(&mut self, now: Time, invite: TxId, tx: TxId, out: &mut Vec<Effect>) {
        let Some(entry) = self.entries.get(&invite) else { return };
        let Machine::InviteClient(machine) = &entry.machine else { return };
        if machine.is_proceeding() {
            let (request, hop) = (cancel(machine.request()), entry.hop);
            self.send(now, tx, request, hop, out);
            self.drive_client(now, invite, client::Input::Cancelled, out);
        }
    }

    fn closed(&mut self, now: Time, hop: Hop, out: &mut Vec<Effect>) {
        let first = (hop, TxId(0));
        let on: Vec<TxId> = self.on.range(first..).take_while(|(h, _)| *h == hop).map(|(_, tx)| *tx).collect();
        for tx in on {
            self.drive(now, tx, client::Input::Broken, server::Input::Broken, out);
        }
    }

    fn opened(&mut self, to: Hop, now: Hop) {
        let first = (to, TxId(0));
        let on: Vec<TxId> = self.on.range(first..).take_while(|(h, _)| *h == to).map(|(_, tx)| *tx).collect();
        for tx in on {
            self.on.remove(&(to, tx));
            self.on.insert((now, tx));
            if let Some(entry) = self.entries.get_mut(&tx) {
                entry.hop = now;
            }
        }
    }

    fn tick(&mut self, now: Time, out: &mut Vec<Effect>) {
        while let Some((at, tx)) = self.deadlines.first().copied() {
            if at > now {
                return;
            }
            self.drive(now, tx, client::Input::Tick, server::Input::Tick, out);
        }
    }

    fn drive_client(&mut self, now: Time, tx: TxId, input: client::Input, out: &mut Vec<Effect>) {
        let Some(entry) = self.entries.get_mut(&tx) else { return };
        let mut outputs = Vec::new();
        match &mut entry.machine {
            Machine::InviteClient(machine) => machine.handle(now, input, &mut outputs),
            Machine::Client(machine) => machine.handle(now, input, &mut outputs),
            Machine::InviteServer(_) | Machine::Server(_) => {}
        }
        self.carry_out(tx, outputs, out);
    }

    fn drive_server(&mut self, now: Time, tx: TxId, input: server::Input, out: &mut Vec<Effect>) {
        let Some(entry) = self.entries.get_mut(&tx) else { return };
        let mut outputs = Vec::new();
        match &mut entry.machine {
            Machine::InviteServer(machine) => machine.handle(now, input, &mut outputs),
            Machine::Server(machine) => machine.handle(now, input, &mut outputs),
            Machine::InviteClient(_) | Machine::Client(_) => {}
        }
        self.carry_out(tx, outputs, out);
    }

    /// Gives whichever side it is its input.
    fn drive(&mut self, now: Time, tx: TxId, ours: client::Input, theirs: server::Input, out: &mut Vec<Effect>) {
        let Some(entry) = self.entries.get(&tx) else { return };
        match entry.key {
            Key::Ours(_) => self.drive_client(now, tx, ours, out),
            Key::Theirs(_) => self.drive_server(now, tx, theirs, out),
        }
    }

    fn carry_out(&mut self, tx: TxId, outputs: Vec<Output>, out: &mut Vec<Effect>) {
        let Some(entry) = self.entries.get(&tx) else { return };
        let (hop, source) = (entry.hop, entry.source);
        let mut over = false;
        for output in outputs {
            match (output, source) {
                (Output::Send(text), _) => out.push(Effect::Send { hop, text }),
                (Output::Response(response), _) => out.push(Effect::Tell(News::Response { tx, response })),
                (Output::Ack(ack), Some(source)) => out.push(Effect::Tell(News::Ack { ack, source })),
                (Output::Ack(_), None) => {}
                (Output::Ended(end), _) => {
                    over = true;
                    // A CANCEL of theirs has no source kept: it is the table's own affair.
                    if source.is_some() || matches!(entry.key, Key::Ours(_)) {
                        out.push(Effect::Tell(News::Ended { tx, end }));
                    }
                }
            }
        }
        if over { self.remove(tx) } else { self.reschedule(tx) }
    }

    fn insert(&mut self, tx: TxId, machine: Machine, key: Key, hop: Hop, source: Option<Source>) {
        match &key {
            Key::Ours(key) => drop(self.ours.insert(key.clone(), tx)),
            Key::Theirs(key) => drop(self.theirs.insert(key.clone(), tx)),
        }
        self.on.insert((hop, tx));
        self.entries.insert(tx, Entry { machine, key, hop, source, deadline: None });
        self.reschedule(tx);
    }

    fn remove(&mut self, tx: TxId) {
        let Some(entry) = self.entries.remove(&tx) else { return };
        match &entry.key {
            Key::Ours(key) => drop(self.ours.remove(key)),
            Key::Theirs(key) => drop(self.theirs.remove(key)),
        }
        self.on.remove(&(entry.hop, tx));
        if let Some(at) = entry.deadline {
            self.deadlines.remove(&(at, tx));
        }
    }

    fn reschedule(&mut self, tx: TxId) {
        let Some(entry) = self.entries.get_mut(&tx) else { return };
        let deadline = match &entry.machine {
            Machine::InviteClient(machine) => machine.deadline(),
            Machine::Client(machine) => machine.deadline(),
            Machine::InviteServer(machine) => machine.deadline(),
            Machine::Server(machine) => machine.deadline(),
        };
        if entry.deadline != deadline {
            if let Some(at) = entry.deadline {
                self.deadlines.remove(&(at, tx));
            }
            if let Some(at) = deadline {
                self.deadlines.insert((at, tx));
            }
            entry.deadline = deadline;
        }
    }

    fn has_no_room_for(&self, request: &Message) -> bool {
        let begins = matches!(request.method(), Some("INVITE" | "REGISTER" | "OPTIONS" | "SUBSCRIBE"))
            && request.tag("To").is_none();
        self.entries.len() >= self.limit + if begins { 0 } else { RESERVED }
    }
}

/// Where answers to a request of theirs are written to.
fn way_back(request: &Message, source: Source) -> Hop {
    match source.way_back() {
        Hop::Udp(peer) => {
            let peer: SocketAddr = via::answer_address(request, peer);
            Hop::Udp(peer)
        }
        hop => hop,
    }
}

fn medium(hop: Hop) -> Medium {
    match hop {
        Hop::Udp(_) => Medium::Lossy,
        Hop::Tcp(_) | Hop::Flow(_) => Medium::Reliable,
    }
}
