//! Records of contacts: written from the journal's events, read within a viewer's right. A record is
//! written again whenever it has changed; an older one never replaces a newer one, so writing is safe to
//! repeat and to replay.

use crate::db::{Db, Row, Value};
use crate::store::as_word;
use crate::store::cases::{self, CaseSummary};
use crate::store::citizens::known_to;
use crate::store::scope::Statement;
use crate::store::vault::{Subject, Vault};
use crate::{CrmError, CrmRecord, Viewer};
use serde::Serialize;
use std::collections::BTreeMap;
use vocabulary::{AgentName, CaseId, Channel, CitizenId, ContactId, Lane, QueueName, ReasonName, TenantName, Time};

/// The most entries one page of a search or a timeline holds.
pub const MAX_PAGE: u32 = 200;

/// The store of records. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Records {
    db: Db,
    vault: Vault,
}

/// A contact's record as a viewer sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ContactView {
    /// The record.
    #[serde(flatten)]
    pub record: CrmRecord,
    /// Whose contact it is.
    pub citizen: Option<CitizenId>,
    /// When what was personal in it was erased.
    pub erased: Option<Time>,
    /// How many notes there are.
    pub notes: u32,
}

/// What is searched for; each part that is given narrows it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Search {
    /// Arrived at or after.
    pub from: Option<Time>,
    /// Arrived before.
    pub to: Option<Time>,
    /// By this channel.
    pub channel: Option<Channel>,
    /// Of this tenant.
    pub tenant: Option<TenantName>,
    /// In this lane.
    pub lane: Option<Lane>,
    /// Last in this queue.
    pub queue: Option<QueueName>,
    /// Last served by this agent.
    pub agent: Option<AgentName>,
    /// With this verdict.
    pub disposition: Option<ReasonName>,
    /// Of this citizen.
    pub citizen: Option<CitizenId>,
    /// Older than this contact: the last one of the page before.
    pub before: Option<ContactId>,
    /// At most so many; 0 stands for a full page.
    pub limit: u32,
}

/// How many contacts there were, among those the viewer may see.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Counts {
    /// All of them.
    pub contacts: u64,
    /// Connected with an agent.
    pub answered: u64,
    /// Ended in a queue without having been connected.
    pub abandoned: u64,
    /// By channel; channels without a contact are absent.
    pub by_channel: BTreeMap<Channel, u64>,
    /// By lane; lanes without a contact are absent.
    pub by_lane: BTreeMap<Lane, u64>,
}

/// One thing that happened with a citizen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TimelineEntry {
    /// When it began.
    pub at: Time,
    /// What it is.
    #[serde(flatten)]
    pub kind: TimelineKind,
}

/// What happened with a citizen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum TimelineKind {
    /// A contact.
    Contact(Box<ContactView>),
    /// A case.
    Case(CaseSummary),
}

const VIEW: &str = "SELECT c.record, l.citizen, k.erased, \
    (SELECT COUNT(*) FROM note n WHERE n.contact = c.id) \
    FROM contact c LEFT JOIN link l ON l.contact = c.id \
    LEFT JOIN sealed_key k ON k.subject = 'contact:' || c.id WHERE ";

const UPSERT: &str = "INSERT INTO contact (id, seq, tenant, channel, lane, safeguarding, queue, agent, \
    disposition, arrived, connected, ended, record) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) \
    ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, tenant = excluded.tenant, channel = excluded.channel, \
    lane = excluded.lane, safeguarding = excluded.safeguarding, queue = excluded.queue, agent = excluded.agent, \
    disposition = excluded.disposition, arrived = excluded.arrived, connected = excluded.connected, \
    ended = excluded.ended, record = excluded.record WHERE excluded.seq >= contact.seq";

impl Records {
    pub(super) fn new(db: Db, vault: Vault) -> Records {
        Records { db, vault }
    }

    /// Writes a record, in place of an older one. A safeguarding contact's key goes under the safeguarding
    /// master key, and so does the key of a case that was opened in it, which becomes confidential with
    /// it.
    ///
    /// # Errors
    /// [`CrmError::Store`]; [`CrmError::Tampered`].
    pub async fn write(&self, record: &CrmRecord) -> Result<(), CrmError> {
        if record.is_safeguarding() {
            self.close_to_others(record).await?;
        }
        self.db.execute(UPSERT, &columns(record)?).await?;
        Ok(())
    }

