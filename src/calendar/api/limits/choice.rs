//! Which profile is in force.

use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    accounts::Role,
    app::App,
    calendar::{
        Chosen,
        limits::{self, Profile},
    },
    db::Tx,
    http::{Caller, FieldError, Json, Problem},
    settings::{self, Edit, Kind, LIMITS_CHOICE, api::WantedVersion},
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(show_choice, choose))
        .routes(routes!(choice_versions))
        .routes(routes!(rollback_choice))
}

/// Which profile is in force, and among which
#[derive(Serialize, ToSchema)]
struct LimitChoice {
    profile: String,
    /// 0: nobody chose, the profile that ships is in force
    version: i64,
    updated_at: Option<DateTime<Utc>>,
    updated_by: Option<String>,
    profiles: Vec<OfferedProfile>,
}

#[derive(Serialize, ToSchema)]
struct OfferedProfile {
    name: String,
    title: String,
    /// The document it follows
    basis: String,
    version: i64,
    updated_at: DateTime<Utc>,
    updated_by: String,
}

#[derive(Deserialize, ToSchema)]
struct WantedChoice {
    profile: String,
    /// The version that the editor saw; without it the last one to choose wins
    version: Option<i64>,
}

#[derive(Serialize, ToSchema)]
struct ChoiceVersion {
    version: i64,
    /// null: the version cannot be read
    profile: Option<String>,
    updated_at: DateTime<Utc>,
    updated_by: String,
}

/// Time-limit profiles and which of them is in force
#[utoipa::path(get, path = "/limits", tag = "settings", responses((status = 200, body = LimitChoice)))]
async fn show_choice(State(app): State<App>, caller: Caller) -> Result<Json<LimitChoice>, Problem> {
    caller.require_office()?;
    view(&mut app.db.read().await?).await
}

async fn view(tx: &mut Tx) -> Result<Json<LimitChoice>, Problem> {
    let chosen = settings::current::<Chosen>(tx, Kind::LimitsChoice, LIMITS_CHOICE).await?;
    let profiles = settings::all::<Profile>(tx, Kind::Limits).await?.into_iter();
    let offered = profiles.map(|profile| OfferedProfile {
        name: profile.name,
        title: profile.body.title,
        basis: profile.body.basis,
        version: profile.version,
        updated_at: profile.updated_at,
        updated_by: profile.updated_by,
    });
    Ok(Json(LimitChoice {
        profile: chosen
            .as_ref()
            .map_or_else(|| limits::standard().name, |chosen| chosen.body.profile.clone()),
        version: chosen.as_ref().map_or(0, |chosen| chosen.version),
        updated_at: chosen.as_ref().map(|chosen| chosen.updated_at),
        updated_by: chosen.map(|chosen| chosen.updated_by),
        profiles: offered.collect(),
    }))
}

/// Put a profile in force; due dates of open tickets are counted anew
#[utoipa::path(put, path = "/limits", tag = "settings", request_body = WantedChoice, responses((status = 200, body = LimitChoice)))]
async fn choose(
    State(app): State<App>,
    caller: Caller,
    Json(wanted): Json<WantedChoice>,
) -> Result<Json<LimitChoice>, Problem> {
    let chosen = Chosen {
        profile: wanted.profile,
    };
    save(&app, &caller, &chosen, wanted.version).await
}

async fn save(
    app: &App,
    caller: &Caller,
    chosen: &Chosen,
    expected: Option<i64>,
) -> Result<Json<LimitChoice>, Problem> {
    caller.require(&[Role::Admin])?;
    let mut tx = app.db.begin().await?;
    let found = settings::current::<Profile>(&mut tx, Kind::Limits, &chosen.profile).await?;
    if found.is_none() {
        let fault = FieldError::new("profile", "没有这个时限方案");
        return Err(Problem::invalid(vec![fault]));
    }
    let edit = Edit {
        kind: Kind::LimitsChoice,
        name: LIMITS_CHOICE,
        now: app.clock.now(),
        by: &caller.username,
    };
    settings::save(&mut tx, edit, chosen, expected).await?;
    let saved = view(&mut tx).await?;
    tx.commit().await?;
    Ok(saved)
}

/// Who put which profile in force, newest first
#[utoipa::path(get, path = "/limits/versions", tag = "settings", responses((status = 200, body = Vec<ChoiceVersion>)))]
async fn choice_versions(
    State(app): State<App>,
    caller: Caller,
) -> Result<Json<Vec<ChoiceVersion>>, Problem> {
    caller.require_office()?;
    let mut tx = app.db.read().await?;
    let mut versions = Vec::new();
    for row in settings::versions(&mut tx, Kind::LimitsChoice, LIMITS_CHOICE).await? {
        let profile = match chosen_in(&mut tx, row.version).await {
            Ok(chosen) => Some(chosen.profile),
            Err(settings::Error::Unreadable) => None,
            Err(error) => return Err(error.into()),
        };
        versions.push(ChoiceVersion {
            version: row.version,
            profile,
            updated_at: row.updated_at,
            updated_by: row.updated_by,
        });
    }
    Ok(Json(versions))
}

/// Put the profile of an earlier version in force, as a new version
#[utoipa::path(post, path = "/limits/rollback", tag = "settings", request_body = WantedVersion,
    responses((status = 200, body = LimitChoice)))]
async fn rollback_choice(
    State(app): State<App>,
    caller: Caller,
    Json(wanted): Json<WantedVersion>,
) -> Result<Json<LimitChoice>, Problem> {
    caller.require(&[Role::Admin])?;
    let chosen = chosen_in(&mut app.db.read().await?, wanted.version).await?;
    save(&app, &caller, &chosen, None).await
}

async fn chosen_in(tx: &mut Tx, version: i64) -> Result<Chosen, settings::Error> {
    let body = settings::earlier(tx, Kind::LimitsChoice, LIMITS_CHOICE, version).await?;
    serde_json::from_value(body).map_err(|_| settings::Error::Unreadable)
}
