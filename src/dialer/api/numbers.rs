//! The do-not-call list (勿扰名单).

use std::collections::BTreeMap;

use axum::{body::Bytes, extract::State, http::StatusCode, response::Response};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::WATCHERS;
use crate::{
    accounts::Role,
    app::App,
    calendar,
    clock::{from_millis, millis},
    db::{self, Tx},
    dialer::{
        jobs,
        store::unwanted::{self as store, Unwanted},
        unwanted::{self, BAD_NUMBER, BAD_REASON, Difference, Fault, Wanted},
    },
    http::{Caller, FieldError, Json, Path, Problem, Query, page},
    sheets,
};

/// Of a file's changes, shown at most.
const SHOWN: usize = 200;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, add))
        .routes(routes!(remove))
        .routes(routes!(export))
        .routes(routes!(import))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct NumberQuery {
    /// The beginning of the number
    #[serde(default)]
    q: String,
    cursor: Option<String>,
    limit: Option<i64>,
}

#[derive(Serialize, ToSchema)]
struct DoNotCall {
    id: i64,
    number: String,
    reason: String,
    /// The last day on which it holds; none: for ever
    until: Option<NaiveDate>,
    /// Whether it still holds
    holds: bool,
    added_by: String,
    added_at: DateTime<Utc>,
}

impl DoNotCall {
    fn new(entry: Unwanted, now: DateTime<Utc>) -> Self {
        let until = entry.until_at.map(from_millis);
        Self {
            id: entry.id,
            number: entry.number,
            reason: entry.reason,
            until: until.map(unwanted::last_day),
            holds: until.is_none_or(|until| until > now),
            added_by: entry.added_by,
            added_at: from_millis(entry.added_at),
        }
    }
}

#[derive(Serialize, ToSchema)]
struct DoNotCallPage {
    items: Vec<DoNotCall>,
    next_cursor: Option<String>,
}

/// Numbers that the machine does not call, the latest first
#[utoipa::path(get, path = "/do-not-call", tag = "dialer", params(NumberQuery), responses((status = 200, body = DoNotCallPage)))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<NumberQuery>,
) -> Result<Json<DoNotCallPage>, Problem> {
    caller.require(&WATCHERS)?;
    let limit = page::limit(query.limit)?;
    let after = page::decode(query.cursor.as_deref())?;
    let beginning: String = query.q.chars().filter(char::is_ascii_digit).collect();
    let found = store::page(&mut app.db.read().await?, &beginning, (after, limit + 1)).await?;
    let (found, next_cursor) = page::cut(found, limit, |entry| (entry.added_at, entry.id));
    let now = app.clock.now();
    let items = found
        .into_iter()
        .map(|entry| DoNotCall::new(entry, now))
        .collect();
    Ok(Json(DoNotCallPage { items, next_cursor }))
}

#[derive(Deserialize, ToSchema)]
struct NewDoNotCall {
    /// However it is written: 13800000001, +86 138…, 0534-8200001
    number: String,
    reason: String,
    /// The last day on which it holds; none: for ever
    until: Option<NaiveDate>,
}

/// From now on the machine does not call this number; people may
#[utoipa::path(post, path = "/do-not-call", tag = "dialer", request_body = NewDoNotCall, responses((status = 204)))]
async fn add(
    State(app): State<App>,
    caller: Caller,
    Json(body): Json<NewDoNotCall>,
) -> Result<StatusCode, Problem> {
    caller.require(&[Role::Operator, Role::Supervisor, Role::Admin])?;
    let entry = checked(&body, today(&app)).map_err(Problem::invalid)?;
    let mut tx = app.db.begin().await?;
    let id = keep(&app, &mut tx, &entry, &caller).await?;
    // The log names the entry, not the citizen's number.
    tx.note("id", id.to_string());
    jobs::tell(&mut tx);
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

fn today(app: &App) -> NaiveDate {
    calendar::local_date(app.clock.now())
}

fn checked(body: &NewDoNotCall, today: NaiveDate) -> Result<Wanted, Vec<FieldError>> {
    let (number, reason) = (unwanted::plain(&body.number), body.reason.trim());
    let rules = [
        (number.is_some(), "number", BAD_NUMBER),
        (unwanted::is_reason(reason), "reason", BAD_REASON),
        (
            body.until.is_none_or(|day| unwanted::is_last_day(day, today)),
            "until",
            "不能早于今天，也不能晚于 2999 年",
        ),
    ];
    let broken = rules.into_iter().filter(|(holds, ..)| !holds);
    let faults: Vec<_> = broken
        .map(|(_, field, message)| FieldError::new(field, message))
        .collect();
    match number {
        Some(number) if faults.is_empty() => Ok(Wanted {
            number,
            reason: reason.to_owned(),
            until: body.until,
        }),
        _ => Err(faults),
    }
}

async fn keep(app: &App, tx: &mut Tx, entry: &Wanted, caller: &Caller) -> Result<i64, db::Error> {
    let until = entry.until.and_then(unwanted::end_of).map(millis);
    let by = (millis(app.clock.now()), caller.username.as_str());
    store::add(tx, &entry.number, &entry.reason, until, by).await
}

/// The machine may call this number again
#[utoipa::path(delete, path = "/do-not-call/{id}", tag = "dialer", params(("id" = i64, Path)), responses((status = 204)))]
async fn remove(State(app): State<App>, caller: Caller, Path(id): Path<i64>) -> Result<StatusCode, Problem> {
    caller.require(&WATCHERS)?;
    let mut tx = app.db.begin().await?;
    if !store::remove(&mut tx, id).await? {
        return Err(Problem::not_found());
    }
    jobs::tell(&mut tx);
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

fn wanted(entry: Unwanted) -> Wanted {
    Wanted {
        number: entry.number,
        reason: entry.reason,
        until: entry.until_at.map(|at| unwanted::last_day(from_millis(at))),
    }
}

/// The list as a CSV, ready to be changed and imported
#[utoipa::path(get, path = "/do-not-call/export", tag = "dialer",
    responses((status = 200, description = "CSV", content_type = "text/csv")))]