    /// One contact's record.
    ///
    /// # Errors
    /// [`CrmError::NotFound`]; [`CrmError::Store`].
    pub async fn get(&self, contact: ContactId, viewer: &Viewer) -> Result<ContactView, CrmError> {
        let mut query = Statement::new(VIEW);
        let id = query.arg(contact);
        let visible = query.visible(viewer, "c", "c.id");
        query.push(&format!("c.id = {id} AND {visible}"));
        let row = self.db.row(&query.text, &query.args).await?.ok_or(CrmError::NotFound)?;
        view(&row)
    }

    /// Whether the viewer may see the contact: engaged in it, or cleared for its record.
    ///
    /// # Errors
    /// [`CrmError::NotFound`] when not; [`CrmError::Store`].
    pub async fn require_visible(&self, contact: ContactId, viewer: &Viewer) -> Result<(), CrmError> {
        require_visible(&self.db, contact, viewer).await
    }

    /// Contacts, newest first.
    ///
    /// # Errors
    /// [`CrmError::Store`].
    pub async fn search(&self, search: &Search, viewer: &Viewer) -> Result<Vec<ContactView>, CrmError> {
        let mut query = Statement::new(VIEW);
        narrow(&mut query, search, viewer);
        let limit = match search.limit {
            0 => MAX_PAGE,
            most => most.min(MAX_PAGE),
        };
        let limit = query.arg(limit);
        query.push(&format!(" ORDER BY c.id DESC LIMIT {limit}"));
        self.db.rows(&query.text, &query.args).await?.iter().map(view).collect()
    }

    /// How many contacts a search would find in all; `before` and `limit` play no part.
    ///
    /// # Errors
    /// [`CrmError::Store`].
    pub async fn counts(&self, search: &Search, viewer: &Viewer) -> Result<Counts, CrmError> {
        let all = Search { before: None, ..search.clone() };
        let mut query = Statement::new(
            "SELECT c.channel, c.lane, COUNT(*), \
             CAST(SUM(CASE WHEN c.connected IS NOT NULL THEN 1 ELSE 0 END) AS BIGINT), \
             CAST(SUM(CASE WHEN c.connected IS NULL AND c.ended IS NOT NULL AND c.queue IS NOT NULL \
             THEN 1 ELSE 0 END) AS BIGINT) \
             FROM contact c LEFT JOIN link l ON l.contact = c.id WHERE ",
        );
        narrow(&mut query, &all, viewer);
        query.push(" GROUP BY c.channel, c.lane");
        let mut counts = Counts::default();
        for row in self.db.rows(&query.text, &query.args).await? {
            let channel: Channel = super::word(row.text(0)?, "channel")?;
            let lane: Lane = super::word(row.text(1)?, "lane")?;
            let number = |index| Ok::<u64, CrmError>(u64::try_from(row.int(index)?).unwrap_or_default());
            counts.contacts += number(2)?;
            counts.answered += number(3)?;
            counts.abandoned += number(4)?;
            *counts.by_channel.entry(channel).or_default() += number(2)?;
            *counts.by_lane.entry(lane).or_default() += number(2)?;
        }
        Ok(counts)
    }

    /// What happened with a citizen, newest first: contacts of every channel, and cases.
    ///
    /// # Errors
    /// [`CrmError::NotFound`] when the viewer may not know of the citizen; [`CrmError::Store`].
    pub async fn timeline(&self, citizen: CitizenId, viewer: &Viewer) -> Result<Vec<TimelineEntry>, CrmError> {
        let mut query = Statement::new("SELECT 1 FROM citizen n WHERE n.id = ");
        let id = query.arg(citizen);
        let known = known_to(&mut query, viewer, "n.id");
        query.push(&format!("{id} AND {known}"));
        self.db.row(&query.text, &query.args).await?.ok_or(CrmError::NotFound)?;

        let of_citizen = Search { citizen: Some(citizen), ..Search::default() };
        let contacts = self.search(&of_citizen, viewer).await?.into_iter();
        let contacts =
            contacts.map(|view| TimelineEntry { at: view.record.arrived, kind: TimelineKind::Contact(Box::new(view)) });
        let cases = cases::of_citizen(&self.db, &self.vault, citizen, viewer).await?.into_iter();
        let cases = cases.map(|case| TimelineEntry { at: case.opened, kind: TimelineKind::Case(case) });
        let mut entries: Vec<TimelineEntry> = contacts.chain(cases).collect();
        entries.sort_by_key(|entry| std::cmp::Reverse(entry.at));
        entries.truncate(MAX_PAGE as usize);
        Ok(entries)
    }

