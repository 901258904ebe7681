//! Transcripts over HTTP.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::store;
use crate::{
    app::App,
    calls,
    http::{Caller, Json, Path, Problem},
};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(show))
}

#[derive(Serialize, ToSchema)]
#[schema(as = Transcript)]
struct TranscriptView {
    /// none, pending, running, done, failed, no_model
    state: &'static str,
    engine: Option<String>,
    /// Why there is none
    error: Option<String>,
    segments: Vec<SegmentView>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Segment)]
struct SegmentView {
    /// citizen, office
    side: &'static str,
    start_ms: i64,
    end_ms: i64,
    text: String,
}

/// What was said, with sides and times
#[utoipa::path(get, path = "/calls/{id}/transcript", tag = "calls", params(("id" = String, Path)),
    responses((status = 200, body = TranscriptView)))]
async fn show(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<TranscriptView>, Problem> {
    caller.require_office()?;
    let mut tx = app.db.read().await?;
    let call = calls::find(&mut tx, &id).await?.ok_or_else(Problem::not_found)?;
    let found = store::find(&mut tx, &id).await?;
    let segments = store::segments(&mut tx, &id).await?;
    let segment = |segment: super::Segment| SegmentView {
        side: segment.side.as_str(),
        start_ms: segment.start_ms,
        end_ms: segment.end_ms,
        text: segment.text,
    };
    Ok(Json(TranscriptView {
        state: call.transcript_state.as_str(),
        error: found.as_ref().and_then(|found| found.error.clone()),
        engine: found
            .map(|found| found.engine)
            .filter(|engine| !engine.is_empty()),
        segments: segments.into_iter().map(segment).collect(),
    }))
}
