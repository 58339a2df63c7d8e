//! Citizens: people known to the centre by the number they call from. A number is found through a blind
//! index, its HMAC under a key of our own, so that the table says nothing to whoever copies it; number and
//! names are sealed. A number is no proof of who calls: phones are shared.
//!
//! A citizen known only from contacts the viewer may not see does not exist for that viewer.

use crate::db::{Db, Tx};
use crate::error::written;
use crate::keys::Secret;
use crate::store::fresh;
use crate::store::scope::Statement;
use crate::store::vault::{Class, Subject, Vault};
use crate::{CrmError, MasterKeys, Personal, Viewer};
use serde::Serialize;
use std::fmt;
use vocabulary::{CitizenId, ContactId, E164, Time};

/// The longest name, in characters.
pub const MAX_NAME: usize = 120;

/// The store of citizens. Cheap to clone.
#[derive(Clone)]
pub struct Citizens {
    db: Db,
    vault: Vault,
    index: Secret,
}

/// A citizen as a viewer sees them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CitizenView {
    /// The citizen.
    pub id: CitizenId,
    /// The number they call from, as Kenyans write it.
    pub number: Option<Personal>,
    /// The name last given in a contact the viewer may see.
    pub name: Option<Personal>,
}

impl fmt::Debug for Citizens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Citizens(***)")
    }
}

impl Citizens {
    pub(super) fn new(db: Db, vault: Vault, keys: &MasterKeys) -> Citizens {
        Citizens { db, vault, index: keys.ordinary.derive("citizens by number") }
    }

