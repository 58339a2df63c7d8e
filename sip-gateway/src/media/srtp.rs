//! Encrypted RTP of SIP legs whose keys came by SDP (RFC 3711, RFC 4568): AES counter mode and
//! HMAC-SHA1. Written here, as one packet is changed in place without a copy and a stranger's source
//! number takes no memory; the tests hold it against the standard's vectors and another library.
//! Keys of WebRTC legs come by DTLS and are the engine's.

use aes::Aes128;
use aes::cipher::{Array, BlockCipherEncrypt, KeyInit};
use hmac::{Hmac, Mac};
use sha1::Sha1;

/// Length of a master key, and of its salt.
pub const KEY: usize = 16;
/// Length of a master salt.
pub const SALT: usize = 14;
/// The most bytes a packet grows by: the tag, and the index of RTCP.
pub const GROWTH: usize = 14;
/// Sources followed in one direction: a far end has one, and another after a transfer.
const MAX_SOURCES: usize = 4;
/// Packets behind the newest that may still come.
const WINDOW: u64 = 64;
/// The tag of RTCP is never shortened (RFC 4568 §6.2).
const RTCP_TAG: usize = 10;

/// A crypto suite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Suite {
    /// `AES_CM_128_HMAC_SHA1_80`.
    Tag80,
    /// `AES_CM_128_HMAC_SHA1_32`: a tag of four bytes for speech.
    Tag32,
}

impl Suite {
    /// Its name in SDP.
    pub fn name(self) -> &'static str {
        match self {
            Suite::Tag80 => "AES_CM_128_HMAC_SHA1_80",
            Suite::Tag32 => "AES_CM_128_HMAC_SHA1_32",
        }
    }

    /// The suite of this name.
    pub fn named(name: &str) -> Option<Suite> {
        [Suite::Tag80, Suite::Tag32].into_iter().find(|suite| suite.name() == name)
    }

    fn tag(self) -> usize {
        match self {
            Suite::Tag80 => 10,
            Suite::Tag32 => 4,
        }
    }
}

/// Key and salt of one direction.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct MasterKey(pub [u8; KEY + SALT]);

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MasterKey(***)")
    }
}

/// Session keys of RTP, or of RTCP.
struct Keys {
    cipher: Aes128,
    mac: Hmac<Sha1>,
    salt: u128,
}

/// One direction of one leg: use it for sending only or for receiving only.
pub struct Srtp {
    suite: Suite,
    rtp: Keys,
    rtcp: Keys,
    sources: Vec<Source>,
    rtcp_next: u32,
    /// Index and window of RTCP that came, by source.
    rtcp_seen: Vec<(u32, Window)>,
}

impl std::fmt::Debug for Srtp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Srtp").field("suite", &self.suite).finish_non_exhaustive()
    }
}

/// One source, by its 48-bit packet index.
#[derive(Debug, Clone, Copy)]
struct Source {
    ssrc: u32,
    window: Window,
}

/// The newest index seen and which before it were.
#[derive(Debug, Clone, Copy)]
struct Window {
    newest: u64,
    seen: u64,
}

impl Window {
    fn fresh(self, index: u64) -> bool {
        match self.newest.checked_sub(index) {
            None => true,
            Some(behind) => behind < WINDOW && self.seen & (1 << behind) == 0,
        }
    }

    fn note(&mut self, index: u64) {
        if index > self.newest {
            let ahead = index - self.newest;
            self.seen = if ahead >= WINDOW { 1 } else { self.seen << ahead | 1 };
            self.newest = index;
        } else {
            self.seen |= 1 << (self.newest - index);
        }
    }
}

impl Srtp {
    /// A direction under this key.
    pub fn new(suite: Suite, key: &MasterKey) -> Srtp {
        let rtp = Keys::derive(key, 0);
        let rtcp = Keys::derive(key, 3);
        Srtp { suite, rtp, rtcp, sources: Vec::new(), rtcp_next: 0, rtcp_seen: Vec::new() }
    }

