use chrono::{DateTime, NaiveDate, Utc};

use super::super::rules::{Calendar, Hours, parse_year};
use super::*;

mod drawn;
mod profiles;

const YEARS: [&str; 3] = [
    include_str!("../../../provisioning/calendar/2024.json"),
    include_str!("../../../provisioning/calendar/2025.json"),
    include_str!("../../../provisioning/calendar/2026.json"),
];

fn china() -> Calendar {
    let years: Vec<_> = YEARS
        .iter()
        .map(|text| parse_year(text).expect("shipped"))
        .collect();
    let days = years
        .iter()
        .flat_map(|year| &year.days)
        .map(|day| (day.date, day.off));
    Calendar::from_days(days)
        .expect("consistent")
        .with_years(years.iter().map(|year| year.year))
}

fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(&format!("{text}:00+08:00"))
        .expect("time")
        .to_utc()
}

fn date(text: &str) -> NaiveDate {
    text.parse().expect("date")
}

fn office() -> Hours {
    Hours::parse(&["08:30-12:00".into(), "13:30-17:30".into()], &[]).expect("hours")
}

fn office_rule() -> Rule {
    Rule {
        hours: office(),
        ..Rule::default()
    }
}

fn limit(text: &str) -> Limit {
    text.parse().expect("limit")
}

fn run(rule: &Rule, from: &str, length: &str, extensions: &[Limit], pauses: &[(&str, &str)]) -> Count {
    let pauses = pauses
        .iter()
        .map(|(from, to)| (at(from), (!to.is_empty()).then(|| at(to))));
    let pauses = Pauses::new(pauses).expect("pauses");
    let task = Task {
        from: at(from),
        limit: limit(length),
        extensions,
        pauses: &pauses,
    };
    count(&china(), rule, &task).expect("counted")
}

fn due(count: &Count) -> String {
    let due = count.due.expect("due").with_timezone(&super::super::CHINA);
    due.format("%Y-%m-%dT%H:%M:%S").to_string()
}

fn dates(count: &Count) -> Vec<String> {
    let date = |counted: &Counted| match counted {
        Counted::Day(date) => date.format("%m-%d").to_string(),
        Counted::Interval(from, to) => panic!("{from} {to}"),
    };
    count.counted.iter().map(date).collect()
}

#[test]
fn the_worked_table_holds() {
    for (from, length, expected, counted) in [
        ("2026-02-12", "5wd", "2026-02-26", "02-13 02-14 02-24 02-25 02-26"),
        ("2026-02-13", "1wd", "2026-02-14", "02-14"),
        ("2026-09-18", "3wd", "2026-09-22", "09-20 09-21 09-22"),
        ("2026-09-30", "5wd", "2026-10-13", "10-08 10-09 10-10 10-12 10-13"),
        ("2025-12-31", "3wd", "2026-01-06", "01-04 01-05 01-06"),
        ("2026-05-08", "2wd", "2026-05-11", "05-09 05-11"),
    ] {
        for hour in ["00:00", "09:15", "17:29", "23:59"] {
            let found = run(&office_rule(), &format!("{from}T{hour}"), length, &[], &[]);
            assert_eq!(due(&found), format!("{expected}T23:59:59"), "{from} {hour}");
            assert_eq!(dates(&found).join(" "), counted, "{from} {hour}");
            assert_eq!(found.warnings, [""; 0]);
        }
    }
}

#[test]
fn the_same_day_counts_when_the_rule_says_so_and_the_office_is_open() {
    let rule = Rule {
        first_day: FirstDay::SameDay,
        due_at: 17 * 60 + 30,
        ..office_rule()
    };
    assert_eq!(
        due(&run(&rule, "2026-03-05T10:00", "2wd", &[], &[])),
        "2026-03-06T17:30:00"
    );
    assert_eq!(
        due(&run(&rule, "2026-03-05T17:30", "2wd", &[], &[])),
        "2026-03-09T17:30:00",
        "after hours"
    );
    assert_eq!(
        due(&run(&rule, "2026-03-07T10:00", "1wd", &[], &[])),
        "2026-03-09T17:30:00",
        "a Saturday"
    );
    assert_eq!(
        due(&run(&rule, "2026-02-14T10:00", "1wd", &[], &[])),
        "2026-02-14T17:30:00",
        "a worked Saturday"
    );
}

