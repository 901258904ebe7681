//! Further tickets of one call; the first is on the call itself.

use crate::{
    db::{self, Tx},
    execute, fetch_all,
};

/// The ticket of a further demand, and when it was opened.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Further {
    pub ticket_number: String,
    pub opened_at: i64,
}

pub async fn add_ticket(tx: &mut Tx, call_id: &str, number: &str, opened_at: i64) -> Result<(), db::Error> {
    let sql = "INSERT INTO call_tickets (call_id, ticket_number, opened_at) VALUES ($1, $2, $3) \
               ON CONFLICT (call_id, ticket_number) DO NOTHING";
    execute!(tx, sql, call_id, number, opened_at)?;
    Ok(())
}

/// In the order in which they were opened.
pub async fn further(tx: &mut Tx, call_id: &str) -> Result<Vec<Further>, db::Error> {
    let sql = "SELECT ticket_number, opened_at FROM call_tickets WHERE call_id = $1 ORDER BY opened_at, ticket_number";
    fetch_all!(tx, Further, sql, call_id)
}

pub async fn further_tickets(tx: &mut Tx, call_id: &str) -> Result<Vec<String>, db::Error> {
    let further = further(tx, call_id).await?;
    Ok(further.into_iter().map(|one| one.ticket_number).collect())
}