    async fn close_to_others(&self, record: &CrmRecord) -> Result<(), CrmError> {
        match self.vault.protect(record.contact).await {
            // An erased contact has no key to protect; its record is still kept up.
            Ok(()) | Err(CrmError::Erased) => {}
            Err(error) => return Err(error),
        }
        let select = "SELECT id FROM case_file WHERE opened_in = $1 AND safeguarding = 0";
        for row in self.db.rows(select, &[record.contact.into()]).await? {
            let case: CaseId = row.parse(0)?;
            self.vault.raise(Subject::Case(case)).await?;
            let update = "UPDATE case_file SET lane = $1, safeguarding = 1 WHERE id = $2";
            self.db.execute(update, &[record.lane.as_str().into(), case.into()]).await?;
        }
        Ok(())
    }
}

/// See [`Records::require_visible`].
pub(super) async fn require_visible(db: &Db, contact: ContactId, viewer: &Viewer) -> Result<(), CrmError> {
    if viewer.engaged.contains(&contact) {
        return Ok(());
    }
    let mut query = Statement::new("SELECT 1 FROM contact c WHERE ");
    let id = query.arg(contact);
    let cleared = query.cleared(viewer, "c");
    query.push(&format!("c.id = {id} AND {cleared}"));
    db.row(&query.text, &query.args).await?.map(|_| ()).ok_or(CrmError::NotFound)
}

/// Adds the conditions of a search within the viewer's right, on `contact c` and `link l`.
fn narrow(query: &mut Statement, search: &Search, viewer: &Viewer) {
    let visible = query.visible(viewer, "c", "c.id");
    query.push(&visible);
    let conditions: [(&str, Option<Value>); 10] = [
        ("c.arrived >=", search.from.map(Value::from)),
        ("c.arrived <", search.to.map(Value::from)),
        ("c.channel =", search.channel.map(|c| c.as_str().into())),
        ("c.tenant =", search.tenant.as_ref().map(Value::from)),
        ("c.lane =", search.lane.map(|l| l.as_str().into())),
        ("c.queue =", search.queue.as_ref().map(Value::from)),
        ("c.agent =", search.agent.as_ref().map(Value::from)),
        ("c.disposition =", search.disposition.as_ref().map(Value::from)),
        ("l.citizen =", search.citizen.map(Value::from)),
        ("c.id <", search.before.map(Value::from)),
    ];
    for (condition, value) in conditions {
        if let Some(value) = value {
            let place = query.arg(value);
            query.push(&format!(" AND {condition} {place}"));
        }
    }
}

fn columns(record: &CrmRecord) -> Result<Vec<Value>, CrmError> {
    let json = serde_json::to_string(record).map_err(|_| CrmError::Unreadable("record"))?;
    let seq = i64::try_from(record.seq).map_err(|_| CrmError::Unreadable("record"))?;
    Ok(vec![
        record.contact.into(),
        seq.into(),
        (&record.tenant).into(),
        as_word(record.channel).into(),
        as_word(record.lane).into(),
        record.is_safeguarding().into(),
        record.queue.as_ref().into(),
        record.agent.as_ref().into(),
        record.disposition.as_ref().into(),
        record.arrived.into(),
        record.connected.into(),
        record.ended.map(|end| end.at).into(),
        json.into(),
    ])
}

fn view(row: &Row) -> Result<ContactView, CrmError> {
    let record = serde_json::from_str(row.text(0)?).map_err(|_| CrmError::Unreadable("record"))?;
    let citizen = row.opt_text(1)?.map(str::parse).transpose().map_err(|_| CrmError::Unreadable("link"))?;
    let notes = u32::try_from(row.int(3)?).unwrap_or(u32::MAX);
    Ok(ContactView { record, citizen, erased: row.opt_int(2)?.map(Time), notes })
}
