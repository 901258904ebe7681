//! `minsheng deadline`: when something is due, counted as the daemon counts it.

use std::{path::PathBuf, process::ExitCode};

use chrono::{DateTime, NaiveDate, NaiveDateTime, SecondsFormat, TimeZone, Utc};
use serde_json::{Value, json};

use super::{FAULTY, report};
use crate::{
    calendar::{
        CHINA,
        limits::{Count, Counted, Limit, Pauses, Task, count},
    },
    provisioning::{self, LimitsBeside},
};

#[derive(clap::Args)]
pub(super) struct Deadline {
    /// The folder with the calendar and the time-limit profiles
    #[arg(long, value_name = "DIR")]
    provisioning: PathBuf,
    /// 90min, 24h, 8wh (working hours), 7d or 5wd (working days)
    #[arg(long)]
    limit: Limit,
    /// 2026-02-12T09:00:00+08:00; without an offset the hour of China, without an hour midnight
    #[arg(long, value_name = "TIME", value_parser = time)]
    from: DateTime<Utc>,
    /// The profile whose way of counting holds; otherwise the county's
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// The clock stood still; without TO it still does
    #[arg(long = "pause", value_name = "FROM,TO", value_parser = pause)]
    pauses: Vec<Pause>,
    /// Granted on top, from the due date on
    #[arg(long = "extend", value_name = "LIMIT")]
    extensions: Vec<Limit>,
}

type Pause = (DateTime<Utc>, Option<DateTime<Utc>>);

pub(super) fn run(command: &Deadline) -> anyhow::Result<ExitCode> {
    let beside = match provisioning::read_limits(&command.provisioning, command.profile.as_deref()) {
        Ok(beside) => beside,
        Err(faults) => return Ok(report(&faults)),
    };
    match counted(command, &beside) {
        Ok(found) => {
            println!("{found}");
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => {
            eprintln!("{error}");
            Ok(ExitCode::from(FAULTY))
        }
    }
}

fn counted(command: &Deadline, beside: &LimitsBeside) -> Result<Value, crate::calendar::limits::LimitError> {
    let rule = beside.profile.rule(None);
    let pauses = Pauses::new(command.pauses.iter().copied())?;
    let task = Task {
        from: command.from,
        limit: command.limit,
        extensions: &command.extensions,
        pauses: &pauses,
    };
    let found = count(&beside.calendar, &rule, &task)?;
    let original = Task {
        extensions: &[],
        pauses: &Pauses::default(),
        ..task
    };
    let original = count(&beside.calendar, &rule, &original)?;
    Ok(wire(&found, &original, &beside.profile.name))
}

fn wire(found: &Count, original: &Count, profile: &str) -> Value {
    let counted = |counted: &Counted| match counted {
        Counted::Day(date) => json!(date.to_string()),
        Counted::Interval(from, to) => json!({"from": local(*from), "to": local(*to)}),
    };
    let mut wire = json!({
        "due": found.due.map(local),
        "counted": found.counted.iter().map(counted).collect::<Vec<_>>(),
        "warnings": found.warnings,
        "original_due": original.due.map(local),
        "profile": profile,
    });
    if found.due.is_none() {
        wire["left"] = json!(found.left);
    }
    wire
}

fn local(at: DateTime<Utc>) -> String {
    at.with_timezone(&CHINA)
        .to_rfc3339_opts(SecondsFormat::Secs, false)
}

fn time(text: &str) -> Result<DateTime<Utc>, String> {
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Ok(at.to_utc());
    }
    let local = [
        "%Y-%m-%dT%H:%M:%S",
        "%Y-%m-%dT%H:%M",
        "%Y-%m-%d %H:%M:%S",
        "%Y-%m-%d %H:%M",
    ]
    .iter()
    .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok());
    let local = local.or_else(|| Some(text.parse::<NaiveDate>().ok()?.into()));
    let at = local.and_then(|local| CHINA.from_local_datetime(&local).single());
    at.map(|at| at.to_utc())
        .ok_or_else(|| format!("“{text}”应写作 2026-02-12T09:00:00+08:00"))
}

fn pause(text: &str) -> Result<Pause, String> {
    let (from, to) = text.split_once(',').unwrap_or((text, ""));
    let to = if to.trim().is_empty() {
        None
    } else {
        Some(time(to.trim())?)
    };
    let from = time(from.trim())?;
    if to.is_some_and(|to| to <= from) {
        return Err("暂停的结束应晚于开始".into());
    }
    Ok((from, to))
}
