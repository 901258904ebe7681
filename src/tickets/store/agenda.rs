//! What was told of a ticket, and when it was due at the last look.

use crate::{
    db::{self, Tx},
    execute, fetch_all, fetch_one, fetch_optional,
};

#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(in crate::tickets) struct Known {
    pub(in crate::tickets) told_until: i64,
    pub(in crate::tickets) due: Option<i64>,
}

pub(in crate::tickets) async fn find(tx: &mut Tx, number: &str) -> Result<Option<Known>, db::Error> {
    let sql = "SELECT told_until, due FROM ticket_agenda WHERE number = $1";
    fetch_optional!(tx, Known, sql, number)
}

/// Puts down when it is due; says up to when was told, which is `told_until` for a ticket that is new here.
pub(in crate::tickets) async fn save(
    tx: &mut Tx,
    number: &str,
    told_until: i64,
    due: Option<i64>,
) -> Result<i64, db::Error> {
    let sql = "INSERT INTO ticket_agenda (number, told_until, due) VALUES ($1, $2, $3) \
               ON CONFLICT (number) DO UPDATE SET due = excluded.due RETURNING told_until";
    let (told_until,) = fetch_one!(tx, (i64,), sql, number, told_until, due)?;
    Ok(told_until)
}

/// When the clock that matters now runs out: what lists are sorted by.
pub(in crate::tickets) async fn save_due(
    tx: &mut Tx,
    number: &str,
    due: Option<i64>,
) -> Result<(), db::Error> {
    let sql = "UPDATE tickets SET due = $2 WHERE number = $1 AND due IS DISTINCT FROM $2";
    execute!(tx, sql, number, due)?;
    Ok(())
}

pub(in crate::tickets) async fn told(tx: &mut Tx, number: &str, until: i64) -> Result<(), db::Error> {
    let sql = "INSERT INTO ticket_agenda (number, told_until, due) VALUES ($1, $2, NULL) \
               ON CONFLICT (number) DO UPDATE SET told_until = excluded.told_until";
    execute!(tx, sql, number, until)?;
    Ok(())
}

/// Numbers of open tickets that follow one.
pub(in crate::tickets) async fn after(
    tx: &mut Tx,
    number: &str,
    limit: i64,
) -> Result<Vec<String>, db::Error> {
    let sql = "SELECT t.number FROM tickets t WHERE t.number > $1 \
               AND t.state NOT IN ('closed', 'filed', 'rejected', 'transferred', 'void') ORDER BY t.number LIMIT $2";
    let rows = fetch_all!(tx, (String,), sql, number, limit)?;
    Ok(rows.into_iter().map(|(number,)| number).collect())
}
