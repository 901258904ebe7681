//! Calls over HTTP. Units have no business with calls: what concerns them is on their tickets.

mod marks;
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
use super::{Access, Call, store};
use crate::{
    accounts::Role,
    app::App,
    audit::{self, Entry, Often},
    clock::{from_millis, millis},
    db::Tx,
    http::{Caller, Json, Path, Problem, Query, page, range},
};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(show))
        .routes(routes!(recording))
        .routes(routes!(hang_up))
        .routes(routes!(queue_live))
        .merge(marks::routes())
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
    let mut tx = app.db.read().await?;
    let calls = store::page(&mut tx, &filter).await?;
    let (calls, next_cursor) = page::cut(calls, limit, |call| (call.started_at, call.id.clone()));
    let ids: Vec<&str> = calls.iter().map(|call| call.id.as_str()).collect();
    let closed = super::closed(&mut tx, &ids, &caller.username).await?;
    // To find it by the number would tell whose it is.
    let shown = calls
        .iter()
        .filter(|call| filter.caller.is_none() || !closed.contains(&call.id));
    let view = |call: &Call| {
        let view = CallView::from(call);
        if closed.contains(&call.id) {
            view.closed()
        } else {
            view
        }
    };
    Ok(Json(CallPage {
        items: shown.map(view).collect(),
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
    note_read(&app, tx, &caller, &call, "call").await?;
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
    let mut tx = app.db.read().await?;
    let call = store::find(&mut tx, &id).await?.ok_or_else(Problem::not_found)?;
    let file = recording_file(&app, &call).ok_or_else(Problem::not_found)?;
    note_read(&app, tx, &caller, &call, "recording").await?;
    range::file(&headers, &file, "audio/wav").await
}

/// Lets in whom the call is open to, and writes the look down: each of a confidential ticket's, one of the many parts of a file that a
/// player asks for.
pub async fn note_read(
    app: &App,
    mut tx: Tx,
    caller: &Caller,
    call: &Call,
    what: &'static str,
) -> Result<(), Problem> {
    let often = match super::access(&mut tx, call, &caller.username).await? {
        Access::Open => Often::Look,
        Access::Named => Often::Each,
        Access::Closed => {
            return Err(Problem {
                detail: "该通话属于保密工单，只有指定人员可以查看和收听".into(),
                ..Problem::forbidden().coded("call-confidential")
            });
        }
    };
    drop(tx);
    let read = Entry::new(caller.who(), &format!("{what}.read"), what, &call.id);
    Ok(audit::note_read(app, read, often).await?)
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
        return Err(Problem::conflict("通话已经结束").coded("call-ended"));
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
