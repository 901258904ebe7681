//! When it happened, or since when: 昨天晚上, 11月20号, 三天了. A word like 昨天 says nothing next week, so it becomes a date, counted from
//! the day of the call.

mod day;
mod lasting;

use chrono::{Datelike, NaiveDate};

use super::sound::Heard;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FoundTime {
    /// As it stands on the ticket.
    pub(super) text: String,
    /// What was said.
    pub(super) from: usize,
    pub(super) to: usize,
}

/// How much a way of saying it is trusted: 今天 alone is often only when the citizen calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Weight {
    Weak,
    Lasting,
    Dated,
}

/// The most telling time, and of equals the first.
pub(super) fn choose(heard: &Heard, today: NaiveDate) -> Option<FoundTime> {
    let letters = &heard.letters;
    let mut best: Option<(Weight, FoundTime)> = None;
    let mut at = 0;
    while at < letters.len() {
        let found = day::read(letters, at, today).or_else(|| lasting::read(letters, at, today));
        let Some((weight, text, to)) = found else {
            at += 1;
            continue;
        };
        if best.as_ref().is_none_or(|(heaviest, _)| weight > *heaviest) {
            best = Some((weight, FoundTime { text, from: at, to }));
        }
        at = to;
    }
    best.map(|(_, found)| found)
}

/// 11月21日, with its year where that is another.
fn date(day: NaiveDate, today: NaiveDate) -> String {
    if day.year() == today.year() {
        format!("{}月{}日", day.month(), day.day())
    } else {
        format!("{}年{}月{}日", day.year(), day.month(), day.day())
    }
}

fn month(day: NaiveDate, today: NaiveDate) -> String {
    if day.year() == today.year() {
        format!("{}月", day.month())
    } else {
        format!("{}年{}月", day.year(), day.month())
    }
}

#[cfg(test)]
mod tests;
