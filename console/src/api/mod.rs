//! The HTTP API, one file per area. Every route is registered with its OpenAPI description, so the two
//! cannot drift apart; what the screens and the server say to each other is in `PROTOCOL.md`.

mod citizen;
mod crm;
mod desk;
mod figures;
mod login;
mod machines;
mod record;
mod recordings;
pub(crate) mod shown;
mod wall;

use crate::ConsoleState;
use crate::failure::Failure;
use crate::guards;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn;
use std::sync::OnceLock;
use utoipa::openapi::{InfoBuilder, OpenApi, OpenApiBuilder};
use utoipa_axum::router::OpenApiRouter;

/// What a handler returns.
type Api<T> = Result<T, Failure>;

static DOCUMENT: OnceLock<OpenApi> = OnceLock::new();

/// Every route of the API with its description.
fn described() -> OpenApiRouter<ConsoleState> {
    let info = InfoBuilder::new()
        .title("HCTC")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some("The contact and tele-counselling centre: desk, CRM, wall and citizen pages."))
        .build();
    OpenApiRouter::with_openapi(OpenApiBuilder::new().info(info).build())
        .merge(login::routes())
        .merge(desk::routes())
        .merge(crm::routes())
        .merge(recordings::routes())
        .merge(wall::routes())
        .merge(figures::routes())
        .merge(citizen::routes())
        .merge(machines::routes())
}

/// The OpenAPI 3 description of every route.
pub fn openapi() -> &'static OpenApi {
    DOCUMENT.get_or_init(|| described().split_for_parts().1)
}

/// The API behind its guards.
pub(crate) fn routes() -> Router<ConsoleState> {
    let (router, _) = described().split_for_parts();
    router
        .route("/api/{*rest}", axum::routing::any(guards::absent))
        .layer(DefaultBodyLimit::max(guards::MAX_BODY))
        .layer(from_fn(guards::changes_from_our_pages))
        .layer(from_fn(guards::in_time))
}
