//! The dialer over HTTP: what is owed and what came of it, and the numbers that the machine does not call.

use axum::{extract::State, http::StatusCode};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    pace,
    store::{self, Unwanted},
};
use crate::{
    accounts::Role,
    app::App,
    calendar,
    clock::{from_millis, millis},
    http::{Caller, FieldError, Json, Path, Problem},
};

const LONGEST_REASON: usize = 200;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(show))
        .routes(routes!(list, add))
        .routes(routes!(remove))
}

#[derive(Serialize, ToSchema)]
struct DialerCount {
    /// survey, missed
    purpose: String,
    /// Of orders: waiting, dialling. Of attempts: reached, no_answer, busy, declined, voicemail, switched_off, bad_number, failed …
    word: String,
    count: i64,
}

impl From<(String, String, i64)> for DialerCount {
    fn from((purpose, word, count): (String, String, i64)) -> Self {
        Self { purpose, word, count }
    }
}

#[derive(Serialize, ToSchema)]
struct DialerView {
    /// Calls owed
    orders: Vec<DialerCount>,
    /// What became of today's attempts
    today: Vec<DialerCount>,
    /// Calls that may be placed now beside those for citizens who call in
    room: i64,
}

/// Calls that the hotline owes citizens, and what became of today's attempts
#[utoipa::path(get, path = "/dialer", tag = "calls", responses((status = 200, body = DialerView)))]
async fn show(State(app): State<App>, caller: Caller) -> Result<Json<DialerView>, Problem> {
    caller.require_office()?;
    let today = millis(calendar::day_start(app.clock.now()));
    let mut tx = app.db.read().await?;
    let under_way = store::under_way(&mut tx).await?;
    let room = pace::room(&app, &mut tx, &under_way).await?;
    let orders = store::orders(&mut tx).await?;
    let fates = store::fates(&mut tx, today).await?;
    Ok(Json(DialerView {
        orders: orders.into_iter().map(DialerCount::from).collect(),
        today: fates.into_iter().map(DialerCount::from).collect(),
        room: i64::try_from(room).unwrap_or(i64::MAX),
    }))
}

#[derive(Serialize, ToSchema)]
struct DoNotCall {
    number: String,
    reason: String,
    added_by: String,
    added_at: DateTime<Utc>,
}

/// Numbers that the machine does not call
#[utoipa::path(get, path = "/do-not-call", tag = "calls", responses((status = 200, body = [DoNotCall])))]
async fn list(State(app): State<App>, caller: Caller) -> Result<Json<Vec<DoNotCall>>, Problem> {
    caller.require_office()?;
    let mut tx = app.db.read().await?;
    let view = |unwanted: Unwanted| DoNotCall {
        number: unwanted.number,
        reason: unwanted.reason,
        added_by: unwanted.added_by,
        added_at: from_millis(unwanted.added_at),
    };
    let numbers = store::unwanted(&mut tx).await?;
    Ok(Json(numbers.into_iter().map(view).collect()))
}

#[derive(Deserialize, ToSchema)]
struct NewDoNotCall {
    number: String,
    reason: String,
}

/// From now on the machine does not call this number; people may
#[utoipa::path(post, path = "/do-not-call", tag = "calls", request_body = NewDoNotCall, responses((status = 204)))]
async fn add(
    State(app): State<App>,
    caller: Caller,
    Json(body): Json<NewDoNotCall>,
) -> Result<StatusCode, Problem> {
    caller.require(&[Role::Operator, Role::Supervisor, Role::Admin])?;
    let (number, reason) = (body.number.trim(), body.reason.trim());
    let mut faults = Vec::new();
    if !(3..=16).contains(&number.len()) || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        faults.push(FieldError::new("number", "应为 3 至 16 位数字的电话号码"));
    }
    if reason.is_empty() || reason.chars().count() > LONGEST_REASON {
        faults.push(FieldError::new("reason", "请写明原因，1 至 200 个字"));
    }
    if !faults.is_empty() {
        return Err(Problem::invalid(faults));
    }
    let mut tx = app.db.begin().await?;
    let unwanted = Unwanted {
        number: number.to_owned(),
        reason: reason.to_owned(),
        added_by: caller.username.clone(),
        added_at: millis(app.clock.now()),
    };
    store::add_unwanted(&mut tx, &unwanted).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The machine may call this number again
#[utoipa::path(delete, path = "/do-not-call/{number}", tag = "calls", params(("number" = String, Path)), responses((status = 204)))]
async fn remove(
    State(app): State<App>,
    caller: Caller,
    Path(number): Path<String>,
) -> Result<StatusCode, Problem> {
    caller.require(&[Role::Supervisor, Role::Admin])?;
    let mut tx = app.db.begin().await?;
    if !store::remove_unwanted(&mut tx, &number).await? {
        return Err(Problem::not_found());
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