#[test]
fn what_comes_at_night_may_count_as_of_the_next_morning() {
    let rule = Rule {
        after_hours: AfterHours::AsNextMorning,
        ..office_rule()
    };
    assert_eq!(
        due(&run(&rule, "2026-03-06T20:00", "1wd", &[], &[])),
        "2026-03-10T23:59:59",
        "Friday night is Monday"
    );
    assert_eq!(
        due(&run(&rule, "2026-03-06T10:00", "1wd", &[], &[])),
        "2026-03-09T23:59:59"
    );
    assert_eq!(
        due(&run(&office_rule(), "2026-03-06T20:00", "1wd", &[], &[])),
        "2026-03-09T23:59:59"
    );
    assert_eq!(
        due(&run(&office_rule(), "2026-03-07T20:00", "1wd", &[], &[])),
        "2026-03-09T23:59:59"
    );
}

#[test]
fn minutes_and_hours_run_round_the_clock_and_working_hours_do_not() {
    let found = run(&office_rule(), "2026-02-14T23:30", "90min", &[], &[]);
    assert_eq!(due(&found), "2026-02-15T01:00:00");
    assert_eq!(
        found.counted,
        [Counted::Interval(at("2026-02-14T23:30"), at("2026-02-15T01:00"))]
    );
    assert_eq!(
        due(&run(&office_rule(), "2026-02-14T10:00", "24h", &[], &[])),
        "2026-02-15T10:00:00"
    );
    assert_eq!(
        due(&run(&office_rule(), "2026-02-14T16:30", "2wh", &[], &[])),
        "2026-02-24T09:30:00"
    );
    assert_eq!(
        due(&run(&office_rule(), "2026-02-13T10:00", "7d", &[], &[])),
        "2026-02-20T23:59:59"
    );
}

#[test]
fn a_pause_over_a_holiday_costs_only_the_working_days_it_covers() {
    let found = run(
        &office_rule(),
        "2026-02-12T10:00",
        "5wd",
        &[],
        &[("2026-02-13T10:00", "2026-02-25T09:00")],
    );
    assert_eq!(dates(&found).join(" "), "02-25 02-26 02-27 02-28 03-02");
    let holiday_only = run(
        &office_rule(),
        "2026-02-12T10:00",
        "5wd",
        &[],
        &[("2026-02-15T00:00", "2026-02-24T08:00")],
    );
    assert_eq!(due(&holiday_only), "2026-02-26T23:59:59");
    let within_a_day = run(
        &office_rule(),
        "2026-02-12T10:00",
        "5wd",
        &[],
        &[("2026-02-13T10:00", "2026-02-13T15:00")],
    );
    assert_eq!(due(&within_a_day), "2026-02-26T23:59:59");
    let paused = found
        .days
        .iter()
        .filter(|day| day.why == Why::Paused)
        .map(|day| day.date);
    assert_eq!(
        paused.collect::<Vec<_>>(),
        [date("2026-02-13"), date("2026-02-14"), date("2026-02-24")]
    );
}

#[test]
fn hours_stand_still_in_a_pause() {
    let found = run(
        &office_rule(),
        "2026-03-02T10:00",
        "24h",
        &[],
        &[("2026-03-02T12:00", "2026-03-03T12:00")],
    );
    assert_eq!(due(&found), "2026-03-04T10:00:00");
    assert_eq!(found.counted.len(), 2);
}

