//! The switch: the one task that owns legs, dialogs, rings and registrations. It never waits for
//! anyone: what it sends goes to tasks, what it tells goes to a bounded channel with a backlog.

use crate::call::digits::Way;
use crate::call::fork::Fork;
use crate::call::leg::Input;
use crate::live::config::GatewayConfig;
use crate::live::event::{Devices, GatewayEvent};
use crate::live::plane::{PlaneCommand, PlaneEvent};
use crate::live::signalling::legs::Call;
use crate::live::signalling::stack::{Notice, Source};
use crate::live::signalling::transport::Net;
use crate::live::signalling::{Media, Order, Shared, clock, lock};
use crate::sip::dialog::DialogId;
use crate::sip::digest::Nonces;
use crate::sip::message::Message;
use crate::sip::registrar::Registrar;
use rsipstack::transaction::TransactionReceiver;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use vocabulary::{LegId, Span, Time};

/// Events kept for a slow reader; beyond it only beginnings and ends are kept, and new calls
/// refused.
const MAX_BACKLOG: usize = 16_384;
/// The most spent tokens remembered.
const MAX_SPENT: usize = 65_536;
/// How often what ran out is looked for.
const SWEEP: Duration = Duration::from_secs(2);
/// How long BYEs may take at shutdown.
const FAREWELL: Duration = Duration::from_secs(2);
/// How long final answers may take to leave at shutdown; nobody reports that they have.
const LAST_WORDS: Duration = Duration::from_millis(100);
/// A transaction whose final answer could not be sent is ended after this.
const STUCK: Span = Span::seconds(40);

/// What the switch reads.
pub struct Inboxes {
    /// Rings and calls out.
    pub orders: mpsc::Receiver<Order>,
    /// Answers, refusals, ends.
    pub urgent: mpsc::Receiver<Order>,
    /// Transactions and connections.
    pub notices: mpsc::Receiver<Notice>,
    /// Requests that begin something.
    pub incoming: TransactionReceiver,
    /// The plane.
    pub media: mpsc::Receiver<PlaneEvent>,
}

/// A request of theirs under way.
pub struct Theirs {
    /// Its text.
    pub request: Message,
    /// The tag our answers put on To.
    pub tag: String,
    /// The leg it belongs to.
    pub leg: Option<LegId>,
    /// When its final answer went out.
    pub answered: Option<Time>,
}

/// What a request of ours is for.
pub enum Ours {
    /// It opened this leg.
    Invite(LegId),
    /// BYE or CANCEL: only its end matters.
    Farewell,
}

/// The switch.
pub struct Switch {
    pub(super) config: GatewayConfig,
    pub(super) bound: SocketAddr,
    pub(super) devices: Arc<dyn Devices>,
    pub(super) media: Arc<dyn Media>,
    pub(super) net: Arc<Net>,
    pub(super) shared: Arc<Shared>,
    events: mpsc::Sender<GatewayEvent>,
    backlog: VecDeque<GatewayEvent>,
    pub(super) calls: BTreeMap<LegId, Call>,
    pub(super) dialogs: BTreeMap<DialogId, LegId>,
    pub(super) theirs: BTreeMap<u64, Theirs>,
    pub(super) ours: BTreeMap<u64, Ours>,
    pub(super) rings: BTreeMap<LegId, Fork>,
    pub(super) deadlines: BTreeSet<(Time, LegId)>,
    pub(super) registrar: Registrar,
    pub(super) nonces: Nonces,
    /// Citizens' tokens that placed their call.
    spent: BTreeSet<String>,
    /// The same, oldest first.
    spent_order: VecDeque<String>,
    /// Legs the plane was too busy to close.
    pub(super) unclosed: Vec<LegId>,
    pub(super) closing: bool,
}

impl Switch {
    /// A switch with no legs.
    pub fn new(
        config: GatewayConfig,
        bound: SocketAddr,
        devices: Arc<dyn Devices>,
        media: Arc<dyn Media>,
        net: Arc<Net>,
        shared: Arc<Shared>,
        events: mpsc::Sender<GatewayEvent>,
    ) -> Switch {
        Switch {
            config,
            bound,
            devices,
            media,
            net,
            shared,
            events,
            backlog: VecDeque::new(),
            calls: BTreeMap::new(),
            dialogs: BTreeMap::new(),
            theirs: BTreeMap::new(),
            ours: BTreeMap::new(),
            rings: BTreeMap::new(),
            deadlines: BTreeSet::new(),
            registrar: Registrar::default(),
            nonces: Nonces::new(rand::random()),
            spent: BTreeSet::new(),
            spent_order: VecDeque::new(),
            unclosed: Vec::new(),
            closing: false,
        }
    }

