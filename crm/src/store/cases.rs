//! Cases: a citizen's matter over many contacts, with a reference the citizen keeps, a history and the
//! date its service charter promises. What people write of a case is sealed under the case's own key. A case
//! of a safeguarding lane is closed to everyone without clearance, exactly as such a contact is.

use crate::db::{Db, Row, Tx};
use crate::error::written;
use crate::store::citizens;
use crate::store::records::{MAX_PAGE, require_visible};
use crate::store::scope::Statement;
use crate::store::vault::{Class, Subject, Vault};
use crate::store::{as_word, fresh, word};
use crate::{CrmError, DbError, Personal, Reference, Refusal, Viewer};
use serde::{Deserialize, Serialize};
use vocabulary::{AgentName, CaseId, CitizenId, ContactId, Lane, Span, TenantName, Time};

/// The longest title, in characters.
pub const MAX_TITLE: usize = 200;
/// The longest word about a step, in characters.
pub const MAX_STEP: usize = 4_000;
/// Drawing a reference that is taken happens once in a million cases; ten times in a row, never.
const REFERENCE_DRAWS: u32 = 10;

/// The store of cases. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Cases {
    db: Db,
    vault: Vault,
}

/// What a case is about (facts 1.2 R2, R27).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseKind {
    /// Something went wrong.
    Complaint,
    /// A question.
    Inquiry,
    /// The state of something under way.
    Update,
    /// Praise.
    Compliment,
}

/// Where a case stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseState {
    /// Being worked on.
    Open,
    /// Waiting for the citizen or an agency.
    Pending,
    /// Answered; the citizen may say it is not.
    Resolved,
    /// Over for good.
    Closed,
}

impl CaseState {
    /// Whether a case may go from this state to that one. A resolved case may be opened again; a closed
    /// one may not: a new matter is a new case.
    pub const fn may_become(self, to: CaseState) -> bool {
        use CaseState::*;
        matches!((self, to), (Open, Pending | Resolved) | (Pending, Open | Resolved) | (Resolved, Open | Closed))
    }
}

/// A case to be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCase {
    /// Whose service it concerns.
    pub tenant: TenantName,
    /// The kind of help. A case opened in a safeguarding contact has that contact's lane, whatever is
    /// asked for here.
    pub lane: Lane,
    /// What it is about.
    pub kind: CaseKind,
    /// The service, by its id in the catalogue.
    pub service: Option<String>,
    /// The contact it is opened in; the citizen is that contact's.
    pub contact: Option<ContactId>,
    /// The citizen, where there is no contact.
    pub citizen: Option<CitizenId>,
    /// In a few words.
    pub title: String,
    /// When it is due; `None` stands for what the service's charter promises, where it promises.
    pub due: Option<Time>,
}

/// A case in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CaseSummary {
    /// The case.
    pub id: CaseId,
    /// What the citizen keeps.
    pub reference: Reference,
    /// Whose service it concerns.
    pub tenant: TenantName,
    /// The kind of help.
    pub lane: Lane,
    /// What it is about.
    pub kind: CaseKind,
    /// Where it stands.
    pub state: CaseState,
    /// The service, by its id in the catalogue.
    pub service: Option<String>,
    /// The citizen.
    pub citizen: Option<CitizenId>,
    /// When it was opened.
    pub opened: Time,
    /// By whom.
    pub opened_by: AgentName,
    /// When it is due.
    pub due: Option<Time>,
    /// In a few words.
    pub title: Personal,
}

/// A case with its history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CaseView {
    /// What a list says of it.
    #[serde(flatten)]
    pub summary: CaseSummary,
    /// Its contacts, among those the viewer may see, oldest first.
    pub contacts: Vec<ContactId>,
    /// Its states, oldest first.
    pub history: Vec<CaseStep>,
}

/// One step of a case's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CaseStep {
    /// When.
    pub at: Time,
    /// Who.
    pub by: AgentName,
    /// The state from then on.
    pub state: CaseState,
    /// What was said about it.
    pub text: Option<Personal>,
}

const SUMMARY: &str = "SELECT k.id, k.reference, k.tenant, k.lane, k.kind, k.state, k.service, k.citizen, \
    k.opened, k.opened_by, k.due, k.title FROM case_file k WHERE ";

impl Cases {
    pub(super) fn new(db: Db, vault: Vault) -> Cases {
        Cases { db, vault }
    }

