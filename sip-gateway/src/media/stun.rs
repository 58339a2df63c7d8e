//! The one thing the plane reads of a STUN message (RFC 8489): whose it is. Checks and answers are
//! the WebRTC engine's.

const COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
const USERNAME: u16 = 0x0006;
/// Most attributes that are stepped over.
const MAX_ATTRIBUTES: usize = 32;

/// Whether a datagram on a WebRTC socket is STUN rather than DTLS or SRTP (RFC 7983 §7).
pub fn is_stun(datagram: &[u8]) -> bool {
    datagram.first().is_some_and(|first| *first < 4)
}

/// Our half of the ICE name (RFC 8445 §7.2.2: `ours:theirs`) in a connectivity check.
pub fn ice_name(datagram: &[u8]) -> Option<&str> {
    let head: &[u8; 20] = datagram.first_chunk()?;
    if !is_stun(datagram) || head[4..8] != COOKIE {
        return None;
    }
    let mut rest = &datagram[20..];
    for _ in 0..MAX_ATTRIBUTES {
        let head: &[u8; 4] = rest.first_chunk()?;
        let length = u16::from_be_bytes([head[2], head[3]]) as usize;
        let value = rest.get(4..4 + length)?;
        if u16::from_be_bytes([head[0], head[1]]) == USERNAME {
            return std::str::from_utf8(value).ok()?.split(':').next();
        }
        rest = rest.get(4 + length.next_multiple_of(4)..)?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(before: &[u8], name: &str) -> Vec<u8> {
        let mut bytes = vec![0, 1, 0, 0];
        bytes.extend(COOKIE);
        bytes.extend([7; 12]);
        bytes.extend(before);
        bytes.extend([0, 6, 0, name.len() as u8]);
        bytes.extend(name.as_bytes());
        bytes
    }

    #[test]
    fn finds_our_half_behind_other_attributes() {
        assert_eq!(ice_name(&check(&[], "ours:theirs")), Some("ours"));
        assert_eq!(ice_name(&check(&[0x80, 0x22, 0, 1, 9, 0, 0, 0], "ours:theirs")), Some("ours"));
        assert_eq!(ice_name(&check(&[0x80, 0x22, 0, 99], "ours:theirs")), None);
    }

    proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            ice_name(&bytes);
            ice_name(&check(&bytes, "a:b"));
        }
    }
}
