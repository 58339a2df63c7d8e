//! The secret with which a citizen comes back to a conversation: 128 random bits in the page, only
//! their SHA-256 here and in the caller's store.

use crate::frame::Secret;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;
use subtle::ConstantTimeEq;

/// The hash of a token. Not a secret, yet nothing for a log either.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TokenHash(pub [u8; 32]);

impl TokenHash {
    /// The hash of a token as the page sends it.
    pub fn of(token: &str) -> TokenHash {
        TokenHash(Sha256::digest(token.as_bytes()).into())
    }

    /// Whether a token is the one, in the same time whatever it is.
    pub fn fits(&self, token: &str) -> bool {
        self.0.ct_eq(&TokenHash::of(token).0).into()
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// A new token.
pub(super) fn mint() -> Secret {
    Secret(format!("{:032x}", rand::random::<u128>()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_fits_its_hash_only() {
        let (one, other) = (mint(), mint());
        assert_eq!(one.0.len(), 32);
        assert!(TokenHash::of(&one.0).fits(&one.0));
        assert!(!TokenHash::of(&one.0).fits(&other.0));
        assert!(!TokenHash::of(&one.0).fits(""));
    }
}
