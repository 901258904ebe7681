//! The clocks of a ticket, explained: every counted day is shown.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::CodeName;
use crate::calendar::limits::{Day, Limit, Pauses, remaining};
use crate::tickets::{
    Books,
    rules::{Ticket, timers},
};

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = TicketLimit)]
pub struct LimitView {
    /// dispatch, sign, first_contact, on_site, handle, progress, review, callback, redo, dispute, supervision
    pub timer: &'static str,
    pub title: &'static str,
    pub unit: Option<CodeName>,
    pub from: DateTime<Utc>,
    /// 5wd, 24h …
    pub limit: String,
    /// null while the clock stands still
    pub due: Option<DateTime<Utc>>,
    /// Without extensions and pauses
    pub original_due: Option<DateTime<Utc>>,
    pub late: bool,
    /// Working days still to come
    pub remaining_days: u32,
    /// Working minutes; of all hours when the limit runs round the clock
    pub remaining_minutes: i64,
    /// Working minutes of the whole
    pub total_minutes: i64,
    /// Every day between start and due, and whether it counts
    pub days: Vec<DayView>,
    pub warnings: Vec<String>,
}

/// A clock in a list: without its days
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = TicketClock)]
pub struct ClockView {
    pub timer: &'static str,
    pub title: &'static str,
    pub limit: String,
    /// null while the clock stands still
    pub due: Option<DateTime<Utc>>,
    pub late: bool,
    pub remaining_days: u32,
    pub remaining_minutes: i64,
    pub total_minutes: i64,
}

impl ClockView {
    pub(in crate::tickets) fn new(
        running: &timers::Running,
        books: &Books,
        now: DateTime<Utc>,
    ) -> Option<Self> {
        let LimitView {
            timer,
            title,
            limit,
            due,
            late,
            remaining_days,
            remaining_minutes,
            total_minutes,
            ..
        } = one(running, books, now)?;
        Some(Self {
            timer,
            title,
            limit,
            due,
            late,
            remaining_days,
            remaining_minutes,
            total_minutes,
        })
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = LimitDay)]
pub struct DayView {
    pub date: NaiveDate,
    pub counted: bool,
    /// start, workday, make_up, plain, weekend, holiday, paused
    pub why: &'static str,
}

impl From<&Day> for DayView {
    fn from(day: &Day) -> Self {
        Self {
            date: day.date,
            counted: day.why.counts(),
            why: day.why.as_str(),
        }
    }
}

pub(super) fn view(ticket: &Ticket, books: &Books, now: DateTime<Utc>) -> Vec<LimitView> {
    timers::running(ticket, &books.profile)
        .iter()
        .filter_map(|running| one(running, books, now))
        .collect()
}

fn one(running: &timers::Running, books: &Books, now: DateTime<Utc>) -> Option<LimitView> {
    let found = books.due(running)?;
    let plain = timers::Running {
        extensions: vec![],
        pauses: Pauses::default(),
        ..running.clone()
    };
    let original = books.due(&plain)?;
    let rule = books.rule(running.counted_by.as_deref());
    let between = |from, due| {
        remaining(
            &books.calendar,
            &rule,
            &running.pauses,
            running.limit,
            (from, due),
        )
    };
    let left = found.due.map(|due| between(now, due)).unwrap_or_default();
    let total = found
        .due
        .map(|due| between(running.from, due))
        .unwrap_or_default();
    let remaining_days = match running.limit {
        // Days or minutes that the clock stopped with.
        _ if found.due.is_none() => found.left,
        Limit::Days(_) | Limit::WorkingDays(_) => found.days_left(&rule, now),
        Limit::Minutes(_) | Limit::Hours(_) | Limit::WorkingHours(_) => left.working_days,
    };
    Some(LimitView {
        timer: running.timer.as_str(),
        title: running.timer.title(),
        unit: running.unit.clone().map(|code| CodeName::of_unit(code, books)),
        from: running.from,
        limit: running.limit.to_string(),
        due: found.due,
        original_due: original.due,
        late: left.late,
        remaining_days,
        remaining_minutes: left.minutes,
        total_minutes: total.minutes,
        days: found.days.iter().map(DayView::from).collect(),
        warnings: found.warnings,
    })
}
