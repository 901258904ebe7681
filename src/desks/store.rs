//! The SQL of shifts and monitorings. A span without an end is the present one.
//! Spans follow each other by id: a clock that was set back gives a later one the earlier time.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Change, Monitoring, Totals};
use crate::{
    calendar,
    clock::{from_millis, millis},
    db::{self, Tx},
    execute, fetch_all, fetch_optional,
};

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
        "UPDATE operator_states SET ended_at = CASE WHEN began_at > $1 THEN began_at ELSE $1 END WHERE username = $2 AND ended_at IS NULL",
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
        "UPDATE operator_states SET ended_at = CASE WHEN began_at > $1 THEN began_at ELSE $1 END WHERE ended_at IS NULL",
        at
    )?;
    execute!(
        tx,
        "UPDATE monitorings SET ended_at = $1 WHERE ended_at IS NULL",
        at
    )?;
    Ok(())
}

/// Away for longer than this, an operator has gone home; a meal belongs to the shift.
const BETWEEN_SHIFTS: TimeDelta = TimeDelta::hours(4);
/// The longest that may be one shift.
const LONGEST_SHIFT: TimeDelta = TimeDelta::hours(24);

/// When the operator's shift began that goes on now. A phone that is never unplugged has no shifts: it counts from midnight.
pub async fn shift_start(
    tx: &mut Tx,
    username: &str,
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, db::Error> {
    let at = millis(now);
    let sql =
        "SELECT COALESCE(ended_at, $2) FROM operator_states WHERE username = $1 ORDER BY id DESC LIMIT 1";
    let last = fetch_optional!(tx, (i64,), sql, username, at)?;
    let away = BETWEEN_SHIFTS.num_milliseconds();
    if last.is_none_or(|(seen,)| at - seen > away) {
        return Ok(None);
    }
    let sql = "SELECT began_at FROM (SELECT id, began_at, began_at - LAG(ended_at) OVER (ORDER BY id) AS away \
               FROM operator_states WHERE username = $1 AND (ended_at IS NULL OR ended_at > $2)) spans \
               WHERE away IS NULL OR away > $3 ORDER BY id DESC LIMIT 1";
    let earliest = millis(now - LONGEST_SHIFT * 2);
    let began = fetch_optional!(tx, (i64,), sql, username, earliest, away)?;
    let began = began.map_or(now, |(began,)| from_millis(began));
    Ok(Some(if now - began > LONGEST_SHIFT {
        calendar::day_start(now)
    } else {
        began
    }))
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
    id: i64,
}

/// Newest first; `before` is when the last one shown began, and its id.
pub async fn monitorings(
    tx: &mut Tx,
    from: Option<DateTime<Utc>>,
    to: Option<DateTime<Utc>>,
    before: Option<(i64, i64)>,
    limit: i64,
) -> Result<Vec<Monitoring>, db::Error> {
    let (from, to) = (from.map_or(0, millis), to.map_or(i64::MAX, millis));
    let (at, id) = before.unwrap_or((i64::MAX, i64::MAX));
    let sql = "SELECT username, call_id, mode, began_at, ended_at, id FROM monitorings \
               WHERE began_at >= $1 AND began_at < $2 AND (began_at < $3 OR (began_at = $3 AND id < $4)) \
               ORDER BY began_at DESC, id DESC LIMIT $5";
    let rows = fetch_all!(tx, Row, sql, from, to, at, id, limit)?;
    let monitoring = |row: Row| Monitoring {
        id: row.id,
        username: row.username,
        call_id: row.call_id,
        mode: row.mode,
        from: from_millis(row.began_at),
        until: row.ended_at.map(from_millis),
    };
    Ok(rows.into_iter().map(monitoring).collect())
}
