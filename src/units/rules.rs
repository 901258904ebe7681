//! What may be said of units and of their people. Pure.

use chrono::{Datelike, NaiveDate, Weekday};

use crate::calendar::{CalendarError, Hours};

/// Which days somebody is on duty: weekdays and dates; none named: every day.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Duty {
    weekdays: Vec<Weekday>,
    dates: Vec<NaiveDate>,
}

const WEEKDAYS: [(char, Weekday); 8] = [
    ('一', Weekday::Mon),
    ('二', Weekday::Tue),
    ('三', Weekday::Wed),
    ('四', Weekday::Thu),
    ('五', Weekday::Fri),
    ('六', Weekday::Sat),
    ('日', Weekday::Sun),
    ('天', Weekday::Sun),
];

impl Duty {
    /// `周一;周三;2026-10-01`; the part that cannot be read otherwise.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut duty = Self::default();
        for part in list(text) {
            let day = part.strip_prefix("周").or_else(|| part.strip_prefix("星期"));
            let name = day.and_then(only_letter);
            let weekday = WEEKDAYS.iter().find(|(known, _)| Some(*known) == name);
            match (weekday, part.parse::<NaiveDate>()) {
                (Some((_, weekday)), _) => duty.weekdays.push(*weekday),
                (None, Ok(date)) => duty.dates.push(date),
                (None, Err(_)) => return Err(part),
            }
        }
        Ok(duty)
    }

    pub fn holds(&self, day: NaiveDate) -> bool {
        let always = self.weekdays.is_empty() && self.dates.is_empty();
        always || self.weekdays.contains(&day.weekday()) || self.dates.contains(&day)
    }
}

fn only_letter(text: &str) -> Option<char> {
    let mut letters = text.chars();
    letters.next().filter(|_| letters.next().is_none())
}

impl TryFrom<String> for Duty {
    type Error = UnreadableDuty;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).map_err(UnreadableDuty)
    }
}

#[derive(Debug, thiserror::Error)]
#[error("not a day: {0}")]
pub struct UnreadableDuty(String);

impl std::fmt::Display for Duty {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = |day: &Weekday| {
            WEEKDAYS
                .iter()
                .find(|(_, known)| known == day)
                .map(|(name, _)| *name)
        };
        let weekdays = self
            .weekdays
            .iter()
            .filter_map(name)
            .map(|name| format!("周{name}"));
        let dates = self.dates.iter().map(NaiveDate::to_string);
        f.write_str(&weekdays.chain(dates).collect::<Vec<_>>().join(";"))
    }
}

/// The parts of a cell.
pub fn list(text: &str) -> Vec<String> {
    text.split([';', '；', '、', ','])
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect()
}

/// A unit's own working pattern; none when both are empty. `24h` is round the clock.
pub fn hours(workdays: &str, holidays: &str) -> Result<Option<Hours>, CalendarError> {
    if workdays.trim() == "24h" {
        return Ok(Some(Hours::always()));
    }
    let (workdays, holidays) = (list(workdays), list(holidays));
    if workdays.is_empty() && holidays.is_empty() {
        return Ok(None);
    }
    Hours::parse(&workdays, &holidays).map(Some)
}

pub const KINDS: [&str; 5] = ["部门", "乡镇", "公共企业", "垂管", "外部"];
/// 部门 → 下属 → 科室
pub const LEVELS: usize = 3;

/// What is wrong with a unit's place in the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Misplaced {
    UnknownParent,
    Cycle,
    TooDeep,
}

impl Misplaced {
    pub fn message(self) -> &'static str {
        match self {
            Self::UnknownParent => "没有这个上级单位，请先添加上级或改正代码",
            Self::Cycle => "上下级关系成环：这个单位是自己的上级，请改正",
            Self::TooDeep => "超过三级：最多为单位、下属单位、科室三级，请调整上级",
        }
    }
}

/// How a unit stands in the tree; `parent` gives a unit's superior, and none for a unit that is not there.
pub fn place<'a>(code: &'a str, parent: impl Fn(&str) -> Option<Option<&'a str>>) -> Result<(), Misplaced> {
    let mut above = vec![code];
    let mut at = parent(code).flatten();
    while let Some(superior) = at {
        if above.contains(&superior) {
            return Err(Misplaced::Cycle);
        }
        let Some(next) = parent(superior) else {
            return Err(Misplaced::UnknownParent);
        };
        above.push(superior);
        at = next;
    }
    if above.len() > LEVELS {
        return Err(Misplaced::TooDeep);
    }
    Ok(())
}

/// Lower-case letters, digits, line and underline: what stands in addresses and files.
pub fn is_code(text: &str) -> bool {
    (1..=40).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

/// Digits with what people put between them.
pub fn is_phone(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    (3..=20).contains(&digits)
        && text
            .chars()
            .all(|c| c.is_ascii_digit() || matches!(c, '+' | '-' | ' ' | '(' | ')' | '转' | ',' | '、'))
}

/// What an SMS can be sent to.
pub fn is_mobile(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or(text);
    (7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests;
