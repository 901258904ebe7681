//! When the citizen is called back, when one gives up, and what the answers mean. Dials nothing and stores nothing.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::calendar::{self, Calendar, Hours};
use crate::config::Survey as SurveyPolicy;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    At(DateTime<Utc>),
    Unreachable,
    /// No hour is permitted at all: a fault of the settings, tried again later.
    NeverPermitted,
}

pub(super) fn first_attempt(
    policy: &SurveyPolicy,
    calendar: &Calendar,
    hours: &Hours,
    now: DateTime<Utc>,
) -> Next {
    permitted(policy, calendar, hours, now + policy.first_after)
}

/// After a call that brought no answer; `attempts` are the times of all calls so far, oldest first.
pub(super) fn next_attempt(
    policy: &SurveyPolicy,
    calendar: &Calendar,
    hours: &Hours,
    attempts: &[DateTime<Utc>],
    now: DateTime<Utc>,
) -> Next {
    let (Some(first), Some(last)) = (attempts.first(), attempts.last()) else {
        return permitted(policy, calendar, hours, now);
    };
    let days = (calendar::local_date(*last) - calendar::local_date(*first)).num_days() + 1;
    let enough_days = days >= i64::from(policy.min_days);
    let made = u32::try_from(attempts.len()).unwrap_or(u32::MAX);
    if made >= policy.min_attempts && enough_days {
        return Next::Unreachable;
    }
    let mut at = now + back_off(policy, made);
    // The last call that is owed must not fall on the first day again, or more calls than owed would follow.
    let last_owed = made + 1 >= policy.min_attempts;
    if last_owed && !enough_days && calendar::local_date(at) == calendar::local_date(*last) {
        at = calendar::next_day(at);
    }
    permitted(policy, calendar, hours, at)
}

fn back_off(policy: &SurveyPolicy, made: u32) -> Duration {
    let waits = &policy.retry_after;
    let index = (made.saturating_sub(1) as usize).min(waits.len().saturating_sub(1));
    waits.get(index).copied().unwrap_or(Duration::from_secs(3600))
}

pub(super) fn permitted(
    policy: &SurveyPolicy,
    calendar: &Calendar,
    hours: &Hours,
    at: DateTime<Utc>,
) -> Next {
    if !policy.permitted_hours {
        return Next::At(at);
    }
    calendar::next_permitted(calendar, hours, at).map_or(Next::NeverPermitted, Next::At)
}

/// What the citizen pressed, kept as pressed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answers {
    pub solved: Option<bool>,
    /// 1 very dissatisfied to 5 very satisfied.
    pub satisfaction: Option<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Satisfied,
    Dissatisfied,
    /// Reached, but not enough was said to close on: called again like an unanswered call.
    Inconclusive,
}

/// Other keys and silence are no answer: only what the citizen pressed counts.
pub fn read_answers<'a>(collected: impl IntoIterator<Item = (&'a str, &'a str)>) -> Answers {
    let mut answers = Answers::default();
    for (key, value) in collected {
        match (key, value) {
            ("solved", "1") => answers.solved = Some(true),
            ("solved", "2") => answers.solved = Some(false),
            ("satisfaction", value) => {
                answers.satisfaction = value.parse().ok().filter(|mark| (1..=5).contains(mark));
            }
            _ => {}
        }
    }
    answers
}

