//! The CRM for staff: records, notes, cases, citizens, search, services, the audit log. Every reading goes
//! through the viewer's right; what is beyond it is absent.

use super::Api;
use super::record::{self, Case, CitizenShown, Record};
use crate::ConsoleState;
use crate::failure::Failure;
use crate::guards::Json;
use crate::messages::Message;
use crate::session::Me;
use crate::story::Told;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use crm::{AuditBroken, CaseKind, CaseState, CrmError, NewCase, Reference, Search};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use vocabulary::centre::Role;
use vocabulary::{CitizenId, ContactId, E164, Lane, Time};

/// Records in the list of recent ones.
const RECENT: u32 = 50;
/// Services in one answer.
const SERVICES: usize = 50;
/// Longest text that is searched for, in characters.
const MAX_QUERY: usize = 80;
/// Everyone who works with citizens' matters. Administrators and auditors do not.
const WORKS: [Role; 2] = [Role::Agent, Role::Supervisor];

pub(super) fn routes() -> OpenApiRouter<ConsoleState> {
    OpenApiRouter::new()
        .routes(routes!(contact))
        .routes(routes!(why))
        .routes(routes!(add_note))
        .routes(routes!(open_case))
        .routes(routes!(advance_case))
        .routes(routes!(name_citizen))
        .routes(routes!(search))
        .routes(routes!(citizen))
        .routes(routes!(recent))
        .routes(routes!(services))
        .routes(routes!(audit))
}

/// A text.
#[derive(Deserialize, ToSchema)]
struct NoteForm {
    /// What is noted.
    text: String,
}

/// A case to be opened.
#[derive(Deserialize, ToSchema)]
struct CaseForm {
    /// `complaint`, `inquiry`, `update` or `compliment`.
    #[schema(value_type = String)]
    kind: CaseKind,
    /// In a few words.
    title: String,
    /// The service, by its id in the catalogue.
    service: Option<String>,
}

/// Where a case goes.
#[derive(Deserialize, ToSchema)]
struct StateForm {
    /// `open`, `pending`, `resolved` or `closed`.
    #[schema(value_type = String)]
    state: CaseState,
    /// Why.
    #[serde(default)]
    note: String,
}

/// A citizen's name.
#[derive(Deserialize, ToSchema)]
struct NameForm {
    /// As they gave it.
    name: String,
}

/// What is searched for: one of the three.
#[derive(Deserialize, ToSchema)]
struct SearchForm {
    /// A phone number, in any form.
    number: Option<String>,
    /// A case's reference.
    reference: Option<String>,
    /// A citizen's name. Names are sealed: only citizens of recent contacts are looked through.
    name: Option<String>,
}

/// What was found.
#[derive(Serialize, ToSchema, Default)]
struct Found {
    citizens: Vec<CitizenShown>,
    cases: Vec<Case>,
}

/// A citizen with what happened.
#[derive(Serialize, ToSchema)]
struct Timeline {
    /// The citizen.
    #[schema(value_type = String)]
    id: CitizenId,
    /// The name last given; empty when none was.
    name: String,
    /// The number, as Kenyans write it.
    number: Option<String>,
    /// Contacts, newest first.
    timeline: Vec<Record>,
    /// Cases, newest first.
    cases: Vec<Case>,
}

/// A service of the catalogue.
#[derive(Serialize, ToSchema)]
struct ServiceShown {
    id: String,
    institution: String,
    service: String,
    status: String,
}

/// What the catalogue is searched for.
#[derive(Deserialize, IntoParams)]
struct ServiceQuery {
    /// Part of a name; empty for the beginning of the catalogue.
    #[serde(default)]
    q: String,
}

/// Where to go on reading.
#[derive(Deserialize, IntoParams)]
struct AfterQuery {
    /// The place after which to read; 0 for the beginning.
    #[serde(default)]
    after: u64,
}

/// One act.
#[derive(Serialize, ToSchema)]
struct AuditLine {
    seq: u64,
    #[schema(value_type = i64)]
    at: Time,
    who: String,
    what: String,
    #[schema(value_type = Option<String>)]
    contact: Option<ContactId>,
    reason: Option<String>,
}

