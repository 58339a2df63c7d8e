//! The answer to a digest challenge (RFC 7616 with MD5, as desk phones speak it).

use super::message::token;
use md5::{Digest, Md5};

/// The Authorization for one request after `challenge` (a WWW-Authenticate value); `None` when the
/// challenge is none that MD5 with `qop=auth` (or none) answers.
pub fn authorization(challenge: &str, user: &str, secret: &str, method: &str, uri: &str) -> Option<String> {
    let said = challenge.strip_prefix("Digest ")?;
    let (realm, nonce) = (value(said, "realm")?, value(said, "nonce")?);
    if value(said, "algorithm").is_some_and(|a| !a.eq_ignore_ascii_case("MD5")) {
        return None;
    }
    let ha1 = md5(&format!("{user}:{realm}:{secret}"));
    let ha2 = md5(&format!("{method}:{uri}"));
    let head =
        format!("Digest username=\"{user}\", realm=\"{realm}\", nonce=\"{nonce}\", uri=\"{uri}\", algorithm=MD5");
    if value(said, "qop").is_none() {
        return Some(format!("{head}, response=\"{}\"", md5(&format!("{ha1}:{nonce}:{ha2}"))));
    }
    let cnonce = token(12);
    let response = md5(&format!("{ha1}:{nonce}:00000001:{cnonce}:auth:{ha2}"));
    Some(format!("{head}, qop=auth, nc=00000001, cnonce=\"{cnonce}\", response=\"{response}\""))
}

fn md5(text: &str) -> String {
    hex::encode(Md5::digest(text.as_bytes()))
}

/// A parameter of the challenge, with or without quotes.
fn value<'c>(challenge: &'c str, name: &str) -> Option<&'c str> {
    challenge.split(',').find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        key.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches('"'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_that_of_the_standard_without_qop() {
        // RFC 2617 §3.5 without qop: the older form, computed by hand from its values.
        let answer = authorization(
            "Digest realm=\"testrealm@host.com\", nonce=\"abc\"",
            "Mufasa",
            "Circle Of Life",
            "GET",
            "/dir/index.html",
        );
        let answer = answer.expect("an answer");
        let expected = md5(&format!("939e7578ed9e3c518a452acee763bce9:abc:{}", "39aff3a2bab6126f332b942af96d3366"));
        assert!(answer.ends_with(&format!("response=\"{expected}\"")), "{answer}");
    }

    #[test]
    fn other_algorithms_are_not_answered() {
        assert_eq!(
            authorization("Digest realm=\"r\", nonce=\"n\", algorithm=SHA-256", "u", "s", "REGISTER", "sip:x"),
            None
        );
        assert_eq!(authorization("Basic realm=\"r\"", "u", "s", "REGISTER", "sip:x"), None);
    }
}
