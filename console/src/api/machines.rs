//! What machines ask: is it healthy, how is it doing, what can be called.

use crate::ConsoleState;
use crate::ports::Health;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use utoipa_axum::{router::OpenApiRouter, routes};

pub(super) fn routes() -> OpenApiRouter<ConsoleState> {
    OpenApiRouter::new().routes(routes!(health)).routes(routes!(metrics)).routes(routes!(document))
}

/// 200 only when SIP, HTTP, journal and store are up.
#[utoipa::path(get, path = "/healthz", tag = "machines", responses(
    (status = 200, body = Health), (status = 503, body = Health)))]
async fn health(State(state): State<ConsoleState>) -> (StatusCode, Json<Health>) {
    let health = state.centre().health();
    let status = if health.is_whole() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(health))
}

/// Metrics for Prometheus. No label tells of a safeguarding lane.
#[utoipa::path(get, path = "/metrics", tag = "machines", responses((status = 200, content_type = "text/plain")))]
async fn metrics(State(state): State<ConsoleState>) -> Response {
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], state.centre().metrics()).into_response()
}

/// This description.
#[utoipa::path(get, path = "/api/openapi.json", tag = "machines", responses((status = 200, description = "OpenAPI 3")))]
async fn document() -> Json<&'static utoipa::openapi::OpenApi> {
    Json(super::openapi())
}