    /// Opens a case and draws its reference.
    ///
    /// # Errors
    /// [`CrmError::NotFound`] when the viewer may not see the contact, serve the tenant or hold the lane;
    /// [`CrmError::Refused`]; [`CrmError::Store`].
    pub async fn open(&self, new: &NewCase, viewer: &Viewer, at: Time) -> Result<CaseSummary, CrmError> {
        let title = written("title", &new.title, MAX_TITLE)?;
        let engaged = match new.contact {
            Some(contact) => {
                require_visible(&self.db, contact, viewer).await?;
                viewer.engaged.contains(&contact)
            }
            None => false,
        };
        let charter = self.charter(new.service.as_deref()).await?;
        let due = new.due.or(charter.map(|days| at + Span::seconds(days * 86_400)));
        let mut tx = self.db.begin().await?;
        let lane = lane_of(&mut tx, new.contact).await?.filter(|lane| lane.is_safeguarding()).unwrap_or(new.lane);
        let cleared = !lane.is_safeguarding() || viewer.safeguarding_lanes().any(|open| open == lane);
        if !(engaged || cleared && viewer.tenants.contains(&new.tenant)) {
            return Err(CrmError::NotFound);
        }
        let citizen = match new.contact {
            Some(contact) => citizens::of_contact_in(&mut tx, contact).await?,
            None => new.citizen,
        };
        let id = CaseId(fresh(at));
        let class = Class::of(lane.is_safeguarding());
        let sealer = self.vault.sealer_in(&mut tx, Subject::Case(id), class).await?;
        let reference = free_reference(&mut tx).await?;
        let summary = CaseSummary {
            id,
            reference,
            tenant: new.tenant.clone(),
            lane,
            kind: new.kind,
            state: CaseState::Open,
            service: new.service.clone(),
            citizen,
            opened: at,
            opened_by: viewer.name.clone(),
            due,
            title: Personal::new(title.clone()),
        };
        insert(&mut tx, &summary, new.contact, sealer.seal("title", title.as_bytes())).await?;
        step(&mut tx, id, at, &viewer.name, CaseState::Open, None).await?;
        if let Some(contact) = new.contact {
            tx.execute("INSERT INTO case_contact (case_id, contact) VALUES ($1, $2)", &[id.into(), contact.into()])
                .await?;
        }
        tx.commit().await?;
        Ok(summary)
    }

    /// A case by its reference, as people write it.
    ///
    /// # Errors
    /// [`CrmError::NotFound`]; [`CrmError::Store`].
    pub async fn by_reference(&self, reference: Reference, viewer: &Viewer) -> Result<CaseView, CrmError> {
        let row = self.db.row("SELECT id FROM case_file WHERE reference = $1", &[reference.to_string().into()]).await?;
        let id = row.ok_or(CrmError::NotFound)?.parse(0)?;
        self.get(id, viewer).await
    }

    /// A case with its history and the contacts the viewer may see.
    ///
    /// # Errors
    /// [`CrmError::NotFound`]; [`CrmError::Tampered`]; [`CrmError::Store`].
    pub async fn get(&self, id: CaseId, viewer: &Viewer) -> Result<CaseView, CrmError> {
        let mut query = Statement::new(SUMMARY);
        let place = query.arg(id);
        let visible = visible(&mut query, viewer);
        query.push(&format!("k.id = {place} AND {visible}"));
        let row = self.db.row(&query.text, &query.args).await?.ok_or(CrmError::NotFound)?;
        let summary = summary(&self.vault, &row).await?;
        Ok(CaseView { contacts: self.contacts(id, viewer).await?, history: self.history(id).await?, summary })
    }

    /// Cases the viewer may see, newest first; in one state only, where one is given.
    ///
    /// # Errors
    /// [`CrmError::Store`]; [`CrmError::Tampered`].
    pub async fn list(&self, state: Option<CaseState>, viewer: &Viewer) -> Result<Vec<CaseSummary>, CrmError> {
        let mut query = Statement::new(SUMMARY);
        let visible = visible(&mut query, viewer);
        query.push(&visible);
        if let Some(state) = state {
            let place = query.arg(as_word(state));
            query.push(&format!(" AND k.state = {place}"));
        }
        summaries(&self.db, &self.vault, query).await
    }

