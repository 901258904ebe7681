//! The SQL of missed calls.

use super::{rate::Task, rules::Settled};
use crate::{
    db::{self, Tx},
    execute, fetch_all, fetch_one, fetch_optional,
};

const COLUMNS: &str = "id, number, first_at, last_at, last_call_id, calls, due_at, attempts, last_attempt_at, last_outcome, settled_at, \
                       settled_as, settled_by, settled_call_id, note, kept_from";

#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Missed {
    pub id: i64,
    pub number: String,
    pub first_at: i64,
    pub last_at: i64,
    pub last_call_id: String,
    pub calls: i64,
    pub due_at: i64,
    pub attempts: i64,
    pub last_attempt_at: Option<i64>,
    pub last_outcome: Option<String>,
    pub settled_at: Option<i64>,
    pub settled_as: Option<String>,
    pub settled_by: Option<String>,
    pub settled_call_id: Option<String>,
    pub note: Option<String>,
    /// Since when the citizen had waited who chose to be called back.
    pub kept_from: Option<i64>,
}

/// The due date is that of the first missed call: who calls ten times must not wait ten times as long.
pub(super) async fn owe(
    tx: &mut Tx,
    number: &str,
    call_id: &str,
    began_at: i64,
    due_at: i64,
) -> Result<u64, db::Error> {
    let sql = "INSERT INTO missed_calls (number, first_at, last_at, last_call_id, calls, due_at, attempts) \
               VALUES ($1, $2, $2, $3, 1, $4, 0) ON CONFLICT (number) WHERE settled_at IS NULL DO UPDATE SET \
               calls = missed_calls.calls + 1, last_at = excluded.last_at, last_call_id = excluded.last_call_id";
    execute!(tx, sql, number, began_at, call_id, due_at)
}

/// The place in the queue is kept, from the first time on.
pub(super) async fn keep_place(tx: &mut Tx, number: &str, since: i64) -> Result<(), db::Error> {
    let sql = "UPDATE missed_calls SET kept_from = $2 WHERE number = $1 AND settled_at IS NULL AND kept_from IS NULL";
    execute!(tx, sql, number, since)?;
    Ok(())
}

/// Since when the citizen waits whose kept place is the next, after `passed` others that are being called.
pub(super) async fn next_kept(tx: &mut Tx, passed: usize) -> Result<Option<i64>, db::Error> {
    let sql = "SELECT kept_from FROM missed_calls WHERE settled_at IS NULL AND kept_from IS NOT NULL AND attempts = 0 \
               ORDER BY kept_from, id LIMIT 1 OFFSET $1";
    let passed = i64::try_from(passed).unwrap_or(i64::MAX);
    let row = fetch_optional!(tx, (i64,), sql, passed)?;
    Ok(row.map(|(since,)| since))
}

/// Attempts so far; None when nothing is owed to the number.
pub(super) async fn attempt(
    tx: &mut Tx,
    number: &str,
    outcome: &str,
    at: i64,
) -> Result<Option<i64>, db::Error> {
    let sql = "UPDATE missed_calls SET attempts = attempts + 1, last_attempt_at = $3, last_outcome = $2, \
               first_attempt_at = COALESCE(first_attempt_at, $3) \
               WHERE number = $1 AND settled_at IS NULL RETURNING attempts";
    let row = fetch_optional!(tx, (i64,), sql, number, outcome, at)?;
    Ok(row.map(|(attempts,)| attempts))
}

pub(super) async fn settle(
    tx: &mut Tx,
    number: &str,
    settled: Settled,
    by: Option<&str>,
    call_id: &str,
    at: i64,
) -> Result<u64, db::Error> {
    let sql = "UPDATE missed_calls SET settled_at = $5, settled_as = $2, settled_by = $3, settled_call_id = $4 \
               WHERE number = $1 AND settled_at IS NULL";
    execute!(tx, sql, number, settled.as_str(), by, call_id, at)
}

