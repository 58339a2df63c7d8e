//! Carrying out what the pure legs decide: sending, asking the plane, telling the centre.

use crate::call::fork::Decision;
use crate::call::leg::{Ask, Effect, Input, Leg, News, TxId};
use crate::live::event::{GatewayEvent, Origin};
use crate::live::plane::{MediaKind, PlaneCommand};
use crate::live::signalling::switch::{Ours, Switch};
use crate::live::signalling::{clock, inside, lock};
use crate::sip::address::{self, Dialled};
use crate::sip::check::ALLOW;
use crate::sip::dialog::expiry::{Asked, Expiry};
use crate::sip::dialog::forks::Forks;
use crate::sip::dialog::reliable::Reliable;
use crate::sip::dialog::unacked::Unacked;
use crate::sip::dialog::{Dialog, DialogId};
use crate::sip::message::Message;
use crate::sip::registrar::{FlowId, Hop};
use std::net::{IpAddr, SocketAddr};
use vocabulary::{CallerNumber, LegId, Time};

/// What kind of far end a leg has; a label of the metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LegKind {
    /// A citizen's phone.
    Phone,
    /// A citizen's browser.
    Web,
    /// An agent's device.
    Agent,
    /// A number outside, called by us.
    Outside,
}

/// What is told about a call once it can have media.
#[derive(Clone)]
pub struct Arrival {
    /// Who calls.
    pub caller: CallerNumber,
    /// What was dialled.
    pub dialled: Dialled,
    /// The way it came.
    pub origin: Origin,
}

/// A leg and everything around it.
pub struct Call {
    /// Its id, and the plane's.
    pub id: LegId,
    /// The id the centre knows: another one for a branch of a ring.
    pub outward: LegId,
    /// What decides.
    pub leg: Leg,
    /// What it is.
    pub kind: LegKind,
    /// How requests of ours reach the far end.
    pub hop: Hop,
    /// The connection the leg lives and dies with.
    pub flow: Option<FlowId>,
    /// The INVITE that opened it, theirs or ours.
    pub invite: Message,
    /// Its transaction.
    pub invite_tx: u64,
    /// Our tag.
    pub tag: String,
    /// The dialog; of our own INVITE without remote tag until answered.
    pub dialog: Dialog,
    /// Kept for repetitions of their 2xx.
    pub ack: Option<Message>,
    /// What is told when it can have media.
    pub arrival: Option<Arrival>,
    /// Whether the centre knows of it.
    pub told: bool,
    /// Their description in a reliable 1xx: the answer, where the 2xx has none (RFC 3262 §5).
    pub early_answer: Option<String>,
    /// Our last description, as it stands on the wire.
    pub local_sdp: Option<String>,
    /// Whether they take UPDATE.
    pub allows_update: bool,
    /// The interval a 422 asked for.
    pub min_se: Option<u32>,
    /// When it is ticked.
    pub deadline: Option<Time>,
}

impl Call {
    /// Whether the centre knows of it and was not told its end.
    pub fn is_told(&self) -> bool {
        self.told && !self.leg.has_ended()
    }
}

impl LegKind {
    fn label(self) -> &'static str {
        match self {
            LegKind::Phone => "phone",
            LegKind::Web => "web",
            LegKind::Agent => "agent",
            LegKind::Outside => "outside",
        }
    }
}

impl Switch {
    /// Puts a new leg in place and carries out its first effects.
    pub(super) fn begin(&mut self, call: Call, effects: Vec<Effect>) {
        let id = call.id;
        metrics::gauge!("legs", "kind" => call.kind.label()).increment(1.0);
        self.calls.insert(id, call);
        self.carry_out(id, effects);
    }

    /// Gives a leg an input; one that is over takes none.
    pub(super) fn input(&mut self, id: LegId, input: Input) {
        let now = self.now();
        let Some(call) = self.calls.get_mut(&id) else { return };
        let mut effects = Vec::new();
        call.leg.handle(now, input, &mut effects);
        self.carry_out(id, effects);
    }

