//! Counting: from a start over a limit to the instant it is due, with every day that was looked at.

use chrono::{DateTime, Datelike, Days, NaiveDate, TimeDelta, Timelike, Utc};

use super::super::rules::{self, CHINA, Calendar, Hours, instant};
use super::{AfterHours, FirstDay, Limit, LimitError, Pauses, Rule, unknown_year};

/// Something that must be done in time.
#[derive(Debug, Clone)]
pub struct Task<'a> {
    pub from: DateTime<Utc>,
    pub limit: Limit,
    /// Granted one after the other; each begins where the one before is due.
    pub extensions: &'a [Limit],
    pub pauses: &'a Pauses,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    /// None while the clock stands still and nobody knows for how long.
    pub due: Option<DateTime<Utc>>,
    pub counted: Vec<Counted>,
    /// Every day between start and due, counted or not, and why.
    pub days: Vec<Day>,
    /// Days or minutes that were still to run when the clock stopped for good.
    pub left: u32,
    pub warnings: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    Day(NaiveDate),
    Interval(DateTime<Utc>, DateTime<Utc>),
}

impl Count {
    /// Days that count and are not over yet: on the first day as many as the limit has, whether that day counts or not.
    pub fn days_left(&self, rule: &Rule, now: DateTime<Utc>) -> u32 {
        let to_come = |day: &&Day| day.why.counts() && rule.cut_off(day.date).is_some_and(|at| at >= now);
        self.days.iter().filter(to_come).count() as u32
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    pub date: NaiveDate,
    pub why: Why,
}

/// Why a day counts or does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    Start,
    Workday,
    /// A weekend day that is worked.
    MakeUp,
    /// Counted although not worked: the limit is in plain days.
    Plain,
    Weekend,
    Holiday,
    Paused,
}

impl Why {
    pub fn counts(self) -> bool {
        matches!(self, Self::Workday | Self::MakeUp | Self::Plain)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Workday => "workday",
            Self::MakeUp => "make_up",
            Self::Plain => "plain",
            Self::Weekend => "weekend",
            Self::Holiday => "holiday",
            Self::Paused => "paused",
        }
    }
}

/// Where a stretch ended.
struct End {
    at: DateTime<Utc>,
    /// The day it was reached on, when the stretch was counted in days: the next one begins after it.
    day: Option<NaiveDate>,
}

impl End {
    /// Where hours that follow begin: a day that ends at 24:00 is due in its last second, and over a second later.
    fn over(&self, rule: &Rule) -> DateTime<Utc> {
        let midnight = self.day.is_some() && rule.due_at == super::MIDNIGHT;
        self.at + TimeDelta::seconds(midnight.into())
    }
}

pub fn count(calendar: &Calendar, rule: &Rule, task: &Task<'_>) -> Result<Count, LimitError> {
    let mut found = Count {
        due: None,
        counted: vec![],
        days: vec![],
        left: 0,
        warnings: vec![],
    };
    let counter = Counter {
        calendar,
        rule,
        pauses: task.pauses,
    };
    let mut end = Some(End {
        at: task.from,
        day: None,
    });
    for limit in std::iter::once(&task.limit).chain(task.extensions) {
        let Some(start) = end.take() else {
            found.left += amount(*limit);
            continue;
        };
        end = match limit {
            Limit::Days(n) | Limit::WorkingDays(n) => counter.days(&mut found, start, *limit, *n)?,
            Limit::WorkingHours(n) => counter.flow(
                &mut found,
                start.over(rule),
                &rule.hours,
                TimeDelta::hours((*n).into()),
            )?,
            _ => counter.flow(&mut found, start.over(rule), &Hours::always(), minutes(*limit))?,
        };
    }
    found.due = end.map(|end| end.at);
    let limits = std::iter::once(&task.limit).chain(task.extensions);
    if limits.into_iter().any(|limit| limit.needs_calendar()) {
        warn(calendar, task.from, &mut found);
    }
    Ok(found)
}

/// The number that is left over of a stretch that never began: days, or minutes.
fn amount(limit: Limit) -> u32 {
    match limit {
        Limit::Hours(n) | Limit::WorkingHours(n) => n * 60,
        other => other.amount(),
    }
}

