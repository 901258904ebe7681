//! The SQL of attempts.

use chrono::{DateTime, Utc};

use crate::{
    clock::millis,
    db::{self, Tx},
    execute, fetch_all, fetch_optional, scalar,
};

#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(super) struct Attempt {
    pub(super) call_id: String,
    pub(super) ticket_number: String,
    pub(super) at: i64,
    pub(super) result: Option<String>,
}

pub(super) async fn insert(
    tx: &mut Tx,
    call_id: &str,
    number: &str,
    now: DateTime<Utc>,
) -> Result<(), db::Error> {
    let sql = "INSERT INTO survey_attempts (call_id, ticket_number, at) VALUES ($1, $2, $3)";
    execute!(tx, sql, call_id, number, millis(now))?;
    Ok(())
}

/// The attempt under way.
pub(super) async fn open(tx: &mut Tx, number: &str) -> Result<Option<Attempt>, db::Error> {
    let sql = "SELECT call_id, ticket_number, at, result FROM survey_attempts WHERE ticket_number = $1 AND result IS NULL";
    fetch_optional!(tx, Attempt, sql, number)
}

/// Everything under way.
pub(super) async fn all_open(tx: &mut Tx) -> Result<Vec<Attempt>, db::Error> {
    let sql =
        "SELECT call_id, ticket_number, at, result FROM survey_attempts WHERE result IS NULL ORDER BY at";
    fetch_all!(tx, Attempt, sql)
}

pub(super) async fn find(tx: &mut Tx, call_id: &str) -> Result<Option<Attempt>, db::Error> {
    let sql = "SELECT call_id, ticket_number, at, result FROM survey_attempts WHERE call_id = $1";
    fetch_optional!(tx, Attempt, sql, call_id)
}

pub(super) async fn resolve(tx: &mut Tx, call_id: &str, result: &str) -> Result<bool, db::Error> {
    let sql = "UPDATE survey_attempts SET result = $2 WHERE call_id = $1 AND result IS NULL";
    Ok(execute!(tx, sql, call_id, result)? == 1)
}

/// The dial was never taken on: nobody was rung.
pub(super) async fn forget(tx: &mut Tx, call_id: &str) -> Result<(), db::Error> {
    execute!(
        tx,
        "DELETE FROM survey_attempts WHERE call_id = $1 AND result IS NULL",
        call_id
    )?;
    Ok(())
}

pub async fn completed_today(tx: &mut Tx, from: DateTime<Utc>) -> Result<i64, db::Error> {
    let sql =
        "SELECT COUNT(*) FROM survey_attempts WHERE at >= $1 AND result IN ('satisfied', 'dissatisfied')";
    scalar!(tx, i64, sql, millis(from))
}
