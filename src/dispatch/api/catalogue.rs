//! The duty catalogue over HTTP: the office reads, administrators and dispatchers change.

use std::collections::HashMap;

use axum::{
    body::Bytes,
    extract::{State, rejection::BytesRejection},
    http::StatusCode,
    response::Response,
};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    accounts::Role,
    app::App,
    calendar::local_date,
    clock::from_millis,
    db::{self, Tx},
    dispatch::{
        catalogue::{self, Error, Hand, Standing},
        store::catalogue::{self as store, Listed},
        table::{self, Form},
    },
    http::{
        Caller, FieldError, Json, Path, Problem, Query,
        imports::{self, ImportChange, ImportOutcome, ImportQuery},
        page::{self, Asked, Page},
    },
    sheets::{self, Format},
    tickets::{self, CodeName},
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(change))
        .routes(routes!(versions))
        .routes(routes!(version))
        .routes(routes!(rollback))
        .routes(routes!(export))
        .routes(routes!(take))
}

fn may_write(caller: &Caller) -> Result<(), Problem> {
    caller.require(&[Role::Dispatcher, Role::Admin])
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// Words of a class, unit, area, legal basis or note; all of them must be there
    #[serde(default)]
    q: String,
    /// A class or the beginning of its code
    #[serde(default)]
    class: String,
    /// The lead unit
    #[serde(default)]
    unit: String,
    /// in_force, future, ended
    #[serde(default)]
    state: String,
    cursor: Option<String>,
    limit: Option<i64>,
}

/// An entry of the duty catalogue, as it is kept
#[derive(Serialize, ToSchema)]
#[schema(as = DutyEntry)]
struct EntryView {
    id: i64,
    /// Of the catalogue, that changed it last
    version: i64,
    class: CodeName,
    /// null: the whole county
    area: Option<CodeName>,
    unit: CodeName,
    co_units: Vec<CodeName>,
    basis: String,
    note: String,
    valid_from: Option<NaiveDate>,
    /// The last day on which it holds
    valid_until: Option<NaiveDate>,
    /// in_force, future, ended
    state: &'static str,
    /// How many meetings decided on the class
    precedents: i64,
    /// null: never since it was first loaded
    updated_at: Option<DateTime<Utc>>,
    updated_by: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = DutyEntryPage)]
struct EntryPage {
    items: Vec<EntryView>,
    next_cursor: Option<String>,
}

fn state(standing: Standing) -> &'static str {
    match standing {
        Standing::InForce => "in_force",
        Standing::Future => "future",
        Standing::Ended => "ended",
    }
}

fn standing(state: &str) -> Result<Option<Standing>, Problem> {
    let all = [Standing::InForce, Standing::Future, Standing::Ended];
    match all.into_iter().find(|standing| self::state(*standing) == state) {
        None if !state.is_empty() => Err(Problem::invalid(vec![FieldError::new("state", "不在可选范围内")])),
        found => Ok(found),
    }
}

fn view(listed: Listed, names: &HashMap<String, String>, today: NaiveDate) -> EntryView {
    let state = state(listed.kept.entry.standing(today));
    let entry = listed.kept.entry;
    let named = |code: String, name: String| CodeName { code, name };
    let helper = |code: String| CodeName {
        name: names.get(&code).cloned().unwrap_or_else(|| code.clone()),
        code,
    };
    EntryView {
        id: listed.kept.id,
        version: listed.kept.version,
        class: named(entry.class_code, listed.class_name),
        area: (!entry.area.is_empty()).then(|| named(entry.area, listed.area_name)),
        unit: named(entry.unit_code, listed.unit_name),
        co_units: entry.co_units.into_iter().map(helper).collect(),
        basis: entry.basis,
        note: entry.note,
        valid_from: entry.valid_from,
        valid_until: entry.valid_until,
        state,
        precedents: listed.precedents,
        updated_at: (listed.updated_at > 0).then(|| from_millis(listed.updated_at)),
        updated_by: listed.updated_by,
    }
}

async fn views(tx: &mut Tx, listed: Vec<Listed>, today: NaiveDate) -> Result<Vec<EntryView>, db::Error> {
    let helpers: Vec<&str> = listed
        .iter()
        .flat_map(|one| &one.kept.entry.co_units)
        .map(String::as_str)
        .collect();
    let names = tickets::unit_names(tx, &helpers).await?;
    Ok(listed.into_iter().map(|one| view(one, &names, today)).collect())
}

