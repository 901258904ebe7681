//! The SQL of events, cursors and failures.

use sqlx::AssertSqlSafe;

use super::Event;
use crate::{
    db::{
        self, Tx, for_update,
        sql::{Sql, fetch_made},
    },
    execute, fetch_all, fetch_optional, scalar,
};

/// An event a consumer could not digest.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Failure {
    pub consumer: String,
    pub seq: i64,
    pub attempts: i64,
    pub next_at: i64,
    pub error: String,
    pub parked: bool,
}

/// Sequence numbers must become visible in their order, or a consumer's cursor would pass over a slower transaction. SQLite has one writer.
pub(super) async fn hold(tx: &mut Tx) -> Result<(), db::Error> {
    if tx.is_postgres() {
        execute!(tx, "SELECT pg_advisory_xact_lock(12345)")?;
    }
    Ok(())
}

pub(super) async fn insert(
    tx: &mut Tx,
    at: i64,
    topic: &str,
    key: &str,
    payload: &str,
) -> Result<(), db::Error> {
    hold(tx).await?;
    let sql = "INSERT INTO events (at, topic, key, payload) VALUES ($1, $2, $3, $4)";
    execute!(tx, sql, at, topic, key, payload)?;
    Ok(())
}

/// The last event of these topics.
pub(super) async fn last(tx: &mut Tx, topics: &[&str]) -> Result<i64, db::Error> {
    let mut sql = Sql::new("SELECT COALESCE(MAX(seq), 0) FROM events WHERE topic IN ");
    let topics: Vec<String> = topics.iter().map(|topic| (*topic).to_owned()).collect();
    sql.bind_list(&topics);
    let rows = fetch_made!(tx, (i64,), sql)?;
    Ok(rows.first().map_or(0, |(seq,)| *seq))
}

/// The consumer's cursor, held until the end of the transaction; a new consumer begins at the first event.
pub(super) async fn cursor(tx: &mut Tx, consumer: &str) -> Result<i64, db::Error> {
    let insert = "INSERT INTO event_cursors (consumer, seq) VALUES ($1, 0) ON CONFLICT (consumer) DO NOTHING";
    execute!(tx, insert, consumer)?;
    let sql = format!(
        "SELECT seq FROM event_cursors WHERE consumer = $1{}",
        for_update(tx)
    );
    let row = fetch_optional!(tx, (i64,), AssertSqlSafe(sql.clone()), consumer)?;
    Ok(row.map_or(0, |(seq,)| seq))
}

pub(super) async fn move_cursor(tx: &mut Tx, consumer: &str, seq: i64) -> Result<(), db::Error> {
    execute!(
        tx,
        "UPDATE event_cursors SET seq = $2 WHERE consumer = $1",
        consumer,
        seq
    )?;
    Ok(())
}

/// The next events of these topics. Topics are our own constants; the IN list grows with them.
pub(super) async fn after(tx: &mut Tx, seq: i64, topics: &str, limit: i64) -> Result<Vec<Event>, db::Error> {
    let sql = "SELECT seq, at, topic, key, payload FROM events \
               WHERE seq > $1 AND $2 LIKE '%,' || topic || ',%' ORDER BY seq LIMIT $3";
    fetch_all!(tx, Event, sql, seq, topics, limit)
}

/// Whether anything for the consumer lies beyond its cursor; asked on a reader before the writer is troubled. `seen` is how far the
/// events were looked through in vain: without it a consumer of rare topics would look through all the others' at every wake-up.
pub(super) async fn is_behind(
    tx: &mut Tx,
    consumer: &str,
    topics: &str,
    seen: &mut i64,
) -> Result<bool, db::Error> {
    let cursor = fetch_optional!(
        tx,
        (i64,),
        "SELECT seq FROM event_cursors WHERE consumer = $1",
        consumer
    )?;
    let from = cursor.map_or(0, |(seq,)| seq).max(*seen);
    let head = scalar!(tx, i64, "SELECT COALESCE(MAX(seq), 0) FROM events")?;
    let sql = "SELECT seq FROM events WHERE seq > $1 AND $2 LIKE '%,' || topic || ',%' ORDER BY seq LIMIT 1";
    let behind = fetch_optional!(tx, (i64,), sql, from, topics)?.is_some();
    if !behind {
        *seen = head;
    }
    Ok(behind)
}

pub(super) async fn failure(tx: &mut Tx, consumer: &str, seq: i64) -> Result<Option<Failure>, db::Error> {
    let sql = "SELECT consumer, seq, attempts, next_at, error, parked FROM event_failures WHERE consumer = $1 AND seq = $2";
    fetch_optional!(tx, Failure, sql, consumer, seq)
}

pub(super) async fn note_failure(tx: &mut Tx, failure: &Failure) -> Result<(), db::Error> {
    let sql = "INSERT INTO event_failures (consumer, seq, attempts, next_at, error, parked) VALUES ($1, $2, $3, $4, $5, $6) \
               ON CONFLICT (consumer, seq) DO UPDATE SET attempts = excluded.attempts, next_at = excluded.next_at, \
               error = excluded.error, parked = excluded.parked";
    let Failure {
        consumer,
        seq,
        attempts,
        next_at,
        error,
        parked,
    } = failure;
    execute!(tx, sql, consumer, *seq, *attempts, *next_at, error, *parked)?;
    Ok(())
}

pub(super) async fn forget_failure(tx: &mut Tx, consumer: &str, seq: i64) -> Result<(), db::Error> {
    execute!(
        tx,
        "DELETE FROM event_failures WHERE consumer = $1 AND seq = $2",
        consumer,
        seq
    )?;
    Ok(())
}

/// All failures, parked ones first.
pub async fn failures(tx: &mut Tx) -> Result<Vec<Failure>, db::Error> {
    let sql = "SELECT consumer, seq, attempts, next_at, error, parked FROM event_failures ORDER BY parked DESC, seq";
    fetch_all!(tx, Failure, sql)
}
