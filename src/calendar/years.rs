//! A year's holidays as somebody entered them (the State Council's notice, or the county's own days), over what the files say. Pure.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, Days, NaiveDate};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Calendar;

/// A notice names about forty days.
const MOST_DAYS: usize = 150;
/// A New Year's holiday may begin in the year before.
const NEIGHBOURS: Days = Days::new(31);
const LONGEST_NAME: usize = 20;

/// One day that differs from the plain week.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct YearDay {
    pub date: NaiveDate,
    /// The holiday it belongs to
    pub name: String,
    /// false: worked, in exchange for a holiday (调休)
    pub off: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Year {
    pub days: Vec<YearDay>,
}

impl Year {
    /// `(field, what is expected)`
    pub(super) fn faults(&self, year: i32) -> Vec<(String, &'static str)> {
        let mut faults = Vec::new();
        if self.days.is_empty() || self.days.len() > MOST_DAYS {
            faults.push(("days".to_owned(), "应有 1 至 150 天；没有通知的年份不必录入"));
        }
        let mut seen = BTreeSet::new();
        for (at, day) in self.days.iter().enumerate() {
            if !is_of(day.date, year) {
                faults.push((format!("days[{at}].date"), "应为这一年的日期，或相邻的一个月之内"));
            }
            if !seen.insert(day.date) {
                faults.push((format!("days[{at}].date"), "这一天已经列过"));
            }
            if !(1..=LONGEST_NAME).contains(&day.name.trim().chars().count()) {
                faults.push((format!("days[{at}].name"), "应写明名称，1 至 20 个字，如 春节"));
            }
        }
        faults
    }
}

fn is_of(date: NaiveDate, year: i32) -> bool {
    let near = [
        date.checked_add_days(NEIGHBOURS),
        date.checked_sub_days(NEIGHBOURS),
    ];
    near.into_iter()
        .flatten()
        .chain([date])
        .any(|date| date.year() == year)
}

/// A year that was entered holds in place of what the files say of its days.
pub(super) fn merged(
    shipped: &[YearDay],
    known: impl IntoIterator<Item = i32>,
    entered: &BTreeMap<i32, Year>,
) -> Calendar {
    let files = shipped
        .iter()
        .filter(|day| !entered.contains_key(&day.date.year()));
    let own = entered.values().flat_map(|year| &year.days);
    let days: BTreeMap<NaiveDate, bool> = files.chain(own).map(|day| (day.date, day.off)).collect();
    let years = known.into_iter().chain(entered.keys().copied());
    // One entry a day: nothing is left to contradict itself.
    Calendar::from_days(days).unwrap_or_default().with_years(years)
}

/// How many days of the year are worked.
pub(super) fn workdays(calendar: &Calendar, year: i32) -> usize {
    let days = NaiveDate::from_ymd_opt(year, 1, 1)
        .into_iter()
        .flat_map(|first| first.iter_days().take_while(move |day| day.year() == year));
    days.filter(|day| calendar.is_workday(*day)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(date: &str, off: bool) -> YearDay {
        YearDay {
            date: date.parse().expect("date"),
            name: "节".into(),
            off,
        }
    }

    fn is_worked(calendar: &Calendar, date: &str) -> bool {
        calendar.is_workday(date.parse().expect("date"))
    }

    #[test]
    fn a_year_that_was_entered_holds_in_place_of_its_file() {
        let shipped = [
            day("2026-10-01", true),
            day("2026-10-10", false),
            day("2027-01-01", true),
        ];
        let year = Year {
            days: vec![day("2026-10-09", true), day("2026-12-31", true)],
        };
        let calendar = merged(&shipped, [2026], &BTreeMap::from([(2026, year)]));
        assert!(is_worked(&calendar, "2026-10-01") && !is_worked(&calendar, "2026-10-10"));
        assert!(!is_worked(&calendar, "2026-10-09") && !is_worked(&calendar, "2026-12-31"));
        assert!(!is_worked(&calendar, "2027-01-01"), "of another year");
        assert!(calendar.knows(2026) && !calendar.knows(2027));
    }

    #[test]
    fn a_year_without_a_file_is_known_once_it_is_entered() {
        let year = Year {
            days: vec![day("2027-02-06", false), day("2026-12-31", true)],
        };
        let calendar = merged(&[], [2026], &BTreeMap::from([(2027, year)]));
        assert!(calendar.knows(2027) && is_worked(&calendar, "2027-02-06"));
        assert!(
            !is_worked(&calendar, "2026-12-31"),
            "its holiday began in the year before"
        );
    }

    #[test]
    fn workdays_of_a_plain_year_are_its_weekdays() {
        assert_eq!(workdays(&Calendar::default(), 2026), 261);
    }

    #[test]
    fn what_is_wrong_with_a_year_is_named_by_its_day() {
        let bad = Year {
            days: vec![
                day("2025-11-30", true),
                day("2026-05-01", true),
                day("2026-05-01", false),
                YearDay {
                    name: " ".into(),
                    ..day("2026-05-02", true)
                },
                day("2027-01-31", true),
            ],
        };
        let fields: Vec<_> = bad.faults(2026).into_iter().map(|(field, _)| field).collect();
        assert_eq!(fields, ["days[0].date", "days[2].date", "days[3].name"]);
        assert_eq!(Year::default().faults(2026).len(), 1);
        let long = Year {
            days: vec![day("2026-05-01", true); 151],
        };
        assert!(long.faults(2026).iter().any(|(field, _)| field == "days"));
    }
}
