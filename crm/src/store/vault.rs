//! The vault: a random key per contact (and per citizen and case), wrapped under a master key, and the
//! values sealed under it. Erasing destroys the key: whatever was sealed, here or in a backup of the values,
//! is noise from then on. A destroyed key leaves a mark, so that nothing can be sealed for it again.

use crate::db::{Db, Tx, Value};
use crate::keys::Secret;
use crate::{ContactKey, CrmError, MasterKeys};
use std::fmt;
use std::sync::Arc;
use vocabulary::{CaseId, CitizenId, ContactId, Time};
use zeroize::Zeroizing;

/// Tables with rows that belong to one contact and hold sealed text or name a person.
const OF_CONTACT: [&str; 6] = ["note", "transcript", "message", "conversation", "link", "citizen_name"];

/// Keys and sealed values. Cheap to clone.
#[derive(Clone)]
pub struct Vault {
    db: Db,
    wrapping: Arc<Wrapping>,
}

struct Wrapping {
    ordinary: Secret,
    safeguarding: Secret,
}

/// Whom a key belongs to.
#[derive(Clone, Copy)]
pub(crate) enum Subject {
    Contact(ContactId),
    Citizen(CitizenId),
    Case(CaseId),
}

/// Which master key wraps a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    Ordinary,
    Safeguarding,
}

/// The key of one subject, ready to seal and open values of its own.
pub(crate) struct Sealer {
    subject: Subject,
    key: Secret,
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault(***)")
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Subject::Contact(id) => write!(f, "contact:{id}"),
            Subject::Citizen(id) => write!(f, "citizen:{id}"),
            Subject::Case(id) => write!(f, "case:{id}"),
        }
    }
}

impl Class {
    pub(crate) fn of(safeguarding: bool) -> Class {
        match safeguarding {
            true => Class::Safeguarding,
            false => Class::Ordinary,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Class::Ordinary => "ordinary",
            Class::Safeguarding => "safeguarding",
        }
    }

    fn read(name: &str) -> Result<Class, CrmError> {
        match name {
            "ordinary" => Ok(Class::Ordinary),
            "safeguarding" => Ok(Class::Safeguarding),
            _ => Err(CrmError::Unreadable("key class")),
        }
    }
}

impl Sealer {
    /// Seals a value of this subject: it opens as this kind of this subject only.
    pub(crate) fn seal(&self, kind: &str, plaintext: &[u8]) -> Vec<u8> {
        self.key.seal(&format!("{}/{kind}", self.subject), plaintext)
    }

    /// Opens a value of this subject.
    pub(crate) fn open(&self, kind: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, CrmError> {
        self.key.open(&format!("{}/{kind}", self.subject), sealed).ok_or(CrmError::Tampered)
    }
}

impl Vault {
    /// Opens the vault; the first time, it notes which master keys this database is sealed with.
    pub(crate) async fn unlock(db: Db, keys: &MasterKeys) -> Result<Vault, CrmError> {
        let named = [(Class::Ordinary, &keys.ordinary), (Class::Safeguarding, &keys.safeguarding)];
        for (class, key) in named {
            let fingerprint = key.derive("fingerprint").bytes().to_vec();
            let noted = "INSERT INTO master_key (class, fingerprint) VALUES ($1, $2) ON CONFLICT (class) DO NOTHING";
            db.execute(noted, &[class.name().into(), fingerprint.clone().into()]).await?;
            let row = db.row("SELECT fingerprint FROM master_key WHERE class = $1", &[class.name().into()]).await?;
            let row = row.ok_or(CrmError::Unreadable("master key fingerprint"))?;
            if row.blob(0)? != fingerprint {
                return Err(CrmError::WrongKey(class.name()));
            }
        }
        let wrapping =
            Wrapping { ordinary: keys.ordinary.derive("wrapping"), safeguarding: keys.safeguarding.derive("wrapping") };
        Ok(Vault { db, wrapping: Arc::new(wrapping) })
    }

