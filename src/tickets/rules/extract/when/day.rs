//! A day that is named: 前天, 上周三, 11月20号上午, 去年十月.

use chrono::{Datelike, Days, NaiveDate};

use super::super::number;
use super::super::people::end_of;
use super::{Weight, date, month};

type Read = Option<(Weight, String, usize)>;

/// The longer word first: 大前天 is not 前天.
const NEAR: [(&str, u64, &str); 13] = [
    ("大前天", 3, ""),
    ("前天", 2, ""),
    ("前晚", 2, "晚上"),
    ("昨天", 1, ""),
    ("昨日", 1, ""),
    ("昨晚", 1, "晚上"),
    ("昨夜", 1, "夜里"),
    ("今天", 0, ""),
    ("今日", 0, ""),
    ("今早", 0, "早上"),
    ("今晨", 0, "早上"),
    ("今晚", 0, "晚上"),
    ("今儿", 0, ""),
];
const PARTS: [&str; 13] = [
    "凌晨", "早上", "早晨", "清晨", "清早", "上午", "中午", "下午", "傍晚", "晚上", "夜里", "半夜", "深夜",
];

pub(super) fn read(letters: &[char], at: usize, today: NaiveDate) -> Read {
    near(letters, at, today)
        .or_else(|| weekday(letters, at, today))
        .or_else(|| of_month(letters, at, today))
        .or_else(|| numbered(letters, at, today))
        .or_else(|| long_ago(letters, at, today))
}

fn near(letters: &[char], at: usize, today: NaiveDate) -> Read {
    let (to, days, part) = NEAR
        .iter()
        .find_map(|(word, days, part)| Some((end_of(letters, at, word)?, *days, *part)))?;
    let day = today.checked_sub_days(Days::new(days))?;
    let (rest, to) = part_of_day(letters, to, part);
    let weight = if days == 0 && rest.is_empty() {
        Weight::Weak
    } else {
        Weight::Dated
    };
    Some((
        weight,
        dated(letters, at, to, &format!("{}{rest}", date(day, today))),
        to,
    ))
}

/// 上周三, 这个星期五, 周日: the last such day that has been. 每周三 and 周一到周五 are habits.
fn weekday(letters: &[char], at: usize, today: NaiveDate) -> Read {
    let (weeks, named) = match letters.get(at) {
        Some('上') => (1, end_of(letters, at, "上个").unwrap_or(at + 1)),
        Some('这') => (0, end_of(letters, at, "这个").unwrap_or(at + 1)),
        Some('本') => (0, at + 1),
        _ => (0, at),
    };
    let said = ["星期", "礼拜", "周"];
    let from = said.iter().find_map(|word| end_of(letters, named, word))?;
    let wanted = match letters.get(from)? {
        '日' | '天' => 6,
        letter => "一二三四五六".chars().position(|one| one == *letter)? as i64,
    };
    let habit = at > 0 && matches!(letters[at - 1], '每' | '到' | '至');
    if habit
        || letters
            .get(from + 1)
            .is_some_and(|letter| matches!(letter, '到' | '至'))
    {
        return None;
    }
    let here = i64::from(today.weekday().num_days_from_monday());
    let mut back = here - wanted + weeks * 7;
    if back < 0 {
        back += 7;
    }
    let day = today.checked_sub_days(Days::new(back.unsigned_abs()))?;
    let (rest, to) = part_of_day(letters, from + 1, "");
    Some((
        Weight::Dated,
        dated(letters, at, to, &format!("{}{rest}", date(day, today))),
        to,
    ))
}

/// 11月20号; a month alone only with its year or 份: 三月 may be three months misheard.
fn of_month(letters: &[char], at: usize, today: NaiveDate) -> Read {
    let (year, from) = year(letters, at, today);
    let number = number::read(letters, from).filter(|number| !number.about)?;
    let to = end_of(letters, number.to, "月")?;
    let on = |year: i32, day: u32| NaiveDate::from_ymd_opt(year, number.value, day);
    let day = number::read(letters, to)
        .filter(|day| !day.about)
        .and_then(|day| {
            Some((
                day.value,
                ["号", "日"]
                    .iter()
                    .find_map(|word| end_of(letters, day.to, word))?,
            ))
        });
    if let Some((day, to)) = day {
        let this = on(year.unwrap_or(today.year()), day)?;
        // Nobody complains of what has not happened yet: it was last year's.
        let happened = if year.is_none() && this > today {
            on(today.year() - 1, day)?
        } else {
            this
        };
        let (rest, to) = part_of_day(letters, to, "");
        let text = format!("{}{rest}", date(happened, today));
        return Some((Weight::Dated, dated(letters, at, to, &text), to));
    }
    let named = end_of(letters, to, "份");
    let first = on(year.unwrap_or(today.year()), 1)?;
    if year.is_none() && named.is_none() {
        return None;
    }
    let first = if year.is_none() && first > today {
        on(today.year() - 1, 1)?
    } else {
        first
    };
    let to = named.unwrap_or(to);
    Some((Weight::Dated, dated(letters, at, to, &month(first, today)), to))
}