    /// Moves a case to another state and says why. Of two who do so at once, one is refused.
    ///
    /// # Errors
    /// [`CrmError::NotFound`]; [`CrmError::Refused`] for a step that is none or a long text;
    /// [`CrmError::Store`].
    pub async fn advance(
        &self,
        id: CaseId,
        to: CaseState,
        text: Option<&str>,
        viewer: &Viewer,
        at: Time,
    ) -> Result<(), CrmError> {
        let text = text.map(|text| written("case step", text, MAX_STEP)).transpose()?;
        let mut query = Statement::new("SELECT k.state FROM case_file k WHERE ");
        let place = query.arg(id);
        let visible = visible(&mut query, viewer);
        query.push(&format!("k.id = {place} AND {visible}"));
        let mut tx = self.db.begin().await?;
        let row = tx.row(&query.text, &query.args).await?.ok_or(CrmError::NotFound)?;
        let from: CaseState = word(row.text(0)?, "case state")?;
        let refused = CrmError::Refused(Refusal::CaseStep { from, to });
        if !from.may_become(to) {
            return Err(refused);
        }
        let update = "UPDATE case_file SET state = $1 WHERE id = $2 AND state = $3";
        if tx.execute(update, &[as_word(to).into(), id.into(), as_word(from).into()]).await? == 0 {
            return Err(refused);
        }
        let sealer = self.vault.sealer_in(&mut tx, Subject::Case(id), Class::Ordinary).await?;
        let sealed = text.map(|text| (sealer, text));
        step(&mut tx, id, at, &viewer.name, to, sealed).await?;
        Ok(tx.commit().await?)
    }

    /// Adds a contact to a case; both must be the viewer's to see. A safeguarding contact makes the case
    /// one of its lane.
    ///
    /// # Errors
    /// [`CrmError::NotFound`]; [`CrmError::Store`].
    pub async fn link(&self, id: CaseId, contact: ContactId, viewer: &Viewer) -> Result<(), CrmError> {
        self.get(id, viewer).await?;
        require_visible(&self.db, contact, viewer).await?;
        let mut tx = self.db.begin().await?;
        let lane = lane_of(&mut tx, Some(contact)).await?.filter(|lane| lane.is_safeguarding());
        let add = "INSERT INTO case_contact (case_id, contact) VALUES ($1, $2) ON CONFLICT DO NOTHING";
        tx.execute(add, &[id.into(), contact.into()]).await?;
        if let Some(lane) = lane {
            let close = "UPDATE case_file SET lane = $1, safeguarding = 1 WHERE id = $2 AND safeguarding = 0";
            tx.execute(close, &[as_word(lane).into(), id.into()]).await?;
        }
        tx.commit().await?;
        if lane.is_some() {
            self.vault.raise(Subject::Case(id)).await?;
        }
        Ok(())
    }

    async fn charter(&self, service: Option<&str>) -> Result<Option<i64>, CrmError> {
        let Some(service) = service else {
            return Ok(None);
        };
        let row = self.db.row("SELECT charter_days FROM service WHERE id = $1", &[service.into()]).await?;
        let row = row.ok_or(CrmError::Refused(Refusal::UnknownService))?;
        Ok(row.opt_int(0)?)
    }

    async fn contacts(&self, id: CaseId, viewer: &Viewer) -> Result<Vec<ContactId>, CrmError> {
        let mut query = Statement::new(
            "SELECT x.contact FROM case_contact x LEFT JOIN contact c ON c.id = x.contact WHERE x.case_id = ",
        );
        let place = query.arg(id);
        let visible = query.visible(viewer, "c", "x.contact");
        query.push(&format!("{place} AND {visible} ORDER BY x.contact"));
        let rows = self.db.rows(&query.text, &query.args).await?;
        rows.iter().map(|row| Ok(row.parse(0)?)).collect()
    }

    async fn history(&self, id: CaseId) -> Result<Vec<CaseStep>, CrmError> {
        let sealer = self.vault.existing(Subject::Case(id)).await?.ok_or(CrmError::Unreadable("case"))?;
        let select = "SELECT n, at, author, state, body FROM case_step WHERE case_id = $1 ORDER BY n";
        let rows = self.db.rows(select, &[id.into()]).await?;
        rows.iter()
            .map(|row| {
                let kind = format!("step {}", row.int(0)?);
                let text = row.opt_blob(4)?.map(|sealed| sealer.open(&kind, sealed)).transpose()?;
                let text = text.map(|opened| Personal::from_opened(&opened)).transpose()?;
                let state = word(row.text(3)?, "case state")?;
                Ok(CaseStep { at: Time(row.int(1)?), by: row.parse(2)?, state, text })
            })
            .collect()
    }
}

/// Cases of a citizen that the viewer may see, newest first.
pub(super) async fn of_citizen(
    db: &Db,
    vault: &Vault,
    citizen: CitizenId,
    viewer: &Viewer,
) -> Result<Vec<CaseSummary>, CrmError> {
    let mut query = Statement::new(SUMMARY);
    let place = query.arg(citizen);
    let visible = visible(&mut query, viewer);
    query.push(&format!("k.citizen = {place} AND {visible}"));
    summaries(db, vault, query).await
}