    /// Ends a leg or a whole ring, by the id the centre knows.
    pub(super) fn hang_up(&mut self, leg: LegId) {
        let Some(ring) = self.rings.get(&leg) else { return self.input(leg, Input::HangUp) };
        if let Some(winner) = ring.winner() {
            return self.input(winner, Input::HangUp);
        }
        let branches = ring.open();
        self.rings.remove(&leg);
        for branch in branches {
            self.input(branch, Input::HangUp);
        }
        let cause = vocabulary::EndCause::Normal;
        self.tell(GatewayEvent::Ended { leg, by_far_end: false, cause, code: 0 });
    }

    /// An answer to a request of ours.
    pub(super) fn response(&mut self, tx: u64, response: &Message) {
        let Some(code) = response.code() else { return };
        let leg = match self.ours.get(&tx) {
            Some(Ours::Invite { leg, .. }) => *leg,
            Some(Ours::Refresh(leg)) => {
                let leg = *leg;
                return self.refreshed(tx, leg, response);
            }
            Some(Ours::Farewell) if code >= 200 => return drop(self.ours.remove(&tx)),
            Some(Ours::Farewell) => return,
            // A refresh that had its 2xx, once more: its ACK was lost.
            None => return self.acknowledge_again(response),
        };
        match code {
            100..=199 => self.provisional(tx, leg, code, response),
            200..=299 => self.accepted(tx, leg, response),
            422 if self.asks_longer(tx, leg, response) => {}
            _ => self.input(leg, Input::Failed { code }),
        }
    }

    /// Sends the ACK of a dialog's last 2xx again.
    fn acknowledge_again(&mut self, response: &Message) {
        let id = DialogId::of_response(response).filter(|_| response.code().is_some_and(|c| c >= 200));
        let call = id.and_then(|id| self.calls.get(self.dialogs.get(&id)?));
        if let Some((ack, hop)) = call.and_then(|call| Some((call.ack.clone()?, call.hop))) {
            self.stack.send_once(&ack, hop);
        }
    }

    /// A 2xx whose transaction is over. A repetition gets its ACK again; another device behind the
    /// same address that answered too gets ACK and BYE (RFC 3261 §13.2.2.4).
    pub(super) fn stray_ok(&mut self, response: &Message, hop: Hop) {
        let Some(id) = DialogId::of_response(response) else { return };
        if self.dialogs.contains_key(&id) {
            return self.acknowledge_again(response);
        }
        let first = DialogId { remote_tag: String::new(), ..id.clone() };
        let same = |d: &DialogId| d.call_id == id.call_id && d.local_tag == id.local_tag;
        let sibling = self.dialogs.range(first..).next().filter(|(d, _)| same(d)).map(|(_, leg)| *leg);
        let Some(call) = sibling.and_then(|leg| self.calls.get(&leg)) else { return };
        let mut dialog = call.dialog.clone();
        dialog.confirm(response);
        let (ack, bye) = (dialog.ack(), dialog.request("BYE"));
        self.acknowledge_and_end(ack, Some(bye), hop);
    }

    /// Decides where requests of ours go inside a leg's dialog: devices and browsers where they are
    /// heard from, trunks by their route or Contact where that is an address.
    pub(super) fn route(&mut self, id: LegId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        if matches!(call.kind, LegKind::Agent | LegKind::Web) || matches!(call.hop, Hop::Flow(_)) {
            return;
        }
        let uri = call.dialog.next_uri();
        let Some((host, port)) = address::host_port(uri) else { return };
        let Ok(ip) = host.trim_matches(['[', ']']).parse::<IpAddr>() else { return };
        if ip.is_unspecified() || ip.is_multicast() {
            return;
        }
        let to = SocketAddr::new(ip, port.unwrap_or(5060));
        let tcp = address::uri_param(uri, "transport").is_some_and(|t| t.eq_ignore_ascii_case("tcp"));
        call.hop = match call.hop {
            Hop::Tcp(_) => return,
            _ if tcp => Hop::Tcp(to),
            _ => Hop::Udp(to),
        };
    }

