//! Time limits: how long something may take, and when it is therefore due. Pure; a limit's clock is told when it stood still.
//!
//! A working day is counted at its cut-off: it counts when the clock runs at the end of that day. So a pause of some hours within a
//! day costs nothing, one over two nights costs two days, and one over a holiday costs the working days it covers, no more.

mod count;
mod faults;
mod ladder;
mod limit;
mod profile;

pub use count::{Count, Counted, Day, Remaining, Task, Why, count, remaining};
pub use ladder::{Rung, Step, ladder};
pub use limit::{Limit, LimitError};
pub use profile::{
    BANDS, Before, CountRule, Extension, KINDS, Profile, Redo, Reminders, Reopening, Replies, Returns,
    Suspension, Timer, Timers, standard,
};

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::rules::{Calendar, Hours, instant};

/// The minute that ends a day.
const MIDNIGHT: u16 = 24 * 60;

/// Which day is the first that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FirstDay {
    /// 次日起算: the working day after the start is day 1.
    #[default]
    DayAfter,
    /// 当日起算
    SameDay,
}

/// What becomes of a start at night, on a weekend or on a holiday.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AfterHours {
    /// Like any other.
    Ordinary,
    /// Day 1 is the next working day.
    #[default]
    NextWorkday,
    /// As if it had come on the next working morning; that day is then the start.
    AsNextMorning,
}

/// How working time is counted for a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    pub first_day: FirstDay,
    /// Minute of the day at which a day is over: 24:00, 17:30 …
    pub due_at: u16,
    pub after_hours: AfterHours,
    /// The unit's working pattern.
    pub hours: Hours,
}

impl Default for Rule {
    fn default() -> Self {
        Self {
            first_day: FirstDay::default(),
            due_at: MIDNIGHT,
            after_hours: AfterHours::default(),
            hours: Hours::always(),
        }
    }
}

impl Rule {
    /// The last instant that is still in time on a date. A day that ends at 24:00 keeps its own date: 23:59:59.
    pub fn cut_off(&self, date: NaiveDate) -> Option<DateTime<Utc>> {
        let (minute, second) = match self.due_at {
            MIDNIGHT => (MIDNIGHT - 1, 59),
            minute => (minute, 0),
        };
        let local = date.and_hms_opt(u32::from(minute) / 60, u32::from(minute) % 60, second)?;
        instant(local)
    }

    /// When a working day's work ends.
    fn close(&self) -> u16 {
        let last = self.hours.workdays.iter().map(|(_, until)| *until).max();
        if self.hours.always {
            MIDNIGHT
        } else {
            last.unwrap_or(MIDNIGHT)
        }
    }
}

/// When a clock stood still: apart, in order, the last one perhaps without an end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pauses(Vec<(DateTime<Utc>, Option<DateTime<Utc>>)>);

impl Pauses {
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// Overlapping pauses are one.
    pub fn new(
        pauses: impl IntoIterator<Item = (DateTime<Utc>, Option<DateTime<Utc>>)>,
    ) -> Result<Self, LimitError> {
        let mut pauses: Vec<_> = pauses.into_iter().collect();
        if pauses.iter().any(|(from, to)| to.is_some_and(|to| to <= *from)) {
            return Err(LimitError::Pause);
        }
        pauses.sort_unstable_by_key(|(from, _)| *from);
        let mut apart: Vec<(DateTime<Utc>, Option<DateTime<Utc>>)> = Vec::new();
        for (from, to) in pauses {
            match apart.last_mut() {
                Some((_, None)) => {}
                Some((_, Some(end))) if from <= *end => {
                    if to.is_none_or(|to| to > *end) {
                        apart.last_mut().expect("just seen").1 = to;
                    }
                }
                _ => apart.push((from, to)),
            }
        }
        Ok(Self(apart))
    }

    fn holds(&self, at: DateTime<Utc>) -> bool {
        self.0
            .iter()
            .any(|(from, to)| *from <= at && to.is_none_or(|to| at < to))
    }

    /// From here on the clock does not run again, as far as is known.
    fn stopped_from(&self) -> Option<DateTime<Utc>> {
        self.0
            .last()
            .filter(|(_, to)| to.is_none())
            .map(|(from, _)| *from)
    }

    /// The parts of an interval in which the clock runs.
    fn running(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> Vec<(DateTime<Utc>, DateTime<Utc>)> {
        let mut parts = Vec::new();
        let mut at = from;
        for (stop, go) in &self.0 {
            if *stop >= to {
                break;
            }
            if *stop > at {
                parts.push((at, *stop));
            }
            at = at.max(go.unwrap_or(to));
        }
        if at < to {
            parts.push((at, to));
        }
        parts
    }
}

/// A year is known by its notice; without one its days are guessed.
pub fn unknown_year(calendar: &Calendar, year: i32) -> Option<String> {
    (!calendar.knows(year))
        .then(|| format!("{year} 年的节假日安排尚未导入，暂按周一至周五推算；导入后将重新计算"))
}

#[cfg(test)]
mod brute;
#[cfg(test)]
mod tests;
