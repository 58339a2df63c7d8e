//! Addresses in SIP headers: who is meant, and who may be shown. URIs are taken apart here; turning
//! digits into a number is the vocabulary's.

use crate::sip::message::Message;
use serde::{Deserialize, Serialize};
use vocabulary::{CallerNumber, E164, EntryName, Presentation};

/// The longest dialled text kept when it is no number.
const MAX_DIALLED: usize = 40;

/// What a caller dialled.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dialled {
    /// A phone number; whether it is ours, the journey decides.
    Number(E164),
    /// An entry point of a page.
    Entry(EntryName),
    /// Something else, cut and printable: a short code, a typing error, a scanner's guess.
    Other(String),
}

impl std::fmt::Debug for Dialled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Dialled::Number(number) => write!(f, "Number({number:?})"),
            Dialled::Entry(name) => write!(f, "Entry({name})"),
            Dialled::Other(_) => f.write_str("Other(***)"),
        }
    }
}

impl Dialled {
    /// Reads a Request-URI: `sip:`, `sips:` or `tel:`, with or without user parameters.
    pub fn from_uri(uri: &str) -> Dialled {
        let user = user(uri).unwrap_or_default();
        match E164::parse(&user) {
            Ok(number) => Dialled::Number(number),
            Err(_) => match EntryName::new(&user) {
                Ok(entry) if !user.bytes().all(|b| b.is_ascii_digit()) => Dialled::Entry(entry),
                _ => Dialled::Other(user.chars().filter(|c| !c.is_control()).take(MAX_DIALLED).collect()),
            },
        }
    }
}

/// The address inside a name-addr or addr-spec, and what follows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Address<'a> {
    /// The URI, without angle brackets.
    pub uri: &'a str,
    /// Header parameters, `;tag=...;expires=...`.
    params: &'a str,
}

impl<'a> Address<'a> {
    /// Takes one value apart (RFC 3261 §20.10: without brackets, parameters belong to the header).
    pub fn parse(value: &'a str) -> Option<Address<'a>> {
        let value = value.trim();
        let open = unquoted(value, b"<").next();
        let (uri, params) = match open {
            Some(open) => {
                let inside = &value[open + 1..];
                let close = inside.find('>')?;
                (&inside[..close], &inside[close + 1..])
            }
            None => value.split_at(value.find(';').unwrap_or(value.len())),
        };
        let uri = uri.trim();
        (!uri.is_empty()).then_some(Address { uri, params })
    }

    /// A header parameter; the empty text for a flag.
    pub fn param(&self, name: &str) -> Option<&'a str> {
        param(self.params, name)
    }
}

/// The tag of a From or To value.
pub fn tag(value: &str) -> Option<&str> {
    Address::parse(value)?.param("tag").filter(|t| !t.is_empty())
}