/// The condition that the viewer may see the case at `k`: cleared for it, or engaged in a contact of it.
fn visible(query: &mut Statement, viewer: &Viewer) -> String {
    let cleared = query.cleared(viewer, "k");
    let engaged = query.within("e.contact", &viewer.engaged);
    format!("({cleared} OR EXISTS (SELECT 1 FROM case_contact e WHERE e.case_id = k.id AND {engaged}))")
}

async fn summaries(db: &Db, vault: &Vault, mut query: Statement) -> Result<Vec<CaseSummary>, CrmError> {
    let limit = query.arg(MAX_PAGE);
    query.push(&format!(" ORDER BY k.id DESC LIMIT {limit}"));
    let mut read = Vec::new();
    for row in db.rows(&query.text, &query.args).await? {
        read.push(summary(vault, &row).await?);
    }
    Ok(read)
}

async fn summary(vault: &Vault, row: &Row) -> Result<CaseSummary, CrmError> {
    let id: CaseId = row.parse(0)?;
    let sealer = vault.existing(Subject::Case(id)).await?.ok_or(CrmError::Unreadable("case"))?;
    let citizen = row.opt_text(7)?.map(str::parse).transpose().map_err(|_| CrmError::Unreadable("case"))?;
    Ok(CaseSummary {
        id,
        reference: row.parse(1)?,
        tenant: row.parse(2)?,
        lane: word(row.text(3)?, "lane")?,
        kind: word(row.text(4)?, "case kind")?,
        state: word(row.text(5)?, "case state")?,
        service: row.opt_text(6)?.map(str::to_owned),
        citizen,
        opened: Time(row.int(8)?),
        opened_by: row.parse(9)?,
        due: row.opt_int(10)?.map(Time),
        title: Personal::from_opened(&sealer.open("title", row.blob(11)?)?)?,
    })
}

async fn lane_of(tx: &mut Tx, contact: Option<ContactId>) -> Result<Option<Lane>, CrmError> {
    let Some(contact) = contact else {
        return Ok(None);
    };
    let row = tx.row("SELECT lane FROM contact WHERE id = $1", &[contact.into()]).await?;
    row.map(|r| word(r.text(0)?, "lane")).transpose()
}

/// Draws references until one is free. The column is unique, so a race between two draws of the same
/// reference fails one of them rather than sharing it.
async fn free_reference(tx: &mut Tx) -> Result<Reference, CrmError> {
    for _ in 0..REFERENCE_DRAWS {
        let drawn = Reference::from_bits(rand::random());
        let taken = tx.row("SELECT 1 FROM case_file WHERE reference = $1", &[drawn.to_string().into()]).await?;
        if taken.is_none() {
            return Ok(drawn);
        }
    }
    Err(CrmError::Store(DbError::Busy { code: "references".to_owned() }))
}

async fn insert(tx: &mut Tx, case: &CaseSummary, opened_in: Option<ContactId>, title: Vec<u8>) -> Result<(), CrmError> {
    let insert = "INSERT INTO case_file (id, reference, tenant, lane, safeguarding, kind, state, service, citizen, \
                  opened, opened_by, opened_in, due, title) \
                  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
    let args = [
        case.id.into(),
        case.reference.to_string().into(),
        (&case.tenant).into(),
        as_word(case.lane).into(),
        case.lane.is_safeguarding().into(),
        as_word(case.kind).into(),
        as_word(case.state).into(),
        case.service.as_ref().into(),
        case.citizen.into(),
        case.opened.into(),
        (&case.opened_by).into(),
        opened_in.into(),
        case.due.into(),
        title.into(),
    ];
    tx.execute(insert, &args).await?;
    Ok(())
}

/// Adds a step to the history; its text is sealed as that step.
async fn step(
    tx: &mut Tx,
    id: CaseId,
    at: Time,
    by: &AgentName,
    state: CaseState,
    text: Option<(super::vault::Sealer, String)>,
) -> Result<(), CrmError> {
    let row = tx.row("SELECT COALESCE(MAX(n), 0) + 1 FROM case_step WHERE case_id = $1", &[id.into()]).await?;
    let n = row.ok_or(CrmError::Unreadable("case"))?.int(0)?;
    let body = text.map(|(sealer, text)| sealer.seal(&format!("step {n}"), text.as_bytes()));
    let insert = "INSERT INTO case_step (case_id, n, at, author, state, body) VALUES ($1, $2, $3, $4, $5, $6)";
    let args = [id.into(), n.into(), at.into(), by.into(), as_word(state).into(), body.into()];
    tx.execute(insert, &args).await?;
    Ok(())
}
