//! The SQL of calls and their events. A batch of changes costs the same few statements whether it holds one call or a hundred.

pub(super) mod areas;
pub(super) mod figures;
pub(super) mod guards;
pub(super) mod links;
pub(super) mod marks;
pub(super) mod retention;

use std::collections::{HashMap, HashSet};

use serde_json::Value;
use sqlx::AssertSqlSafe;

use super::rules::{Call, topic};
use super::{Change, Fact, TranscriptState, What, live};
use crate::{
    db::{
        self, Tx,
        rows::{execute_rows, fetch_listed, placeholders, typed_nulls},
    },
    events as outbox, execute, fetch_all, fetch_one, fetch_optional,
};

const COLUMNS: &str = "id, direction, purpose, state, caller, caller_kind, caller_private, caller_display, called, trunk, \
    diverted_from, menu, queue, operator, operator_name, ticket_number, started_at, connected_at, queued_at, answered_at, \
    ended_at, outcome, cause, ended_by, recording_state, recording_path, recording_ms, recording_bytes, recording_sha256, \
    frames_lost, transcript_state, events, body";
const COLUMN_COUNT: usize = 33;

/// Columns other slices write: an upsert from the switchboard's memory must not undo them.
const NOT_OURS: [&str; 3] = ["id", "ticket_number", "transcript_state"];

/// Rows of one statement: below SQLite's and PostgreSQL's limits of bound values.
const ROWS: usize = 200;

/// Takes the switchboard's changes into the records, in their order. Repeating a batch changes nothing.
pub async fn apply(tx: &mut Tx, changes: &[Change]) -> Result<(), db::Error> {
    let ids: Vec<&str> = distinct(changes.iter().map(|change| change.call_id.as_str()));
    let mut calls: HashMap<String, Call> = HashMap::new();
    for chunk in ids.chunks(ROWS) {
        calls.extend(
            by_ids(tx, chunk)
                .await?
                .into_iter()
                .map(|call| (call.id.clone(), call)),
        );
    }
    let mut known = known_events(tx, &calls, changes).await?;
    let names = operator_names(tx, changes).await?;
    let mut appended = Vec::new();
    for change in changes {
        let Ok((kind, detail)) = change.what.to_parts() else {
            continue;
        };
        let key = (change.call_id.clone(), change.at.timestamp_millis(), kind, detail);
        if known.contains(&key) {
            continue;
        }
        let Some(call) = take(&mut calls, change) else {
            tracing::warn!(
                call = change.call_id,
                change = key.2,
                "a change of a call that never started"
            );
            continue;
        };
        if let What::Answered { operator } = &change.what {
            call.operator_name = names.get(operator).cloned();
        }
        appended.push((key.clone(), call.events));
        known.insert(key);
        publish(tx, change, call).await?;
    }
    write(tx, &ids, &calls, &appended).await
}

/// The call after the change; none when it never started.
fn take<'a>(calls: &'a mut HashMap<String, Call>, change: &Change) -> Option<&'a mut Call> {
    if !calls.contains_key(&change.call_id) {
        calls.insert(change.call_id.clone(), Call::start(change)?);
    }
    let call = calls.get_mut(&change.call_id)?;
    call.apply(change);
    Some(call)
}

type EventKey = (String, i64, String, String);

async fn known_events(
    tx: &mut Tx,
    calls: &HashMap<String, Call>,
    changes: &[Change],
) -> Result<HashSet<EventKey>, db::Error> {
    let Some(since) = changes.iter().map(|change| change.at.timestamp_millis()).min() else {
        return Ok(HashSet::new());
    };
    let ids: Vec<&String> = calls.keys().collect();
    let mut known = HashSet::new();
    for chunk in ids.chunks(ROWS) {
        let sql = format!(
            "SELECT call_id, at, kind, detail FROM call_events WHERE call_id IN {} AND at >= {since}",
            placeholders(1, chunk.len())
        );
        known.extend(fetch_listed!(tx, EventKey, sql.clone(), chunk)?);
    }
    Ok(known)
}

async fn operator_names(tx: &mut Tx, changes: &[Change]) -> Result<HashMap<String, String>, db::Error> {
    let operators = distinct(changes.iter().filter_map(|change| match &change.what {
        What::Answered { operator } => Some(operator.as_str()),
        _ => None,
    }));
    display_names(tx, &operators).await
}

