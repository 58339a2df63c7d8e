//! Case references: what a citizen writes down and says back. `HK-` and eight characters of
//! Crockford's base 32, drawn at random (40 bits), so that one reference tells nothing of the next. There is no I, L, O
//! or U; who says or types O or L is understood.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use std::str::FromStr;

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LENGTH: usize = 8;

/// The reference of a case, such as `HK-7F3A9C2K`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference([u8; LENGTH]);

/// Why a text is not a [`Reference`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a case reference: HK- and eight letters or digits are expected")]
pub struct ReferenceError;

impl Reference {
    /// The reference that forty bits make; higher bits are dropped. Whoever calls draws them at random.
    pub fn from_bits(mut bits: u64) -> Reference {
        let mut text = [0u8; LENGTH];
        for slot in text.iter_mut().rev() {
            *slot = ALPHABET[(bits & 31) as usize];
            bits >>= 5;
        }
        Reference(text)
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HK-{}", std::str::from_utf8(&self.0).expect("the alphabet is ASCII"))
    }
}

impl fmt::Debug for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Reference {
    type Err = ReferenceError;

    /// Reads a reference as people write it: any case, spaces and dashes anywhere, O for 0, I or L for 1.
    fn from_str(text: &str) -> Result<Reference, ReferenceError> {
        if text.len() > 40 {
            return Err(ReferenceError);
        }
        let plain: Vec<u8> =
            text.bytes().filter(|b| !matches!(b, b' ' | b'-')).map(|b| b.to_ascii_uppercase()).collect();
        let body = plain.strip_prefix(b"HK").filter(|rest| rest.len() == LENGTH).unwrap_or(&plain);
        let mut read = [0u8; LENGTH];
        if body.len() != LENGTH {
            return Err(ReferenceError);
        }
        for (slot, byte) in read.iter_mut().zip(body) {
            *slot = match byte {
                b'O' => b'0',
                b'I' | b'L' => b'1',
                known if ALPHABET.contains(known) => *known,
                _ => return Err(ReferenceError),
            };
        }
        Ok(Reference(read))
    }
}

impl Serialize for Reference {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Reference {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Reference, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_and_reads_what_people_write() {
        let reference = Reference::from_bits(0x10_7F3A_9C01);
        let text = reference.to_string();
        assert!(text.starts_with("HK-") && text.len() == 11, "{text}");
        assert_eq!(text.parse(), Ok(reference));
        assert_eq!(Reference::from_bits(0).to_string(), "HK-00000000");
        assert_eq!(" hk 0000-ooLi ".parse::<Reference>().map(|r| r.to_string()), Ok("HK-00000011".to_owned()));
        assert_eq!("0000001Z".parse::<Reference>().map(|r| r.to_string()), Ok("HK-0000001Z".to_owned()));
    }

    #[test]
    fn refuses_what_is_none() {
        for text in ["", "HK-", "HK-123", "HK-123456789", "HK-1234567U", "HK-1234567é", &"1".repeat(500)] {
            assert_eq!(text.parse::<Reference>(), Err(ReferenceError), "{text}");
        }
    }
}
