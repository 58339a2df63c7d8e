//! Chat texts and what restores a conversation. Texts are sealed under the contact's key; a citizen's page
//! proves by a secret token that a conversation is its own, of which only a hash is kept. After a
//! restart [`Messages::open_conversations`] says which are still open and what their sessions were.

use crate::db::{Db, Row};
use crate::store::records::require_visible;
use crate::store::vault::{Subject, Vault};
use crate::{CrmError, Personal, Refusal, Viewer};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;
use vocabulary::{AgentName, ContactId, Time};

/// The longest text, in characters.
pub const MAX_TEXT: usize = 8_000;
/// The longest id a page may give a text, in bytes.
pub const MAX_CLIENT_ID: usize = 64;
/// Texts read at once.
const MAX_TEXTS: i64 = 2_000;

/// The store of chat texts. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Messages {
    db: Db,
    vault: Vault,
}

/// Who said a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "speaker", rename_all = "snake_case")]
pub enum Speaker {
    /// The citizen.
    Citizen,
    /// An agent.
    Agent {
        /// The log-in name.
        name: AgentName,
    },
    /// The centre: menus, notices.
    Centre,
}

/// A text to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMessage {
    /// Its number in the conversation, from 1; `None` stands for the next one.
    pub seq: Option<u64>,
    /// The id its sender gave it: the same text sent twice has the same id.
    pub client: String,
    /// Who said it.
    pub speaker: Speaker,
    /// What was said.
    pub text: Personal,
    /// When.
    pub at: Time,
}

/// What became of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    /// Its number in the conversation.
    pub seq: u64,
    /// Whether it is new; `false` when the same id had been kept before.
    pub fresh: bool,
}

/// A text of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Message {
    /// Its number in the conversation.
    pub seq: u64,
    /// The id its sender gave it.
    pub client: String,
    /// Who said it.
    #[serde(flatten)]
    pub speaker: Speaker,
    /// What was said.
    pub text: Personal,
    /// When.
    pub at: Time,
}

/// An open conversation, to be restored.
#[derive(Clone, PartialEq, Eq)]
pub struct Conversation {
    /// The contact.
    pub contact: ContactId,
    /// The hash of the citizen's token.
    pub token_hash: [u8; 32],
    /// When it began.
    pub opened: Time,
    /// The number of its last text; 0 when there is none.
    pub last_seq: u64,
    /// What its session last saved.
    pub state: Option<Vec<u8>>,
}

impl fmt::Debug for Conversation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Conversation({}, last_seq {}, ***)", self.contact, self.last_seq)
    }
}

impl Messages {
    pub(super) fn new(db: Db, vault: Vault) -> Messages {
        Messages { db, vault }
    }

    /// Opens a conversation under a token. Opening it again with the same token changes nothing.
    ///
    /// # Errors
    /// [`CrmError::Erased`]; [`CrmError::Store`], a duplicate where the contact has another token.
    pub async fn open(&self, contact: ContactId, token: &str, at: Time) -> Result<(), CrmError> {
        self.vault.sealer(Subject::Contact(contact)).await?;
        let hash = token_hash(token);
        if self.by_token(token).await? == Some(contact) {
            return Ok(());
        }
        let insert = "INSERT INTO conversation (contact, token_hash, opened) VALUES ($1, $2, $3)";
        self.db.execute(insert, &[contact.into(), hash.into(), at.into()]).await?;
        Ok(())
    }

    /// The contact whose conversation a token opens; closed ones too, so that a page can show how it ended.
    ///
    /// # Errors
    /// [`CrmError::Store`].
    pub async fn by_token(&self, token: &str) -> Result<Option<ContactId>, CrmError> {
        let select = "SELECT contact FROM conversation WHERE token_hash = $1";
        let row = self.db.row(select, &[token_hash(token).into()]).await?;
        Ok(row.map(|r| r.parse(0)).transpose()?)
    }

    /// Keeps what the session needs to go on after a restart; it is sealed.
    ///
    /// # Errors
    /// [`CrmError::NotFound`] when no conversation is open; [`CrmError::Erased`]; [`CrmError::Store`].
    pub async fn save(&self, contact: ContactId, state: &[u8]) -> Result<(), CrmError> {
        let sealed = self.vault.sealer(Subject::Contact(contact)).await?.seal("conversation", state);
        let update = "UPDATE conversation SET state = $1 WHERE contact = $2 AND closed IS NULL";
        match self.db.execute(update, &[sealed.into(), contact.into()]).await? {
            0 => Err(CrmError::NotFound),
            _ => Ok(()),
        }
    }

    /// Closes a conversation: it is not restored any more. Closing twice is none.
    ///
    /// # Errors
    /// [`CrmError::Store`].
    pub async fn close(&self, contact: ContactId, at: Time) -> Result<(), CrmError> {
        let update = "UPDATE conversation SET closed = $1, state = NULL WHERE contact = $2 AND closed IS NULL";
        self.db.execute(update, &[at.into(), contact.into()]).await?;
        Ok(())
    }

    /// Every conversation that is open, oldest first.
    ///
    /// # Errors
    /// [`CrmError::Tampered`]; [`CrmError::Store`].
    pub async fn open_conversations(&self) -> Result<Vec<Conversation>, CrmError> {
        let select = "SELECT v.contact, v.token_hash, v.opened, v.state, \
                      (SELECT COALESCE(MAX(m.seq), 0) FROM message m WHERE m.contact = v.contact) \
                      FROM conversation v WHERE v.closed IS NULL ORDER BY v.opened, v.contact";
        let mut open = Vec::new();
        for row in self.db.rows(select, &[]).await? {
            let contact: ContactId = row.parse(0)?;
            let state = match row.opt_blob(3)? {
                Some(sealed) => Some(self.existing(contact).await?.open("conversation", sealed)?.to_vec()),
                None => None,
            };
            let token_hash = row.blob(1)?.try_into().map_err(|_| CrmError::Unreadable("token hash"))?;
            let last_seq = unsigned(row.int(4)?)?;
            open.push(Conversation { contact, token_hash, opened: Time(row.int(2)?), last_seq, state });
        }
        Ok(open)
    }

