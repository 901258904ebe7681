//! The SQL of masked contacts.

use std::collections::HashMap;

use crate::{
    db::{self, Tx},
    execute, fetch_all, fetch_optional,
};

#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(super) struct Contact {
    pub(super) call_id: String,
    pub(super) ticket_number: String,
    pub(super) unit_code: String,
    pub(super) username: String,
    pub(super) display_name: String,
    pub(super) clerk_phone: String,
    pub(super) citizen_phone: String,
    pub(super) at: i64,
}

pub(super) async fn insert(tx: &mut Tx, contact: &Contact) -> Result<(), db::Error> {
    let sql = "INSERT INTO masked_contacts (call_id, ticket_number, unit_code, username, display_name, clerk_phone, \
               citizen_phone, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let Contact {
        call_id,
        ticket_number,
        unit_code,
        username,
        display_name,
        clerk_phone,
        citizen_phone,
        at,
    } = contact;
    execute!(
        tx,
        sql,
        call_id,
        ticket_number,
        unit_code,
        username,
        display_name,
        clerk_phone,
        citizen_phone,
        *at
    )?;
    Ok(())
}

/// The contact under way that the call is.
pub(super) async fn open(tx: &mut Tx, call_id: &str) -> Result<Option<Contact>, db::Error> {
    let sql = "SELECT call_id, ticket_number, unit_code, username, display_name, clerk_phone, citizen_phone, at \
               FROM masked_contacts WHERE call_id = $1 AND result IS NULL";
    fetch_optional!(tx, Contact, sql, call_id)
}

pub(super) async fn end(
    tx: &mut Tx,
    call_id: &str,
    result: &str,
    talked_ms: Option<i64>,
) -> Result<(), db::Error> {
    let sql = "UPDATE masked_contacts SET result = $2, talked_ms = $3 WHERE call_id = $1 AND result IS NULL";
    execute!(tx, sql, call_id, result, talked_ms)?;
    Ok(())
}

/// The switchboard did not take it on.
pub(super) async fn forget(tx: &mut Tx, call_id: &str) -> Result<(), db::Error> {
    execute!(
        tx,
        "DELETE FROM masked_contacts WHERE call_id = $1 AND result IS NULL",
        call_id
    )?;
    Ok(())
}

/// Clerks' phones by the numbers of the citizens whom they rang since then, reached or not; the last one counts.
pub async fn returns(tx: &mut Tx, since: i64) -> Result<HashMap<String, String>, db::Error> {
    let sql = "SELECT citizen_phone, clerk_phone FROM masked_contacts WHERE at >= $1 \
               AND result IN ('reached', 'no_answer', 'refused') ORDER BY at, call_id";
    let rows = fetch_all!(tx, (String, String), sql, since)?;
    Ok(rows.into_iter().collect())
}

pub(super) async fn phone(tx: &mut Tx, username: &str) -> Result<Option<String>, db::Error> {
    let sql = "SELECT phone FROM clerk_phones WHERE username = $1";
    let found = fetch_optional!(tx, (String,), sql, username)?;
    Ok(found.map(|(phone,)| phone))
}

pub(super) async fn remember(tx: &mut Tx, username: &str, phone: &str) -> Result<(), db::Error> {
    let sql = "INSERT INTO clerk_phones (username, phone) VALUES ($1, $2) \
               ON CONFLICT (username) DO UPDATE SET phone = excluded.phone";
    execute!(tx, sql, username, phone)?;
    Ok(())
}

/// A contact of a list: what became of it as well.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(super) struct Listed {
    pub(super) call_id: String,
    pub(super) ticket_number: String,
    pub(super) unit_code: String,
    pub(super) display_name: String,
    pub(super) at: i64,
    pub(super) result: Option<String>,
    pub(super) talked_ms: Option<i64>,
}

/// The last one first.
pub(super) async fn page(
    tx: &mut Tx,
    after: Option<(i64, String)>,
    limit: i64,
) -> Result<Vec<Listed>, db::Error> {
    let (at, id) = after.unwrap_or((i64::MAX, String::new()));
    let sql = "SELECT call_id, ticket_number, unit_code, display_name, at, result, talked_ms FROM masked_contacts \
               WHERE (at, call_id) < ($1, $2) ORDER BY at DESC, call_id DESC LIMIT $3";
    fetch_all!(tx, Listed, sql, at, id.as_str(), limit)
}

/// What those since `from` came to.
pub(super) async fn figures(tx: &mut Tx, from: i64) -> Result<Vec<(String, i64)>, db::Error> {
    let sql = "SELECT COALESCE(result, 'under_way'), COUNT(*) FROM masked_contacts WHERE at >= $1 GROUP BY 1 ORDER BY 1";
    fetch_all!(tx, (String, i64), sql, from)
}
