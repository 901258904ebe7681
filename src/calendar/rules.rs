//! Which days are worked and when a permitted hour begins. Knows no database and no clock; all hours are those of China.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{
    DateTime, Datelike, Days, FixedOffset, NaiveDate, NaiveDateTime, TimeZone, Timelike, Utc, Weekday,
};
use serde::Deserialize;

/// China has one hour and, since 1991, no summer time.
pub const CHINA: FixedOffset = match FixedOffset::east_opt(8 * 3600) {
    Some(offset) => offset,
    None => panic!("eight hours is a legal offset"),
};

const DAY_MINUTES: u16 = 24 * 60;
/// How far ahead a permitted minute is looked for: longer than the longest holiday.
const HORIZON_DAYS: u64 = 40;

/// One exception of the State Council's yearly notice: a day off, or a weekend day that is worked instead.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct CalendarDay {
    pub name: String,
    pub date: NaiveDate,
    #[serde(rename = "isOffDay")]
    pub off: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct CalendarYear {
    pub year: i32,
    pub days: Vec<CalendarDay>,
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum CalendarError {
    #[error("不是节假日文件：{0}")]
    Malformed(String),
    #[error("{0} 出现两次且说法不一")]
    Contradiction(NaiveDate),
    #[error("时段“{0}”应写作 09:00-12:00，且结束晚于开始")]
    Window(String),
}

pub fn parse_year(json: &str) -> Result<CalendarYear, CalendarError> {
    serde_json::from_str(json).map_err(|error| CalendarError::Malformed(error.to_string()))
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Calendar {
    exceptions: BTreeMap<NaiveDate, bool>,
    /// Years whose notice is known; the rest is guessed from the plain week.
    years: BTreeSet<i32>,
}

impl Calendar {
    /// A year's notice may name days of its neighbours (a New Year holiday), so days of several files are merged.
    pub fn from_days(days: impl IntoIterator<Item = (NaiveDate, bool)>) -> Result<Self, CalendarError> {
        let mut exceptions = BTreeMap::new();
        for (date, off) in days {
            if exceptions.insert(date, off).is_some_and(|before| before != off) {
                return Err(CalendarError::Contradiction(date));
            }
        }
        Ok(Self {
            exceptions,
            years: BTreeSet::new(),
        })
    }

    /// Says of which years the notice was read.
    pub fn with_years(mut self, years: impl IntoIterator<Item = i32>) -> Self {
        self.years.extend(years);
        self
    }

    pub fn knows(&self, year: i32) -> bool {
        self.years.contains(&year)
    }

    /// A weekend day that is worked in exchange for a holiday (调休).
    pub fn is_make_up(&self, date: NaiveDate) -> bool {
        self.exceptions.get(&date) == Some(&false) && is_weekend(date)
    }

    pub fn is_workday(&self, date: NaiveDate) -> bool {
        match self.exceptions.get(&date) {
            Some(off) => !off,
            None => !is_weekend(date),
        }
    }
}

pub fn is_weekend(date: NaiveDate) -> bool {
    matches!(date.weekday(), Weekday::Sat | Weekday::Sun)
}

/// Hours of a day as minutes from midnight, the end excluded; an empty list is closed all day.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hours {
    pub always: bool,
    pub workdays: Vec<(u16, u16)>,
    pub holidays: Vec<(u16, u16)>,
}

impl Hours {
    pub fn always() -> Self {
        Self {
            always: true,
            ..Self::default()
        }
    }

    pub fn parse(workdays: &[String], holidays: &[String]) -> Result<Self, CalendarError> {
        Ok(Self {
            always: false,
            workdays: parse_windows(workdays)?,
            holidays: parse_windows(holidays)?,
        })
    }

    /// The windows of a date, in order.
    pub fn of(&self, calendar: &Calendar, date: NaiveDate) -> &[(u16, u16)] {
        if self.always {
            &[(0, DAY_MINUTES)]
        } else if calendar.is_workday(date) {
            &self.workdays
        } else {
            &self.holidays
        }
    }
}

fn parse_windows(texts: &[String]) -> Result<Vec<(u16, u16)>, CalendarError> {
    let mut windows = texts
        .iter()
        .map(|text| parse_window(text))
        .collect::<Result<Vec<_>, _>>()?;
    windows.sort_unstable();
    // Of two that overlap no minute counts twice.
    windows.dedup_by(|next, last| {
        let overlap = next.0 <= last.1;
        if overlap {
            last.1 = last.1.max(next.1);
        }
        overlap
    });
    Ok(windows)
}

fn parse_window(text: &str) -> Result<(u16, u16), CalendarError> {
    let wrong = || CalendarError::Window(text.to_owned());
    let (from, to) = text.split_once('-').ok_or_else(wrong)?;
    match (parse_minute(from), parse_minute(to)) {
        (Some(from), Some(to)) if from < to => Ok((from, to)),
        _ => Err(wrong()),
    }
}

/// `24:00` is the end of the day.
pub fn parse_minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.trim().split_once(':')?;
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    let total = hour.checked_mul(60)?.checked_add(minute)?;
    (minute < 60 && total <= DAY_MINUTES).then_some(total)
}

