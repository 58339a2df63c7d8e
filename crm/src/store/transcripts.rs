//! Transcripts: what a recording said, sealed under the contact's key. Making them is the keeper's
//! work, and whether one may be made is decided there.

use crate::db::Db;
use crate::store::records::require_visible;
use crate::store::vault::{Subject, Vault};
use crate::{CrmError, Personal, Refusal, Viewer};
use serde::Serialize;
use vocabulary::{ContactId, Language, RecordingId, Time};

/// The longest transcript, in bytes: some ten hours of speech.
pub const MAX_TRANSCRIPT: usize = 1_000_000;

/// The store of transcripts. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Transcripts {
    db: Db,
    vault: Vault,
}

/// The transcript of one recording.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Transcript {
    /// The recording.
    pub recording: RecordingId,
    /// The language it was heard in.
    pub language: Option<Language>,
    /// When it was made.
    pub at: Time,
    /// The text, in whatever form the keeper gave it.
    pub text: Personal,
}

impl Transcripts {
    pub(super) fn new(db: Db, vault: Vault) -> Transcripts {
        Transcripts { db, vault }
    }

    /// Writes the transcript of a recording, in place of an earlier one.
    ///
    /// # Errors
    /// [`CrmError::Refused`] when it is too long; [`CrmError::Erased`]; [`CrmError::Store`].
    pub async fn write(&self, contact: ContactId, made: &Transcript) -> Result<(), CrmError> {
        let text = made.text.reveal();
        if text.len() > MAX_TRANSCRIPT {
            return Err(CrmError::Refused(Refusal::TooLong { what: "transcript", most: MAX_TRANSCRIPT }));
        }
        let sealer = self.vault.sealer(Subject::Contact(contact)).await?;
        let sealed = sealer.seal(&format!("transcript {}", made.recording), text.as_bytes());
        let upsert = "INSERT INTO transcript (contact, recording, language, at, body) VALUES ($1, $2, $3, $4, $5) \
                      ON CONFLICT (contact, recording) DO UPDATE \
                      SET language = excluded.language, at = excluded.at, body = excluded.body";
        let args = [contact.into(), made.recording.into(), made.language.into(), made.at.into(), sealed.into()];
        self.db.execute(upsert, &args).await?;
        Ok(())
    }

    /// The transcripts of a contact, oldest first.
    ///
    /// # Errors
    /// [`CrmError::NotFound`]; [`CrmError::Tampered`]; [`CrmError::Store`].
    pub async fn of(&self, contact: ContactId, viewer: &Viewer) -> Result<Vec<Transcript>, CrmError> {
        require_visible(&self.db, contact, viewer).await?;
        let select = "SELECT recording, language, at, body FROM transcript WHERE contact = $1 ORDER BY at, recording";
        let rows = self.db.rows(select, &[contact.into()]).await?;
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let missing = CrmError::Unreadable("transcript");
        let sealer = self.vault.existing(Subject::Contact(contact)).await?.ok_or(missing)?;
        rows.iter()
            .map(|row| {
                let recording: RecordingId = row.parse(0)?;
                let text = Personal::from_opened(&sealer.open(&format!("transcript {recording}"), row.blob(3)?)?)?;
                let language = row.opt_text(1)?.map(Language::new).transpose();
                let language = language.map_err(|_| CrmError::Unreadable("language"))?;
                Ok(Transcript { recording, language, at: Time(row.int(2)?), text })
            })
            .collect()
    }
}