#[test]
fn an_open_pause_has_no_due_date_and_says_what_is_left() {
    let found = run(
        &office_rule(),
        "2026-02-12T10:00",
        "5wd",
        &[],
        &[("2026-02-14T09:00", "")],
    );
    assert_eq!((found.due, found.left), (None, 4));
    let extended = run(
        &office_rule(),
        "2026-02-12T10:00",
        "5wd",
        &[limit("3wd")],
        &[("2026-02-14T09:00", "")],
    );
    assert_eq!(
        (extended.due, extended.left),
        (None, 7),
        "an extension while paused is kept"
    );
    let resumed = run(
        &office_rule(),
        "2026-02-12T10:00",
        "5wd",
        &[limit("3wd")],
        &[("2026-02-14T09:00", "2026-02-24T09:00")],
    );
    assert_eq!(
        dates(&resumed).join(" "),
        "02-13 02-24 02-25 02-26 02-27 02-28 03-02 03-03"
    );
    let later = run(
        &office_rule(),
        "2026-02-12T10:00",
        "5wd",
        &[],
        &[("2026-03-01T09:00", "")],
    );
    assert_eq!(due(&later), "2026-02-26T23:59:59", "due before it stopped");
    let hours = run(
        &office_rule(),
        "2026-02-12T10:00",
        "24h",
        &[],
        &[("2026-02-12T20:00", "")],
    );
    assert_eq!((hours.due, hours.left), (None, 14 * 60));
}

#[test]
fn an_extension_goes_on_from_the_due_date() {
    let found = run(&office_rule(), "2026-02-12T10:00", "5wd", &[limit("3wd")], &[]);
    assert_eq!(due(&found), "2026-03-02T23:59:59");
    let mixed = run(&office_rule(), "2026-03-02T10:00", "24h", &[limit("1wd")], &[]);
    assert_eq!(due(&mixed), "2026-03-04T23:59:59");
}

#[test]
fn a_year_without_its_notice_is_warned_of_and_counted_anew_when_it_comes() {
    let before = run(&office_rule(), "2026-12-30T10:00", "3wd", &[], &[]);
    assert_eq!(
        due(&before),
        "2027-01-04T23:59:59",
        "a guess: 01-01 is taken for a working day"
    );
    assert_eq!(before.warnings.len(), 1);
    assert!(before.warnings[0].contains("2027"), "{:?}", before.warnings);
    let mut days: Vec<(NaiveDate, bool)> = YEARS
        .iter()
        .flat_map(|text| parse_year(text).expect("shipped").days)
        .map(|day| (day.date, day.off))
        .collect();
    days.extend([
        (date("2027-01-01"), true),
        (date("2027-01-02"), true),
        (date("2027-01-03"), false),
    ]);
    let published = Calendar::from_days(days)
        .expect("consistent")
        .with_years([2026, 2027]);
    let task = Task {
        from: at("2026-12-30T10:00"),
        limit: limit("3wd"),
        extensions: &[],
        pauses: &Pauses::default(),
    };
    let after = count(&published, &office_rule(), &task).expect("counted");
    assert_eq!(
        (due(&after).as_str(), after.warnings.len()),
        ("2027-01-04T23:59:59", 0)
    );
    assert_eq!(
        dates(&after).join(" "),
        "12-31 01-03 01-04",
        "the worked Sunday took the place of New Year's Day"
    );
}

#[test]
fn a_holiday_that_is_deleted_is_worked() {
    let without = china_without("2026-02-16");
    let task = Task {
        from: at("2026-02-13T10:00"),
        limit: limit("2wd"),
        extensions: &[],
        pauses: &Pauses::default(),
    };
    assert_eq!(
        due(&count(&china(), &office_rule(), &task).expect("counted")),
        "2026-02-24T23:59:59"
    );
    assert_eq!(
        due(&count(&without, &office_rule(), &task).expect("counted")),
        "2026-02-16T23:59:59"
    );
}

fn china_without(holiday: &str) -> Calendar {
    let days = YEARS
        .iter()
        .flat_map(|text| parse_year(text).expect("shipped").days);
    let days = days
        .filter(|day| day.date != date(holiday))
        .map(|day| (day.date, day.off));
    Calendar::from_days(days)
        .expect("consistent")
        .with_years([2024, 2025, 2026])
}