    /// Puts a Via of its own on a request.
    pub(super) fn with_via(&self, request: Message, hop: Hop) -> Message {
        let transport = match hop {
            Hop::Udp(_) => "UDP",
            Hop::Tcp(_) => "TCP",
            Hop::Flow(_) => "WS",
        };
        let via = format!("SIP/2.0/{transport} {};branch=z9hG4bK{};rport", self.host(hop), clock::token(16));
        request.with_first("Via", &via)
    }

    /// Our Contact as the far end should use it.
    pub(super) fn contact(&self, hop: Hop) -> String {
        let transport = match hop {
            Hop::Udp(_) => "",
            Hop::Tcp(_) => ";transport=tcp",
            Hop::Flow(_) => ";transport=ws",
        };
        format!("<sip:hctc@{}{transport}>", self.host(hop))
    }

    /// Our host and port as this far end sees them.
    pub(super) fn host(&self, hop: Hop) -> SocketAddr {
        let peer = match hop {
            Hop::Udp(peer) | Hop::Tcp(peer) => Some(peer),
            Hop::Flow(id) => self.net.flows.get(id).map(|flow| flow.peer),
        };
        let bound = Some(self.bound.ip()).filter(|ip| !ip.is_unspecified());
        let ip = self.config.advertised_ip.or(bound).or_else(|| peer.and_then(towards));
        SocketAddr::new(ip.unwrap_or(self.bound.ip()), self.bound.port())
    }

    fn carry_out(&mut self, id: LegId, effects: Vec<Effect>) {
        let mut refused = false;
        for effect in effects {
            match effect {
                Effect::Media(ask) => refused |= !self.ask(id, ask),
                Effect::Respond { code, sdp } => self.respond_to_invite(id, code, sdp.as_deref()),
                Effect::Reply { tx, code, sdp } => self.reply(id, tx, code, sdp.as_deref()),
                Effect::Invite { sdp } => self.send_invite(id, &sdp),
                Effect::Cancel => self.send_cancel(id),
                Effect::Ack => self.send_ack(id),
                Effect::Bye => self.send_bye(id),
                Effect::Tell(news) => self.news(id, news),
            }
        }
        if refused {
            self.input(id, Input::MediaRefused);
        }
        self.settle(id);
    }

    /// Keeps the timetable, and removes a leg of which nothing is expected.
    pub(super) fn settle(&mut self, id: LegId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let deadline = call.leg.deadline().into_iter().chain(call.dialog.deadline()).min();
        if call.deadline != deadline {
            if let Some(at) = call.deadline.take() {
                self.deadlines.remove(&(at, id));
            }
            if let Some(at) = deadline {
                self.deadlines.insert((at, id));
            }
            call.deadline = deadline;
        }
        if call.leg.is_over()
            && let Some(call) = self.calls.remove(&id)
        {
            self.dialogs.remove(&call.dialog.id);
        }
    }

    /// Asks the plane; gives whether it took the order.
    pub(super) fn ask(&mut self, leg: LegId, ask: Ask) -> bool {
        let Some(call) = self.calls.get(&leg) else { return true };
        let command = match ask {
            Ask::Open => {
                let kind = if matches!(call.hop, Hop::Flow(_)) { MediaKind::WebRtc } else { MediaKind::Rtp };
                PlaneCommand::Open { leg, kind }
            }
            Ask::Offer => PlaneCommand::Offer { leg },
            Ask::Answer { sdp } => PlaneCommand::Answer { leg, sdp },
            Ask::SetAnswer { sdp } => PlaneCommand::SetAnswer { leg, sdp },
            Ask::Reoffer { sdp } => PlaneCommand::Reoffer { leg, sdp },
            Ask::Restart => PlaneCommand::Restart { leg },
            Ask::Close => {
                metrics::gauge!("legs", "kind" => call.kind.label()).decrement(1.0);
                self.close_media(leg);
                return true;
            }
        };
        self.media.command(command).is_ok()
    }

