//! Who may come in: users with password and one-time code, sessions, devices, and how often one may
//! guess. It owns the rules; the SQL is [`crate::store`]'s, and what a user may do once inside follows
//! from the centre's set-up, not from here.

pub mod devices;
mod secret;
pub mod throttle;

pub(crate) use secret::{random_hex, sha256_hex};

use crate::clock::Clock;
use crate::store::{Store, UserRow};
use crm::db::{Db, DbError};
use devices::Devices;
use secret::Sealer;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use throttle::Throttle;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use vocabulary::{AgentName, Span, Time};

/// A session ends after the longest shift with its handover, whatever happens in it.
pub const SESSION_LASTS: Span = Span::minutes(16 * 60);
/// A session ends after this long without a request; an open desk or wall counts as one.
pub const SESSION_IDLES: Span = Span::minutes(60);
/// How old `seen_at` may grow before it is written again.
const TOUCH_EVERY: Span = Span::minutes(1);
/// Longest password that is looked at: hashing a longer one would be a way to burn our CPU.
const MAX_PASSWORD: usize = 256;
/// Passwords hashed at once; each takes 19 MiB and tens of milliseconds of a core.
const HASHES_AT_ONCE: usize = 2;
/// How long a log-in waits for its turn to be hashed.
const HASH_PATIENCE: Duration = Duration::from_secs(5);

/// Why credentials could not be made or checked.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] DbError),
    /// There is such a user already.
    #[error("there is a user of that name already; `user reset` gives a new password")]
    NameTaken,
    /// There is no such user.
    #[error("there is no user of that name; `user add` makes one")]
    NoSuchUser,
    /// The agent has as many desk phones as an agent may have.
    #[error("an agent may have {} desk phones", devices::MAX_DESK_PHONES)]
    TooManyDevices,
    /// Too many log-ins at once.
    #[error("too many log-ins at once")]
    Busy,
    /// A one-time-code secret does not open: the key is not the one it was sealed with.
    #[error("a one-time-code secret does not open: is this the key the data folder was made with?")]
    Sealed,
    /// Argon2 refused its own parameters.
    #[error("the password could not be hashed")]
    Hash,
}

/// What a new or reset user is told, once.
pub struct NewUser {
    /// The password.
    pub password: String,
    /// The secret for an authenticator app, as an `otpauth://` address.
    pub otpauth: String,
}

impl std::fmt::Debug for NewUser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NewUser(***)")
    }
}

/// How a log-in went.
pub enum LogIn {
    /// In: the cookie's value, which is stored nowhere.
    In {
        /// 256 random bits as hex.
        cookie: String,
    },
    /// Name, password or code is wrong, or the code was used before; it is not said which.
    Wrong,
    /// Too many wrong tries: come back later.
    Wait(Span),
}

/// Whether somebody showed who they are.
pub enum Proof {
    /// They did.
    Shown,
    /// Name, password or code is wrong, or the code was used before.
    Wrong,
    /// Too many wrong tries: come back later.
    Wait(Span),
}

/// A session that is alive.
#[derive(Clone)]
pub struct Session {
    /// Who is logged in.
    pub name: AgentName,
    /// The hash of its cookie: names the session, opens nothing.
    pub(crate) hash: String,
    /// When it began.
    pub(crate) started_at: Time,
    /// Cancelled when it ends, so that sockets end with it.
    pub(crate) over: CancellationToken,
}

/// Users, sessions and devices. Cheap to clone.
#[derive(Clone)]
pub struct Credentials(Arc<Inner>);

struct Inner {
    store: Store,
    clock: Clock,
    sealer: Sealer,
    throttle: Throttle,
    devices: Devices,
    hashing: Arc<Semaphore>,
    /// Sessions in use by this process, by hash. Entries go when the session ends or is purged.
    alive: Mutex<HashMap<String, (AgentName, CancellationToken)>>,
}

impl Credentials {
    /// The console's tables.
    pub(crate) fn store(&self) -> &Store {
        &self.0.store
    }

    /// Opens the tables, making them where they are missing. `key` seals one-time-code secrets: the
    /// same for the life of the data.
    ///
    /// # Errors
    /// [`CredentialError::Store`].
    pub async fn open(db: Db, key: &[u8; 32], clock: Clock) -> Result<Credentials, CredentialError> {
        let store = Store::open(db).await?;
        let devices = Devices::open(store.clone(), clock.clone()).await?;
        Ok(Credentials(Arc::new(Inner {
            store,
            clock,
            sealer: Sealer::new(key),
            throttle: Throttle::default(),
            devices,
            hashing: Arc::new(Semaphore::new(HASHES_AT_ONCE)),
            alive: Mutex::new(HashMap::new()),
        })))
    }

