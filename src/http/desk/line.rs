//! The browser's audio line.

use std::net::{IpAddr, SocketAddr};

use axum::{
    extract::{ConnectInfo, State},
    http::{HeaderMap, StatusCode},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{AT_DESKS, Caller, Json, Problem};
use crate::{accounts, app::App, http::caller::token};

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
    headers: HeaderMap,
    Json(offer): Json<Offer>,
) -> Result<Json<Answer>, Problem> {
    caller.require(&AT_DESKS)?;
    refuse_elsewhere(&app, &caller, &headers, peer.ip()).await?;
    let opened = app
        .live
        .desks()?
        .open_line(&caller.username, &offer.sdp, peer.ip())?;
    Ok(Json(Answer {
        sdp: opened.sdp,
        line: opened.line,
        replaced: opened.replaced,
    }))
}

/// Who has a stolen cookie may not hear citizens: the line is given where the person logged in. Reading goes on, for a telephone changes
/// networks; logging in again makes the new place the person's own.
async fn refuse_elsewhere(
    app: &App,
    caller: &Caller,
    headers: &HeaderMap,
    from: IpAddr,
) -> Result<(), Problem> {
    let Some(token) = token(headers).filter(|_| app.config.http.line_from_login_address) else {
        return Ok(());
    };
    if accounts::is_at_home(app, token, from).await? {
        return Ok(());
    }
    tracing::warn!(username = caller.username, %from, "a line is refused: the session was opened elsewhere");
    Err(Problem {
        detail: "本次登录来自另一个网络地址，不能在此接通软电话；请退出后在本机重新登录".into(),
        ..Problem::forbidden()
    })
}

/// Disconnects it; a call in hand waits ten seconds for a new one
#[utoipa::path(delete, path = "/desk/line", tag = "desk", responses((status = 204)))]
async fn close(State(app): State<App>, caller: Caller) -> Result<StatusCode, Problem> {
    caller.require(&AT_DESKS)?;
    app.live.desks()?.close_line(&caller.username)?;
    Ok(StatusCode::NO_CONTENT)
}
