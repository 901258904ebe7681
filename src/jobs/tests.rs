use super::*;
use crate::{
    app::Registry,
    clock::{MockClock, Rng, from_millis},
    config::Config,
    db::{Db, fresh},
    execute, scalar,
};

const NOTE: Kind = Kind::new("note", |app, job| Box::pin(note(app, job)));
const FAIL: Kind = Kind {
    max_attempts: 3,
    ..Kind::new("fail", |_, _| Box::pin(async { anyhow::bail!("no luck") }))
};
const HOPELESS: Kind = Kind::new("hopeless", |_, _| {
    Box::pin(async { Err(Permanent("never".into()).into()) })
});
const LATER: Kind = Kind::new("later", |app, _| Box::pin(again_in_an_hour(app)));

async fn note(app: &App, job: &Job) -> anyhow::Result<Finish> {
    let mut tx = app.db.begin().await?;
    execute!(
        tx,
        "INSERT INTO county (key, value) VALUES ($1, $2)",
        app.rng.id(),
        &job.payload
    )?;
    Ok(Finish::Done(tx))
}

async fn again_in_an_hour(app: &App) -> anyhow::Result<Finish> {
    Ok(Finish::Again(
        app.db.begin().await?,
        app.clock.now() + TimeDelta::hours(1),
    ))
}

async fn start() -> (App, MockClock, tempfile::TempDir) {
    let (db, dir) = fresh().await;
    let mock = MockClock::new(from_millis(1_000_000));
    let registry = Registry {
        consumers: vec![],
        jobs: vec![NOTE, FAIL, HOPELESS, LATER],
        dialers: vec![],
    };
    (
        App::new(
            db,
            mock.clock(),
            Rng::seeded(1),
            Config::local(dir.path()),
            registry,
        ),
        mock,
        dir,
    )
}

async fn enqueued(app: &App, kind: &Kind, key: Option<&str>, run_at: DateTime<Utc>) {
    let mut tx = app.db.begin().await.expect("begin");
    enqueue(&mut tx, app.clock.now(), kind, key, "hello", run_at)
        .await
        .expect("enqueue");
    tx.commit().await.expect("commit");
}

async fn count(db: &Db, sql: &'static str) -> i64 {
    let mut tx = db.read().await.expect("read");
    scalar!(tx, i64, sql).expect("count")
}

async fn effects(app: &App) -> i64 {
    count(&app.db, "SELECT COUNT(*) FROM county").await
}

async fn left(app: &App) -> i64 {
    count(&app.db, "SELECT COUNT(*) FROM jobs").await
}

#[tokio::test]
async fn a_job_runs_when_its_time_comes_and_is_gone() {
    let (app, mock, _dir) = start().await;
    enqueued(&app, &NOTE, None, app.clock.now() + TimeDelta::minutes(5)).await;
    run_due(&app).await.expect("run");
    assert_eq!((effects(&app).await, left(&app).await), (0, 1));
    mock.advance(TimeDelta::minutes(5));
    run_due(&app).await.expect("run");
    assert_eq!((effects(&app).await, left(&app).await), (1, 0));
}

#[tokio::test]
async fn a_key_keeps_a_job_from_being_there_twice() {
    let (app, _mock, _dir) = start().await;
    enqueued(&app, &NOTE, Some("once"), app.clock.now()).await;
    enqueued(&app, &NOTE, Some("once"), app.clock.now()).await;
    run_due(&app).await.expect("run");
    assert_eq!(effects(&app).await, 1);
}

/// Puts the job of this key at `run_at`.
async fn moved(app: &App, run_at: DateTime<Utc>) {
    let mut tx = app.db.begin().await.expect("begin");
    put(&mut tx, app.clock.now(), &NOTE, "moved", "anew", run_at)
        .await
        .expect("put");
    tx.commit().await.expect("commit");
}

#[tokio::test]
async fn a_waiting_or_failed_job_is_put_to_another_time() {
    let (app, mock, _dir) = start().await;
    let now = app.clock.now();
    enqueued(&app, &HOPELESS, Some("moved"), now).await;
    run_due(&app).await.expect("fails");
    let mut tx = app.db.begin().await.expect("begin");
    execute!(tx, "UPDATE jobs SET kind = 'note'").expect("kind");
    tx.commit().await.expect("commit");
    moved(&app, now + TimeDelta::hours(2)).await;
    moved(&app, now + TimeDelta::hours(1)).await;
    run_due(&app).await.expect("run");
    assert_eq!((effects(&app).await, left(&app).await), (0, 1));
    mock.advance(TimeDelta::hours(1));
    run_due(&app).await.expect("run");
    assert_eq!((effects(&app).await, left(&app).await), (1, 0));
}

