//! How long it has lasted: 三天了, 已经两个多月, 停了半天.

use chrono::{Days, Months, NaiveDate};

use super::super::number::{self, Number};
use super::super::people::end_of;
use super::{Weight, date, month};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Hour,
    Day,
    Week,
    Month,
    Year,
}

const UNITS: [(&str, Unit); 11] = [
    ("小时", Unit::Hour),
    ("钟头", Unit::Hour),
    ("上午", Unit::Hour),
    ("下午", Unit::Hour),
    ("晚上", Unit::Hour),
    ("天", Unit::Day),
    ("星期", Unit::Week),
    ("礼拜", Unit::Week),
    ("周", Unit::Week),
    ("月", Unit::Month),
    ("年", Unit::Year),
];
/// Words before it that say it goes on.
const GOING_ON: [&str; 11] = [
    "已经", "已", "都", "有", "快", "停了", "坏了", "断了", "堵了", "拖了", "持续",
];
/// Terms and habits, not what happened: 七天内, 每三天, 要等五天.
const TERM_BEFORE: [char; 6] = ['每', '要', '内', '需', '第', '满'];
const TERM_BEHIND: [&str; 6] = ["内", "以内", "之内", "后", "以后", "一次"];

/// A length of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    count: u32,
    half: bool,
    unit: Unit,
}

pub(super) fn read(letters: &[char], at: usize, today: NaiveDate) -> Option<(Weight, String, usize)> {
    let (span, to) = span(letters, at)?;
    let term = at > 0 && TERM_BEFORE.contains(&letters[at - 1]);
    if term || TERM_BEHIND.iter().any(|word| end_of(letters, to, word).is_some()) {
        return None;
    }
    let lasts = letters
        .get(to)
        .is_some_and(|letter| matches!(letter, '了' | '没'));
    if !lasts && !GOING_ON.iter().any(|word| stands_before(letters, at, word)) {
        return None;
    }
    let said: String = letters[at..to].iter().collect();
    let text = match span.began(today) {
        Some(since) => format!("约{since}起，已{said}"),
        None => format!("已{said}"),
    };
    Some((Weight::Lasting, text, to))
}

/// 三天, 两个多月, 半年, 一上午.
pub(super) fn span(letters: &[char], at: usize) -> Option<(Span, usize)> {
    if at > 0 && number::read(letters, at - 1).is_some_and(|before| before.to > at) {
        // In the midst of a number.
        return None;
    }
    let (number, half) = match number::read(letters, at) {
        Some(number) => (number, false),
        None => {
            let to = end_of(letters, at, "半")?;
            let half = Number {
                value: 1,
                about: false,
                to,
            };
            (half, true)
        }
    };
    let mut to = end_of(letters, number.to, "个").unwrap_or(number.to);
    let counted = to > number.to;
    to = end_of(letters, to, "多").unwrap_or(to);
    to = end_of(letters, to, "半").unwrap_or(to);
    let (unit, end) = UNITS
        .iter()
        .find_map(|(word, unit)| Some((*unit, end_of(letters, to, word)?)))?;
    // 三月 is March, 三个月 three months.
    if unit == Unit::Month && !counted {
        return None;
    }
    let end = end_of(letters, end, "多").unwrap_or(end);
    let span = Span {
        count: number.value,
        half,
        unit,
    };
    Some((span, end))
}

impl Span {
    /// The day it began, as exact as the unit is; hours are of today.
    pub(super) fn began(self, today: NaiveDate) -> Option<String> {
        let days = |days: u32| {
            let day = today.checked_sub_days(Days::new(days.into()))?;
            Some(date(day, today))
        };
        let months = |months: u32| Some(month(today.checked_sub_months(Months::new(months))?, today));
        match (self.unit, self.half) {
            (Unit::Hour, _) | (Unit::Day, true) => None,
            (Unit::Day, false) => days(self.count),
            (Unit::Week, true) => days(3),
            (Unit::Week, false) => days(self.count.checked_mul(7)?),
            (Unit::Month, true) => days(15),
            (Unit::Month, false) => months(self.count),
            (Unit::Year, true) => months(6),
            (Unit::Year, false) => months(self.count.checked_mul(12)?),
        }
    }
}

fn stands_before(letters: &[char], at: usize, word: &str) -> bool {
    let length = word.chars().count();
    at >= length && end_of(letters, at - length, word) == Some(at)
}