    /// Seals a value of a contact, in place of an earlier one of the same kind. The contact's first value
    /// makes its key.
    ///
    /// # Errors
    /// [`CrmError::Erased`] after [`Vault::erase`]; [`CrmError::Store`].
    pub async fn seal(&self, contact: ContactId, kind: &str, plaintext: &[u8]) -> Result<(), CrmError> {
        let subject = Subject::Contact(contact);
        let body = self.sealer(subject).await?.seal(kind, plaintext);
        let statement = "INSERT INTO sealed_value (subject, kind, body) VALUES ($1, $2, $3) \
                         ON CONFLICT (subject, kind) DO UPDATE SET body = excluded.body";
        self.db.execute(statement, &[subject.to_string().into(), kind.into(), body.into()]).await?;
        Ok(())
    }

    /// Opens a value of a contact; `None` where none was sealed. Whether the reader may is asked
    /// before, by whoever knows the viewer.
    ///
    /// # Errors
    /// [`CrmError::Erased`], [`CrmError::Tampered`], [`CrmError::Store`].
    pub async fn open(&self, contact: ContactId, kind: &str) -> Result<Option<Zeroizing<Vec<u8>>>, CrmError> {
        let subject = Subject::Contact(contact);
        let Some(sealer) = self.existing(subject).await? else {
            return Ok(None);
        };
        let select = "SELECT body FROM sealed_value WHERE subject = $1 AND kind = $2";
        let row = self.db.row(select, &[subject.to_string().into(), kind.into()]).await?;
        row.map(|r| sealer.open(kind, r.blob(0)?)).transpose()
    }

    /// The key to wrap a contact's recordings under; made with the contact's key where there was none.
    ///
    /// # Errors
    /// [`CrmError::Erased`]; [`CrmError::Tampered`]; [`CrmError::Store`].
    pub async fn contact_key(&self, contact: ContactId) -> Result<ContactKey, CrmError> {
        Ok(ContactKey::of(&self.sealer(Subject::Contact(contact)).await?.key))
    }

    /// Puts a contact's key under the safeguarding master key, for good. [`crate::Records::write`] does so
    /// for every record of a safeguarding lane; values need not be sealed anew.
    ///
    /// # Errors
    /// [`CrmError::Erased`]; [`CrmError::Tampered`]; [`CrmError::Store`].
    pub async fn protect(&self, contact: ContactId) -> Result<(), CrmError> {
        self.raise(Subject::Contact(contact)).await
    }

    /// Destroys a contact's key, its sealed values, notes, transcripts, chat texts and its link to the
    /// citizen. What was decided about it, its record, stays: it names no one. Recordings wrapped
    /// under the contact's key cannot be opened from then on.
    ///
    /// # Errors
    /// [`CrmError::Store`]: nothing was erased. Erasing twice is none.
    pub async fn erase(&self, contact: ContactId, at: Time) -> Result<(), CrmError> {
        let mut tx = self.db.begin().await?;
        self.destroy(&mut tx, Subject::Contact(contact), at).await?;
        for table in OF_CONTACT {
            tx.execute(&format!("DELETE FROM {table} WHERE contact = $1"), &[contact.into()]).await?;
        }
        tx.commit().await?;
        self.forget(&["sealed_key", "sealed_value"]).await;
        Ok(())
    }

    /// Whether a contact was erased.
    ///
    /// # Errors
    /// [`CrmError::Store`].
    pub async fn is_erased(&self, contact: ContactId) -> Result<bool, CrmError> {
        match self.existing(Subject::Contact(contact)).await {
            Err(CrmError::Erased) => Ok(true),
            other => other.map(|_| false),
        }
    }

    /// The subject's sealer, with a fresh key where it had none.
    pub(crate) async fn sealer(&self, subject: Subject) -> Result<Sealer, CrmError> {
        if let Some(sealer) = self.existing(subject).await? {
            return Ok(sealer);
        }
        let mut tx = self.db.begin().await?;
        let sealer = self.sealer_in(&mut tx, subject, Class::Ordinary).await?;
        tx.commit().await?;
        Ok(sealer)
    }

