use super::*;

fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(&format!("{text}:00+08:00"))
        .expect("time")
        .with_timezone(&Utc)
}

fn policy() -> Policy {
    let hours = |hours: u64| Duration::from_secs(hours * 3600);
    Policy {
        schedule: Some("survey"),
        retry_after: vec![hours(2), hours(4)],
        min_attempts: 3,
        min_days: 2,
        max_failures: 4,
        lost_after: hours(1),
    }
}

fn window() -> Window {
    let hours = Hours::parse(
        &["09:00-12:00".into(), "14:30-20:00".into()],
        &["09:00-12:00".into()],
    );
    Window {
        calendar: Calendar::default(),
        hours: Some(hours.expect("hours")),
    }
}

fn next(past: &[(&str, Fate)], now: &str) -> Next {
    let past: Vec<Past> = past
        .iter()
        .map(|(text, fate)| Past {
            at: at(text),
            fate: *fate,
        })
        .collect();
    next_attempt(&policy(), &window(), &past, at(now))
}

#[test]
fn unanswered_calls_back_off_and_the_third_is_on_another_day() {
    let one = [("2026-03-05T10:30", Fate::NoAnswer)];
    assert_eq!(next(&one, "2026-03-05T10:31"), Next::At(at("2026-03-05T14:30")));
    let two = [
        ("2026-03-05T09:10", Fate::NoAnswer),
        ("2026-03-05T14:30", Fate::NoAnswer),
    ];
    assert_eq!(next(&two, "2026-03-05T14:31"), Next::At(at("2026-03-06T09:00")));
}

#[test]
fn given_up_after_three_calls_over_two_days_and_not_before() {
    let three = [
        ("2026-03-05T09:10", Fate::NoAnswer),
        ("2026-03-05T14:30", Fate::Busy),
        ("2026-03-06T09:00", Fate::NoAnswer),
    ];
    assert_eq!(next(&three, "2026-03-06T09:01"), Next::GiveUp);
    assert_eq!(
        next(&three[1..], "2026-03-06T09:01"),
        Next::At(at("2026-03-06T14:30"))
    );
    let same_day = three.map(|(_, fate)| ("2026-03-05T10:00", fate));
    assert_eq!(
        next(&same_day, "2026-03-05T10:01"),
        Next::At(at("2026-03-06T09:00"))
    );
}

#[test]
fn each_fate_has_its_own_wait() {
    let after = |fate| next(&[("2026-03-05T09:10", fate)], "2026-03-05T09:11");
    assert_eq!(after(Fate::Busy), Next::At(at("2026-03-05T09:26")));
    assert_eq!(after(Fate::NoAnswer), Next::At(at("2026-03-05T11:11")));
    assert_eq!(after(Fate::Voicemail), Next::At(at("2026-03-05T14:30")));
    assert_eq!(after(Fate::SwitchedOff), Next::At(at("2026-03-05T14:30")));
    assert_eq!(after(Fate::Declined), Next::At(at("2026-03-06T09:00")));
    assert_eq!(after(Fate::BadNumber), Next::At(at("2026-03-06T09:00")));
    assert_eq!(after(Fate::Failed), Next::At(at("2026-03-05T09:16")));
    assert_eq!(after(Fate::DoNotCall), Next::GiveUp);
    assert_eq!(after(Fate::NotAllowed), Next::GiveUp);
}

#[test]
fn a_number_that_does_not_exist_is_confirmed_once() {
    let twice = [
        ("2026-03-05T09:10", Fate::BadNumber),
        ("2026-03-06T09:00", Fate::BadNumber),
    ];
    assert_eq!(next(&twice, "2026-03-06T09:01"), Next::GiveUp);
}

#[test]
fn the_networks_failures_are_no_attempts_but_not_borne_for_ever() {
    let mut past = vec![("2026-03-05T09:10", Fate::NoAnswer)];
    for _ in 0..3 {
        past.push(("2026-03-06T09:00", Fate::Failed));
    }
    assert_eq!(next(&past, "2026-03-06T09:00"), Next::At(at("2026-03-06T09:20")));
    past.push(("2026-03-06T09:40", Fate::Interrupted));
    assert_eq!(next(&past, "2026-03-06T09:41"), Next::GiveUp);
}

#[test]
fn no_permitted_hour_is_said_and_not_looped() {
    let shut = Window {
        calendar: Calendar::default(),
        hours: Some(Hours::default()),
    };
    assert_eq!(shut.permitted(at("2026-03-05T03:00")), Next::NeverPermitted);
}

#[test]
fn citizens_who_call_us_have_the_right_of_way() {
    let pace = Pace {
        at_once: 20,
        reserved_percent: 30,
    };
    let lines = |channels, busy, ours| Lines {
        channels: Some(channels),
        busy,
        ours,
    };
    assert_eq!(room(pace, lines(60, 0, 0)), 20);
    assert_eq!(room(pace, lines(60, 35, 15)), 5);
    assert_eq!(
        room(pace, lines(60, 42, 0)),
        0,
        "the rest is kept for who calls in"
    );
    assert_eq!(room(pace, lines(60, 60, 0)), 0);
    assert_eq!(room(pace, lines(1, 0, 0)), 0, "the only line is kept");
    assert_eq!(
        room(
            pace,
            Lines {
                channels: None,
                busy: 9,
                ours: 4
            }
        ),
        16
    );
}
