//! Schedules and lines: what they are and what they must satisfy. Pure.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::flow::is_name;

/// When something is open: always, or by the hours of local time of working days and of days off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    pub name: String,
    pub title: String,
    #[serde(default)]
    pub always: bool,
    /// `09:00-12:00`; working days, make-up days included.
    #[serde(default)]
    pub workdays: Vec<String>,
    /// Weekends and public holidays.
    #[serde(default)]
    pub holidays: Vec<String>,
}

/// Minutes of the day, from and until (exclusive); 24:00 is the end of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hours {
    pub from: u32,
    pub until: u32,
}

impl Hours {
    /// `HH:MM-HH:MM`
    pub fn parse(text: &str) -> Option<Self> {
        let (from, until) = text.split_once('-')?;
        let hours = Self {
            from: minutes(from)?,
            until: minutes(until)?,
        };
        (hours.from < hours.until && hours.until <= 24 * 60).then_some(hours)
    }
}

fn minutes(text: &str) -> Option<u32> {
    let (hours, minutes) = text.trim().split_once(':')?;
    if hours.len() != 2 || minutes.len() != 2 || !text.trim().bytes().all(|b| b.is_ascii_digit() || b == b':')
    {
        return None;
    }
    let (hours, minutes) = (hours.parse::<u32>().ok()?, minutes.parse::<u32>().ok()?);
    (hours <= 24 && minutes < 60).then_some(hours * 60 + minutes)
}

impl Schedule {
    pub fn faults(&self) -> Vec<(String, &'static str)> {
        let mut faults = Vec::new();
        if !is_name(&self.name) {
            faults.push(("name".into(), "应为 1 至 40 个小写字母、数字、横线或下划线"));
        }
        for (field, list) in [("workdays", &self.workdays), ("holidays", &self.holidays)] {
            let bad = list
                .iter()
                .enumerate()
                .filter(|(_, text)| Hours::parse(text).is_none());
            faults.extend(bad.map(|(at, _)| {
                (
                    format!("{field}[{at}]"),
                    "应为 HH:MM-HH:MM，开始早于结束，如 09:00-12:00",
                )
            }));
        }
        if self.always && !(self.workdays.is_empty() && self.holidays.is_empty()) {
            faults.push(("always".into(), "全天开放时不应再列时段"));
        }
        faults
    }

    /// The hours of a day, in order.
    pub fn hours(&self, is_day_off: bool) -> Vec<Hours> {
        if self.always {
            return vec![Hours {
                from: 0,
                until: 24 * 60,
            }];
        }
        let list = if is_day_off {
            &self.holidays
        } else {
            &self.workdays
        };
        let mut hours: Vec<Hours> = list.iter().filter_map(|text| Hours::parse(text)).collect();
        hours.sort_by_key(|hours| hours.from);
        hours
    }

    /// Whether it is open at this minute of a local day.
    pub fn is_open(&self, is_day_off: bool, minute_of_day: u32) -> bool {
        self.hours(is_day_off)
            .iter()
            .any(|hours| (hours.from..hours.until).contains(&minute_of_day))
    }
}

/// A called number and the menu it leads to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Line {
    pub number: String,
    pub menu: String,
}

impl Line {
    pub fn is_number(&self) -> bool {
        let digits = self.number.strip_prefix('+').unwrap_or(&self.number);
        (1..=20).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule(workdays: &[&str]) -> Schedule {
        let list = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        Schedule {
            name: "survey".into(),
            title: String::new(),
            always: false,
            workdays: list(workdays),
            holidays: vec![],
        }
    }

    #[test]
    fn hours_end_before_their_last_minute_and_days_off_are_apart() {
        let survey = schedule(&["14:30-20:00", "09:00-12:00"]);
        assert!(survey.is_open(false, 9 * 60));
        assert!(!survey.is_open(false, 12 * 60));
        assert!(survey.is_open(false, 14 * 60 + 30));
        assert!(!survey.is_open(true, 10 * 60));
        assert_eq!(survey.hours(false)[0].from, 540);
    }

    #[test]
    fn always_open_has_no_end() {
        let always = Schedule {
            always: true,
            ..schedule(&[])
        };
        assert!(always.is_open(true, 0) && always.is_open(false, 24 * 60 - 1));
    }

    #[test]
    fn bad_hours_are_named_with_their_place() {
        let bad = schedule(&["9:00-12:00", "12:00-09:00", "09:00-12:00", "20:00-24:30", "a"]);
        let keys: Vec<_> = bad.faults().into_iter().map(|(key, _)| key).collect();
        assert_eq!(keys, ["workdays[0]", "workdays[1]", "workdays[3]", "workdays[4]"]);
        assert_eq!(Hours::parse("00:00-24:00"), Some(Hours { from: 0, until: 1440 }));
    }
}
