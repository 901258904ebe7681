//! The day's callers, counted by the hour.

use crate::{
    calls::figures::HourCount,
    db::{self, Tx},
    fetch_all,
};

/// Inbound calls that came to a queue at or after `from` and before `to`. Who still waits is not counted: the outcome is not known.
/// Who rang before midnight and was queued after it belongs to the day on which the waiting began.
pub async fn by_hour(tx: &mut Tx, from: i64, to: i64) -> Result<Vec<HourCount>, db::Error> {
    let sql = "SELECT (queued_at - $1) / 3600000 AS hour, COUNT(*) AS offered, \
        CAST(SUM(CASE WHEN answered_at IS NOT NULL THEN 1 ELSE 0 END) AS BIGINT) AS answered, \
        CAST(SUM(CASE WHEN answered_at - queued_at <= 15000 THEN 1 ELSE 0 END) AS BIGINT) AS within_15s, \
        CAST(SUM(CASE WHEN answered_at - queued_at <= 20000 THEN 1 ELSE 0 END) AS BIGINT) AS within_20s, \
        CAST(SUM(CASE WHEN outcome = 'abandoned' THEN 1 ELSE 0 END) AS BIGINT) AS abandoned \
        FROM calls WHERE direction = 'inbound' AND queued_at >= $1 AND queued_at < $2 \
        AND (answered_at IS NOT NULL OR ended_at IS NOT NULL) GROUP BY 1 ORDER BY 1";
    fetch_all!(tx, HourCount, sql, from, to)
}

/// A conversation, for what queues learn from them.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Talk {
    /// The citizen's number; empty when it was withheld.
    pub caller: String,
    pub operator: String,
    pub queue: String,
    pub answered_at: i64,
    pub ended_at: i64,
}

/// The last conversations of citizens who called in, of calls that began since `from`, the oldest first.
pub async fn talks(tx: &mut Tx, from: i64, most: i64) -> Result<Vec<Talk>, db::Error> {
    let sql = "SELECT caller, operator, COALESCE(queue, '') AS queue, answered_at, ended_at FROM calls \
               WHERE direction = 'inbound' AND started_at >= $1 AND operator IS NOT NULL AND answered_at IS NOT NULL AND ended_at IS NOT NULL \
               ORDER BY started_at DESC, id DESC LIMIT $2";
    let mut talks = fetch_all!(tx, Talk, sql, from, most)?;
    talks.reverse();
    Ok(talks)
}

/// Calls that go on now, in both directions.
pub async fn open_ids(tx: &mut Tx) -> Result<Vec<String>, db::Error> {
    let rows = fetch_all!(tx, (String,), "SELECT id FROM calls WHERE state <> 'ended'")?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}
