//! The hall's big screen. Everything of the day is counted from the records, so a restart changes nothing on it.

use axum::extract::State;
use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Json, Problem, overview::OperatorCounts, screens::Onlooker};
use crate::{
    accounts,
    app::App,
    calendar,
    calls::{self, figures::HourCount},
    clock::{from_millis, millis},
    live,
    tickets::{self, Ticket},
};

/// What is legible from the other end of the hall.
const URGENT_SHOWN: i64 = 8;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(wallboard))
}

#[derive(Serialize, ToSchema)]
struct Wallboard {
    at: DateTime<Utc>,
    waiting: usize,
    longest_wait_ms: i64,
    /// Answered within 15 seconds of those offered to operators today, 0 to 1; null when nobody was
    answered_15s_rate: Option<f64>,
    answered_20s_rate: Option<f64>,
    /// Today's callers to the queues who no longer wait
    offered: i64,
    answered: i64,
    abandoned: i64,
    operators: OperatorCounts,
    /// From midnight in China to the current hour
    hours: Vec<HourView>,
    /// Open tickets of band S and A, the gravest and newest first
    urgent: Vec<UrgentView>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = WallboardHour)]
struct HourView {
    hour: i64,
    offered: i64,
    answered: i64,
}

#[derive(Serialize, ToSchema)]
#[schema(as = WallboardTicket)]
struct UrgentView {
    number: String,
    title: String,
    state: &'static str,
    band: String,
    opened_at: DateTime<Utc>,
}

/// The hall's big screen: for the office, and by a screen's own token
#[utoipa::path(get, path = "/wallboard", tag = "live", responses((status = 200, body = Wallboard)))]
async fn wallboard(State(app): State<App>, _: Onlooker) -> Result<Json<Wallboard>, Problem> {
    let now = app.clock.now();
    let start = calendar::day_start(now);
    let mut tx = app.db.read().await?;
    let counts = calls::by_hour(&mut tx, millis(start), millis(start + TimeDelta::days(1))).await?;
    let urgent = tickets::urgent(&mut tx, URGENT_SHOWN).await?;
    let operators = accounts::operator_count(&mut tx).await?;
    drop(tx);
    let figures = calls::figures::of_day(&counts, (now - start).num_hours());
    let live = app.live.state().clone();
    Ok(Json(Wallboard {
        at: now,
        waiting: live.queues.values().map(Vec::len).sum(),
        longest_wait_ms: longest_wait(&live, now),
        answered_15s_rate: figures.within_15s_rate,
        answered_20s_rate: figures.within_20s_rate,
        offered: figures.offered,
        answered: figures.answered,
        abandoned: figures.abandoned,
        operators: OperatorCounts::of(&live, operators),
        hours: figures.hours.iter().map(HourView::from).collect(),
        urgent: urgent.iter().map(UrgentView::from).collect(),
    }))
}

fn longest_wait(live: &live::State, now: DateTime<Utc>) -> i64 {
    let since = live.queues.values().flatten().map(|caller| caller.since).min();
    since.map_or(0, |since| (now - since).num_milliseconds().max(0))
}

impl From<&HourCount> for HourView {
    fn from(count: &HourCount) -> Self {
        Self {
            hour: count.hour,
            offered: count.offered,
            answered: count.answered,
        }
    }
}

impl From<&Ticket> for UrgentView {
    fn from(ticket: &Ticket) -> Self {
        Self {
            number: ticket.number.clone(),
            title: tickets::shown_title(ticket),
            state: ticket.state.as_str(),
            band: ticket.band.clone(),
            opened_at: from_millis(ticket.created_at),
        }
    }
}
