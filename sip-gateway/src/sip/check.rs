//! What a request must be before anything is done for it (RFC 3261 §8.2): its form, its method, its
//! scheme, what it requires, what it carries. Each fault has the answer the RFC gives it, with a
//! phrase that says what would be right.

use crate::sip::address;
use crate::sip::message::{Fault, Message};
use crate::sip::via::Via;

/// Methods taken, as Allow says them (§20.5).
pub const ALLOW: &str = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK, REGISTER";
/// Bodies taken.
pub const ACCEPT: &str = "application/sdp";
/// Extensions of ours that a far end may require.
pub const SUPPORTED: &str = "timer, 100rel";
/// Headers that stand once (§7.3.1 lists what may stand more often).
const SINGLE: [&str; 6] = ["From", "To", "Call-ID", "CSeq", "Max-Forwards", "Content-Type"];

/// The answer to a request that is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// 400 to 505.
    pub code: u16,
    /// What is wrong; for people.
    pub phrase: &'static str,
    /// Further headers the code brings along.
    headers: Vec<(&'static str, String)>,
}

impl Refusal {
    fn new(code: u16, phrase: &'static str) -> Refusal {
        Refusal { code, phrase, headers: Vec::new() }
    }

    fn with(mut self, name: &'static str, value: &str) -> Refusal {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// The answer as a message.
    pub fn answer(&self, request: &Message, tag: &str) -> Message {
        let response = Message::response(request, self.code, tag).with_phrase(self.phrase);
        self.headers.iter().fold(response, |response, (name, value)| response.with(name, value))
    }
}

/// Checks a request; `fault` is what reading it found.
///
/// # Errors
/// The [`Refusal`] to answer with; an ACK is dropped instead, as nobody may answer it.
pub fn request(request: &Message, fault: Option<Fault>) -> Result<(), Refusal> {
    form(request, fault)?;
    addresses(request)?;
    numbers(request)?;
    let method = request.method().unwrap_or_default();
    if method == "ACK" || method == "CANCEL" {
        return Ok(());
    }
    if !ALLOW.split(", ").any(|known| known == method) {
        return Err(Refusal::new(405, "Method Not Allowed").with("Allow", ALLOW));
    }
    target(request)?;
    let unknown: Vec<&str> = unsupported(request).collect();
    if !unknown.is_empty() {
        return Err(Refusal::new(420, "Bad Extension").with("Unsupported", &unknown.join(", ")));
    }
    content(request)
}

/// Whether an answer can be one to a request of ours.
pub fn response(response: &Message) -> bool {
    let via = Via::top(response).is_some_and(|via| via.branch().is_some());
    via && response.cseq().is_some() && response.header("Call-ID").is_some()
}

/// Extensions a request requires that we lack.
fn unsupported(request: &Message) -> impl Iterator<Item = &str> {
    let tokens = request.headers("Require").flat_map(|v| v.split(',')).map(str::trim);
    tokens.filter(|t| !t.is_empty() && !SUPPORTED.split(", ").any(|known| known.eq_ignore_ascii_case(t)))
}

/// §8.1.1: the headers that make a request, each once and each readable.
fn form(request: &Message, fault: Option<Fault>) -> Result<(), Refusal> {
    let bad = |phrase| Err(Refusal::new(400, phrase));
    match fault {
        Some(Fault::Version) => return Err(Refusal::new(505, "Version Not Supported")),
        Some(Fault::RequestLine) => return bad("Malformed Request-Line"),
        Some(Fault::ContentLength) => return bad("Malformed Content-Length"),
        Some(Fault::CutShort) => return bad("Body Shorter Than Content-Length"),
        None => {}
    }
    for (name, phrase) in
        [("Call-ID", "Missing Call-ID"), ("CSeq", "Missing CSeq"), ("From", "Missing From"), ("To", "Missing To")]
    {
        if request.header(name).is_none_or(|value| value.trim().is_empty()) {
            return bad(phrase);
        }
    }
    if SINGLE.iter().any(|name| request.headers(name).nth(1).is_some()) {
        return bad("Header More Than Once");
    }
    let Some((_, method)) = request.cseq() else { return bad("Malformed CSeq") };
    if Some(method) != request.method() {
        return bad("CSeq Does Not Match Method");
    }
    let whole = |line: &str| pieces(line).iter().all(|value| Via::parse(value).is_some() && params_are_whole(value));
    if !request.headers("Via").all(whole) {
        return bad("Malformed Via");
    }
    Ok(())
}

/// §20.10, §20.20, §20.39: names and addresses.
fn addresses(request: &Message) -> Result<(), Refusal> {
    let bad = |phrase| Err(Refusal::new(400, phrase));
    for (name, phrase) in [("From", "Malformed From"), ("To", "Malformed To")] {
        if !request.header(name).is_some_and(is_address) {
            return bad(phrase);
        }
    }
    if request.tag("From").is_none() {
        return bad("Missing From Tag");
    }
    for contact in request.headers("Contact").flat_map(pieces) {
        if contact != "*" && !is_address(contact) {
            return bad("Malformed Contact");
        }
    }
    Ok(())
}

/// Numbers that must be such: §20.22, §20.19.
fn numbers(request: &Message) -> Result<(), Refusal> {
    let bad = |phrase| Err(Refusal::new(400, phrase));
    let hops = match request.header("Max-Forwards") {
        // Older phones leave it out.
        None => 70,
        Some(value) => match value.trim().parse::<u8>() {
            Ok(hops) => hops,
            Err(_) => return bad("Malformed Max-Forwards"),
        },
    };
    if request.header("Expires").is_some_and(|value| value.trim().parse::<u32>().is_err()) {
        return bad("Malformed Expires");
    }
    // A call that comes in goes on to somebody else's phone: we are a hop for it (RFC 7332), not for
    // what we answer ourselves.
    let begins = request.method() == Some("INVITE") && request.tag("To").is_none();
    if hops == 0 && begins {
        return Err(Refusal::new(483, "Too Many Hops"));
    }
    Ok(())
}

/// §8.2.2.1, §19.1.
fn target(request: &Message) -> Result<(), Refusal> {
    let uri = request.uri().unwrap_or_default();
    let (scheme, rest) = uri.split_once(':').unwrap_or((uri, ""));
    let is_sip = scheme.eq_ignore_ascii_case("sip") || scheme.eq_ignore_ascii_case("sips");
    if !is_sip && !scheme.eq_ignore_ascii_case("tel") {
        return Err(Refusal::new(416, "Unsupported URI Scheme"));
    }
    // §19.1.1: headers have no place in a Request-URI.
    let headers = is_sip && rest.rsplit_once('@').map_or(rest, |(_, host)| host).contains('?');
    if rest.is_empty() || headers {
        return Err(Refusal::new(400, "Malformed Request-URI"));
    }
    let registers = request.method() == Some("REGISTER");
    let aor = request.header("To").and_then(address::Address::parse).map(|to| to.uri).unwrap_or_default();
    if registers && address::host_port(aor).is_none() {
        return Err(Refusal::new(400, "To Is No SIP Address"));
    }
    Ok(())
}

/// §8.2.3: what an INVITE or UPDATE carries, and what it can be answered with.
fn content(request: &Message) -> Result<(), Refusal> {
    if !matches!(request.method(), Some("INVITE" | "UPDATE")) {
        return Ok(());
    }
    if !request.body.trim().is_empty() && request.sdp().is_none() {
        return Err(Refusal::new(415, "Unsupported Media Type").with("Accept", ACCEPT));
    }
    let ranges =
        || request.headers("Accept").flat_map(|v| v.split(',')).map(|v| v.split(';').next().unwrap_or_default());
    let sdp =
        |range: &str| ["application/sdp", "application/*", "*/*"].iter().any(|r| range.trim().eq_ignore_ascii_case(r));
    if ranges().next().is_some() && !ranges().any(sdp) {
        return Err(Refusal::new(406, "Not Acceptable").with("Accept", ACCEPT));
    }
    Ok(())
}

/// A header's values between commas outside quotes and brackets, empty ones included.
fn pieces(line: &str) -> Vec<&str> {
    let (mut values, mut start) = (Vec::new(), 0);
    for at in outside(line).filter(|(_, byte)| *byte == b',').map(|(at, _)| at) {
        values.push(line[start..at].trim());
        start = at + 1;
    }
    values.push(line[start..].trim());
    values
}

/// Places outside quotes and angle brackets, with what stands there.
fn outside(line: &str) -> impl Iterator<Item = (usize, u8)> + '_ {
    let (mut quoted, mut escaped, mut inside) = (false, false, false);
    line.bytes().enumerate().filter(move |(_, byte)| {
        if escaped {
            escaped = false;
            return false;
        }
        match byte {
            b'\\' if quoted => escaped = true,
            b'"' if !inside => quoted = !quoted,
            b'<' if !quoted => inside = true,
            b'>' if !quoted => inside = false,
            _ => return !quoted && !inside,
        }
        false
    })
}