/// A page of the audit log.
#[derive(Serialize, ToSchema)]
struct AuditPage {
    /// Acts, oldest first.
    lines: Vec<AuditLine>,
    /// Whether the chain of the whole log holds.
    intact: bool,
}

/// One contact's record, with notes, transcript and messages. Opening a safeguarding one is written into
/// the audit log, unless the viewer is serving it.
#[utoipa::path(get, path = "/api/crm/contacts/{contact}", tag = "crm", params(("contact" = String, Path)),
    responses((status = 200, body = Record), (status = 404)))]
async fn contact(State(state): State<ConsoleState>, me: Me, Path(contact): Path<String>) -> Api<axum::Json<Record>> {
    me.need(&WORKS)?;
    let contact = id_of(&contact)?;
    let viewer = state.viewer(&me);
    let view = state.records().crm.records.get(contact, &viewer).await?;
    if view.record.is_safeguarding() && !viewer.engaged.contains(&contact) {
        state.audit(me.name(), "contact.opened", Some(contact), "").await?;
    }
    Ok(axum::Json(record::whole(&state, &viewer, view).await?))
}

/// Why a contact went as it did: its story in plain words, Kiswahili and English. Opening a safeguarding
/// one is written into the audit log, unless the viewer is serving it.
#[utoipa::path(get, path = "/api/crm/contacts/{contact}/why", tag = "crm", params(("contact" = String, Path)),
    responses((status = 200, body = Vec<Told>), (status = 404)))]
async fn why(State(state): State<ConsoleState>, me: Me, Path(contact): Path<String>) -> Api<axum::Json<Vec<Told>>> {
    me.need(&WORKS)?;
    let contact = id_of(&contact)?;
    let viewer = state.viewer(&me);
    let view = state.records().crm.records.get(contact, &viewer).await?;
    if view.record.is_safeguarding() && !viewer.engaged.contains(&contact) {
        state.audit(me.name(), "contact.why", Some(contact), "").await?;
    }
    Ok(axum::Json(state.centre().story(contact).await?))
}

/// Adds a note.
#[utoipa::path(post, path = "/api/crm/contacts/{contact}/notes", tag = "crm", params(("contact" = String, Path)),
    request_body = NoteForm, responses((status = 201), (status = 404)))]
async fn add_note(
    State(state): State<ConsoleState>,
    me: Me,
    Path(contact): Path<String>,
    Json(form): Json<NoteForm>,
) -> Api<StatusCode> {
    me.need(&WORKS)?;
    state.records().add_note(&state.viewer(&me), id_of(&contact)?, &form.text, state.clock().now()).await?;
    Ok(StatusCode::CREATED)
}

/// Opens a case in a contact.
#[utoipa::path(post, path = "/api/crm/contacts/{contact}/cases", tag = "crm", params(("contact" = String, Path)),
    request_body = CaseForm, responses((status = 200, body = Case), (status = 404), (status = 409)))]
async fn open_case(
    State(state): State<ConsoleState>,
    me: Me,
    Path(contact): Path<String>,
    Json(form): Json<CaseForm>,
) -> Api<axum::Json<Case>> {
    me.need(&WORKS)?;
    let contact = id_of(&contact)?;
    let (tenant, lane) = whose(&state, &me, contact).await?;
    let new = NewCase {
        tenant,
        lane,
        kind: form.kind,
        service: form.service.filter(|s| !s.is_empty()),
        contact: Some(contact),
        citizen: None,
        title: form.title,
        due: None,
    };
    let case = state.records().crm.cases.open(&new, &state.viewer(&me), state.clock().now()).await?;
    Ok(axum::Json(Case::of(case)))
}

/// Moves a case to another state.
#[utoipa::path(post, path = "/api/crm/cases/{reference}/state", tag = "crm", params(("reference" = String, Path)),
    request_body = StateForm, responses((status = 204), (status = 404), (status = 409, description = "no such step")))]
