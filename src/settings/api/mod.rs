//! Menus, queues and lines over HTTP: the office reads, administrators change. Schedules are the calendar's, which knows when one is open.

mod drafts;
mod lines;
mod menus;
mod queues;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use super::{Error, Kind, Versioned};
use crate::{
    app::App,
    http::{Caller, Json, Problem},
};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(menus::routes())
        .merge(drafts::routes())
        .merge(queues::routes())
        .merge(lines::routes())
}

#[derive(Serialize, ToSchema)]
pub(crate) struct VersionView {
    version: i64,
    updated_at: DateTime<Utc>,
    updated_by: String,
}

#[derive(Deserialize, ToSchema)]
pub(crate) struct WantedVersion {
    pub(crate) version: i64,
}

pub(crate) async fn versions(
    app: &App,
    caller: &Caller,
    kind: Kind,
    name: &str,
) -> Result<Json<Vec<VersionView>>, Problem> {
    caller.require_office()?;
    let versions = super::versions(&mut app.db.read().await?, kind, name).await?;
    if versions.is_empty() {
        return Err(Problem::not_found());
    }
    let view = |row: Versioned<()>| VersionView {
        version: row.version,
        updated_at: row.updated_at,
        updated_by: row.updated_by,
    };
    Ok(Json(versions.into_iter().map(view).collect()))
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Stale { current } => {
                let detail = format!("内容已被他人修改，当前为第 {current} 版，请重新载入");
                Self::conflict(detail).coded("settings-stale")
            }
            Error::NotFound => Self::not_found(),
            Error::Unreadable => {
                Self::conflict("这个版本的内容已损坏，无法读取，请选择其他版本").coded("settings-unreadable")
            }
            Error::Database(error) => error.into(),
        }
    }
}
