//! Digest authentication (RFC 7616, RFC 8760), both ways: phones prove themselves to us, and we prove
//! ourselves to a carrier. SHA-256, and MD5, which most desk phones and browsers speak alone.

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

/// How the digest is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Algorithm {
    /// RFC 2617's, and what a header without algorithm means.
    #[default]
    Md5,
    /// RFC 7616's.
    Sha256,
}

impl Algorithm {
    /// By the name in the header.
    pub fn by_name(name: &str) -> Option<Algorithm> {
        [Algorithm::Md5, Algorithm::Sha256].into_iter().find(|a| a.name().eq_ignore_ascii_case(name))
    }

    /// As the header says it.
    pub fn name(self) -> &'static str {
        match self {
            Algorithm::Md5 => "MD5",
            Algorithm::Sha256 => "SHA-256",
        }
    }

    /// `H(user:realm:secret)` in hex: what is stored instead of a secret.
    pub fn ha1(self, user: &str, realm: &str, secret: &str) -> String {
        self.hex(&format!("{user}:{realm}:{secret}"))
    }

    fn hex(self, text: &str) -> String {
        match self {
            Algorithm::Md5 => md5_hex(text),
            Algorithm::Sha256 => hex::encode(sha2::Sha256::digest(text.as_bytes())),
        }
    }
}

/// Who may answer a challenge, and how.
#[derive(Debug, Clone, Copy, Default)]
pub struct Stored<'a> {
    /// `MD5(user:realm:secret)` in hex.
    pub md5: Option<&'a str>,
    /// `SHA-256(user:realm:secret)` in hex.
    pub sha256: Option<&'a str>,
}