/// Closed only on solved and at least 3 (基本满意); unsolved or 1-2 goes back, whatever the other answer says.
pub fn judge(answers: Answers) -> Verdict {
    match (answers.solved, answers.satisfaction) {
        (Some(false), _) | (_, Some(1 | 2)) => Verdict::Dissatisfied,
        (Some(true), Some(_)) => Verdict::Satisfied,
        _ => Verdict::Inconclusive,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(&format!("{text}:00+08:00"))
            .expect("time")
            .with_timezone(&Utc)
    }

    fn hours() -> Hours {
        Hours::parse(
            &["09:00-12:00".into(), "14:30-20:00".into()],
            &["09:00-12:00".into()],
        )
        .expect("hours")
    }

    fn next(policy: &SurveyPolicy, attempts: &[&str], now: &str) -> Next {
        let attempts: Vec<_> = attempts.iter().map(|text| at(text)).collect();
        next_attempt(policy, &Calendar::default(), &hours(), &attempts, at(now))
    }

    #[test]
    fn first_call_waits_for_a_permitted_hour() {
        let policy = SurveyPolicy::default();
        let found = first_attempt(&policy, &Calendar::default(), &hours(), at("2026-03-06T20:30"));
        assert_eq!(found, Next::At(at("2026-03-07T09:00")));
        let free = SurveyPolicy {
            permitted_hours: false,
            ..policy
        };
        let found = first_attempt(&free, &Calendar::default(), &hours(), at("2026-03-06T20:30"));
        assert_eq!(found, Next::At(at("2026-03-06T20:40")));
    }

    #[test]
    fn unanswered_calls_back_off_and_the_third_is_on_another_day() {
        let policy = SurveyPolicy::default();
        assert_eq!(
            next(&policy, &["2026-03-05T10:30"], "2026-03-05T10:31"),
            Next::At(at("2026-03-05T14:30"))
        );
        let found = next(
            &policy,
            &["2026-03-05T09:10", "2026-03-05T14:30"],
            "2026-03-05T14:31",
        );
        assert_eq!(
            found,
            Next::At(at("2026-03-06T09:00")),
            "three calls on one day are not two days"
        );
    }

    #[test]
    fn given_up_after_three_calls_over_two_days_and_not_before() {
        let policy = SurveyPolicy::default();
        let three = ["2026-03-05T09:10", "2026-03-05T14:30", "2026-03-06T09:00"];
        assert_eq!(next(&policy, &three, "2026-03-06T09:01"), Next::Unreachable);
        let same_day = ["2026-03-05T09:10", "2026-03-05T10:30", "2026-03-05T14:30"];
        assert_eq!(
            next(&policy, &same_day, "2026-03-05T14:31"),
            Next::At(at("2026-03-06T09:00"))
        );
        let two = ["2026-03-05T09:10", "2026-03-06T09:00"];
        assert_eq!(
            next(&policy, &two, "2026-03-06T09:01"),
            Next::At(at("2026-03-06T14:30"))
        );
    }

    #[test]
    fn settings_shorten_the_waits() {
        let policy = SurveyPolicy {
            permitted_hours: false,
            retry_after: vec![Duration::from_secs(2)],
            min_attempts: 2,
            min_days: 1,
            ..SurveyPolicy::default()
        };
        let now = at("2026-03-05T03:00");
        let found = next_attempt(&policy, &Calendar::default(), &hours(), &[now], now);
        assert_eq!(found, Next::At(now + Duration::from_secs(2)));
        assert_eq!(
            next_attempt(&policy, &Calendar::default(), &hours(), &[now, now], now),
            Next::Unreachable
        );
    }

    #[test]
    fn no_permitted_hour_is_said_and_not_looped() {
        let policy = SurveyPolicy::default();
        let found = first_attempt(
            &policy,
            &Calendar::default(),
            &Hours::default(),
            at("2026-03-05T03:00"),
        );
        assert_eq!(found, Next::NeverPermitted);
    }

    #[test]
    fn answers_decide_between_closing_and_handling_again() {
        let cases = [
            (vec![("solved", "1"), ("satisfaction", "5")], Verdict::Satisfied),
            (vec![("solved", "1"), ("satisfaction", "3")], Verdict::Satisfied),
            (
                vec![("solved", "1"), ("satisfaction", "2")],
                Verdict::Dissatisfied,
            ),
            (
                vec![("solved", "2"), ("satisfaction", "5")],
                Verdict::Dissatisfied,
            ),
            (vec![("solved", "2")], Verdict::Dissatisfied),
            (vec![("solved", "1")], Verdict::Inconclusive),
            (
                vec![("solved", "9"), ("satisfaction", "0")],
                Verdict::Inconclusive,
            ),
            (vec![], Verdict::Inconclusive),
        ];
        for (collected, expected) in cases {
            assert_eq!(judge(read_answers(collected.clone())), expected, "{collected:?}");
        }
    }
}
