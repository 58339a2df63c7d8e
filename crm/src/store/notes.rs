//! Notes: what agents write of a contact, sealed under its key.

use crate::db::Db;
use crate::error::written;
use crate::store::fresh;
use crate::store::records::require_visible;
use crate::store::vault::{Subject, Vault};
use crate::{CrmError, Personal, Viewer};
use serde::Serialize;
use vocabulary::{AgentName, ContactId, Time, Ulid};

/// The longest note, in characters.
pub const MAX_NOTE: usize = 10_000;
/// Notes read of one contact.
const MAX_NOTES: i64 = 500;

/// The store of notes. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Notes {
    db: Db,
    vault: Vault,
}

/// One note.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Note {
    /// Its id.
    pub id: Ulid,
    /// The contact it is of.
    pub contact: ContactId,
    /// Who wrote it.
    pub author: AgentName,
    /// When.
    pub at: Time,
    /// What.
    pub text: Personal,
}

impl Notes {
    pub(super) fn new(db: Db, vault: Vault) -> Notes {
        Notes { db, vault }
    }

    /// Writes a note of a contact the viewer may see.
    ///
    /// # Errors
    /// [`CrmError::NotFound`]; [`CrmError::Refused`] for an empty or long text; [`CrmError::Erased`];
    /// [`CrmError::Store`].
    pub async fn add(&self, contact: ContactId, viewer: &Viewer, text: &str, at: Time) -> Result<Ulid, CrmError> {
        let text = written("note", text, MAX_NOTE)?;
        require_visible(&self.db, contact, viewer).await?;
        let id = fresh(at);
        let sealed = self.vault.sealer(Subject::Contact(contact)).await?.seal(&format!("note {id}"), text.as_bytes());
        let insert = "INSERT INTO note (id, contact, author, at, body) VALUES ($1, $2, $3, $4, $5)";
        let args = [id.to_string().into(), contact.into(), (&viewer.name).into(), at.into(), sealed.into()];
        self.db.execute(insert, &args).await?;
        Ok(id)
    }

    /// The notes of a contact, oldest first.
    ///
    /// # Errors
    /// [`CrmError::NotFound`]; [`CrmError::Tampered`]; [`CrmError::Store`].
    pub async fn of(&self, contact: ContactId, viewer: &Viewer) -> Result<Vec<Note>, CrmError> {
        require_visible(&self.db, contact, viewer).await?;
        let select = "SELECT id, author, at, body FROM note WHERE contact = $1 ORDER BY at, id LIMIT $2";
        let rows = self.db.rows(select, &[contact.into(), MAX_NOTES.into()]).await?;
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let sealer = self.vault.existing(Subject::Contact(contact)).await?.ok_or(CrmError::Unreadable("note"))?;
        rows.iter()
            .map(|row| {
                let id: Ulid = row.parse(0)?;
                let text = Personal::from_opened(&sealer.open(&format!("note {id}"), row.blob(3)?)?)?;
                Ok(Note { id, contact, author: row.parse(1)?, at: Time(row.int(2)?), text })
            })
            .collect()
    }
}
