//! Who can be rung where: the bindings of agents' phones. Digest and flows are the caller's; here are
//! expiry, several devices an agent, replacement and the reading of Contact.

use crate::sip::address::{self, Address};
use crate::sip::message::Message;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use vocabulary::{AgentName, Span, Time};

/// The most devices of one agent; a further one replaces the one refreshed longest ago.
pub const MAX_DEVICES: usize = 8;
/// The shortest registration granted, in seconds; less is 423 (RFC 3261 §10.3).
pub const MIN_EXPIRES: u32 = 60;
/// The longest registration granted, in seconds.
pub const MAX_EXPIRES: u32 = 3_600;
/// Granted when the phone names none.
const DEFAULT_EXPIRES: u32 = 600;

/// A connection a phone opened to us, by the number the transport gave it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FlowId(pub u64);

/// How a request reaches the other side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hop {
    /// A datagram to this address.
    Udp(SocketAddr),
    /// The TCP connection the other side opened, or a new one to this address.
    Tcp(SocketAddr),
    /// This WebSocket and no other: a browser cannot be dialled.
    Flow(FlowId),
}

/// One device.
#[derive(Clone, PartialEq, Eq)]
pub struct Binding {
    /// Its Contact URI, used as Request-URI.
    pub contact: String,
    /// Where it was last heard from; calls go there, not to the Contact's host (NAT).
    pub hop: Hop,
    /// The connection it came by, where there is one.
    pub flow: Option<FlowId>,
    refreshed: Time,
    expires: Time,
}

/// What a REGISTER asks for.
#[derive(Clone, PartialEq, Eq)]
pub enum Asked {
    /// Only the list.
    Query,
    /// `Contact: *` with Expires 0.
    ForgetAll,
    /// Bind (seconds above 0) or forget (0) these contacts.
    Bind(Vec<(String, u32)>),
}

/// The answer to a REGISTER.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// 200 with these contacts and the seconds left to each.
    Bound(Vec<(String, u32)>),
    /// 423 with Min-Expires.
    TooBrief,
    /// 400.
    Malformed,
}

/// All bindings.
#[derive(Default)]
pub struct Registrar {
    agents: BTreeMap<AgentName, Vec<Binding>>,
}

impl Asked {
    /// Reads Contact and Expires; `None` is malformed.
    pub fn parse(register: &Message) -> Option<Asked> {
        let default = match register.header("Expires") {
            Some(value) => value.trim().parse::<u32>().ok()?,
            None => DEFAULT_EXPIRES,
        };
        let contacts: Vec<&str> = register.headers("Contact").flat_map(address::list).collect();
        if contacts.is_empty() {
            return Some(Asked::Query);
        }
        if contacts.contains(&"*") {
            return (contacts.len() == 1 && default == 0).then_some(Asked::ForgetAll);
        }
        let mut bind = Vec::new();
        for contact in contacts.into_iter().take(MAX_DEVICES) {
            let address = Address::parse(contact)?;
            address::host_port(address.uri)?;
            let seconds = match address.param("expires") {
                Some(value) => value.parse::<u32>().ok()?,
                None => default,
            };
            bind.push((address.uri.to_owned(), seconds));
        }
        Some(Asked::Bind(bind))
    }
}

impl Registrar {
    /// Carries out a REGISTER that was let in.
    pub fn register(&mut self, now: Time, agent: &AgentName, asked: &Asked, hop: Hop, flow: Option<FlowId>) -> Answer {
        if let Asked::Bind(contacts) = asked
            && contacts.iter().any(|(_, s)| *s > 0 && *s < MIN_EXPIRES)
        {
            return Answer::TooBrief;
        }
        self.expire(now);
        let devices = self.agents.entry(agent.clone()).or_default();
        match asked {
            Asked::Query => {}
            Asked::ForgetAll => devices.clear(),
            Asked::Bind(contacts) => {
                for (contact, seconds) in contacts {
                    devices.retain(|d| !same_device(d, contact, flow));
                    if *seconds > 0 {
                        let seconds = (*seconds).min(MAX_EXPIRES);
                        let expires = now + Span::seconds(i64::from(seconds));
                        devices.push(Binding { contact: contact.clone(), hop, flow, refreshed: now, expires });
                    }
                }
                devices.sort_by_key(|d| d.refreshed);
                let over = devices.len().saturating_sub(MAX_DEVICES);
                devices.drain(..over);
            }
        }
        let left = |d: &Binding| (d.contact.clone(), d.expires.since(now).as_seconds() as u32);
        let bound = devices.iter().map(left).collect();
        self.agents.retain(|_, devices| !devices.is_empty());
        Answer::Bound(bound)
    }

    /// Forgets every binding of a connection that closed.
    pub fn close(&mut self, flow: FlowId) {
        self.keep(|binding| binding.flow != Some(flow));
    }

