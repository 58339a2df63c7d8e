//! Playing a recording: for supervisors, scoped by lane, with a reason, and always in the audit log.

use super::Api;
use crate::ConsoleState;
use crate::guards::Json;
use crate::messages::Message;
use crate::session::Me;
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderName};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use vocabulary::RecordingId;
use vocabulary::centre::Role;

/// Shortest reason that says anything, in characters.
const MIN_REASON: usize = 5;
/// Longest reason kept, in characters.
const MAX_REASON: usize = 300;

pub(super) fn routes() -> OpenApiRouter<ConsoleState> {
    OpenApiRouter::new().routes(routes!(play))
}

/// Why a recording is to be heard.
#[derive(Deserialize, ToSchema)]
struct PlayForm {
    /// In a few words; kept in the audit log.
    reason: String,
}

/// Gives the sound of a recording. What the viewer may not know of is absent.
#[utoipa::path(post, path = "/api/recordings/{id}/play", tag = "recordings", request_body = PlayForm,
    params(("id" = String, Path, description = "the recording")),
    responses((status = 200, content_type = "audio/wav"), (status = 400, description = "no reason"), (status = 404)))]
async fn play(
    State(state): State<ConsoleState>,
    me: Me,
    Path(id): Path<String>,
    Json(form): Json<PlayForm>,
) -> Api<Response> {
    me.need(&[Role::Supervisor, Role::Dpo])?;
    let id: RecordingId = id.parse().map_err(|_| Message::Absent)?;
    let contact = state.may_hear(&me, id).await?;
    let reason: String = form.reason.trim().chars().filter(|c| !c.is_control()).take(MAX_REASON).collect();
    if reason.chars().count() < MIN_REASON {
        return Err(Message::NoReason.into());
    }
    // The audit entry comes first: a play that was not written down must not happen.
    state.audit(me.name(), "recording.played", Some(contact), &reason).await?;
    let playback = state.centre().play(id).await?;
    if playback.contact != contact {
        return Err(Message::Absent.into());
    }
    let headers = [
        (CONTENT_TYPE, "audio/wav"),
        (CONTENT_DISPOSITION, "inline"),
        (HeaderName::from_static("x-recording-complete"), if playback.complete { "true" } else { "false" }),
    ];
    Ok((headers, playback.wav).into_response())
}
