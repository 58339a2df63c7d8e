//! The agent's devices: a log-in for the browser page, and desk phones.

use super::Api;
use crate::ConsoleState;
use crate::credentials::devices::REALM;
use crate::failure::Failure;
use crate::guards::Json;
use crate::messages::Message;
use crate::session::Me;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use vocabulary::Time;
use vocabulary::centre::Role;

/// Longest label of a desk phone, in characters.
const MAX_LABEL: usize = 40;

pub(super) fn routes() -> OpenApiRouter<ConsoleState> {
    OpenApiRouter::new()
        .routes(routes!(page_device))
        .routes(routes!(list_phones, add_phone))
        .routes(routes!(remove_phone))
        .routes(routes!(crate::desk::socket))
}

/// A SIP log-in for one browser page, valid while its session is.
#[derive(Serialize, ToSchema)]
struct PageDevice {
    /// SIP user name.
    user: String,
    /// Digest password.
    secret: String,
    /// The page's SIP address.
    uri: String,
    /// The socket to connect to.
    ws: &'static str,
    /// When it ends at the latest.
    #[schema(value_type = i64)]
    expires: Option<Time>,
}

/// What an agent calls a desk phone.
#[derive(Deserialize, ToSchema)]
struct PhoneForm {
    /// Up to 40 characters.
    label: String,
}

/// A desk phone just added; the secret is shown this once.
#[derive(Serialize, ToSchema)]
struct NewPhone {
    /// SIP user name.
    user: String,
    /// Digest password.
    secret: String,
    /// Where to register.
    registrar: String,
    /// What the agent calls it.
    label: String,
}

/// A desk phone.
#[derive(Serialize, ToSchema)]
struct Phone {
    /// SIP user name.
    user: String,
    /// What the agent calls it.
    label: String,
    /// When it was added.
    #[schema(value_type = i64)]
    made_at: Time,
}

/// Makes a SIP log-in for this page.
#[utoipa::path(post, path = "/api/desk/device", tag = "desk", responses((status = 200, body = PageDevice)))]
async fn page_device(State(state): State<ConsoleState>, me: Me) -> Api<axum::Json<PageDevice>> {
    me.need(&[Role::Agent])?;
    let session = &me.session;
    let device = state.credentials().devices().add_page(me.name(), &session.hash, session.started_at).await?;
    Ok(axum::Json(PageDevice {
        uri: format!("sip:{}@{REALM}", device.user),
        user: device.user,
        secret: device.secret,
        ws: "/sip",
        expires: device.expires,
    }))
}

/// The agent's desk phones.
#[utoipa::path(get, path = "/api/desk/devices", tag = "desk", responses((status = 200, body = Vec<Phone>)))]
async fn list_phones(State(state): State<ConsoleState>, me: Me) -> Api<axum::Json<Vec<Phone>>> {
    me.need(&[Role::Agent])?;
    let phones = state.credentials().devices().desk_phones(me.name()).into_iter();
    Ok(axum::Json(phones.map(|p| Phone { user: p.user, label: p.label, made_at: p.made_at }).collect()))
}

/// Adds a desk phone.
#[utoipa::path(post, path = "/api/desk/devices", tag = "desk", request_body = PhoneForm, responses(
    (status = 200, body = NewPhone), (status = 409, description = "as many as allowed")))]
async fn add_phone(State(state): State<ConsoleState>, me: Me, Json(form): Json<PhoneForm>) -> Api<axum::Json<NewPhone>> {
    me.need(&[Role::Agent])?;
    let label: String = form.label.trim().chars().filter(|c| !c.is_control()).take(MAX_LABEL).collect();
    if label.is_empty() {
        return Err(Message::Empty.into());
    }
    let device = state.credentials().devices().add_desk_phone(me.name(), label.clone()).await?;
    state.audit(me.name(), "desk_phone.added", None, "").await?;
    Ok(axum::Json(NewPhone {
        user: device.user,
        secret: device.secret,
        registrar: state.centre().registrar(),
        label,
    }))
}

/// Takes a desk phone away.
#[utoipa::path(delete, path = "/api/desk/devices/{user}", tag = "desk", responses((status = 204), (status = 404)),
    params(("user" = String, Path, description = "SIP user name")))]
async fn remove_phone(State(state): State<ConsoleState>, me: Me, Path(user): Path<String>) -> Result<StatusCode, Failure> {
    me.need(&[Role::Agent])?;
    if !state.credentials().devices().remove_desk_phone(me.name(), &user).await? {
        return Err(Message::Absent.into());
    }
    state.audit(me.name(), "desk_phone.removed", None, "").await?;
    Ok(StatusCode::NO_CONTENT)
}
