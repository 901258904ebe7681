//! The SQL of orders and attempts.

pub(super) mod office;
pub(super) mod unwanted;

use chrono::{DateTime, Utc};
use sqlx::AssertSqlSafe;

use super::fate::Fate;
use super::rules::Past;
use crate::{
    clock::{from_millis, millis},
    db::{self, Tx},
    execute, fetch_all, fetch_optional, scalar,
};

const ORDER: &str = "id, purpose, subject, number, menu, ticket_number, next_at";
const ATTEMPTS: &str = "SELECT a.call_id, a.order_id, a.n, a.at, a.fate, o.purpose FROM dial_attempts a JOIN dial_orders o ON o.id = a.order_id";

/// A call owed to a citizen.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Order {
    pub id: i64,
    pub purpose: String,
    pub subject: String,
    pub number: String,
    pub menu: String,
    pub ticket_number: Option<String>,
    pub next_at: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Attempt {
    pub call_id: String,
    pub order_id: i64,
    pub n: i64,
    pub at: i64,
    pub fate: Option<String>,
    /// Of its order.
    pub purpose: String,
}

/// False when the subject has an open order already.
pub(super) async fn insert(
    tx: &mut Tx,
    order: &super::NewOrder<'_>,
    next_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<bool, db::Error> {
    let sql = "INSERT INTO dial_orders (purpose, subject, number, menu, ticket_number, state, next_at, created_at) \
               VALUES ($1, $2, $3, $4, $5, 'waiting', $6, $7) \
               ON CONFLICT (purpose, subject) WHERE state <> 'done' DO NOTHING";
    let rows = execute!(
        tx,
        sql,
        order.purpose,
        order.subject,
        order.number,
        order.menu,
        order.ticket_number,
        millis(next_at),
        millis(now)
    )?;
    Ok(rows == 1)
}

pub(super) async fn open_of(tx: &mut Tx, purpose: &str, subject: &str) -> Result<Option<Order>, db::Error> {
    let sql =
        format!("SELECT {ORDER} FROM dial_orders WHERE purpose = $1 AND subject = $2 AND state <> 'done'");
    fetch_optional!(tx, Order, AssertSqlSafe(sql.clone()), purpose, subject)
}

pub(super) async fn find(tx: &mut Tx, id: i64) -> Result<Option<Order>, db::Error> {
    let sql = format!("SELECT {ORDER} FROM dial_orders WHERE id = $1");
    fetch_optional!(tx, Order, AssertSqlSafe(sql.clone()), id)
}

/// Waiting and due, the longest due first.
pub(super) async fn due(
    tx: &mut Tx,
    purpose: &str,
    now: DateTime<Utc>,
    limit: usize,
) -> Result<Vec<Order>, db::Error> {
    let sql = format!(
        "SELECT {ORDER} FROM dial_orders WHERE purpose = $1 AND state = 'waiting' AND next_at <= $2 \
         ORDER BY next_at, id LIMIT $3"
    );
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    fetch_all!(tx, Order, AssertSqlSafe(sql.clone()), purpose, millis(now), limit)
}

/// When the earliest waiting order of the purpose is due.
pub(super) async fn next_due(tx: &mut Tx, purpose: &str) -> Result<Option<DateTime<Utc>>, db::Error> {
    let sql = "SELECT next_at FROM dial_orders WHERE purpose = $1 AND state = 'waiting' ORDER BY next_at, id LIMIT 1";
    let found = fetch_optional!(tx, (i64,), sql, purpose)?;
    Ok(found.map(|(at,)| from_millis(at)))
}

pub(super) async fn wait_until(tx: &mut Tx, order: i64, at: DateTime<Utc>) -> Result<(), db::Error> {
    let sql = "UPDATE dial_orders SET state = 'waiting', next_at = $2 WHERE id = $1 AND state <> 'done'";
    execute!(tx, sql, order, millis(at))?;
    Ok(())
}

pub(super) async fn finish(
    tx: &mut Tx,
    order: i64,
    result: &str,
    now: DateTime<Utc>,
) -> Result<(), db::Error> {
    let sql =
        "UPDATE dial_orders SET state = 'done', result = $2, done_at = $3 WHERE id = $1 AND state <> 'done'";
    execute!(tx, sql, order, result, millis(now))?;
    Ok(())
}

/// The next attempt of a waiting order: from here on it is ours to place, once.
pub(super) async fn claim(
    tx: &mut Tx,
    order: i64,
    call_id: &str,
    now: DateTime<Utc>,
) -> Result<(), db::Error> {
    execute!(
        tx,
        "UPDATE dial_orders SET state = 'dialling' WHERE id = $1",
        order
    )?;
    let sql = "INSERT INTO dial_attempts (call_id, order_id, n, at) \
               SELECT $1, $2, COALESCE(MAX(n), 0) + 1, $3 FROM dial_attempts WHERE order_id = $2";
    execute!(tx, sql, call_id, order, millis(now))?;
    Ok(())
}

/// The switchboard did not take it on: nobody was rung.
pub(super) async fn unclaim(tx: &mut Tx, call_id: &str) -> Result<bool, db::Error> {
    let sql = "DELETE FROM dial_attempts WHERE call_id = $1 AND fate IS NULL";
    Ok(execute!(tx, sql, call_id)? == 1)
}

pub(super) async fn attempt(tx: &mut Tx, call_id: &str) -> Result<Option<Attempt>, db::Error> {
    let sql = format!("{ATTEMPTS} WHERE a.call_id = $1");
    fetch_optional!(tx, Attempt, AssertSqlSafe(sql.clone()), call_id)
}

/// Everything under way, the oldest first.
pub(super) async fn under_way(tx: &mut Tx) -> Result<Vec<Attempt>, db::Error> {
    let sql = format!("{ATTEMPTS} WHERE a.fate IS NULL ORDER BY a.at");
    fetch_all!(tx, Attempt, AssertSqlSafe(sql.clone()))
}

/// False when its fate is known already.
pub(super) async fn resolve(tx: &mut Tx, call_id: &str, fate: Fate) -> Result<bool, db::Error> {
    let sql = "UPDATE dial_attempts SET fate = $2 WHERE call_id = $1 AND fate IS NULL";
    Ok(execute!(tx, sql, call_id, fate.as_str())? == 1)
}

/// Its transcript tells more than the network did.
pub(super) async fn relabel(tx: &mut Tx, call_id: &str, from: Fate, to: Fate) -> Result<bool, db::Error> {
    let sql = "UPDATE dial_attempts SET fate = $3 WHERE call_id = $1 AND fate = $2";
    Ok(execute!(tx, sql, call_id, from.as_str(), to.as_str())? == 1)
}

/// Whether the order waits for its next attempt.
pub(super) async fn is_waiting(tx: &mut Tx, order: i64) -> Result<bool, db::Error> {
    let sql = "SELECT COUNT(*) FROM dial_orders WHERE id = $1 AND state = 'waiting'";
    Ok(scalar!(tx, i64, sql, order)? > 0)
}

/// All that is over, the oldest first.
pub(super) async fn past(tx: &mut Tx, order: i64) -> Result<Vec<Past>, db::Error> {
    let sql = "SELECT at, fate FROM dial_attempts WHERE order_id = $1 AND fate IS NOT NULL ORDER BY n";
    let rows = fetch_all!(tx, (i64, String), sql, order)?;
    let past = |(at, fate): (i64, String)| Past {
        at: from_millis(at),
        fate: Fate::of_word(&fate),
    };
    Ok(rows.into_iter().map(past).collect())
}

/// Orders by purpose and state, of a purpose's open ones; and what the attempts since `from` came to.
pub(super) async fn orders(tx: &mut Tx) -> Result<Vec<(String, String, i64)>, db::Error> {
    let sql = "SELECT purpose, state, COUNT(*) FROM dial_orders WHERE state <> 'done' GROUP BY purpose, state \
               ORDER BY purpose, state";
    fetch_all!(tx, (String, String, i64), sql)
}

pub(super) async fn fates(tx: &mut Tx, from: i64) -> Result<Vec<(String, String, i64)>, db::Error> {
    let sql = "SELECT o.purpose, COALESCE(a.fate, 'under_way'), COUNT(*) FROM dial_attempts a \
               JOIN dial_orders o ON o.id = a.order_id WHERE a.at >= $1 GROUP BY 1, 2 ORDER BY 1, 2";
    fetch_all!(tx, (String, String, i64), sql, from)
}

/// Calls still owed.
pub async fn open_orders(tx: &mut Tx) -> Result<i64, db::Error> {
    scalar!(tx, i64, "SELECT COUNT(*) FROM dial_orders WHERE state <> 'done'")
}