    /// Forgets bindings past their time.
    pub fn expire(&mut self, now: Time) {
        self.keep(|binding| binding.expires > now);
    }

    /// The devices of an agent at this moment.
    pub fn devices(&self, now: Time, agent: &AgentName) -> Vec<Binding> {
        let live = |b: &&Binding| b.expires > now;
        self.agents.get(agent).into_iter().flatten().filter(live).cloned().collect()
    }

    /// Agents with a device, in order of name. Two answers compared show who came and who went.
    pub fn agents(&self) -> impl Iterator<Item = &AgentName> {
        self.agents.keys()
    }

    /// When the next binding runs out.
    pub fn deadline(&self) -> Option<Time> {
        self.agents.values().flatten().map(|b| b.expires).min()
    }

    fn keep(&mut self, keep: impl Fn(&Binding) -> bool) {
        for devices in self.agents.values_mut() {
            devices.retain(&keep);
        }
        self.agents.retain(|_, devices| !devices.is_empty());
    }
}

/// A browser mints a new Contact at every start, so its connection is its name; other phones are
/// known by their Contact.
fn same_device(binding: &Binding, contact: &str, flow: Option<FlowId>) -> bool {
    match (binding.hop, flow) {
        (Hop::Flow(mine), Some(theirs)) => mine == theirs,
        _ => binding.contact == contact,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hop(port: u16) -> Hop {
        Hop::Udp(SocketAddr::from(([10, 0, 0, 9], port)))
    }

    fn amina() -> AgentName {
        AgentName::new("amina").expect("good")
    }

    fn asked(headers: &str) -> Option<Asked> {
        let text = format!("REGISTER sip:hctc SIP/2.0\r\n{headers}\r\n\r\n");
        Asked::parse(&Message::parse(text.as_bytes()).map_err(|e| e.to_string()).expect("good"))
    }

    fn bind(contact: &str, seconds: u32) -> Asked {
        Asked::Bind(vec![(contact.to_owned(), seconds)])
    }

    #[test]
    fn reads_what_a_phone_asks() {
        let two = asked("Contact: <sip:a@1.1.1.1>;expires=90, <sip:b@1.1.1.1>\r\nExpires: 120").expect("good");
        assert!(two == Asked::Bind(vec![("sip:a@1.1.1.1".into(), 90), ("sip:b@1.1.1.1".into(), 120)]));
        assert!(asked("Contact: *\r\nExpires: 0") == Some(Asked::ForgetAll));
        assert!(asked("Subject: x") == Some(Asked::Query));
        for bad in ["Contact: *", "Contact: *, <sip:a@b>\r\nExpires: 0", "Contact: <sip:a@b>;expires=-1", "Contact: <tel:1>"] {
            assert!(asked(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn keeps_several_devices_until_their_time() {
        let mut registrar = Registrar::default();
        let mut register = |now: i64, asked: Asked| registrar.register(Time(now), &amina(), &asked, hop(1), None);
        assert_eq!(register(0, bind("sip:a@x", 60)), Answer::Bound(vec![("sip:a@x".into(), 60)]));
        assert_eq!(register(0, bind("sip:b@x", 9_999)), Answer::Bound(vec![("sip:a@x".into(), 60), ("sip:b@x".into(), 3_600)]));
        assert_eq!(register(0, bind("sip:c@x", 59)), Answer::TooBrief);
        assert_eq!(register(60_000, Asked::Query), Answer::Bound(vec![("sip:b@x".into(), 3_540)]));
        assert_eq!(register(60_000, bind("sip:b@x", 0)), Answer::Bound(vec![]));
        assert_eq!(registrar.agents().count(), 0);
    }

    #[test]
    fn a_closed_connection_takes_its_bindings_along() {
        let mut registrar = Registrar::default();
        let flow = FlowId(4);
        registrar.register(Time(0), &amina(), &bind("sip:x@a.invalid", 600), Hop::Flow(flow), Some(flow));
        registrar.register(Time(1), &amina(), &bind("sip:y@a.invalid", 600), Hop::Flow(flow), Some(flow));
        assert_eq!(registrar.devices(Time(1), &amina()).len(), 1, "one connection is one device");
        registrar.register(Time(1), &amina(), &bind("sip:a@x", 600), hop(1), None);
        registrar.close(flow);
        let left = registrar.devices(Time(1), &amina());
        assert_eq!(left.iter().map(|d| d.contact.as_str()).collect::<Vec<_>>(), ["sip:a@x"]);
    }

    #[test]
    fn a_phone_that_changes_its_contact_cannot_fill_the_table() {
        let mut registrar = Registrar::default();
        for n in 0..100 {
            registrar.register(Time(n), &amina(), &bind(&format!("sip:{n}@x"), 600), hop(1), None);
        }
        let devices = registrar.devices(Time(100), &amina());
        assert_eq!(devices.len(), MAX_DEVICES);
        assert!(devices.iter().any(|d| d.contact == "sip:99@x"));
    }
}
