//! Random secrets, their hashes, passwords and one-time codes. It owns the cryptographic choices; who
//! holds which secret is the caller's.

use super::CredentialError;
use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use sha2::{Digest, Sha256};
use std::sync::LazyLock;
use totp_rs::{Algorithm, Builder, Secret, Totp};
use vocabulary::Time;

/// Bytes of a one-time-code secret (RFC 4226 §4 recommends 160 bits).
pub(super) const TOTP_BYTES: usize = 20;
/// Length of one time step (RFC 6238 §4).
const STEP_SECONDS: u64 = 30;
/// Letters of generated passwords: no pair that looks alike in print or over the phone.
const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz123456789";

/// `bytes` random bytes as lower-case hex.
pub(crate) fn random_hex(bytes: usize) -> String {
    let mut raw = vec![0u8; bytes];
    rand::fill(&mut raw[..]);
    hex::encode(raw)
}

/// A password of 20 letters in groups of five: 99 bits, readable aloud.
pub(super) fn random_password() -> String {
    let mut raw = [0u8; 20];
    rand::fill(&mut raw[..]);
    let letters = raw.map(|byte| char::from(LETTERS[usize::from(byte & 31)]));
    letters.chunks(5).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

/// What is stored of a session's cookie: its SHA-256, so that a stolen database opens no session.
pub(crate) fn sha256_hex(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

/// HA1 of RFC 2617 §3.2.2.2, which is all a registrar needs to keep of a device's secret.
pub(crate) fn ha1_md5(user: &str, realm: &str, secret: &str) -> String {
    use md5::{Digest, Md5};
    hex::encode(Md5::digest(format!("{user}:{realm}:{secret}").as_bytes()))
}

/// Argon2id with the crate's parameters (19 MiB, two passes): the OWASP floor. Takes tens of
/// milliseconds: call it off the async threads.
pub(super) fn hash_password(password: &str) -> Result<String, CredentialError> {
    let hash: PasswordHash =
        Argon2::default().hash_password(password.as_bytes()).map_err(|_| CredentialError::Hash)?;
    Ok(hash.to_string())
}

/// Whether the password is the hash's. A name that does not exist is checked against a hash nobody
/// knows the password of, so that the time taken says nothing about names.
pub(super) fn password_fits(password: &str, stored: Option<&str>) -> bool {
    static NOBODY: LazyLock<String> = LazyLock::new(|| hash_password(&random_hex(16)).unwrap_or_default());
    let hash = stored.unwrap_or(&NOBODY);
    let fits = PasswordHash::new(hash)
        .is_ok_and(|parsed| Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok());
    fits && stored.is_some()
}

/// The time step a code belongs to, one step of clock error allowed either way; `None` when wrong.
pub(super) fn code_step(secret: &[u8], code: &str, now: Time) -> Option<i64> {
    let digits: String = code.chars().filter(|c| !c.is_whitespace()).take(7).collect();
    let step = totp(secret)?.check(&digits, seconds(now))?;
    i64::try_from(step).ok()
}

/// The code of this moment.
pub(super) fn code_at(secret: &[u8], now: Time) -> Option<String> {
    Some(totp(secret)?.generate(seconds(now)).to_string())
}

/// What an authenticator app reads (the key URI format of Google Authenticator).
pub(super) fn otpauth_uri(name: &str, secret: &[u8]) -> String {
    let base32 = Secret::from(secret.to_vec()).to_base32();
    format!("otpauth://totp/HCTC:{name}?secret={base32}&issuer=HCTC&algorithm=SHA1&digits=6&period=30")
}

fn totp(secret: &[u8]) -> Option<Totp> {
    Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_digits(6)
        .with_skew(1)
        .with_step_duration(STEP_SECONDS)
        .with_secret(secret.to_vec())
        .build()
        .ok()
}

fn seconds(now: Time) -> u64 {
    u64::try_from(now.0 / 1_000).unwrap_or(0)
}

/// Seals one-time-code secrets in the database under the installation's own key.
pub(super) struct Sealer(Aes256Gcm);

impl Sealer {
    pub(super) fn new(key: &[u8; 32]) -> Sealer {
        Sealer(Aes256Gcm::new(key.into()))
    }

    /// Seals `plain` for `name`: a row copied to another name does not open.
    pub(super) fn seal(&self, name: &str, plain: &[u8]) -> Result<Vec<u8>, CredentialError> {
        let mut nonce = [0u8; 12];
        rand::fill(&mut nonce[..]);
        let payload = Payload { msg: plain, aad: name.as_bytes() };
        let sealed = self.0.encrypt(&Nonce::from(nonce), payload).map_err(|_| CredentialError::Sealed)?;
        Ok([&nonce[..], &sealed].concat())
    }

    /// Opens what [`Sealer::seal`] made for the same name under the same key.
    pub(super) fn open(&self, name: &str, sealed: &[u8]) -> Result<Vec<u8>, CredentialError> {
        let (nonce, text) = sealed.split_first_chunk::<12>().ok_or(CredentialError::Sealed)?;
        let payload = Payload { msg: text, aad: name.as_bytes() };
        self.0.decrypt(&Nonce::from(*nonce), payload).map_err(|_| CredentialError::Sealed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_rfc_6238() {
        // Appendix B, SHA1, truncated to six digits.
        let secret = b"12345678901234567890";
        for (second, code) in [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924")] {
            assert_eq!(code_at(secret, Time(second * 1_000)).as_deref(), Some(code));
            assert_eq!(code_step(secret, code, Time(second * 1_000)), Some(second / 30));
        }
        assert_eq!(code_step(secret, "287 082", Time(59_000)), Some(1));
        assert_eq!(code_step(secret, "287083", Time(59_000)), None);
        assert_eq!(code_step(secret, "287082", Time(59_000 + 120_000)), None);
        assert_eq!(code_step(secret, "²²²²²²", Time(59_000)), None);
    }

    #[test]
    fn a_password_fits_its_hash_only() {
        let hash = hash_password("karibu").expect("hashes");
        assert!(hash.starts_with("$argon2id$"));
        assert!(password_fits("karibu", Some(&hash)));
        assert!(!password_fits("karibuni", Some(&hash)));
        assert!(!password_fits("karibu", None));
    }

    #[test]
    fn a_sealed_secret_opens_for_its_name_and_key_only() {
        let sealer = Sealer::new(&[7; 32]);
        let sealed = sealer.seal("amina", b"secret").expect("seals");
        assert_eq!(sealer.open("amina", &sealed).expect("opens"), b"secret");
        assert!(sealer.open("otieno", &sealed).is_err());
        assert!(Sealer::new(&[8; 32]).open("amina", &sealed).is_err());
        assert!(sealer.open("amina", &sealed[..5]).is_err());
    }

    #[test]
    fn ha1_is_that_of_rfc_2617() {
        // Section 3.5: HA1 of the example.
        assert_eq!(ha1_md5("Mufasa", "testrealm@host.com", "Circle Of Life"), "939e7578ed9e3c518a452acee763bce9");
    }

    #[test]
    fn generated_passwords_differ_and_can_be_read_aloud() {
        let (one, two) = (random_password(), random_password());
        assert_ne!(one, two);
        assert_eq!(one.len(), 23);
        assert!(one.chars().all(|c| c == '-' || c.is_ascii_lowercase() || c.is_ascii_digit()));
    }
}
