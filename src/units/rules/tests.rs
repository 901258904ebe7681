use std::collections::HashMap;

use super::*;

#[test]
fn duty_days_are_weekdays_and_dates() {
    let duty = Duty::parse("周一；星期天、2026-10-01").expect("days");
    let day = |text: &str| text.parse::<NaiveDate>().expect("date");
    assert!(duty.holds(day("2026-03-02")) && duty.holds(day("2026-03-08")) && duty.holds(day("2026-10-01")));
    assert!(!duty.holds(day("2026-03-03")));
    assert_eq!(duty.to_string(), "周一;周日;2026-10-01");
    assert!(
        Duty::parse("").expect("none").holds(day("2026-03-03")),
        "nobody said otherwise"
    );
    assert_eq!(Duty::parse("周一;周八"), Err("周八".into()));
}

#[test]
fn the_tree_has_three_levels_known_superiors_and_no_cycle() {
    let units: HashMap<&str, Option<&str>> = [
        ("a", None),
        ("b", Some("a")),
        ("c", Some("b")),
        ("d", Some("c")),
        ("x", Some("y")),
        ("y", Some("x")),
        ("z", Some("nobody")),
    ]
    .into();
    let stands = |code| place(code, |code: &str| units.get(code).copied());
    assert_eq!(stands("c"), Ok(()));
    assert_eq!(stands("d"), Err(Misplaced::TooDeep));
    assert_eq!(stands("x"), Err(Misplaced::Cycle));
    assert_eq!(stands("z"), Err(Misplaced::UnknownParent));
}

#[test]
fn a_pattern_of_ones_own_is_read_and_nothing_is_no_pattern() {
    assert_eq!(hours("", " "), Ok(None));
    assert_eq!(hours("24h", ""), Ok(Some(Hours::always())));
    let own = hours("09:00-12:00;14:00-18:00", "09:00-11:00")
        .expect("read")
        .expect("own");
    assert_eq!(own.workdays.len(), 2);
    assert!(hours("18:00-09:00", "").is_err());
}
