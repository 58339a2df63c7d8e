//! The citizen's web call: a log-in for one call, without a name.

use super::Api;
use crate::ConsoleState;
use crate::failure::Failure;
use crate::guards::{CameFrom, Json};
use crate::messages::Message;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use vocabulary::EntryName;

pub(super) fn routes() -> OpenApiRouter<ConsoleState> {
    OpenApiRouter::new().routes(routes!(call))
}

/// Which of our numbers to call.
#[derive(Deserialize, ToSchema)]
struct CallForm {
    /// The entry point, as in the set-up.
    #[schema(value_type = String)]
    entry: EntryName,
}

/// What the page needs to place one call within two minutes.
#[derive(Serialize, ToSchema)]
struct CallTicket {
    /// Opens the socket, once.
    token: String,
    /// SIP user name.
    user: String,
    /// Digest password.
    secret: String,
    /// The page's own SIP address.
    uri: String,
    /// The socket to connect to.
    ws: String,
    /// The address to dial.
    dial: String,
}

/// Gives an anonymous citizen what one web call takes.
#[utoipa::path(post, path = "/api/citizen/call", tag = "citizen", request_body = CallForm, responses(
    (status = 200, body = CallTicket), (status = 400, description = "no such entry"), (status = 429)))]
async fn call(
    State(state): State<ConsoleState>,
    CameFrom(address): CameFrom,
    Json(form): Json<CallForm>,
) -> Api<axum::Json<CallTicket>> {
    state.doors().ask(address).map_err(|wait| Failure::Wait(Message::TooFast, wait))?;
    if !state.centre().view().set_up.entries.contains_key(&form.entry) {
        return Err(Message::NoSuchEntry.into());
    }
    let call = state.centre().citizen_token(&form.entry)?;
    Ok(axum::Json(CallTicket {
        uri: format!("sip:{}@{}", call.user, crate::credentials::devices::REALM),
        ws: format!("/sip?token={}", call.token),
        token: call.token,
        user: call.user,
        secret: call.secret,
        dial: call.dial,
    }))
}
