//! The SQL of shifts and monitorings. A span without an end is the present one.

use chrono::{DateTime, Utc};

use super::{Change, Monitoring, Totals};
use crate::{
    clock::{from_millis, millis},
    db::{self, Tx},
    execute, fetch_all,
};

/// Most records of one answer.
const MOST: i64 = 500;

pub async fn apply(tx: &mut Tx, change: &Change) -> Result<(), db::Error> {
    match change {
        Change::State {
            username,
            state,
            reason,
            at,
        } => enter_state(tx, username, state, reason.as_deref(), millis(*at)).await,
        Change::Monitoring {
            username,
            call_id,
            mode,
            at,
        } => {
            end_monitoring(tx, Some(username), call_id, millis(*at)).await?;
            let (username, call_id) = (username.as_str(), call_id.as_str());
            execute!(
                tx,
                "INSERT INTO monitorings (username, call_id, mode, began_at) VALUES ($1, $2, $3, $4)",
                username,
                call_id,
                *mode,
                millis(*at)
            )?;
            Ok(())
        }
        Change::MonitoringEnded {
            username,
            call_id,
            at,
        } => end_monitoring(tx, username.as_deref(), call_id, millis(*at)).await,
    }
}

async fn enter_state(
    tx: &mut Tx,
    username: &str,
    state: &str,
    reason: Option<&str>,
    at: i64,
) -> Result<(), db::Error> {
    execute!(
        tx,
        "UPDATE operator_states SET ended_at = $1 WHERE username = $2 AND ended_at IS NULL",
        at,
        username
    )?;
    if state == "offline" {
        return Ok(());
    }
    execute!(
        tx,
        "INSERT INTO operator_states (username, state, reason, began_at) VALUES ($1, $2, $3, $4)",
        username,
        state,
        reason,
        at
    )?;
    Ok(())
}

async fn end_monitoring(
    tx: &mut Tx,
    username: Option<&str>,
    call_id: &str,
    at: i64,
) -> Result<(), db::Error> {
    execute!(
        tx,
        "UPDATE monitorings SET ended_at = $1 WHERE call_id = $2 AND ended_at IS NULL AND ($3 IS NULL OR username = $3)",
        at,
        call_id,
        username
    )?;
    Ok(())
}

/// After a crash: whatever was open ends at this time.
pub async fn close_open(tx: &mut Tx, now: DateTime<Utc>) -> Result<(), db::Error> {
    let at = millis(now);
    execute!(
        tx,
        "UPDATE operator_states SET ended_at = $1 WHERE ended_at IS NULL",
        at
    )?;
    execute!(
        tx,
        "UPDATE monitorings SET ended_at = $1 WHERE ended_at IS NULL",
        at
    )?;
    Ok(())
}

/// How long the operator was in each state between the two times; what began before counts from then.
pub async fn totals(
    tx: &mut Tx,
    username: &str,
    from: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Totals, db::Error> {
    let (from, now) = (millis(from), millis(now));
    let sql = "SELECT state, COUNT(*), CAST(SUM(COALESCE(ended_at, $3) - CASE WHEN began_at < $2 THEN $2 ELSE began_at END) AS BIGINT) \
               FROM operator_states WHERE username = $1 AND (ended_at IS NULL OR ended_at > $2) GROUP BY state";
    let rows = fetch_all!(tx, (String, i64, i64), sql, username, from, now)?;
    let mut totals = Totals::default();
    for (state, count, ms) in rows {
        match state.as_str() {
            "talking" => (totals.calls, totals.talk_ms) = (count, ms),
            "paused" => totals.paused_ms = ms,
            "ready" => totals.ready_ms = ms,
            _ => {}
        }
    }
    Ok(totals)
}

#[derive(sqlx::FromRow)]
struct Row {
    username: String,
    call_id: String,
    mode: String,
    began_at: i64,
    ended_at: Option<i64>,
}

/// Newest first.
pub async fn monitorings(
    tx: &mut Tx,
    from: Option<DateTime<Utc>>,
    to: Option<DateTime<Utc>>,
) -> Result<Vec<Monitoring>, db::Error> {
    let (from, to) = (from.map_or(0, millis), to.map_or(i64::MAX, millis));
    let sql = "SELECT username, call_id, mode, began_at, ended_at FROM monitorings \
               WHERE began_at >= $1 AND began_at < $2 ORDER BY began_at DESC, id DESC LIMIT $3";
    let rows = fetch_all!(tx, Row, sql, from, to, MOST)?;
    let monitoring = |row: Row| Monitoring {
        username: row.username,
        call_id: row.call_id,
        mode: row.mode,
        from: from_millis(row.began_at),
        until: row.ended_at.map(from_millis),
    };
    Ok(rows.into_iter().map(monitoring).collect())
}
