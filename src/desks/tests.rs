use chrono::{DateTime, TimeDelta, Utc};

use super::*;
use crate::db;

fn at(minute: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(1_800_000_000_000).expect("time") + TimeDelta::minutes(minute)
}

fn state(minute: i64, state: &'static str) -> Change {
    Change::State {
        username: "operator1".into(),
        state,
        reason: None,
        at: at(minute),
    }
}

#[tokio::test]
async fn a_shift_adds_up_from_midnight_to_now() {
    let (db, _dir) = db::fresh().await;
    let mut tx = db.begin().await.expect("tx");
    let day = [
        state(-30, "ready"),
        state(10, "talking"),
        state(15, "wrap_up"),
        state(16, "ready"),
        state(20, "talking"),
        state(22, "paused"),
        state(40, "offline"),
        state(50, "ready"),
    ];
    for change in &day {
        apply(&mut tx, change).await.expect("kept");
    }
    let totals = totals(&mut tx, "operator1", at(0), at(60)).await.expect("totals");
    let minutes = |ms: i64| ms / 60_000;
    assert_eq!(
        (totals.calls, minutes(totals.talk_ms), minutes(totals.paused_ms)),
        (2, 7, 18)
    );
    assert_eq!(minutes(totals.ready_ms), 10 + 4 + 10);
}

#[tokio::test]
async fn a_monitoring_has_its_modes_and_its_end() {
    let (db, _dir) = db::fresh().await;
    let mut tx = db.begin().await.expect("tx");
    let monitoring = |minute, mode| Change::Monitoring {
        username: "supervisor1".into(),
        call_id: "00000000000000aa".into(),
        mode,
        at: at(minute),
    };
    for change in [
        monitoring(0, "listen"),
        monitoring(1, "whisper"),
        Change::MonitoringEnded {
            username: None,
            call_id: "00000000000000aa".into(),
            at: at(3),
        },
    ] {
        apply(&mut tx, &change).await.expect("kept");
    }
    let found = monitorings(&mut tx, Some(at(0)), None, None, 50)
        .await
        .expect("found");
    let told: Vec<_> = found.iter().map(|m| (m.mode.as_str(), m.from, m.until)).collect();
    assert_eq!(
        told,
        [("whisper", at(1), Some(at(3))), ("listen", at(0), Some(at(1)))]
    );
    assert!(
        monitorings(&mut tx, Some(at(5)), None, None, 50)
            .await
            .expect("found")
            .is_empty()
    );
}

#[tokio::test]
async fn what_a_crash_left_open_is_closed() {
    let (db, _dir) = db::fresh().await;
    let mut tx = db.begin().await.expect("tx");
    apply(&mut tx, &state(0, "talking")).await.expect("kept");
    close_open(&mut tx, at(5)).await.expect("closed");
    let totals = totals(&mut tx, "operator1", at(0), at(60)).await.expect("totals");
    assert_eq!(totals.talk_ms, 300_000);
}

#[tokio::test]
async fn a_shift_begins_after_hours_away_not_at_midnight_and_not_after_a_meal() {
    let (db, _dir) = db::fresh().await;
    let mut tx = db.begin().await.expect("tx");
    let start =
        async |tx: &mut db::Tx, minute| shift_start(tx, "operator1", at(minute)).await.expect("asked");
    assert_eq!(start(&mut tx, 0).await, None, "never seen");
    let days = [
        state(-900, "ready"),
        state(-600, "offline"),
        state(-120, "paused"),
        state(-110, "ready"),
        state(30, "offline"),
        state(90, "ready"),
        state(200, "talking"),
    ];
    for change in &days {
        apply(&mut tx, change).await.expect("kept");
    }
    assert_eq!(start(&mut tx, 210).await, Some(at(-120)));
    apply(&mut tx, &state(220, "offline")).await.expect("kept");
    assert_eq!(start(&mut tx, 220 + 239).await, Some(at(-120)));
    assert_eq!(start(&mut tx, 220 + 241).await, None, "gone home");
}

#[tokio::test]
async fn a_phone_that_is_always_there_counts_from_midnight() {
    let (db, _dir) = db::fresh().await;
    let mut tx = db.begin().await.expect("tx");
    apply(&mut tx, &state(0, "ready")).await.expect("kept");
    let now = at(60 * 72);
    let began = shift_start(&mut tx, "operator1", now).await.expect("asked");
    assert_eq!(began, Some(crate::calendar::day_start(now)));
}

#[tokio::test]
async fn a_clock_set_back_neither_ends_a_shift_nor_gives_it_negative_time() {
    let (db, _dir) = db::fresh().await;
    let mut tx = db.begin().await.expect("tx");
    let day = [
        state(0, "ready"),
        state(10, "talking"),
        state(8, "wrap_up"),
        state(9, "ready"),
    ];
    for change in &day {
        apply(&mut tx, change).await.expect("kept");
    }
    let began = shift_start(&mut tx, "operator1", at(12)).await.expect("asked");
    assert_eq!(began, Some(at(0)));
    let totals = totals(&mut tx, "operator1", at(0), at(12)).await.expect("totals");
    assert_eq!(
        (totals.calls, totals.talk_ms, totals.ready_ms),
        (1, 0, 13 * 60_000)
    );
}