/// What a phone put into Authorization.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Credentials {
    /// Who it says it is.
    pub user: String,
    algorithm: Algorithm,
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
        credentials.algorithm = Algorithm::by_name(&algorithm)?;
        Some(credentials)
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

    /// The value of WWW-Authenticate; one a line for each algorithm, the best first (RFC 8760 §2.4).
    pub fn challenge(&self, now: Time, salt: u64, realm: &str, stale: bool, algorithm: Algorithm) -> String {
        let (nonce, algorithm) = (self.mint(now, salt), algorithm.name());
        let stale = if stale { ", stale=true" } else { "" };
        format!("Digest realm=\"{realm}\", nonce=\"{nonce}\", algorithm={algorithm}, qop=\"auth\"{stale}")
    }

    /// Checks credentials of a request with this method, and uses up their count when good.
    /// An unknown user is checked against a text that no digest equals, so that it takes as long.
    pub fn check(&mut self, now: Time, realm: &str, method: &str, stored: Stored<'_>, given: &Credentials) -> Check {
        let ha1 = match given.algorithm {
            Algorithm::Md5 => stored.md5,
            Algorithm::Sha256 => stored.sha256,
        };
        let known = ha1.is_some();
        let ha1 = ha1.unwrap_or("no such user").to_ascii_lowercase();
        let nonce = &given.nonce;
        let counted = match given.qop.as_deref() {
            Some("auth") => Some((given.nc.as_str(), given.cnonce.as_str())),
            Some(_) => return Check::Bad,
            None => None,
        };
        let expected = response(given.algorithm, &ha1, nonce, counted, method, &given.uri);
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

/// The digest itself (RFC 7616 §3.4.1); `counted` is nc and cnonce where qop is `auth`.
fn response(
    algorithm: Algorithm,
    ha1: &str,
    nonce: &str,
    counted: Option<(&str, &str)>,
    method: &str,
    uri: &str,
) -> String {
    let ha2 = algorithm.hex(&format!("{method}:{uri}"));
    match counted {
        Some((nc, cnonce)) => algorithm.hex(&format!("{ha1}:{nonce}:{nc}:{cnonce}:auth:{ha2}")),
        None => algorithm.hex(&format!("{ha1}:{nonce}:{ha2}")),
    }
}

/// A challenge a carrier sent us, and how often its nonce was used.
#[derive(Clone, PartialEq, Eq)]
pub struct Challenge {
    realm: String,
    nonce: String,
    opaque: Option<String>,
    algorithm: Algorithm,
    auth: bool,
    /// The nonce we answered before was too old; the secret may be right.
    pub stale: bool,
    used: u32,
}

impl Challenge {
    /// The best of the challenges in a 401 or 407; `None` where we can answer none of them.
    pub fn best<'a>(values: impl Iterator<Item = &'a str>) -> Option<Challenge> {
        values.filter_map(Challenge::parse).max_by_key(|challenge| challenge.algorithm)
    }

    /// Reads one WWW-Authenticate or Proxy-Authenticate value.
    pub fn parse(value: &str) -> Option<Challenge> {
        let (scheme, rest) = value.trim().split_once(char::is_whitespace)?;
        if !scheme.eq_ignore_ascii_case("Digest") {
            return None;
        }
        let (mut realm, mut nonce, mut opaque, mut qop) = (None, None, None, None);
        let (mut algorithm, mut stale) = (Some(Algorithm::Md5), false);
        for (name, text) in pairs(rest)? {
            match name.to_ascii_lowercase().as_str() {
                "realm" => realm = Some(text),
                "nonce" => nonce = Some(text),
                "opaque" => opaque = Some(text),
                "algorithm" => algorithm = Algorithm::by_name(&text),
                "stale" => stale = text.eq_ignore_ascii_case("true"),
                "qop" => qop = Some(text),
                _ => {}
            }
        }
        // Without qop it is RFC 2069's; with others than auth we cannot answer.
        let auth = qop.is_some();
        let offered = qop.is_none_or(|q| q.split(',').any(|one| one.trim().eq_ignore_ascii_case("auth")));
        let (algorithm, realm, nonce) = (algorithm.filter(|_| offered)?, realm?, nonce?);
        Some(Challenge { realm, nonce, opaque, algorithm, auth, stale, used: 0 })
    }

    /// The next answer: the value of Authorization or Proxy-Authorization. `cnonce` is random letters
    /// and digits.
    pub fn answer(&mut self, user: &str, secret: &str, method: &str, uri: &str, cnonce: &str) -> String {
        self.used += 1;
        let nc = format!("{:08x}", self.used);
        let ha1 = self.algorithm.ha1(user, &self.realm, secret);
        let counted = self.auth.then_some((nc.as_str(), cnonce));
        let response = response(self.algorithm, &ha1, &self.nonce, counted, method, uri);
        let (realm, nonce) = (quoted(&self.realm), quoted(&self.nonce));
        let mut text = format!(
            "Digest username={}, realm={realm}, nonce={nonce}, uri={}, response=\"{response}\", algorithm={}",
            quoted(user),
            quoted(uri),
            self.algorithm.name()
        );
        if self.auth {
            text = format!("{text}, qop=auth, nc={nc}, cnonce={}", quoted(cnonce));
        }
        match &self.opaque {
            Some(opaque) => format!("{text}, opaque={}", quoted(opaque)),
            None => text,
        }
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
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

    fn md5(ha1: &str) -> Stored<'_> {
        Stored { md5: Some(ha1), sha256: None }
    }

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
        let found = nonces.check(Time(0), "testrealm@host.com", "GET", md5(&stored), &given);
        assert_eq!(found, Check::Stale, "the digest is right, the nonce is not ours");
        assert_eq!(nonces.check(Time(0), "testrealm@host.com", "PUT", md5(&stored), &given), Check::Bad);
    }

    #[test]
    fn agrees_with_the_examples_of_rfc_7616() {
        for (algorithm, expected) in [
            (Algorithm::Md5, "8ca523f5e9506fed4657c9700eebdbec"),
            (Algorithm::Sha256, "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
        ] {
            let mut challenge = Challenge::parse(&format!(
                "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm={}, \
                 nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"",
                algorithm.name()
            ))
            .expect("good");
            let cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
            let answer = challenge.answer("Mufasa", "Circle of Life", "GET", "/dir/index.html", cnonce);
            assert!(answer.contains(&format!("response=\"{expected}\"")), "{answer}");
            assert!(answer.contains("nc=00000001") && answer.contains("opaque=\"FQhe/"));
            let given = Credentials::parse(&answer).expect("ours");
            let stored = algorithm.ha1("Mufasa", "http-auth@example.org", "Circle of Life");
            let stored = match algorithm {
                Algorithm::Md5 => Stored { md5: Some(&stored), sha256: None },
                Algorithm::Sha256 => Stored { md5: None, sha256: Some(&stored) },
            };
            let found = Nonces::new([1; 32]).check(Time(0), "http-auth@example.org", "GET", stored, &given);
            assert_eq!(found, Check::Stale, "the digest is right, the nonce is not ours");
        }
    }

    #[test]
    fn both_ways_agree_for_hundreds_of_requests() {
        for algorithm in [Algorithm::Md5, Algorithm::Sha256] {
            let mut nonces = Nonces::new([7; 32]);
            let mut challenge = Challenge::parse(&nonces.challenge(Time(0), 5, REALM, false, algorithm)).expect("ours");
            let ha1 = algorithm.ha1("a \"b\\", REALM, "right");
            let stored = Stored { md5: Some(&ha1), sha256: Some(&ha1) };
            for n in 0..300 {
                let given =
                    Credentials::parse(&challenge.answer("a \"b\\", "right", "INVITE", "sip:x", "c")).expect("ours");
                assert_eq!(given.user, "a \"b\\");
                assert_eq!(nonces.check(Time(1), REALM, "INVITE", stored, &given), Check::Good, "{algorithm:?} {n}");
            }
        }
    }

    #[test]
    fn the_best_challenge_we_know_is_answered() {
        let line =
            |algorithm: &str, more: &str| format!("Digest realm=\"r\", nonce=\"n\", algorithm={algorithm}{more}");
        let lines =
            [line("SHA-512-256", ""), line("MD5", ""), line("SHA-256", ", stale=TRUE"), "Basic realm=\"r\"".into()];
        let best = Challenge::best(lines.iter().map(String::as_str)).expect("two we know");
        assert_eq!((best.algorithm, best.stale), (Algorithm::Sha256, true));
        assert!(Challenge::parse(&line("MD5", ", qop=\"auth-int\"")).is_none());
        let mut old = Challenge::parse(&line("MD5", "")).expect("RFC 2069");
        assert!(!old.answer("u", "s", "INVITE", "sip:x", "c").contains("cnonce"));
    }

    #[test]
    fn counts_past_nine_and_refuses_repetition() {
        let mut nonces = Nonces::new([7; 32]);
        let nonce = nonces.mint(Time(1_000), 5);
        let stored = ha1("desk-1", REALM, "right");
        for nc in 1..=300 {
            let found = nonces.check(Time(2_000), REALM, "REGISTER", md5(&stored), &answer(&nonce, "right", nc));
            assert_eq!(found, Check::Good, "nc {nc}");
        }
        let again = nonces.check(Time(2_000), REALM, "REGISTER", md5(&stored), &answer(&nonce, "right", 300));
        assert_eq!(again, Check::Stale);
    }

    #[test]
    fn tells_wrong_old_and_foreign_apart() {
        let mut nonces = Nonces::new([7; 32]);
        let nonce = nonces.mint(Time(1_000), 5);
        let stored = ha1("desk-1", REALM, "right");
        let mut check =
            |now, stored: Stored<'_>, given: &Credentials| nonces.check(Time(now), REALM, "REGISTER", stored, given);
        assert_eq!(check(2_000, md5(&stored), &answer(&nonce, "wrong", 1)), Check::Bad);
        assert_eq!(check(2_000, Stored::default(), &answer(&nonce, "right", 1)), Check::Bad);
        assert_eq!(check(1_000 + NONCE_LIFE.0 + 1, md5(&stored), &answer(&nonce, "right", 1)), Check::Stale);
        let theirs = Nonces::new([8; 32]).mint(Time(1_000), 5);
        assert_eq!(check(2_000, md5(&stored), &answer(&theirs, "right", 1)), Check::Stale);
        assert_eq!(check(2_000, md5(&stored), &answer(&nonce, "right", 0)), Check::Stale);
    }

    #[test]
    fn remembers_a_bounded_number() {
        let mut nonces = Nonces::new([7; 32]);
        let stored = ha1("desk-1", REALM, "right");
        for n in 0..MAX_NONCES as i64 + 10 {
            let nonce = nonces.mint(Time(n), 5);
            let found = nonces.check(Time(n), REALM, "REGISTER", md5(&stored), &answer(&nonce, "right", 1));
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
                Nonces::new([0; 32]).check(Time(0), REALM, "REGISTER", md5("x"), &given);
            }
        }

        #[test]
        fn never_panics_on_strange_nonces(nonce in "[0-9a-fé]{58,62}") {
            prop_assert_eq!(Nonces::new([0; 32]).minted(&nonce), None);
        }
    }
}
