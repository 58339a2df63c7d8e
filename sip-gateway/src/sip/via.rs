//! Via (RFC 3261 §20.42): who sent a request on this hop, and where its answer goes. Only the topmost
//! value is ours to read.

use crate::sip::address;
use crate::sip::message::Message;
use std::net::SocketAddr;

/// What every branch of RFC 3261 begins with (§8.1.1.7); in any case, as it is a token.
pub const MAGIC_COOKIE: &str = "z9hG4bK";
/// The longest branch taken; what tells transactions apart must not be a sender's way to fill memory.
pub const MAX_BRANCH: usize = 256;

/// One Via value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Via<'a> {
    /// `UDP`, `TCP`, `WS` ..., as written.
    pub transport: &'a str,
    /// Host and port as the sender names itself.
    pub sent_by: &'a str,
    params: &'a str,
}

impl<'a> Via<'a> {
    /// Reads one value: `SIP/2.0/UDP host:port;params`, with white space around any part.
    pub fn parse(value: &'a str) -> Option<Via<'a>> {
        let (name, rest) = value.split_once('/')?;
        let (version, rest) = rest.split_once('/')?;
        if !name.trim().eq_ignore_ascii_case("SIP") || version.trim() != "2.0" {
            return None;
        }
        let (transport, rest) = rest.trim_start().split_once(char::is_whitespace)?;
        let (sent_by, _) = rest.split_once(';').unwrap_or((rest, ""));
        let params = &rest[sent_by.len()..];
        let sent_by = sent_by.trim();
        let token = |b: u8| b.is_ascii_alphanumeric() || b"-.!%*_+`'~".contains(&b);
        let good = !transport.is_empty() && transport.bytes().all(token) && !sent_by.is_empty();
        good.then_some(Via { transport, sent_by, params })
    }

    /// The topmost value of a message.
    pub fn top(message: &'a Message) -> Option<Via<'a>> {
        Via::parse(address::list(message.header("Via")?).first()?)
    }

    /// The branch, where it is one of RFC 3261.
    pub fn branch(&self) -> Option<&'a str> {
        let branch = self.param("branch")?;
        let cookie = branch.get(..MAGIC_COOKIE.len())?;
        let good =
            cookie.eq_ignore_ascii_case(MAGIC_COOKIE) && branch.len() > cookie.len() && branch.len() <= MAX_BRANCH;
        good.then_some(branch)
    }

    /// A parameter; the empty text for a flag.
    pub fn param(&self, name: &str) -> Option<&'a str> {
        self.params.split(';').skip(1).find_map(|part| {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            key.trim().eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// The port answers are meant for where the sender did not ask for its own (§18.2.2).
    pub fn port(&self) -> u16 {
        let colon = self.sent_by.rfind(':').filter(|&at| self.sent_by.rfind(']').is_none_or(|b| at > b));
        colon.and_then(|at| self.sent_by[at + 1..].trim().parse().ok()).unwrap_or(5060)
    }
}

/// Writes where a request really came from on its topmost Via (§18.2.1, RFC 3581): what the sender
/// wrote itself about that is not believed.
pub fn received(request: Message, peer: SocketAddr) -> Message {
    let Some(line) = request.header("Via") else { return request };
    let values = address::list(line);
    let Some(via) = values.first().and_then(|top| Via::parse(top)) else { return request };
    let mut top = format!("SIP/2.0/{} {}", via.transport, via.sent_by);
    for part in via.params.split(';').skip(1) {
        let name = part.split('=').next().unwrap_or_default().trim();
        if !name.eq_ignore_ascii_case("received") && !name.eq_ignore_ascii_case("rport") {
            top = format!("{top};{}", part.trim());
        }
    }
    top = format!("{top};received={}", peer.ip());
    if via.param("rport").is_some() {
        top = format!("{top};rport={}", peer.port());
    }
    for further in &values[1..] {
        top = format!("{top}, {further}");
    }
    request.with_replaced("Via", &top)
}

/// Where the answer to a datagram goes: to the address it came from, at the port it asks for. `maddr`
/// is not followed: it would let a sender aim our answers at somebody else.
pub fn answer_address(request: &Message, peer: SocketAddr) -> SocketAddr {
    match Via::top(request) {
        Some(via) if via.param("rport").is_none() && via.port() != 0 => SocketAddr::new(peer.ip(), via.port()),
        _ => peer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn request(via: &str) -> Message {
        Message::request("OPTIONS", "sip:a").with("Via", via)
    }

    #[test]
    fn reads_values_spaced_as_anyone_likes() {
        let via = Via::parse("SIP  / 2.0\t/ UDP   [2001:db8::1]:5070 ;branch = z9hG4bKx ; rport").expect("good");
        assert_eq!((via.transport, via.sent_by, via.port()), ("UDP", "[2001:db8::1]:5070", 5070));
        assert_eq!((via.branch(), via.param("RPORT")), (Some("z9hG4bKx"), Some("")));
        assert_eq!(Via::parse("SIP/2.0/UDP [::1]").map(|v| v.port()), Some(5060));
        for bad in ["SIP/3.0/UDP a", "HTTP/2.0/UDP a", "SIP/2.0/UDP ;branch=z9hG4bKx", "SIP/2.0/", "x", "SIP/2.0/U,P a"]
        {
            assert_eq!(Via::parse(bad), None, "{bad}");
        }
        for none in ["1", "z9hG4bK", "x9hG4bK1"] {
            assert_eq!(Via::parse(&format!("SIP/2.0/UDP a;branch={none}")).and_then(|v| v.branch()), None, "{none}");
        }
    }

    #[test]
    fn says_where_it_really_came_from() {
        let peer: SocketAddr = "192.0.2.9:4000".parse().expect("good");
        let asked =
            received(request("SIP/2.0/UDP 10.0.0.1:5070;rport;branch=z9hG4bK1;received=1.1.1.1, SIP/2.0/UDP b"), peer);
        assert_eq!(
            asked.header("Via"),
            Some("SIP/2.0/UDP 10.0.0.1:5070;branch=z9hG4bK1;received=192.0.2.9;rport=4000, SIP/2.0/UDP b")
        );
        assert_eq!(answer_address(&asked, peer), peer);
        let not = request("SIP/2.0/UDP 10.0.0.1:5070;maddr=224.0.0.1;branch=z9hG4bK1");
        assert_eq!(answer_address(&not, peer), "192.0.2.9:5070".parse().expect("good"));
    }

    proptest! {
        #[test]
        fn never_panics(text in "[SIP/2.0UDP ;:=,\\[\\]a-zé]{0,80}") {
            let message = received(request(&text), "192.0.2.9:4000".parse().expect("good"));
            let _ = (Via::top(&message).and_then(|v| v.branch()), Via::top(&message).map(|v| v.port()));
        }
    }
}