    /// Runs until stopped, then says goodbye and closes everything.
    pub async fn run(mut self, mut inboxes: Inboxes, stop: CancellationToken) {
        let mut sweep = tokio::time::interval(SWEEP);
        let (mut farewell, mut quiet) = (None, None);
        loop {
            let due = self.deadlines.first().map(|(at, _)| self.net.clock.instant(*at));
            tokio::select! {
                biased;
                () = stop.cancelled(), if farewell.is_none() => {
                    farewell = Some(tokio::time::Instant::now() + FAREWELL);
                    quiet = Some(tokio::time::Instant::now() + LAST_WORDS);
                    self.say_goodbye();
                }
                () = until(farewell), if farewell.is_some() => break,
                () = until(quiet), if quiet.is_some() => quiet = None,
                permit = self.events.clone().reserve_owned(), if !self.backlog.is_empty() => {
                    match (permit, self.backlog.pop_front()) {
                        (Ok(permit), Some(event)) => drop(permit.send(event)),
                        // Nobody reads any more.
                        _ => self.backlog.clear(),
                    }
                }
                Some(order) = inboxes.urgent.recv() => self.order(order),
                Some(notice) = inboxes.notices.recv() => self.noticed(notice),
                Some(event) = inboxes.media.recv() => self.media_event(event),
                () = until(due), if due.is_some() => self.tick(),
                _ = sweep.tick() => self.sweep(),
                Some(order) = inboxes.orders.recv() => self.order(order),
                Some(tx) = inboxes.incoming.recv() => {
                    if let Some((id, request, source)) = self.net.stack.serve(tx) {
                        self.incoming(id, request, source);
                    }
                }
            }
            let done = self.ours.is_empty() && self.calls.is_empty() && self.backlog.is_empty();
            if farewell.is_some() && quiet.is_none() && done {
                break;
            }
        }
        self.finish(inboxes).await;
    }

    /// Now.
    pub(super) fn now(&self) -> Time {
        self.net.clock.now()
    }

    /// Tells the centre, in order, without waiting for it.
    pub(super) fn tell(&mut self, event: GatewayEvent) {
        if self.backlog.is_empty() {
            if let Err(mpsc::error::TrySendError::Full(event)) = self.events.try_send(event) {
                self.backlog.push_back(event);
            }
            return;
        }
        // What begins and ends is told however late; there are only so many legs and agents.
        let course = matches!(
            event,
            GatewayEvent::Invited { .. }
                | GatewayEvent::Answered { .. }
                | GatewayEvent::Ended { .. }
                | GatewayEvent::Registered { .. }
                | GatewayEvent::Unregistered { .. }
        );
        if course || !self.is_backlogged() {
            self.backlog.push_back(event);
        }
    }

    /// Whether the centre reads too slowly to be given more calls.
    pub(super) fn is_backlogged(&self) -> bool {
        self.backlog.len() >= MAX_BACKLOG
    }

    /// Answers a request of theirs and forgets it, unless an ACK is to come.
    pub(super) fn respond(&mut self, tx: u64, response: Message) {
        let now = self.now();
        if let Some(theirs) = self.theirs.get_mut(&tx)
            && response.code().is_some_and(|code| code >= 200)
        {
            theirs.answered = Some(now);
        }
        self.net.stack.respond(tx, &response);
    }

    /// Whether a citizen's token placed its call already.
    pub(super) fn is_spent(&self, token: &str) -> bool {
        self.spent.contains(token)
    }

    /// Remembers that it did; the oldest are forgotten, as whoever gave them out lets them expire.
    pub(super) fn spend(&mut self, token: String) {
        self.spent_order.push_back(token.clone());
        self.spent.insert(token);
        if self.spent_order.len() > MAX_SPENT
            && let Some(oldest) = self.spent_order.pop_front()
        {
            self.spent.remove(&oldest);
        }
    }

    fn order(&mut self, order: Order) {
        match order {
            Order::Answer(leg) => self.input(leg, Input::Answer),
            Order::Reject(leg, code) if self.calls.contains_key(&leg) => self.input(leg, Input::Reject { code }),
            Order::Reject(leg, _) => self.hang_up(leg),
            Order::EarlyMedia(leg) => self.input(leg, Input::EarlyMedia),
            Order::HangUp(leg) => self.hang_up(leg),
            Order::Ring(leg, agent, about) => self.ring(leg, &agent, &about),
            Order::Dial(leg, number) => self.dial(leg, &number),
        }
    }

