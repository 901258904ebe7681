//! Tickets that somebody still owes something for.

use sqlx::AssertSqlSafe;

use super::COLUMNS;
use crate::{
    db::{self, Tx},
    fetch_all,
    tickets::rules::{State, Ticket},
};

/// The states in which a ticket is no longer worked on, as a list for SQL. The words are our own, never input.
fn over() -> String {
    let over = State::ALL.into_iter().filter(|state| is_over(*state));
    let words: Vec<_> = over.map(|state| format!("'{}'", state.as_str())).collect();
    words.join(", ")
}

fn is_over(state: State) -> bool {
    matches!(state, State::Closed)
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