    /// The SIP devices.
    pub fn devices(&self) -> &Devices {
        &self.0.devices
    }

    /// Adds a user with a generated password.
    ///
    /// # Errors
    /// [`CredentialError::NameTaken`] when there is one.
    pub async fn add(&self, name: &AgentName) -> Result<NewUser, CredentialError> {
        self.add_with_password(name, &secret::random_password()).await
    }

    /// Adds a user with a password that was agreed: the demo's, which is printed at each start.
    ///
    /// # Errors
    /// As [`Credentials::add`].
    pub async fn add_with_password(&self, name: &AgentName, password: &str) -> Result<NewUser, CredentialError> {
        let (row, new) = self.make_user(name, password).await?;
        match self.0.store.add_user(name, &row, self.0.clock.now()).await {
            Err(error) if error.is_duplicate() => Err(CredentialError::NameTaken),
            other => Ok(other.map(|()| new)?),
        }
    }

    /// Gives a user a new password and secret, and ends their sessions.
    ///
    /// # Errors
    /// [`CredentialError::NoSuchUser`].
    pub async fn reset(&self, name: &AgentName) -> Result<NewUser, CredentialError> {
        let (row, new) = self.make_user(name, &secret::random_password()).await?;
        if !self.0.store.reset_user(name, &row, self.0.clock.now()).await? {
            return Err(CredentialError::NoSuchUser);
        }
        self.0.devices.forget_pages_of(name);
        self.forget_alive(|_, who| who == name);
        Ok(new)
    }

    /// Every user's name.
    ///
    /// # Errors
    /// [`CredentialError::Store`].
    pub async fn names(&self) -> Result<Vec<AgentName>, CredentialError> {
        Ok(self.0.store.names().await?)
    }

    /// The one-time code of this moment, for the demo's print-out; `None` when there is no such user.
    ///
    /// # Errors
    /// [`CredentialError::Sealed`] under the wrong key.
    pub async fn current_code(&self, name: &AgentName) -> Result<Option<String>, CredentialError> {
        let Some(user) = self.0.store.user(name.as_str()).await? else { return Ok(None) };
        let secret = self.0.sealer.open(name.as_str(), &user.totp_sealed)?;
        Ok(secret::code_at(&secret, self.0.clock.now()))
    }

    /// Tries to log in from an address.
    ///
    /// # Errors
    /// [`CredentialError::Busy`] when too many try at once; [`CredentialError::Store`].
    pub async fn log_in(
        &self,
        name: &str,
        password: &str,
        code: &str,
        address: IpAddr,
    ) -> Result<LogIn, CredentialError> {
        match self.prove(name, password, code, address).await? {
            Proof::Shown => {}
            Proof::Wrong => return Ok(LogIn::Wrong),
            Proof::Wait(wait) => return Ok(LogIn::Wait(wait)),
        }
        let cookie = random_hex(32);
        self.0.store.add_session(&sha256_hex(&cookie), name, self.0.clock.now()).await?;
        Ok(LogIn::In { cookie })
    }

    /// Whether somebody is who they say: as a log-in, without a session.
    ///
    /// # Errors
    /// As [`Credentials::log_in`].
    pub async fn prove(
        &self,
        name: &str,
        password: &str,
        code: &str,
        address: IpAddr,
    ) -> Result<Proof, CredentialError> {
        let inner = &self.0;
        let now = inner.clock.now();
        if let Err(wait) = inner.throttle.attempt(now, name, address) {
            return Ok(Proof::Wait(wait));
        }
        if name.len() > vocabulary::name::MAX_NAME || password.len() > MAX_PASSWORD {
            return Ok(Proof::Wrong);
        }
        let user = inner.store.user(name).await?;
        let hash = user.as_ref().map(|u| u.password_hash.clone());
        let password = password.to_owned();
        let fits = self.off_thread(move || secret::password_fits(&password, hash.as_deref())).await?;
        let Some(user) = user.filter(|_| fits) else { return Ok(Proof::Wrong) };
        let totp = inner.sealer.open(name, &user.totp_sealed)?;
        let Some(step) = secret::code_step(&totp, code, now) else { return Ok(Proof::Wrong) };
        if !inner.store.use_step(name, step).await? {
            return Ok(Proof::Wrong);
        }
        inner.throttle.right(name, address);
        Ok(Proof::Shown)
    }

