//! One profile: its limits, its versions.

use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::wire::LimitProfile;
use crate::{
    accounts::Role,
    app::App,
    calendar::{self, limits::Profile},
    db::Tx,
    http::{Caller, FieldError, Json, Path, Problem, Query},
    settings::{
        self, Edit, Kind,
        api::{VersionView, WantedVersion, versions},
    },
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(show_profile, put_profile))
        .routes(routes!(profile_versions))
        .routes(routes!(rollback_profile))
}

#[derive(Serialize, ToSchema)]
struct LimitProfileView {
    settings: LimitProfile,
    /// The county works by it
    in_force: bool,
    version: i64,
    updated_at: DateTime<Utc>,
    updated_by: String,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Seen {
    /// The version that the editor saw, 0 for a new one; without it the last one to save wins
    version: Option<i64>,
}

/// A time-limit profile
#[utoipa::path(get, path = "/limits/profiles/{name}", tag = "settings", params(("name" = String, Path)),
    responses((status = 200, body = LimitProfileView)))]
async fn show_profile(
    State(app): State<App>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<Json<LimitProfileView>, Problem> {
    caller.require_office()?;
    view(&mut app.db.read().await?, &name).await
}

async fn view(tx: &mut Tx, name: &str) -> Result<Json<LimitProfileView>, Problem> {
    let found = settings::current::<Profile>(tx, Kind::Limits, name)
        .await?
        .ok_or_else(Problem::not_found)?;
    Ok(Json(LimitProfileView {
        settings: found.body.into(),
        in_force: calendar::profile(tx).await?.name == name,
        version: found.version,
        updated_at: found.updated_at,
        updated_by: found.updated_by,
    }))
}

/// Save a time-limit profile as a new version; if it is in force, due dates of open tickets are counted anew
#[utoipa::path(put, path = "/limits/profiles/{name}", tag = "settings", params(("name" = String, Path), Seen), request_body = LimitProfile,
    responses((status = 200, body = LimitProfileView)))]
async fn put_profile(
    State(app): State<App>,
    caller: Caller,
    Path(name): Path<String>,
    Query(seen): Query<Seen>,
    Json(wanted): Json<LimitProfile>,
) -> Result<Json<LimitProfileView>, Problem> {
    caller.require(&[Role::Admin])?;
    save(&app, &caller, &name, &wanted.read("")?, seen.version).await
}

async fn save(
    app: &App,
    caller: &Caller,
    name: &str,
    profile: &Profile,
    expected: Option<i64>,
) -> Result<Json<LimitProfileView>, Problem> {
    let mut errors: Vec<FieldError> = profile
        .faults()
        .into_iter()
        .map(|(field, message)| FieldError::new(field, message))
        .collect();
    if profile.name != name {
        errors.push(FieldError::new("name", "应与地址中的方案名一致"));
    }
    if !errors.is_empty() {
        return Err(Problem::invalid(errors));
    }
    let mut tx = app.db.begin().await?;
    let edit = Edit {
        kind: Kind::Limits,
        name,
        now: app.clock.now(),
        by: &caller.username,
    };
    settings::save(&mut tx, edit, profile, expected).await?;
    let saved = view(&mut tx, name).await?;
    tx.commit().await?;
    Ok(saved)
}

/// Versions of a time-limit profile, newest first
#[utoipa::path(get, path = "/limits/profiles/{name}/versions", tag = "settings", params(("name" = String, Path)),
    responses((status = 200, body = Vec<VersionView>)))]
async fn profile_versions(
    State(app): State<App>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<Json<Vec<VersionView>>, Problem> {
    versions(&app, &caller, Kind::Limits, &name).await
}

/// Bring an earlier version of a time-limit profile back, as a new version
#[utoipa::path(post, path = "/limits/profiles/{name}/rollback", tag = "settings", params(("name" = String, Path)), request_body = WantedVersion,
    responses((status = 200, body = LimitProfileView)))]
async fn rollback_profile(
    State(app): State<App>,
    caller: Caller,
    Path(name): Path<String>,
    Json(wanted): Json<WantedVersion>,
) -> Result<Json<LimitProfileView>, Problem> {
    caller.require(&[Role::Admin])?;
    let body = settings::earlier(&mut app.db.read().await?, Kind::Limits, &name, wanted.version).await?;
    let profile = serde_json::from_value(body)
        .map_err(|_| Problem::conflict("该版本的格式已不再支持").coded("settings-too-old"))?;
    save(&app, &caller, &name, &profile, None).await
}
