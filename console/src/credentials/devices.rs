//! SIP devices of agents: the browser page of one session, and desk phones. An index in memory answers
//! the registrar, which cannot wait for a database; the store holds the same rows across a restart.

use super::secret::{ha1_md5, random_hex};
use super::{CredentialError, SESSION_LASTS};
use crate::clock::Clock;
use crate::store::{DeviceRow, Store};
use std::collections::BTreeMap;
use std::sync::{Arc, RwLock};
use vocabulary::{AgentName, Time};

/// The digest realm of every device, and the host part of its SIP URI.
pub const REALM: &str = "hctc";
/// Pages one session may have registered at once; the oldest gives way to a new one.
pub const MAX_PAGES: usize = 4;
/// Desk phones one agent may have.
pub const MAX_DESK_PHONES: usize = 5;

/// What the registrar needs to know of a device.
#[derive(Clone, PartialEq, Eq)]
pub struct Device {
    /// Whose it is.
    pub agent: AgentName,
    /// MD5 of `user:hctc:secret`, lower-case hex (RFC 2617 §3.2.2.2).
    pub ha1_md5: String,
    /// Whether it is a browser page that ends with its session, to be let in by `/sip` only.
    pub session_bound: bool,
}

impl std::fmt::Debug for Device {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Device({}, ***)", self.agent)
    }
}

/// A device just made; its secret is shown this once.
pub struct NewDevice {
    /// The SIP user name.
    pub user: String,
    /// The digest password.
    pub secret: String,
    /// When it ends; `None` for a desk phone.
    pub expires: Option<Time>,
}

/// A desk phone as its agent sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeskPhone {
    /// The SIP user name.
    pub user: String,
    /// What the agent calls it.
    pub label: String,
    /// When it was added.
    pub made_at: Time,
}

/// The devices. Cheap to clone.
#[derive(Clone)]
pub struct Devices(Arc<Inner>);

struct Inner {
    store: Store,
    clock: Clock,
    index: RwLock<BTreeMap<String, Entry>>,
}

#[derive(Clone)]
struct Entry {
    agent: AgentName,
    label: String,
    ha1: String,
    session: Option<String>,
    made_at: Time,
    expires: Option<Time>,
}

impl Devices {
    pub(super) async fn open(store: Store, clock: Clock) -> Result<Devices, CredentialError> {
        let rows = store.devices().await?;
        let index = rows.into_iter().map(|row| (row.user.clone(), Entry::of(&row))).collect();
        Ok(Devices(Arc::new(Inner { store, clock, index: RwLock::new(index) })))
    }

    /// The device with this SIP user name, unless its session is over. Never waits.
    pub fn find(&self, user: &str) -> Option<Device> {
        let now = self.0.clock.now();
        let index = self.0.index.read().expect("no holder of this lock panics");
        let entry = index.get(user).filter(|e| e.expires.is_none_or(|at| now < at))?;
        Some(Device {
            agent: entry.agent.clone(),
            ha1_md5: entry.ha1.clone(),
            session_bound: entry.session.is_some(),
        })
    }

    /// Makes a log-in for one page of a session.
    pub(crate) async fn add_page(
        &self,
        agent: &AgentName,
        session: &str,
        session_began: Time,
    ) -> Result<NewDevice, CredentialError> {
        let mut pages = self.users_where(|e| e.session.as_deref() == Some(session));
        pages.sort_by_key(|(_, e)| e.made_at);
        for (user, _) in pages.iter().rev().skip(MAX_PAGES - 1) {
            self.remove(user).await?;
        }
        self.add(agent, String::new(), Some((session.to_owned(), session_began))).await
    }

    /// Makes a log-in for a desk phone.
    pub(crate) async fn add_desk_phone(&self, agent: &AgentName, label: String) -> Result<NewDevice, CredentialError> {
        if self.desk_phones(agent).len() >= MAX_DESK_PHONES {
            return Err(CredentialError::TooManyDevices);
        }
        self.add(agent, label, None).await
    }

    /// The desk phones of an agent.
    pub(crate) fn desk_phones(&self, agent: &AgentName) -> Vec<DeskPhone> {
        self.users_where(|e| e.session.is_none() && e.agent == *agent)
            .into_iter()
            .map(|(user, e)| DeskPhone { user, label: e.label, made_at: e.made_at })
            .collect()
    }

    /// Takes a desk phone away from its agent. `false` when the agent has no such phone.
    pub(crate) async fn remove_desk_phone(&self, agent: &AgentName, user: &str) -> Result<bool, CredentialError> {
        let theirs = self.users_where(|e| e.session.is_none() && e.agent == *agent);
        if !theirs.iter().any(|(u, _)| u == user) {
            return Ok(false);
        }
        self.remove(user).await?;
        Ok(true)
    }

    /// Forgets the pages of sessions that are over; the store dropped them with the session.
    pub(super) fn forget_sessions(&self, over: impl Fn(&str) -> bool) {
        let mut index = self.0.index.write().expect("no holder of this lock panics");
        index.retain(|_, entry| !entry.session.as_deref().is_some_and(&over));
    }

    /// Forgets every page of an agent.
    pub(super) fn forget_pages_of(&self, agent: &AgentName) {
        let mut index = self.0.index.write().expect("no holder of this lock panics");
        index.retain(|_, entry| entry.session.is_none() || entry.agent != *agent);
    }

    async fn add(
        &self,
        agent: &AgentName,
        label: String,
        session: Option<(String, Time)>,
    ) -> Result<NewDevice, CredentialError> {
        let (user, secret) = (format!("d{}", random_hex(8)), random_hex(16));
        let row = DeviceRow {
            ha1: ha1_md5(&user, REALM, &secret),
            user: user.clone(),
            agent: agent.clone(),
            label,
            session: session.as_ref().map(|(hash, _)| hash.clone()),
            made_at: self.0.clock.now(),
        };
        self.0.store.add_device(&row).await?;
        let expires = session.map(|(_, began)| began + SESSION_LASTS);
        let entry = Entry { expires, ..Entry::of(&row) };
        self.0.index.write().expect("no holder of this lock panics").insert(user.clone(), entry);
        Ok(NewDevice { user, secret, expires })
    }

    async fn remove(&self, user: &str) -> Result<(), CredentialError> {
        self.0.store.remove_device(user).await?;
        self.0.index.write().expect("no holder of this lock panics").remove(user);
        Ok(())
    }

    fn users_where(&self, which: impl Fn(&Entry) -> bool) -> Vec<(String, Entry)> {
        let index = self.0.index.read().expect("no holder of this lock panics");
        index.iter().filter(|(_, e)| which(e)).map(|(user, e)| (user.clone(), e.clone())).collect()
    }
}

impl Entry {
    /// A page's row was made within its session, so the session's longest life from then bounds it.
    fn of(row: &DeviceRow) -> Entry {
        Entry {
            agent: row.agent.clone(),
            label: row.label.clone(),
            ha1: row.ha1.clone(),
            session: row.session.clone(),
            made_at: row.made_at,
            expires: row.session.as_ref().map(|_| row.made_at + SESSION_LASTS),
        }
    }
}
