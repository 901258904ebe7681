//! What units have in hand.

use sqlx::AssertSqlSafe;

use super::COLUMNS;
use crate::tickets::Ticket;
use crate::{
    db::{self, Tx},
    fetch_all,
};

/// More than a county's units ever have open at a time.
const MOST: i64 = 50_000;

/// Tickets that are with units, the oldest first.
pub async fn with_units(tx: &mut Tx) -> Result<Vec<Ticket>, db::Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM tickets WHERE state IN ('dispatched', 'handling', 'redo', 'returned', 'suspended') \
         ORDER BY created_at, number LIMIT $1"
    );
    fetch_all!(tx, Ticket, AssertSqlSafe(sql.clone()), MOST)
}
