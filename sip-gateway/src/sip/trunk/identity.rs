//! Who calls, for whom the call was first meant, and what we show of ourselves. Who calls, by order of
//! trust, is read by [`crate::sip::address::caller`].

use crate::sip::address::{self, Address};
use crate::sip::message::Message;
use vocabulary::E164;

/// Redirections read of one call; a longer history is a loop.
pub const MAX_REDIRECTIONS: usize = 10;

/// One redirection on the way to us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirection {
    /// Whose number sent the call on, where it is a number.
    pub from: Option<E164>,
    /// Why, as a number of RFC 3326 or a word of RFC 5806: `302`, `no-answer`.
    pub reason: String,
}

/// The way a call took before us, the first redirection first: History-Info (RFC 7044), else Diversion
/// (RFC 5806), whose newest stands on top.
pub fn redirections(invite: &Message) -> Vec<Redirection> {
    let history = history(invite);
    if history.len() > 1 {
        // An entry with a cause is where the call went because of it; what it left is the one before.
        let pairs = history.windows(2).filter_map(|pair| {
            let (number, cause) = (pair[0].0.clone(), pair[1].1.clone()?);
            Some(Redirection { from: number, reason: cause })
        });
        return pairs.take(MAX_REDIRECTIONS).collect();
    }
    let diversions = invite.headers("Diversion").flat_map(address::list).filter_map(Address::parse);
    let mut found: Vec<Redirection> = diversions
        .take(MAX_REDIRECTIONS)
        .map(|d| Redirection {
            from: number(d.uri),
            reason: d.param("reason").unwrap_or("unknown").to_ascii_lowercase(),
        })
        .collect();
    found.reverse();
    found
}

/// The number first dialled, where the call was sent on: that names the service asked for, when a
/// carrier delivers all numbers to one.
pub fn first_dialled(invite: &Message) -> Option<E164> {
    let first = history(invite).into_iter().next().and_then(|(number, _)| number);
    first.or_else(|| redirections(invite).into_iter().next().and_then(|r| r.from))
}

/// The identity of a call of ours: From for whoever is called, P-Asserted-Identity for the carrier,
/// Privacy where the number is not to be shown (RFC 3323, RFC 3325).
pub fn present(invite: Message, number: &E164, host: &str, shown: bool, tag: &str) -> Message {
    let from = match shown {
        true => format!("<sip:{number}@{host}>;tag={tag}"),
        false => format!("\"Anonymous\" <sip:anonymous@anonymous.invalid>;tag={tag}"),
    };
    let invite = invite.with("From", &from).with("P-Asserted-Identity", &format!("<sip:{number}@{host}>"));
    if shown { invite } else { invite.with("Privacy", "id") }
}

/// Entries of History-Info in order: number, and the cause that led there.
fn history(invite: &Message) -> Vec<(Option<E164>, Option<String>)> {
    let entries = invite.headers("History-Info").flat_map(address::list).filter_map(Address::parse);
    entries
        .take(MAX_REDIRECTIONS + 1)
        .map(|entry| {
            let cause = address::uri_param(entry.uri, "cause").map(str::to_owned);
            (number(entry.uri), cause.or_else(|| reason_of(entry.uri)))
        })
        .collect()
}

/// The cause inside `?Reason=SIP%3Bcause%3D302`.
fn reason_of(uri: &str) -> Option<String> {
    let (_, headers) = uri.split_once('?')?;
    let (_, reason) =
        headers.split('&').filter_map(|h| h.split_once('=')).find(|(n, _)| n.eq_ignore_ascii_case("Reason"))?;
    let reason = address::percent_decoded(reason)?;
    let cause = reason.split(';').find_map(|p| p.trim().strip_prefix("cause="))?;
    cause.bytes().all(|b| b.is_ascii_digit()).then(|| cause.to_owned())
}

fn number(uri: &str) -> Option<E164> {
    E164::parse(&address::user(uri)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invite(headers: &[(&str, &str)]) -> Message {
        headers.iter().fold(Message::request("INVITE", "sip:us"), |m, (n, v)| m.with(n, v))
    }

    fn e164(number: &str) -> E164 {
        E164::parse(number).expect("good")
    }

    #[test]
    fn history_tells_the_first_number_and_every_turn() {
        let invite = invite(&[
            ("History-Info", "<sip:0206900020@x>;index=1, <sip:0711000001@x;cause=302>;index=1.1"),
            ("History-Info", "<sip:us@x?Reason=SIP%3Bcause%3D486>;index=1.1.1"),
            ("Diversion", "<sip:0711000009@x>;reason=no-answer"),
        ]);
        assert_eq!(first_dialled(&invite), Some(e164("0206900020")));
        let turns: Vec<_> = redirections(&invite).into_iter().map(|r| (r.from, r.reason)).collect();
        assert_eq!(turns, [(Some(e164("0206900020")), "302".to_owned()), (Some(e164("0711000001")), "486".to_owned())]);
    }

    #[test]
    fn diversions_are_read_from_the_bottom() {
        let invite = invite(&[
            ("Diversion", "<sip:0711000002@x>;reason=No-Answer"),
            ("Diversion", "\"a, b\" <tel:+254711000001>;reason=user-busy, <sip:bob@x>"),
        ]);
        let turns: Vec<_> = redirections(&invite).into_iter().map(|r| (r.from, r.reason)).collect();
        assert_eq!(
            turns,
            [
                (None, "unknown".to_owned()),
                (Some(e164("0711000001")), "user-busy".to_owned()),
                (Some(e164("0711000002")), "no-answer".to_owned())
            ]
        );
        assert_eq!(redirections(&self::invite(&[])), []);
        let loops: Vec<(&str, &str)> = (0..50).map(|_| ("Diversion", "<sip:0711000002@x>")).collect();
        assert_eq!(redirections(&self::invite(&loops)).len(), MAX_REDIRECTIONS);
    }

    #[test]
    fn a_hidden_number_is_told_to_the_carrier_alone() {
        let number = e164("0206900020");
        let shown = present(invite(&[]), &number, "192.0.2.9", true, "t");
        assert_eq!(shown.header("From"), Some("<sip:+254206900020@192.0.2.9>;tag=t"));
        assert_eq!(shown.header("Privacy"), None);
        let hidden = present(invite(&[]), &number, "192.0.2.9", false, "t");
        assert!(!hidden.header("From").expect("there").contains("254"));
        assert_eq!(hidden.header("P-Asserted-Identity"), Some("<sip:+254206900020@192.0.2.9>"));
        assert_eq!(hidden.header("Privacy"), Some("id"));
        let read = address::caller(&hidden);
        assert_eq!((read.number, read.presentation), (Some(number), vocabulary::Presentation::Restricted));
    }
}