/// By a person, with the reason.
pub(super) async fn settle_by_hand(
    tx: &mut Tx,
    id: i64,
    by: &str,
    note: &str,
    at: i64,
) -> Result<u64, db::Error> {
    let sql = "UPDATE missed_calls SET settled_at = $5, settled_as = $2, settled_by = $3, note = $4 \
               WHERE id = $1 AND settled_at IS NULL";
    execute!(tx, sql, id, Settled::Handled.as_str(), by, note, at)
}

pub(super) async fn find(tx: &mut Tx, id: i64) -> Result<Option<Missed>, db::Error> {
    let sql = format!("SELECT {COLUMNS} FROM missed_calls WHERE id = $1");
    fetch_optional!(tx, Missed, sqlx::AssertSqlSafe(sql.clone()), id)
}

/// The open one of a number.
pub(super) async fn open_of(tx: &mut Tx, number: &str) -> Result<Option<Missed>, db::Error> {
    let sql = format!("SELECT {COLUMNS} FROM missed_calls WHERE number = $1 AND settled_at IS NULL");
    fetch_optional!(tx, Missed, sqlx::AssertSqlSafe(sql.clone()), number)
}

/// When a missed call was due, or settled, and its id.
pub(super) type Key = (i64, i64);

/// Open ones, the first due first, after the last one shown.
pub(super) async fn open(tx: &mut Tx, after: Option<Key>, limit: i64) -> Result<Vec<Missed>, db::Error> {
    let (due, id) = after.unwrap_or((i64::MIN, i64::MIN));
    let sql = format!(
        "SELECT {COLUMNS} FROM missed_calls WHERE settled_at IS NULL AND (due_at > $1 OR (due_at = $1 AND id > $2)) \
         ORDER BY due_at, id LIMIT $3"
    );
    fetch_all!(tx, Missed, sqlx::AssertSqlSafe(sql.clone()), due, id, limit)
}

/// Settled ones, the latest first, after the last one shown.
pub(super) async fn settled(tx: &mut Tx, after: Option<Key>, limit: i64) -> Result<Vec<Missed>, db::Error> {
    let (at, id) = after.unwrap_or((i64::MAX, i64::MAX));
    let sql = format!(
        "SELECT {COLUMNS} FROM missed_calls WHERE settled_at < $1 OR (settled_at = $1 AND id < $2) \
         ORDER BY settled_at DESC, id DESC LIMIT $3"
    );
    fetch_all!(tx, Missed, sqlx::AssertSqlSafe(sql.clone()), at, id, limit)
}

/// Tasks whose first call was missed in this time, in order.
pub(super) async fn since(tx: &mut Tx, from: i64, until: i64) -> Result<Vec<Task>, db::Error> {
    let sql = "SELECT first_at, due_at, first_attempt_at, settled_at, settled_as FROM missed_calls \
               WHERE first_at >= $1 AND first_at < $2 ORDER BY first_at, id";
    fetch_all!(tx, Task, sql, from, until)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct Figures {
    pub open: i64,
    pub overdue: i64,
    /// First missed since `from`.
    pub missed: i64,
    /// Of these, reached or come through again within the limit.
    pub in_time: i64,
}

pub(super) async fn figures(tx: &mut Tx, from: i64, now: i64) -> Result<Figures, db::Error> {
    let sql = "SELECT CAST(COALESCE(SUM(CASE WHEN settled_at IS NULL THEN 1 ELSE 0 END), 0) AS BIGINT) AS open, \
               CAST(COALESCE(SUM(CASE WHEN settled_at IS NULL AND due_at < $2 THEN 1 ELSE 0 END), 0) AS BIGINT) AS overdue, \
               CAST(COALESCE(SUM(CASE WHEN first_at >= $1 THEN 1 ELSE 0 END), 0) AS BIGINT) AS missed, \
               CAST(COALESCE(SUM(CASE WHEN first_at >= $1 AND settled_at <= due_at \
                 AND settled_as IN ('reached', 'called_again', 'message') THEN 1 ELSE 0 END), 0) AS BIGINT) AS in_time \
               FROM missed_calls WHERE settled_at IS NULL OR first_at >= $1";
    fetch_one!(tx, Figures, sql, from, now)
}
