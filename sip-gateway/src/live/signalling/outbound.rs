//! Calls of ours: ringing an agent's devices, calling a number outside.

use crate::call::fork::Fork;
use crate::call::leg::{Effect, Leg};
use crate::live::config::TrunkTransport;
use crate::live::event::{GatewayEvent, Ringing};
use crate::live::signalling::clock;
use crate::live::signalling::legs::{Call, LegKind};
use crate::live::signalling::switch::Switch;
use crate::sip::address;
use crate::sip::dialog::Dialog;
use crate::sip::message::Message;
use crate::sip::registrar::{FlowId, Hop};
use vocabulary::{AgentName, EndCause, LegId};

/// The longest number dialled.
const MAX_NUMBER: usize = 32;

/// Where a call of ours goes and what it says.
struct Target<'a> {
    id: LegId,
    outward: LegId,
    kind: LegKind,
    hop: Hop,
    flow: Option<FlowId>,
    uri: &'a str,
    /// Our name-addr.
    from: String,
    /// Headers beyond the ordinary.
    extra: Message,
}

impl Switch {
    /// Rings every device of an agent.
    pub(super) fn ring(&mut self, leg: LegId, agent: &AgentName, about: &Ringing) {
        let now = self.now();
        let mut devices = self.registrar.devices(now, agent);
        // A binding whose connection has just closed cannot be rung (trap R3).
        devices.retain(|d| !matches!(d.hop, Hop::Flow(flow) if self.net.flows.get(flow).is_none()));
        if devices.is_empty() || self.cannot_call(leg) {
            return self.failed_at_once(leg, 480);
        }
        let branches: Vec<LegId> = devices.iter().map(|_| self.net.clock.leg()).collect();
        self.rings.insert(leg, Fork::new(&branches));
        for (id, device) in branches.into_iter().zip(devices) {
            let name = address::display(&about.shown_as);
            let from = format!("\"{name}\" <sip:hctc@{}>", self.host(device.hop));
            let extra = Message::request("INVITE", &device.contact).with("X-Contact", &about.contact.to_string());
            let (kind, hop, flow) = (LegKind::Agent, device.hop, device.flow);
            self.call(Target { id, outward: leg, kind, hop, flow, uri: &device.contact, from, extra });
        }
    }

    /// Calls a number by the trunk.
    pub(super) fn dial(&mut self, leg: LegId, number: &str) {
        let clean = !number.is_empty()
            && number.len() <= MAX_NUMBER
            && number.bytes().enumerate().all(|(at, b)| b.is_ascii_digit() || (b == b'+' && at == 0));
        let Some(trunk) = self.config.trunk.clone().filter(|_| clean) else {
            return self.failed_at_once(leg, 404);
        };
        if self.cannot_call(leg) {
            return self.failed_at_once(leg, 503);
        }
        let hop = match trunk.transport {
            TrunkTransport::Udp => Hop::Udp(trunk.address),
            TrunkTransport::Tcp => Hop::Tcp(trunk.address),
        };
        let uri = format!("sip:{number}@{}", trunk.address);
        let from = format!("<sip:{}@{}>", trunk.from, self.host(hop));
        let extra = Message::request("INVITE", &uri);
        let kind = LegKind::Outside;
        self.call(Target { id: leg, outward: leg, kind, hop, flow: None, uri: &uri, from, extra });
    }

    fn call(&mut self, target: Target<'_>) {
        let Target { id, outward, kind, hop, flow, uri, from, extra } = target;
        let tag = clock::token(10);
        let contact = self.contact(hop);
        let call_id = format!("{}@{}", clock::token(20), self.host(hop).ip());
        let dialog = Dialog::to_invite(&call_id, &from, &tag, &format!("<{uri}>"), uri, &contact);
        let mut effects: Vec<Effect> = Vec::new();
        let leg = Leg::calling(&mut effects);
        let call = Call {
            id,
            outward,
            leg,
            kind,
            hop,
            // A phone call outlives its TCP connection; a browser call does not outlive its socket.
            flow: flow.filter(|_| matches!(hop, Hop::Flow(_))),
            invite: extra.with("User-Agent", "hctc"),
            invite_tx: 0,
            tag,
            dialog,
            ack: None,
            arrival: None,
            told: id == outward,
            early_answer: None,
            local_sdp: None,
            allows_update: false,
            min_se: None,
            deadline: None,
        };
        self.begin(call, effects);
    }

    /// Whether there is no room, or the id is taken.
    fn cannot_call(&self, leg: LegId) -> bool {
        let taken = self.calls.contains_key(&leg) || self.rings.contains_key(&leg);
        taken || self.closing || self.calls.len() >= self.config.limits.legs
    }

    fn failed_at_once(&mut self, leg: LegId, code: u16) {
        let cause = match code {
            404 => EndCause::UnknownNumber,
            503 => EndCause::Busy,
            _ => EndCause::Lost,
        };
        self.tell(GatewayEvent::Ended { leg, by_far_end: false, cause, code });
    }
}