/// Splits a header of several addresses at the commas between them.
pub fn list(value: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut depth) = (0, 0i32);
    for at in unquoted(value, b"<>,") {
        match value.as_bytes()[at] {
            b'<' => depth += 1,
            b'>' => depth -= 1,
            _ if depth == 0 => {
                parts.push(value[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(value[start..].trim());
    parts.retain(|p| !p.is_empty());
    parts
}

/// The user of a URI: percent-decoded, without password and user parameters; for `tel:` the number.
pub fn user(uri: &str) -> Option<String> {
    let (scheme, rest) = uri.split_once(':')?;
    let user = match scheme.to_ascii_lowercase().as_str() {
        "sip" | "sips" => rest.split_once('@')?.0,
        "tel" => rest,
        _ => return None,
    };
    let user = user.split([';', ':', '?']).next().unwrap_or_default();
    percent_decoded(user)
}

/// Host and port of a `sip:` URI, as written; IPv6 keeps its brackets.
pub fn host_port(uri: &str) -> Option<(&str, Option<u16>)> {
    let (scheme, rest) = uri.split_once(':')?;
    if !scheme.eq_ignore_ascii_case("sip") && !scheme.eq_ignore_ascii_case("sips") {
        return None;
    }
    let rest = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    let rest = rest.split([';', '?']).next().unwrap_or_default();
    let colon = rest.rfind(':').filter(|&at| rest.rfind(']').is_none_or(|b| at > b));
    match colon {
        Some(at) => Some((&rest[..at], Some(rest[at + 1..].parse().ok()?))),
        None => Some((rest, None)),
    }
}

/// A URI parameter, such as `transport`.
pub fn uri_param<'a>(uri: &'a str, name: &str) -> Option<&'a str> {
    let rest = uri.rsplit_once('@').map_or(uri, |(_, host)| host);
    param(rest.split('?').next().unwrap_or_default(), name)
}

/// Who calls, by what the network asserts first: P-Asserted-Identity (RFC 3325), then
/// Remote-Party-ID, then From; and whether they let it be shown (RFC 3323).
pub fn caller(invite: &Message) -> CallerNumber {
    let asserted = ["P-Asserted-Identity", "Remote-Party-ID", "From"];
    let number = asserted
        .iter()
        .flat_map(|name| invite.headers(name))
        .flat_map(list)
        .filter_map(|value| E164::parse(&user(Address::parse(value)?.uri)?).ok())
        .next();
    let private = |v: &str| ["id", "user", "header"].iter().any(|t| v.trim().eq_ignore_ascii_case(t));
    let asked = invite.headers("Privacy").flat_map(|v| v.split([';', ','])).any(private);
    let remote_party = invite
        .headers("Remote-Party-ID")
        .flat_map(list)
        .filter_map(|v| Address::parse(v)?.param("privacy"))
        .any(|p| matches!(p.to_ascii_lowercase().as_str(), "full" | "uri" | "yes"));
    let anonymous = invite
        .header("From")
        .and_then(|v| user(Address::parse(v)?.uri))
        .is_some_and(|u| u.eq_ignore_ascii_case("anonymous") || u.eq_ignore_ascii_case("restricted"));
    let presentation = match number {
        _ if asked || remote_party || anonymous => Presentation::Restricted,
        Some(_) => Presentation::Allowed,
        None => Presentation::Unavailable,
    };
    CallerNumber { number, presentation }
}

/// A display name safe between quotes: at most 60 characters, no quotes, no controls.
pub fn display(name: &str) -> String {
    let safe = name.chars().filter(|c| !c.is_control() && !matches!(c, '"' | '\\' | '<' | '>'));
    safe.take(60).collect()
}

fn param<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.split(';').skip(1).find_map(|part| {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        key.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches('"'))
    })
}

/// Where one of `wanted` stands outside quotes. ASCII only, so every place is a character boundary.
fn unquoted<'a>(text: &'a str, wanted: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
    let (mut quoted, mut escaped) = (false, false);
    text.bytes().enumerate().filter_map(move |(at, byte)| {
        if escaped {
            escaped = false;
            return None;
        }
        match byte {
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if !quoted && wanted.contains(&byte) => return Some(at),
            _ => {}
        }
        None
    })
}

