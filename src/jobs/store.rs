//! The SQL of jobs.

use sqlx::AssertSqlSafe;

use super::{Job, Kind};
use crate::{
    db::{self, Tx, skip_locked},
    execute, fetch_all, fetch_optional, scalar,
};

const COLUMNS: &str = "id, kind, key, payload, run_at, attempts, max_attempts, lease, last_error";

/// A failed job of the same key begins anew; one that waits does where this one `moves` it.
pub(super) async fn insert(
    tx: &mut Tx,
    kind: &Kind,
    key: Option<&str>,
    payload: &str,
    (run_at, now): (i64, i64),
    moves: bool,
) -> Result<(), db::Error> {
    let sql = "INSERT INTO jobs (kind, key, payload, run_at, max_attempts, state, created_at) \
               VALUES ($1, $2, $3, $4, $5, 'waiting', $6) \
               ON CONFLICT (key) DO UPDATE SET payload = excluded.payload, run_at = excluded.run_at, attempts = 0, \
               state = 'waiting', last_error = NULL WHERE jobs.state = 'failed' OR ($7 AND jobs.state = 'waiting')";
    let most = kind.max_attempts;
    execute!(tx, sql, kind.name, key, payload, run_at, most, now, moves)?;
    Ok(())
}

pub(super) async fn cancel(tx: &mut Tx, key: &str) -> Result<bool, db::Error> {
    Ok(execute!(tx, "DELETE FROM jobs WHERE key = $1 AND state <> 'running'", key)? > 0)
}

/// Whether a job of the kind is due; asked on a reader before the writer is troubled.
pub(super) async fn is_due(tx: &mut Tx, kind: &str, now: i64) -> Result<bool, db::Error> {
    let sql = "SELECT id FROM jobs WHERE kind = $1 AND ((state = 'waiting' AND run_at <= $2) \
               OR (state = 'running' AND locked_until <= $2)) LIMIT 1";
    Ok(fetch_optional!(tx, (i64,), sql, kind, now)?.is_some())
}

/// Takes the job that is due longest, or whose worker died.
pub(super) async fn claim(
    tx: &mut Tx,
    kind: &str,
    now: i64,
    until: i64,
    lease: &str,
) -> Result<Option<Job>, db::Error> {
    let sql = format!(
        "UPDATE jobs SET state = 'running', attempts = attempts + 1, locked_until = $3, lease = $4 WHERE id = \
         (SELECT id FROM jobs WHERE kind = $1 AND ((state = 'waiting' AND run_at <= $2) \
         OR (state = 'running' AND locked_until <= $2)) ORDER BY run_at, id LIMIT 1{}) RETURNING {COLUMNS}",
        skip_locked(tx)
    );
    fetch_optional!(tx, Job, AssertSqlSafe(sql.clone()), kind, now, until, lease)
}

pub(super) async fn renew(tx: &mut Tx, job: &Job, until: i64) -> Result<bool, db::Error> {
    let sql = "UPDATE jobs SET locked_until = $3 WHERE id = $1 AND lease = $2 AND state = 'running'";
    Ok(execute!(tx, sql, job.id, &job.lease, until)? == 1)
}

/// Ends the job. `false`: the lease was lost and somebody else does it now, so this effect must not be committed.
pub(super) async fn finish(tx: &mut Tx, job: &Job) -> Result<bool, db::Error> {
    let sql = "DELETE FROM jobs WHERE id = $1 AND lease = $2 AND state = 'running'";
    Ok(execute!(tx, sql, job.id, &job.lease)? == 1)
}

pub(super) async fn put_back(tx: &mut Tx, job: &Job, run_at: i64) -> Result<bool, db::Error> {
    let sql = "UPDATE jobs SET state = 'waiting', run_at = $3, attempts = 0, locked_until = NULL, lease = NULL, \
               last_error = NULL WHERE id = $1 AND lease = $2 AND state = 'running'";
    Ok(execute!(tx, sql, job.id, &job.lease, run_at)? == 1)
}

pub(super) async fn fail(
    tx: &mut Tx,
    job: &Job,
    state: &str,
    run_at: i64,
    error: &str,
) -> Result<bool, db::Error> {
    let sql = "UPDATE jobs SET state = $3, run_at = $4, last_error = $5, locked_until = NULL, lease = NULL \
               WHERE id = $1 AND lease = $2 AND state = 'running'";
    Ok(execute!(tx, sql, job.id, &job.lease, state, run_at, error)? == 1)
}

#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Counts {
    pub kind: String,
    pub state: String,
    pub count: i64,
}

/// How many jobs are waiting, running and failed, by kind.
pub async fn counts(tx: &mut Tx) -> Result<Vec<Counts>, db::Error> {
    fetch_all!(
        tx,
        Counts,
        "SELECT kind, state, COUNT(*) AS count FROM jobs GROUP BY kind, state ORDER BY kind, state"
    )
}

/// When the next job runs, or a dead worker's is taken up again.
pub async fn next_due(tx: &mut Tx) -> Result<Option<i64>, db::Error> {
    let sql = "SELECT MIN(CASE WHEN state = 'running' THEN locked_until ELSE run_at END) FROM jobs WHERE state <> 'failed'";
    scalar!(tx, Option<i64>, sql)
}

/// Jobs that were given up.
pub async fn failed(tx: &mut Tx) -> Result<Vec<Job>, db::Error> {
    let sql = format!("SELECT {COLUMNS} FROM jobs WHERE state = 'failed' ORDER BY id");
    fetch_all!(tx, Job, AssertSqlSafe(sql.clone()))
}
