//! The audit log over HTTP: for those who watch over the others.

use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Row,
    store::{self, Filter},
    verify::{Report, verify},
};
use crate::{
    accounts::Role,
    app::App,
    clock::{from_millis, millis},
    http::{Caller, Json, Problem, Query, page},
};

const READERS: [Role; 2] = [Role::Admin, Role::Supervisor];

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(check))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// User name
    actor: Option<String>,
    /// ticket, call, recording, transcript, user, session, …
    object_kind: Option<String>,
    object_id: Option<String>,
    /// ticket.read, ticket.dispatch, session.create, …
    action: Option<String>,
    /// At or after
    from: Option<DateTime<Utc>>,
    /// Before
    to: Option<DateTime<Utc>>,
    cursor: Option<String>,
    limit: Option<i64>,
}

#[derive(Serialize, ToSchema)]
struct AuditPage {
    items: Vec<EntryView>,
    next_cursor: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = AuditEntry)]
struct EntryView {
    seq: i64,
    at: DateTime<Utc>,
    /// User name; empty for the hotline itself
    actor: String,
    role: String,
    address: String,
    action: String,
    object_kind: String,
    object_id: String,
    /// done, refused, failed
    outcome: String,
    #[schema(value_type = Object)]
    detail: Value,
    /// SHA-256, chained
    hash: String,
}

impl From<Row> for EntryView {
    fn from(row: Row) -> Self {
        Self {
            seq: row.seq,
            at: from_millis(row.at),
            actor: row.actor,
            role: row.role,
            address: row.address,
            action: row.action,
            object_kind: row.object_kind,
            object_id: row.object_id,
            outcome: row.outcome,
            detail: serde_json::from_str(&row.detail).unwrap_or_default(),
            hash: row.hash,
        }
    }
}

/// Who did and saw what, newest first
#[utoipa::path(get, path = "/audit", tag = "audit", params(ListQuery), responses((status = 200, body = AuditPage)))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ListQuery>,
) -> Result<Json<AuditPage>, Problem> {
    caller.require(&READERS)?;
    let limit = page::limit(query.limit)?;
    let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
    let filter = Filter {
        actor: filled(query.actor),
        object_kind: filled(query.object_kind),
        object_id: filled(query.object_id),
        action: filled(query.action),
        from: query.from.map(millis),
        to: query.to.map(millis),
        before: page::decode(query.cursor.as_deref())?,
        limit: limit + 1,
    };
    let rows = store::page(&mut app.db.read().await?, &filter).await?;
    let (rows, next_cursor) = page::cut(rows, limit, |row| row.seq);
    Ok(Json(AuditPage {
        items: rows.into_iter().map(EntryView::from).collect(),
        next_cursor,
    }))
}

/// Walk the chains of entries and recordings, as `minsheng audit verify` does
#[utoipa::path(post, path = "/audit/verify", tag = "audit", responses((status = 200, body = Report)))]
async fn check(State(app): State<App>, caller: Caller) -> Result<Json<Report>, Problem> {
    caller.require(&READERS)?;
    Ok(Json(verify(&app, None).await?))
}