    fn noticed(&mut self, notice: Notice) {
        match notice {
            Notice::Acked(tx, ack) => self.acked(tx, &ack),
            Notice::Cancelled(tx) => {
                if let Some(leg) = self.opened_by(tx) {
                    self.input(leg, Input::Cancelled);
                }
            }
            Notice::ServerEnded(tx) => {
                let leg = self.opened_by(tx);
                self.theirs.remove(&tx);
                if let Some(leg) = leg {
                    self.input(leg, Input::NotAcked);
                }
            }
            Notice::Response(tx, response) => self.response(tx, &response),
            Notice::ClientEnded(tx) => {
                if let Some(Ours::Invite(leg)) = self.ours.remove(&tx) {
                    self.input(leg, Input::Failed { code: 408 });
                }
            }
            Notice::StrayOk(response, hop) => self.stray_ok(&response, hop),
            Notice::FlowClosed(flow) => {
                self.registrar.close(flow);
                self.registrations_changed();
                let on = |call: &&Call| call.flow == Some(flow);
                let legs: Vec<LegId> = self.calls.values().filter(on).map(|call| call.id).collect();
                for leg in legs {
                    self.input(leg, Input::FlowClosed);
                }
            }
        }
    }

    fn media_event(&mut self, event: PlaneEvent) {
        let outward = |switch: &Switch, leg: LegId| switch.calls.get(&leg).filter(|c| c.is_told()).map(|c| c.outward);
        let told = match event {
            PlaneEvent::Local { leg, sdp } => return self.input(leg, Input::Local { sdp }),
            PlaneEvent::Refused { leg, .. } => return self.input(leg, Input::MediaRefused),
            PlaneEvent::Digit { leg, digit } => return self.input(leg, Input::Digit { way: Way::Rtp, digit }),
            PlaneEvent::MediaUp { leg } => outward(self, leg).map(|leg| GatewayEvent::MediaUp { leg }),
            PlaneEvent::Played { leg, play } => outward(self, leg).map(|leg| GatewayEvent::Played { leg, play }),
            PlaneEvent::HoldChanged { leg, on } => outward(self, leg).map(|leg| GatewayEvent::HoldChanged { leg, on }),
            PlaneEvent::Gone { leg } | PlaneEvent::Silent { leg } => {
                outward(self, leg).map(|leg| GatewayEvent::MediaSilent { leg })
            }
            PlaneEvent::Stats { .. }
            | PlaneEvent::Heard { .. }
            | PlaneEvent::Quiet { .. }
            | PlaneEvent::TapMarked { .. } => None,
        };
        if let Some(event) = told {
            self.tell(event);
        }
    }

    fn tick(&mut self) {
        let now = self.now();
        while let Some((at, leg)) = self.deadlines.first().copied() {
            if at > now {
                return;
            }
            self.deadlines.pop_first();
            self.input(leg, Input::Tick);
        }
    }

    fn sweep(&mut self) {
        let now = self.now();
        self.registrar.expire(now);
        self.registrations_changed();
        self.nonces.forget(now);
        lock(&self.net.door).forget(now);
        for leg in std::mem::take(&mut self.unclosed) {
            self.close_media(leg);
        }
        let stuck = |t: &Theirs| t.answered.is_some_and(|at| now.since(at) > STUCK);
        for (tx, _) in self.theirs.iter().filter(|(_, t)| stuck(t)) {
            self.net.stack.abort(*tx);
        }
    }

    /// Gives a leg's media back; a plane too busy now is asked again later.
    pub(super) fn close_media(&mut self, leg: LegId) {
        if matches!(
            self.media.command(PlaneCommand::Close { leg }),
            Err(crate::live::plane::PlaneError::Busy)
        ) {
            self.unclosed.push(leg);
        }
    }

    fn say_goodbye(&mut self) {
        self.closing = true;
        let legs: Vec<LegId> = self.calls.keys().copied().collect();
        for leg in legs {
            self.input(leg, Input::HangUp);
        }
    }

    async fn finish(self, inboxes: Inboxes) {
        drop(inboxes);
        self.net.end.cancel();
        self.net.tracker.close();
        let media = self.media.clone();
        // Joining threads blocks; a panic in there was printed by its thread.
        let _ = tokio::task::spawn_blocking(move || media.shutdown()).await;
    }

    /// The leg this request of theirs opened.
    fn opened_by(&self, tx: u64) -> Option<LegId> {
        let leg = self.theirs.get(&tx)?.leg?;
        self.calls.get(&leg).filter(|call| call.invite_tx == tx).map(|call| call.id)
    }

    fn acked(&mut self, tx: u64, ack: &Message) {
        let sdp = ack.sdp().map(str::to_owned);
        let leg = self.theirs.get(&tx).and_then(|theirs| theirs.leg);
        match (self.opened_by(tx), leg) {
            (Some(leg), _) => self.input(leg, Input::Acked { sdp }),
            (None, Some(leg)) => self.input(leg, Input::OfferAcked { sdp }),
            (None, None) => {}
        }
    }

    /// A request that begins something arrived.
    fn incoming(&mut self, tx: u64, request: Message, source: Source) {
        let tag = request.tag("To").map_or_else(|| clock::token(10), str::to_owned);
        let theirs = Theirs { request: request.clone(), tag, leg: None, answered: None };
        self.theirs.insert(tx, theirs);
        self.request(tx, &request, source);
    }
}

async fn until(at: Option<tokio::time::Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}