    /// Encrypts and signs an RTP packet that fills `packet[..length]`; gives its new length. `None` when
    /// it is no RTP packet or there is no room for the tag.
    pub fn protect(&mut self, packet: &mut [u8], length: usize) -> Option<usize> {
        let tag = self.suite.tag();
        let room = packet.get_mut(..length + tag)?;
        let Head { payload, sequence, ssrc } = head(&room[..length])?;
        let index = self.index(ssrc, sequence);
        self.rtp.cipher(ssrc, index, &mut room[payload..length]);
        let mac = self.rtp.sign(&room[..length], (index >> 16) as u32);
        room[length..].copy_from_slice(&mac[..tag]);
        self.note(ssrc, index);
        Some(length + tag)
    }

    /// Checks and decrypts an RTP packet; gives its new length. `None` when it was forged, changed, or
    /// came before. Nothing is remembered of such a packet.
    pub fn unprotect(&mut self, packet: &mut [u8]) -> Option<usize> {
        let length = packet.len().checked_sub(self.suite.tag())?;
        let (text, tag) = packet.split_at_mut(length);
        let Head { payload, sequence, ssrc } = head(text)?;
        let index = self.index(ssrc, sequence);
        let window = self.sources.iter().find(|source| source.ssrc == ssrc).map(|source| source.window);
        if window.is_some_and(|window| !window.fresh(index)) {
            return None;
        }
        let mac = self.rtp.sign(text, (index >> 16) as u32);
        if !same(&mac[..tag.len()], tag) {
            return None;
        }
        self.rtp.cipher(ssrc, index, &mut text[payload..]);
        self.note(ssrc, index);
        Some(length)
    }

    /// Encrypts and signs a compound RTCP packet that fills `packet[..length]`; gives its new length.
    pub fn protect_rtcp(&mut self, packet: &mut [u8], length: usize) -> Option<usize> {
        let room = packet.get_mut(..length + 4 + RTCP_TAG)?;
        let ssrc = word(room.get(4..8)?);
        let index = self.rtcp_next & 0x7fff_ffff;
        self.rtcp_next = self.rtcp_next.wrapping_add(1);
        self.rtcp.cipher(ssrc, index as u64, &mut room[8..length]);
        room[length..length + 4].copy_from_slice(&(index | 0x8000_0000).to_be_bytes());
        let mac = self.rtcp.mac(&[&room[..length + 4]]);
        room[length + 4..].copy_from_slice(&mac[..RTCP_TAG]);
        Some(length + 4 + RTCP_TAG)
    }

    /// Checks and decrypts an RTCP packet; gives its new length.
    pub fn unprotect_rtcp(&mut self, packet: &mut [u8]) -> Option<usize> {
        let signed = packet.len().checked_sub(RTCP_TAG)?;
        let length = signed.checked_sub(4).filter(|length| *length >= 8)?;
        let mac = self.rtcp.mac(&[&packet[..signed]]);
        if !same(&mac[..RTCP_TAG], &packet[signed..]) {
            return None;
        }
        let (ssrc, index) = (word(&packet[4..8]), word(&packet[length..signed]));
        let (encrypted, index) = (index & 0x8000_0000 != 0, (index & 0x7fff_ffff) as u64);
        match self.rtcp_seen.iter_mut().find(|(of, _)| *of == ssrc) {
            Some((_, window)) if !window.fresh(index) => return None,
            Some((_, window)) => window.note(index),
            None => {
                if self.rtcp_seen.len() == MAX_SOURCES {
                    self.rtcp_seen.remove(0);
                }
                self.rtcp_seen.push((ssrc, Window { newest: index, seen: 1 }));
            }
        }
        if encrypted {
            self.rtcp.cipher(ssrc, index, &mut packet[8..length]);
        }
        Some(length)
    }

    /// The packet index of a sequence number: the roll-over nearest to what was seen (RFC 3711 §3.3.1).
    fn index(&self, ssrc: u32, sequence: u16) -> u64 {
        let Some(source) = self.sources.iter().find(|source| source.ssrc == ssrc) else { return sequence as u64 };
        let newest = source.window.newest;
        let ahead = sequence.wrapping_sub(newest as u16) as i16 as i64;
        newest.checked_add_signed(ahead).unwrap_or(sequence as u64)
    }

    fn note(&mut self, ssrc: u32, index: u64) {
        match self.sources.iter_mut().find(|source| source.ssrc == ssrc) {
            Some(source) => source.window.note(index),
            None => {
                if self.sources.len() == MAX_SOURCES {
                    self.sources.remove(0);
                }
                self.sources.push(Source { ssrc, window: Window { newest: index, seen: 1 } });
            }
        }
    }
}