    /// The session a cookie opens; `None` when there is none or it is over.
    ///
    /// # Errors
    /// [`CredentialError::Store`].
    pub async fn session(&self, cookie: &str) -> Result<Option<Session>, CredentialError> {
        if cookie.len() != 64 {
            return Ok(None);
        }
        let (now, hash) = (self.0.clock.now(), sha256_hex(cookie));
        let Some(row) = self.0.store.session(&hash).await? else { return Ok(None) };
        if now >= row.started_at + SESSION_LASTS || now >= row.seen_at + SESSION_IDLES {
            self.end(&hash).await?;
            return Ok(None);
        }
        if now.since(row.seen_at) >= TOUCH_EVERY {
            self.0.store.touch_session(&hash, now).await?;
        }
        let over = self.token_of(&hash, &row.name);
        Ok(Some(Session { name: row.name, hash, started_at: row.started_at, over }))
    }

    /// Says that a session is in use (an open socket) and whether it still lives.
    ///
    /// # Errors
    /// [`CredentialError::Store`].
    pub(crate) async fn still_alive(&self, session: &Session) -> Result<bool, CredentialError> {
        let now = self.0.clock.now();
        if session.over.is_cancelled() || now >= session.started_at + SESSION_LASTS {
            return Ok(false);
        }
        let Some(row) = self.0.store.session(&session.hash).await? else { return Ok(false) };
        if now.since(row.seen_at) >= TOUCH_EVERY {
            self.0.store.touch_session(&session.hash, now).await?;
        }
        Ok(true)
    }

    /// Ends a session with its pages and sockets.
    ///
    /// # Errors
    /// [`CredentialError::Store`].
    pub(crate) async fn log_out(&self, session: &Session) -> Result<(), CredentialError> {
        self.end(&session.hash).await
    }

    /// Ends what ran out. The console's own task calls it every minute.
    ///
    /// # Errors
    /// [`CredentialError::Store`].
    pub(crate) async fn purge(&self) -> Result<(), CredentialError> {
        let now = self.0.clock.now();
        let over = self.0.store.end_sessions(now - SESSION_LASTS, now - SESSION_IDLES).await?;
        self.0.devices.forget_sessions(|hash| over.iter().any(|o| o == hash));
        self.forget_alive(|hash, _| over.iter().any(|o| o == hash));
        Ok(())
    }

    async fn end(&self, hash: &str) -> Result<(), CredentialError> {
        self.0.store.end_session(hash).await?;
        self.0.devices.forget_sessions(|h| h == hash);
        self.forget_alive(|h, _| h == hash);
        Ok(())
    }

    async fn make_user(&self, name: &AgentName, password: &str) -> Result<(UserRow, NewUser), CredentialError> {
        let mut totp = [0u8; secret::TOTP_BYTES];
        rand::fill(&mut totp[..]);
        let totp_sealed = self.0.sealer.seal(name.as_str(), &totp)?;
        let new = NewUser { password: password.to_owned(), otpauth: secret::otpauth_uri(name.as_str(), &totp) };
        let plain = password.to_owned();
        let password_hash = self.off_thread(move || secret::hash_password(&plain)).await??;
        Ok((UserRow { password_hash, totp_sealed }, new))
    }

    /// Runs a hash where it blocks nobody, a few at a time.
    async fn off_thread<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, CredentialError> {
        let turn = tokio::time::timeout(HASH_PATIENCE, self.0.hashing.clone().acquire_owned()).await;
        let turn = turn.map_err(|_| CredentialError::Busy)?.expect("the semaphore is never closed");
        let done = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work()
        });
        done.await.map_err(|_| CredentialError::Hash)
    }

    fn token_of(&self, hash: &str, name: &AgentName) -> CancellationToken {
        let mut alive = self.0.alive.lock().expect("no holder of this lock panics");
        let entry = alive.entry(hash.to_owned()).or_insert_with(|| (name.clone(), CancellationToken::new()));
        entry.1.clone()
    }

    fn forget_alive(&self, over: impl Fn(&str, &AgentName) -> bool) {
        let mut alive = self.0.alive.lock().expect("no holder of this lock panics");
        alive.retain(|hash, (name, token)| {
            let ends = over(hash, name);
            if ends {
                token.cancel();
            }
            !ends
        });
    }
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credentials(***)")
    }
}
