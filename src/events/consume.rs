//! Moving the cursors: a batch at a time; after a failure one event at a time with back-off, and a poison event is parked.

use std::time::Duration;

use chrono::TimeDelta;
use tokio_util::sync::CancellationToken;

use super::{Consumer, Event, store};
use crate::{app::App, clock::millis, db};

const BATCH: i64 = 200;
/// An event is parked after this many attempts, about a minute after the first.
const MAX_ATTEMPTS: i64 = 6;
/// The slow poll: the wake-up is only an optimisation, and back-off ends without one.
const POLL: Duration = Duration::from_secs(1);

enum Step {
    /// Something was consumed or parked; there may be more.
    Moved,
    /// Nothing to do now.
    Idle,
}

/// Consumes until every consumer is at the end or waits for a retry. Tests drive the daemon with this.
pub async fn run_due(app: &App) -> anyhow::Result<bool> {
    let mut moved = false;
    for consumer in app.registry.consumers.iter() {
        while matches!(step(app, consumer, &mut 0).await?, Step::Moved) {
            moved = true;
        }
    }
    Ok(moved)
}

/// Serves one consumer until `stop`. A database that is busy, full or gone is waited for, never a reason to end.
pub async fn run(app: App, consumer: Consumer, stop: CancellationToken) {
    let mut wake = app.db.signals().events();
    let mut seen = 0;
    while !stop.is_cancelled() {
        match step(&app, &consumer, &mut seen).await {
            Ok(Step::Moved) => continue,
            Ok(Step::Idle) => {}
            Err(error) => tracing::warn!(consumer = consumer.name, %error, "events wait for the database"),
        }
        tokio::select! {
            () = stop.cancelled() => {}
            _ = wake.changed() => {}
            () = tokio::time::sleep(POLL) => {}
        }
    }
}

async fn step(app: &App, consumer: &Consumer, seen: &mut i64) -> Result<Step, db::Error> {
    let topics = format!(",{},", consumer.topics.join(","));
    if !store::is_behind(&mut app.db.read().await?, consumer.name, &topics, seen).await? {
        return Ok(Step::Idle);
    }
    match attempt(app, consumer, &topics, BATCH).await? {
        Attempt::Moved => Ok(Step::Moved),
        Attempt::Idle | Attempt::Waiting => Ok(Step::Idle),
        // One bad event must not hold up the rest of its batch.
        Attempt::Failed(_, error) => {
            tracing::debug!(consumer = consumer.name, %error, "batch failed, going one by one");
            one_by_one(app, consumer, &topics).await
        }
    }
}

async fn one_by_one(app: &App, consumer: &Consumer, topics: &str) -> Result<Step, db::Error> {
    match attempt(app, consumer, topics, 1).await? {
        Attempt::Moved => Ok(Step::Moved),
        Attempt::Idle | Attempt::Waiting => Ok(Step::Idle),
        Attempt::Failed(event, error) => fail(app, consumer, &event, &error).await,
    }
}

enum Attempt {
    Moved,
    Idle,
    /// The next event failed before and its back-off is not over.
    Waiting,
    Failed(Box<Event>, anyhow::Error),
}

async fn attempt(app: &App, consumer: &Consumer, topics: &str, limit: i64) -> Result<Attempt, db::Error> {
    let mut tx = app.db.begin().await?;
    let cursor = store::cursor(&mut tx, consumer.name).await?;
    let events = store::after(&mut tx, cursor, topics, limit).await?;
    let (Some(first), Some(last)) = (events.first(), events.last()) else {
        return Ok(Attempt::Idle);
    };
    let earlier = store::failure(&mut tx, consumer.name, first.seq).await?;
    if earlier
        .as_ref()
        .is_some_and(|failure| failure.next_at > millis(app.clock.now()))
    {
        return Ok(Attempt::Waiting);
    }
    if let Err(error) = (consumer.handle)(app, &mut tx, &events).await {
        tx.rollback().await?;
        return match temporary(error) {
            Ok(database) => Err(database),
            Err(error) => Ok(Attempt::Failed(Box::new(first.clone()), error)),
        };
    }
    if earlier.is_some() {
        store::forget_failure(&mut tx, consumer.name, first.seq).await?;
    }
    store::move_cursor(&mut tx, consumer.name, last.seq).await?;
    tx.commit().await?;
    Ok(Attempt::Moved)
}

/// A busy or full database is not the event's fault and costs it no attempt.
fn temporary(error: anyhow::Error) -> Result<db::Error, anyhow::Error> {
    match error.downcast::<db::Error>() {
        Ok(database) if database.is_temporary() => Ok(database),
        Ok(database) => Err(database.into()),
        Err(error) => Err(error),
    }
}

async fn fail(
    app: &App,
    consumer: &Consumer,
    event: &Event,
    error: &anyhow::Error,
) -> Result<Step, db::Error> {
    let mut tx = app.db.begin().await?;
    let attempts = store::failure(&mut tx, consumer.name, event.seq)
        .await?
        .map_or(0, |failure| failure.attempts)
        + 1;
    let parked = attempts >= MAX_ATTEMPTS;
    let wait = TimeDelta::seconds(1 << attempts.min(MAX_ATTEMPTS));
    let failure = store::Failure {
        consumer: consumer.name.to_owned(),
        seq: event.seq,
        attempts,
        next_at: millis(app.clock.now() + wait),
        error: format!("{error:#}"),
        parked,
    };
    store::note_failure(&mut tx, &failure).await?;
    if parked {
        store::move_cursor(&mut tx, consumer.name, event.seq).await?;
    }
    tx.commit().await?;
    if parked {
        tracing::error!(
            consumer = consumer.name,
            seq = event.seq,
            topic = event.topic,
            key = event.key,
            error = failure.error,
            "event parked: its effect is missing"
        );
        return Ok(Step::Moved);
    }
    tracing::warn!(
        consumer = consumer.name,
        seq = event.seq,
        topic = event.topic,
        attempts,
        error = failure.error,
        "event will be tried again"
    );
    Ok(Step::Idle)
}