async fn export(State(app): State<App>, caller: Caller) -> Result<Response, Problem> {
    caller.require(&WATCHERS)?;
    let all = store::all(&mut app.db.read().await?).await?;
    let sheet = unwanted::sheet(all.into_iter().map(wanted));
    sheets::file("do-not-call", sheets::Format::Csv, &[sheet])
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct FileQuery {
    /// false: only say what would change
    #[serde(default)]
    apply: bool,
    /// The file's name: an ending .xlsx says what it ought to be
    #[serde(default)]
    name: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = DoNotCallFault)]
struct FaultView {
    /// As the spreadsheet program counts; 0: the file as a whole
    row: u32,
    column: &'static str,
    message: String,
}

impl From<Fault> for FaultView {
    fn from(Fault { row, column, message }: Fault) -> Self {
        Self { row, column, message }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = DoNotCallChange)]
struct ChangeView {
    /// added, changed
    what: &'static str,
    number: String,
    reason: String,
    until: Option<NaiveDate>,
}

#[derive(Serialize, ToSchema)]
struct DoNotCallImport {
    /// Whether it was done; never when there is a fault
    applied: bool,
    added: usize,
    changed: usize,
    unchanged: usize,
    /// The first 200 of them
    changes: Vec<ChangeView>,
    faults: Vec<FaultView>,
}

impl DoNotCallImport {
    fn new(difference: &Difference, faults: Vec<Fault>, applied: bool) -> Self {
        let view = |(what, entry): (&'static str, &Wanted)| ChangeView {
            what,
            number: entry.number.clone(),
            reason: entry.reason.clone(),
            until: entry.until,
        };
        let added = difference.added.iter().map(|entry| ("added", entry));
        let changed = difference.changed.iter().map(|entry| ("changed", entry));
        Self {
            applied,
            added: difference.added.len(),
            changed: difference.changed.len(),
            unchanged: difference.unchanged,
            changes: added.chain(changed).take(SHOWN).map(view).collect(),
            faults: faults.into_iter().map(FaultView::from).collect(),
        }
    }
}

/// Take a CSV or XLSX of numbers: first what it would add and change, then all of it or nothing; it removes none
#[utoipa::path(post, path = "/do-not-call/import", tag = "dialer", params(FileQuery),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"), responses((status = 200, body = DoNotCallImport)))]
async fn import(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<FileQuery>,
    body: Result<Bytes, axum::extract::rejection::BytesRejection>,
) -> Result<Json<DoNotCallImport>, Problem> {
    caller.require(&WATCHERS)?;
    let bytes = body.map_err(|rejection| {
        Problem::new(
            rejection.status(),
            "文件超过 2 MB，已拒绝。请删除图片和空行，或分批导入",
        )
    })?;
    let is_workbook = query.name.to_lowercase().ends_with(".xlsx");
    // Unpacking a workbook is work: not on a thread that serves others.
    let read = tokio::task::spawn_blocking(move || sheets::read(&bytes, is_workbook));
    let cells = read
        .await
        .map_err(Problem::internal)?
        .map_err(|error| Problem::invalid(vec![FieldError::new("file", error.to_string())]))?;
    let (entries, faults) = unwanted::read(&cells, today(&app));
    let mut tx = app.db.begin().await?;
    let known = store::all(&mut tx).await?.into_iter().map(wanted);
    let known: BTreeMap<String, Wanted> = known.map(|entry| (entry.number.clone(), entry)).collect();
    let difference = unwanted::compare(&known, entries);
    let applied = query.apply && faults.is_empty();
    if applied {
        for entry in difference.added.iter().chain(&difference.changed) {
            keep(&app, &mut tx, entry, &caller).await?;
        }
        tx.note("added", difference.added.len().to_string());
        tx.note("changed", difference.changed.len().to_string());
        jobs::tell(&mut tx);
        tx.commit().await?;
    }
    Ok(Json(DoNotCallImport::new(&difference, faults, applied)))
}
