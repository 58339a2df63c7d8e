//! Ids: ULIDs minted by the owner of the thing, never inside a pure machine.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use std::str::FromStr;

/// Crockford's base 32: no I, L, O, U, so that an id can be read over the phone.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// A 128-bit sortable id: 48 bits of milliseconds, 80 bits of randomness, printed as 26 characters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Ulid(pub u128);

/// Why a text is not a [`Ulid`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an id: 26 characters of Crockford base 32 are expected")]
pub struct UlidError;

impl Ulid {
    /// Joins a moment (milliseconds since 1970) and 80 random bits; higher bits are dropped.
    pub const fn from_parts(millis: u64, random: u128) -> Ulid {
        Ulid(((millis as u128 & ((1 << 48) - 1)) << 80) | (random & ((1 << 80) - 1)))
    }

    /// The moment at which the id was minted, in milliseconds since 1970.
    pub const fn millis(self) -> u64 {
        (self.0 >> 80) as u64
    }
}

impl fmt::Display for Ulid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0u8; 26];
        let mut rest = self.0;
        for slot in text.iter_mut().rev() {
            *slot = ALPHABET[(rest & 31) as usize];
            rest >>= 5;
        }
        f.write_str(std::str::from_utf8(&text).expect("the alphabet is ASCII"))
    }
}

impl fmt::Debug for Ulid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Ulid {
    type Err = UlidError;
    fn from_str(text: &str) -> Result<Ulid, UlidError> {
        if text.len() != 26 || text.as_bytes()[0] > b'7' {
            return Err(UlidError);
        }
        let mut value: u128 = 0;
        for byte in text.bytes() {
            let upper = byte.to_ascii_uppercase();
            let digit = ALPHABET.iter().position(|&c| c == upper).ok_or(UlidError)?;
            value = (value << 5) | digit as u128;
        }
        Ok(Ulid(value))
    }
}

impl Serialize for Ulid {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Ulid {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Ulid, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Ulid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl FromStr for $name {
            type Err = UlidError;
            fn from_str(text: &str) -> Result<$name, UlidError> {
                text.parse().map($name)
            }
        }
    )*};
}

ids! {
    /// One contact, from arrival to record.
    ContactId;
    /// One SIP or WebRTC dialog with its media.
    LegId;
    /// One sealed recording file.
    RecordingId;
    /// One citizen known to the CRM.
    CitizenId;
    /// One case in the CRM.
    CaseId;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_and_parses_back() {
        let id = Ulid::from_parts(1_795_000_000_000, 0x1234_5678_9abc_def0_1234);
        assert_eq!(id.to_string().len(), 26);
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(id.to_string().to_lowercase().parse(), Ok(id));
        assert_eq!(id.millis(), 1_795_000_000_000);
    }

    #[test]
    fn sorts_by_time_as_text() {
        let early = Ulid::from_parts(1, u128::MAX);
        let late = Ulid::from_parts(2, 0);
        assert!(early.to_string() < late.to_string());
    }

    #[test]
    fn refuses_what_is_no_id() {
        for text in ["", "0", "8ZZZZZZZZZZZZZZZZZZZZZZZZZ", "0123456789ABCDEFGHJKMNPQRU", "é123456789ABCDEFGHJKMNPQRS"]
        {
            assert_eq!(text.parse::<Ulid>(), Err(UlidError), "{text}");
        }
    }
}
