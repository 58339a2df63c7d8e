//! Keys: the master keys in their files, the keys derived from them, and the sealing of bytes under a
//! key. It owns the cryptography of the CRM (AES-256-GCM, HMAC-SHA256) and prints no key; which key
//! belongs to whom is [`crate::Vault`]'s business.

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::fmt;
use std::io::{Read, Write};
use std::path::Path;
use zeroize::{Zeroize, Zeroizing};

/// First byte of a sealed value: AES-256-GCM, 12-byte nonce before the text, 16-byte tag after it.
const FORMAT: u8 = 1;
const NONCE: usize = 12;

/// 32 bytes that are wiped when dropped and never printed.
#[derive(Clone)]
pub(crate) struct Secret(Zeroizing<[u8; 32]>);

/// A master key: it wraps the keys of contacts and never seals anything itself.
#[derive(Clone)]
pub struct MasterKey(Secret);

/// The two master keys of a centre. Safeguarding contacts are wrapped by one of their own, so that a
/// copy of the ordinary key file opens none of them.
#[derive(Debug, Clone)]
pub struct MasterKeys {
    /// Wraps the keys of ordinary contacts, of citizens and of cases.
    pub ordinary: MasterKey,
    /// Wraps the keys of safeguarding contacts and cases.
    pub safeguarding: MasterKey,
}

/// The key a contact's recordings are wrapped under: destroying the contact's key destroys it too.
#[derive(Clone)]
pub struct ContactKey(Secret);

/// Why a key file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// It cannot be read or made.
    #[error("the key file cannot be read or made")]
    Io(#[from] std::io::Error),
    /// It does not hold a key.
    #[error("the key file does not hold a key: 64 hexadecimal digits are expected")]
    NotAKey,
    /// Others can read it.
    #[error("the key file can be read by others than its owner: chmod 600 it, and make new keys if it was copied")]
    Exposed,
}

impl Secret {
    pub(crate) fn random() -> Secret {
        Secret(Zeroizing::new(rand::random()))
    }

    pub(crate) fn from_slice(bytes: &[u8]) -> Option<Secret> {
        Some(Secret(Zeroizing::new(bytes.try_into().ok()?)))
    }

    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// HMAC-SHA256 under this key.
    pub(crate) fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(self.bytes()).expect("HMAC takes keys of any length");
        for part in parts {
            // Lengths keep ("ab", "c") and ("a", "bc") apart.
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }

    /// A key for one purpose.
    pub(crate) fn derive(&self, purpose: &str) -> Secret {
        Secret(Zeroizing::new(self.mac(&[purpose.as_bytes()])))
    }

    /// Seals bytes; they open only with the same key and the same place.
    pub(crate) fn seal(&self, place: &str, plaintext: &[u8]) -> Vec<u8> {
        let nonce: [u8; NONCE] = rand::random();
        let payload = Payload { msg: plaintext, aad: place.as_bytes() };
        let body = self.cipher().encrypt(&Nonce::from(nonce), payload).expect("a value is far shorter than 64 GB");
        [&[FORMAT][..], &nonce, &body].concat()
    }

    /// Opens sealed bytes; `None` when they were changed, moved or sealed under another key.
    pub(crate) fn open(&self, place: &str, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (format, rest) = sealed.split_first()?;
        let (nonce, body) = rest.split_at_checked(NONCE)?;
        if *format != FORMAT {
            return None;
        }
        let nonce: [u8; NONCE] = nonce.try_into().expect("split at its length");
        let payload = Payload { msg: body, aad: place.as_bytes() };
        self.cipher().decrypt(&Nonce::from(nonce), payload).ok().map(Zeroizing::new)
    }

    fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new_from_slice(self.bytes()).expect("the key has 32 bytes")
    }
}

impl MasterKey {
    /// Reads the key file, or makes one with a fresh random key, readable by its owner only. Its folder
    /// must be there. Whoever loses the file loses what it wraps.
    ///
    /// # Errors
    /// [`KeyFileError`].
    pub fn open_or_create(path: &Path) -> Result<MasterKey, KeyFileError> {
        if !path.exists() {
            create(path)?;
        }
        let mut file = std::fs::File::open(path)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            if file.metadata()?.permissions().mode() & 0o077 != 0 {
                return Err(KeyFileError::Exposed);
            }
        }
        let mut text = Zeroizing::new(String::new());
        // A key file has 65 bytes; whatever is longer is none.
        Read::take(&mut file, 128).read_to_string(&mut text).map_err(|_| KeyFileError::NotAKey)?;
        MasterKey::read(text.trim()).ok_or(KeyFileError::NotAKey)
    }

    /// A master key from elsewhere: a hardware module, a test.
    pub fn from_bytes(mut bytes: [u8; 32]) -> MasterKey {
        let key = MasterKey(Secret(Zeroizing::new(bytes)));
        bytes.zeroize();
        key
    }

    pub(crate) fn derive(&self, purpose: &str) -> Secret {
        self.0.derive(purpose)
    }

    fn read(hex: &str) -> Option<MasterKey> {
        let mut bytes = Zeroizing::new([0u8; 32]);
        if hex.len() != 64 || !hex.is_ascii() {
            return None;
        }
        for (slot, pair) in bytes.iter_mut().zip(hex.as_bytes().chunks_exact(2)) {
            *slot = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        Some(MasterKey(Secret(bytes)))
    }
}

