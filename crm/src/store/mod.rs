//! Everything that says SQL, one file per thing kept.

pub mod audit;
pub mod cases;
pub mod citizens;
pub mod db;
pub mod messages;
pub mod notes;
pub mod records;
mod schema;
mod scope;
pub mod services;
pub mod transcripts;
pub mod vault;

use crate::db::Db;
use crate::{CrmError, MasterKeys};
use vocabulary::{AgentName, ContactId, Time, Ulid};

/// The CRM, opened: its stores share the database and the vault. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Crm {
    /// Keys per contact, sealed values, erasing.
    pub vault: vault::Vault,
    /// People known by their phone number.
    pub citizens: citizens::Citizens,
    /// Records of contacts, timelines, search, counts.
    pub records: records::Records,
    /// What agents wrote of contacts.
    pub notes: notes::Notes,
    /// Citizens' matters over many contacts.
    pub cases: cases::Cases,
    /// The catalogue of services.
    pub services: services::Services,
    /// Chat texts and what restores a conversation.
    pub messages: messages::Messages,
    /// What recordings said.
    pub transcripts: transcripts::Transcripts,
    /// Who did what, in a chain.
    pub audit: audit::AuditLog,
}

impl Crm {
    /// Brings the tables up to date, checks that the master keys belong to this database, and loads the
    /// service catalogue when this program's is newer.
    ///
    /// # Errors
    /// [`CrmError::Store`], also when the schema is newer than this program; [`CrmError::WrongKey`].
    pub async fn open(db: Db, keys: MasterKeys) -> Result<Crm, CrmError> {
        db.migrate(schema::COMPONENT, schema::STEPS).await?;
        let vault = vault::Vault::unlock(db.clone(), &keys).await?;
        let services = services::Services::open(db.clone()).await?;
        Ok(Crm {
            citizens: citizens::Citizens::new(db.clone(), vault.clone(), &keys),
            records: records::Records::new(db.clone(), vault.clone()),
            notes: notes::Notes::new(db.clone(), vault.clone()),
            cases: cases::Cases::new(db.clone(), vault.clone()),
            messages: messages::Messages::new(db.clone(), vault.clone()),
            transcripts: transcripts::Transcripts::new(db.clone(), vault.clone()),
            audit: audit::AuditLog::new(db, &keys),
            services,
            vault,
        })
    }

    /// Erases what is personal in a contact ([`vault::Vault::erase`]) and writes it into the audit log,
    /// first, so that no erasure is without its entry.
    ///
    /// # Errors
    /// [`CrmError::Store`].
    pub async fn erase(&self, contact: ContactId, by: &AgentName, reason: &str, at: Time) -> Result<(), CrmError> {
        let entry = audit::AuditAct { at, who: by.as_str(), what: "contact.erased", contact: Some(contact), reason };
        self.audit.append(entry).await?;
        self.vault.erase(contact, at).await
    }
}

/// A fresh id for something that began at a moment.
fn fresh(at: Time) -> Ulid {
    Ulid::from_parts(at.0.max(0).unsigned_abs(), rand::random())
}

/// Reads a stored word back into its enum.
fn word<T: serde::de::DeserializeOwned>(text: &str, what: &'static str) -> Result<T, CrmError> {
    serde_json::from_value(serde_json::Value::from(text)).map_err(|_| CrmError::Unreadable(what))
}

/// The word an enum is stored as.
fn as_word<T: serde::Serialize>(value: T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => unreachable!("only enums of plain words are stored so"),
    }
}
