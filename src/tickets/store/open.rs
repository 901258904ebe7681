//! Tickets that somebody still owes something for.

use sqlx::AssertSqlSafe;

use super::COLUMNS;
use crate::{
    db::{self, Tx},
    fetch_all, fetch_optional,
    tickets::rules::{State, Ticket},
};

/// The states in which a ticket is no longer worked on, as a list for SQL. The words are our own, never input.
fn over() -> String {
    let over = State::ALL.into_iter().filter(|state| !state.is_open());
    let words: Vec<_> = over.map(|state| format!("'{}'", state.as_str())).collect();
    words.join(", ")
}

/// Danger to life and supply failures that are still open: the gravest first, then the newest.
pub async fn urgent(tx: &mut Tx, limit: i64) -> Result<Vec<Ticket>, db::Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM tickets WHERE band IN ('S', 'A') AND state NOT IN ({}) \
         ORDER BY CASE band WHEN 'S' THEN 0 ELSE 1 END, created_at DESC, number DESC LIMIT $1",
        over()
    );
    fetch_all!(tx, Ticket, AssertSqlSafe(sql.clone()), limit)
}

/// Open tickets of a number but one, newest first. A withheld number has none: all withheld callers would share them.
pub async fn open_of_caller(
    tx: &mut Tx,
    caller: &str,
    but: &str,
    limit: i64,
) -> Result<Vec<Ticket>, db::Error> {
    if caller.is_empty() {
        return Ok(vec![]);
    }
    let sql = format!(
        "SELECT {COLUMNS} FROM tickets WHERE caller = $1 AND number <> $2 AND state NOT IN ({}) \
         ORDER BY created_at DESC, number DESC LIMIT $3",
        over()
    );
    fetch_all!(tx, Ticket, AssertSqlSafe(sql.clone()), caller, but, limit)
}

/// Whether whoever rang up with this ticket, or left its number, has another open one of its class that was opened since then.
pub async fn has_like(tx: &mut Tx, ticket: &Ticket, since: i64) -> Result<bool, db::Error> {
    let sql = format!(
        "SELECT number FROM tickets WHERE class_code = $1 AND created_at >= $2 AND state NOT IN ({}) AND number <> $3 \
         AND ((caller <> '' AND caller IN ($4, $5)) OR (contact_phone <> '' AND contact_phone IN ($4, $5))) LIMIT 1",
        over()
    );
    let found = fetch_optional!(
        tx,
        (String,),
        AssertSqlSafe(sql.clone()),
        ticket.class_code.as_deref().unwrap_or_default(),
        since,
        &ticket.number,
        &ticket.caller,
        &ticket.contact_phone
    )?;
    Ok(found.is_some())
}

/// Tickets whose citizens wait to be called back.
pub async fn in_callback(tx: &mut Tx) -> Result<Vec<String>, db::Error> {
    let sql = "SELECT number FROM tickets WHERE state = $1 ORDER BY number";
    let rows = fetch_all!(tx, (String,), sql, State::Callback.as_str())?;
    Ok(rows.into_iter().map(|(number,)| number).collect())
}

/// Words of danger with their bands.
pub async fn urgency_words(tx: &mut Tx) -> Result<Vec<(String, String)>, db::Error> {
    let sql = "SELECT word, band FROM urgency_words ORDER BY position";
    fetch_all!(tx, (String, String), sql)
}
