//! The duty catalogue as a spreadsheet, out and in.

use axum::{
    body::Bytes,
    extract::{State, rejection::BytesRejection},
    response::Response,
};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{hand, may_write};
use crate::{
    app::App,
    dispatch::catalogue,
    http::{
        Caller, Json, Problem, Query,
        imports::{self, ImportOutcome, ImportQuery},
    },
    sheets::{self, Format},
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(export)).routes(routes!(take))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ExportQuery {
    /// csv, xlsx
    #[serde(default)]
    #[param(value_type = String)]
    format: Format,
}

/// The catalogue as a spreadsheet, ready to be changed and imported
#[utoipa::path(get, path = "/duty-catalogue/export", tag = "duties", params(ExportQuery),
    responses((status = 200, description = "CSV or XLSX", content_type = "application/octet-stream")))]
async fn export(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ExportQuery>,
) -> Result<Response, Problem> {
    caller.require_office()?;
    let sheet = catalogue::sheet(&mut app.db.read().await?).await?;
    sheets::file("duties", query.format, &[sheet])
}

/// Take a CSV or XLSX of entries: first what it would change, then all of it or nothing. What it does not name stays as it is
#[utoipa::path(post, path = "/duty-catalogue/import", tag = "duties", params(ImportQuery),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"), responses((status = 200, body = ImportOutcome)))]
async fn take(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ImportQuery>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<ImportOutcome>, Problem> {
    may_write(&caller)?;
    let cells = imports::cells(body, &query.name).await?;
    let mut tx = app.db.begin().await?;
    let hand = hand(&app, &caller, "imported");
    let (outcome, applied) = catalogue::take(&mut tx, hand, &cells, query.apply).await?;
    if applied {
        tx.commit().await?;
    }
    Ok(Json(ImportOutcome::of(outcome, applied)))
}
