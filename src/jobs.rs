//! Durable jobs: what is slow, retried or due later. A job is enqueued in the transaction that caused it, claimed with a lease so that
//! a killed daemon's work is taken up again, and deleted in the transaction of its effect. Handlers must stand being run twice up to
//! that transaction. Which jobs exist is not said here but in `app.rs`.

mod store;
mod work;

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures::future::BoxFuture;
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    app::App,
    clock::millis,
    db::{self, Tx},
};

pub use store::{Counts, counts, failed, next_due};
pub use work::{run, run_due};

#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Job {
    pub id: i64,
    pub kind: String,
    pub key: Option<String>,
    pub payload: String,
    pub run_at: i64,
    /// This attempt included.
    pub attempts: i64,
    pub max_attempts: i64,
    pub(crate) lease: Option<String>,
    pub last_error: Option<String>,
}

impl Job {
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(&self.payload)
    }

    /// No further attempt follows if this one fails.
    pub fn is_last_attempt(&self) -> bool {
        self.attempts >= self.max_attempts
    }
}

/// How a handler ends well. The transaction carries its effect; the job ends, or moves, in the same commit.
pub enum Finish {
    Done(Tx),
    /// Not a failure: the job is to run again at that time, with its attempts counted anew.
    Again(Tx, DateTime<Utc>),
}

/// An error that no further attempt will mend: the job fails at once.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Permanent(pub String);

pub type Handler = for<'a> fn(&'a App, &'a Job) -> BoxFuture<'a, anyhow::Result<Finish>>;

/// A kind of job and who does it.
#[derive(Clone)]
pub struct Kind {
    pub name: &'static str,
    pub handle: Handler,
    /// How many run at the same time.
    pub workers: usize,
    /// A worker that says nothing for this long is dead. Running jobs renew it by themselves.
    pub lease: Duration,
    pub max_attempts: i64,
    /// Wait before the second attempt; doubled before each further one, up to an hour.
    pub back_off: TimeDelta,
}

impl Kind {
    /// One worker, a lease of a minute, eight attempts from two seconds on (four minutes in all).
    pub const fn new(name: &'static str, handle: Handler) -> Self {
        Self {
            name,
            handle,
            workers: 1,
            lease: Duration::from_secs(60),
            max_attempts: 8,
            back_off: TimeDelta::seconds(2),
        }
    }

    fn wait_after(&self, attempts: i64) -> TimeDelta {
        let doublings = u32::try_from(attempts - 1).unwrap_or(0).min(20);
        (self.back_off * (1 << doublings)).min(TimeDelta::hours(1))
    }
}

/// Enqueues a job to run at `run_at`. With a `key` that a waiting or running job has already, nothing happens; a failed one starts anew.
pub async fn enqueue<T: Serialize + ?Sized>(
    tx: &mut Tx,
    now: DateTime<Utc>,
    kind: &Kind,
    key: Option<&str>,
    payload: &T,
    run_at: DateTime<Utc>,
) -> Result<(), db::Error> {
    enter(tx, now, kind, key, payload, run_at, false).await
}

/// Enqueues a job in the place of the one that waits or failed with this key; one that is running goes on, and nothing happens.
pub async fn put<T: Serialize + ?Sized>(
    tx: &mut Tx,
    now: DateTime<Utc>,
    kind: &Kind,
    key: &str,
    payload: &T,
    run_at: DateTime<Utc>,
) -> Result<(), db::Error> {
    enter(tx, now, kind, Some(key), payload, run_at, true).await
}

async fn enter<T: Serialize + ?Sized>(
    tx: &mut Tx,
    now: DateTime<Utc>,
    kind: &Kind,
    key: Option<&str>,
    payload: &T,
    run_at: DateTime<Utc>,
    moves: bool,
) -> Result<(), db::Error> {
    let payload = serde_json::to_string(payload)
        .map_err(|error| db::Error::Other(sqlx::Error::Encode(error.into())))?;
    store::insert(tx, kind, key, &payload, (millis(run_at), millis(now)), moves).await?;
    tx.mark_enqueued();
    Ok(())
}

/// Removes a waiting job; one that is running goes on. Says whether there was one.
pub async fn cancel(tx: &mut Tx, key: &str) -> Result<bool, db::Error> {
    store::cancel(tx, key).await
}

#[cfg(test)]
mod tests;
