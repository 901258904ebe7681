//! The rate of calls back over days.

use axum::extract::State;
use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    app::App,
    calendar,
    clock::millis,
    http::{Caller, FieldError, Json, Problem, Query},
    missed::{
        rate::{self, Rate},
        store,
    },
};

/// A time at the end of all calendars cannot be reckoned with.
const YEARS: std::ops::RangeInclusive<i32> = 2000..=2099;
/// A quarter and some days.
const LONGEST: TimeDelta = TimeDelta::days(100);

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(rates))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Span {
    /// Without it the last seven days, today included
    from: Option<DateTime<Utc>>,
    to: Option<DateTime<Utc>>,
}

#[derive(Serialize, ToSchema)]
struct CallbackRate {
    missed: i64,
    /// Called back within the limit, or come through again; whether or not anybody picked up
    in_time: i64,
    late: i64,
    reached: i64,
    came_again: i64,
    unreachable: i64,
    by_hand: i64,
    open: i64,
    /// Half of those who were served waited no longer
    median_wait_seconds: Option<i64>,
}

impl From<&Rate> for CallbackRate {
    fn from(rate: &Rate) -> Self {
        Self {
            missed: rate.missed,
            in_time: rate.in_time,
            late: rate.late,
            reached: rate.reached,
            came_again: rate.came_again,
            unreachable: rate.unreachable,
            by_hand: rate.by_hand,
            open: rate.open,
            median_wait_seconds: rate.median_wait().map(|ms| ms / 1000),
        }
    }
}

#[derive(Serialize, ToSchema)]
struct DayRate {
    day: NaiveDate,
    #[serde(flatten)]
    rate: CallbackRate,
}

#[derive(Serialize, ToSchema)]
struct CallbackRates {
    all: CallbackRate,
    /// Days on which calls were missed, the last one first
    days: Vec<DayRate>,
}

/// How many missed calls were called back in time, day by day
#[utoipa::path(get, path = "/missed-calls/rate", tag = "calls", params(Span), responses((status = 200, body = CallbackRates)))]
async fn rates(
    State(app): State<App>,
    caller: Caller,
    Query(span): Query<Span>,
) -> Result<Json<CallbackRates>, Problem> {
    caller.require_office()?;
    let now = app.clock.now();
    let to = span.to.unwrap_or(now);
    if !YEARS.contains(&to.year()) {
        let fault = FieldError::new("to", "应为 2000 年至 2099 年之间的时间");
        return Err(Problem::invalid(vec![fault]));
    }
    let from = span
        .from
        .unwrap_or_else(|| calendar::day_start(to) - TimeDelta::days(6));
    if from > to || to.signed_duration_since(from) > LONGEST {
        let fault = FieldError::new("from", "应早于结束时间，且跨度不超过 100 天");
        return Err(Problem::invalid(vec![fault]));
    }
    let mut tx = app.db.read().await?;
    let tasks = store::since(&mut tx, millis(from), millis(to)).await?;
    let (days, all) = rate::rates(&tasks);
    let day = |(day, rate): (NaiveDate, Rate)| DayRate {
        day,
        rate: CallbackRate::from(&rate),
    };
    Ok(Json(CallbackRates {
        all: CallbackRate::from(&all),
        days: days.into_iter().rev().map(day).collect(),
    }))
}
