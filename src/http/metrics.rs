//! `/metrics` for Prometheus: from this machine, or with the configured token.

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
    routing::get,
};

use super::{Problem, caller::bearer, session::Source};
use crate::{app::App, jobs, metrics};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/metrics", get(show))
}

async fn show(
    State(app): State<App>,
    Source(source): Source,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let token = app.config.http.metrics_token.as_deref();
    if !source.to_canonical().is_loopback() && (token.is_none() || bearer(&headers) != token) {
        return Err(Problem::forbidden());
    }
    let jobs = jobs::counts(&mut app.db.read().await?).await?;
    let text = metrics::render(&app, &jobs).map_err(Problem::internal)?;
    Ok((
        [(
            header::CONTENT_TYPE,
            "application/openmetrics-text; version=1.0.0; charset=utf-8",
        )],
        text,
    )
        .into_response())
}
