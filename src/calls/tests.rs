//! Batches of changes against a real database.

use chrono::DateTime;

use super::*;
use crate::calls::{CallState, Direction, Outcome, Purpose, RecordingState, talks};
use crate::db::{Db, fresh};
use crate::scalar;

fn change(id: u64, ms: i64, what: What) -> Change {
    let at = DateTime::from_timestamp_millis(1_800_000_000_000 + ms).expect("time");
    Change {
        call_id: format!("{id:016x}"),
        at,
        what,
    }
}

fn started(id: u64) -> Change {
    let what = What::Started {
        direction: Direction::Inbound,
        purpose: Purpose::Hotline,
        caller: format!("1380000{id:04}"),
        caller_kind: "mobile".into(),
        caller_private: false,
        caller_display: None,
        called: "12345".into(),
        trunk: Some("carrier".into()),
        menu: "default".into(),
        diverted_from: None,
        ticket_number: None,
    };
    change(id, 0, what)
}

fn journey(id: u64) -> Vec<Change> {
    vec![
        started(id),
        change(id, 10, What::Connected),
        change(
            id,
            20,
            What::RecordingStarted {
                path: format!("{id}.wav"),
            },
        ),
        change(
            id,
            4_000,
            What::Queued {
                queue: "general".into(),
                position: 1,
            },
        ),
        change(
            id,
            9_000,
            What::Answered {
                operator: "operator1".into(),
            },
        ),
        change(
            id,
            60_000,
            What::Ended {
                outcome: Outcome::Answered,
                cause: "bye".into(),
                by: "citizen".into(),
            },
        ),
    ]
}

async fn put(db: &Db, changes: &[Change]) {
    let mut tx = db.begin().await.expect("begin");
    apply(&mut tx, changes).await.expect("apply");
    tx.commit().await.expect("commit");
}

async fn count(db: &Db, sql: &'static str) -> i64 {
    scalar!(db.read().await.expect("read"), i64, sql).expect("count")
}

async fn call(db: &Db, id: u64) -> Call {
    let mut tx = db.read().await.expect("read");
    find(&mut tx, &format!("{id:016x}"))
        .await
        .expect("find")
        .expect("call")
}

#[tokio::test]
async fn a_batch_of_hundreds_of_changes_is_taken_at_once() {
    let (db, _dir) = fresh().await;
    let changes: Vec<_> = (0..150).flat_map(journey).collect();
    put(&db, &changes).await;
    assert_eq!(
        count(&db, "SELECT COUNT(*) FROM calls WHERE state = 'ended'").await,
        150
    );
    assert_eq!(count(&db, "SELECT COUNT(*) FROM call_events").await, 900);
    assert_eq!(
        count(&db, "SELECT COUNT(*) FROM events WHERE topic = 'call.queued'").await,
        150
    );
    let one = call(&db, 7).await;
    assert_eq!(
        (one.wait_ms(), one.talk_ms(), one.events),
        (Some(5_000), Some(51_000), 6)
    );
}

#[tokio::test]
async fn a_repeated_batch_changes_nothing() {
    let (db, _dir) = fresh().await;
    put(&db, &journey(1)[..4]).await;
    put(&db, &journey(1)).await;
    put(&db, &journey(1)).await;
    assert_eq!(count(&db, "SELECT COUNT(*) FROM call_events").await, 6);
    assert_eq!(
        count(&db, "SELECT COUNT(*) FROM events").await,
        4,
        "started, queued, answered, ended"
    );
    assert_eq!(call(&db, 1).await.events, 6);
}

#[tokio::test]
async fn a_change_of_an_unknown_call_is_passed_over() {
    let (db, _dir) = fresh().await;
    put(&db, &[change(9, 0, What::Connected), started(1)]).await;
    assert_eq!(count(&db, "SELECT COUNT(*) FROM calls").await, 1);
}

