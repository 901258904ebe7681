//! Calls over HTTP. Units have no business with calls: what concerns them is on their tickets.

mod views;

use std::path::{Component, PathBuf};

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

pub use views::{CallDetail, CallEvent, CallView, LegView, MenuStepView, OperatorRef, RecordingView};

use super::live::{self, QueueLive};
use super::{Call, store};
use crate::{
    accounts::Role,
    app::App,
    audit::{self, Entry, Often},
    clock::{from_millis, millis},
    http::{Caller, Json, Path, Problem, Query, page, range},
};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(show))
        .routes(routes!(recording))
        .routes(routes!(hang_up))
        .routes(routes!(queue_live))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// Started at or after
    from: Option<DateTime<Utc>>,
    /// Started before
    to: Option<DateTime<Utc>>,
    /// inbound, outbound
    direction: Option<String>,
    /// dialing, menu, queued, ringing, talking, held, ended
    state: Option<String>,
    caller: Option<String>,
    cursor: Option<String>,
    limit: Option<i64>,
}

#[derive(Serialize, ToSchema)]
struct CallPage {
    items: Vec<CallView>,
    next_cursor: Option<String>,
}

/// Calls, newest first
#[utoipa::path(get, path = "/calls", tag = "calls", params(ListQuery), responses((status = 200, body = CallPage)))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ListQuery>,
) -> Result<Json<CallPage>, Problem> {
    caller.require_office()?;
    let limit = page::limit(query.limit)?;
    let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
    let filter = store::Filter {
        from: query.from.map(millis),
        to: query.to.map(millis),
        direction: filled(query.direction),
        state: filled(query.state),
        caller: filled(query.caller),
        before: page::decode(query.cursor.as_deref())?,
        limit: limit + 1,
    };
    let calls = store::page(&mut app.db.read().await?, &filter).await?;
    let (calls, next_cursor) = page::cut(calls, limit, |call| (call.started_at, call.id.clone()));
    Ok(Json(CallPage {
        items: calls.iter().map(CallView::from).collect(),
        next_cursor,
    }))
}

/// One call with its legs and events
#[utoipa::path(get, path = "/calls/{id}", tag = "calls", params(("id" = String, Path)),
    responses((status = 200, body = CallDetail)))]
async fn show(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<CallDetail>, Problem> {
    caller.require_office()?;
    let mut tx = app.db.read().await?;
    let call = store::find(&mut tx, &id).await?.ok_or_else(Problem::not_found)?;
    let read = Entry::new(caller.who(), "call.read", "call", &call.id);
    audit::note_read(&app, read, Often::Look).await?;
    let event = |event: store::EventRow| CallEvent {
        at: from_millis(event.at),
        detail: event.detail(),
        kind: event.kind,
    };
    let events = store::events(&mut tx, &id)
        .await?
        .into_iter()
        .map(event)
        .collect();
    let legs = call.body.legs.iter().map(LegView::from).collect();
    Ok(Json(CallDetail {
        call: CallView::from(&call),
        legs,
        events,
    }))
}

/// The recording: stereo, left the citizen, right the office; also while it is being made
#[utoipa::path(get, path = "/calls/{id}/recording", tag = "calls", params(("id" = String, Path)),
    responses((status = 200, content_type = "audio/wav", body = Vec<u8>), (status = 206, content_type = "audio/wav", body = Vec<u8>)))]
async fn recording(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    caller.require_office()?;
    let call = store::find(&mut app.db.read().await?, &id)
        .await?
        .ok_or_else(Problem::not_found)?;
    let file = recording_file(&app, &call).ok_or_else(Problem::not_found)?;
    let read = Entry::new(caller.who(), "recording.read", "recording", &call.id);
    // A player asks for many parts of one file.
    audit::note_read(&app, read, Often::Look).await?;
    range::file(&headers, &file, "audio/wav").await
}

/// Where a call's recording is; none for a path that would lead out of the recordings.
pub fn recording_file(app: &App, call: &Call) -> Option<PathBuf> {
    let path = PathBuf::from(call.recording_path.as_ref()?);
    let inside = path.components().all(|part| matches!(part, Component::Normal(_)));
    (inside && path.components().next().is_some()).then(|| app.config.recordings().join(path))
}

/// End a call
#[utoipa::path(post, path = "/calls/{id}/hangup", tag = "calls", params(("id" = String, Path)), responses((status = 202)))]
async fn hang_up(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    caller.require(&[Role::Operator, Role::Supervisor, Role::Admin])?;
    let call = store::find(&mut app.db.read().await?, &id)
        .await?
        .ok_or_else(Problem::not_found)?;
    // An operator ends what the operator is in, nobody else's call.
    if caller.role == Role::Operator && call.operator.as_deref() != Some(caller.username.as_str()) {
        return Err(Problem::forbidden());
    }
    if call.ended_at.is_some() {
        return Err(Problem::conflict("通话已经结束"));
    }
    app.live.switchboard()?.hang_up(&id)?;
    Ok(StatusCode::ACCEPTED)
}

/// Who waits in a queue and who serves it
#[utoipa::path(get, path = "/queues/{name}/live", tag = "live", params(("name" = String, Path)),
    responses((status = 200, body = QueueLive)))]
async fn queue_live(
    State(app): State<App>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<Json<QueueLive>, Problem> {
    caller.require_office()?;
    live::queue(&app, &name)
        .await?
        .map(Json)
        .ok_or_else(Problem::not_found)
}