fn distinct<'a>(values: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen = HashSet::new();
    values.filter(|value| seen.insert(*value)).collect()
}

async fn publish(tx: &mut Tx, change: &Change, call: &Call) -> Result<(), db::Error> {
    let Some(topic) = topic(&change.what) else {
        return Ok(());
    };
    let fact = Fact {
        call_id: call.id.clone(),
        purpose: call.purpose,
        outcome: call.outcome(),
    };
    outbox::publish(tx, change.at, topic, &call.id, &fact).await
}

async fn write(
    tx: &mut Tx,
    ids: &[&str],
    calls: &HashMap<String, Call>,
    appended: &[(EventKey, i64)],
) -> Result<(), db::Error> {
    let touched: HashSet<&str> = appended.iter().map(|((id, ..), _)| id.as_str()).collect();
    let rows: Vec<&Call> = ids
        .iter()
        .filter(|id| touched.contains(**id))
        .filter_map(|id| calls.get(*id))
        .collect();
    for chunk in rows.chunks(ROWS) {
        upsert(tx, chunk).await?;
    }
    for chunk in appended.chunks(ROWS) {
        let sql = format!(
            "INSERT INTO call_events (call_id, n, at, kind, detail) VALUES {}",
            placeholders(chunk.len(), 5)
        );
        execute_rows!(tx, sql.clone(), chunk, row => &row.0.0, row.1, row.0.1, &row.0.2, &row.0.3)?;
    }
    let ids: Vec<&str> = rows.iter().map(|call| call.id.as_str()).collect();
    let closed = guards::closed(tx, &ids, "").await?;
    for call in rows {
        live::tell_call(tx, call, closed.contains(&call.id));
    }
    Ok(())
}

async fn upsert(tx: &mut Tx, calls: &[&Call]) -> Result<(), db::Error> {
    let bodies = calls
        .iter()
        .map(|call| serde_json::to_string(&call.body))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| db::Error::Other(sqlx::Error::Encode(error.into())))?;
    let ours: Vec<_> = COLUMNS
        .split(',')
        .map(str::trim)
        .filter(|column| !NOT_OURS.contains(column))
        .map(|column| format!("{column} = excluded.{column}"))
        .collect();
    let sql = format!(
        "INSERT INTO calls ({COLUMNS}) VALUES {} ON CONFLICT (id) DO UPDATE SET {}, transcript_state = \
         CASE WHEN calls.transcript_state = 'none' THEN excluded.transcript_state ELSE calls.transcript_state END",
        placeholders(calls.len(), COLUMN_COUNT),
        ours.join(", ")
    );
    execute_rows!(tx, sql.clone(), calls.iter().zip(&bodies), row =>
        &row.0.id, row.0.direction.as_str(), row.0.purpose.as_str(), row.0.state.as_str(), &row.0.caller,
        &row.0.caller_kind, row.0.caller_private, &row.0.caller_display, &row.0.called, &row.0.trunk,
        &row.0.diverted_from, &row.0.menu, &row.0.queue, &row.0.operator, &row.0.operator_name,
        &row.0.ticket_number, row.0.started_at, row.0.connected_at, row.0.queued_at, row.0.answered_at,
        row.0.ended_at, &row.0.outcome, &row.0.cause, &row.0.ended_by, row.0.recording_state.as_str(),
        &row.0.recording_path, row.0.recording_ms, row.0.recording_bytes, &row.0.recording_sha256,
        row.0.frames_lost, row.0.transcript_state.as_str(), row.0.events, row.1)?;
    Ok(())
}

pub async fn by_ids<S: AsRef<str> + Sync>(tx: &mut Tx, ids: &[S]) -> Result<Vec<Call>, db::Error> {
    if ids.is_empty() {
        return Ok(vec![]);
    }
    let sql = format!(
        "SELECT {COLUMNS} FROM calls WHERE id IN {}",
        placeholders(1, ids.len())
    );
    fetch_listed!(tx, Call, sql.clone(), ids.iter().map(AsRef::as_ref))
}

