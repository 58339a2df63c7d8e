//! Digest authentication of agents' phones (RFC 7616 with MD5, which desk phones speak), checked on
//! the raw header: rsipstack's helper reads the nonce count wrongly from the tenth request on.

use md5::{Digest, Md5};
use std::collections::BTreeMap;
use subtle::ConstantTimeEq;
use vocabulary::{Span, Time};

/// How long a nonce serves.
pub const NONCE_LIFE: Span = Span::minutes(5);
/// The most nonces whose counts are remembered; beyond it the oldest ones turn stale early.
pub const MAX_NONCES: usize = 8_192;

/// What a check found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// The secret is known to the sender, and this is no repetition.
    Good,
    /// The secret is known, but the nonce is too old or its count was used: try with a new one.
    Stale,
    /// Anything else.
    Bad,
}

/// What a phone put into Authorization.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Credentials {
    /// Who it says it is.
    pub user: String,
    realm: String,
    nonce: String,
    uri: String,
    response: String,
    qop: Option<String>,
    nc: String,
    cnonce: String,
}

/// Nonces we gave out: signed, so that nothing is remembered until one is used rightly.
pub struct Nonces {
    secret: [u8; 32],
    /// Highest count used, by nonce; a nonce starts with its time, so the first is the oldest.
    used: BTreeMap<String, u32>,
}

impl Credentials {
    /// Reads an Authorization value.
    pub fn parse(value: &str) -> Option<Credentials> {
        let (scheme, rest) = value.trim().split_once(char::is_whitespace)?;
        if !scheme.eq_ignore_ascii_case("Digest") {
            return None;
        }
        let mut credentials = Credentials::default();
        let mut algorithm = "MD5".to_owned();
        for (name, text) in pairs(rest)? {
            match name.to_ascii_lowercase().as_str() {
                "username" => credentials.user = text,
                "realm" => credentials.realm = text,
                "nonce" => credentials.nonce = text,
                "uri" => credentials.uri = text,
                "response" => credentials.response = text.to_ascii_lowercase(),
                "qop" => credentials.qop = Some(text.to_ascii_lowercase()),
                "nc" => credentials.nc = text,
                "cnonce" => credentials.cnonce = text,
                "algorithm" => algorithm = text,
                _ => {}
            }
        }
        algorithm.eq_ignore_ascii_case("MD5").then_some(credentials)
    }
}

impl Nonces {
    /// `secret` is random and lives as long as the process.
    pub fn new(secret: [u8; 32]) -> Nonces {
        Nonces { secret, used: BTreeMap::new() }
    }

    /// A nonce of this moment. `salt` is random, so that two phones never share one.
    pub fn mint(&self, now: Time, salt: u64) -> String {
        let head = format!("{:012x}{salt:016x}", now.0.max(0));
        format!("{head}{}", self.signature(&head))
    }

    /// The value of WWW-Authenticate.
    pub fn challenge(&self, now: Time, salt: u64, realm: &str, stale: bool) -> String {
        let nonce = self.mint(now, salt);
        let stale = if stale { ", stale=true" } else { "" };
        format!("Digest realm=\"{realm}\", nonce=\"{nonce}\", algorithm=MD5, qop=\"auth\"{stale}")
    }