pub fn is_permitted(calendar: &Calendar, hours: &Hours, at: DateTime<Utc>) -> bool {
    next_permitted(calendar, hours, at) == Some(at)
}

/// `at` itself when it is permitted, else the start of the next window; none when no hour is ever permitted.
pub fn next_permitted(calendar: &Calendar, hours: &Hours, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
    if hours.always {
        return Some(at);
    }
    let local = at.with_timezone(&CHINA).naive_local();
    let found = (0..HORIZON_DAYS).find_map(|ahead| {
        let date = local.date().checked_add_days(Days::new(ahead))?;
        hours
            .of(calendar, date)
            .iter()
            .find_map(|window| entry(date, *window, local))
    })?;
    if found == local { Some(at) } else { instant(found) }
}

/// When what is open now closes, or what is closed opens; none when it does neither for weeks.
pub fn next_change(calendar: &Calendar, hours: &Hours, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
    if hours.always || !is_permitted(calendar, hours, at) {
        return next_permitted(calendar, hours, at).filter(|opens| *opens > at);
    }
    let mut until = at;
    // A window may begin where the one before ends, midnight included.
    for _ in 0..HORIZON_DAYS {
        until = window_end(calendar, hours, until)?;
        if !is_permitted(calendar, hours, until) {
            return Some(until);
        }
    }
    None
}

fn window_end(calendar: &Calendar, hours: &Hours, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let local = at.with_timezone(&CHINA).naive_local();
    let midnight = local.date().and_hms_opt(0, 0, 0)?;
    let windows = hours.of(calendar, local.date()).iter();
    let time = |minutes: u16| midnight + chrono::Duration::minutes(minutes.into());
    let within = windows.filter(|(from, to)| time(*from) <= local && local < time(*to));
    within.map(|(_, to)| *to).max().map(time).and_then(instant)
}

fn entry(date: NaiveDate, (from, to): (u16, u16), local: NaiveDateTime) -> Option<NaiveDateTime> {
    let midnight = date.and_hms_opt(0, 0, 0)?;
    let start = midnight + chrono::Duration::minutes(from.into());
    let end = midnight + chrono::Duration::minutes(to.into());
    (local < end).then(|| start.max(local))
}

/// Midnight in China that begins the day after `at`'s.
pub fn next_day(at: DateTime<Utc>) -> DateTime<Utc> {
    let tomorrow = local_date(at).checked_add_days(Days::new(1));
    tomorrow
        .and_then(|date| date.and_hms_opt(0, 0, 0))
        .and_then(instant)
        .unwrap_or(at)
}

/// Midnight in China that begins `at`'s day.
pub fn day_start(at: DateTime<Utc>) -> DateTime<Utc> {
    local_date(at)
        .and_hms_opt(0, 0, 0)
        .and_then(instant)
        .unwrap_or(at)
}

/// A due time as people say it: `3月9日17:30`, and `3月9日24:00` for the last second of a day.
pub fn due_words(due: DateTime<Utc>) -> String {
    let due = due.with_timezone(&CHINA);
    let is_midnight = (due.hour(), due.minute()) == (23, 59);
    let form = if is_midnight {
        "%-m月%-d日24:00"
    } else {
        "%-m月%-d日%H:%M"
    };
    due.format(form).to_string()
}

pub fn local_date(at: DateTime<Utc>) -> NaiveDate {
    at.with_timezone(&CHINA).date_naive()
}

