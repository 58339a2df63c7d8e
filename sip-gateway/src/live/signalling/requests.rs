//! What far ends ask: new calls, and everything inside a call.

use crate::call::digits::{Way, of_info};
use crate::call::leg::{Effect, Input, Leg, TxId};
use crate::live::event::{Origin, WebIdentity};
use crate::live::signalling::clock;
use crate::live::signalling::flows::FlowKind;
use crate::live::signalling::legs::{Arrival, Call, LegKind};
use crate::live::signalling::switch::Switch;
use crate::sip::address::{self, Address, Dialled};
use crate::sip::check::ALLOW;
use crate::sip::dialog::expiry::{Asked, MIN_SE};
use crate::sip::dialog::{Dialog, DialogId};
use crate::sip::digest::{Algorithm, Check, Credentials, Stored};
use crate::sip::message::Message;
use crate::sip::transaction::Source;
use vocabulary::{CallerNumber, LegId, Presentation};

/// Why an INVITE is not taken: code, and label of the metric.
struct No(u16, &'static str);

impl Switch {
    /// A request that begins a transaction.
    pub(super) fn request(&mut self, tx: u64, request: &Message, source: Source) {
        let method = request.method().unwrap_or_default();
        if method == "REGISTER" {
            return self.register(tx, request, source);
        }
        if let Some(id) = DialogId::of_request(request) {
            return self.in_dialog(tx, request, source, &id);
        }
        match method {
            "INVITE" => self.invite(tx, request, source),
            "OPTIONS" => self.refuse(tx, 200),
            "BYE" | "INFO" | "UPDATE" | "PRACK" | "NOTIFY" => self.refuse(tx, 481),
            _ => self.refuse(tx, 405),
        }
    }

    /// Answers with a code and nothing that a code does not bring along.
    pub(super) fn refuse(&mut self, tx: u64, code: u16) {
        let Some(theirs) = self.theirs.get(&tx) else { return };
        let mut response = Message::response(&theirs.request, code, &theirs.tag);
        if matches!(code, 200 | 405) {
            response = response.with("Allow", ALLOW).with("Accept", "application/sdp");
        }
        if code == 503 {
            response = response.with("Retry-After", "5");
        }
        if code == 422 {
            response = response.with("Min-SE", &MIN_SE.to_string());
        }
        self.respond(tx, response);
    }

    fn invite(&mut self, tx: u64, invite: &Message, source: Source) {
        match self.admit(tx, invite, source) {
            Ok(()) => {}
            Err(None) => {}
            Err(Some(No(code, reason))) => {
                metrics::counter!("sip_refused_total", "reason" => reason).increment(1);
                self.refuse(tx, code);
            }
        }
    }

    /// Takes an INVITE in that passed the door; `Err(None)` where it was answered already.
    fn admit(&mut self, tx: u64, invite: &Message, source: Source) -> Result<(), Option<No>> {
        let no = |code, reason| Err(Some(No(code, reason)));
        match Asked::of(invite) {
            Asked::TooSmall => return no(422, "interval"),
            Asked::Malformed => return no(400, "interval"),
            Asked::Nothing | Asked::Timer(_) => {}
        }
        let arrival = self.authorise(tx, invite, source)?;
        let half_open = self.calls.values().filter(|c| c.leg.is_half_open()).count();
        let full = half_open >= self.config.limits.half_open || self.calls.len() >= self.config.limits.legs;
        if self.closing || full || self.is_backlogged() {
            return no(503, "full");
        }
        let (tag, contact) = (clock::token(10), self.contact(source.hop));
        let Some(dialog) = Dialog::from_invite(invite, &tag, &contact) else {
            return no(400, "contact");
        };
        if let Some(token) = self.token_of(source) {
            self.spend(token);
        }
        self.refuse(tx, 100);
        let id = self.net.clock.leg();
        let kind = if arrival.origin == Origin::WebCitizen { LegKind::Web } else { LegKind::Phone };
        if let Some(theirs) = self.theirs.get_mut(&tx) {
            theirs.leg = Some(id);
        }
        self.dialogs.insert(dialog.id.clone(), id);
        let mut effects: Vec<Effect> = Vec::new();
        let leg = Leg::arriving(invite.sdp(), &mut effects);
        let call = Call {
            id,
            outward: id,
            leg,
            kind,
            hop: source.hop,
            flow: source.flow.filter(|_| kind == LegKind::Web),
            invite: invite.clone(),
            invite_tx: tx,
            tag,
            dialog,
            ack: None,
            arrival: Some(arrival),
            told: false,
            early_answer: None,
            local_sdp: None,
            allows_update: invite.has_token("Allow", "UPDATE"),
            min_se: None,
            deadline: None,
        };
        self.begin(call, effects);
        self.route(id);
        Ok(())
    }

    /// Who may call: a citizen's page its one number, once in its token's life; the trunk anything; agents' devices
    /// nothing yet, and only after proving who they are.
    fn authorise(&mut self, tx: u64, invite: &Message, source: Source) -> Result<Arrival, Option<No>> {
        let no = |code, reason| Err(Some(No(code, reason)));
        let dialled = Dialled::from_uri(invite.uri().unwrap_or_default());
        let flow = source.flow.and_then(|id| self.net.flows.get(id));
        match flow.map(|f| f.kind) {
            Some(FlowKind::Web(WebIdentity::Agent(_))) => return no(403, "agent"),
            Some(FlowKind::Web(WebIdentity::Citizen { number, token })) => {
                if number != dialled || self.is_spent(&token) {
                    return no(403, "token");
                }
                let caller = CallerNumber { number: None, presentation: Presentation::Unavailable };
                return Ok(Arrival { caller, dialled, origin: Origin::WebCitizen });
            }
            Some(FlowKind::Tcp) | None => {}
        }
        let from = invite.header("From").and_then(|v| address::user(Address::parse(v)?.uri));
        if from.is_some_and(|user| self.devices.find(&user).is_some()) {
            self.prove(tx, invite)?;
            return no(403, "agent");
        }
        if !self.net.is_trunk(source.peer.ip()) {
            return no(403, "source");
        }
        Ok(Arrival { caller: address::caller(invite), dialled, origin: Origin::Phone })
    }

    /// Digest for a request outside REGISTER: challenged with 401, as we are the server asked.
    fn prove(&mut self, tx: u64, request: &Message) -> Result<(), Option<No>> {
        let now = self.now();
        let given = request.header("Authorization").and_then(Credentials::parse);
        let found = given.as_ref().map(|given| {
            let device = self.devices.find(&given.user);
            let method = request.method().unwrap_or_default();
            let sha256 = self.devices.ha1_sha256(&given.user);
            let stored = Stored { md5: device.as_ref().map(|d| d.ha1_md5.as_str()), sha256: sha256.as_deref() };
            self.nonces.check(now, &self.config.realm, method, stored, given)
        });
        if found == Some(Check::Good) {
            return Ok(());
        }
        self.challenge(tx, found == Some(Check::Stale));
        Err(None)
    }

    /// 401 with a fresh nonce: by SHA-256 too, and first, for a device whose secret is kept that way.
    pub(super) fn challenge(&mut self, tx: u64, stale: bool) {
        let Some(theirs) = self.theirs.get(&tx) else { return };
        let from = theirs.request.header("From").and_then(|v| address::user(Address::parse(v)?.uri));
        let better = from.and_then(|user| self.devices.ha1_sha256(&user)).map(|_| Algorithm::Sha256);
        let now = self.now();
        let mut response = Message::response(&theirs.request, 401, &theirs.tag);
        for algorithm in better.into_iter().chain([Algorithm::Md5]) {
            let challenge = self.nonces.challenge(now, rand::random(), &self.config.realm, stale, algorithm);
            response = response.with("WWW-Authenticate", &challenge);
        }
        self.respond(tx, response);
    }

    fn token_of(&self, source: Source) -> Option<String> {
        match self.net.flows.get(source.flow?)?.kind {
            FlowKind::Web(WebIdentity::Citizen { token, .. }) => Some(token),
            _ => None,
        }
    }

    fn in_dialog(&mut self, tx: u64, request: &Message, source: Source, id: &DialogId) {
        let leg = self.dialogs.get(id).copied();
        let Some(call) = leg.and_then(|leg| self.calls.get_mut(&leg)) else {
            return self.refuse(tx, 481);
        };
        // A dialog on a WebSocket belongs to that socket: tags are not proof of identity.
        let elsewhere = call.flow.is_some() && call.flow != source.flow;
        if elsewhere || (call.leg.has_ended() && request.method() != Some("BYE")) {
            return self.refuse(tx, 481);
        }
        if !request.cseq().is_some_and(|(seq, _)| call.dialog.follows(seq)) {
            return self.refuse(tx, 500);
        }
        let leg = call.id;
        if let Some(theirs) = self.theirs.get_mut(&tx) {
            theirs.leg = Some(leg);
        }
        self.inside(tx, request, leg);
    }

    fn inside(&mut self, tx: u64, request: &Message, leg: LegId) {
        let method = request.method().unwrap_or_default();
        match method {
            "INVITE" | "UPDATE" if !self.may_offer(tx, request, leg) => {}
            "INVITE" | "UPDATE" => {
                let sdp = request.sdp().map(str::to_owned);
                self.input(leg, Input::Offered { tx: TxId(tx), invite: method == "INVITE", sdp });
            }
            "PRACK" => self.prack(tx, request, leg),
            "BYE" => self.input(leg, Input::Bye { tx: TxId(tx) }),
            "INFO" => {
                let digit = request.header("Content-Type").and_then(|kind| of_info(kind, &request.body));
                // An empty INFO asks only whether we are there (RFC 2976 §2.2).
                let known = digit.is_some() || request.body.trim().is_empty();
                self.refuse(tx, if known { 200 } else { 415 });
                if let Some(digit) = digit {
                    self.input(leg, Input::Digit { way: Way::Info, digit });
                }
            }
            "OPTIONS" => self.refuse(tx, 200),
            _ => self.refuse(tx, 405),
        }
    }
}
