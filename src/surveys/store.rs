//! The SQL of what survey calls came to.

use chrono::{DateTime, Utc};

use crate::{
    clock::millis,
    db::{self, Tx},
    execute, fetch_optional, scalar,
};

pub(super) async fn insert(
    tx: &mut Tx,
    call_id: &str,
    number: &str,
    at: i64,
    result: &str,
) -> Result<(), db::Error> {
    let sql = "INSERT INTO survey_attempts (call_id, ticket_number, at, result) VALUES ($1, $2, $3, $4) \
               ON CONFLICT (call_id) DO UPDATE SET result = excluded.result";
    execute!(tx, sql, call_id, number, at, result)?;
    Ok(())
}

/// The ticket that a survey call was about.
pub(super) async fn ticket_of(tx: &mut Tx, call_id: &str) -> Result<Option<String>, db::Error> {
    let sql = "SELECT ticket_number FROM survey_attempts WHERE call_id = $1";
    let found = fetch_optional!(tx, (String,), sql, call_id)?;
    Ok(found.map(|(number,)| number))
}

pub async fn completed_today(tx: &mut Tx, from: DateTime<Utc>) -> Result<i64, db::Error> {
    let sql =
        "SELECT COUNT(*) FROM survey_attempts WHERE at >= $1 AND result IN ('satisfied', 'dissatisfied')";
    scalar!(tx, i64, sql, millis(from))
}