    /// Keeps a text. The same id twice keeps it once and says which number it has.
    ///
    /// # Errors
    /// [`CrmError::Refused`] for a long text or id; [`CrmError::Erased`]; [`CrmError::Store`], a duplicate
    /// when the given number is another text's.
    pub async fn append(&self, contact: ContactId, new: &NewMessage) -> Result<Appended, CrmError> {
        if new.text.reveal().chars().nth(MAX_TEXT).is_some() {
            return Err(CrmError::Refused(Refusal::TooLong { what: "text", most: MAX_TEXT }));
        }
        if new.client.len() > MAX_CLIENT_ID {
            return Err(CrmError::Refused(Refusal::TooLong { what: "text id", most: MAX_CLIENT_ID }));
        }
        if new.client.is_empty() || !new.client.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(CrmError::Refused(Refusal::Unprintable { what: "text id" }));
        }
        let sealer = self.vault.sealer(Subject::Contact(contact)).await?;
        let mut tx = self.db.begin().await?;
        // The key's row is the contact's lock: two appends at once take their numbers one after the other.
        let lock = "UPDATE sealed_key SET class = class WHERE subject = $1 AND wrapped IS NOT NULL";
        if tx.execute(lock, &[Subject::Contact(contact).to_string().into()]).await? == 0 {
            return Err(CrmError::Erased);
        }
        let known = "SELECT seq FROM message WHERE contact = $1 AND client = $2";
        if let Some(row) = tx.row(known, &[contact.into(), new.client.as_str().into()]).await? {
            return Ok(Appended { seq: unsigned(row.int(0)?)?, fresh: false });
        }
        let seq = match new.seq {
            Some(seq) => i64::try_from(seq).map_err(|_| CrmError::Unreadable("text number"))?,
            None => {
                let next = "SELECT COALESCE(MAX(seq), 0) + 1 FROM message WHERE contact = $1";
                tx.row(next, &[contact.into()]).await?.ok_or(CrmError::Unreadable("text number"))?.int(0)?
            }
        };
        let (speaker, agent) = match &new.speaker {
            Speaker::Citizen => ("citizen", None),
            Speaker::Agent { name } => ("agent", Some(name)),
            Speaker::Centre => ("centre", None),
        };
        let sealed = sealer.seal(&format!("message {seq} {speaker}"), new.text.reveal().as_bytes());
        let insert = "INSERT INTO message (contact, seq, client, speaker, agent, at, body) \
                      VALUES ($1, $2, $3, $4, $5, $6, $7)";
        let args = [
            contact.into(),
            seq.into(),
            new.client.as_str().into(),
            speaker.into(),
            agent.into(),
            new.at.into(),
            sealed.into(),
        ];
        tx.execute(insert, &args).await?;
        tx.commit().await?;
        Ok(Appended { seq: unsigned(seq)?, fresh: true })
    }

    /// The texts after a number, in order; for the citizen who proved the token and the session itself.
    ///
    /// # Errors
    /// [`CrmError::Erased`]; [`CrmError::Tampered`]; [`CrmError::Store`].
    pub async fn after(&self, contact: ContactId, seq: u64) -> Result<Vec<Message>, CrmError> {
        let select = "SELECT seq, client, speaker, agent, body, at FROM message \
                      WHERE contact = $1 AND seq > $2 ORDER BY seq LIMIT $3";
        let after = i64::try_from(seq).unwrap_or(i64::MAX);
        let rows = self.db.rows(select, &[contact.into(), after.into(), MAX_TEXTS.into()]).await?;
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let sealer = self.existing(contact).await?;
        rows.iter().map(|row| message(&sealer, row)).collect()
    }

    /// The texts of a contact after a number, for a viewer.
    ///
    /// # Errors
    /// [`CrmError::NotFound`]; otherwise as [`Messages::after`].
    pub async fn of(&self, contact: ContactId, seq: u64, viewer: &Viewer) -> Result<Vec<Message>, CrmError> {
        require_visible(&self.db, contact, viewer).await?;
        self.after(contact, seq).await
    }

    async fn existing(&self, contact: ContactId) -> Result<super::vault::Sealer, CrmError> {
        self.vault.existing(Subject::Contact(contact)).await?.ok_or(CrmError::Unreadable("conversation"))
    }
}

/// The hash under which a token is kept. Tokens are long and random, so a plain hash tells nothing.
fn token_hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

fn message(sealer: &super::vault::Sealer, row: &Row) -> Result<Message, CrmError> {
    let word = row.text(2)?;
    let seq = row.int(0)?;
    let text = Personal::from_opened(&sealer.open(&format!("message {seq} {word}"), row.blob(4)?)?)?;
    let speaker = match word {
        "citizen" => Speaker::Citizen,
        "agent" => Speaker::Agent { name: row.parse(3)? },
        "centre" => Speaker::Centre,
        _ => return Err(CrmError::Unreadable("speaker")),
    };
    Ok(Message { seq: unsigned(seq)?, client: row.text(1)?.to_owned(), speaker, text, at: Time(row.int(5)?) })
}

fn unsigned(number: i64) -> Result<u64, CrmError> {
    u64::try_from(number).map_err(|_| CrmError::Unreadable("number"))
}
