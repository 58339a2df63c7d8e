//! Keys in the description (RFC 4568): reading their `a=crypto` lines, choosing one, writing ours.

use crate::media::srtp::{KEY, MasterKey, SALT, Suite};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};

/// What a secured line has agreed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Secure {
    /// The number of the line that was taken.
    pub tag: u32,
    /// How both directions are encrypted.
    pub suite: Suite,
    /// What they encrypt with.
    pub theirs: MasterKey,
    /// What we encrypt with.
    pub ours: MasterKey,
}

/// One `a=crypto` line that can be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Crypto {
    tag: u32,
    suite: Suite,
    key: MasterKey,
}

impl Crypto {
    /// Reads the value of the attribute. `None` when it asks for what we do not do: another suite, a
    /// master key index, several keys, parameters that change the cipher (RFC 4568 §6.3).
    pub fn read(value: &str) -> Option<Crypto> {
        let mut words = value.split_ascii_whitespace();
        let tag = words.next().filter(|tag| tag.len() <= 9)?.parse().ok()?;
        let suite = Suite::named(words.next()?)?;
        let mut parts = words.next()?.strip_prefix("inline:")?.split('|');
        let text = parts.next()?.trim_end_matches('=');
        // A lifetime may follow: ours is at most 2^48 packets, which no call reaches. An index may not.
        if parts.any(|part| part.contains(':')) {
            return None;
        }
        let harmless = |word: &str| word.starts_with("WSH=") || word.starts_with('-') || word == "KDR=0";
        if !words.all(harmless) {
            return None;
        }
        let bytes = STANDARD_NO_PAD.decode(text).ok()?;
        let key: [u8; KEY + SALT] = bytes.try_into().ok()?;
        Some(Crypto { tag, suite, key: MasterKey(key) })
    }
}

/// The first line that can be taken: its author's preference.
pub(super) fn choose(theirs: &[Crypto], ours: MasterKey) -> Option<Secure> {
    let Crypto { tag, suite, key } = *theirs.first()?;
    Some(Secure { tag, suite, theirs: key, ours })
}

/// The line of an offer of ours: the suite that everybody must have, with its full tag.
pub(super) fn offered(key: MasterKey) -> String {
    line(1, Suite::Tag80, key)
}

impl Secure {
    /// The line of an answer of ours.
    pub(super) fn answered(&self) -> String {
        line(self.tag, self.suite, self.ours)
    }
}

fn line(tag: u32, suite: Suite, key: MasterKey) -> String {
    format!("{tag} {} inline:{}", suite.name(), STANDARD.encode(key.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key of RFC 4568 §6.1's example.
    const KEYS: &str = "inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj";

    #[test]
    fn the_standards_example_is_read() {
        let line = format!("1 AES_CM_128_HMAC_SHA1_80 {KEYS}|2^20|1:32");
        assert_eq!(Crypto::read(&line), None, "with a master key index");
        let crypto = Crypto::read(&format!("1 AES_CM_128_HMAC_SHA1_80 {KEYS}|2^20")).expect("ours");
        assert_eq!((crypto.tag, crypto.suite), (1, Suite::Tag80));
        assert_eq!(crypto.key.0[..8], *b"wDfvg&T+");
    }

    #[test]
    fn what_would_weaken_it_is_not_taken() {
        for more in
            ["UNENCRYPTED_SRTP", "UNAUTHENTICATED_SRTP", "KDR=3", "FEC_KEY=inline:x", "WSH=64 UNENCRYPTED_SRTCP"]
        {
            assert_eq!(Crypto::read(&format!("1 AES_CM_128_HMAC_SHA1_80 {KEYS} {more}")), None, "{more}");
        }
        assert!(Crypto::read(&format!("1 AES_CM_128_HMAC_SHA1_32 {KEYS} WSH=64 -X")).is_some());
        for line in [
            "",
            "1",
            "x AES_CM_128_HMAC_SHA1_80 inline:AAAA",
            "1 AES_CM_128_HMAC_SHA1_80 inline:AAAA",
            "1 F8_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj",
            "1 AES_CM_128_HMAC_SHA1_80 uri:x",
        ] {
            assert_eq!(Crypto::read(line), None, "{line}");
        }
    }

    #[test]
    fn ours_is_read_back() {
        let key = MasterKey(std::array::from_fn(|n| n as u8 * 7));
        let secure = Crypto::read(&offered(key)).expect("ours");
        assert_eq!((secure.tag, secure.suite, secure.key), (1, Suite::Tag80, key));
    }
}
