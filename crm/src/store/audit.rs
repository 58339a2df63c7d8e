//! The audit log: who did what to which contact, when and why. It is only ever added to. Each entry
//! carries a keyed hash over itself and the one before, so that none can be changed, taken out or put in without
//! the key; the head, kept beside, shows when the end was cut off. Reasons are sealed: they may name
//! people, and they outlive the contact, because the log is evidence.

use crate::db::{Db, Row, Tx};
use crate::keys::Secret;
use crate::{CrmError, MasterKeys, Personal, Refusal, Viewer};
use serde::Serialize;
use std::fmt;
use vocabulary::{ContactId, Time};

/// The longest reason, in characters.
pub const MAX_REASON: usize = 1_000;
/// The longest name of an act or of who did it, in bytes.
const MAX_WORD: usize = 64;
/// Entries checked or read at once.
const PAGE: i64 = 1_000;

/// The audit log. Cheap to clone.
#[derive(Clone)]
pub struct AuditLog {
    db: Db,
    chain: Secret,
    reasons: Secret,
}

/// An act to be written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditAct<'a> {
    /// When.
    pub at: Time,
    /// Who: a log-in name, or the part of the centre that acted.
    pub who: &'a str,
    /// What, as `thing.done`: `recording.played`, `contact.opened`, `contact.erased`.
    pub what: &'a str,
    /// The contact it was done to.
    pub contact: Option<ContactId>,
    /// Why, in the words of who did it; may be empty.
    pub reason: &'a str,
}

/// An entry of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditEntry {
    /// Its place, from 1 without gaps.
    pub seq: u64,
    /// When.
    pub at: Time,
    /// Who.
    pub who: String,
    /// What.
    pub what: String,
    /// The contact.
    pub contact: Option<ContactId>,
    /// Why.
    pub reason: Option<Personal>,
}

/// The log is whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditVerified {
    /// How many entries there are.
    pub entries: u64,
    /// The hash of the last one: written down elsewhere, it shows later that nothing before it changed.
    pub head: [u8; 32],
}

/// The log is not whole, or could not be checked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuditBroken {
    /// An entry was changed, taken out or put in.
    #[error("the audit log is broken at entry {at}")]
    Entry {
        /// The first entry that does not fit.
        at: u64,
    },
    /// The end was cut off, or the head was changed.
    #[error("the audit log ends at entry {found}, and its head says otherwise")]
    End {
        /// The last entry there is.
        found: u64,
    },
    /// It could not be read.
    #[error(transparent)]
    Crm(#[from] CrmError),
}

impl From<crate::DbError> for AuditBroken {
    fn from(error: crate::DbError) -> AuditBroken {
        AuditBroken::Crm(error.into())
    }
}

impl fmt::Debug for AuditLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuditLog(***)")
    }
}

impl AuditLog {
    pub(super) fn new(db: Db, keys: &MasterKeys) -> AuditLog {
        AuditLog { db, chain: keys.ordinary.derive("audit chain"), reasons: keys.safeguarding.derive("audit reasons") }
    }

    /// Writes an act down and gives its place. What it tells of may happen only after this returned.
    ///
    /// # Errors
    /// [`CrmError::Refused`] for a long reason; [`CrmError::Store`].
    pub async fn append(&self, act: AuditAct<'_>) -> Result<u64, CrmError> {
        if act.reason.chars().nth(MAX_REASON).is_some() {
            return Err(CrmError::Refused(Refusal::TooLong { what: "reason", most: MAX_REASON }));
        }
        if act.who.len() > MAX_WORD || act.what.len() > MAX_WORD {
            return Err(CrmError::Refused(Refusal::TooLong { what: "name", most: MAX_WORD }));
        }
        let mut tx = self.db.begin().await?;
        let (seq, before) = self.next(&mut tx).await?;
        let reason = (!act.reason.trim().is_empty())
            .then(|| self.reasons.seal(&format!("reason {seq}"), act.reason.trim().as_bytes()));
        let contact = act.contact.map(|c| c.to_string());
        let link = Link {
            seq,
            at: act.at.0,
            who: act.who,
            what: act.what,
            contact: contact.as_deref(),
            reason: reason.as_deref(),
        };
        let mac = link.mac(&self.chain, &before);
        let insert = "INSERT INTO audit (seq, at, who, what, contact, reason, mac) VALUES ($1, $2, $3, $4, $5, $6, $7)";
        let args =
            [seq.into(), act.at.into(), act.who.into(), act.what.into(), contact.into(), reason.into(), mac.into()];
        tx.execute(insert, &args).await?;
        let head = self.head_mac(seq, &mac);
        tx.execute("UPDATE audit_head SET mac = $1 WHERE id = 1", &[head.into()]).await?;
        tx.commit().await?;
        u64::try_from(seq).map_err(|_| CrmError::Unreadable("audit entry"))
    }