async fn advance_case(
    State(state): State<ConsoleState>,
    me: Me,
    Path(reference): Path<String>,
    Json(form): Json<StateForm>,
) -> Api<StatusCode> {
    me.need(&WORKS)?;
    let reference: Reference = reference.parse().map_err(|_| Message::Absent)?;
    let viewer = state.viewer(&me);
    let cases = &state.records().crm.cases;
    let case = cases.by_reference(reference, &viewer).await?;
    let note = Some(form.note.as_str()).filter(|n| !n.trim().is_empty());
    cases.advance(case.summary.id, form.state, note, &viewer, state.clock().now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Notes the name a citizen gave in a contact.
#[utoipa::path(post, path = "/api/crm/contacts/{contact}/citizen", tag = "crm", params(("contact" = String, Path)),
    request_body = NameForm, responses((status = 204), (status = 404)))]
async fn name_citizen(
    State(state): State<ConsoleState>,
    me: Me,
    Path(contact): Path<String>,
    Json(form): Json<NameForm>,
) -> Api<StatusCode> {
    me.need(&WORKS)?;
    let contact = id_of(&contact)?;
    let viewer = state.viewer(&me);
    let crm = &state.records().crm;
    crm.records.require_visible(contact, &viewer).await?;
    let citizen = crm.citizens.of_contact(contact).await?.ok_or(Message::NobodyToName)?;
    crm.citizens.rename(citizen, &form.name, Some(contact), &viewer, state.clock().now()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Finds citizens and cases. A POST, so that numbers and names stay out of addresses and logs.
#[utoipa::path(post, path = "/api/crm/search", tag = "crm", request_body = SearchForm,
    responses((status = 200, body = Found), (status = 400)))]
async fn search(State(state): State<ConsoleState>, me: Me, Json(form): Json<SearchForm>) -> Api<axum::Json<Found>> {
    me.need(&WORKS)?;
    let viewer = state.viewer(&me);
    let crm = &state.records().crm;
    let mut found = Found::default();
    if let Some(number) = form.number.filter(|n| !n.trim().is_empty()) {
        let number = E164::parse(&number).map_err(|_| Message::BadNumber)?;
        if let Some(known) = absent_is_none(crm.citizens.find(&number, &viewer).await)? {
            found.cases = state.records().cases_of(known.id, &viewer).await?.into_iter().map(Case::of).collect();
            found.citizens.push(record::citizen(&state, &viewer, known).await?);
        }
    } else if let Some(reference) = form.reference.and_then(|r| r.parse::<Reference>().ok()) {
        if let Some(case) = absent_is_none(crm.cases.by_reference(reference, &viewer).await)? {
            if let Some(known) = record::citizen_of(&state, &viewer, case.summary.citizen).await? {
                found.citizens.push(known);
            }
            found.cases.push(Case::of(case.summary));
        }
    } else if let Some(name) = form.name {
        let wanted: String = name.trim().to_lowercase().chars().take(MAX_QUERY).collect();
        if !wanted.is_empty() {
            found.citizens = record::named(&state, &viewer, &wanted).await?;
        }
    }
    Ok(axum::Json(found))
}

/// A citizen's timeline.
#[utoipa::path(get, path = "/api/crm/citizens/{id}", tag = "crm", params(("id" = String, Path)),
    responses((status = 200, body = Timeline), (status = 404)))]
async fn citizen(State(state): State<ConsoleState>, me: Me, Path(id): Path<String>) -> Api<axum::Json<Timeline>> {
    me.need(&WORKS)?;
    let id: CitizenId = id.parse().map_err(|_| Message::Absent)?;
    let viewer = state.viewer(&me);
    let known = state.records().crm.citizens.get(id, &viewer).await?;
    let theirs = Search { citizen: Some(id), ..Search::default() };
    let contacts = state.records().crm.records.search(&theirs, &viewer).await?;
    let mut timeline = Vec::with_capacity(contacts.len());
    for contact in contacts {
        timeline.push(record::short(&state, &viewer, contact).await?);
    }
    Ok(axum::Json(Timeline {
        id,
        name: known.name.map(|n| n.into_text()).unwrap_or_default(),
        number: known.number.map(|n| n.into_text()),
        timeline,
        cases: state.records().cases_of(id, &viewer).await?.into_iter().map(Case::of).collect(),
    }))
}

