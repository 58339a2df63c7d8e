//! Log in, log out, who am I.

use super::{Api, shown};
use crate::ConsoleState;
use crate::credentials::LogIn;
use crate::failure::Failure;
use crate::guards::{CameFrom, Json};
use crate::messages::Message;
use crate::session::{Me, set_cookie};
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use vocabulary::{AgentName, Lane};
use vocabulary::centre::{Agent, Centre as SetUp};

pub(super) fn routes() -> OpenApiRouter<ConsoleState> {
    OpenApiRouter::new().routes(routes!(log_in)).routes(routes!(log_out)).routes(routes!(me))
}

/// What a person types to log in.
#[derive(Deserialize, ToSchema)]
struct LogInForm {
    /// Log-in name.
    name: String,
    /// Password.
    password: String,
    /// One-time code of this moment.
    code: String,
}

/// Who is logged in and what they may do.
#[derive(Serialize, ToSchema)]
pub(crate) struct MeView {
    /// Log-in name.
    #[schema(value_type = String)]
    name: AgentName,
    /// The name shown to colleagues.
    shown_as: String,
    /// `agent`, `supervisor`, `admin`, `dpo`.
    #[schema(value_type = Vec<String>)]
    roles: Vec<vocabulary::centre::Role>,
    /// Safeguarding lanes they may serve or see.
    #[schema(value_type = Vec<String>)]
    clearances: Vec<vocabulary::Lane>,
    /// Languages they serve in.
    languages: Vec<String>,
    /// Away reasons they may choose.
    away_reasons: Vec<String>,
    /// Dispositions they may choose.
    dispositions: Vec<String>,
    /// Queues they may see.
    queues: Vec<QueueName>,
}

/// A queue's name, for programs and for people.
#[derive(Serialize, ToSchema)]
struct QueueName {
    /// The name.
    name: String,
    /// Its lane.
    #[schema(value_type = String)]
    lane: Lane,
    /// What people read, by language.
    #[schema(value_type = std::collections::BTreeMap<String, String>)]
    shown_as: shown::Texts,
}

impl MeView {
    fn of(agent: &Agent, set_up: &SetUp) -> MeView {
        let may_see = |lane| agent.cleared_for(lane);
        MeView {
            name: agent.name.clone(),
            shown_as: agent.shown_as.clone(),
            roles: agent.roles.iter().copied().collect(),
            clearances: agent.clearances.iter().copied().collect(),
            languages: agent.languages.iter().map(|l| l.to_string()).collect(),
            away_reasons: set_up.rules.away_reasons.iter().map(|r| r.to_string()).collect(),
            dispositions: set_up.rules.dispositions.iter().map(|r| r.to_string()).collect(),
            queues: set_up
                .queues
                .values()
                .filter(|q| may_see(q.lane))
                .map(|q| QueueName { name: q.name.to_string(), lane: q.lane, shown_as: shown::texts(q) })
                .collect(),
        }
    }
}

/// Logs in. The answer never says which part was wrong.
#[utoipa::path(post, path = "/api/login", tag = "login", request_body = LogInForm, responses(
    (status = 200, body = MeView), (status = 401, description = "wrong"), (status = 429, description = "too many tries")))]
async fn log_in(
    State(state): State<ConsoleState>,
    CameFrom(address): CameFrom,
    Json(form): Json<LogInForm>,
) -> Api<Response> {
    let cookie = match state.credentials().log_in(&form.name, &form.password, &form.code, address).await? {
        LogIn::In { cookie } => cookie,
        LogIn::Wait(wait) => {
            metrics::counter!("log_ins_refused_total", "why" => "too_many_tries").increment(1);
            return Err(Failure::Wait(Message::TooManyTries, wait));
        }
        LogIn::Wrong => {
            metrics::counter!("log_ins_refused_total", "why" => "wrong").increment(1);
            tracing::info!("a log-in was refused");
            return Err(Message::WrongLogIn.into());
        }
    };
    let view = state.centre().view();
    let session = state.credentials().session(&cookie).await?.ok_or(Message::WrongLogIn)?;
    let Some(agent) = view.set_up.agents.get(&session.name) else {
        // A user whom the set-up no longer knows has nothing to do here.
        state.credentials().log_out(&session).await?;
        return Err(Message::WrongLogIn.into());
    };
    state.audit(&session.name, "session.opened", None, "").await?;
    let me = MeView::of(agent, &view.set_up);
    Ok(([(SET_COOKIE, set_cookie(&cookie, state.secure()))], axum::Json(me)).into_response())
}

/// Logs out: the session, its pages' phones and its sockets end.
#[utoipa::path(post, path = "/api/logout", tag = "login", responses((status = 204), (status = 401)))]
async fn log_out(State(state): State<ConsoleState>, me: Me) -> Api<Response> {
    state.credentials().log_out(&me.session).await?;
    state.audit(me.name(), "session.ended", None, "").await?;
    Ok((StatusCode::NO_CONTENT, [(SET_COOKIE, set_cookie("", state.secure()))]).into_response())
}

/// Who is logged in.
#[utoipa::path(get, path = "/api/me", tag = "login", responses((status = 200, body = MeView), (status = 401)))]
async fn me(State(state): State<ConsoleState>, me: Me) -> axum::Json<MeView> {
    axum::Json(MeView::of(&me.agent, &state.centre().view().set_up))
}
