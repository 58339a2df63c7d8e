//! The supervisor's hand on presences, contacts and queues, and the wall's socket.

use super::Api;
use crate::ConsoleState;
use crate::failure::Failure;
use crate::guards::Json;
use crate::messages::Message;
use crate::session::Me;
use crate::view::lane_of;
use acd::{Command, ContactView, Stage};
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use vocabulary::centre::Role;
use vocabulary::event::{Actor, Switch};
use vocabulary::{AgentName, ContactId, Needs, Presence, QueueName};

pub(super) fn routes() -> OpenApiRouter<ConsoleState> {
    OpenApiRouter::new()
        .routes(routes!(set_presence))
        .routes(routes!(set_leaving))
        .routes(routes!(assign))
        .routes(routes!(pull))
        .routes(routes!(switch_queue))
        .routes(routes!(set_surge))
        .routes(routes!(crate::wall::socket))
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

/// What an agent does when their last contact is over.
#[derive(Deserialize, ToSchema)]
struct LeavingForm {
    /// The agent.
    #[schema(value_type = String)]
    agent: AgentName,
    /// The presence then; nothing to let them stay.
    #[schema(value_type = Option<Object>)]
    then: Option<Presence>,
}

/// Lets an agent go once their last contact is over.
#[utoipa::path(post, path = "/api/wall/leaving", tag = "wall", request_body = LeavingForm, responses(
    (status = 204), (status = 404), (status = 409, description = "the floor refuses")))]
async fn set_leaving(State(state): State<ConsoleState>, me: Me, Json(form): Json<LeavingForm>) -> Api<StatusCode> {
    me.need(&[Role::Supervisor])?;
    let command = Command::SetLeaving { agent: form.agent, then: form.then, by: by(&me) };
    state.centre().floor_command(command).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A waiting contact for one agent.
#[derive(Deserialize, ToSchema)]
struct AssignForm {
    /// The contact.
    #[schema(value_type = String)]
    contact: ContactId,
    /// Who it is offered to next; a supervisor may name themself.
    #[schema(value_type = String)]
    agent: AgentName,
}

/// Offers a waiting contact to one agent next.
#[utoipa::path(post, path = "/api/wall/assign", tag = "wall", request_body = AssignForm, responses(
    (status = 204), (status = 404), (status = 409, description = "the floor refuses")))]
async fn assign(State(state): State<ConsoleState>, me: Me, Json(form): Json<AssignForm>) -> Api<StatusCode> {
    seen(&state, &me, form.contact)?;
    let command = Command::Assign { contact: form.contact, agent: form.agent, by: by(&me) };
    state.centre().floor_command(command).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A contact that is taken from its agent.
#[derive(Deserialize, ToSchema)]
struct PullForm {
    /// The contact.
    #[schema(value_type = String)]
    contact: ContactId,
    /// The queue it waits in from now on, with its age.
    #[schema(value_type = String)]
    queue: QueueName,
}

/// Takes a contact from the agent who serves it and puts it into a queue.
#[utoipa::path(post, path = "/api/wall/pull", tag = "wall", request_body = PullForm, responses(
    (status = 204), (status = 404), (status = 409, description = "the floor refuses")))]
async fn pull(State(state): State<ConsoleState>, me: Me, Json(form): Json<PullForm>) -> Api<StatusCode> {
    let contact = seen(&state, &me, form.contact)?;
    let Stage::Talking { agent, .. } = contact.stage else { return Err(Message::NotYours.into()) };
    let needs = Needs::default();
    let command = Command::Transfer { contact: form.contact, agent, queue: form.queue, needs, by: by(&me) };
    state.centre().floor_command(command).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A queue and its switch.
#[derive(Deserialize, ToSchema)]
struct SwitchForm {
    /// The queue.
    #[schema(value_type = String)]
    queue: QueueName,
    /// `calendar`, `open` or `closed`.
    #[schema(value_type = String)]
    to: Switch,
}

/// Opens or closes a queue against its calendar, or gives it back to it. A safeguarding queue cannot be
/// closed.
#[utoipa::path(post, path = "/api/wall/switch", tag = "wall", request_body = SwitchForm, responses(
    (status = 204), (status = 404), (status = 409, description = "the floor refuses")))]
async fn switch_queue(State(state): State<ConsoleState>, me: Me, Json(form): Json<SwitchForm>) -> Api<StatusCode> {
    queue_seen(&state, &me, &form.queue)?;
    state.centre().floor_command(Command::SwitchQueue { queue: form.queue, to: form.to, by: by(&me) }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A queue and its surge.
#[derive(Deserialize, ToSchema)]
struct SurgeForm {
    /// The queue.
    #[schema(value_type = String)]
    queue: QueueName,
    /// Whether supervisors serve it too.
    on: bool,
}

/// Sends a queue's work to supervisors too, or no longer.
#[utoipa::path(post, path = "/api/wall/surge", tag = "wall", request_body = SurgeForm, responses(
    (status = 204), (status = 404), (status = 409, description = "the floor refuses")))]
async fn set_surge(State(state): State<ConsoleState>, me: Me, Json(form): Json<SurgeForm>) -> Api<StatusCode> {
    queue_seen(&state, &me, &form.queue)?;
    state.centre().floor_command(Command::SetSurge { queue: form.queue, on: form.on, by: by(&me) }).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn by(me: &Me) -> Actor {
    Actor::Staff { name: me.name().clone() }
}

/// A contact on the floor that this supervisor may know of; to everyone else it is not there.
fn seen(state: &ConsoleState, me: &Me, contact: ContactId) -> Result<ContactView, Failure> {
    me.need(&[Role::Supervisor])?;
    let view = state.centre().view();
    let found = view.contacts.get(&contact).filter(|contact| me.cleared_for(lane_of(contact)));
    found.cloned().ok_or_else(|| Message::Absent.into())
}

/// The same for a queue.
fn queue_seen(state: &ConsoleState, me: &Me, queue: &QueueName) -> Result<(), Failure> {
    me.need(&[Role::Supervisor])?;
    let view = state.centre().view();
    let known = view.set_up.queues.get(queue).is_some_and(|queue| me.cleared_for(queue.lane));
    if known { Ok(()) } else { Err(Message::Absent.into()) }
}