pub async fn find(tx: &mut Tx, id: &str) -> Result<Option<Call>, db::Error> {
    let sql = format!("SELECT {COLUMNS} FROM calls WHERE id = $1");
    fetch_optional!(tx, Call, AssertSqlSafe(sql.clone()), id)
}

/// What a list may ask for.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub from: Option<i64>,
    pub to: Option<i64>,
    pub direction: Option<String>,
    pub state: Option<String>,
    pub caller: Option<String>,
    /// Start and id of the last call of the page before.
    pub before: Option<(i64, String)>,
    pub limit: i64,
}

/// Newest first.
pub async fn page(tx: &mut Tx, filter: &Filter) -> Result<Vec<Call>, db::Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM calls WHERE ($1 IS NULL OR started_at >= $1) AND ($2 IS NULL OR started_at < $2) \
         AND ($3 IS NULL OR direction = $3) AND ($4 IS NULL OR state = $4) AND ($5 IS NULL OR caller = $5) \
         AND ($6 IS NULL OR started_at < $6 OR (started_at = $6 AND id < $7)) \
         ORDER BY started_at DESC, id DESC LIMIT $8"
    );
    let sql = typed_nulls(&sql, &["BIGINT", "BIGINT", "TEXT", "TEXT", "TEXT", "BIGINT"]);
    let Filter {
        from,
        to,
        direction,
        state,
        caller,
        before,
        limit,
    } = filter;
    let (at, id) = before
        .clone()
        .map_or((None, None), |(at, id)| (Some(at), Some(id)));
    fetch_all!(
        tx,
        Call,
        AssertSqlSafe(sql.clone()),
        *from,
        *to,
        direction,
        state,
        caller,
        at,
        id.clone(),
        *limit
    )
}

#[derive(Debug, Clone, sqlx::FromRow)]
pub struct EventRow {
    pub n: i64,
    pub at: i64,
    pub kind: String,
    pub detail: String,
}

impl EventRow {
    pub fn detail(&self) -> Value {
        serde_json::from_str(&self.detail).unwrap_or_default()
    }
}

pub async fn events(tx: &mut Tx, id: &str) -> Result<Vec<EventRow>, db::Error> {
    let sql = "SELECT n, at, kind, detail FROM call_events WHERE call_id = $1 ORDER BY n";
    fetch_all!(tx, EventRow, sql, id)
}

/// Calls of a ticket, oldest first: the citizen's own, then the survey calls.
pub async fn by_ticket(tx: &mut Tx, number: &str) -> Result<Vec<Call>, db::Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM calls WHERE ticket_number = $1 OR id IN \
         (SELECT call_id FROM call_tickets WHERE ticket_number = $1) ORDER BY started_at, id"
    );
    fetch_all!(tx, Call, AssertSqlSafe(sql.clone()), number)
}

/// Earlier calls of a number, newest first.
pub async fn history(tx: &mut Tx, caller: &str, before: i64, limit: i64) -> Result<Vec<Call>, db::Error> {
    if caller.is_empty() {
        return Ok(vec![]);
    }
    let sql = format!(
        "SELECT {COLUMNS} FROM calls WHERE caller = $1 AND started_at < $2 ORDER BY started_at DESC, id DESC LIMIT $3"
    );
    fetch_all!(tx, Call, AssertSqlSafe(sql.clone()), caller, before, limit)
}

/// The operator's newest call, for the desk while the phone rings, talks or wraps up.
pub async fn open_of_operator(tx: &mut Tx, operator: &str) -> Result<Option<Call>, db::Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM calls WHERE operator = $1 AND state <> 'ended' ORDER BY started_at DESC LIMIT 1"
    );
    fetch_optional!(tx, Call, AssertSqlSafe(sql.clone()), operator)
}

/// The call that an operator had last, ended or not.
pub async fn latest_of_operator(tx: &mut Tx, operator: &str) -> Result<Option<Call>, db::Error> {
    let sql =
        format!("SELECT {COLUMNS} FROM calls WHERE operator = $1 ORDER BY started_at DESC, id DESC LIMIT 1");
    fetch_optional!(tx, Call, AssertSqlSafe(sql.clone()), operator)
}

