//! The rate of calls back (漏接回拨率): of the calls missed on a day, how many were called back in time, and with what result. Pure.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::{calendar, clock::from_millis};

/// What the rate is made of.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(super) struct Task {
    pub(super) first_at: i64,
    pub(super) due_at: i64,
    /// The first call back that reached nobody.
    pub(super) first_attempt_at: Option<i64>,
    pub(super) settled_at: Option<i64>,
    pub(super) settled_as: Option<String>,
}

impl Task {
    /// When somebody first did what was owed: called back, or talked with the citizen who called again.
    fn served_at(&self) -> Option<i64> {
        let came_through = matches!(self.end(), "reached" | "called_again" | "message");
        let settled = self.settled_at.filter(|_| came_through);
        [self.first_attempt_at, settled].into_iter().flatten().min()
    }

    fn end(&self) -> &str {
        self.settled_as.as_deref().unwrap_or_default()
    }
}

/// Of tasks that were missed on one day, or in a time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Rate {
    pub(super) missed: i64,
    /// Called back, or come through again, within the limit; whether or not anybody picked up.
    pub(super) in_time: i64,
    /// The same, later.
    pub(super) late: i64,
    /// Reached by a call back.
    pub(super) reached: i64,
    /// Called again and came through, or left a message.
    pub(super) came_again: i64,
    pub(super) unreachable: i64,
    pub(super) by_hand: i64,
    pub(super) open: i64,
    waits: Vec<i64>,
}

impl Rate {
    fn count(&mut self, task: &Task) {
        self.missed += 1;
        if let Some(at) = task.served_at() {
            self.waits.push((at - task.first_at).max(0));
            match at <= task.due_at {
                true => self.in_time += 1,
                false => self.late += 1,
            }
        }
        match task.end() {
            "reached" => self.reached += 1,
            "called_again" | "message" => self.came_again += 1,
            "unreachable" => self.unreachable += 1,
            "" => self.open += 1,
            _ => self.by_hand += 1,
        }
    }

    /// How long half of those who were served waited at most, in milliseconds.
    pub(super) fn median_wait(&self) -> Option<i64> {
        let mut waits = self.waits.clone();
        waits.sort_unstable();
        waits.get(waits.len().checked_sub(1)? / 2).copied()
    }
}

/// Day by day, and all together.
pub(super) fn rates(tasks: &[Task]) -> (BTreeMap<NaiveDate, Rate>, Rate) {
    let (mut days, mut all) = (BTreeMap::<NaiveDate, Rate>::new(), Rate::default());
    for task in tasks {
        let day = calendar::local_date(from_millis(task.first_at));
        days.entry(day).or_default().count(task);
        all.count(task);
    }
    (days, all)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;

    fn task(first_at: i64, first_attempt: Option<i64>, settled: Option<(i64, &str)>) -> Task {
        Task {
            first_at,
            due_at: first_at + 2 * HOUR,
            first_attempt_at: first_attempt.map(|after| first_at + after),
            settled_at: settled.map(|(after, _)| first_at + after),
            settled_as: settled.map(|(_, word)| word.to_owned()),
        }
    }

    #[test]
    fn who_was_tried_in_time_counts_though_nobody_picked_up() {
        let tasks = [
            task(0, Some(HOUR), None),
            task(0, Some(HOUR), Some((9 * HOUR, "unreachable"))),
            task(0, Some(3 * HOUR), Some((4 * HOUR, "reached"))),
            task(0, None, Some((HOUR / 2, "called_again"))),
            task(0, None, Some((HOUR, "handled"))),
            task(0, None, None),
        ];
        let (_, all) = rates(&tasks);
        assert_eq!((all.missed, all.in_time, all.late), (6, 3, 1));
        assert_eq!((all.reached, all.came_again, all.unreachable), (1, 1, 1));
        assert_eq!((all.by_hand, all.open), (1, 2));
        assert_eq!(all.median_wait(), Some(HOUR));
    }

    #[test]
    fn a_day_is_one_of_chinas() {
        // 23:30 and 00:30 in China.
        let (days, _) = rates(&[
            task(15 * HOUR + HOUR / 2, None, None),
            task(16 * HOUR + HOUR / 2, None, None),
        ]);
        let missed: Vec<_> = days
            .iter()
            .map(|(day, rate)| (day.to_string(), rate.missed))
            .collect();
        assert_eq!(
            missed,
            [("1970-01-01".to_owned(), 1), ("1970-01-02".to_owned(), 1)]
        );
        assert_eq!(rates(&[]).1.median_wait(), None);
    }
}