#[tokio::test]
async fn a_running_job_is_not_put_anywhere() {
    let (app, _mock, _dir) = start().await;
    let now = app.clock.now();
    enqueued(&app, &NOTE, Some("moved"), now).await;
    let mut tx = app.db.begin().await.expect("begin");
    let until = millis(now + NOTE.lease);
    let job = store::claim(&mut tx, "note", millis(now), until, "at work")
        .await
        .expect("claim")
        .expect("job");
    tx.commit().await.expect("commit");
    moved(&app, now).await;
    let mut tx = app.db.begin().await.expect("begin");
    assert!(
        store::finish(&mut tx, &job).await.expect("finish"),
        "still its own"
    );
    tx.commit().await.expect("commit");
    assert_eq!(left(&app).await, 0);
}

#[tokio::test]
async fn a_job_whose_cause_was_rolled_back_does_not_exist() {
    let (app, _mock, _dir) = start().await;
    let mut tx = app.db.begin().await.expect("begin");
    enqueue(&mut tx, app.clock.now(), &NOTE, None, "x", app.clock.now())
        .await
        .expect("enqueue");
    drop(tx);
    assert_eq!(left(&app).await, 0);
}

#[tokio::test]
async fn a_killed_workers_job_is_taken_up_when_its_lease_runs_out() {
    let (app, mock, _dir) = start().await;
    enqueued(&app, &NOTE, None, app.clock.now()).await;
    // Claimed by a worker that dies between its effect and the commit.
    let mut tx = app.db.begin().await.expect("begin");
    let until = millis(app.clock.now() + NOTE.lease);
    let job = store::claim(&mut tx, "note", millis(app.clock.now()), until, "dead")
        .await
        .expect("claim")
        .expect("job");
    tx.commit().await.expect("commit");
    drop((NOTE.handle)(&app, &job).await.expect("effect"));
    run_due(&app).await.expect("run");
    assert_eq!(
        (effects(&app).await, left(&app).await),
        (0, 1),
        "the lease is still held"
    );
    mock.advance(TimeDelta::seconds(61));
    run_due(&app).await.expect("run");
    assert_eq!((effects(&app).await, left(&app).await), (1, 0));
}

#[tokio::test]
async fn a_worker_that_lost_its_lease_cannot_commit_its_effect() {
    let (app, mock, _dir) = start().await;
    enqueued(&app, &NOTE, None, app.clock.now()).await;
    let mut tx = app.db.begin().await.expect("begin");
    let now = millis(app.clock.now());
    let job = store::claim(&mut tx, "note", now, now + 1, "slow")
        .await
        .expect("claim")
        .expect("job");
    tx.commit().await.expect("commit");
    mock.advance(TimeDelta::seconds(2));
    run_due(&app).await.expect("another worker");
    let mut late = app.db.begin().await.expect("begin");
    assert!(!store::finish(&mut late, &job).await.expect("finish"));
    assert_eq!(effects(&app).await, 1);
}

#[tokio::test]
async fn a_failing_job_backs_off_and_is_given_up_with_its_error() {
    let (app, mock, _dir) = start().await;
    enqueued(&app, &FAIL, None, app.clock.now()).await;
    for _ in 0..5 {
        run_due(&app).await.expect("run");
        mock.advance(TimeDelta::hours(2));
    }
    let given_up = failed(&mut app.db.read().await.expect("read"))
        .await
        .expect("failed");
    assert_eq!(given_up.len(), 1);
    assert_eq!(given_up[0].attempts, 3);
    assert_eq!(given_up[0].last_error.as_deref(), Some("no luck"));
}

#[tokio::test]
async fn a_permanent_error_costs_one_attempt() {
    let (app, _mock, _dir) = start().await;
    enqueued(&app, &HOPELESS, Some("k"), app.clock.now()).await;
    run_due(&app).await.expect("run");
    let given_up = failed(&mut app.db.read().await.expect("read"))
        .await
        .expect("failed");
    assert_eq!(given_up[0].attempts, 1);
}

#[tokio::test]
async fn a_job_may_put_itself_off() {
    let (app, mock, _dir) = start().await;
    enqueued(&app, &LATER, None, app.clock.now()).await;
    run_due(&app).await.expect("run");
    mock.advance(TimeDelta::minutes(59));
    assert!(!run_due(&app).await.expect("run"));
    mock.advance(TimeDelta::minutes(1));
    assert!(run_due(&app).await.expect("run"));
}

#[test]
fn back_off_doubles_up_to_an_hour() {
    assert_eq!(NOTE.wait_after(1), TimeDelta::seconds(2));
    assert_eq!(NOTE.wait_after(3), TimeDelta::seconds(8));
    assert_eq!(NOTE.wait_after(60), TimeDelta::hours(1));
}