fn minutes(limit: Limit) -> TimeDelta {
    TimeDelta::minutes(amount(limit).into())
}

fn warn(calendar: &Calendar, from: DateTime<Utc>, found: &mut Count) {
    let first = rules::local_date(from).year();
    let last = found
        .due
        .or(found.days.last().and_then(|day| instant(day.date.into())));
    let last = last.map_or(first, |at| rules::local_date(at).year());
    found.warnings = (first..=last)
        .filter_map(|year| unknown_year(calendar, year))
        .collect();
}

struct Counter<'a> {
    calendar: &'a Calendar,
    rule: &'a Rule,
    pauses: &'a Pauses,
}

impl Counter<'_> {
    /// The first date whose cut-off may count.
    fn first(&self, start: &End, plain: bool) -> Option<NaiveDate> {
        if let Some(day) = start.day {
            return day.succ_opt();
        }
        let local = start.at.with_timezone(&CHINA).naive_local();
        let date = local.date();
        let minute = local.time().num_seconds_from_midnight() / 60;
        let late = !plain && (!self.calendar.is_workday(date) || minute >= self.rule.close().into());
        match (self.rule.first_day, self.rule.after_hours) {
            (FirstDay::DayAfter, AfterHours::AsNextMorning) if late => self.next_workday(date)?.succ_opt(),
            (FirstDay::DayAfter, _) => date.succ_opt(),
            (FirstDay::SameDay, AfterHours::Ordinary) => Some(date),
            (FirstDay::SameDay, _) if late => date.succ_opt(),
            (FirstDay::SameDay, _) => Some(date),
        }
    }

    fn next_workday(&self, date: NaiveDate) -> Option<NaiveDate> {
        (1..=400)
            .filter_map(|ahead| date.checked_add_days(Days::new(ahead)))
            .find(|date| self.calendar.is_workday(*date))
    }

    fn days(&self, found: &mut Count, start: End, limit: Limit, n: u32) -> Result<Option<End>, LimitError> {
        let plain = matches!(limit, Limit::Days(_));
        let first = self.first(&start, plain).ok_or(LimitError::TooFar)?;
        if found.days.is_empty() {
            self.note_start(found, start.at, first);
        }
        let (mut date, mut left) = (first, n);
        loop {
            let at = self.rule.cut_off(date).ok_or(LimitError::TooFar)?;
            if self.pauses.stopped_from().is_some_and(|stopped| stopped <= at) {
                found.left += left;
                return Ok(None);
            }
            let why = self.why(date, at, start.at, plain);
            found.days.push(Day { date, why });
            if why.counts() {
                found.counted.push(Counted::Day(date));
                left -= 1;
                if left == 0 {
                    return Ok(Some(End { at, day: Some(date) }));
                }
            }
            date = date.succ_opt().ok_or(LimitError::TooFar)?;
        }
    }

    /// The days from the start to the first that may count belong to the explanation.
    fn note_start(&self, found: &mut Count, at: DateTime<Utc>, first: NaiveDate) {
        let start = rules::local_date(at);
        for date in start.iter_days().take_while(|date| *date < first) {
            let why = match self.why(date, at, at, false) {
                why if why.counts() || date == start => Why::Start,
                why => why,
            };
            found.days.push(Day { date, why });
        }
    }

    fn why(&self, date: NaiveDate, cut_off: DateTime<Utc>, start: DateTime<Utc>, plain: bool) -> Why {
        if !plain && !self.calendar.is_workday(date) {
            return if rules::is_weekend(date) {
                Why::Weekend
            } else {
                Why::Holiday
            };
        }
        if cut_off <= start {
            // Only under the rule of the same day: it came after that day's end.
            return Why::Start;
        }
        match () {
            () if self.pauses.holds(cut_off) => Why::Paused,
            () if plain => Why::Plain,
            () if self.calendar.is_make_up(date) => Why::MakeUp,
            () => Why::Workday,
        }
    }

    /// Lets `need` of the hours' time pass.
    fn flow(
        &self,
        found: &mut Count,
        from: DateTime<Utc>,
        hours: &Hours,
        need: TimeDelta,
    ) -> Result<Option<End>, LimitError> {
        let mut left = need;
        let mut date = rules::local_date(from);
        loop {
            for (start, end) in windows(self.calendar, hours, date)
                .into_iter()
                .filter(|(_, end)| *end > from)
            {
                for (start, end) in self.pauses.running(start.max(from), end) {
                    let end = end.min(start + left);
                    join(&mut found.counted, start, end);
                    left -= end - start;
                    if left <= TimeDelta::zero() {
                        return Ok(Some(End { at: end, day: None }));
                    }
                }
            }
            date = date.succ_opt().ok_or(LimitError::TooFar)?;
            let stopped = self.pauses.stopped_from();
            if stopped.is_some_and(|stopped| instant(date.into()).is_none_or(|at| stopped <= at)) {
                found.left += u32::try_from(left.num_minutes()).unwrap_or(u32::MAX);
                return Ok(None);
            }
            // A pattern without any hour would never end.
            if hours.workdays.is_empty() && hours.holidays.is_empty() && !hours.always {
                return Err(LimitError::TooFar);
            }
        }
    }
}