/// Writes a new key beside its place and links it in, so that nobody ever reads half a key and two
/// processes that start at once agree on one.
fn create(path: &Path) -> Result<(), KeyFileError> {
    let key = Secret::random();
    let text: Zeroizing<String> = Zeroizing::new(key.bytes().iter().map(|b| format!("{b:02x}")).collect());
    let beside = path.with_extension(format!("new-{:016x}", rand::random::<u64>()));
    let mut options = std::fs::OpenOptions::new();
    options.create_new(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&beside)?;
    let written = writeln!(file, "{}", text.as_str()).and_then(|()| file.sync_all());
    let linked = written.and_then(|()| match std::fs::hard_link(&beside, path) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    });
    let removed = std::fs::remove_file(&beside);
    linked.and(removed)?;
    if let Some(folder) = path.parent().filter(|f| !f.as_os_str().is_empty()) {
        std::fs::File::open(folder)?.sync_all()?;
    }
    Ok(())
}

impl ContactKey {
    pub(crate) fn of(secret: &Secret) -> ContactKey {
        ContactKey(secret.derive("recordings"))
    }

    /// The key itself, 256 bits: to wrap with, never to keep or print.
    pub fn bytes(&self) -> &[u8; 32] {
        self.0.bytes()
    }
}

macro_rules! unprintable {
    ($($kind:ident),*) => {$(
        impl fmt::Debug for $kind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($kind), "(***)"))
            }
        }
    )*};
}

unprintable!(Secret, MasterKey, ContactKey);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_only_what_it_sealed_in_its_place() {
        let key = Secret::random();
        let sealed = key.seal("contact:A/number", b"+254712345678");
        assert_eq!(key.open("contact:A/number", &sealed).as_deref().map(Vec::as_slice), Some(&b"+254712345678"[..]));
        assert!(key.open("contact:B/number", &sealed).is_none(), "moved to another contact");
        assert!(Secret::random().open("contact:A/number", &sealed).is_none(), "another key");
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(key.open("contact:A/number", &changed).is_none(), "byte {at} changed");
            assert!(key.open("contact:A/number", &sealed[..at]).is_none(), "cut at {at}");
        }
        assert_ne!(sealed, key.seal("contact:A/number", b"+254712345678"), "a fresh nonce each time");
    }

    #[test]
    fn a_key_file_is_made_once_and_read_back() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("master.key");
        let made = MasterKey::open_or_create(&path).expect("made");
        let read = MasterKey::open_or_create(&path).expect("read");
        assert_eq!(made.0.bytes(), read.0.bytes());
        assert_eq!(std::fs::read_dir(folder.path()).expect("lists").count(), 1, "nothing is left beside it");
        let other = MasterKey::open_or_create(&folder.path().join("other.key")).expect("made");
        assert_ne!(made.0.bytes(), other.0.bytes());
        assert_eq!(format!("{made:?} {:?}", ContactKey::of(&made.0)), "MasterKey(***) ContactKey(***)");
    }

    #[cfg(unix)]
    #[test]
    fn refuses_a_file_that_others_read_or_that_holds_no_key() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("master.key");
        MasterKey::open_or_create(&path).expect("made");
        let mode = std::fs::metadata(&path).expect("is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).expect("opened up");
        assert!(matches!(MasterKey::open_or_create(&path), Err(KeyFileError::Exposed)));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("closed");
        for bad in ["", "00", &"zz".repeat(32), &"0".repeat(200), &"é".repeat(32)] {
            std::fs::write(&path, bad).expect("written");
            assert!(matches!(MasterKey::open_or_create(&path), Err(KeyFileError::NotAKey)), "{bad}");
        }
        assert!(matches!(MasterKey::open_or_create(&folder.path().join("no/such")), Err(KeyFileError::Io(_))));
    }
}