#[tokio::test]
async fn what_other_slices_wrote_survives_the_next_change() {
    let (db, _dir) = fresh().await;
    put(&db, &journey(1)[..4]).await;
    let mut tx = db.begin().await.expect("begin");
    link_ticket(&mut tx, &format!("{:016x}", 1), "260306120000123456")
        .await
        .expect("link");
    tx.commit().await.expect("commit");
    put(&db, &journey(1)[4..]).await;
    assert_eq!(
        call(&db, 1).await.ticket_number.as_deref(),
        Some("260306120000123456")
    );
}

#[tokio::test]
async fn after_a_crash_open_calls_and_open_recordings_are_known() {
    let (db, _dir) = fresh().await;
    put(&db, &journey(1)[..5]).await;
    put(&db, &journey(2)).await;
    put(&db, &journey(3)).await;
    let recorded = What::Recorded {
        path: "3.wav".into(),
        duration_ms: 60_000,
        bytes: 1_920_044,
        sha256: "ab".into(),
        frames_lost: 0,
    };
    put(&db, &[change(3, 61_000, recorded)]).await;
    put(&db, &journey(4)[..5]).await;
    let failed = What::RecordingFailed {
        reason: "the disk was full".into(),
    };
    put(&db, &[change(4, 20_000, failed)]).await;
    let found = unfinished(&mut db.read().await.expect("read"))
        .await
        .expect("unfinished");
    let seen: Vec<_> = found
        .iter()
        .map(|call| (call.ended, call.recording_path.as_deref()))
        .collect();
    let what_was_written = (false, Some("4.wav"));
    assert_eq!(
        seen,
        [(false, Some("1.wav")), (true, Some("2.wav")), what_was_written]
    );
    let done = call(&db, 3).await;
    assert_eq!(done.recording_state, RecordingState::Complete);
    assert_eq!(done.transcript_state, TranscriptState::Pending);
    assert_eq!(done.state, CallState::Ended);
}

#[tokio::test]
async fn lists_are_filtered_and_paged_newest_first() {
    let (db, _dir) = fresh().await;
    put(&db, &(1..=5).flat_map(journey).collect::<Vec<_>>()).await;
    let mut tx = db.read().await.expect("read");
    let first = page(
        &mut tx,
        &Filter {
            limit: 2,
            ..Filter::default()
        },
    )
    .await
    .expect("page");
    let last = first.last().map(|call| (call.started_at, call.id.clone()));
    let second = page(
        &mut tx,
        &Filter {
            limit: 9,
            before: last,
            ..Filter::default()
        },
    )
    .await
    .expect("page");
    let ids: Vec<_> = first
        .iter()
        .chain(&second)
        .map(|call| call.caller.clone())
        .collect();
    assert_eq!(
        ids,
        [
            "13800000005",
            "13800000004",
            "13800000003",
            "13800000002",
            "13800000001"
        ]
    );
    let mine = Filter {
        caller: Some("13800000002".into()),
        limit: 9,
        ..Filter::default()
    };
    assert_eq!(page(&mut tx, &mine).await.expect("page").len(), 1);
    let day = today(&mut tx, 0).await.expect("today");
    assert_eq!((day.calls, day.answered, day.wait_ms), (5, 5, 25_000));
}

#[tokio::test]
async fn conversations_are_told_the_oldest_first_and_calls_without_one_are_none() {
    let (db, _dir) = fresh().await;
    put(&db, &journey(1)).await;
    put(&db, &journey(2)[..4]).await;
    put(&db, &journey(3)).await;
    let from = |ms: i64| 1_800_000_000_000 + ms;
    let mut tx = db.read().await.expect("read");
    let found = talks(&mut tx, from(0), 10).await.expect("talks");
    let callers: Vec<_> = found.iter().map(|talk| talk.caller.as_str()).collect();
    assert_eq!(callers, ["13800000001", "13800000003"]);
    let first = &found[0];
    assert_eq!(
        (first.operator.as_str(), first.queue.as_str()),
        ("operator1", "general")
    );
    assert_eq!((first.answered_at, first.ended_at), (from(9_000), from(60_000)));
    assert_eq!(
        talks(&mut tx, from(0), 1).await.expect("talks")[0].caller,
        "13800000003"
    );
    assert_eq!(talks(&mut tx, from(1), 10).await.expect("talks"), []);
}