/// Whether no parameter of a value is empty.
fn params_are_whole(value: &str) -> bool {
    let ends: Vec<usize> = outside(value).filter(|(_, byte)| *byte == b';').map(|(at, _)| at).collect();
    let next = |n: usize| ends.get(n + 1).copied().unwrap_or(value.len());
    ends.iter().enumerate().all(|(n, at)| !value[at + 1..next(n)].trim().is_empty())
}

/// Whether a value is a name-addr or an addr-spec: quotes closed, brackets closed, no white space in
/// the address, a display name of tokens or in quotes.
fn is_address(value: &str) -> bool {
    let value = value.trim();
    let Some(open) = open_bracket(value) else {
        let uri = value.split(';').next().unwrap_or_default().trim();
        // §20.10: with any of these in the address the brackets are mandatory.
        return !value.contains('"') && is_uri(uri) && !uri.contains(['?', ',']) && params_are_whole(value);
    };
    let Some(close) = value[open..].find('>').map(|at| open + at) else { return false };
    let (name, uri, params) = (value[..open].trim(), &value[open + 1..close], value[close + 1..].trim());
    let token = |b: u8| b.is_ascii_alphanumeric() || b"-.!%*_+`'~ \t".contains(&b) || b >= 0x80;
    let named = match name.strip_prefix('"') {
        Some(rest) => closing_quote(rest).is_some_and(|end| rest[end + 1..].trim().is_empty()),
        None => name.bytes().all(token),
    };
    named && is_uri(uri) && (params.is_empty() || params.starts_with(';')) && params_are_whole(params)
}

