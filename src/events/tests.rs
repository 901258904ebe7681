use chrono::TimeDelta;

use super::*;
use crate::{
    app::Registry,
    clock::{MockClock, Rng, from_millis},
    config::Config,
    db::{Db, fresh},
    execute, scalar,
};

/// Counts each event of topic `a` into a row; an event with key `poison` is indigestible.
const COUNTER: Consumer = Consumer {
    name: "counter",
    topics: &["a"],
    handle: |_, tx, events| Box::pin(count(tx, events)),
};

async fn count(tx: &mut Tx, events: &[Event]) -> anyhow::Result<()> {
    for event in events {
        execute!(
            tx,
            "INSERT INTO county (key, value) VALUES ($1, $2)",
            &event.key,
            &event.payload
        )?;
        anyhow::ensure!(event.key != "poison", "indigestible");
    }
    Ok(())
}

fn app(db: &Db, dir: &tempfile::TempDir, clock: &MockClock) -> App {
    let registry = Registry {
        consumers: vec![COUNTER],
        jobs: vec![],
        dialers: vec![],
    };
    App::new(
        db.clone(),
        clock.clock(),
        Rng::seeded(1),
        Config::local(dir.path()),
        registry,
    )
}

fn clock() -> MockClock {
    MockClock::new(from_millis(1_000_000))
}

async fn say(db: &Db, topic: &str, key: &str) {
    let mut tx = db.begin().await.expect("begin");
    publish(&mut tx, from_millis(1), topic, key, &serde_json::json!({"n": 1}))
        .await
        .expect("publish");
    tx.commit().await.expect("commit");
}

async fn counted(db: &Db) -> i64 {
    let mut tx = db.read().await.expect("read");
    scalar!(tx, i64, "SELECT COUNT(*) FROM county").expect("count")
}

#[tokio::test]
async fn a_consumer_hears_its_topics_once_each() {
    let (db, dir) = fresh().await;
    let app = app(&db, &dir, &clock());
    for (topic, key) in [("a", "1"), ("b", "2"), ("a", "3"), ("ab", "4")] {
        say(&db, topic, key).await;
    }
    assert!(run_due(&app).await.expect("run"));
    assert_eq!(counted(&db).await, 2);
    assert!(!run_due(&app).await.expect("run"));
}

#[tokio::test]
async fn an_event_of_a_rolled_back_change_never_happened() {
    let (db, dir) = fresh().await;
    let app = app(&db, &dir, &clock());
    let mut tx = db.begin().await.expect("begin");
    publish(&mut tx, from_millis(1), "a", "1", &0)
        .await
        .expect("publish");
    drop(tx);
    run_due(&app).await.expect("run");
    assert_eq!(counted(&db).await, 0);
}

#[tokio::test]
async fn a_consumer_killed_before_its_commit_begins_again_without_a_trace() {
    let (db, dir) = fresh().await;
    let app = app(&db, &dir, &clock());
    say(&db, "a", "1").await;
    // The handler has run; the process dies before the commit.
    let mut tx = db.begin().await.expect("begin");
    let cursor = store::cursor(&mut tx, COUNTER.name).await.expect("cursor");
    let events = store::after(&mut tx, cursor, ",a,", 10).await.expect("events");
    (COUNTER.handle)(&app, &mut tx, &events).await.expect("handle");
    drop(tx);
    assert_eq!(counted(&db).await, 0);
    run_due(&app).await.expect("run");
    assert_eq!(counted(&db).await, 1);
}

#[tokio::test]
async fn more_than_a_batch_is_consumed_in_order() {
    let (db, dir) = fresh().await;
    let app = app(&db, &dir, &clock());
    let mut tx = db.begin().await.expect("begin");
    for n in 0..450 {
        publish(&mut tx, from_millis(1), "a", &n.to_string(), &n)
            .await
            .expect("publish");
    }
    tx.commit().await.expect("commit");
    run_due(&app).await.expect("run");
    assert_eq!(counted(&db).await, 450);
}

#[tokio::test]
async fn a_poison_event_is_tried_again_then_parked_and_holds_nobody_up_for_ever() {
    let (db, dir) = fresh().await;
    let mock = clock();
    let app = app(&db, &dir, &mock);
    for key in ["1", "poison", "3"] {
        say(&db, "a", key).await;
    }
    run_due(&app).await.expect("run");
    assert_eq!(
        counted(&db).await,
        1,
        "the event before the poison took effect, nothing of the poison did"
    );
    for _ in 0..6 {
        mock.advance(TimeDelta::minutes(2));
        run_due(&app).await.expect("run");
    }
    assert_eq!(counted(&db).await, 2);
    let parked = failures(&mut db.read().await.expect("read"))
        .await
        .expect("failures");
    assert_eq!(parked.len(), 1);
    assert!(parked[0].parked);
    assert_eq!(parked[0].attempts, 6);
}

#[tokio::test]
async fn a_running_consumer_is_woken_by_the_commit() {
    let (db, dir) = fresh().await;
    let app = app(&db, &dir, &clock());
    let stop = tokio_util::sync::CancellationToken::new();
    let consumer = tokio::spawn(run(app, COUNTER, stop.clone()));
    say(&db, "a", "1").await;
    while counted(&db).await == 0 {
        tokio::task::yield_now().await;
    }
    stop.cancel();
    consumer.await.expect("ends");
}
