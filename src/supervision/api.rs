//! The ledger over HTTP.

mod daily;
mod entry;
mod sheet;

use axum::{extract::State, response::Response};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    audits,
    rules::Standing,
    store::{self, Filter},
};
use crate::{
    accounts::Role,
    app::App,
    calendar::CHINA,
    clock::millis,
    db::Tx,
    http::{Caller, FieldError, Json, Path, Problem, Query, page},
    sheets::{self, Format},
    tickets,
};
use entry::entries;
pub use entry::{DischargeView, EntryView, FeedbackView, InstructionView};
use sheet::ledger;

/// A ledger to be printed or filed: as many entries as a spreadsheet bears.
const WHOLE: i64 = 100_000;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(export))
        .routes(routes!(show))
        .merge(daily::routes())
        .merge(audits::routes())
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// open, answered, discharged, ended
    state: Option<String>,
    /// 1 to 5
    level: Option<i64>,
    /// Of one ticket
    ticket: Option<String>,
    unit: Option<String>,
    /// Opened at or after
    from: Option<DateTime<Utc>>,
    /// Opened before
    to: Option<DateTime<Utc>>,
    /// Only those whose feedback is late
    #[serde(default)]
    overdue: bool,
    cursor: Option<String>,
    limit: Option<i64>,
    /// Of a download: csv or xlsx
    #[serde(default)]
    #[param(value_type = String)]
    format: Format,
}

#[derive(Serialize, ToSchema)]
struct SupervisionPage {
    items: Vec<EntryView>,
    next_cursor: Option<String>,
}

type Key = (i64, i64, i64);

async fn filter(tx: &mut Tx, app: &App, caller: &Caller, query: ListQuery) -> Result<Filter, Problem> {
    let mut faults = Vec::new();
    let state = query.state.filter(|state| !state.is_empty());
    if state
        .as_deref()
        .is_some_and(|state| Standing::parse(state).is_none())
    {
        faults.push(FieldError::new(
            "state",
            "应为 open、answered、discharged 或 ended",
        ));
    }
    if query.level.is_some_and(|level| !(1..=5).contains(&level)) {
        faults.push(FieldError::new("level", "应为 1 至 5"));
    }
    if !faults.is_empty() {
        return Err(Problem::invalid(faults));
    }
    let own = (caller.role == Role::Unit).then(|| caller.unit_code.clone().unwrap_or_default());
    let scope = match &own {
        Some(own) => Some(tickets::scope(tx, Some(own)).await?),
        None => None,
    };
    Ok(Filter {
        state,
        level: query.level,
        ticket: query.ticket.filter(|number| !number.is_empty()),
        unit: query.unit.filter(|code| !code.is_empty()),
        from: query.from.map(millis),
        to: query.to.map(millis),
        late_at: query.overdue.then(|| millis(app.clock.now())),
        scope,
        before: page::decode::<Key>(query.cursor.as_deref())?,
        limit: page::limit(query.limit)?,
    })
}

/// The ledger of supervisions (督办台账), the newest first; a unit sees its own
#[utoipa::path(get, path = "/supervisions", tag = "supervision", params(ListQuery), responses((status = 200, body = SupervisionPage)))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ListQuery>,
) -> Result<Json<SupervisionPage>, Problem> {
    let mut tx = app.db.read().await?;
    let filter = filter(&mut tx, &app, &caller, query).await?;
    let wanted = Filter {
        limit: filter.limit + 1,
        ..filter.clone()
    };
    let rows = store::page(&mut tx, &wanted).await?;
    let (rows, next_cursor) = page::cut(rows, filter.limit, |row| (row.opened_at, row.year, row.no));
    Ok(Json(SupervisionPage {
        items: entries(&mut tx, rows, &caller, app.clock.now()).await?,
        next_cursor,
    }))
}

/// One entry of the ledger
#[utoipa::path(get, path = "/supervisions/{id}", tag = "supervision", params(("id" = String, Path)), responses((status = 200, body = EntryView)))]
async fn show(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<EntryView>, Problem> {
    let mut tx = app.db.read().await?;
    Ok(Json(entry(&mut tx, &id, &caller, app.clock.now()).await?))
}

/// An entry as the caller may see it; a unit sees its own and those below it.
pub async fn entry(tx: &mut Tx, id: &str, caller: &Caller, now: DateTime<Utc>) -> Result<EntryView, Problem> {
    let (year, no) = id
        .split_once('-')
        .and_then(|(year, no)| Some((year.parse().ok()?, no.parse().ok()?)))
        .ok_or_else(Problem::not_found)?;
    let row = store::find(tx, year, no).await?.ok_or_else(Problem::not_found)?;
    if caller.role == Role::Unit {
        let own = caller.unit_code.clone().unwrap_or_default();
        let scope = tickets::scope(tx, Some(&own)).await?;
        if !row.unit_code.as_ref().is_some_and(|code| scope.contains(code)) {
            return Err(Problem::not_found());
        }
    }
    let mut shown = entries(tx, vec![row], caller, now).await?;
    shown.pop().ok_or_else(Problem::not_found)
}

pub(super) fn minute(at: DateTime<Utc>) -> String {
    at.with_timezone(&CHINA).format("%Y-%m-%d %H:%M").to_string()
}

/// The ledger as a spreadsheet, filtered as the list is
#[utoipa::path(get, path = "/supervisions/export", tag = "supervision", params(ListQuery),
    responses((status = 200, description = "CSV or XLSX", content_type = "application/octet-stream")))]
async fn export(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ListQuery>,
) -> Result<Response, Problem> {
    let format = query.format;
    let mut tx = app.db.read().await?;
    let filter = Filter {
        limit: WHOLE,
        ..filter(&mut tx, &app, &caller, query).await?
    };
    let rows = store::page(&mut tx, &filter).await?;
    let entries = entries(&mut tx, rows, &caller, app.clock.now()).await?;
    sheets::file("supervisions", format, &[ledger(&entries)])
}
