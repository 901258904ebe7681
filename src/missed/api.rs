//! Missed calls over HTTP.

use axum::{extract::State, http::StatusCode};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    jobs, rules,
    store::{self, Figures, Missed},
};
use crate::{
    accounts::Role,
    app::App,
    calendar,
    clock::{from_millis, millis},
    http::{Caller, FieldError, Json, Path, Problem, Query, page},
};

mod rate;

const LONGEST_NOTE: usize = 200;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(settle))
        .merge(rate::routes())
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// true: those that are settled, the latest first
    #[serde(default)]
    settled: bool,
    cursor: Option<String>,
    limit: Option<i64>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = MissedCall)]
struct MissedView {
    id: i64,
    number: String,
    first_at: DateTime<Utc>,
    last_at: DateTime<Utc>,
    last_call_id: String,
    /// How often the citizen called in vain
    calls: i64,
    /// By when to call back
    due_at: DateTime<Utc>,
    is_overdue: bool,
    /// Calls back that reached nobody
    attempts: i64,
    last_attempt_at: Option<DateTime<Utc>>,
    /// no_answer, busy, declined, failed …
    last_outcome: Option<String>,
    settled_at: Option<DateTime<Utc>>,
    /// reached, called_again, message, unreachable, handled
    settled_as: Option<String>,
    settled_by: Option<String>,
    settled_call_id: Option<String>,
    note: Option<String>,
    /// Since when the citizen had waited who chose to be called back, and keeps that place
    kept_from: Option<DateTime<Utc>>,
}

impl MissedView {
    fn new(missed: Missed, now: i64) -> Self {
        Self {
            is_overdue: missed.settled_at.unwrap_or(now) > missed.due_at,
            id: missed.id,
            number: missed.number,
            first_at: from_millis(missed.first_at),
            last_at: from_millis(missed.last_at),
            last_call_id: missed.last_call_id,
            calls: missed.calls,
            due_at: from_millis(missed.due_at),
            attempts: missed.attempts,
            last_attempt_at: missed.last_attempt_at.map(from_millis),
            last_outcome: missed.last_outcome,
            settled_at: missed.settled_at.map(from_millis),
            settled_as: missed.settled_as,
            settled_by: missed.settled_by,
            settled_call_id: missed.settled_call_id,
            note: missed.note,
            kept_from: missed.kept_from.map(from_millis),
        }
    }
}

#[derive(Serialize, ToSchema)]
struct MissedCalls {
    items: Vec<MissedView>,
    next_cursor: Option<String>,
    /// Not settled
    open: i64,
    /// Of these, past their due date
    overdue: i64,
    /// First missed today
    today: i64,
    /// Of today's, reached or come through again in time
    today_in_time: i64,
    /// The time to call back, in seconds
    limit_seconds: i64,
    /// Calls back after which a citizen counts as unreachable
    attempts: i64,
}

/// Calls that nobody answered and that are owed a call back, the first due first
#[utoipa::path(get, path = "/missed-calls", tag = "calls", params(ListQuery), responses((status = 200, body = MissedCalls)))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ListQuery>,
) -> Result<Json<MissedCalls>, Problem> {
    caller.require_office()?;
    let now = app.clock.now();
    let today = millis(calendar::day_start(now));
    let mut tx = app.db.read().await?;
    let (limit, after) = (page::limit(query.limit)?, page::decode(query.cursor.as_deref())?);
    let items = match query.settled {
        true => store::settled(&mut tx, after, limit + 1).await?,
        false => store::open(&mut tx, after, limit + 1).await?,
    };
    let key = |missed: &Missed| (missed.settled_at.unwrap_or(missed.due_at), missed.id);
    let (items, next_cursor) = page::cut(items, limit, key);
    let Figures {
        open,
        overdue,
        missed,
        in_time,
    } = store::figures(&mut tx, today, millis(now)).await?;
    Ok(Json(MissedCalls {
        items: items
            .into_iter()
            .map(|missed| MissedView::new(missed, millis(now)))
            .collect(),
        next_cursor,
        open,
        overdue,
        today: missed,
        today_in_time: in_time,
        limit_seconds: i64::try_from(app.config.callback.within.as_secs()).unwrap_or(i64::MAX),
        attempts: rules::ATTEMPTS,
    }))
}

#[derive(Deserialize, ToSchema)]
struct SettleBody {
    /// What was done instead of a call, or why none is due
    note: String,
}

/// Settled without a call, with the reason
#[utoipa::path(post, path = "/missed-calls/{id}/settle", tag = "calls", params(("id" = i64, Path)), request_body = SettleBody,
    responses((status = 204)))]
async fn settle(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<i64>,
    Json(body): Json<SettleBody>,
) -> Result<StatusCode, Problem> {
    caller.require(&[Role::Operator, Role::Supervisor])?;
    let note = body.note.trim();
    if note.is_empty() || note.chars().count() > LONGEST_NOTE {
        let fault = FieldError::new("note", "请写明处理情况，1 至 200 个字");
        return Err(Problem::invalid(vec![fault]));
    }
    let mut tx = app.db.begin().await?;
    if store::find(&mut tx, id).await?.is_none() {
        return Err(Problem::not_found());
    }
    let now = millis(app.clock.now());
    if store::settle_by_hand(&mut tx, id, &caller.username, note, now).await? == 0 {
        return Err(Problem::conflict("这条漏接已经处理过了，请刷新列表").coded("missed-settled"));
    }
    jobs::tell(&mut tx);
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
