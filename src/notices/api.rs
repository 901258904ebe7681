//! Notices over HTTP.

use axum::{extract::State, http::StatusCode};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    CITIZEN, Notice, jobs,
    store::{self, deliveries::Delivery},
};
use crate::{
    accounts::Role,
    app::App,
    clock::from_millis,
    http::{
        Caller, FieldError, Json, Path, Problem, Query,
        page::{self, Asked},
    },
};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(read))
        .routes(routes!(deliveries))
        .routes(routes!(send))
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
    /// left50%, left2wd, due, urge, supervise, report, moved; given:UNIT:VERSION when a unit was given the ticket
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
    next_cursor: Option<String>,
    /// Of these, how many are new to the caller
    unread: usize,
}

/// The latest notices for the caller: a unit's own, or all
#[utoipa::path(get, path = "/notices", tag = "tickets", params(Asked), responses((status = 200, body = Notices)))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(asked): Query<Asked>,
) -> Result<Json<Notices>, Problem> {
    let (before, read) = asked.rows()?;
    let own = (caller.role == Role::Unit).then(|| caller.unit_code.clone().unwrap_or_default());
    let mut tx = app.db.read().await?;
    let items = store::latest(&mut tx, own.as_deref(), before, read).await?;
    let (items, next_cursor) = page::cut(items, read - 1, |notice| notice.id);
    let seen = store::seen(&mut tx, &caller.username).await?;
    Ok(Json(Notices {
        unread: items.iter().filter(|notice| notice.id > seen).count(),
        items: items.iter().map(NoticeView::from).collect(),
        next_cursor,
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

const STATES: [&str; 5] = ["waiting", "sending", "sent", "failed", "off"];

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct DeliveryQuery {
    /// waiting, sending, sent, failed, off
    state: Option<String>,
    cursor: Option<String>,
    limit: Option<i64>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = NoticeDelivery)]
struct DeliveryView {
    id: i64,
    notice_id: i64,
    /// The ticket it is about
    number: String,
    unit_code: Option<String>,
    /// sms, mail
    channel: String,
    /// Who was told
    contact: String,
    /// Of a citizen it is not shown
    address: String,
    /// waiting, sending (it may be out already), sent, failed, off (the channel is not set up)
    state: String,
    at: DateTime<Utc>,
    sent_at: Option<DateTime<Utc>>,
    /// Of the last attempt
    error: Option<String>,
}

impl From<Delivery> for DeliveryView {
    fn from(row: Delivery) -> Self {
        let is_citizen = row.timer == CITIZEN;
        Self {
            id: row.id,
            notice_id: row.notice_id,
            number: row.number,
            unit_code: row.unit_code,
            channel: row.channel,
            contact: row.contact,
            address: if is_citizen { String::new() } else { row.address },
            state: row.state,
            at: from_millis(row.at),
            sent_at: row.sent_at.map(from_millis),
            error: row.error,
        }
    }
}

#[derive(Serialize, ToSchema)]
struct DeliveryPage {
    items: Vec<DeliveryView>,
    next_cursor: Option<String>,
}

/// What went out by SMS and e-mail, the latest first
#[utoipa::path(get, path = "/notices/deliveries", tag = "tickets", params(DeliveryQuery), responses((status = 200, body = DeliveryPage)))]
async fn deliveries(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<DeliveryQuery>,
) -> Result<Json<DeliveryPage>, Problem> {
    caller.require(&[Role::Supervisor, Role::Admin])?;
    let limit = page::limit(query.limit)?;
    let before = page::decode::<i64>(query.cursor.as_deref())?;
    let state = query.state.as_deref().filter(|state| !state.is_empty());
    if state.is_some_and(|state| !STATES.contains(&state)) {
        return Err(Problem::invalid(vec![FieldError::new("state", "不在可选范围内")]));
    }
    let rows = store::deliveries::list(&mut app.db.read().await?, state, before, limit + 1).await?;
    let (rows, next_cursor) = page::cut(rows, limit, |row| row.id);
    Ok(Json(DeliveryPage {
        items: rows.into_iter().map(DeliveryView::from).collect(),
        next_cursor,
    }))
}

/// Send one again that failed, or whose channel was not set up: once for each request
#[utoipa::path(post, path = "/notices/deliveries/{id}/send", tag = "tickets", params(("id" = i64, Path)), responses((status = 204)))]
async fn send(State(app): State<App>, caller: Caller, Path(id): Path<i64>) -> Result<StatusCode, Problem> {
    caller.require(&[Role::Supervisor, Role::Admin])?;
    let mut tx = app.db.begin().await?;
    if !jobs::send_again(&mut tx, app.clock.now(), id).await? {
        return Err(match store::deliveries::exists(&mut tx, id).await? {
            true => Problem::conflict("这条消息已送出或正在发送，不必重发").coded("delivery-under-way"),
            false => Problem::not_found(),
        });
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
