//! The supervisor's hand on presence, and the wall's socket.

use super::Api;
use crate::ConsoleState;
use crate::guards::Json;
use crate::session::Me;
use acd::Command;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use vocabulary::centre::Role;
use vocabulary::event::Actor;
use vocabulary::{AgentName, Presence};

pub(super) fn routes() -> OpenApiRouter<ConsoleState> {
    OpenApiRouter::new().routes(routes!(set_presence)).routes(routes!(crate::wall::socket))
}

/// Whose presence becomes what.
#[derive(Deserialize, ToSchema)]
struct PresenceForm {
    /// The agent.
    #[schema(value_type = String)]
    agent: AgentName,
    /// `{"is":"ready"}`, `{"is":"away","reason":"break"}` or `{"is":"offline"}`.
    #[schema(value_type = Object)]
    presence: Presence,
}

/// Sets an agent's presence; this also waives a break that is owed.
#[utoipa::path(post, path = "/api/wall/presence", tag = "wall", request_body = PresenceForm, responses(
    (status = 204), (status = 404), (status = 409, description = "the floor refuses")))]
async fn set_presence(State(state): State<ConsoleState>, me: Me, Json(form): Json<PresenceForm>) -> Api<StatusCode> {
    me.need(&[Role::Supervisor])?;
    let by = Actor::Staff { name: me.name().clone() };
    state.centre().floor_command(Command::SetPresence { agent: form.agent, presence: form.presence, by }).await?;
    Ok(StatusCode::NO_CONTENT)
}
