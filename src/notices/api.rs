//! Notices over HTTP.

use axum::{extract::State, http::StatusCode};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Notice, store};
use crate::{
    accounts::Role,
    app::App,
    clock::from_millis,
    http::{Caller, Json, Problem},
};

/// As many as a person reads.
const LATEST: i64 = 100;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(read))
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Notice)]
struct NoticeView {
    id: i64,
    at: DateTime<Utc>,
    /// The ticket it is about
    number: String,
    unit_code: Option<String>,
    /// sign, first_contact, handle …
    timer: String,
    /// left50%, left2wd, due, urge, supervise, report, moved
    step: String,
    due: DateTime<Utc>,
    text: String,
}

impl From<&Notice> for NoticeView {
    fn from(notice: &Notice) -> Self {
        let Notice {
            id,
            at,
            number,
            unit_code,
            timer,
            step,
            due,
            text,
        } = notice.clone();
        Self {
            id,
            at: from_millis(at),
            number,
            unit_code,
            timer,
            step,
            due: from_millis(due),
            text,
        }
    }
}

pub(super) fn event(notice: &Notice) -> serde_json::Value {
    serde_json::to_value(NoticeView::from(notice)).unwrap_or_default()
}

#[derive(Serialize, ToSchema)]
struct Notices {
    items: Vec<NoticeView>,
    /// Of these, how many are new to the caller
    unread: usize,
}

/// The latest notices for the caller: a unit's own, or all
#[utoipa::path(get, path = "/notices", tag = "tickets", responses((status = 200, body = Notices)))]
async fn list(State(app): State<App>, caller: Caller) -> Result<Json<Notices>, Problem> {
    let own = (caller.role == Role::Unit).then(|| caller.unit_code.clone().unwrap_or_default());
    let mut tx = app.db.read().await?;
    let items = store::latest(&mut tx, own.as_deref(), LATEST).await?;
    let seen = store::seen(&mut tx, &caller.username).await?;
    Ok(Json(Notices {
        unread: items.iter().filter(|notice| notice.id > seen).count(),
        items: items.iter().map(NoticeView::from).collect(),
    }))
}

#[derive(Deserialize, ToSchema)]
struct ReadBody {
    /// The newest notice that was read
    id: i64,
}

/// Notices up to this one are read
#[utoipa::path(post, path = "/notices/read", tag = "tickets", request_body = ReadBody, responses((status = 204)))]
async fn read(
    State(app): State<App>,
    caller: Caller,
    Json(body): Json<ReadBody>,
) -> Result<StatusCode, Problem> {
    let mut tx = app.db.begin().await?;
    store::mark(&mut tx, &caller.username, body.id).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