/// Text with its `%41` read; `None` where that is no UTF-8.
pub fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        rest = tail;
        let hex = |b: u8| (b as char).to_digit(16);
        match (first, tail) {
            (b'%', [a, b, after @ ..]) => {
                bytes.push((hex(*a)? * 16 + hex(*b)?) as u8);
                rest = after;
            }
            _ => bytes.push(first),
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_every_form_of_our_number() {
        let ours = Dialled::Number(E164::parse("0206900020").expect("good"));
        for uri in [
            "sip:0206900020@10.1.1.1",
            "sip:+254206900020@hctc.go.ke:5060;user=phone",
            "sips:254206900020@[::1]:5061",
            "sip:+254206900020;phone-context=+254@trunk;transport=tcp",
            "sip:%2B254206900020@x",
            "sip:0206900020:secret@x",
            "tel:+254206900020",
            "tel:020-6900020;phone-context=+254",
            "TEL:+254-20-6900020",
        ] {
            assert_eq!(Dialled::from_uri(uri), ours, "{uri}");
        }
    }

    #[test]
    fn keeps_what_is_no_number_apart() {
        assert_eq!(Dialled::from_uri("sip:web@x"), Dialled::Entry(EntryName::new("web").expect("good")));
        assert_eq!(Dialled::from_uri("sip:1195@x"), Dialled::Other("1195".into()));
        for uri in ["sip:hctc.go.ke", "http://x", "sip:%zz@x", "sip:%ff@x", "x", ""] {
            assert_eq!(Dialled::from_uri(uri), Dialled::Other(String::new()), "{uri}");
        }
        assert_eq!(format!("{:?}", Dialled::Other("0712".into())), "Other(***)");
    }

    #[test]
    fn takes_addresses_apart() {
        for (value, uri, tagged) in [
            ("\"A <b>, \\\"c\\\"\" <sip:a@b;x=1>;tag=t", "sip:a@b;x=1", Some("t")),
            ("sip:a@b;tag=t", "sip:a@b", Some("t")),
            ("<sip:a@b>", "sip:a@b", None),
            ("<sip:a@b>;tag=", "sip:a@b", None),
            ("Bob <tel:+1>;TAG = q ", "tel:+1", Some("q")),
        ] {
            assert_eq!(Address::parse(value).map(|a| a.uri), Some(uri), "{value}");
            assert_eq!(tag(value), tagged, "{value}");
        }
        assert_eq!(Address::parse("<sip:a"), None);
        assert_eq!(list("\"a,b\" <sip:1@x,y>;q=1, <sip:2@x>,"), ["\"a,b\" <sip:1@x,y>;q=1", "<sip:2@x>"]);
        assert_eq!(host_port("sip:a@[::1]:5060;lr"), Some(("[::1]", Some(5060))));
        assert_eq!(host_port("sip:a@[::1]"), Some(("[::1]", None)));
        assert_eq!(host_port("sip:10.0.0.1:99999"), None);
        assert_eq!(uri_param("sip:a;x=2@b;Transport=WS;lr", "transport"), Some("WS"));
    }

    fn caller_of(headers: &str) -> (Option<String>, Presentation) {
        let text = format!("INVITE sip:a@b SIP/2.0\r\n{headers}\r\n\r\n");
        let caller = caller(&Message::parse(text.as_bytes()).map_err(|e| e.to_string()).expect("good"));
        (caller.number.map(|n| n.to_string()), caller.presentation)
    }

    #[test]
    fn believes_the_network_first_and_honours_privacy() {
        let from = "From: <sip:0711000001@x>;tag=a";
        let some = |n: &str| Some(n.to_owned());
        use Presentation::*;
        for (headers, number, presentation) in [
            (from.to_owned(), some("+254711000001"), Allowed),
            (format!("{from}\r\nRemote-Party-ID: <sip:0711000002@x>;party=calling"), some("+254711000002"), Allowed),
            (
                format!("{from}\r\nRemote-Party-ID: <sip:0711000002@x>\r\nP-Asserted-Identity: \"x\" <sip:bob@x>, <tel:+254711000003>"),
                some("+254711000003"),
                Allowed,
            ),
            (format!("{from}\r\nPrivacy: none"), some("+254711000001"), Allowed),
            (format!("{from}\r\nPrivacy: critical;id"), some("+254711000001"), Restricted),
            (format!("{from}\r\nRemote-Party-ID: <sip:0711000002@x>;privacy=full"), some("+254711000002"), Restricted),
            (
                "From: \"Anonymous\" <sip:anonymous@anonymous.invalid>;tag=a\r\nP-Asserted-Identity: <tel:+254711000003>".into(),
                some("+254711000003"),
                Restricted,
            ),
            ("From: Anonymous <sip:anonymous@anonymous.invalid>;tag=a".into(), None, Restricted),
            ("From: <sip:alice@x>;tag=a".into(), None, Unavailable),
            (format!("{from}\r\nP-Asserted-Identity: <sip:%@x>"), some("+254711000001"), Allowed),
        ] {
            assert_eq!(caller_of(&headers), (number, presentation), "{headers}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in "\\PC{0,120}") {
            let _ = (Address::parse(&text), list(&text), user(&text), host_port(&text), uri_param(&text, "x"));
            let _ = (Dialled::from_uri(&format!("sip:{text}")), tag(&text), display(&text));
        }

        #[test]
        fn never_panics_on_almost_addresses(text in "[<>\";,=@:%\\\\\\[\\]a-z0-9é ]{0,60}") {
            let _ = (Address::parse(&text), list(&text), user(&text), host_port(&text), uri_param(&text, "x"));
            let _ = (Dialled::from_uri(&format!("sip:{text}")), tag(&text));
        }
    }
}