pub(super) fn instant(local: NaiveDateTime) -> Option<DateTime<Utc>> {
    CHINA
        .from_local_datetime(&local)
        .single()
        .map(|at| at.with_timezone(&Utc))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calendar_2026() -> Calendar {
        let year =
            parse_year(include_str!("../../provisioning/calendar/2026.json")).expect("shipped calendar");
        Calendar::from_days(year.days.into_iter().map(|day| (day.date, day.off))).expect("consistent")
    }

    fn at(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(&format!("{text}:00+08:00"))
            .expect("time")
            .with_timezone(&Utc)
    }

    #[test]
    fn a_due_time_is_said_as_people_say_it() {
        assert_eq!(due_words(at("2026-03-09T17:30")), "3月9日17:30");
        assert_eq!(due_words(at("2026-11-24T23:59")), "11月24日24:00");
    }

    fn date(text: &str) -> NaiveDate {
        text.parse().expect("date")
    }

    fn office() -> Hours {
        Hours::parse(
            &["09:00-12:00".into(), "14:30-20:00".into()],
            &["10:00-11:30".into()],
        )
        .expect("hours")
    }

    #[test]
    fn make_up_saturday_is_worked_and_holiday_weekday_is_not() {
        let calendar = calendar_2026();
        assert!(calendar.is_workday(date("2026-02-14")), "春节前的周六补班");
        assert!(!calendar.is_workday(date("2026-02-16")), "春节的周一");
        assert!(calendar.is_workday(date("2026-09-20")), "国庆前的周日补班");
        assert!(!calendar.is_workday(date("2026-03-07")), "普通周六");
        assert!(calendar.is_workday(date("2026-03-06")), "普通周五");
    }

    #[test]
    fn an_instant_inside_a_window_is_its_own_next() {
        let now = at("2026-03-06T09:30");
        assert_eq!(next_permitted(&calendar_2026(), &office(), now), Some(now));
        assert!(is_permitted(&calendar_2026(), &office(), now));
    }

    #[test]
    fn lunch_waits_for_the_afternoon_and_night_for_the_next_day() {
        let calendar = calendar_2026();
        assert_eq!(
            next_permitted(&calendar, &office(), at("2026-03-06T12:00")),
            Some(at("2026-03-06T14:30"))
        );
        assert_eq!(
            next_permitted(&calendar, &office(), at("2026-03-05T20:00")),
            Some(at("2026-03-06T09:00"))
        );
    }

    #[test]
    fn a_day_off_has_the_hours_of_days_off_and_a_make_up_day_those_of_work() {
        let calendar = calendar_2026();
        assert_eq!(
            next_permitted(&calendar, &office(), at("2026-03-07T08:00")),
            Some(at("2026-03-07T10:00"))
        );
        assert_eq!(
            next_permitted(&calendar, &office(), at("2026-02-14T08:00")),
            Some(at("2026-02-14T09:00"))
        );
    }

    #[test]
    fn closed_days_off_wait_through_the_whole_holiday() {
        let hours = Hours::parse(&["09:00-12:00".into()], &[]).expect("hours");
        let found = next_permitted(&calendar_2026(), &hours, at("2026-09-30T12:30"));
        assert_eq!(found, Some(at("2026-10-08T09:00")));
    }

    #[test]
    fn what_is_open_closes_at_the_end_of_its_window_and_what_is_closed_opens_with_the_next() {
        let (calendar, hours) = (calendar_2026(), office());
        let change = |text: &str| next_change(&calendar, &hours, at(text));
        assert_eq!(change("2026-03-06T09:30"), Some(at("2026-03-06T12:00")));
        assert_eq!(change("2026-03-06T12:00"), Some(at("2026-03-06T14:30")));
        assert_eq!(change("2026-03-06T21:00"), Some(at("2026-03-07T10:00")));
        assert_eq!(
            next_change(&calendar, &Hours::always(), at("2026-03-06T21:00")),
            None
        );
        assert_eq!(
            next_change(&calendar, &Hours::default(), at("2026-03-06T21:00")),
            None
        );
    }

    #[test]
    fn windows_that_touch_are_one_also_over_midnight() {
        let hours = Hours::parse(
            &["00:00-08:00".into(), "08:00-12:00".into(), "20:00-24:00".into()],
            &["00:00-06:00".into()],
        )
        .expect("hours");
        let change = |text: &str| next_change(&calendar_2026(), &hours, at(text));
        assert_eq!(change("2026-03-05T21:00"), Some(at("2026-03-06T12:00")));
        assert_eq!(change("2026-03-06T21:00"), Some(at("2026-03-07T06:00")));
        let days = Hours::parse(&["00:00-24:00".into()], &["00:00-24:00".into()]).expect("hours");
        assert_eq!(next_change(&calendar_2026(), &days, at("2026-03-05T21:00")), None);
    }

    #[test]
    fn no_hours_at_all_are_never_permitted() {
        assert_eq!(
            next_permitted(&calendar_2026(), &Hours::default(), at("2026-03-06T09:30")),
            None
        );
    }

    #[test]
    fn malformed_windows_are_named() {
        for text in [
            "9-12",
            "12:00-09:00",
            "08:60-09:00",
            "08:00-24:01",
            "八点-九点",
            "",
        ] {
            assert_eq!(
                Hours::parse(&[text.into()], &[]),
                Err(CalendarError::Window(text.into()))
            );
        }
        assert!(Hours::parse(&["08:00-24:00".into()], &[]).is_ok());
    }

    #[test]
    fn two_files_that_disagree_are_refused() {
        let day = date("2026-01-04");
        assert_eq!(
            Calendar::from_days([(day, true), (day, false)]),
            Err(CalendarError::Contradiction(day))
        );
        assert!(Calendar::from_days([(day, true), (day, true)]).is_ok());
    }

    #[test]
    fn days_begin_at_midnight_in_china() {
        assert_eq!(next_day(at("2026-03-06T23:59")), at("2026-03-07T00:00"));
        assert_eq!(day_start(at("2026-03-06T07:59")), at("2026-03-06T00:00"));
    }
}
