//! Supervisors in operators' calls.

use axum::{extract::State, http::StatusCode};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Caller, FieldError, Json, Problem, actions::ask};
use crate::{
    accounts::Role,
    app::App,
    clock::millis,
    desks,
    http::{
        Path, Query,
        page::{Asked, Page},
    },
    live::desks::{Mode, Wish},
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(monitor, unmonitor))
        .routes(routes!(take_over))
        .routes(routes!(monitorings))
}

const SUPERVISORS: [Role; 2] = [Role::Supervisor, Role::Admin];

#[derive(Deserialize, ToSchema)]
struct Monitor {
    /// listen, whisper (to the operator alone), barge (heard by all)
    mode: String,
}

/// Takes part in a call by the supervisor's own browser; again changes how
#[utoipa::path(post, path = "/calls/{id}/monitor", tag = "desk", params(("id" = String, Path)),
    request_body = Monitor, responses((status = 204)))]
async fn monitor(
    State(app): State<App>,
    caller: Caller,
    Path(call_id): Path<String>,
    Json(wanted): Json<Monitor>,
) -> Result<StatusCode, Problem> {
    caller.require(&SUPERVISORS)?;
    let mode = match wanted.mode.as_str() {
        "listen" => Mode::Listen,
        "whisper" => Mode::Whisper,
        "barge" => Mode::Barge,
        _ => {
            let expected = "应为 listen、whisper 或 barge";
            return Err(Problem::invalid(vec![FieldError::new("mode", expected)]));
        }
    };
    ask(&app, &caller, Wish::Monitor { call_id, mode }).await
}

/// Leaves the call
#[utoipa::path(delete, path = "/calls/{id}/monitor", tag = "desk", params(("id" = String, Path)), responses((status = 204)))]
async fn unmonitor(
    State(app): State<App>,
    caller: Caller,
    Path(call_id): Path<String>,
) -> Result<StatusCode, Problem> {
    caller.require(&SUPERVISORS)?;
    ask(&app, &caller, Wish::Unmonitor { call_id }).await
}

/// Becomes the call's operator
#[utoipa::path(post, path = "/calls/{id}/takeover", tag = "desk", params(("id" = String, Path)), responses((status = 204)))]
async fn take_over(
    State(app): State<App>,
    caller: Caller,
    Path(call_id): Path<String>,
) -> Result<StatusCode, Problem> {
    caller.require(&SUPERVISORS)?;
    ask(&app, &caller, Wish::TakeOver { call_id }).await
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Span {
    from: Option<DateTime<Utc>>,
    to: Option<DateTime<Utc>>,
    cursor: Option<String>,
    limit: Option<i64>,
}

#[derive(Serialize, ToSchema)]
struct MonitoringRecord {
    username: String,
    call_id: String,
    /// listen, whisper, barge, takeover
    mode: String,
    from: DateTime<Utc>,
    until: Option<DateTime<Utc>>,
}

/// Who took part in whose call, newest first
#[utoipa::path(get, path = "/monitorings", tag = "desk", params(Span), responses((status = 200, body = Page<MonitoringRecord>)))]
async fn monitorings(
    State(app): State<App>,
    caller: Caller,
    Query(span): Query<Span>,
) -> Result<Json<Page<MonitoringRecord>>, Problem> {
    caller.require(&SUPERVISORS)?;
    let mut tx = app.db.read().await?;
    let asked = Asked {
        cursor: span.cursor,
        limit: span.limit,
    };
    let (before, read) = asked.rows()?;
    let found = desks::monitorings(&mut tx, span.from, span.to, before, read).await?;
    let record = |m: desks::Monitoring| MonitoringRecord {
        username: m.username,
        call_id: m.call_id,
        mode: m.mode,
        from: m.from,
        until: m.until,
    };
    let key = |m: &desks::Monitoring| (millis(m.from), m.id);
    Ok(Json(Page::shown(found, read, key, record)))
}
