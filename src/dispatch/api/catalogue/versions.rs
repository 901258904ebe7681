//! Versions of the duty catalogue, and the way back to one.

use axum::{extract::State, http::StatusCode};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{hand, may_write};
use crate::{
    app::App,
    clock::from_millis,
    dispatch::{catalogue, store::catalogue as store, table},
    http::{
        Caller, Json, Path, Problem, Query,
        imports::ImportChange,
        page::{Asked, Page},
    },
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(versions))
        .routes(routes!(version))
        .routes(routes!(rollback))
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