fn is_uri(uri: &str) -> bool {
    let scheme = uri.split_once(':').map(|(scheme, rest)| (scheme, !rest.is_empty()));
    let good = |s: &str| {
        s.starts_with(|c: char| c.is_ascii_alphabetic())
            && s.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
    };
    scheme.is_some_and(|(scheme, more)| good(scheme) && more) && !uri.contains([' ', '\t', '<', '>'])
}

/// Where the first bracket outside quotes opens.
fn open_bracket(value: &str) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    value.bytes().position(|byte| {
        if escaped {
            escaped = false;
            return false;
        }
        match byte {
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'<' => return !quoted,
            _ => {}
        }
        false
    })
}

/// Where a quoted text ends, its opening quote left out.
fn closing_quote(rest: &str) -> Option<usize> {
    let mut escaped = false;
    rest.bytes().position(|byte| {
        let end = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        end
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str) -> u16 {
        let (message, fault) = Message::read(text.as_bytes()).expect("can be read");
        request(&message, fault).err().map_or(0, |refusal| refusal.code)
    }

    fn invite() -> String {
        "INVITE sip:1@us SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\nFrom: \"A \\\" <b>\" <sip:2@them>;tag=r\r\n\
         To: Us Too <sip:1@us>\r\nCall-ID: c\r\nCSeq: 41 INVITE\r\nMax-Forwards: 70\r\nContact: <sip:2@x>, sip:3@x;q=1\r\n\r\n"
            .to_owned()
    }

    #[test]
    fn each_fault_has_its_answer() {
        assert_eq!(check(&invite()), 0);
        for (from, to, code) in [
            ("INVITE sip:1@us", "INVITE  sip:1@us", 400),
            ("sip:1@us SIP", "<sip:1@us> SIP", 400),
            ("SIP/2.0\r\nVia", "SIP/7.0\r\nVia", 505),
            ("sip:1@us SIP", "soap.beep://us SIP", 416),
            ("sip:1@us SIP", "sip:1@us?Route=x SIP", 400),
            ("Call-ID: c\r\n", "", 400),
            ("Call-ID: c", "Call-ID: c\r\nCall-ID: d", 400),
            ("41 INVITE", "41 BYE", 400),
            ("41 INVITE", "36893488147419103232 INVITE", 400),
            ("Max-Forwards: 70", "Max-Forwards: 300", 400),
            ("Max-Forwards: 70", "Max-Forwards: 0", 483),
            (";tag=r", "", 400),
            ("a;branch", "a;;branch", 400),
            ("branch=z9hG4bK1", "branch=z9hG4bK1,", 400),
            ("Us Too", "Us, Too", 400),
            ("Us Too", "\"Us Too", 400),
            ("<sip:1@us>\r\nC", "< sip:1@us >\r\nC", 400),
            ("<sip:1@us>\r\nC", "<sip:1@us\r\nC", 400),
            ("sip:3@x;q=1", "sip:3@x;;;", 400),
            ("sip:3@x;q=1", "sip:3@x?Route=y", 400),
            ("Contact", "Require: foobar, timer\r\nContact", 420),
            ("Contact", "Expires: soon\r\nContact", 400),
            ("Contact", "Accept: text/plain\r\nContact", 406),
            ("Contact", "Accept: application/*;q=0.1\r\nContact", 0),
            ("\r\n\r\n", "\r\nContent-Type: text/plain\r\n\r\nhello", 415),
            ("\r\n\r\n", "\r\nContent-Length: -999\r\n\r\n", 400),
            ("\r\n\r\n", "\r\nContent-Length: 99\r\n\r\nshort", 400),
        ] {
            assert!(invite().contains(from), "{from}");
            assert_eq!(check(&invite().replacen(from, to, 1)), code, "{from} -> {to}");
        }
        assert_eq!(check(&invite().replace("INVITE", "NEWMETHOD")), 405);
        assert_eq!(check(&invite().replace("INVITE", "OPTIONS").replace(": 70", ": 0")), 0, "we answer it ourselves");
    }

    #[test]
    fn a_refusal_says_what_would_be_right() {
        let (message, _) = Message::read(invite().replace("INVITE", "FOO").as_bytes()).expect("good");
        let refusal = request(&message, None).expect_err("unknown").answer(&message, "t");
        assert_eq!((refusal.code(), refusal.header("Allow")), (Some(405), Some(ALLOW)));
        let text = invite().replace("Contact", "Require: foobar\r\nContact");
        let (message, _) = Message::read(text.as_bytes()).expect("good");
        assert_eq!(
            request(&message, None).expect_err("420").answer(&message, "t").header("Unsupported"),
            Some("foobar")
        );
    }

    proptest! {
        #[test]
        fn never_panics(name in "(From|To|Via|Contact|CSeq|Accept|Require)", value in "[<>\";,=@:?%\\\\a-z0-9é ]{0,60}") {
            let text = invite().replacen("Max-Forwards: 70", &format!("{name}: {value}"), 1);
            if let Ok((message, fault)) = Message::read(text.as_bytes()) {
                if let Err(refusal) = request(&message, fault) {
                    refusal.answer(&message, "t");
                }
                response(&message);
            }
        }
    }
}
