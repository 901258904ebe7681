//! The SQL of notices.

pub(super) mod deliveries;

use chrono::{DateTime, Utc};

use super::{CITIZEN, Draft};
use crate::{
    clock::millis,
    db::{self, Tx},
    execute, fetch_all, fetch_optional,
};

#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Notice {
    pub id: i64,
    pub at: i64,
    pub number: String,
    pub unit_code: Option<String>,
    pub timer: String,
    pub step: String,
    pub due: i64,
    pub text: String,
}

/// None when it was there before.
pub(super) async fn insert(
    tx: &mut Tx,
    now: DateTime<Utc>,
    draft: &Draft,
) -> Result<Option<Notice>, db::Error> {
    let sql = "INSERT INTO notices (at, number, unit_code, timer, step, due, text) VALUES ($1, $2, $3, $4, $5, $6, $7) \
               ON CONFLICT (number, timer, step, due) DO NOTHING \
               RETURNING id, at, number, unit_code, timer, step, due, text";
    let Draft {
        number,
        unit_code,
        timer,
        step,
        due,
        text,
        ..
    } = draft;
    fetch_optional!(
        tx,
        Notice,
        sql,
        millis(now),
        number,
        unit_code,
        timer,
        step,
        millis(*due),
        text
    )
}

pub(super) async fn texts(tx: &mut Tx, number: &str) -> Result<Vec<(i64, String)>, db::Error> {
    fetch_all!(
        tx,
        (i64, String),
        "SELECT id, text FROM notices WHERE number = $1",
        number
    )
}

pub(super) async fn set_text(tx: &mut Tx, id: i64, text: &str) -> Result<(), db::Error> {
    execute!(tx, "UPDATE notices SET text = $2 WHERE id = $1", id, text)?;
    Ok(())
}

/// Newest first; `unit`: only those for its people.
pub(super) async fn latest(
    tx: &mut Tx,
    unit: Option<&str>,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<Notice>, db::Error> {
    let before = before.unwrap_or(i64::MAX);
    let columns = "SELECT id, at, number, unit_code, timer, step, due, text FROM notices";
    match unit {
        Some(unit) => {
            let sql = format!("{columns} WHERE unit_code = $1 AND id < $2 ORDER BY id DESC LIMIT $3");
            fetch_all!(tx, Notice, sqlx::AssertSqlSafe(sql.clone()), unit, before, limit)
        }
        None => {
            let sql = format!("{columns} WHERE timer <> $1 AND id < $2 ORDER BY id DESC LIMIT $3");
            fetch_all!(
                tx,
                Notice,
                sqlx::AssertSqlSafe(sql.clone()),
                CITIZEN,
                before,
                limit
            )
        }
    }
}

pub(super) async fn seen(tx: &mut Tx, username: &str) -> Result<i64, db::Error> {
    let sql = "SELECT seen_id FROM notice_marks WHERE username = $1";
    Ok(fetch_optional!(tx, (i64,), sql, username)?.map_or(0, |(id,)| id))
}

pub(super) async fn mark(tx: &mut Tx, username: &str, id: i64) -> Result<(), db::Error> {
    let sql = "INSERT INTO notice_marks (username, seen_id) VALUES ($1, $2) \
               ON CONFLICT (username) DO UPDATE SET seen_id = excluded.seen_id WHERE excluded.seen_id > notice_marks.seen_id";
    execute!(tx, sql, username, id)?;
    Ok(())
}