    /// Checks credentials of a request with this method, and uses up their count when good.
    /// `ha1` is `MD5(user:realm:secret)` in hex; an unknown user is checked against a text that no
    /// digest equals, so that it takes as long.
    pub fn check(&mut self, now: Time, realm: &str, method: &str, ha1: Option<&str>, given: &Credentials) -> Check {
        let known = ha1.is_some();
        let ha1 = ha1.unwrap_or("no such user").to_ascii_lowercase();
        let ha2 = md5_hex(&format!("{method}:{}", given.uri));
        let nonce = &given.nonce;
        let expected = match given.qop.as_deref() {
            Some("auth") => md5_hex(&format!("{ha1}:{nonce}:{}:{}:auth:{ha2}", given.nc, given.cnonce)),
            Some(_) => return Check::Bad,
            None => md5_hex(&format!("{ha1}:{nonce}:{ha2}")),
        };
        let equal: bool = expected.as_bytes().ct_eq(given.response.as_bytes()).into();
        if !known || !equal || given.realm != realm {
            return Check::Bad;
        }
        let Some(minted) = self.minted(nonce) else {
            // Right secret, somebody else's nonce: one from before our restart.
            return Check::Stale;
        };
        let count = if given.qop.is_some() { u32::from_str_radix(&given.nc, 16).unwrap_or(0) } else { 1 };
        let last = self.used.get(nonce).copied().unwrap_or(0);
        let oldest_kept = self.used.len() < MAX_NONCES || self.used.keys().next().is_some_and(|k| k < nonce);
        if now.since(minted) > NONCE_LIFE || minted > now || count <= last || !oldest_kept {
            return Check::Stale;
        }
        self.used.insert(nonce.clone(), count);
        if self.used.len() > MAX_NONCES {
            self.used.pop_first();
        }
        Check::Good
    }

    /// Forgets counts of nonces too old to be taken.
    pub fn forget(&mut self, now: Time) {
        let keep = format!("{:012x}", (now - NONCE_LIFE).0.max(0));
        self.used = self.used.split_off(&keep);
    }

    fn minted(&self, nonce: &str) -> Option<Time> {
        if nonce.len() != 60 || !nonce.is_ascii() {
            return None;
        }
        let (head, signature) = nonce.split_at(28);
        let ours: bool = self.signature(head).as_bytes().ct_eq(signature.as_bytes()).into();
        let millis = i64::from_str_radix(&head[..12], 16).ok()?;
        ours.then_some(Time(millis))
    }

    /// A keyed hash of the nonce's head. SHA-256 with the key before and behind is not open to
    /// length extension, as every head has one length.
    fn signature(&self, head: &str) -> String {
        use sha2::{Digest as _, Sha256};
        let mut hash = Sha256::new();
        hash.update(self.secret);
        hash.update(head.as_bytes());
        hash.update(self.secret);
        hex::encode(&hash.finalize()[..16])
    }
}

/// `MD5(user:realm:secret)` in hex: what is stored instead of a device's secret.
pub fn ha1(user: &str, realm: &str, secret: &str) -> String {
    md5_hex(&format!("{user}:{realm}:{secret}"))
}

fn md5_hex(text: &str) -> String {
    hex::encode(Md5::digest(text.as_bytes()))
}

