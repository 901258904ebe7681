//! The live page: operators and their state, and the wish to pause or to be ready.

use std::collections::BTreeMap;

use axum::{extract::State, http::StatusCode};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Caller, FieldError, Json, Path, Problem, Query,
    page::{Asked, Page},
};
use crate::{
    accounts::{self, Role, User},
    app::App,
    live,
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(operators))
        .routes(routes!(set_state))
}

#[derive(Debug, Serialize, ToSchema)]
pub struct OperatorView {
    pub username: String,
    pub display_name: String,
    pub extension: Option<String>,
    pub skills: Vec<String>,
    /// `offline`, `ready`, `ringing`, `talking`, `wrap_up` or `paused`
    pub state: &'static str,
    pub reason: Option<String>,
    pub since: Option<DateTime<Utc>>,
    pub call_id: Option<String>,
}

/// One operator as the console shows it; also the data of the `operator` event.
pub fn operator_view(user: User, live: Option<&live::Operator>) -> OperatorView {
    OperatorView {
        username: user.username,
        display_name: user.display_name,
        extension: user.extension,
        skills: user.skills,
        state: live.map_or("offline", |operator| operator.state.as_str()),
        reason: live.and_then(|operator| operator.reason.clone()),
        since: live.map(|operator| operator.since),
        call_id: live.and_then(|operator| operator.call_id.clone()),
    }
}

/// Operators and what they are doing
#[utoipa::path(get, path = "/operators", tag = "live", params(Asked), responses((status = 200, body = Page<OperatorView>)))]
async fn operators(
    State(app): State<App>,
    caller: Caller,
    Query(asked): Query<Asked>,
) -> Result<Json<Page<OperatorView>>, Problem> {
    caller.require_office()?;
    let users = accounts::all(&mut app.db.read().await?).await?;
    let live: BTreeMap<_, _> = app.live.state().operators.clone();
    let operators = users
        .into_iter()
        .filter(|user| user.role == Role::Operator && !user.disabled);
    let views = operators.map(|user| {
        let now = live.get(&user.username);
        operator_view(user, now)
    });
    let page = asked.of(views.collect(), |operator: &OperatorView| {
        operator.username.clone()
    });
    Ok(Json(page?))
}

#[derive(Deserialize, ToSchema)]
struct WantedState {
    /// `ready` or `paused`
    state: String,
    reason: Option<String>,
}

/// Be ready or pause; supervisors may do it for others
#[utoipa::path(post, path = "/operators/{username}/state", tag = "live", params(("username" = String, Path)),
    request_body = WantedState, responses((status = 204)))]
async fn set_state(
    State(app): State<App>,
    caller: Caller,
    Path(username): Path<String>,
    Json(wanted): Json<WantedState>,
) -> Result<StatusCode, Problem> {
    if caller.username != username {
        caller.require(&[Role::Supervisor, Role::Admin])?;
    }
    let user = accounts::by_username(&mut app.db.read().await?, &username).await?;
    user.filter(|user| user.role == Role::Operator)
        .ok_or_else(Problem::not_found)?;
    let paused = match wanted.state.as_str() {
        "ready" => None,
        "paused" => Some(wanted.reason.unwrap_or_default().chars().take(50).collect()),
        _ => {
            return Err(Problem::invalid(vec![FieldError::new(
                "state",
                "应为 ready 或 paused",
            )]));
        }
    };
    app.live.switchboard()?.set_paused(&username, paused)?;
    Ok(StatusCode::NO_CONTENT)
}
