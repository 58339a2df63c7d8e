//! The databases of a data folder and what stands on them, for `serve` and for the short commands.

use crate::clock::Clock;
use crate::config::Config;
use crate::floor::{self, RecoveryError};
use crate::journal::{self, JournalError};
use crate::keys::KeyFiles;
use console::credentials::{CredentialError, Credentials};
use crm::{Crm, CrmError, Db, DbError, MasterKey, MasterKeys};
use std::path::PathBuf;
use vocabulary::centre::{Centre, Change};
use vocabulary::event::Actor;
use vocabulary::{Entry, Event, FloorName};

/// Why the stores cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The folder cannot be made.
    #[error("{folder}: {error}", folder = .0.display(), error = .1)]
    Folder(PathBuf, std::io::Error),
    /// A database.
    #[error("the database cannot be opened: {0}")]
    Db(#[from] DbError),
    /// The CRM on it.
    #[error("the CRM cannot be opened: {0}")]
    Crm(#[from] CrmError),
    /// A key file.
    #[error("a key file cannot be used: {0}")]
    Keys(#[from] crm::KeyFileError),
}

/// Journal, CRM and keys of one data folder.
pub struct Stores {
    /// The journal's database.
    pub journal: Db,
    /// The CRM's and the credentials'.
    pub centre: Db,
    /// The CRM.
    pub crm: Crm,
    /// Where key files lie.
    pub keys: KeyFiles,
    credentials: [u8; 32],
}

/// Opens (and on first use makes) the stores.
///
/// # Errors
/// [`StoreError`], in words for the person who started the program.
pub async fn open(config: &Config) -> Result<Stores, StoreError> {
    make_private_folder(&config.data_dir).map_err(|e| StoreError::Folder(config.data_dir.clone(), e))?;
    let keys = KeyFiles::of(&config.data_dir);
    let keys_folder = config.data_dir.join("keys");
    make_private_folder(&keys_folder).map_err(|e| StoreError::Folder(keys_folder, e))?;
    let (journal, centre) = match &config.database_url {
        Some(url) => {
            let db = Db::open(url).await?;
            (db.clone(), db)
        }
        None => {
            let file = |name: &str| format!("sqlite:{}", config.data_dir.join(name).display());
            (Db::open(&file("journal.db")).await?, Db::open(&file("centre.db")).await?)
        }
    };
    let ordinary = MasterKey::open_or_create(&keys.master)?;
    let safeguarding = MasterKey::open_or_create(&keys.safeguarding)?;
    let credentials = crate::keys::open_or_create(&keys.credentials)
        .map_err(|e| StoreError::Folder(keys.credentials.clone(), e))?;
    let masters = MasterKeys { ordinary, safeguarding };
    let crm = Crm::open(centre.clone(), masters).await?;
    Ok(Stores { journal, centre, crm, keys, credentials })
}

/// A folder nobody else on the machine can look into.
fn make_private_folder(folder: &std::path::Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

impl Stores {
    /// The log-ins.
    ///
    /// # Errors
    /// The store's.
    pub async fn credentials(&self) -> Result<Credentials, CredentialError> {
        Credentials::open(self.centre.clone(), &self.credentials, console::Clock::system()).await
    }

    /// The set-up in force: the journal's, or `seed` while the journal is empty. Reads only, so that a
    /// running centre is not disturbed.
    ///
    /// # Errors
    /// The journal's.
    pub async fn centre_in_force(&self, seed: &Centre) -> Result<Centre, RecoveryError> {
        floor::read_only(&self.journal, seed).await.map(|floor| floor.map_or_else(|| seed.clone(), |f| f.centre().clone()))
    }

    /// Every change of set-up there was, with its entry and who made it, in order.
    ///
    /// # Errors
    /// The journal's.
    pub async fn set_ups(&self, floor: &FloorName) -> Result<Vec<(Entry, Change, String)>, JournalError> {
        let mut changes = Vec::new();
        for entry in journal::of_no_contact(&self.journal, floor).await? {
            if let Event::SetUp { change, by } = &entry.event {
                let by = match by {
                    Actor::Staff { name } => name.to_string(),
                    Actor::Centre | Actor::Citizen => "operator".to_owned(),
                };
                let change = change.as_ref().clone();
                changes.push((entry, change, by));
            }
        }
        Ok(changes)
    }

    /// Puts a set-up in force and says how many changes that took.
    ///
    /// # Errors
    /// A sentence for the person: the first change that was refused.
    pub async fn import(&self, wanted: &Centre, clock: &Clock) -> Result<usize, String> {
        let mut opened = floor::open(self.journal.clone(), wanted, clock).await.map_err(|e| e.to_string())?;
        let changes = opened.floor.centre().changes_to(wanted);
        let count = changes.len();
        if count > 0 {
            let change = Box::new(Change::Together { changes });
            let command = acd::Command::SetUp { change, by: Actor::Centre };
            opened.decide_alone(clock.now(), command).await.map_err(|e| e.to_string())?;
        }
        Ok(count)
    }
}
