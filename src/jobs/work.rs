//! The workers: claim, run with a renewed lease, finish in the transaction of the effect.

use std::{sync::Arc, time::Duration};

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::{Finish, Job, Kind, Permanent, store};
use crate::{app::App, clock::millis, db};

const POLL: Duration = Duration::from_secs(1);

/// Runs what is due now, one at a time, until nothing is. Tests drive the daemon with this.
pub async fn run_due(app: &App) -> anyhow::Result<bool> {
    let mut ran = false;
    for kind in app.registry.jobs.iter() {
        while let Some(job) = claim(app, kind).await? {
            perform(app, kind, &job).await;
            ran = true;
        }
    }
    Ok(ran)
}

/// Serves one kind until `stop`, then lets the running jobs end.
pub async fn run(app: App, kind: Kind, stop: CancellationToken) {
    let mut wake = app.db.signals().jobs();
    let places = Arc::new(Semaphore::new(kind.workers));
    while !stop.is_cancelled() {
        let place = tokio::select! {
            () = stop.cancelled() => break,
            // The semaphore is never closed.
            place = places.clone().acquire_owned() => match place { Ok(place) => place, Err(_) => break },
        };
        match claim(&app, &kind).await {
            Ok(Some(job)) => {
                let (app, kind) = (app.clone(), kind.clone());
                tokio::spawn(async move {
                    perform(&app, &kind, &job).await;
                    drop(place);
                });
                continue;
            }
            Ok(None) => {}
            Err(error) => tracing::warn!(kind = kind.name, %error, "jobs wait for the database"),
        }
        drop(place);
        tokio::select! {
            () = stop.cancelled() => {}
            _ = wake.changed() => {}
            () = tokio::time::sleep(POLL) => {}
        }
    }
    let all = u32::try_from(kind.workers).unwrap_or(u32::MAX);
    let _ = places.acquire_many(all).await;
}

async fn claim(app: &App, kind: &Kind) -> Result<Option<Job>, db::Error> {
    let now = app.clock.now();
    if !store::is_due(&mut app.db.read().await?, kind.name, millis(now)).await? {
        return Ok(None);
    }
    let mut tx = app.db.begin().await?;
    let job = store::claim(
        &mut tx,
        kind.name,
        millis(now),
        millis(now + kind.lease),
        &app.rng.id(),
    )
    .await?;
    tx.commit().await?;
    Ok(job)
}

/// Runs a claimed job to its end, good or bad. A database that refuses now leaves the job to its lease: it is taken up again.
async fn perform(app: &App, kind: &Kind, job: &Job) {
    let outcome = with_lease(app, kind, job).await;
    let stored = match outcome {
        Ok(finish) => end_well(job, finish).await,
        Err(error) => end_badly(app, kind, job, error).await,
    };
    match stored {
        Ok(true) => {}
        Ok(false) => tracing::warn!(
            kind = kind.name,
            id = job.id,
            "job lost its lease; its effect was dropped"
        ),
        Err(error) => {
            tracing::warn!(kind = kind.name, id = job.id, %error, "job could not be finished; its lease will run out")
        }
    }
}

async fn with_lease(app: &App, kind: &Kind, job: &Job) -> anyhow::Result<Finish> {
    let mut work = (kind.handle)(app, job);
    let mut renewal = tokio::time::interval(kind.lease / 3);
    renewal.tick().await;
    loop {
        tokio::select! {
            biased;
            done = &mut work => return done,
            _ = renewal.tick() => {
                let (app, job, until) = (app.clone(), job.clone(), app.clock.now() + kind.lease);
                // Apart from the handler: it may hold the writer itself, and waiting for it here would stop it for ever.
                tokio::spawn(async move { renew(&app, &job, millis(until)).await });
            }
        }
    }
}

async fn renew(app: &App, job: &Job, until: i64) {
    let renewed = async {
        let mut tx = app.db.begin().await?;
        store::renew(&mut tx, job, until).await?;
        tx.commit().await
    };
    if let Err(error) = renewed.await {
        tracing::debug!(id = job.id, %error, "lease not renewed");
    }
}

async fn end_well(job: &Job, finish: Finish) -> Result<bool, db::Error> {
    let (mut tx, ended) = match finish {
        Finish::Done(mut tx) => {
            let ended = store::finish(&mut tx, job).await?;
            (tx, ended)
        }
        Finish::Again(mut tx, at) => {
            let ended = store::put_back(&mut tx, job, millis(at)).await?;
            (tx, ended)
        }
    };
    if !ended {
        tx.rollback().await?;
        return Ok(false);
    }
    tx.mark_enqueued();
    tx.commit().await?;
    Ok(true)
}

async fn end_badly(app: &App, kind: &Kind, job: &Job, error: anyhow::Error) -> Result<bool, db::Error> {
    let given_up = job.is_last_attempt() && !db::is_temporary(&error) || error.is::<Permanent>();
    let state = if given_up { "failed" } else { "waiting" };
    let text = format!("{error:#}");
    if given_up {
        tracing::error!(
            kind = kind.name,
            id = job.id,
            key = job.key,
            error = text,
            "job given up"
        );
    } else {
        tracing::warn!(
            kind = kind.name,
            id = job.id,
            attempts = job.attempts,
            error = text,
            "job will be tried again"
        );
    }
    let run_at = millis(app.clock.now() + kind.wait_after(job.attempts));
    let mut tx = app.db.begin().await?;
    let ended = store::fail(&mut tx, job, state, run_at, &text).await?;
    tx.commit().await?;
    Ok(ended)
}
