//! Keys. A file key is random and lives for one file; it is sealed to the keeper's public key (HPKE,
//! RFC 9180: DHKEM X25519 with HKDF-SHA256, ChaCha20-Poly1305) and the result again under the
//! contact's key (AES-256-GCM). Opening needs both, so the machine that writes cannot read, and
//! destroying the contact's key erases the recording. Keys are overwritten when dropped and printed
//! as `***` or not at all.

use crate::RecordingsError;
use crate::format::{FileKey, WRAPPED_KEY_BYTES};
use aes_gcm::aead::{AeadInOut, Generate, Key};
use aes_gcm::{Aes256Gcm, KeyInit};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable};
use std::fmt;
use std::fs;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use vocabulary::{ContactId, RecordingId};
use zeroize::{Zeroize, Zeroizing};

type Public = <X25519HkdfSha256 as Kem>::PublicKey;
type Private = <X25519HkdfSha256 as Kem>::PrivateKey;
type Encapsulated = <X25519HkdfSha256 as Kem>::EncappedKey;

/// Says what the HPKE context is for; another use of the same keeper key cannot be confused with it.
const INFO: &[u8] = b"hctc recording file key 1";
const PRIVATE_TITLE: &str = "hctc-keeper-private-1 ";
const PUBLIC_TITLE: &str = "hctc-keeper-public-1 ";
/// Bytes of an X25519 key, and of HPKE's encapsulated key.
const KEY: usize = 32;
const NONCE: usize = 12;
const TAG: usize = 16;

/// The key of one contact, from the CRM's vault. It cannot be printed.
#[derive(Clone)]
pub struct ContactKey([u8; 32]);

impl ContactKey {
    /// Takes the vault's 32 bytes.
    pub const fn new(bytes: [u8; 32]) -> ContactKey {
        ContactKey(bytes)
    }
}

impl Drop for ContactKey {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// The keeper's public key: all that the writer holds.
#[derive(Clone, PartialEq, Eq)]
pub struct KeeperPublic([u8; KEY]);

/// The keeper's private key. Only the keeper role holds it.
#[derive(Clone)]
pub struct KeeperPrivate([u8; KEY]);

impl Drop for KeeperPrivate {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for KeeperPrivate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl fmt::Debug for KeeperPublic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&STANDARD.encode(self.0))
    }
}

impl KeeperPrivate {
    /// Makes a new key in memory.
    pub fn generate() -> KeeperPrivate {
        let (private, _) = X25519HkdfSha256::gen_keypair();
        KeeperPrivate(bytes_of(&private))
    }

    /// Makes a new key and writes it to `path`, readable by the owner only (0600). An existing file
    /// is never replaced: what was recorded for it could not be opened any more.
    ///
    /// # Errors
    /// [`RecordingsError::Io`], also when the file is there already.
    pub fn create(path: &Path) -> Result<KeeperPrivate, RecordingsError> {
        let key = KeeperPrivate::generate();
        let text = Zeroizing::new(format!("{PRIVATE_TITLE}{}\n", STANDARD.encode(key.0)));
        let mut options = fs::OpenOptions::new();
        let mut file = options.write(true).create_new(true).mode(0o600).open(path).map_err(RecordingsError::io(path))?;
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(RecordingsError::io(path))?;
        Ok(key)
    }

    /// Reads a key file.
    ///
    /// # Errors
    /// [`RecordingsError::KeyFile`] when others than the owner may touch it or it is no such key,
    /// [`RecordingsError::Io`] when it cannot be read.
    pub fn load(path: &Path) -> Result<KeeperPrivate, RecordingsError> {
        let mode = fs::metadata(path).map_err(RecordingsError::io(path))?.mode();
        if mode & 0o077 != 0 {
            let fault = "others may read or change it; run chmod 600 on it";
            return Err(RecordingsError::KeyFile { path: path.to_owned(), fault });
        }
        Ok(KeeperPrivate(*read_key(path, PRIVATE_TITLE)?))
    }