/// The open hours of a date as instants.
fn windows(calendar: &Calendar, hours: &Hours, date: NaiveDate) -> Vec<(DateTime<Utc>, DateTime<Utc>)> {
    let Some(midnight) = instant(date.into()) else {
        return vec![];
    };
    let at = |minute: u16| midnight + TimeDelta::minutes(minute.into());
    hours
        .of(calendar, date)
        .iter()
        .map(|(from, until)| (at(*from), at(*until)))
        .collect()
}

/// Adjoining intervals are one.
fn join(counted: &mut Vec<Counted>, start: DateTime<Utc>, end: DateTime<Utc>) {
    match counted.last_mut() {
        Some(Counted::Interval(_, last)) if *last == start => *last = end,
        _ => counted.push(Counted::Interval(start, end)),
    }
}

/// What is left until something is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Remaining {
    /// Cut-offs of working days that are still to come; none when it is late.
    pub working_days: u32,
    /// Of the unit's working pattern; of all hours when the limit runs round the clock.
    pub minutes: i64,
    pub late: bool,
}

/// The working time between two instants in which the clock runs. Never negative.
pub fn remaining(
    calendar: &Calendar,
    rule: &Rule,
    pauses: &Pauses,
    limit: Limit,
    (now, due): (DateTime<Utc>, DateTime<Utc>),
) -> Remaining {
    if now > due {
        return Remaining {
            late: true,
            ..Remaining::default()
        };
    }
    let hours = if limit.needs_calendar() {
        rule.hours.clone()
    } else {
        Hours::always()
    };
    let days = rules::local_date(now)
        .iter_days()
        .take_while(|date| *date <= rules::local_date(due));
    let mut left = Remaining::default();
    for date in days {
        let cut_off = rule.cut_off(date).filter(|at| *at >= now && *at <= due);
        let counts = calendar.is_workday(date) && cut_off.is_some_and(|at| !pauses.holds(at));
        left.working_days += u32::from(counts);
        for (start, end) in windows(calendar, &hours, date) {
            let (start, end) = (start.max(now), end.min(due));
            if start < end {
                left.minutes += pauses
                    .running(start, end)
                    .iter()
                    .map(|(from, to)| (*to - *from).num_minutes())
                    .sum::<i64>();
            }
        }
    }
    left
}

/// The instant at which a part of the working time between two instants has passed: `part` of `whole`.
pub(super) fn part_way(
    calendar: &Calendar,
    rule: &Rule,
    task: &Task<'_>,
    due: DateTime<Utc>,
    left_percent: u32,
) -> Option<DateTime<Utc>> {
    let all = remaining(calendar, rule, task.pauses, task.limit, (task.from, due)).minutes;
    let need = TimeDelta::minutes(all * i64::from(100 - left_percent.min(100)) / 100);
    let hours = if task.limit.needs_calendar() {
        rule.hours.clone()
    } else {
        Hours::always()
    };
    let mut scratch = Count {
        due: None,
        counted: vec![],
        days: vec![],
        left: 0,
        warnings: vec![],
    };
    let counter = Counter {
        calendar,
        rule,
        pauses: task.pauses,
    };
    let end = counter.flow(&mut scratch, task.from, &hours, need).ok()??;
    Some(end.at)
}
