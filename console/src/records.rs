//! The CRM as the console asks it: who is looking, what a card says of a citizen, what a conversation was,
//! who may hear a recording. The CRM itself keeps what a viewer may not see out of every answer.

use crate::ConsoleState;
use crate::failure::Failure;
use crate::messages::{Message, of_crm_refusal};
use crate::ports::{ChatLine, Speaker};
use crate::session::Me;
use crm::{AuditAct, CaseState, CaseSummary, CitizenView, Crm, CrmError, Search, TimelineKind, Viewer};
use serde::Serialize;
use std::collections::BTreeSet;
use utoipa::ToSchema;
use vocabulary::centre::Role;
use vocabulary::event::Kept;
use vocabulary::{AgentName, CitizenId, ContactId, Lane, RecordingId, Time};

/// Cases on one card.
const CASES_ON_CARD: usize = 5;

/// The CRM, as this crate uses it.
pub(crate) struct Records {
    pub crm: Crm,
}

/// What an agent sees of a citizen before answering.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CitizenCard {
    /// The name last given; empty when none was.
    name: String,
    /// The number, as Kenyans write it.
    number: Option<String>,
    /// How many contacts there were, as far as the viewer may know.
    contacts: u64,
    /// When the last one before this came in.
    #[schema(value_type = Option<i64>)]
    last: Option<Time>,
    /// Cases that are not closed.
    cases: Vec<CaseRef>,
}

/// A case on a card.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CaseRef {
    reference: String,
    #[schema(value_type = String)]
    state: CaseState,
    title: String,
}

impl From<CrmError> for Failure {
    fn from(error: CrmError) -> Failure {
        match error {
            CrmError::NotFound | CrmError::Erased => Failure::Told(Message::Absent),
            CrmError::Refused(refusal) => Failure::Refused(of_crm_refusal(&refusal)),
            CrmError::Store(inner) => inner.into(),
            other => Failure::Fault(Box::new(other)),
        }
    }
}

impl ConsoleState {
    /// Who looks: what they may see follows from their clearances and from what they serve now.
    pub(crate) fn viewer(&self, me: &Me) -> Viewer {
        let view = self.centre().view();
        Viewer::of(&me.agent, &view.set_up.floor, view.engaged(me.name()))
    }

    /// Writes an act into the audit log.
    pub(crate) async fn audit(
        &self,
        who: &AgentName,
        what: &str,
        contact: Option<ContactId>,
        reason: &str,
    ) -> Result<(), Failure> {
        let act = AuditAct { at: self.clock().now(), who: who.as_str(), what, contact, reason };
        self.records().crm.audit.append(act).await?;
        Ok(())
    }

    /// The contact of a recording, if this person may hear it. An ordinary one is for supervisors who may
    /// see its contact; one sealed when its contact became confidential is for the data-protection
    /// officer alone (DESIGN 6, what happens to a recording).
    pub(crate) async fn may_hear(&self, me: &Me, recording: RecordingId) -> Result<ContactId, Failure> {
        let contact = self.centre().contact_of(recording).await?;
        let mut officer = self.viewer(me);
        officer.engaged.insert(contact);
        let record = self.records().crm.records.get(contact, &officer).await?.record;
        let kept = record.recordings.iter().find(|r| r.recording == recording).ok_or(Message::Absent)?.kept;
        match kept {
            Kept::SealedForDpo => me.need(&[Role::Dpo])?,
            Kept::Ordinary => {
                me.need(&[Role::Supervisor])?;
                self.records().crm.records.require_visible(contact, &self.viewer(me)).await?;
            }
        }
        Ok(contact)
    }
}

impl Records {
    pub(crate) fn new(crm: Crm) -> Records {
        Records { crm }
    }

