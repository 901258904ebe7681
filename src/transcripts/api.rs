//! Transcripts over HTTP.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{live::LiveSegment, store};
use crate::{
    accounts::Role,
    app::App,
    calls::{self, api::note_read},
    http::{Caller, Json, Path, Problem},
};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(show)).routes(routes!(live))
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
    note_read(&app, tx, &caller, &call, "transcript").await?;
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

#[derive(Serialize, ToSchema)]
#[schema(as = LiveTranscript)]
struct LiveView {
    /// live; behind: something was left out to catch up; waiting: too many calls at once; ended; none: nobody talks yet, or no model
    state: &'static str,
    segments: Vec<LiveSegmentView>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = LiveSegment)]
pub(super) struct LiveSegmentView {
    /// citizen, office
    side: &'static str,
    /// Together with the side what a sentence is known by
    start_ms: i64,
    end_ms: i64,
    /// Empty in the event `transcript.live`: the sentence is taken back
    text: String,
    /// Until then the text may still change
    r#final: bool,
}

impl From<&LiveSegment> for LiveSegmentView {
    fn from(segment: &LiveSegment) -> Self {
        Self {
            side: segment.side.as_str(),
            start_ms: segment.start_ms,
            end_ms: segment.end_ms,
            text: segment.text.clone(),
            r#final: segment.is_final,
        }
    }
}

/// What is being said, as it is heard; provisional
#[utoipa::path(get, path = "/calls/{id}/live-transcript", tag = "calls", params(("id" = String, Path)),
    responses((status = 200, body = LiveView)))]
async fn live(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<LiveView>, Problem> {
    caller.require(&[Role::Operator, Role::Supervisor, Role::Admin])?;
    let mut tx = app.db.read().await?;
    let call = calls::find(&mut tx, &id).await?.ok_or_else(Problem::not_found)?;
    // What is said in another's call is its operator's and the supervisors' business.
    if caller.role == Role::Operator && call.operator.as_deref() != Some(caller.username.as_str()) {
        return Err(Problem::forbidden());
    }
    note_read(&app, tx, &caller, &call, "transcript").await?;
    let found = app.speech.board().find(&id).cloned();
    Ok(Json(LiveView {
        state: found
            .as_ref()
            .map_or("none", |transcript| transcript.state.as_str()),
        segments: found
            .map(|transcript| transcript.segments.iter().map(LiveSegmentView::from).collect())
            .unwrap_or_default(),
    }))
}
