//! The SQL of attachments.

use chrono::{DateTime, Utc};

use super::Attachment;
use crate::{
    clock::millis,
    db::{
        self, Tx,
        rows::{fetch_listed, placeholders},
    },
    execute, fetch_all, fetch_one, fetch_optional, scalar,
};

const COLUMNS: &str = "id, number, hash, mime, name, bytes, uploader, unit_code, at, step, sent_at";

pub(super) async fn insert(tx: &mut Tx, new: &Attachment, key: Option<&str>) -> Result<(), db::Error> {
    execute!(
        tx,
        "INSERT INTO attachments (id, number, hash, mime, name, bytes, uploader, unit_code, at, key) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        &new.id,
        &new.number,
        &new.hash,
        &new.mime,
        &new.name,
        new.bytes,
        &new.uploader,
        &new.unit_code,
        new.at,
        key
    )?;
    Ok(())
}

pub(super) async fn find(tx: &mut Tx, number: &str, id: &str) -> Result<Option<Attachment>, db::Error> {
    let sql = format!("SELECT {COLUMNS} FROM attachments WHERE id = $1 AND number = $2");
    fetch_optional!(tx, Attachment, sqlx::AssertSqlSafe(sql.clone()), id, number)
}

pub(super) async fn by_key(
    tx: &mut Tx,
    uploader: &str,
    number: &str,
    key: &str,
) -> Result<Option<Attachment>, db::Error> {
    let sql = format!("SELECT {COLUMNS} FROM attachments WHERE uploader = $1 AND number = $2 AND key = $3");
    fetch_optional!(
        tx,
        Attachment,
        sqlx::AssertSqlSafe(sql.clone()),
        uploader,
        number,
        key
    )
}

/// Which of these uploads made it into a row: their digests.
pub(super) async fn hash_of(tx: &mut Tx, id: &str) -> Result<Option<String>, db::Error> {
    let row = fetch_optional!(tx, (String,), "SELECT hash FROM attachments WHERE id = $1", id)?;
    Ok(row.map(|(hash,)| hash))
}

pub(super) async fn of(tx: &mut Tx, number: &str) -> Result<Vec<Attachment>, db::Error> {
    let sql = format!("SELECT {COLUMNS} FROM attachments WHERE number = $1 ORDER BY at, id");
    fetch_all!(tx, Attachment, sqlx::AssertSqlSafe(sql.clone()), number)
}

/// Of a step that several records share a name with, such as the checks at a site.
pub(super) async fn of_steps(tx: &mut Tx, steps: &[String]) -> Result<Vec<Attachment>, db::Error> {
    if steps.is_empty() {
        return Ok(vec![]);
    }
    let list = placeholders(1, steps.len());
    let sql = format!("SELECT {COLUMNS} FROM attachments WHERE step IN {list} ORDER BY at, id");
    fetch_listed!(tx, Attachment, sql.clone(), steps.iter())
}

/// How many a ticket has and how large they are together.
pub(super) async fn usage(tx: &mut Tx, number: &str) -> Result<(i64, i64), db::Error> {
    fetch_one!(
        tx,
        (i64, i64),
        "SELECT COUNT(*), CAST(COALESCE(SUM(bytes), 0) AS BIGINT) FROM attachments WHERE number = $1",
        number
    )
}

/// `false`: it is not the uploader's, or not in hand any more.
pub(super) async fn send(
    tx: &mut Tx,
    id: &str,
    number: &str,
    uploader: &str,
    step: &str,
    now: DateTime<Utc>,
) -> Result<bool, db::Error> {
    let sql = "UPDATE attachments SET step = $4, sent_at = $5 WHERE id = $1 AND number = $2 AND uploader = $3 AND step IS NULL";
    let sent = execute!(tx, sql, id, number, uploader, step, millis(now))?;
    Ok(sent == 1)
}

/// `false`: it was sent meanwhile.
pub(super) async fn delete(tx: &mut Tx, id: &str) -> Result<bool, db::Error> {
    let gone = execute!(tx, "DELETE FROM attachments WHERE id = $1 AND step IS NULL", id)?;
    Ok(gone == 1)
}

pub(super) async fn is_used(tx: &mut Tx, hash: &str) -> Result<bool, db::Error> {
    let count = scalar!(tx, i64, "SELECT COUNT(*) FROM attachments WHERE hash = $1", hash)?;
    Ok(count > 0)
}