    /// The citizen of a number, made where there was none; at once from many places it is one citizen.
    /// For the centre itself; people look by [`Citizens::find`].
    ///
    /// # Errors
    /// [`CrmError::Store`].
    pub async fn find_or_create(&self, number: &E164, at: Time) -> Result<CitizenId, CrmError> {
        if let Some(known) = self.lookup(number).await? {
            return Ok(known);
        }
        let index = self.blind(number);
        let id = CitizenId(fresh(at));
        let mut tx = self.db.begin().await?;
        let insert = "INSERT INTO citizen (id, number_index) VALUES ($1, $2) ON CONFLICT (number_index) DO NOTHING";
        if tx.execute(insert, &[id.into(), index.into()]).await? == 0 {
            // Another was faster: what it committed is there to be read.
            drop(tx);
            return self.lookup(number).await?.ok_or(CrmError::Unreadable("citizen"));
        }
        let sealer = self.vault.sealer_in(&mut tx, Subject::Citizen(id), Class::Ordinary).await?;
        let sealed = sealer.seal("number", number.to_string().as_bytes());
        tx.execute("UPDATE citizen SET number = $1 WHERE id = $2", &[sealed.into(), id.into()]).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Says whose contact this is. A later link replaces an earlier one. Who sees it follows the
    /// contact: a link from a safeguarding contact is seen by those who may see that contact.
    ///
    /// # Errors
    /// [`CrmError::Erased`] when the contact was erased; [`CrmError::Store`].
    pub async fn link(&self, contact: ContactId, citizen: CitizenId) -> Result<(), CrmError> {
        if self.vault.is_erased(contact).await? {
            return Err(CrmError::Erased);
        }
        let link = "INSERT INTO link (contact, citizen) VALUES ($1, $2) \
                    ON CONFLICT (contact) DO UPDATE SET citizen = excluded.citizen";
        self.db.execute(link, &[contact.into(), citizen.into()]).await?;
        Ok(())
    }

    /// Whose contact this is; for the centre itself.
    ///
    /// # Errors
    /// [`CrmError::Store`].
    pub async fn of_contact(&self, contact: ContactId) -> Result<Option<CitizenId>, CrmError> {
        let row = self.db.row("SELECT citizen FROM link WHERE contact = $1", &[contact.into()]).await?;
        Ok(row.map(|r| r.parse(0)).transpose()?)
    }

    /// The newest contacts that came from a number, newest first; for the redial rule of the centre
    /// itself, which shows nobody what it finds.
    ///
    /// # Errors
    /// [`CrmError::Store`].
    pub async fn contacts_of(&self, number: &E164) -> Result<Vec<ContactId>, CrmError> {
        let Some(citizen) = self.lookup(number).await? else { return Ok(Vec::new()) };
        let select = "SELECT contact FROM link WHERE citizen = $1 ORDER BY contact DESC LIMIT 20";
        let rows = self.db.rows(select, &[citizen.into()]).await?;
        rows.iter().map(|row| Ok(row.parse(0)?)).collect()
    }

    /// The citizen of a number, as far as the viewer may know of one.
    ///
    /// # Errors
    /// [`CrmError::NotFound`]; [`CrmError::Store`].
    pub async fn find(&self, number: &E164, viewer: &Viewer) -> Result<CitizenView, CrmError> {
        let id = self.lookup(number).await?.ok_or(CrmError::NotFound)?;
        self.get(id, viewer).await
    }

    /// A citizen, as far as the viewer may know of one.
    ///
    /// # Errors
    /// [`CrmError::NotFound`]; [`CrmError::Store`].
    pub async fn get(&self, id: CitizenId, viewer: &Viewer) -> Result<CitizenView, CrmError> {
        let mut query = Statement::new("SELECT n.number FROM citizen n WHERE n.id = ");
        let place = query.arg(id);
        query.push(&place);
        let known = known_to(&mut query, viewer, "n.id");
        query.push(&format!(" AND {known}"));
        let row = self.db.row(&query.text, &query.args).await?.ok_or(CrmError::NotFound)?;
        let sealer = self.vault.existing(Subject::Citizen(id)).await?.ok_or(CrmError::NotFound)?;
        let number = row.opt_blob(0)?.map(|sealed| sealer.open("number", sealed)).transpose()?;
        let number = number.map(|bytes| Personal::from_opened(&bytes)).transpose()?;
        let shown = |text: Personal| E164::parse(text.reveal()).map(|n| Personal::new(n.shown()));
        let number = number.map(shown).transpose().map_err(|_| CrmError::Unreadable("number"))?;
        Ok(CitizenView { id, number, name: self.name(id, viewer).await? })
    }

    /// Notes the name a citizen gave, and in which contact they gave it: a name given in a safeguarding
    /// contact is sealed with that contact and shown with it, never before others.
    ///
    /// # Errors
    /// [`CrmError::NotFound`] when the viewer may not know of the citizen or the contact;
    /// [`CrmError::Refused`] for an empty or long name; [`CrmError::Store`].
    pub async fn rename(
        &self,
        id: CitizenId,
        name: &str,
        contact: Option<ContactId>,
        viewer: &Viewer,
        at: Time,
    ) -> Result<(), CrmError> {
        let name = written("name", name, MAX_NAME)?;
        self.get(id, viewer).await?;
        let subject = match contact {
            Some(contact) => {
                super::records::require_visible(&self.db, contact, viewer).await?;
                Subject::Contact(contact)
            }
            None => Subject::Citizen(id),
        };
        let row = fresh(at).to_string();
        let sealed = self.vault.sealer(subject).await?.seal(&format!("name {row}"), name.as_bytes());
        let insert =
            "INSERT INTO citizen_name (id, citizen, contact, at, author, body) VALUES ($1, $2, $3, $4, $5, $6)";
        let args = [row.into(), id.into(), contact.into(), at.into(), (&viewer.name).into(), sealed.into()];
        self.db.execute(insert, &args).await?;
        Ok(())
    }

    /// Destroys a citizen's key, names and number, and unties their contacts and cases. The contacts are
    /// erased each by itself. The same number makes a new citizen.
    ///
    /// # Errors
    /// [`CrmError::Store`]: nothing was erased.
    pub async fn erase(&self, id: CitizenId, at: Time) -> Result<(), CrmError> {
        let mut tx = self.db.begin().await?;
        self.vault.destroy(&mut tx, Subject::Citizen(id), at).await?;
        tx.execute("DELETE FROM citizen_name WHERE citizen = $1", &[id.into()]).await?;
        tx.execute("DELETE FROM link WHERE citizen = $1", &[id.into()]).await?;
        tx.execute("UPDATE case_file SET citizen = NULL WHERE citizen = $1", &[id.into()]).await?;
        tx.execute("DELETE FROM citizen WHERE id = $1", &[id.into()]).await?;
        tx.commit().await?;
        self.vault.forget(&["sealed_key", "citizen", "citizen_name"]).await;
        Ok(())
    }

    async fn name(&self, id: CitizenId, viewer: &Viewer) -> Result<Option<Personal>, CrmError> {
        let mut query = Statement::new(
            "SELECT m.id, m.contact, m.body FROM citizen_name m LEFT JOIN contact c ON c.id = m.contact \
             WHERE m.citizen = ",
        );
        let place = query.arg(id);
        query.push(&place);
        let visible = query.visible(viewer, "c", "m.contact");
        query.push(&format!(" AND (m.contact IS NULL OR {visible}) ORDER BY m.at DESC, m.id DESC LIMIT 1"));
        let Some(row) = self.db.row(&query.text, &query.args).await? else {
            return Ok(None);
        };
        let subject = match row.opt_text(1)? {
            Some(_) => Subject::Contact(row.parse(1)?),
            None => Subject::Citizen(id),
        };
        let sealer = self.vault.existing(subject).await?.ok_or(CrmError::Unreadable("name"))?;
        let opened = sealer.open(&format!("name {}", row.text(0)?), row.blob(2)?)?;
        Personal::from_opened(&opened).map(Some)
    }

    pub(super) async fn lookup(&self, number: &E164) -> Result<Option<CitizenId>, CrmError> {
        let select = "SELECT id FROM citizen WHERE number_index = $1";
        let row = self.db.row(select, &[self.blind(number).into()]).await?;
        Ok(row.map(|r| r.parse(0)).transpose()?)
    }

    fn blind(&self, number: &E164) -> Vec<u8> {
        self.index.mac(&[number.digits().as_bytes()]).to_vec()
    }
}

/// The condition that the viewer knows of the citizen named by `id`: by a contact or a case they may see.
pub(super) fn known_to(query: &mut Statement, viewer: &Viewer, id: &str) -> String {
    let contact = query.visible(viewer, "c", "l.contact");
    let case = query.cleared(viewer, "k");
    format!(
        "(EXISTS (SELECT 1 FROM link l LEFT JOIN contact c ON c.id = l.contact WHERE l.citizen = {id} AND {contact}) \
         OR EXISTS (SELECT 1 FROM case_file k WHERE k.citizen = {id} AND {case}))"
    )
}

/// Used by cases: whose contact this is, inside a transaction.
pub(super) async fn of_contact_in(tx: &mut Tx, contact: ContactId) -> Result<Option<CitizenId>, CrmError> {
    let row = tx.row("SELECT citizen FROM link WHERE contact = $1", &[contact.into()]).await?;
    Ok(row.map(|r| r.parse(0)).transpose()?)
}
