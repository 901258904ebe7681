//! The reminder ladder: before something is due, when it is, and after.

use chrono::{DateTime, Days, Utc};

use super::super::rules::{self, Calendar};
use super::count::{Task, count, part_way};
use super::profile::{Before, Reminders};
use super::{Limit, Pauses, Rule};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rung {
    pub step: Step,
    pub at: DateTime<Utc>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// So many percent of the time are left.
    PercentLeft(u32),
    /// So many working days are left.
    DaysLeft(u32),
    Due,
    /// 催办
    Urge,
    /// 一级督办
    Supervise,
    /// 通报
    Report,
}

/// The rungs of a task that is due at `due`, in order of time. Rungs that would come before the start are left out.
pub fn ladder(
    calendar: &Calendar,
    rule: &Rule,
    reminders: &Reminders,
    task: &Task<'_>,
    due: DateTime<Utc>,
) -> Vec<Rung> {
    let before = reminders.before.iter().filter_map(|before| match before {
        Before::Percent(left) => Some((
            Step::PercentLeft(*left),
            part_way(calendar, rule, task, due, *left)?,
        )),
        Before::WorkingDays(days) => Some((Step::DaysLeft(*days), days_before(calendar, rule, due, *days)?)),
    });
    let after = [
        (Step::Urge, reminders.urge),
        (Step::Supervise, reminders.supervise),
        (Step::Report, reminders.report),
    ];
    let after = after.into_iter().filter_map(|(step, limit)| {
        let limit = limit?;
        // Who is late already gets no pause.
        let late = Task {
            from: due,
            limit,
            extensions: &[],
            pauses: &Pauses::default(),
        };
        Some((step, count(calendar, &after_due(rule), &late).ok()?.due?))
    });
    let mut rungs: Vec<_> = before
        .chain([(Step::Due, due)])
        .chain(after)
        .filter(|(_, at)| *at >= task.from)
        .map(|(step, at)| Rung { step, at })
        .collect();
    rungs.sort_by_key(|rung| rung.at);
    rungs
}

/// Days after the due day are counted from that day, whatever the hour.
fn after_due(rule: &Rule) -> Rule {
    Rule {
        first_day: super::FirstDay::DayAfter,
        after_hours: super::AfterHours::Ordinary,
        ..rule.clone()
    }
}

fn days_before(calendar: &Calendar, rule: &Rule, due: DateTime<Utc>, days: u32) -> Option<DateTime<Utc>> {
    let mut date = rules::local_date(due);
    for _ in 0..days {
        date = (1..=400)
            .filter_map(|back| date.checked_sub_days(Days::new(back)))
            .find(|date| calendar.is_workday(*date))?;
    }
    // In the morning of that day, when somebody can still act on it.
    let open = rule.hours.workdays.first().map_or(0, |(from, _)| *from);
    let morning = date.and_hms_opt(u32::from(open) / 60, u32::from(open) % 60, 0)?;
    rules::instant(morning)
}

impl Step {
    /// Short and stable: the key of its job and the word in a notice.
    pub fn key(self) -> String {
        match self {
            Self::PercentLeft(left) => format!("left{left}%"),
            Self::DaysLeft(days) => format!("left{}", Limit::WorkingDays(days)),
            Self::Due => "due".into(),
            Self::Urge => "urge".into(),
            Self::Supervise => "supervise".into(),
            Self::Report => "report".into(),
        }
    }
}
