//! Further tickets of one call; the first is on the call itself.

use crate::{
    db::{self, Tx},
    execute, fetch_all,
};

pub async fn add_ticket(tx: &mut Tx, call_id: &str, number: &str) -> Result<(), db::Error> {
    let sql = "INSERT INTO call_tickets (call_id, ticket_number) VALUES ($1, $2) ON CONFLICT (call_id, ticket_number) DO NOTHING";
    execute!(tx, sql, call_id, number)?;
    Ok(())
}

pub async fn further_tickets(tx: &mut Tx, call_id: &str) -> Result<Vec<String>, db::Error> {
    let sql = "SELECT ticket_number FROM call_tickets WHERE call_id = $1 ORDER BY ticket_number";
    let rows = fetch_all!(tx, (String,), sql, call_id)?;
    Ok(rows.into_iter().map(|(number,)| number).collect())
}