/// The last records the viewer may see.
#[utoipa::path(get, path = "/api/crm/recent", tag = "crm", responses((status = 200, body = Vec<Record>)))]
async fn recent(State(state): State<ConsoleState>, me: Me) -> Api<axum::Json<Vec<Record>>> {
    me.need(&WORKS)?;
    let viewer = state.viewer(&me);
    let newest = Search { limit: RECENT, ..Search::default() };
    let mut records = Vec::new();
    for view in state.records().crm.records.search(&newest, &viewer).await? {
        records.push(record::short(&state, &viewer, view).await?);
    }
    Ok(axum::Json(records))
}

/// Services of the catalogue.
#[utoipa::path(get, path = "/api/crm/services", tag = "crm", params(ServiceQuery),
    responses((status = 200, body = Vec<ServiceShown>)))]
async fn services(
    State(state): State<ConsoleState>,
    me: Me,
    Query(query): Query<ServiceQuery>,
) -> Api<axum::Json<Vec<ServiceShown>>> {
    me.need(&WORKS)?;
    let wanted: String = query.q.trim().chars().take(MAX_QUERY).collect();
    let found = state.records().crm.services.search(&wanted).await?;
    Ok(axum::Json(found.into_iter().take(SERVICES).map(ServiceShown::of).collect()))
}

/// The audit log, for the data-protection officer.
#[utoipa::path(get, path = "/api/audit", tag = "crm", params(AfterQuery),
    responses((status = 200, body = AuditPage), (status = 404)))]
async fn audit(State(state): State<ConsoleState>, me: Me, Query(query): Query<AfterQuery>) -> Api<axum::Json<AuditPage>> {
    me.need(&[Role::Dpo])?;
    let log = &state.records().crm.audit;
    let lines = log.after(query.after, &state.viewer(&me)).await?.into_iter();
    let intact = match log.verify().await {
        Ok(_) => true,
        Err(AuditBroken::Entry { .. } | AuditBroken::End { .. }) => false,
        Err(AuditBroken::Crm(error)) => return Err(error.into()),
    };
    let line = |e: crm::AuditEntry| AuditLine {
        seq: e.seq,
        at: e.at,
        who: e.who,
        what: e.what,
        contact: e.contact,
        reason: e.reason.map(|r| r.into_text()),
    };
    Ok(axum::Json(AuditPage { lines: lines.map(line).collect(), intact }))
}

impl ServiceShown {
    fn of(service: crm::Service) -> ServiceShown {
        let status = serde_json::to_value(service.status).ok().and_then(|v| v.as_str().map(str::to_owned));
        ServiceShown {
            id: service.id,
            institution: service.institution,
            service: service.name,
            status: status.unwrap_or_default(),
        }
    }
}

/// Whose contact it is and in which lane: from the floor while it is there, else from its record.
async fn whose(state: &ConsoleState, me: &Me, contact: ContactId) -> Api<(vocabulary::TenantName, Lane)> {
    let view = state.centre().view();
    if let Some(live) = view.contacts.get(&contact).filter(|_| view.engaged(me.name()).contains(&contact)) {
        return Ok((live.tenant.clone(), crate::view::lane_of(live)));
    }
    let record = state.records().crm.records.get(contact, &state.viewer(me)).await?.record;
    Ok((record.tenant, record.lane))
}

fn id_of(text: &str) -> Result<ContactId, Failure> {
    text.parse().map_err(|_| Message::Absent.into())
}

fn absent_is_none<T>(found: Result<T, CrmError>) -> Result<Option<T>, Failure> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(CrmError::NotFound) => Ok(None),
        Err(other) => Err(other.into()),
    }
}
