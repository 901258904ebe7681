//! The SQL of the do-not-call list.

use chrono::{DateTime, Utc};

use crate::{
    clock::millis,
    db::{
        self, Tx,
        sql::{Sql, fetch_made},
    },
    execute, fetch_all, fetch_one, scalar,
};

#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(in crate::dialer) struct Unwanted {
    pub(in crate::dialer) id: i64,
    pub(in crate::dialer) number: String,
    pub(in crate::dialer) reason: String,
    pub(in crate::dialer) until_at: Option<i64>,
    pub(in crate::dialer) added_by: String,
    pub(in crate::dialer) added_at: i64,
}

const COLUMNS: &str = "id, number, reason, until_at, added_by, added_at";

/// `number` as it is dialled within the country.
pub(in crate::dialer) async fn is_unwanted(
    tx: &mut Tx,
    number: &str,
    now: DateTime<Utc>,
) -> Result<bool, db::Error> {
    let sql =
        "SELECT COUNT(*) FROM unwanted_numbers WHERE number = $1 AND (until_at IS NULL OR until_at > $2)";
    Ok(scalar!(tx, i64, sql, number, millis(now))? > 0)
}

/// Whose number begins so, the latest first.
pub(in crate::dialer) async fn page(
    tx: &mut Tx,
    beginning: &str,
    (after, limit): (Option<(i64, i64)>, i64),
) -> Result<Vec<Unwanted>, db::Error> {
    let mut sql = Sql::new(&format!("SELECT {COLUMNS} FROM unwanted_numbers WHERE 1 = 1"));
    if !beginning.is_empty() {
        sql.push(" AND number LIKE ").bind(format!("{beginning}%"));
    }
    if let Some((at, id)) = after {
        sql.push(" AND (added_at, id) < (").bind(at);
        sql.push(", ").bind(id).push(")");
    }
    sql.push(" ORDER BY added_at DESC, id DESC LIMIT ").bind(limit);
    fetch_made!(tx, Unwanted, sql)
}

pub(in crate::dialer) async fn all(tx: &mut Tx) -> Result<Vec<Unwanted>, db::Error> {
    let sql = "SELECT id, number, reason, until_at, added_by, added_at FROM unwanted_numbers ORDER BY number";
    fetch_all!(tx, Unwanted, sql)
}

/// Its name; a number that is there already gets the new reason and end.
pub(in crate::dialer) async fn add(
    tx: &mut Tx,
    number: &str,
    reason: &str,
    until: Option<i64>,
    (at, by): (i64, &str),
) -> Result<i64, db::Error> {
    let sql = "INSERT INTO unwanted_numbers (number, reason, until_at, added_by, added_at) VALUES ($1, $2, $3, $4, $5) \
               ON CONFLICT (number) DO UPDATE SET reason = excluded.reason, until_at = excluded.until_at, \
               added_by = excluded.added_by, added_at = excluded.added_at RETURNING id";
    let (id,) = fetch_one!(tx, (i64,), sql, number, reason, until, by, at)?;
    Ok(id)
}

pub(in crate::dialer) async fn remove(tx: &mut Tx, id: i64) -> Result<bool, db::Error> {
    Ok(execute!(tx, "DELETE FROM unwanted_numbers WHERE id = $1", id)? == 1)
}
