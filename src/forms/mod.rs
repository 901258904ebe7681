//! Printable forms (交办单, 退回单, 回访单, 督办单) as PDF. They show what a page shows to the same person, and decide nothing.

pub mod api;
pub mod paper;
mod store;
mod ticket;

use chrono::{DateTime, Utc};

use crate::calendar::CHINA;

/// Time as it stands on a paper.
pub fn minute(at: DateTime<Utc>) -> String {
    at.with_timezone(&CHINA)
        .format("%Y年%-m月%-d日 %H:%M")
        .to_string()
}

fn day(at: DateTime<Utc>) -> String {
    at.with_timezone(&CHINA).format("%Y年%-m月%-d日").to_string()
}

/// 5wd, 24h, 90min as people say it
fn span(limit: &str) -> String {
    let units = [("wd", "个工作日"), ("h", "小时"), ("min", "分钟")];
    let said = units
        .iter()
        .find_map(|(unit, word)| Some(format!("{}{word}", limit.strip_suffix(unit)?)));
    said.unwrap_or_else(|| limit.to_owned())
}

/// 督办五级
fn level(level: i64) -> &'static str {
    const LEVELS: [&str; 5] = ["热线督办", "媒体督办", "政务督办", "人大政协督办", "纪委督办"];
    let at = usize::try_from(level - 1).unwrap_or(usize::MAX);
    LEVELS.get(at).copied().unwrap_or("督办")
}

/// 紧急程度
fn band(band: &str) -> &str {
    match band {
        "S" => "特急",
        "A" => "民生急修",
        "B" => "紧急",
        "C" => "一般",
        "D" => "复杂",
        "E" => "咨询",
        "F" => "建议",
        "G" => "表扬",
        other => other,
    }
}