    /// Loads the key, or makes it when there is none yet.
    ///
    /// # Errors
    /// As [`KeeperPrivate::create`] and [`KeeperPrivate::load`].
    pub fn load_or_create(path: &Path) -> Result<KeeperPrivate, RecordingsError> {
        if path.exists() { KeeperPrivate::load(path) } else { KeeperPrivate::create(path) }
    }

    /// The public half.
    pub fn public(&self) -> KeeperPublic {
        KeeperPublic(bytes_of(&X25519HkdfSha256::sk_to_pk(&self.private())))
    }

    fn private(&self) -> Private {
        Private::from_bytes(&self.0).expect("any 32 bytes are an X25519 private key")
    }
}

impl KeeperPublic {
    /// Writes the key to a file that a writing machine can be given.
    ///
    /// # Errors
    /// [`RecordingsError::Io`].
    pub fn save(&self, path: &Path) -> Result<(), RecordingsError> {
        fs::write(path, format!("{PUBLIC_TITLE}{}\n", STANDARD.encode(self.0))).map_err(RecordingsError::io(path))
    }

    /// Reads such a file.
    ///
    /// # Errors
    /// [`RecordingsError::KeyFile`], [`RecordingsError::Io`].
    pub fn load(path: &Path) -> Result<KeeperPublic, RecordingsError> {
        Ok(KeeperPublic(*read_key(path, PUBLIC_TITLE)?))
    }
}

/// Makes the key of a new file and locks it twice. What it is bound to cannot be exchanged.
pub(crate) fn make_file_key(
    keeper: &KeeperPublic,
    contact_key: &ContactKey,
    recording: RecordingId,
    contact: ContactId,
) -> (FileKey, [u8; WRAPPED_KEY_BYTES]) {
    let mut bytes = <[u8; 32]>::generate();
    let key = FileKey::new(bytes);
    bytes.zeroize();
    let bound = bound(recording, contact);
    let public = Public::from_bytes(&keeper.0).expect("32 bytes; a key of low order is refused below");
    let (encapsulated, sealed) = hpke::single_shot_seal::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
        &OpModeS::Base,
        &public,
        INFO,
        &key.0,
        &bound,
    )
    .expect("the keeper's key was made by us, so it is not of low order");
    let mut inner = bytes_of(&encapsulated).to_vec();
    inner.extend(sealed);
    let nonce = <[u8; NONCE]>::generate();
    cipher(contact_key)
        .encrypt_in_place(&nonce.into(), &bound, &mut inner)
        .expect("AES-GCM refuses only what is longer than 64 GB");
    let mut wrapped = [0; WRAPPED_KEY_BYTES];
    wrapped[..NONCE].copy_from_slice(&nonce);
    wrapped[NONCE..].copy_from_slice(&inner);
    (key, wrapped)
}

/// Opens both locks.
///
/// # Errors
/// [`RecordingsError::WrongKey`]: which of the two was wrong is not said.
pub(crate) fn unwrap_file_key(
    wrapped: &[u8; WRAPPED_KEY_BYTES],
    keeper: &KeeperPrivate,
    contact_key: &ContactKey,
    recording: RecordingId,
    contact: ContactId,
) -> Result<FileKey, RecordingsError> {
    let bound = bound(recording, contact);
    let nonce: [u8; NONCE] = std::array::from_fn(|i| wrapped[i]);
    let mut inner = Zeroizing::new(wrapped[NONCE..].to_vec());
    cipher(contact_key)
        .decrypt_in_place(&nonce.into(), &bound, &mut *inner)
        .map_err(|_| RecordingsError::WrongKey)?;
    debug_assert_eq!(inner.len(), KEY + 32 + TAG);
    let encapsulated = Encapsulated::from_bytes(&inner[..KEY]).map_err(|_| RecordingsError::WrongKey)?;
    let opened = hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
        &OpModeR::Base,
        &keeper.private(),
        &encapsulated,
        INFO,
        &inner[KEY..],
        &bound,
    )
    .map(Zeroizing::new)
    .map_err(|_| RecordingsError::WrongKey)?;
    let bytes = opened.as_slice().try_into().map_err(|_| RecordingsError::WrongKey)?;
    Ok(FileKey::new(bytes))
}

