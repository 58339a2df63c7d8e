//! Reports: the figures by queue, lane, channel, tenant or agent, by quarter-hour or day, as JSON or CSV.
//! `acd::figures` says what each column means and who may see what; here they are asked for and written.

mod written;

use super::Api;
use crate::ConsoleState;
use crate::api::shown;
use crate::failure::Failure;
use crate::history::HistoryError;
use crate::messages::Message;
use crate::session::Me;
use acd::figures::{By, Cell, Scope, Step, table};
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, CONTENT_DISPOSITION, CONTENT_TYPE, VARY};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};
use vocabulary::calendar::Day;
use vocabulary::centre::{Centre, Role};
use vocabulary::{AgentName, QueueName};
use written::{Told, columns};

/// The most days of one table.
const MOST_DAYS: i32 = 31;

pub(super) fn routes() -> OpenApiRouter<ConsoleState> {
    OpenApiRouter::new().routes(routes!(figures))
}

/// Which figures.
#[derive(Deserialize, IntoParams)]
struct Asked {
    /// The first day, in East Africa; today when left out.
    #[param(value_type = Option<String>, example = "2026-11-21")]
    from: Option<Day>,
    /// The last day; the first when left out, 31 days at most.
    #[param(value_type = Option<String>, example = "2026-11-21")]
    to: Option<Day>,
    /// `queue` (when left out), `lane`, `channel`, `tenant` or `agent`.
    by: Option<String>,
    /// `15m` (when left out) or `day`.
    step: Option<String>,
}

/// Figures of whole days. CSV where `Accept` asks for `text/csv`. Contacts of lanes the viewer is not
/// cleared for are in the totals only, and cells that would tell of fewer of them than the centre's
/// `small_count` are left out: `null` and named in `left_out`, `*` in CSV. By lane only for those cleared
/// for one.
#[utoipa::path(get, path = "/api/figures", tag = "wall", params(Asked), responses(
    (status = 200, description = "rows and totals", content((serde_json::Value = "application/json"), (String = "text/csv"))),
    (status = 400, description = "no such table, or too many days"), (status = 404, description = "not a supervisor")))]
async fn figures(
    State(state): State<ConsoleState>,
    me: Me,
    headers: HeaderMap,
    query: Result<Query<Asked>, axum::extract::rejection::QueryRejection>,
) -> Api<Response> {
    me.need(&[Role::Supervisor])?;
    let Query(asked) = query.map_err(|_| Message::BadInput)?;
    let now = state.clock().now();
    let from = asked.from.unwrap_or(Day::of(now));
    let to = asked.to.unwrap_or(from);
    if to < from || from.plus(MOST_DAYS - 1) < to {
        return Err(Message::BadDays.into());
    }
    let by = by(asked.by.as_deref().unwrap_or("queue"))?;
    let step = step(asked.step.as_deref().unwrap_or("15m"))?;
    let view = state.centre().view();
    let running = state.centre().figures();
    let span = (from.start(), to.end());
    let books = state.history().books(&view.set_up.floor, &running, now, span).await.map_err(|error| match error {
        HistoryError::Store(error) => error.into(),
        error @ HistoryError::Unreadable(_) => Failure::Fault(Box::new(error)),
    })?;
    let scope = Scope { clearances: &me.agent.clearances };
    let table = table(&books, scope, by, step, running.small_count()).ok_or(Message::Absent)?;
    let shown = |cell: &Cell| shown_as(&view.set_up, by, cell);
    if wants_csv(&headers) {
        let name = format!("attachment; filename=\"figures-{from}-{to}.csv\"");
        let set = [
            (CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
            (CONTENT_DISPOSITION, name),
            (VARY, "accept".to_owned()),
        ];
        return Ok((set, written::csv(&table, by)).into_response());
    }
    let rows = |cells: &[Cell]| -> Vec<Value> { cells.iter().map(|cell| row(cell, by, shown(cell))).collect() };
    let answer = json!({
        "from": from, "to": to, "at": now,
        "small_count": (!scope.sees_all()).then(|| running.small_count()),
        "rows": rows(&table.rows), "totals": rows(&table.totals),
    });
    Ok(([(VARY, "accept")], axum::Json(answer)).into_response())
}

fn by(text: &str) -> Result<By, Message> {
    match text {
        "queue" => Ok(By::Queue),
        "lane" => Ok(By::Lane),
        "channel" => Ok(By::Channel),
        "tenant" => Ok(By::Tenant),
        "agent" => Ok(By::Agent),
        _ => Err(Message::BadInput),
    }
}

fn step(text: &str) -> Result<Step, Message> {
    match text {
        "15m" => Ok(Step::QuarterHour),
        "day" => Ok(Step::Day),
        _ => Err(Message::BadInput),
    }
}

fn wants_csv(headers: &HeaderMap) -> bool {
    let accept = headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    accept.split(',').any(|one| one.split(';').next().is_some_and(|kind| kind.trim() == "text/csv"))
}

/// What staff read for a queue or an agent.
fn shown_as(set_up: &Centre, by: By, cell: &Cell) -> Value {
    let key = cell.key.as_deref().unwrap_or_default();
    match by {
        By::Queue => {
            let queue = QueueName::new(key).ok().and_then(|name| set_up.queues.get(&name));
            json!(queue.map(shown::texts))
        }
        By::Agent => {
            let agent = AgentName::new(key).ok();
            json!(agent.and_then(|name| set_up.agents.get(&name)).map(|agent| &agent.shown_as))
        }
        By::Lane | By::Channel | By::Tenant => Value::Null,
    }
}

fn row(cell: &Cell, by: By, shown_as: Value) -> Value {
    let mut row = json!({"at": cell.at, "key": cell.key});
    if !shown_as.is_null() {
        row["shown_as"] = shown_as;
    }
    let mut left_out = Vec::new();
    for (name, told) in columns(cell, by) {
        row[&name] = match told {
            Told::Count(count) => json!(count),
            Told::Millis(millis) => json!(millis),
            Told::Share(share) => json!(share),
            Told::Nothing => Value::Null,
            Told::LeftOut => {
                left_out.push(name);
                continue;
            }
        };
    }
    for name in &left_out {
        row[name] = Value::Null;
    }
    if !left_out.is_empty() {
        row["left_out"] = json!(left_out);
    }
    row
}
