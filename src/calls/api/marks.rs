//! Marked numbers over HTTP: what a flow's caller test goes by.

use axum::{extract::State, http::StatusCode};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    accounts::Role,
    app::App,
    calls::store::marks::{self, Marked},
    clock::{from_millis, millis},
    http::{
        Caller, FieldError, Json, Path, Problem, Query,
        page::{Asked, Page},
    },
};

const LONGEST_NOTE: usize = 200;
const MARKS: [&str; 4] = ["vip", "elderly", "blacklist", "confidential"];

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_marks))
        .routes(routes!(put_marks, delete_marks))
}

#[derive(Serialize, ToSchema)]
struct MarkedView {
    number: String,
    /// vip, elderly, blacklist, confidential
    marks: Vec<String>,
    note: String,
    updated_at: DateTime<Utc>,
    updated_by: String,
}

impl From<Marked> for MarkedView {
    fn from(marked: Marked) -> Self {
        Self {
            marks: marked.words(),
            number: marked.number,
            note: marked.note,
            updated_at: from_millis(marked.at),
            updated_by: marked.by,
        }
    }
}

#[derive(Deserialize, ToSchema)]
struct WantedMarks {
    /// vip, elderly, blacklist, confidential; at least one
    marks: Vec<String>,
    /// Why
    note: String,
}

/// Marked numbers, the last changed first
#[utoipa::path(get, path = "/caller-marks", tag = "calls", params(Asked), responses((status = 200, body = Page<MarkedView>)))]
async fn list_marks(
    State(app): State<App>,
    caller: Caller,
    Query(asked): Query<Asked>,
) -> Result<Json<Page<MarkedView>>, Problem> {
    caller.require(&[Role::Admin, Role::Supervisor])?;
    let (after, read) = asked.rows()?;
    let marked = marks::marked_numbers(&mut app.db.read().await?, after, read).await?;
    let key = |marked: &Marked| (marked.at, marked.number.clone());
    Ok(Json(Page::shown(marked, read, key, MarkedView::from)))
}

/// Mark a number
#[utoipa::path(put, path = "/caller-marks/{number}", tag = "calls", params(("number" = String, Path)), request_body = WantedMarks,
    responses((status = 200, body = MarkedView)))]
async fn put_marks(
    State(app): State<App>,
    caller: Caller,
    Path(number): Path<String>,
    Json(wanted): Json<WantedMarks>,
) -> Result<Json<MarkedView>, Problem> {
    caller.require(&[Role::Admin, Role::Supervisor])?;
    let faults = faults(&number, &wanted);
    if !faults.is_empty() {
        return Err(Problem::invalid(faults));
    }
    let marked = Marked {
        number,
        marks: serde_json::json!(wanted.marks).to_string(),
        note: wanted.note.trim().to_owned(),
        at: millis(app.clock.now()),
        by: caller.username.clone(),
    };
    let mut tx = app.db.begin().await?;
    marks::mark_number(&mut tx, &marked).await?;
    tx.commit().await?;
    Ok(Json(marked.into()))
}

fn faults(number: &str, wanted: &WantedMarks) -> Vec<FieldError> {
    let is_number = (3..=20).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit());
    let are_words = !wanted.marks.is_empty() && wanted.marks.iter().all(|m| MARKS.contains(&m.as_str()));
    let note = wanted.note.trim().chars().count();
    let rules = [
        (is_number, "number", "应为 3 至 20 位数字"),
        (
            are_words,
            "marks",
            "应为 vip、elderly、blacklist、confidential 中的至少一个",
        ),
        (
            (1..=LONGEST_NOTE).contains(&note),
            "note",
            "应说明原因，1 至 200 个字",
        ),
    ];
    let broken = rules.into_iter().filter(|(holds, ..)| !holds);
    broken
        .map(|(_, field, message)| FieldError::new(field, message))
        .collect()
}

/// Take the marks off a number
#[utoipa::path(delete, path = "/caller-marks/{number}", tag = "calls", params(("number" = String, Path)), responses((status = 204)))]
async fn delete_marks(
    State(app): State<App>,
    caller: Caller,
    Path(number): Path<String>,
) -> Result<StatusCode, Problem> {
    caller.require(&[Role::Admin, Role::Supervisor])?;
    let mut tx = app.db.begin().await?;
    if marks::unmark_number(&mut tx, &number).await? == 0 {
        return Err(Problem::not_found());
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