    fn respond_to_invite(&mut self, id: LegId, code: u16, sdp: Option<&str>) {
        let now = self.now();
        let Some(call) = self.calls.get_mut(&id) else { return };
        let (tx, hop) = (call.invite_tx, call.hop);
        let mut response = Message::response(&call.invite, code, &call.tag);
        if (101..300).contains(&code) {
            response = response.with("Contact", &call.dialog.contact).with("Allow", ALLOW);
        }
        if code == 503 {
            response = response.with("Retry-After", "5");
        }
        let reliable = (101..200).contains(&code) && Reliable::wanted(&call.invite);
        // An offer of ours in a reliable 1xx would be answered in the PRACK; it waits for the 2xx.
        let sdp = sdp.filter(|_| !reliable || call.invite.sdp().is_some());
        if (200..300).contains(&code) {
            response = inside::agree(now, hop, &mut call.dialog, Asked::of(&call.invite), response);
        }
        if let Some(sdp) = sdp {
            call.local_sdp = Some(sdp.to_owned());
            response = response.with_body("application/sdp", sdp);
        }
        if reliable {
            if let Some(text) = call.dialog.reliable.send(now, rand::random(), response) {
                self.respond_text(tx, &text);
            }
            return;
        }
        if code >= 200 {
            call.dialog.reliable.finish();
        }
        if (200..300).contains(&code) {
            let seq = call.invite.cseq().map_or(0, |(seq, _)| seq);
            call.dialog.unacked = Some(Unacked::new(now, tx, seq, response.to_string().into()));
        }
        self.respond(tx, response);
    }

    fn reply(&mut self, id: LegId, tx: TxId, code: u16, sdp: Option<&str>) {
        let now = self.now();
        let Some(theirs) = self.theirs.get(&tx.0) else { return };
        let mut response = Message::response(&theirs.request, code, &theirs.tag);
        let Some(call) = self.calls.get_mut(&id) else { return self.respond(tx.0, response) };
        let invite = theirs.request.method() == Some("INVITE");
        let refreshes = invite || theirs.request.method() == Some("UPDATE");
        if refreshes && (invite || theirs.request.sdp().is_some()) {
            call.dialog.offers.settled();
        }
        if code == 200 && refreshes {
            call.dialog.retarget(&theirs.request);
            response = response.with("Contact", &call.dialog.contact).with("Allow", ALLOW);
            response = inside::agree(now, call.hop, &mut call.dialog, Asked::of(&theirs.request), response);
        }
        if code == 500 {
            // RFC 3261 §14.2: a random moment within ten seconds; any will do.
            response = response.with("Retry-After", "2");
        }
        if let Some(sdp) = sdp {
            call.local_sdp = Some(sdp.to_owned());
            response = response.with_body("application/sdp", sdp);
        }
        if code == 200 && invite {
            let seq = theirs.request.cseq().map_or(0, |(seq, _)| seq);
            call.dialog.unacked = Some(Unacked::new(now, tx.0, seq, response.to_string().into()));
        }
        self.respond(tx.0, response);
    }