/// Calls in which an operator and a citizen are connected, also on hold, in the order in which they were answered.
pub async fn conversations(tx: &mut Tx) -> Result<Vec<Call>, db::Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM calls WHERE state IN ('talking', 'held') AND state <> 'ended' AND operator IS NOT NULL \
         ORDER BY answered_at, id"
    );
    fetch_all!(tx, Call, AssertSqlSafe(sql.clone()))
}

pub async fn link_ticket(tx: &mut Tx, call_id: &str, number: &str) -> Result<(), db::Error> {
    execute!(
        tx,
        "UPDATE calls SET ticket_number = $2 WHERE id = $1",
        call_id,
        number
    )?;
    tell(tx, call_id).await
}

pub async fn set_transcript_state(
    tx: &mut Tx,
    call_id: &str,
    state: TranscriptState,
) -> Result<(), db::Error> {
    execute!(
        tx,
        "UPDATE calls SET transcript_state = $2 WHERE id = $1",
        call_id,
        state.as_str()
    )?;
    tell(tx, call_id).await
}

async fn tell(tx: &mut Tx, call_id: &str) -> Result<(), db::Error> {
    if let Some(call) = find(tx, call_id).await? {
        let closed = guards::closed(tx, &[call_id], "").await?;
        live::tell_call(tx, &call, !closed.is_empty());
    }
    Ok(())
}

pub async fn pending_transcripts(tx: &mut Tx) -> Result<i64, db::Error> {
    let sql = "SELECT COUNT(*) FROM calls WHERE transcript_state IN ('pending', 'running')";
    Ok(fetch_one!(tx, (i64,), sql)?.0)
}

/// A call that was going on, or whose recording was being written, when the daemon died.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Unfinished {
    pub call_id: String,
    pub ended: bool,
    /// Relative to the recordings; none when nothing was being recorded.
    pub recording_path: Option<String>,
}

pub async fn unfinished(tx: &mut Tx) -> Result<Vec<Unfinished>, db::Error> {
    let sql = "SELECT id AS call_id, state = 'ended' AS ended, \
               CASE WHEN recording_state = 'recording' OR (recording_state = 'failed' AND state <> 'ended') \
               THEN recording_path END AS recording_path \
               FROM calls WHERE state <> 'ended' OR recording_state = 'recording' ORDER BY started_at, id";
    fetch_all!(tx, Unfinished, sql)
}

#[derive(Debug, Clone, Default, PartialEq, sqlx::FromRow)]
pub struct Today {
    pub calls: i64,
    /// Put to a queue: the ones an operator could have answered.
    pub offered: i64,
    pub answered: i64,
    pub abandoned: i64,
    pub wait_ms: i64,
}

/// Inbound calls since `from`.
pub async fn today(tx: &mut Tx, from: i64) -> Result<Today, db::Error> {
    let sql = "SELECT COUNT(*) AS calls, CAST(COALESCE(SUM(CASE WHEN queued_at IS NOT NULL AND (operator IS NOT NULL \
               OR ended_at IS NOT NULL) THEN 1 ELSE 0 END), 0) AS BIGINT) AS offered, \
               CAST(COALESCE(SUM(CASE WHEN operator IS NOT NULL THEN 1 ELSE 0 END), 0) AS BIGINT) AS answered, \
               CAST(COALESCE(SUM(CASE WHEN outcome = 'abandoned' THEN 1 ELSE 0 END), 0) AS BIGINT) AS abandoned, \
               CAST(COALESCE(SUM(CASE WHEN operator IS NOT NULL THEN answered_at - queued_at END), 0) AS BIGINT) AS wait_ms \
               FROM calls WHERE started_at >= $1 AND direction = 'inbound'";
    fetch_one!(tx, Today, sql, from)
}

/// The names of people; who is gone has none.
pub async fn display_names(tx: &mut Tx, usernames: &[&str]) -> Result<HashMap<String, String>, db::Error> {
    if usernames.is_empty() {
        return Ok(HashMap::new());
    }
    let sql = format!(
        "SELECT username, display_name FROM users WHERE username IN {}",
        placeholders(1, usernames.len())
    );
    Ok(fetch_listed!(tx, (String, String), sql.clone(), usernames)?
        .into_iter()
        .collect())
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
