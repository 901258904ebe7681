//! Whether the daemon is well, for monitors: no log-in, no secrets.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::Json;
use crate::app::App;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(health))
}

#[derive(Serialize, ToSchema)]
struct Health {
    /// `ok`, or `degraded` when the database does not answer.
    status: &'static str,
    version: &'static str,
    /// `ok` or `unavailable`
    database: &'static str,
    trunks: Vec<TrunkState>,
    /// `ready`, `busy` or `no_model`
    speech: &'static str,
}

#[derive(Serialize, ToSchema)]
pub(super) struct TrunkState {
    pub(super) name: String,
    pub(super) state: String,
}

/// Health
#[utoipa::path(get, path = "/health", tag = "health", responses((status = 200, body = Health)))]
async fn health(State(app): State<App>) -> Json<Health> {
    let database = app.is_writable() && app.db.read().await.is_ok();
    let state = app.live.state();
    Json(Health {
        status: if database { "ok" } else { "degraded" },
        version: env!("CARGO_PKG_VERSION"),
        database: if database { "ok" } else { "unavailable" },
        trunks: trunks(&state),
        speech: state.speech.as_str(),
    })
}

pub(super) fn trunks(state: &crate::live::State) -> Vec<TrunkState> {
    state
        .trunks
        .iter()
        .map(|trunk| TrunkState {
            name: trunk.name.clone(),
            state: trunk.state.clone(),
        })
        .collect()
}