#[test]
fn what_is_left_is_told_in_working_time_and_is_never_negative() {
    let (calendar, rule, none) = (china(), office_rule(), Pauses::default());
    let due = at("2026-02-26T23:59");
    let left = |now: &str| remaining(&calendar, &rule, &none, limit("5wd"), (at(now), due));
    assert_eq!(
        left("2026-02-14T16:30"),
        Remaining {
            working_days: 3,
            minutes: 60 + 3 * 450,
            late: false
        }
    );
    assert_eq!(
        left("2026-02-20T12:00").minutes,
        3 * 450,
        "the holiday takes nothing away"
    );
    assert_eq!(
        left("2026-02-27T00:00"),
        Remaining {
            working_days: 0,
            minutes: 0,
            late: true
        }
    );
    let hours = remaining(
        &calendar,
        &rule,
        &none,
        limit("24h"),
        (at("2026-02-15T00:00"), at("2026-02-15T10:00")),
    );
    assert_eq!(hours.minutes, 600, "round the clock");
}

#[test]
fn the_days_left_on_the_first_day_are_those_of_the_limit() {
    let rule = office_rule();
    let count = run(&rule, "2026-03-06T10:00", "2wd", &[limit("1wd")], &[]);
    let left = |now| count.days_left(&rule, at(now));
    assert_eq!(
        [
            "2026-03-06T10:00",
            "2026-03-07T12:00",
            "2026-03-09T09:00",
            "2026-03-10T00:00",
            "2026-03-11T23:00"
        ]
        .map(left),
        [3, 3, 3, 2, 1],
        "the start does not count, a weekend takes nothing away"
    );
    assert_eq!(left("2026-03-12T00:00"), 0);
}

#[test]
fn the_ladder_climbs_from_half_the_time_to_the_report() {
    let task = Task {
        from: at("2026-03-02T08:30"),
        limit: limit("4wd"),
        extensions: &[],
        pauses: &Pauses::default(),
    };
    let due = at("2026-03-06T17:30");
    let mut reminders = standard().reminders;
    let rungs = ladder(
        &china(),
        &Rule {
            due_at: 1050,
            ..office_rule()
        },
        &reminders,
        &task,
        due,
    );
    let at_of = |step| rungs.iter().find(|rung| rung.step == step).map(|rung| rung.at);
    assert_eq!(at_of(Step::PercentLeft(50)), Some(at("2026-03-04T13:45")));
    assert_eq!(at_of(Step::Due), Some(due));
    assert_eq!(at_of(Step::Urge), Some(at("2026-03-09T17:30")));
    assert_eq!(at_of(Step::Supervise), Some(at("2026-03-11T17:30")));
    assert_eq!(at_of(Step::Report), Some(at("2026-03-13T17:30")));
    assert!(rungs.is_sorted_by_key(|rung| rung.at));
    reminders.before = vec![Before::WorkingDays(2), Before::WorkingDays(50)];
    let rungs = ladder(&china(), &office_rule(), &reminders, &task, due);
    assert_eq!(
        rungs[0],
        Rung {
            step: Step::DaysLeft(2),
            at: at("2026-03-04T08:30")
        }
    );
    assert!(
        !rungs.iter().any(|rung| rung.step == Step::DaysLeft(50)),
        "before it began"
    );
}

#[test]
fn malformed_limits_and_pauses_are_refused() {
    for text in [
        "",
        "5",
        "wd",
        "0wd",
        "-1h",
        "5 wd",
        "1.5h",
        "10001wd",
        "99999999999999h",
        "五wd",
        "5WD",
    ] {
        assert!(text.parse::<Limit>().is_err(), "{text}");
    }
    for text in ["90min", "24h", "5wd", "8wh", "7d"] {
        assert_eq!(limit(text).to_string(), text);
    }
    assert_eq!(
        Pauses::new([(at("2026-03-02T10:00"), Some(at("2026-03-02T10:00")))]),
        Err(LimitError::Pause)
    );
    let closed = Rule {
        hours: Hours::default(),
        ..Rule::default()
    };
    let task = Task {
        from: at("2026-03-02T08:30"),
        limit: limit("4wh"),
        extensions: &[],
        pauses: &Pauses::default(),
    };
    assert_eq!(
        count(&china(), &closed, &task),
        Err(LimitError::TooFar),
        "an office that never opens"
    );
}
