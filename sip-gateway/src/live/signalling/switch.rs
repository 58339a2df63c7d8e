//! The switch: the one task that owns legs, dialogs, rings and registrations. It never waits for
//! anyone: what it sends goes to tasks, what it tells goes to a bounded channel with a backlog.

use crate::call::digits::Way;
use crate::call::fork::Fork;
use crate::call::leg::Input;
use crate::live::config::GatewayConfig;
use crate::live::event::{Devices, GatewayEvent};
use crate::live::plane::{PlaneCommand, PlaneEvent};
use crate::live::signalling::legs::Call;
use crate::live::signalling::stack::{Notice, Stack, code};
use crate::live::signalling::transport::Net;
use crate::live::signalling::{Media, Order, Shared, clock, lock};
use crate::sip::dialog::DialogId;
use crate::sip::dialog::forks::Forks;
use crate::sip::digest::Nonces;
use crate::sip::message::Message;
use crate::sip::registrar::{Hop, Registrar};
use crate::sip::transaction::{End, News, Source, TxId};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use vocabulary::{LegId, Time};

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

/// What the switch reads.
pub struct Inboxes {
    /// Rings and calls out.
    pub orders: mpsc::Receiver<Order>,
    /// Answers, refusals, ends.
    pub urgent: mpsc::Receiver<Order>,
    /// What belongs to something under way.
    pub notices: mpsc::Receiver<Notice>,
    /// Requests that begin something.
    pub incoming: mpsc::Receiver<Notice>,
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
}

/// What a request of ours is for.
pub enum Ours {
    /// It opened this leg.
    Invite {
        /// The leg, which may be over by the time of a late answer.
        leg: LegId,
        /// The dialogs it opens.
        forks: Box<Forks>,
        /// Where it went.
        hop: Hop,
    },
    /// It says that this leg's session lives (RFC 4028).
    Refresh(LegId),
    /// BYE, CANCEL or PRACK: only its end matters.
    Farewell,
}

