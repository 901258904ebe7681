//! Queues over HTTP.

use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{VersionView, WantedVersion, versions};
use crate::settings::{self, Edit, Kind, Queue, Versioned};
use crate::{
    accounts::Role,
    app::App,
    db::Tx,
    http::{Caller, FieldError, Json, Path, Problem},
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_queues))
        .routes(routes!(show_queue, put_queue))
        .routes(routes!(queue_versions))
        .routes(routes!(rollback_queue))
}

#[derive(Serialize, ToSchema)]
struct QueueView {
    settings: Queue,
    version: i64,
    updated_at: DateTime<Utc>,
    updated_by: String,
}

impl From<Versioned<Queue>> for QueueView {
    fn from(queue: Versioned<Queue>) -> Self {
        let Versioned {
            version,
            body,
            updated_at,
            updated_by,
            ..
        } = queue;
        Self {
            settings: body,
            version,
            updated_at,
            updated_by,
        }
    }
}

#[derive(Deserialize, ToSchema)]
struct ChangedQueue {
    settings: Queue,
    version: Option<i64>,
}

/// Queues in force
#[utoipa::path(get, path = "/queues", tag = "settings", responses((status = 200, body = Vec<Queue>)))]
async fn list_queues(State(app): State<App>, caller: Caller) -> Result<Json<Vec<Queue>>, Problem> {
    caller.require_office()?;
    let queues = settings::queues(&mut app.db.read().await?).await?;
    Ok(Json(queues.into_iter().map(|queue| queue.body).collect()))
}

/// One queue
#[utoipa::path(get, path = "/queues/{name}", tag = "settings", params(("name" = String, Path)), responses((status = 200, body = QueueView)))]
async fn show_queue(
    State(app): State<App>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<Json<QueueView>, Problem> {
    caller.require_office()?;
    queue(&mut app.db.read().await?, &name).await
}

async fn queue(tx: &mut Tx, name: &str) -> Result<Json<QueueView>, Problem> {
    let queue = settings::current::<Queue>(tx, Kind::Queue, name)
        .await?
        .ok_or_else(Problem::not_found)?;
    Ok(Json(queue.into()))
}

/// Save a queue as a new version
#[utoipa::path(put, path = "/queues/{name}", tag = "settings", params(("name" = String, Path)), request_body = ChangedQueue,
    responses((status = 200, body = QueueView)))]
async fn put_queue(
    State(app): State<App>,
    caller: Caller,
    Path(name): Path<String>,
    Json(changed): Json<ChangedQueue>,
) -> Result<Json<QueueView>, Problem> {
    save_queue(&app, &caller, &name, changed.settings, changed.version).await
}

async fn save_queue(
    app: &App,
    caller: &Caller,
    name: &str,
    settings: Queue,
    expected: Option<i64>,
) -> Result<Json<QueueView>, Problem> {
    caller.require(&[Role::Admin])?;
    let mut errors: Vec<FieldError> = settings
        .faults()
        .into_iter()
        .map(|(field, message)| FieldError::new(format!("settings.{field}"), message))
        .collect();
    if settings.name != name {
        errors.push(FieldError::new("settings.name", "应与地址中的队列名一致"));
    }
    if !errors.is_empty() {
        return Err(Problem::invalid(errors));
    }
    let mut tx = app.db.begin().await?;
    let edit = Edit {
        kind: Kind::Queue,
        name,
        now: app.clock.now(),
        by: &caller.username,
    };
    settings::save(&mut tx, edit, &settings, expected).await?;
    let saved = queue(&mut tx, name).await?;
    tx.commit().await?;
    Ok(saved)
}

/// Versions of a queue, newest first
#[utoipa::path(get, path = "/queues/{name}/versions", tag = "settings", params(("name" = String, Path)),
    responses((status = 200, body = Vec<VersionView>)))]
async fn queue_versions(
    State(app): State<App>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<Json<Vec<VersionView>>, Problem> {
    versions(&app, &caller, Kind::Queue, &name).await
}

/// Bring an earlier version of a queue back, as a new version
#[utoipa::path(post, path = "/queues/{name}/rollback", tag = "settings", params(("name" = String, Path)), request_body = WantedVersion,
    responses((status = 200, body = QueueView)))]
async fn rollback_queue(
    State(app): State<App>,
    caller: Caller,
    Path(name): Path<String>,
    Json(wanted): Json<WantedVersion>,
) -> Result<Json<QueueView>, Problem> {
    caller.require(&[Role::Admin])?;
    let body = settings::earlier(&mut app.db.read().await?, Kind::Queue, &name, wanted.version).await?;
    let settings = serde_json::from_value(body)
        .map_err(|_| Problem::conflict("该版本的格式已不再支持").coded("settings-too-old"))?;
    save_queue(&app, &caller, &name, settings, None).await
}