impl Keys {
    /// Session keys from the label of the cipher's key on (RFC 3711 §4.3): key, authentication, salt.
    fn derive(master: &MasterKey, label: u8) -> Keys {
        let (key, salt) = master.0.split_at(KEY);
        let cipher = aes(key);
        let mut base = [0u8; 16];
        base[..SALT].copy_from_slice(salt);
        let base = u128::from_be_bytes(base);
        let stream = |label: u8, out: &mut [u8]| counter(&cipher, base ^ ((label as u128) << 64), out);
        let (mut session, mut signing, mut salt) = ([0; KEY], [0; 20], [0; 16]);
        stream(label, &mut session);
        stream(label + 1, &mut signing);
        stream(label + 2, &mut salt[..SALT]);
        let mac = Hmac::new_from_slice(&signing).expect("HMAC takes a key of any length");
        Keys { cipher: aes(&session), mac, salt: u128::from_be_bytes(salt) }
    }

    fn cipher(&self, ssrc: u32, index: u64, text: &mut [u8]) {
        let start = self.salt ^ ((ssrc as u128) << 64) ^ ((index as u128) << 16);
        counter(&self.cipher, start, text);
    }

    fn sign(&self, text: &[u8], roll_over: u32) -> [u8; 20] {
        self.mac(&[text, &roll_over.to_be_bytes()])
    }

    fn mac(&self, parts: &[&[u8]]) -> [u8; 20] {
        let mut mac = self.mac.clone();
        parts.iter().for_each(|part| mac.update(part));
        mac.finalize().into_bytes().into()
    }
}

fn aes(key: &[u8]) -> Aes128 {
    Aes128::new_from_slice(key).expect("the key is 16 bytes")
}

/// AES in counter mode over `text`, in place.
fn counter(cipher: &Aes128, start: u128, text: &mut [u8]) {
    for (n, chunk) in text.chunks_mut(16).enumerate() {
        let mut block = Array::from(start.wrapping_add(n as u128).to_be_bytes());
        cipher.encrypt_block(&mut block);
        for (byte, key) in chunk.iter_mut().zip(block) {
            *byte ^= key;
        }
    }
}

/// Compares without telling by time where they differ.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |all, (a, b)| all | (a ^ b)) == 0
}

fn word(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |word, byte| word << 8 | *byte as u32)
}

struct Head {
    payload: usize,
    sequence: u16,
    ssrc: u32,
}