fn bound(recording: RecordingId, contact: ContactId) -> [u8; 32] {
    let mut bound = [0; 32];
    bound[..16].copy_from_slice(&recording.0.0.to_le_bytes());
    bound[16..].copy_from_slice(&contact.0.0.to_le_bytes());
    bound
}

fn cipher(key: &ContactKey) -> Aes256Gcm {
    Aes256Gcm::new(&Key::<Aes256Gcm>::from(key.0))
}

fn bytes_of(key: &impl Serializable) -> [u8; KEY] {
    let mut out = [0; KEY];
    key.write_exact(&mut out);
    out
}

fn read_key(path: &Path, title: &str) -> Result<Zeroizing<[u8; KEY]>, RecordingsError> {
    let fault = |fault| RecordingsError::KeyFile { path: path.to_owned(), fault };
    let text = Zeroizing::new(fs::read_to_string(path).map_err(RecordingsError::io(path))?);
    let coded = text.strip_prefix(title).ok_or_else(|| fault("its first words are not those of such a key"))?;
    let bytes = Zeroizing::new(STANDARD.decode(coded.trim_end()).map_err(|_| fault("it is not base64"))?);
    let bytes: [u8; KEY] = bytes.as_slice().try_into().map_err(|_| fault("it does not hold 32 bytes"))?;
    if bytes == [0; KEY] {
        return Err(fault("it holds zeros"));
    }
    Ok(Zeroizing::new(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;
    use vocabulary::Ulid;

    const RECORDING: RecordingId = RecordingId(Ulid(1));
    const CONTACT: ContactId = ContactId(Ulid(2));

    #[test]
    fn both_keys_and_both_names_are_needed() {
        let keeper = KeeperPrivate::generate();
        let contact = ContactKey::new([1; 32]);
        let (key, wrapped) = make_file_key(&keeper.public(), &contact, RECORDING, CONTACT);
        let open = |keeper: &KeeperPrivate, contact: &ContactKey, recording, of| {
            unwrap_file_key(&wrapped, keeper, contact, recording, of).ok().map(|key| key.0)
        };
        assert_eq!(open(&keeper, &contact, RECORDING, CONTACT), Some(key.0));
        assert_eq!(open(&KeeperPrivate::generate(), &contact, RECORDING, CONTACT), None);
        assert_eq!(open(&keeper, &ContactKey::new([2; 32]), RECORDING, CONTACT), None);
        assert_eq!(open(&keeper, &contact, RecordingId(Ulid(3)), CONTACT), None);
        assert_eq!(open(&keeper, &contact, RECORDING, ContactId(Ulid(3))), None);
        assert!(!wrapped.windows(8).any(|w| w == &key.0[..8]));
    }

    #[test]
    fn two_files_never_share_a_key() {
        let keeper = KeeperPrivate::generate().public();
        let contact = ContactKey::new([1; 32]);
        let (first, _) = make_file_key(&keeper, &contact, RECORDING, CONTACT);
        let (second, _) = make_file_key(&keeper, &contact, RECORDING, CONTACT);
        assert_ne!(first.0, second.0);
    }

    #[test]
    fn the_private_key_file_is_the_owners_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keeper.key");
        let made = KeeperPrivate::load_or_create(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert_eq!(KeeperPrivate::load_or_create(&path).unwrap().0, made.0);
        assert!(KeeperPrivate::create(&path).is_err(), "an existing key is never replaced");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let refused = KeeperPrivate::load(&path).unwrap_err();
        assert!(matches!(refused, RecordingsError::KeyFile { .. }), "{refused}");
        let public = folder.path().join("keeper.pub");
        made.public().save(&public).unwrap();
        assert_eq!(KeeperPublic::load(&public).unwrap(), made.public());
        assert!(matches!(KeeperPrivate::load(&public), Err(RecordingsError::KeyFile { .. })), "mode 0644 or not private");
    }

    #[test]
    fn keys_do_not_print() {
        let key = KeeperPrivate::generate();
        assert_eq!(format!("{key:?} {:?}", FileKey::new([3; 32])), "*** ***");
    }
}
