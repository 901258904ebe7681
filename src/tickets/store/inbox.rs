//! The SQL of inboxes: where each open ticket lies and until when.

use sqlx::AssertSqlSafe;

use super::{COLUMNS, placeholders_from};
use crate::{
    db::{
        self, Tx,
        rows::{execute_rows, fetch_listed, placeholders},
    },
    execute, fetch_all,
    tickets::rules::Ticket,
};

/// Due where no clock runs: the year 9999, after everything that is.
pub(in crate::tickets) const NEVER: i64 = 253_402_214_400_000;

/// Shelf, unit or `""`, due.
pub(in crate::tickets) type Place = (&'static str, String, i64);

pub(in crate::tickets) async fn save(tx: &mut Tx, number: &str, places: &[Place]) -> Result<(), db::Error> {
    let sql = "SELECT shelf, unit_code, due FROM ticket_inboxes WHERE number = $1";
    let mut before = fetch_all!(tx, (String, String, i64), sql, number)?;
    let mut after: Vec<_> = places
        .iter()
        .map(|(shelf, unit, due)| ((*shelf).to_owned(), unit.clone(), *due))
        .collect();
    before.sort_unstable();
    after.sort_unstable();
    after.dedup();
    if before == after {
        return Ok(());
    }
    execute!(tx, "DELETE FROM ticket_inboxes WHERE number = $1", number)?;
    if after.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "INSERT INTO ticket_inboxes (shelf, unit_code, due, number) VALUES {}",
        placeholders(after.len(), 4)
    );
    execute_rows!(tx, sql.clone(), &after, row => &row.0, &row.1, row.2, number)?;
    Ok(())
}

/// What an inbox shows: shelves, units (`""` is the office), due from and before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::tickets) struct Query {
    pub(in crate::tickets) shelves: Vec<&'static str>,
    pub(in crate::tickets) units: Vec<String>,
    pub(in crate::tickets) from: i64,
    pub(in crate::tickets) until: i64,
}

impl Query {
    fn condition(&self, first: usize) -> String {
        format!(
            "shelf IN {} AND unit_code IN {} AND due >= $1 AND due < $2",
            placeholders_from(first, self.shelves.len()),
            placeholders_from(first + self.shelves.len(), self.units.len()),
        )
    }

    /// Of several shelves or units a ticket may lie on more than one.
    fn may_repeat(&self) -> bool {
        self.shelves.len() + self.units.len() > 2
    }
}

/// How many, and how many of them are late. Runs over the index alone.
pub(in crate::tickets) async fn count(tx: &mut Tx, query: &Query, now: i64) -> Result<(i64, i64), db::Error> {
    let (all, late) = if query.may_repeat() {
        ("DISTINCT number", "DISTINCT CASE WHEN due < $3 THEN number END")
    } else {
        ("*", "CASE WHEN due < $3 THEN 1 END")
    };
    let sql = format!(
        "SELECT COUNT({all}), COUNT({late}) FROM ticket_inboxes WHERE {}",
        query.condition(4)
    );
    macro_rules! bound {
        ($connection:expr) => {{
            let mut sql = sqlx::query_as::<_, (i64, i64)>(AssertSqlSafe(sql.clone()))
                .bind(query.from)
                .bind(query.until)
                .bind(now);
            for shelf in &query.shelves {
                sql = sql.bind(*shelf);
            }
            for unit in &query.units {
                sql = sql.bind(unit.clone());
            }
            sql.fetch_one($connection).await.map_err(db::Error::from)
        }};
    }
    match tx.connection() {
        db::Connection::Sqlite(connection) => bound!(connection),
        db::Connection::Postgres(connection) => bound!(connection),
    }
}

/// Due and number, the most pressing first, after the last of the page before.
pub(in crate::tickets) async fn page(
    tx: &mut Tx,
    query: &Query,
    after: (i64, String),
    limit: i64,
) -> Result<Vec<(i64, String)>, db::Error> {
    let condition = query.condition(6);
    let sql = if query.may_repeat() {
        format!(
            "SELECT MIN(due) AS first_due, number FROM ticket_inboxes WHERE {condition} GROUP BY number \
             HAVING MIN(due) > $3 OR (MIN(due) = $3 AND number > $4) ORDER BY first_due, number LIMIT $5"
        )
    } else {
        format!(
            "SELECT due, number FROM ticket_inboxes WHERE {condition} AND (due, number) > ($3, $4) \
             ORDER BY due, number LIMIT $5"
        )
    };
    macro_rules! bound {
        ($connection:expr) => {{
            let mut sql = sqlx::query_as::<_, (i64, String)>(AssertSqlSafe(sql.clone()))
                .bind(query.from)
                .bind(query.until)
                .bind(after.0)
                .bind(after.1)
                .bind(limit);
            for shelf in &query.shelves {
                sql = sql.bind(*shelf);
            }
            for unit in &query.units {
                sql = sql.bind(unit.clone());
            }
            sql.fetch_all($connection).await.map_err(db::Error::from)
        }};
    }
    match tx.connection() {
        db::Connection::Sqlite(connection) => bound!(connection),
        db::Connection::Postgres(connection) => bound!(connection),
    }
}

/// The tickets of these numbers, in their order.
pub(in crate::tickets) async fn tickets(tx: &mut Tx, numbers: &[&str]) -> Result<Vec<Ticket>, db::Error> {
    if numbers.is_empty() {
        return Ok(vec![]);
    }
    let sql = format!(
        "SELECT {COLUMNS} FROM tickets WHERE number IN {}",
        placeholders(1, numbers.len())
    );
    let mut found = fetch_listed!(tx, Ticket, sql.clone(), numbers.iter().copied())?;
    found.sort_by_key(|ticket| numbers.iter().position(|number| *number == ticket.number));
    Ok(found)
}
