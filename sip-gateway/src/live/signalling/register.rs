//! REGISTER: agents' devices, by digest over UDP and TCP, by their log-in over a WebSocket.

use crate::live::event::{GatewayEvent, WebIdentity};
use crate::live::signalling::flows::FlowKind;
use crate::live::signalling::lock;
use crate::live::signalling::switch::Switch;
use crate::sip::address::{self, Address};
use crate::sip::digest::{Check, Credentials, Stored};
use crate::sip::message::Message;
use crate::sip::registrar::{Answer, Asked, MIN_EXPIRES};
use crate::sip::transaction::Source;
use std::collections::BTreeSet;
use vocabulary::AgentName;

impl Switch {
    /// Lets a device in, or says what it must do first.
    pub(super) fn register(&mut self, tx: u64, register: &Message, source: Source) {
        if self.closing {
            return self.refuse(tx, 503);
        }
        let flow = source.flow.and_then(|id| self.net.flows.get(id));
        let agent = match flow.map(|f| f.kind) {
            Some(FlowKind::Web(who)) => self.by_log_in(&who, register),
            Some(FlowKind::Tcp) | None => self.by_digest(tx, register),
        };
        let agent = match agent {
            Ok(agent) => agent,
            // Challenged already.
            Err(0) => return,
            Err(code) => {
                metrics::counter!("sip_refused_total", "reason" => "register").increment(1);
                return self.refuse(tx, code);
            }
        };
        let Some(asked) = Asked::parse(register) else { return self.refuse(tx, 400) };
        let answer = self.registrar.register(self.now(), &agent, &asked, source.hop, source.flow);
        self.registrations_changed();
        let Some(theirs) = self.theirs.get(&tx) else { return };
        let response = match answer {
            Answer::Malformed => return self.refuse(tx, 400),
            Answer::TooBrief => {
                Message::response(&theirs.request, 423, &theirs.tag).with("Min-Expires", &MIN_EXPIRES.to_string())
            }
            Answer::Bound(contacts) => {
                let ok = Message::response(&theirs.request, 200, &theirs.tag);
                let add =
                    |ok: Message, (uri, left): &(String, u32)| ok.with("Contact", &format!("<{uri}>;expires={left}"));
                contacts.iter().fold(ok, add)
            }
        };
        self.respond(tx, response);
    }

    /// Tells which agents came and went since the last call.
    pub(super) fn registrations_changed(&mut self) {
        let now: BTreeSet<AgentName> = self.registrar.agents().cloned().collect();
        let before = std::mem::replace(&mut *lock(&self.shared.registered), now.clone());
        for agent in before.difference(&now) {
            self.tell(GatewayEvent::Unregistered { agent: agent.clone() });
        }
        for agent in now.difference(&before) {
            self.tell(GatewayEvent::Registered { agent: agent.clone() });
        }
    }

    /// A browser has logged in already; it may register itself and nobody else.
    fn by_log_in(&self, who: &WebIdentity, register: &Message) -> Result<AgentName, u16> {
        let WebIdentity::Agent(agent) = who else { return Err(403) };
        let user = aor(register).ok_or(400u16)?;
        let bound = user == agent.as_str() || self.devices.find(&user).is_some_and(|d| d.agent == *agent);
        if bound { Ok(agent.clone()) } else { Err(403) }
    }

    /// A phone proves that it knows its secret, and registers under its own name only. `Err(0)` after
    /// a challenge.
    fn by_digest(&mut self, tx: u64, register: &Message) -> Result<AgentName, u16> {
        // Of several, the first we understand; a scheme we do not know is no credentials (RFC 4475 §3.3.7).
        let Some(given) = register.headers("Authorization").find_map(Credentials::parse) else {
            self.challenge(tx, false);
            return Err(0);
        };
        let device = self.devices.find(&given.user);
        let sha256 = self.devices.ha1_sha256(&given.user);
        let stored = Stored { md5: device.as_ref().map(|d| d.ha1_md5.as_str()), sha256: sha256.as_deref() };
        let now = self.now();
        match (self.nonces.check(now, &self.config.realm, "REGISTER", stored, &given), device) {
            (Check::Good, Some(device)) if aor(register).as_ref() == Some(&given.user) => Ok(device.agent),
            (Check::Good, _) => Err(403),
            (found, _) => {
                if found == Check::Bad {
                    metrics::counter!("sip_refused_total", "reason" => "digest").increment(1);
                }
                self.challenge(tx, found == Check::Stale);
                Err(0)
            }
        }
    }
}

/// The user of the address being registered.
fn aor(register: &Message) -> Option<String> {
    address::user(Address::parse(register.header("To")?)?.uri)
}