/// `name=value, name="value"`; `None` where a quote never ends.
fn pairs(text: &str) -> Option<Vec<(&str, String)>> {
    let mut found = Vec::new();
    let mut rest = text.trim_start_matches([',', ' ', '\t']);
    while !rest.is_empty() && found.len() < 32 {
        let (name, after) = rest.split_once('=')?;
        let after = after.trim_start();
        let (value, tail) = match after.strip_prefix('"') {
            Some(inside) => {
                let mut value = String::new();
                let mut chars = inside.char_indices();
                let end = loop {
                    match chars.next()? {
                        (at, '"') => break at,
                        (_, '\\') => value.push(chars.next()?.1),
                        (_, c) => value.push(c),
                    }
                };
                (value, &inside[end + 1..])
            }
            None => {
                let (value, tail) = after.split_once(',').unwrap_or((after, ""));
                (value.trim().to_owned(), tail)
            }
        };
        found.push((name.trim(), value));
        rest = tail.trim_start_matches([',', ' ', '\t']);
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const REALM: &str = "hctc";

    fn answer(nonce: &str, secret: &str, nc: u32) -> Credentials {
        let (ha1, ha2) = (ha1("desk-1", REALM, secret), md5_hex("REGISTER:sip:hctc"));
        let response = md5_hex(&format!("{ha1}:{nonce}:{nc:08x}:c:auth:{ha2}"));
        let text = format!(
            "Digest username=\"desk-1\", realm=\"{REALM}\", nonce=\"{nonce}\", uri=\"sip:hctc\", \
             response=\"{response}\", qop=auth, nc={nc:08x}, cnonce=\"c\", algorithm=MD5"
        );
        Credentials::parse(&text).expect("good")
    }

    #[test]
    fn agrees_with_the_example_of_rfc_2617() {
        let given = Credentials::parse(
            "Digest username=\"Mufasa\", realm=\"testrealm@host.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", \
             uri=\"/dir/index.html\", qop=auth, nc=00000001, cnonce=\"0a4f113b\", \
             response=\"6629fae49393a05397450978507c4ef1\", opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"",
        )
        .expect("good");
        let stored = ha1("Mufasa", "testrealm@host.com", "Circle Of Life");
        let mut nonces = Nonces::new([1; 32]);
        let found = nonces.check(Time(0), "testrealm@host.com", "GET", Some(&stored), &given);
        assert_eq!(found, Check::Stale, "the digest is right, the nonce is not ours");
        assert_eq!(nonces.check(Time(0), "testrealm@host.com", "PUT", Some(&stored), &given), Check::Bad);
    }

    #[test]
    fn counts_past_nine_and_refuses_repetition() {
        let mut nonces = Nonces::new([7; 32]);
        let nonce = nonces.mint(Time(1_000), 5);
        let stored = ha1("desk-1", REALM, "right");
        for nc in 1..=300 {
            let found = nonces.check(Time(2_000), REALM, "REGISTER", Some(&stored), &answer(&nonce, "right", nc));
            assert_eq!(found, Check::Good, "nc {nc}");
        }
        let again = nonces.check(Time(2_000), REALM, "REGISTER", Some(&stored), &answer(&nonce, "right", 300));
        assert_eq!(again, Check::Stale);
    }

    #[test]
    fn tells_wrong_old_and_foreign_apart() {
        let mut nonces = Nonces::new([7; 32]);
        let nonce = nonces.mint(Time(1_000), 5);
        let stored = ha1("desk-1", REALM, "right");
        let mut check = |now, ha1: Option<&str>, given: &Credentials| nonces.check(Time(now), REALM, "REGISTER", ha1, given);
        assert_eq!(check(2_000, Some(&stored), &answer(&nonce, "wrong", 1)), Check::Bad);
        assert_eq!(check(2_000, None, &answer(&nonce, "right", 1)), Check::Bad);
        assert_eq!(check(1_000 + NONCE_LIFE.0 + 1, Some(&stored), &answer(&nonce, "right", 1)), Check::Stale);
        let theirs = Nonces::new([8; 32]).mint(Time(1_000), 5);
        assert_eq!(check(2_000, Some(&stored), &answer(&theirs, "right", 1)), Check::Stale);
        assert_eq!(check(2_000, Some(&stored), &answer(&nonce, "right", 0)), Check::Stale);
    }

    #[test]
    fn remembers_a_bounded_number() {
        let mut nonces = Nonces::new([7; 32]);
        let stored = ha1("desk-1", REALM, "right");
        for n in 0..MAX_NONCES as i64 + 10 {
            let nonce = nonces.mint(Time(n), 5);
            let found = nonces.check(Time(n), REALM, "REGISTER", Some(&stored), &answer(&nonce, "right", 1));
            assert_eq!(found, Check::Good);
        }
        assert_eq!(nonces.used.len(), MAX_NONCES);
        nonces.forget(Time(MAX_NONCES as i64 + 20) + NONCE_LIFE);
        assert!(nonces.used.is_empty());
    }

    proptest! {
        #[test]
        fn never_panics(text in "\\PC{0,200}") {
            if let Some(given) = Credentials::parse(&format!("Digest {text}")) {
                Nonces::new([0; 32]).check(Time(0), REALM, "REGISTER", Some("x"), &given);
            }
        }

        #[test]
        fn never_panics_on_strange_nonces(nonce in "[0-9a-fé]{58,62}") {
            prop_assert_eq!(Nonces::new([0; 32]).minted(&nonce), None);
        }
    }
}