fn year(letters: &[char], at: usize, today: NaiveDate) -> (Option<i32>, usize) {
    let words = [("去年", 1), ("前年", 2), ("今年", 0)];
    if let Some((to, back)) = words
        .iter()
        .find_map(|(word, back)| Some((end_of(letters, at, word)?, back)))
    {
        return (Some(today.year() - back), to);
    }
    let written = number::read(letters, at)
        .filter(|number| (2000..=today.year()).contains(&i32::try_from(number.value).unwrap_or(0)))
        .and_then(|number| Some((number.value, end_of(letters, number.to, "年")?)));
    match written {
        Some((year, to)) => (i32::try_from(year).ok(), to),
        None => (None, at),
    }
}

/// 20号 of this month or the last one. Only where a time follows or 从 stands before: 3号 alone is a house.
fn numbered(letters: &[char], at: usize, today: NaiveDate) -> Read {
    let prefix = ["上个月", "上月", "这个月", "本月"]
        .iter()
        .find_map(|word| Some((word.starts_with('上'), end_of(letters, at, word)?)));
    let (last_month, from) = prefix.unwrap_or((false, at));
    if prefix.is_none() && at > 0 && letters[at - 1].is_ascii_digit() {
        return None;
    }
    let Some(number) = number::read(letters, from).filter(|number| !number.about) else {
        return prefix.filter(|(last, _)| *last).and_then(|(_, to)| {
            let day = month_before(today)?;
            Some((Weight::Dated, dated(letters, at, to, &month(day, today)), to))
        });
    };
    let to = ["号", "日"]
        .iter()
        .find_map(|word| end_of(letters, number.to, word))?;
    let (rest, end) = part_of_day(letters, to, "");
    let since = at > 0 && matches!(letters[at - 1], '从' | '自' | '打');
    if prefix.is_none() && rest.is_empty() && !(since && begins(letters, end)) {
        return None;
    }
    let here = today
        .with_day(number.value)
        .filter(|day| *day <= today && !last_month);
    let day = here.or_else(|| month_before(today)?.with_day(number.value))?;
    Some((
        Weight::Dated,
        dated(letters, at, end, &format!("{}{rest}", date(day, today))),
        end,
    ))
}

/// 三天前, 两个月以前.
fn long_ago(letters: &[char], at: usize, today: NaiveDate) -> Read {
    let (span, to) = super::lasting::span(letters, at)?;
    let to = ["之前", "以前", "前"]
        .iter()
        .find_map(|word| end_of(letters, to, word))?;
    Some((
        Weight::Dated,
        dated(letters, at, to, &format!("约{}", span.began(today)?)),
        to,
    ))
}

fn month_before(today: NaiveDate) -> Option<NaiveDate> {
    today.with_day(1)?.pred_opt()?.with_day(1)
}

/// 晚上八点多 behind a day; `known`: the day's word says it itself.
fn part_of_day(letters: &[char], at: usize, known: &str) -> (String, usize) {
    let skipped = end_of(letters, at, "的").unwrap_or(at);
    let (part, after) = match PARTS
        .iter()
        .find_map(|word| Some((*word, end_of(letters, skipped, word)?)))
    {
        Some((part, to)) => (part, to),
        None => (known, at),
    };
    let (hour, to) = hour(letters, after).unwrap_or_default();
    (format!("{part}{hour}"), to.max(after))
}

fn hour(letters: &[char], at: usize) -> Option<(String, usize)> {
    let number =
        number::read(letters, at).filter(|number| (1..=24).contains(&number.value) && !number.about)?;
    let mut to = end_of(letters, number.to, "点")?;
    for word in ["半", "多", "钟", "左右"] {
        to = end_of(letters, to, word).unwrap_or(to);
    }
    Some((letters[at..to].iter().collect(), to))
}

/// 从 before it or 开始 behind it: since then.
fn dated(letters: &[char], at: usize, to: usize, text: &str) -> String {
    let since = at > 0 && matches!(letters[at - 1], '从' | '自' | '打');
    if since || begins(letters, to) {
        format!("{text}起")
    } else {
        text.to_owned()
    }
}

fn begins(letters: &[char], to: usize) -> bool {
    let soon = &letters[to..letters.len().min(to + 3)];
    soon.windows(2).any(|pair| pair == ['开', '始']) || soon.first() == Some(&'起')
}
