//! Log in, log out, who am I.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::{
    extract::{ConnectInfo, FromRequestParts, State},
    http::{Extensions, HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Caller, Json, Problem,
    caller::{COOKIE, token},
    witness::Clerk,
};
use crate::{
    accounts,
    app::App,
    audit::{Entry, Who},
    db,
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(who_am_i, log_in, log_out))
}

#[derive(Deserialize, ToSchema)]
struct Credentials {
    username: String,
    password: String,
}

#[derive(Serialize, ToSchema)]
struct Session {
    user: Me,
    /// For clients that are not browsers: send it as `Authorization: Bearer TOKEN`. Browsers get a cookie that scripts cannot read.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct Me {
    username: String,
    display_name: String,
    role: &'static str,
    unit_code: Option<String>,
    unit_name: Option<String>,
    extension: Option<String>,
}

async fn describe(app: &App, caller: Caller) -> Result<Me, Problem> {
    let unit_name = match &caller.unit_code {
        Some(code) => accounts::unit_name(&mut app.db.read().await?, code).await?,
        None => None,
    };
    Ok(Me {
        username: caller.username,
        display_name: caller.display_name,
        role: caller.role.as_str(),
        unit_code: caller.unit_code,
        unit_name,
        extension: caller.extension,
    })
}

/// Who am I
#[utoipa::path(get, path = "/session", tag = "session", responses((status = 200, body = Session)))]
async fn who_am_i(State(app): State<App>, caller: Caller) -> Result<Json<Session>, Problem> {
    Ok(Json(Session {
        user: describe(&app, caller).await?,
        token: None,
    }))
}

/// Log in
#[utoipa::path(post, path = "/session", tag = "session", request_body = Credentials, responses((status = 200, body = Session)))]
async fn log_in(
    State(app): State<App>,
    Source(source): Source,
    headers: HeaderMap,
    Json(given): Json<Credentials>,
) -> Result<Response, Problem> {
    let now = app.clock.now();
    if !app.limiter.allows(now, source, &given.username) {
        tracing::warn!(%source, "log-in refused: too many failures");
        return Err(
            Problem::new(StatusCode::TOO_MANY_REQUESTS, "登录失败次数过多，请稍后再试")
                .coded("login-limited"),
        );
    }
    let clerk = Clerk::new(app.clone(), log_in_entry(&given.username, source));
    let opening = accounts::open_session(&app, &given.username, &given.password, source);
    let Some((token, user)) = db::witnessed(clerk.clone(), opening).await? else {
        clerk.note_answer(StatusCode::UNAUTHORIZED).await;
        app.limiter.note_failure(now, source, &given.username);
        tracing::info!(%source, "log-in failed");
        return Err(Problem::new(StatusCode::UNAUTHORIZED, "用户名或密码错误").coded("login-wrong"));
    };
    let cookie = set_cookie(&app, &token);
    let is_browser = headers.contains_key("sec-fetch-site");
    let session = Session {
        user: describe(&app, user.into()).await?,
        token: (!is_browser).then_some(token),
    };
    Ok((cookie, Json(session)).into_response())
}

/// Who tries to come in is on record, also in vain.
fn log_in_entry(username: &str, source: IpAddr) -> Entry {
    let who = Who {
        actor: username.to_owned(),
        role: String::new(),
        address: source.to_string(),
    };
    Entry::new(who, "session.create", "session", username)
}

/// Log out
#[utoipa::path(delete, path = "/session", tag = "session", responses((status = 204)))]
async fn log_out(State(app): State<App>, headers: HeaderMap) -> Result<Response, Problem> {
    if let Some(token) = token(&headers) {
        let mut tx = app.db.begin().await?;
        accounts::close_session(&mut tx, token).await?;
        tx.commit().await?;
    }
    let gone = format!("{COOKIE}=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict");
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, gone)]).into_response())
}

fn set_cookie(app: &App, token: &str) -> [(header::HeaderName, HeaderValue); 1] {
    let secure = app.config.http.is_encrypted();
    let secure = if secure { "; Secure" } else { "" };
    let cookie = format!("{COOKIE}={token}; Path=/; HttpOnly; SameSite=Strict{secure}");
    // Hexadecimal digits and our own text.
    [(
        header::SET_COOKIE,
        HeaderValue::from_str(&cookie).unwrap_or(HeaderValue::from_static("")),
    )]
}

/// Where the connection comes from.
pub(super) struct Source(pub(super) IpAddr);

impl<S: Send + Sync> FromRequestParts<S> for Source {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self::of(&parts.extensions))
    }
}

impl Source {
    pub(super) fn of(extensions: &Extensions) -> Self {
        let peer = extensions.get::<ConnectInfo<SocketAddr>>();
        let peer = peer.map(|ConnectInfo(peer)| peer.ip().to_canonical());
        Self(peer.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)))
    }
}
