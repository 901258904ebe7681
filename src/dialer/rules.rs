//! When a citizen is called again, and when one gives up. Pure: dials nothing and stores nothing.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::fate::{Fate, Wait};
use crate::calendar::{self, Calendar, Hours};

/// An engaged line is tried again this soon, whatever the policy's waits are.
const SOON: Duration = Duration::from_secs(15 * 60);
/// The first wait after a fault of the network's; doubled each time, up to an hour.
const REPAIR: Duration = Duration::from_secs(5 * 60);
const LONGEST_REPAIR: Duration = Duration::from_secs(3600);
/// A number that does not exist is confirmed once, on another day.
const BAD_NUMBERS: usize = 2;

/// How a purpose calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// The schedule of the permitted hours; None: at any hour.
    pub schedule: Option<&'static str>,
    /// Waits after the first, second, … attempt that brought nothing; the last one repeats.
    pub retry_after: Vec<Duration>,
    /// Given up only after this many attempts …
    pub min_attempts: usize,
    /// … on this many days.
    pub min_days: i64,
    /// So many failures of the network's are enough, too: nobody waits for ever.
    pub max_failures: usize,
    /// An attempt that never reports its end is given up after this long.
    pub lost_after: Duration,
}

/// An attempt that is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Past {
    pub(super) at: DateTime<Utc>,
    pub(super) fate: Fate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    At(DateTime<Utc>),
    GiveUp,
    /// No hour is permitted at all: a fault of the settings, looked at again later.
    NeverPermitted,
}

/// The hours in which a policy may call.
pub(super) struct Window {
    pub(super) calendar: Calendar,
    /// None: any.
    pub(super) hours: Option<Hours>,
}

impl Window {
    pub(super) fn permitted(&self, at: DateTime<Utc>) -> Next {
        match &self.hours {
            None => Next::At(at),
            Some(hours) => {
                calendar::next_permitted(&self.calendar, hours, at).map_or(Next::NeverPermitted, Next::At)
            }
        }
    }
}

/// After an attempt that brought nothing; `past` has all attempts so far, the oldest first.
pub(super) fn next_attempt(policy: &Policy, window: &Window, past: &[Past], now: DateTime<Utc>) -> Next {
    let Some(last) = past.last() else {
        return window.permitted(now);
    };
    let counted: Vec<DateTime<Utc>> = past.iter().filter(|p| p.fate.counts()).map(|p| p.at).collect();
    let failures = past.len() - counted.len();
    let bad_numbers = past.iter().filter(|p| p.fate == Fate::BadNumber).count();
    let enough_days = days(&counted) >= policy.min_days;
    let enough = counted.len() >= policy.min_attempts && enough_days;
    if last.fate.wait() == Wait::Never
        || enough
        || bad_numbers >= BAD_NUMBERS
        || failures >= policy.max_failures
    {
        return Next::GiveUp;
    }
    let mut at = put_off(policy, last.fate, counted.len(), failures, now);
    // The last call that is owed must not fall on the same day again, or more calls than owed would follow.
    let last_owed = counted.len() + 1 >= policy.min_attempts;
    let same_day = |at| {
        counted
            .last()
            .is_some_and(|l| calendar::local_date(*l) == calendar::local_date(at))
    };
    if last_owed && !enough_days && same_day(at) {
        at = calendar::next_day(at);
    }
    window.permitted(at)
}

fn put_off(
    policy: &Policy,
    fate: Fate,
    counted: usize,
    failures: usize,
    now: DateTime<Utc>,
) -> DateTime<Utc> {
    match fate.wait() {
        Wait::Policy => now + back_off(policy, counted),
        Wait::Soon => now + back_off(policy, counted).min(SOON),
        Wait::Long => now + policy.retry_after.iter().max().copied().unwrap_or(SOON),
        Wait::NextDay if policy.min_days > 1 => calendar::next_day(now),
        Wait::NextDay => now + policy.retry_after.iter().max().copied().unwrap_or(SOON),
        Wait::Repair | Wait::Never => {
            let doublings = u32::try_from(failures.saturating_sub(1))
                .unwrap_or(u32::MAX)
                .min(8);
            now + (REPAIR * (1 << doublings)).min(LONGEST_REPAIR)
        }
    }
}

fn back_off(policy: &Policy, made: usize) -> Duration {
    let waits = &policy.retry_after;
    let index = made.saturating_sub(1).min(waits.len().saturating_sub(1));
    waits.get(index).copied().unwrap_or(SOON)
}

/// Different days on which the citizen was tried.
fn days(counted: &[DateTime<Utc>]) -> i64 {
    let mut dates: Vec<_> = counted.iter().map(|at| calendar::local_date(*at)).collect();
    dates.dedup();
    i64::try_from(dates.len()).unwrap_or(i64::MAX)
}

/// How many calls may be placed now: the lines that are free, less those kept for citizens who call us, who always have the right of way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lines {
    /// Of all trunks that are up; None: no trunk says how many it has.
    pub(super) channels: Option<usize>,
    pub(super) busy: usize,
    /// Of the busy ones, those that we placed.
    pub(super) ours: usize,
}

/// As the configuration says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pace {
    pub(super) at_once: usize,
    pub(super) reserved_percent: usize,
}

pub(super) fn room(pace: Pace, lines: Lines) -> usize {
    let by_pace = pace.at_once.saturating_sub(lines.ours);
    let Some(channels) = lines.channels else {
        return by_pace;
    };
    by_pace.min(channels.saturating_sub(reserved(pace, channels) + lines.busy))
}

/// Of so many channels, those kept for citizens who call us.
pub(super) fn reserved(pace: Pace, channels: usize) -> usize {
    (channels * pace.reserved_percent).div_ceil(100).max(1)
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