    pub(super) fn send_invite(&mut self, id: LegId, sdp: &str) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let hop = call.hop;
        let mut invite = call.dialog.request("INVITE").with("Allow", ALLOW);
        // What the ring or the call out prepared: X-Contact, identity.
        for name in ["X-Contact", "User-Agent"] {
            if let Some(value) = call.invite.header(name) {
                invite = invite.with(name, value);
            }
        }
        if call.kind == LegKind::Outside {
            invite = Expiry::offer(invite, call.min_se).with("Supported", "100rel");
        }
        call.local_sdp = Some(sdp.to_owned());
        let forks = Box::new(Forks::new(call.dialog.clone()));
        let invite = self.with_via(invite.with_body("application/sdp", sdp), hop);
        let tx = self.stack.send(invite.clone(), hop);
        self.ours.insert(tx, Ours::Invite { leg: id, forks, hop });
        if let Some(call) = self.calls.get_mut(&id) {
            (call.invite, call.invite_tx) = (invite, tx);
        }
    }

    fn send_cancel(&mut self, id: LegId) {
        let Some(tx) = self.calls.get(&id).map(|call| call.invite_tx) else { return };
        if let Some(cancel) = self.stack.cancel(tx) {
            self.ours.insert(cancel, Ours::Farewell);
        }
    }

    pub(super) fn send_ack(&mut self, id: LegId) {
        let Some(call) = self.calls.get(&id) else { return };
        let hop = call.hop;
        let ack = self.with_via(call.dialog.ack(), hop);
        self.stack.send_once(&ack, hop);
        if let Some(call) = self.calls.get_mut(&id) {
            call.ack = Some(ack);
        }
    }

    fn send_bye(&mut self, id: LegId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let hop = call.hop;
        let bye = call.dialog.request("BYE");
        let bye = self.with_via(bye, hop);
        self.farewell(bye, hop);
    }

    /// Sends a request whose answer changes nothing.
    pub(super) fn farewell(&mut self, request: Message, hop: Hop) {
        let tx = self.stack.send(request, hop);
        self.ours.insert(tx, Ours::Farewell);
    }

    fn news(&mut self, id: LegId, news: News) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let leg = call.outward;
        if leg != id && self.rings.get(&leg).is_none_or(|ring| ring.winner() != Some(id)) {
            return self.branch_news(leg, id, news);
        }
        let event = match news {
            News::Invited => {
                call.told = true;
                let Some(Arrival { caller, dialled, origin }) = call.arrival.take() else { return };
                GatewayEvent::Invited { leg, caller, dialled, origin }
            }
            News::Ringing => GatewayEvent::Ringing { leg },
            News::Answered => GatewayEvent::Answered { leg },
            News::Digit(digit) => GatewayEvent::Digit { leg, digit },
            News::Ended { by_far_end, cause, code } => {
                self.rings.remove(&leg);
                lock(&self.shared.aliases).remove(&leg);
                GatewayEvent::Ended { leg, by_far_end, cause, code }
            }
        };
        self.tell(event);
    }

    /// News of a branch that has not won.
    fn branch_news(&mut self, leg: LegId, branch: LegId, news: News) {
        let Some(ring) = self.rings.get_mut(&leg) else { return };
        let decision = match news {
            News::Ringing => ring.ringing(),
            News::Answered => ring.answered(branch),
            News::Ended { code, .. } => ring.failed(branch, code),
            News::Invited | News::Digit(_) => Decision::Wait,
        };
        match decision {
            Decision::Wait => {}
            Decision::Ringing => self.tell(GatewayEvent::Ringing { leg }),
            Decision::Won { call_off } => {
                lock(&self.shared.aliases).insert(leg, branch);
                if let Some(call) = self.calls.get_mut(&branch) {
                    call.told = true;
                }
                self.tell(GatewayEvent::Answered { leg });
                for other in call_off {
                    self.input(other, Input::HangUp);
                }
            }
            Decision::Failed { call_off, code } => {
                self.rings.remove(&leg);
                for other in call_off {
                    self.input(other, Input::HangUp);
                }
                let cause = crate::call::cause::of_code(code);
                self.tell(GatewayEvent::Ended { leg, by_far_end: true, cause, code });
            }
        }
    }
}

/// The address of ours that packets to `peer` leave from. Connecting a datagram socket sends nothing.
fn towards(peer: SocketAddr) -> Option<IpAddr> {
    let any: SocketAddr = if peer.is_ipv4() { ([0; 4], 0).into() } else { ([0u16; 8], 0).into() };
    let socket = std::net::UdpSocket::bind(any).ok()?;
    socket.connect(peer).ok()?;
    Some(socket.local_addr().ok()?.ip())
}