/// Where the payload begins; contributing sources and extensions stay readable (RFC 3711 §3.1).
fn head(packet: &[u8]) -> Option<Head> {
    let fixed: &[u8; 12] = packet.first_chunk()?;
    if fixed[0] >> 6 != 2 {
        return None;
    }
    let mut payload = 12 + 4 * (fixed[0] & 0x0f) as usize;
    if fixed[0] & 0x10 != 0 {
        let words: &[u8; 2] = packet.get(payload + 2..)?.first_chunk()?;
        payload += 4 + 4 * u16::from_be_bytes(*words) as usize;
    }
    let sequence = u16::from_be_bytes([fixed[2], fixed[3]]);
    (payload <= packet.len()).then(|| Head { payload, sequence, ssrc: word(&fixed[8..12]) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::rtp::{self, Header};
    use proptest::prelude::*;

    fn bytes<const N: usize>(hex: &str) -> [u8; N] {
        let hex: String = hex.split_whitespace().collect();
        std::array::from_fn(|n| u8::from_str_radix(&hex[2 * n..2 * n + 2], 16).expect("hex"))
    }

    fn key(n: u8) -> MasterKey {
        MasterKey(std::array::from_fn(|at| at as u8 ^ n))
    }

    fn packet(sequence: u16, payload: &[u8]) -> Vec<u8> {
        let header = Header { payload_type: 8, marker: false, sequence, timestamp: 160, ssrc: 0xdead_beef };
        let mut packet = rtp::write(header).to_vec();
        packet.extend(payload);
        packet
    }

    fn protected(srtp: &mut Srtp, sequence: u16, payload: &[u8]) -> Vec<u8> {
        let mut packet = packet(sequence, payload);
        let length = packet.len();
        packet.resize(length + GROWTH, 0);
        let length = srtp.protect(&mut packet, length).expect("room");
        packet.truncate(length);
        packet
    }

    /// RFC 3711 B.2: AES counter mode.
    #[test]
    fn the_key_stream_is_that_of_the_standard() {
        let cipher = aes(&bytes::<16>("2B7E151628AED2A6ABF7158809CF4F3C"));
        let start = u128::from_be_bytes(bytes("F0F1F2F3F4F5F6F7F8F9FAFBFCFD0000"));
        let mut stream = [0; 48];
        counter(&cipher, start, &mut stream);
        let should =
            "E03EAD0935C95E80E166B16DD92B4EB4 D23513162B02D0F72A43A2FE4A5F97AB 41E95B3BB0A2E8DD477901E4FCA894C0";
        assert_eq!(stream, bytes::<48>(should));
    }

    /// RFC 3711 B.3: key derivation.
    #[test]
    fn session_keys_are_those_of_the_standard() {
        let master = MasterKey(bytes("E1F97A0D3E018BE0D64FA32C06DE4139 0EC675AD498AFEEBB6960B3AABE6"));
        let cipher = aes(&master.0[..KEY]);
        let mut base = [0u8; 16];
        base[..SALT].copy_from_slice(&master.0[KEY..]);
        let stream =
            |label: u8, out: &mut [u8]| counter(&cipher, u128::from_be_bytes(base) ^ ((label as u128) << 64), out);
        let (mut session, mut salt, mut signing) = ([0; 16], [0; 14], [0; 94]);
        stream(0, &mut session);
        stream(2, &mut salt);
        stream(1, &mut signing);
        assert_eq!(session, bytes("C61E7A93744F39EE10734AFE3FF7A087"));
        assert_eq!(salt, bytes("30CBBC08863D8C85D49DB34A9AE1"));
        assert_eq!(signing[..20], bytes::<20>("CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4"));
        // What is used is what was derived.
        let keys = Keys::derive(&master, 0);
        assert_eq!(keys.salt.to_be_bytes()[..14], salt);
        let (mut ours, mut theirs) = ([0; 16], [0; 16]);
        counter(&keys.cipher, 5, &mut ours);
        counter(&aes(&session), 5, &mut theirs);
        assert_eq!(ours, theirs);
    }

    #[test]
    fn what_is_protected_comes_out_and_is_not_readable_between() {
        for suite in [Suite::Tag80, Suite::Tag32] {
            let (mut there, mut here) = (Srtp::new(suite, &key(1)), Srtp::new(suite, &key(1)));
            // Across two roll-overs.
            for n in 0..140_000u32 {
                let payload = [n as u8; 20];
                let mut wire = protected(&mut there, n as u16, &payload);
                assert_eq!(wire.len(), 32 + suite.tag());
                if n % 1_000 == 7 {
                    assert!(!wire.windows(8).any(|part| part == [n as u8; 8]));
                }
                let length = here.unprotect(&mut wire).expect("ours");
                assert_eq!(wire[12..length], payload);
            }
        }
    }

    #[test]
    fn a_changed_a_forged_and_a_repeated_packet_are_refused() {
        let (mut there, mut here) = (Srtp::new(Suite::Tag80, &key(1)), Srtp::new(Suite::Tag80, &key(1)));
        let wire = protected(&mut there, 100, b"hello");
        for at in 0..wire.len() {
            let mut changed = wire.clone();
            changed[at] ^= 1;
            assert_eq!(here.unprotect(&mut changed), None, "byte {at}");
        }
        let mut forged = protected(&mut Srtp::new(Suite::Tag80, &key(2)), 100, b"hello");
        assert_eq!(here.unprotect(&mut forged), None);
        assert!(here.sources.is_empty(), "nothing is kept of them");
        assert!(here.unprotect(&mut wire.clone()).is_some());
        assert_eq!(here.unprotect(&mut wire.clone()), None, "a replay");
        let late = protected(&mut there, 99, b"late");
        let new = protected(&mut there, 170, b"new");
        assert!(here.unprotect(&mut new.clone()).is_some());
        assert_eq!(here.unprotect(&mut late.clone()), None, "too old to be told from a replay");
    }

    #[test]
    fn order_does_not_matter_within_the_window() {
        let (mut there, mut here) = (Srtp::new(Suite::Tag80, &key(3)), Srtp::new(Suite::Tag80, &key(3)));
        let wires: Vec<_> = (65_500..65_600u32).map(|n| protected(&mut there, n as u16, &n.to_be_bytes())).collect();
        for pair in wires.chunks(2) {
            assert!(pair.iter().rev().all(|wire| here.unprotect(&mut wire.clone()).is_some()));
        }
    }

    #[test]
    fn rtcp_is_protected_and_a_replay_refused() {
        let (mut there, mut here) = (Srtp::new(Suite::Tag32, &key(1)), Srtp::new(Suite::Tag32, &key(1)));
        for n in 0..3u8 {
            let plain = crate::media::rtcp::write(7, None, None, "name", n == 2);
            let mut wire = plain.clone();
            wire.resize(plain.len() + GROWTH, 0);
            let length = there.protect_rtcp(&mut wire, plain.len()).expect("room");
            assert_eq!(length, plain.len() + 14, "the tag is not shortened");
            assert!(crate::media::rtcp::parse(&wire[..length], 1).is_none());
            let again = wire.clone();
            assert_eq!(here.unprotect_rtcp(&mut wire[..length]), Some(plain.len()));
            assert_eq!(wire[..plain.len()], plain);
            assert_eq!(here.unprotect_rtcp(&mut again[..length].to_vec()), None);
        }
        assert_eq!(here.unprotect_rtcp(&mut [0; 21]), None);
    }

    #[test]
    fn names_of_suites_and_no_key_in_a_log() {
        for suite in [Suite::Tag80, Suite::Tag32] {
            assert_eq!(Suite::named(suite.name()), Some(suite));
        }
        assert_eq!(Suite::named("F8_128_HMAC_SHA1_80"), None);
        assert_eq!(format!("{:?}", key(7)), "MasterKey(***)");
    }

    /// Another library opens what we close, and the other way round.
    mod another_library {
        use super::*;
        use rtc_srtp::context::Context;
        use rtc_srtp::protection_profile::ProtectionProfile;

        fn context(suite: Suite) -> Context {
            let profile = match suite {
                Suite::Tag80 => ProtectionProfile::Aes128CmHmacSha1_80,
                Suite::Tag32 => ProtectionProfile::Aes128CmHmacSha1_32,
            };
            let MasterKey(both) = key(5);
            let (key, salt) = both.split_at(KEY);
            let crypto = rtc_crypto::providers::RingProvider::new();
            use rtc_crypto::RTCCryptoProvider;
            Context::new(key, salt, profile, None, None, crypto.crypto()).expect("keys of the right length")
        }

        #[test]
        fn agrees_on_rtp_and_rtcp() {
            for suite in [Suite::Tag80, Suite::Tag32] {
                let (mut ours, mut back) = (Srtp::new(suite, &key(5)), Srtp::new(suite, &key(5)));
                let (mut theirs, mut to_us) = (context(suite), context(suite));
                for n in 65_530..65_545u32 {
                    let wire = protected(&mut ours, n as u16, &n.to_be_bytes());
                    let opened = theirs.decrypt_rtp(&wire).expect("they open it");
                    assert_eq!(opened[12..], n.to_be_bytes());
                    let mut wire = to_us.encrypt_rtp(&packet(n as u16, b"sound")).expect("they close it").to_vec();
                    let length = back.unprotect(&mut wire).expect("we open it");
                    assert_eq!(wire[12..length], *b"sound");
                }
                let plain = crate::media::rtcp::write(7, None, None, "name", true);
                let mut wire = to_us.encrypt_rtcp(&plain).expect("they close it").to_vec();
                assert_eq!(back.unprotect_rtcp(&mut wire), Some(plain.len()));
                let mut wire = plain.clone();
                wire.resize(plain.len() + GROWTH, 0);
                let length = ours.protect_rtcp(&mut wire, plain.len()).expect("room");
                assert_eq!(theirs.decrypt_rtcp(&wire[..length]).expect("they open it"), plain[..]);
            }
        }
    }

    proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200), first in 0x80u8..0xc0) {
            let mut srtp = Srtp::new(Suite::Tag32, &key(0));
            let mut bytes = bytes;
            if let Some(byte) = bytes.first_mut() { *byte = first; }
            srtp.unprotect(&mut bytes.clone());
            srtp.unprotect_rtcp(&mut bytes.clone());
            let length = bytes.len() / 2;
            srtp.protect(&mut bytes.clone(), length);
            srtp.protect_rtcp(&mut bytes, length);
        }
    }
}