    /// The subject's sealer, where it has a key.
    pub(crate) async fn existing(&self, subject: Subject) -> Result<Option<Sealer>, CrmError> {
        let row = self.db.row(KEY, &[subject.to_string().into()]).await?;
        row.map(|r| self.unwrap(subject, &r)).transpose()
    }

    /// The subject's sealer within a transaction, with a fresh key of the class where it had none.
    pub(crate) async fn sealer_in(&self, tx: &mut Tx, subject: Subject, class: Class) -> Result<Sealer, CrmError> {
        let name = subject.to_string();
        let wrapped = self.wrap(subject, class, &Secret::random());
        let insert = "INSERT INTO sealed_key (subject, class, wrapped) VALUES ($1, $2, $3) \
                      ON CONFLICT (subject) DO NOTHING";
        tx.execute(insert, &[name.as_str().into(), class.name().into(), wrapped.into()]).await?;
        let row = tx.row(KEY, &[name.into()]).await?.ok_or(CrmError::Unreadable("key"))?;
        self.unwrap(subject, &row)
    }

    /// Rewraps a key under the safeguarding master key.
    pub(crate) async fn raise(&self, subject: Subject) -> Result<(), CrmError> {
        let mut tx = self.db.begin().await?;
        let sealer = self.sealer_in(&mut tx, subject, Class::Safeguarding).await?;
        let wrapped = self.wrap(subject, Class::Safeguarding, &sealer.key);
        let update = "UPDATE sealed_key SET class = $1, wrapped = $2 \
                      WHERE subject = $3 AND class <> $1 AND wrapped IS NOT NULL";
        let args = [Class::Safeguarding.name().into(), wrapped.into(), subject.to_string().into()];
        tx.execute(update, &args).await?;
        Ok(tx.commit().await?)
    }

    /// Destroys a key and the values sealed beside it, leaving the mark that it was.
    pub(crate) async fn destroy(&self, tx: &mut Tx, subject: Subject, at: Time) -> Result<(), CrmError> {
        let name: Value = subject.to_string().into();
        tx.execute("DELETE FROM sealed_value WHERE subject = $1", std::slice::from_ref(&name)).await?;
        let mark = "INSERT INTO sealed_key (subject, class, wrapped, erased) VALUES ($1, $2, NULL, $3) \
                    ON CONFLICT (subject) DO UPDATE SET wrapped = NULL, \
                    erased = COALESCE(sealed_key.erased, excluded.erased)";
        tx.execute(mark, &[name, Class::Ordinary.name().into(), at.into()]).await?;
        Ok(())
    }

    /// After an erasure that is already committed: clears the traces deleted rows leave in the database's
    /// own files. If the database is too busy now, the next erasure or checkpoint does it.
    pub(crate) async fn forget(&self, tables: &[&str]) {
        if let Err(error) = self.db.forget_erased(tables).await {
            tracing::warn!(%error, "erased, but the write-ahead file still holds the sealed bytes");
        }
    }

    fn wrap(&self, subject: Subject, class: Class, key: &Secret) -> Vec<u8> {
        self.wrapping(class).seal(&format!("key of {subject}"), key.bytes())
    }

    fn unwrap(&self, subject: Subject, row: &crate::Row) -> Result<Sealer, CrmError> {
        let class = Class::read(row.text(0)?)?;
        let wrapped = row.opt_blob(1)?.ok_or(CrmError::Erased)?;
        let bytes = self.wrapping(class).open(&format!("key of {subject}"), wrapped).ok_or(CrmError::Tampered)?;
        let key = Secret::from_slice(&bytes).ok_or(CrmError::Unreadable("key"))?;
        Ok(Sealer { subject, key })
    }

    fn wrapping(&self, class: Class) -> &Secret {
        match class {
            Class::Ordinary => &self.wrapping.ordinary,
            Class::Safeguarding => &self.wrapping.safeguarding,
        }
    }
}

const KEY: &str = "SELECT class, wrapped FROM sealed_key WHERE subject = $1";
