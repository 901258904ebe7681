//! The SQL of the audit log and its head.

use sqlx::AssertSqlSafe;

use super::rules::{Link, Row};
use crate::{
    db::{
        self, Tx,
        rows::{placeholders, typed_nulls},
    },
    execute, fetch_all, fetch_one, fetch_optional,
};

const COLUMNS: &str =
    "seq, at, actor, role, address, action, object_kind, object_id, outcome, detail, prev_hash, hash";

/// Takes the head for this transaction, and with it the next place: whoever comes later waits here.
pub(super) async fn take_head(tx: &mut Tx) -> Result<Link, db::Error> {
    let sql = "UPDATE audit_head SET seq = seq + 1 WHERE id = 1 RETURNING seq, hash";
    let (seq, hash) = fetch_one!(tx, (i64, String), sql)?;
    Ok(Link { seq, hash })
}

pub(super) async fn set_head(tx: &mut Tx, head: &Link, seal: &str) -> Result<(), db::Error> {
    let sql = "UPDATE audit_head SET seq = $1, hash = $2, seal = $3 WHERE id = 1";
    execute!(tx, sql, head.seq, &head.hash, seal)?;
    Ok(())
}

/// The head and its seal.
pub(super) async fn head(tx: &mut Tx) -> Result<Option<(Link, String)>, db::Error> {
    let sql = "SELECT seq, hash, seal FROM audit_head WHERE id = 1";
    let row = fetch_optional!(tx, (i64, String, String), sql)?;
    Ok(row.map(|(seq, hash, seal)| (Link { seq, hash }, seal)))
}

pub(super) async fn insert(tx: &mut Tx, row: &Row) -> Result<(), db::Error> {
    let sql = format!("INSERT INTO audit_log ({COLUMNS}) VALUES {}", placeholders(1, 12));
    execute!(
        tx,
        AssertSqlSafe(sql.clone()),
        row.seq,
        row.at,
        &row.actor,
        &row.role,
        &row.address,
        &row.action,
        &row.object_kind,
        &row.object_id,
        &row.outcome,
        &row.detail,
        &row.prev_hash,
        &row.hash
    )?;
    Ok(())
}

/// The next rows of the chain, in its order.
pub(super) async fn after(tx: &mut Tx, seq: i64, limit: i64) -> Result<Vec<Row>, db::Error> {
    let sql = format!("SELECT {COLUMNS} FROM audit_log WHERE seq > $1 ORDER BY seq LIMIT $2");
    fetch_all!(tx, Row, AssertSqlSafe(sql.clone()), seq, limit)
}

/// Whether the same person did the same with the same object since `since`.
pub(super) async fn was_noted(tx: &mut Tx, like: &Row, since: i64) -> Result<bool, db::Error> {
    let sql = "SELECT seq FROM audit_log WHERE object_kind = $1 AND object_id = $2 AND actor = $3 AND action = $4 \
               AND address = $5 AND at >= $6 LIMIT 1";
    let Row {
        object_kind,
        object_id,
        actor,
        action,
        address,
        ..
    } = like;
    let found = fetch_optional!(
        tx,
        (i64,),
        sql,
        object_kind,
        object_id,
        actor,
        action,
        address,
        since
    )?;
    Ok(found.is_some())
}

/// What a list may ask for.
#[derive(Debug, Clone, Default)]
pub(super) struct Filter {
    pub(super) actor: Option<String>,
    pub(super) object_kind: Option<String>,
    pub(super) object_id: Option<String>,
    pub(super) action: Option<String>,
    pub(super) from: Option<i64>,
    pub(super) to: Option<i64>,
    /// The last row of the page before.
    pub(super) before: Option<i64>,
    pub(super) limit: i64,
}

/// Newest first.
pub(super) async fn page(tx: &mut Tx, filter: &Filter) -> Result<Vec<Row>, db::Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM audit_log WHERE ($1 IS NULL OR actor = $1) AND ($2 IS NULL OR object_kind = $2) \
         AND ($3 IS NULL OR object_id = $3) AND ($4 IS NULL OR action = $4) AND ($5 IS NULL OR at >= $5) \
         AND ($6 IS NULL OR at < $6) AND ($7 IS NULL OR seq < $7) ORDER BY seq DESC LIMIT $8"
    );
    let types = ["TEXT", "TEXT", "TEXT", "TEXT", "BIGINT", "BIGINT", "BIGINT"];
    let sql = typed_nulls(&sql, &types);
    fetch_all!(
        tx,
        Row,
        AssertSqlSafe(sql.clone()),
        &filter.actor,
        &filter.object_kind,
        &filter.object_id,
        &filter.action,
        filter.from,
        filter.to,
        filter.before,
        filter.limit
    )
}
