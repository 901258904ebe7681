//! Forms over HTTP.

use axum::{
    body::Body,
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    paper::{Error, Font, Paper},
    store,
    ticket::{self, Kind},
};
use crate::{
    app::App,
    audit::{self, Entry, Often},
    http::{Caller, Path, Problem},
    supervision, tickets,
};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(of_ticket))
        .routes(routes!(of_supervision))
}

/// A form of the ticket as PDF: dispatch.pdf 交办单, return.pdf 退回单, callback.pdf 回访单 (the office only)
#[utoipa::path(get, path = "/tickets/{number}/forms/{form}", tag = "tickets",
    params(("number" = String, Path), ("form" = String, Path)),
    responses((status = 200, content_type = "application/pdf", body = Vec<u8>)))]
async fn of_ticket(
    State(app): State<App>,
    caller: Caller,
    Path((number, form)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let word = form.strip_suffix(".pdf").unwrap_or_default();
    let kind = Kind::parse(word).ok_or_else(Problem::not_found)?;
    if kind == Kind::Callback {
        caller.require_office()?;
    }
    let now = app.clock.now();
    let mut tx = app.db.read().await?;
    let shown = tickets::api::shown(&mut tx, &number, &caller, now).await?;
    let county = store::county(&mut tx).await?;
    drop(tx);
    let paper = ticket::paper(kind, &shown, &county, now).ok_or_else(|| {
        Problem::conflict(format!("工单还没有可以填入{}的内容", kind.title())).coded("form-empty")
    })?;
    hand_out(&app, &caller, ("ticket", &number), word, paper).await
}

/// An entry of the ledger as PDF: 督办单 or 督办卡 with its instructions
#[utoipa::path(get, path = "/supervisions/{id}/form.pdf", tag = "supervision", params(("id" = String, Path)),
    responses((status = 200, content_type = "application/pdf", body = Vec<u8>)))]
async fn of_supervision(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let now = app.clock.now();
    let mut tx = app.db.read().await?;
    let entry = supervision::api::entry(&mut tx, &id, &caller, now).await?;
    let county = store::county(&mut tx).await?;
    drop(tx);
    let paper = ticket::supervision(&entry, &county, now);
    hand_out(&app, &caller, ("supervision", &id), "supervision", paper).await
}

/// Each paper that leaves the house is on record, before it does.
async fn hand_out(
    app: &App,
    caller: &Caller,
    (kind, id): (&str, &str),
    word: &str,
    paper: Paper,
) -> Result<Response, Problem> {
    let configured = app.config.form_font.clone();
    let printed = tokio::task::spawn_blocking(move || paper.print(&Font::open(configured.as_deref())?)).await;
    let bytes = printed.map_err(Problem::internal)??;
    let mut read = Entry::new(caller.who(), "form.read", kind, id);
    read.detail = serde_json::json!({ "form": word });
    audit::note_read(app, read, Often::Each).await?;
    let mut response = Body::from(bytes).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/pdf"));
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("private, no-store"),
    );
    let name = format!("inline; filename=\"{word}-{id}.pdf\"");
    headers.insert(
        header::CONTENT_DISPOSITION,
        // A ticket's number and a year with a number, both looked up before.
        HeaderValue::from_str(&name).unwrap_or(HeaderValue::from_static("inline")),
    );
    Ok(response)
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        tracing::error!(%error, "no form printed");
        Self::unavailable(error.to_string())
    }
}
