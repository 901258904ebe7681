//! The SQL of inboxes: where each open ticket lies and until when.

use crate::{
    db::{
        self, Tx,
        rows::{execute_rows, placeholders},
        sql::{Sql, fetch_made},
    },
    execute, fetch_all,
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
    fn condition(&self) -> Sql {
        let shelves: Vec<String> = self.shelves.iter().map(|shelf| (*shelf).to_owned()).collect();
        let mut sql = Sql::new("shelf IN ");
        sql.bind_list(&shelves)
            .push(" AND unit_code IN ")
            .bind_list(&self.units);
        sql.push(" AND due >= ")
            .bind(self.from)
            .push(" AND due < ")
            .bind(self.until);
        sql
    }

    /// Of several shelves or units a ticket may lie on more than one.
    fn may_repeat(&self) -> bool {
        self.shelves.len() + self.units.len() > 2
    }
}

/// How many, and how many of them are late. Runs over the index alone.
pub(in crate::tickets) async fn count(tx: &mut Tx, query: &Query, now: i64) -> Result<(i64, i64), db::Error> {
    let (all, late, counted) = if query.may_repeat() {
        ("DISTINCT number", "DISTINCT CASE", "number")
    } else {
        ("*", "CASE", "1")
    };
    let mut sql = Sql::new(&format!("SELECT COUNT({all}), COUNT({late} WHEN due < "));
    sql.bind(now)
        .push(&format!(" THEN {counted} END) FROM ticket_inboxes WHERE "));
    sql.append(query.condition());
    let rows = fetch_made!(tx, (i64, i64), sql)?;
    Ok(rows.into_iter().next().unwrap_or_default())
}

/// Due and number, the most pressing first, after the last of the page before.
pub(in crate::tickets) async fn page(
    tx: &mut Tx,
    query: &Query,
    after: (i64, String),
    limit: i64,
) -> Result<Vec<(i64, String)>, db::Error> {
    let repeats = query.may_repeat();
    let due = if repeats { "MIN(due)" } else { "due" };
    let mut sql = Sql::new(&format!(
        "SELECT {due} AS first_due, number FROM ticket_inboxes WHERE "
    ));
    sql.append(query.condition());
    sql.push(if repeats {
        " GROUP BY number HAVING ("
    } else {
        " AND ("
    });
    sql.push(&format!("{due}, number) > ("))
        .bind(after.0)
        .push(", ")
        .bind(after.1);
    sql.push(") ORDER BY first_due, number LIMIT ").bind(limit);
    fetch_made!(tx, (i64, String), sql)
}

/// Numbers of tickets that wait to be accepted or dispatched, in their order, after one.
pub async fn undispatched(tx: &mut Tx, after: &str, limit: i64) -> Result<Vec<String>, db::Error> {
    let sql = "SELECT DISTINCT number FROM ticket_inboxes WHERE shelf IN ('accept', 'dispatch') AND unit_code = '' AND number > $1 \
               ORDER BY number LIMIT $2";
    let rows = fetch_all!(tx, (String,), sql, after, limit)?;
    Ok(rows.into_iter().map(|(number,)| number).collect())
}