    /// Checks the whole log.
    ///
    /// # Errors
    /// [`AuditBroken`].
    pub async fn verify(&self) -> Result<AuditVerified, AuditBroken> {
        // The head first: entries added while this runs are not looked at.
        let head = self.db.row("SELECT seq, mac FROM audit_head WHERE id = 1", &[]).await?;
        let last = head.as_ref().map_or(Ok(i64::MAX), |row| row.int(0))?;
        let mut before = [0u8; 32];
        let mut seq = 0i64;
        loop {
            let select = format!("{SELECT} WHERE seq > $1 AND seq <= $2 ORDER BY seq LIMIT $3");
            let rows = self.db.rows(&select, &[seq.into(), last.into(), PAGE.into()]).await?;
            for row in &rows {
                let expected = u64::try_from(seq + 1).unwrap_or_default();
                before = self.check(row, seq + 1, &before)?.ok_or(AuditBroken::Entry { at: expected })?;
                seq += 1;
            }
            if rows.is_empty() {
                break;
            }
        }
        let entries = u64::try_from(seq).unwrap_or_default();
        let whole = match head {
            Some(row) => last == seq && row.blob(1)? == self.head_mac(seq, &before),
            None => seq == 0,
        };
        match whole {
            true => Ok(AuditVerified { entries, head: before }),
            false => Err(AuditBroken::End { found: entries }),
        }
    }

    /// Entries after a place, in order, up to a thousand: for the data-protection officer only, whose part is
    /// to see what was done, not what was said (facts 5.7).
    ///
    /// # Errors
    /// [`CrmError::NotFound`] for everyone else; [`CrmError::Tampered`]; [`CrmError::Store`].
    pub async fn after(&self, seq: u64, viewer: &Viewer) -> Result<Vec<AuditEntry>, CrmError> {
        if !viewer.is_dpo() {
            return Err(CrmError::NotFound);
        }
        let after = i64::try_from(seq).unwrap_or(i64::MAX);
        let select = format!("{SELECT} WHERE seq > $1 ORDER BY seq LIMIT $2");
        let rows = self.db.rows(&select, &[after.into(), PAGE.into()]).await?;
        rows.iter().map(|row| self.entry(row)).collect()
    }

    /// Takes the next place, holding the head so that others wait, and gives the hash before it.
    async fn next(&self, tx: &mut Tx) -> Result<(i64, Vec<u8>), CrmError> {
        let start = "INSERT INTO audit_head (id, seq, mac) VALUES (1, 0, $1) ON CONFLICT (id) DO NOTHING";
        tx.execute(start, &[self.head_mac(0, &[0u8; 32]).into()]).await?;
        let advanced = tx.row("UPDATE audit_head SET seq = seq + 1 WHERE id = 1 RETURNING seq", &[]).await?;
        let seq = advanced.ok_or(CrmError::Unreadable("audit head"))?.int(0)?;
        let before = tx.row("SELECT mac FROM audit WHERE seq = $1", &[(seq - 1).into()]).await?;
        let before = before.map(|row| row.blob(0).map(<[u8]>::to_vec)).transpose()?;
        Ok((seq, before.unwrap_or_else(|| vec![0u8; 32])))
    }

    /// The entry's hash, where it fits its place and what was before.
    fn check(&self, row: &Row, seq: i64, before: &[u8]) -> Result<Option<[u8; 32]>, CrmError> {
        let link = Link {
            seq: row.int(0)?,
            at: row.int(1)?,
            who: row.text(2)?,
            what: row.text(3)?,
            contact: row.opt_text(4)?,
            reason: row.opt_blob(5)?,
        };
        let mac = link.mac(&self.chain, before);
        Ok((link.seq == seq && row.blob(6)? == mac).then_some(mac))
    }

    fn entry(&self, row: &Row) -> Result<AuditEntry, CrmError> {
        let seq = row.int(0)?;
        let place = format!("reason {seq}");
        let reason = row.opt_blob(5)?.map(|sealed| self.reasons.open(&place, sealed).ok_or(CrmError::Tampered));
        let reason = reason.transpose()?.map(|opened| Personal::from_opened(&opened)).transpose()?;
        let contact = row.opt_text(4)?.map(str::parse).transpose();
        Ok(AuditEntry {
            seq: u64::try_from(seq).map_err(|_| CrmError::Unreadable("audit entry"))?,
            at: Time(row.int(1)?),
            who: row.text(2)?.to_owned(),
            what: row.text(3)?.to_owned(),
            contact: contact.map_err(|_| CrmError::Unreadable("audit entry"))?,
            reason,
        })
    }

    fn head_mac(&self, seq: i64, mac: &[u8]) -> [u8; 32] {
        self.chain.mac(&[b"head", &seq.to_be_bytes(), mac])
    }
}

const SELECT: &str = "SELECT seq, at, who, what, contact, reason, mac FROM audit";

/// What of an entry is hashed: all of it.
struct Link<'a> {
    seq: i64,
    at: i64,
    who: &'a str,
    what: &'a str,
    contact: Option<&'a str>,
    reason: Option<&'a [u8]>,
}

impl Link<'_> {
    fn mac(&self, chain: &Secret, before: &[u8]) -> [u8; 32] {
        chain.mac(&[
            b"entry",
            before,
            &self.seq.to_be_bytes(),
            &self.at.to_be_bytes(),
            self.who.as_bytes(),
            self.what.as_bytes(),
            self.contact.unwrap_or_default().as_bytes(),
            self.reason.unwrap_or_default(),
        ])
    }
}
