//! The duty catalogue over HTTP: the office reads, administrators and dispatchers change.

mod files;
mod versions;

use std::collections::HashMap;

use axum::{extract::State, http::StatusCode};
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
    http::{Caller, FieldError, Json, Path, Problem, Query, page},
    sheets,
    tickets::{self, CodeName},
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(change))
        .merge(versions::routes())
        .merge(files::routes())
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
