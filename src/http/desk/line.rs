//! The browser's audio line.

use std::net::SocketAddr;

use axum::{
    extract::{ConnectInfo, State},
    http::StatusCode,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{AT_DESKS, Caller, Json, Problem, actions::too_fast};
use crate::{accounts::Role, app::App, db, desks};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(open, close))
}

#[derive(Deserialize, ToSchema)]
struct Offer {
    /// The browser's complete offer: one audio line, sendrecv
    sdp: String,
}

#[derive(Serialize, ToSchema)]
struct Answer {
    sdp: String,
    /// Names the line in `desk.line` events
    line: String,
    /// Another browser of this person was connected; it is cut off
    replaced: bool,
}

/// Connects the browser's microphone and speaker
#[utoipa::path(post, path = "/desk/line", tag = "desk", request_body = Offer, responses((status = 200, body = Answer)))]
async fn open(
    State(app): State<App>,
    caller: Caller,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Json(offer): Json<Offer>,
) -> Result<Json<Answer>, Problem> {
    caller.require(&AT_DESKS)?;
    caller.require_home()?;
    if caller.role == Role::Operator && begins_shift(&app, &caller.username).await? {
        app.live.desks()?.begin_shift(&caller.username)?;
    }
    if !app.lines.take(app.clock.now(), &caller.username) {
        return Err(too_fast("软电话连接过于频繁，请稍候再试"));
    }
    let opened = app
        .live
        .desks()?
        .open_line(&caller.username, &offer.sdp, peer.ip())
        // An offer that is refused costs nothing.
        .inspect_err(|_| app.lines.give_back(&caller.username))?;
    Ok(Json(Answer {
        sdp: opened.sdp,
        line: opened.line,
        replaced: opened.replaced,
    }))
}

/// Who is not there yet, and was not within the last hours.
async fn begins_shift(app: &App, username: &str) -> Result<bool, db::Error> {
    if app.live.state().operators.contains_key(username) {
        return Ok(false);
    }
    let began = desks::shift_start(&mut app.db.read().await?, username, app.clock.now()).await?;
    Ok(began.is_none())
}

/// Disconnects it; a call in hand waits ten seconds for a new one
#[utoipa::path(delete, path = "/desk/line", tag = "desk", responses((status = 204)))]
async fn close(State(app): State<App>, caller: Caller) -> Result<StatusCode, Problem> {
    caller.require(&AT_DESKS)?;
    app.live.desks()?.close_line(&caller.username)?;
    Ok(StatusCode::NO_CONTENT)
}