    /// What is known of a contact's citizen; `None` when nobody is known. In a safeguarding lane only what
    /// was given in this very contact counts: a citizen who gave no name there chose not to be known, and
    /// what others told from the same phone is not shown (phones are shared).
    pub(crate) async fn citizen_card(
        &self,
        viewer: &Viewer,
        contact: ContactId,
        lane: Lane,
    ) -> Result<Option<CitizenCard>, Failure> {
        let Some(citizen) = self.crm.citizens.of_contact(contact).await? else { return Ok(None) };
        if lane.is_safeguarding() {
            let viewer = only(viewer, contact);
            let known = self.crm.citizens.get(citizen, &viewer).await?;
            return Ok(known.name.is_some().then(|| CitizenCard::of(known, 1, None, Vec::new())));
        }
        let known = self.crm.citizens.get(citizen, viewer).await?;
        let theirs = Search { citizen: Some(citizen), ..Search::default() };
        let contacts = self.crm.records.counts(&theirs, viewer).await?.contacts;
        let before = Search { before: Some(contact), limit: 1, ..theirs };
        let last = self.crm.records.search(&before, viewer).await?.first().map(|v| v.record.arrived);
        let cases = self.cases_of(citizen, viewer).await?.into_iter();
        let open = cases.filter(|c| c.state != CaseState::Closed).take(CASES_ON_CARD).map(CaseRef::of);
        Ok(Some(CitizenCard::of(known, contacts, last, open.collect())))
    }

    /// A citizen's cases, newest first.
    pub(crate) async fn cases_of(&self, citizen: CitizenId, viewer: &Viewer) -> Result<Vec<CaseSummary>, Failure> {
        let entries = self.crm.records.timeline(citizen, viewer).await?.into_iter();
        let case = |entry: crm::TimelineEntry| match entry.kind {
            TimelineKind::Case(case) => Some(case),
            TimelineKind::Contact(_) => None,
        };
        Ok(entries.filter_map(case).collect())
    }

    /// The cases a contact belongs to, among the newest the viewer may see. A case is opened in its first
    /// contact or linked from a later one, so one opened after the contact was over is none of its.
    pub(crate) async fn cases_in(&self, contact: ContactId, viewer: &Viewer) -> Result<Vec<CaseSummary>, Failure> {
        let mut theirs = Vec::new();
        for case in self.crm.cases.list(None, viewer).await? {
            if self.crm.cases.get(case.id, viewer).await?.contacts.contains(&contact) {
                theirs.push(case);
            }
        }
        Ok(theirs)
    }

    /// What was said in a conversation after a line, in order.
    pub(crate) async fn conversation(
        &self,
        viewer: &Viewer,
        contact: ContactId,
        after: u64,
    ) -> Result<Vec<ChatLine>, Failure> {
        let lines = self.crm.messages.of(contact, after, viewer).await?.into_iter();
        let said = |line: crm::Message| ChatLine::Said {
            contact,
            seq: line.seq,
            from: Speaker::of(&line.speaker),
            text: line.text.into_text(),
            at: line.at,
        };
        Ok(lines.map(said).collect())
    }

    /// Writes a note.
    pub(crate) async fn add_note(
        &self,
        viewer: &Viewer,
        contact: ContactId,
        text: &str,
        at: Time,
    ) -> Result<(), Failure> {
        self.crm.notes.add(contact, viewer, text, at).await?;
        Ok(())
    }
}

/// The viewer, with nothing open to them but one contact.
fn only(viewer: &Viewer, contact: ContactId) -> Viewer {
    Viewer {
        engaged: BTreeSet::from([contact]),
        clearances: BTreeSet::new(),
        tenants: BTreeSet::new(),
        ..viewer.clone()
    }
}

impl CitizenCard {
    fn of(known: CitizenView, contacts: u64, last: Option<Time>, cases: Vec<CaseRef>) -> CitizenCard {
        CitizenCard {
            name: known.name.map(|n| n.into_text()).unwrap_or_default(),
            number: known.number.map(|n| n.into_text()),
            contacts,
            last,
            cases,
        }
    }
}

impl CaseRef {
    fn of(case: CaseSummary) -> CaseRef {
        CaseRef { reference: case.reference.to_string(), state: case.state, title: case.title.into_text() }
    }
}

impl Speaker {
    pub(crate) fn of(speaker: &crm::Speaker) -> Speaker {
        match speaker {
            crm::Speaker::Citizen => Speaker::Citizen,
            crm::Speaker::Agent { .. } => Speaker::Agent,
            crm::Speaker::Centre => Speaker::Centre,
        }
    }
}