/// The duty catalogue in its order, also what has ended or is to come
#[utoipa::path(get, path = "/duty-catalogue", tag = "duties", params(ListQuery), responses((status = 200, body = EntryPage)))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ListQuery>,
) -> Result<Json<EntryPage>, Problem> {
    caller.require_office()?;
    let limit = page::limit(query.limit)?;
    let today = local_date(app.clock.now());
    let filter = store::Filter {
        q: query.q,
        class: query.class,
        unit: query.unit,
        standing: standing(&query.state)?,
        today,
        after: page::decode(query.cursor.as_deref())?,
        limit: limit + 1,
    };
    let mut tx = app.db.read().await?;
    let rows = store::page(&mut tx, &filter).await?;
    let (rows, next_cursor) = page::cut(rows, limit, |row| (row.kept.position, row.kept.id));
    Ok(Json(EntryPage {
        items: views(&mut tx, rows, today).await?,
        next_cursor,
    }))
}

/// What of an entry may be changed: of another class, area or unit there is another entry
#[derive(Deserialize, ToSchema)]
struct DutyTerms {
    #[serde(default)]
    co_units: Vec<String>,
    #[serde(default)]
    basis: String,
    #[serde(default)]
    note: String,
    /// The first day on which it holds
    valid_from: Option<NaiveDate>,
    /// The last one
    valid_until: Option<NaiveDate>,
}

#[derive(Deserialize, ToSchema)]
struct DutyBody {
    class_code: String,
    /// Code of a place; empty: the whole county
    #[serde(default)]
    area: String,
    unit_code: String,
    #[serde(flatten)]
    terms: DutyTerms,
}

#[derive(Deserialize, ToSchema)]
struct DutyChange {
    /// Of the entry as it was shown; 409 when it was changed since
    version: i64,
    #[serde(flatten)]
    terms: DutyTerms,
}

impl From<DutyTerms> for Form {
    fn from(terms: DutyTerms) -> Self {
        let day = |day: Option<NaiveDate>| day.map(|day| day.to_string()).unwrap_or_default();
        Self {
            co_units: terms.co_units,
            basis: terms.basis,
            note: terms.note,
            valid_from: day(terms.valid_from),
            valid_until: day(terms.valid_until),
            ..Self::default()
        }
    }
}

fn hand<'a>(app: &App, caller: &'a Caller, what: &'static str) -> Hand<'a> {
    Hand {
        now: app.clock.now(),
        by: &caller.username,
        what,
    }
}

async fn shown(app: &App, tx: &mut Tx, id: i64) -> Result<Json<EntryView>, Problem> {
    let listed = store::listed(tx, id).await?.ok_or_else(Problem::not_found)?;
    let view = views(tx, vec![listed], local_date(app.clock.now())).await?.pop();
    view.map(Json).ok_or_else(Problem::not_found)
}

/// Add an entry: in force at the next dispatch
#[utoipa::path(post, path = "/duty-catalogue", tag = "duties", request_body = DutyBody, responses((status = 201, body = EntryView)))]
async fn create(
    State(app): State<App>,
    caller: Caller,
    Json(body): Json<DutyBody>,
) -> Result<(StatusCode, Json<EntryView>), Problem> {
    may_write(&caller)?;
    let form = Form {
        class_code: body.class_code,
        area: body.area,
        unit_code: body.unit_code,
        ..body.terms.into()
    };
    let mut tx = app.db.begin().await?;
    let id = catalogue::add(&mut tx, hand(&app, &caller, "added"), &form).await?;
    tx.note("id", id.to_string());
    let shown = shown(&app, &mut tx, id).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, shown))
}

/// Change an entry, or end it by its last day: in force at the next dispatch
#[utoipa::path(put, path = "/duty-catalogue/{id}", tag = "duties", params(("id" = i64, Path)), request_body = DutyChange,
    responses((status = 200, body = EntryView)))]
async fn change(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<i64>,
    Json(body): Json<DutyChange>,
) -> Result<Json<EntryView>, Problem> {
    may_write(&caller)?;
    let mut tx = app.db.begin().await?;
    let seen = (id, body.version);
    catalogue::change(&mut tx, hand(&app, &caller, "changed"), seen, body.terms.into()).await?;
    let shown = shown(&app, &mut tx, id).await?;
    tx.commit().await?;
    Ok(shown)
}

/// A version of the catalogue
#[derive(Serialize, ToSchema)]
struct DutyVersion {
    version: i64,
    /// null: before versions were kept
    updated_at: Option<DateTime<Utc>>,
    updated_by: String,
    /// loaded, added, changed, imported, rolled_back
    what: String,
    /// How many entries it changed; of the first, 0
    entries: i64,
}

