//! Trying a flow out (试拨): it rings in the browser of who works on it.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Caller, Json, Problem};
use crate::{
    accounts::Role,
    app::App,
    http::Path,
    live::desks::Wish,
    settings::{
        drafts::{self, NotPublished},
        flow,
    },
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(try_menu))
}

#[derive(Deserialize, ToSchema)]
struct Trial {
    /// What is to be known of the caller: blacklist, confidential, vip, elderly, open_ticket, repeat
    #[serde(default)]
    facts: Vec<String>,
}

#[derive(Serialize, ToSchema)]
struct Rung {
    /// Named by the `desk.trial` events that follow
    call_id: String,
}

/// Ring the draft of a menu, or the version in force if there is none, in the caller's own browser. Nobody is queued or called outside.
#[utoipa::path(post, path = "/menus/{name}/try", tag = "desk", params(("name" = String, Path)),
    request_body = Trial, responses((status = 200, body = Rung)))]
async fn try_menu(
    State(app): State<App>,
    caller: Caller,
    Path(name): Path<String>,
    Json(trial): Json<Trial>,
) -> Result<Json<Rung>, Problem> {
    caller.require(&[Role::Admin])?;
    let flow = flow_to_try(&app, &name).await?;
    let call_id = app.rng.id();
    let wish = Wish::Try {
        call_id: call_id.clone(),
        flow,
        facts: trial.facts,
    };
    app.live.desks()?.wish(&caller.username, wish).await?;
    Ok(Json(Rung { call_id }))
}

async fn flow_to_try(app: &App, name: &str) -> Result<serde_json::Value, NotPublished> {
    let mut tx = app.db.read().await?;
    let Some(draft) = drafts::draft(&mut tx, name).await? else {
        let flow = drafts::version_of(&mut tx, name, None).await?;
        return Ok(serde_json::to_value(flow).unwrap_or_default());
    };
    let known = drafts::known(&mut tx, name).await?;
    let flow = flow::read(name, &draft.body, &known).map_err(NotPublished::Faults)?;
    Ok(serde_json::to_value(flow).unwrap_or_default())
}