/// The switch.
pub struct Switch {
    pub(super) config: GatewayConfig,
    pub(super) bound: SocketAddr,
    pub(super) devices: Arc<dyn Devices>,
    pub(super) media: Arc<dyn Media>,
    pub(super) net: Arc<Net>,
    pub(super) stack: Stack,
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
    #[allow(clippy::too_many_arguments, reason = "one owner takes each part in once")]
    pub fn new(
        config: GatewayConfig,
        bound: SocketAddr,
        devices: Arc<dyn Devices>,
        media: Arc<dyn Media>,
        net: Arc<Net>,
        stack: Stack,
        shared: Arc<Shared>,
        events: mpsc::Sender<GatewayEvent>,
    ) -> Switch {
        Switch {
            config,
            bound,
            devices,
            media,
            net,
            stack,
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
            let first = self.deadlines.first().map(|(at, _)| *at);
            let due = first.into_iter().chain(self.stack.deadline()).min().map(|at| self.net.clock.instant(at));
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
                () = until(due), if due.is_some() => self.tick(),
                Some(notice) = inboxes.notices.recv() => self.noticed(notice),
                Some(event) = inboxes.media.recv() => self.media_event(event),
                _ = sweep.tick() => self.sweep(),
                Some(order) = inboxes.orders.recv() => self.order(order),
                Some(notice) = inboxes.incoming.recv() => self.noticed(notice),
            }
            while let Some(news) = self.stack.news() {
                self.heard(news);
            }
            let leaving = self.ours.values().any(|ours| matches!(ours, Ours::Farewell));
            let done = !leaving && self.calls.is_empty() && self.backlog.is_empty();
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

    /// Answers a request of theirs.
    pub(super) fn respond(&mut self, tx: u64, response: Message) {
        self.stack.respond(tx, response);
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
        // Its connection closed while it waited its turn: nobody would hear the answer.
        if let Notice::Received(message, Source { flow: Some(flow), .. }) = &notice
            && message.method().is_some()
            && self.net.flows.get(*flow).is_none()
        {
            return;
        }
        let closed = if let Notice::Closed(flow) = notice { Some(flow) } else { None };
        self.stack.noticed(notice);
        let Some(flow) = closed else { return };
        self.registrar.close(flow);
        self.registrations_changed();
        let on = |call: &&Call| call.flow == Some(flow);
        let legs: Vec<LegId> = self.calls.values().filter(on).map(|call| call.id).collect();
        for leg in legs {
            self.input(leg, Input::FlowClosed);
        }
    }

    /// What the transaction table tells.
    fn heard(&mut self, news: News) {
        match news {
            News::Request { tx, request, source } => self.incoming(tx.0, request, source),
            News::Ack { ack, source } => self.acked(&ack, source),
            News::Cancelled { tx } => {
                if let Some(leg) = self.opened_by(tx.0) {
                    self.input(leg, Input::Cancelled);
                }
            }
            News::Response { tx, response } => self.response(tx.0, &response),
            News::StrayOk { response, hop } => self.stray_ok(&response, hop),
            News::Ended { tx, end } => self.tx_ended(tx, end),
            News::Full { tx } => self.unanswered(tx.0, 503),
        }
    }

    fn tx_ended(&mut self, tx: TxId, end: End) {
        let leg = self.opened_by(tx.0);
        if self.theirs.remove(&tx.0).is_none() {
            return self.unanswered(tx.0, code(end));
        }
        // An INVITE nobody here answered: what waits for it has waited long enough.
        let forgotten = leg.and_then(|leg| self.calls.get(&leg)).is_some_and(|call| call.leg.is_half_open());
        if let (Some(leg), true, End::TimedOut) = (leg, forgotten, end) {
            self.input(leg, Input::HangUp);
        }
    }

    /// A request of ours is over; one that had its answer is told nothing new.
    fn unanswered(&mut self, tx: u64, code: u16) {
        match self.ours.remove(&tx) {
            Some(Ours::Invite { leg, .. }) => self.input(leg, Input::Failed { code }),
            Some(Ours::Refresh(leg)) => self.refresh_failed(leg, code),
            Some(Ours::Farewell) | None => {}
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
            | PlaneEvent::Text { .. }
            | PlaneEvent::TapMarked { .. } => None,
        };
        if let Some(event) = told {
            self.tell(event);
        }
    }

    fn tick(&mut self) {
        self.stack.tick();
        let now = self.now();
        while let Some((at, leg)) = self.deadlines.first().copied() {
            if at > now {
                return;
            }
            self.deadlines.pop_first();
            if let Some(call) = self.calls.get_mut(&leg) {
                call.deadline = None;
            }
            self.due(leg);
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
    }

    /// Gives a leg's media back; a plane too busy now is asked again later.
    pub(super) fn close_media(&mut self, leg: LegId) {
        if matches!(self.media.command(PlaneCommand::Close { leg }), Err(crate::live::plane::PlaneError::Busy)) {
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

    /// An ACK of a 2xx: it belongs to a dialog, not to a transaction (RFC 3261 §13.2.2.4).
    fn acked(&mut self, ack: &Message, source: Source) {
        let leg = DialogId::of_request(ack).and_then(|id| self.dialogs.get(&id).copied());
        let Some(call) = leg.and_then(|leg| self.calls.get_mut(&leg)) else { return };
        if call.flow.is_some() && call.flow != source.flow {
            return;
        }
        let tx = call.dialog.unacked.as_ref().map(|unacked| unacked.tx);
        if !call.dialog.acked(ack) {
            return;
        }
        let (leg, first, sdp) = (call.id, tx == Some(call.invite_tx), ack.sdp().map(str::to_owned));
        self.input(leg, if first { Input::Acked { sdp } } else { Input::OfferAcked { sdp } });
    }

    /// A request that begins something arrived.
    fn incoming(&mut self, tx: u64, request: Message, source: Source) {
        let tag = request.tag("To").map_or_else(|| clock::token(10), str::to_owned);
        let theirs = Theirs { request: request.clone(), tag, leg: None };
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