impl From<store::Version> for DutyVersion {
    fn from(row: store::Version) -> Self {
        Self {
            version: row.version,
            updated_at: (row.at > 0).then(|| from_millis(row.at)),
            updated_by: row.by,
            what: row.what,
            entries: row.entries,
        }
    }
}

/// Versions of the catalogue, the newest first
#[utoipa::path(get, path = "/duty-catalogue/versions", tag = "duties", params(Asked), responses((status = 200, body = Page<DutyVersion>)))]
async fn versions(
    State(app): State<App>,
    caller: Caller,
    Query(asked): Query<Asked>,
) -> Result<Json<Page<DutyVersion>>, Problem> {
    caller.require_office()?;
    let (before, read) = asked.rows()?;
    let rows = store::versions(&mut app.db.read().await?, before, read).await?;
    Ok(Json(Page::shown(
        rows,
        read,
        |row| row.version,
        DutyVersion::from,
    )))
}

#[derive(Serialize, ToSchema)]
struct DutyVersionDetail {
    version: i64,
    changes: Vec<ImportChange>,
}

/// What a version did to which entries
#[utoipa::path(get, path = "/duty-catalogue/versions/{version}", tag = "duties", params(("version" = i64, Path)),
    responses((status = 200, body = DutyVersionDetail)))]
async fn version(
    State(app): State<App>,
    caller: Caller,
    Path(version): Path<i64>,
) -> Result<Json<DutyVersionDetail>, Problem> {
    caller.require_office()?;
    let mut tx = app.db.read().await?;
    if !store::has_version(&mut tx, version).await? {
        return Err(Problem::not_found());
    }
    let names = store::names(&mut tx).await?;
    let edits = store::edits_of(&mut tx, version).await?;
    let told = edits
        .iter()
        .map(|edit| table::told(edit.before.as_ref(), edit.after.as_ref(), &names));
    Ok(Json(DutyVersionDetail {
        version,
        changes: told.map(ImportChange::from).collect(),
    }))
}

#[derive(Deserialize, ToSchema)]
struct DutyRollback {
    version: i64,
}

/// Make the catalogue what it was at a version, as a new version
#[utoipa::path(post, path = "/duty-catalogue/rollback", tag = "duties", request_body = DutyRollback, responses((status = 204)))]
async fn rollback(
    State(app): State<App>,
    caller: Caller,
    Json(body): Json<DutyRollback>,
) -> Result<StatusCode, Problem> {
    may_write(&caller)?;
    let mut tx = app.db.begin().await?;
    tx.note("to", body.version);
    catalogue::roll_back(&mut tx, hand(&app, &caller, "rolled_back"), body.version).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ExportQuery {
    /// csv, xlsx
    #[serde(default)]
    #[param(value_type = String)]
    format: Format,
}

/// The catalogue as a spreadsheet, ready to be changed and imported
#[utoipa::path(get, path = "/duty-catalogue/export", tag = "duties", params(ExportQuery),
    responses((status = 200, description = "CSV or XLSX", content_type = "application/octet-stream")))]
async fn export(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ExportQuery>,
) -> Result<Response, Problem> {
    caller.require_office()?;
    let sheet = catalogue::sheet(&mut app.db.read().await?).await?;
    sheets::file("duties", query.format, &[sheet])
}

/// Take a CSV or XLSX of entries: first what it would change, then all of it or nothing. What it does not name stays as it is
#[utoipa::path(post, path = "/duty-catalogue/import", tag = "duties", params(ImportQuery),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"), responses((status = 200, body = ImportOutcome)))]
async fn take(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ImportQuery>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<ImportOutcome>, Problem> {
    may_write(&caller)?;
    let cells = imports::cells(body, &query.name).await?;
    let mut tx = app.db.begin().await?;
    let hand = hand(&app, &caller, "imported");
    let (outcome, applied) = catalogue::take(&mut tx, hand, &cells, query.apply).await?;
    if applied {
        tx.commit().await?;
    }
    Ok(Json(ImportOutcome::of(outcome, applied)))
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let detail = error.to_string();
        match error {
            Error::NotFound => Self::not_found(),
            Error::Invalid(faults) => {
                let fault =
                    |fault: sheets::Fault| FieldError::new(table::field(&fault.column), fault.message);
                Self::invalid(faults.into_iter().map(fault).collect())
            }
            Error::Stale => Self::conflict(detail).coded("duty-stale"),
            Error::Gone { .. } => Self::conflict(detail).coded("duty-gone"),
            Error::Database(error) => error.into(),
        }
    }
}
