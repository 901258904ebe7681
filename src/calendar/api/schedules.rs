//! Schedules: when a flow finds something open, and when citizens may be called.

use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    accounts::Role,
    app::App,
    calendar,
    db::Tx,
    http::{Caller, FieldError, Json, Path, Problem, Query},
    settings::{
        self, Edit, Kind, Schedule, Versioned,
        api::{VersionView, WantedVersion, versions},
    },
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_schedules))
        .routes(routes!(show_schedule, put_schedule))
        .routes(routes!(schedule_versions))
        .routes(routes!(rollback_schedule))
}

#[derive(Serialize, ToSchema)]
struct ScheduleView {
    settings: Schedule,
    version: i64,
    updated_at: DateTime<Utc>,
    updated_by: String,
    is_open: bool,
    /// When it next opens or closes; null: not within weeks
    changes_at: Option<DateTime<Utc>>,
    /// Titles of the flows that ask for it
    menus: Vec<String>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Seen {
    /// The version that the editor saw, 0 for a new one; without it the last one to save wins
    version: Option<i64>,
}

/// Schedules in force
#[utoipa::path(get, path = "/schedules", tag = "settings", responses((status = 200, body = Vec<Schedule>)))]
async fn list_schedules(State(app): State<App>, caller: Caller) -> Result<Json<Vec<Schedule>>, Problem> {
    caller.require_office()?;
    let schedules = settings::schedules(&mut app.db.read().await?).await?;
    let bodies = schedules.into_iter().map(|schedule| schedule.body);
    Ok(Json(bodies.collect()))
}

/// One schedule, whether it is open now, and who goes by it
#[utoipa::path(get, path = "/schedules/{name}", tag = "settings", params(("name" = String, Path)),
    responses((status = 200, body = ScheduleView)))]
async fn show_schedule(
    State(app): State<App>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<Json<ScheduleView>, Problem> {
    caller.require_office()?;
    view(&mut app.db.read().await?, &name, app.clock.now()).await
}

async fn view(tx: &mut Tx, name: &str, now: DateTime<Utc>) -> Result<Json<ScheduleView>, Problem> {
    let found = settings::current::<Schedule>(tx, Kind::Schedule, name).await?;
    let Versioned {
        body,
        version,
        updated_at,
        updated_by,
        ..
    } = found.ok_or_else(Problem::not_found)?;
    let (days, hours) = (calendar::load(tx).await?, calendar::read_hours(&body));
    Ok(Json(ScheduleView {
        is_open: calendar::is_permitted(&days, &hours, now),
        changes_at: calendar::next_change(&days, &hours, now),
        menus: settings::menus_by_schedule(tx, name).await?,
        settings: body,
        version,
        updated_at,
        updated_by,
    }))
}

/// Save a schedule as a new version
#[utoipa::path(put, path = "/schedules/{name}", tag = "settings", params(("name" = String, Path), Seen), request_body = Schedule,
    responses((status = 200, body = ScheduleView)))]
async fn put_schedule(
    State(app): State<App>,
    caller: Caller,
    Path(name): Path<String>,
    Query(seen): Query<Seen>,
    Json(schedule): Json<Schedule>,
) -> Result<Json<ScheduleView>, Problem> {
    save(&app, &caller, &name, &schedule, seen.version).await
}

async fn save(
    app: &App,
    caller: &Caller,
    name: &str,
    schedule: &Schedule,
    expected: Option<i64>,
) -> Result<Json<ScheduleView>, Problem> {
    caller.require(&[Role::Admin])?;
    let faults = schedule.faults().into_iter();
    let mut errors: Vec<FieldError> = faults
        .map(|(field, message)| FieldError::new(field, message))
        .collect();
    if schedule.name != name {
        errors.push(FieldError::new("name", "应与地址中的名称一致"));
    }
    if !errors.is_empty() {
        return Err(Problem::invalid(errors));
    }
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let edit = Edit {
        kind: Kind::Schedule,
        name,
        now,
        by: &caller.username,
    };
    settings::save(&mut tx, edit, schedule, expected).await?;
    let saved = view(&mut tx, name, now).await?;
    tx.commit().await?;
    Ok(saved)
}

/// Versions of a schedule, newest first
#[utoipa::path(get, path = "/schedules/{name}/versions", tag = "settings", params(("name" = String, Path)),
    responses((status = 200, body = Vec<VersionView>)))]
async fn schedule_versions(
    State(app): State<App>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<Json<Vec<VersionView>>, Problem> {
    versions(&app, &caller, Kind::Schedule, &name).await
}

/// Bring an earlier version of a schedule back, as a new version
#[utoipa::path(post, path = "/schedules/{name}/rollback", tag = "settings", params(("name" = String, Path)), request_body = WantedVersion,
    responses((status = 200, body = ScheduleView)))]
async fn rollback_schedule(
    State(app): State<App>,
    caller: Caller,
    Path(name): Path<String>,
    Json(wanted): Json<WantedVersion>,
) -> Result<Json<ScheduleView>, Problem> {
    caller.require(&[Role::Admin])?;
    let body = settings::earlier(&mut app.db.read().await?, Kind::Schedule, &name, wanted.version).await?;
    let schedule = serde_json::from_value(body)
        .map_err(|_| Problem::conflict("该版本的格式已不再支持").coded("settings-too-old"))?;
    save(&app, &caller, &name, &schedule, None).await
}
