//! The SQL of checks at the site.

use sqlx::AssertSqlSafe;

use crate::{
    db::{self, Tx, rows::typed_nulls},
    execute, fetch_all, fetch_optional,
};

#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(in crate::supervision) struct Audit {
    pub(in crate::supervision) id: i64,
    pub(in crate::supervision) ticket_number: String,
    pub(in crate::supervision) title: String,
    pub(in crate::supervision) place: String,
    pub(in crate::supervision) unit_name: Option<String>,
    pub(in crate::supervision) planned_on: String,
    pub(in crate::supervision) auditor: String,
    pub(in crate::supervision) drawn: bool,
    pub(in crate::supervision) planned_by: String,
    pub(in crate::supervision) checked_on: Option<String>,
    pub(in crate::supervision) result: Option<String>,
    pub(in crate::supervision) finding: String,
    pub(in crate::supervision) noted_by: Option<String>,
}

const AUDITS: &str = "SELECT a.id, a.ticket_number, t.title, t.place, u.name AS unit_name, a.planned_on, a.auditor, a.drawn, \
    a.planned_by, a.checked_on, a.result, a.finding, a.noted_by FROM field_audits a \
    JOIN tickets t ON t.number = a.ticket_number LEFT JOIN units u ON u.code = t.unit_code";

/// `open`: only those still to be done, or only those done.
pub(in crate::supervision) async fn list(
    tx: &mut Tx,
    open: Option<bool>,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<Audit>, db::Error> {
    let sql = format!(
        "{AUDITS} WHERE ($1 IS NULL OR (a.result IS NULL) = $1) AND ($2 IS NULL OR a.id < $2) ORDER BY a.id DESC LIMIT $3"
    );
    let sql = typed_nulls(&sql, &["BOOLEAN", "BIGINT"]);
    fetch_all!(tx, Audit, AssertSqlSafe(sql.clone()), open, before, limit)
}

pub(in crate::supervision) async fn find(tx: &mut Tx, id: i64) -> Result<Option<Audit>, db::Error> {
    let sql = format!("{AUDITS} WHERE a.id = $1");
    fetch_optional!(tx, Audit, AssertSqlSafe(sql.clone()), id)
}

pub(in crate::supervision) struct Plan<'a> {
    pub(in crate::supervision) planned_on: String,
    pub(in crate::supervision) auditor: &'a str,
    pub(in crate::supervision) drawn: bool,
    pub(in crate::supervision) at: i64,
    pub(in crate::supervision) by: &'a str,
}

/// None: that ticket is to be checked on that day already.
pub(in crate::supervision) async fn plan(
    tx: &mut Tx,
    number: &str,
    plan: &Plan<'_>,
) -> Result<Option<i64>, db::Error> {
    let sql = "INSERT INTO field_audits (ticket_number, planned_on, auditor, drawn, planned_at, planned_by, finding) \
               VALUES ($1, $2, $3, $4, $5, $6, '') ON CONFLICT (ticket_number, planned_on) DO NOTHING RETURNING id";
    let row = fetch_optional!(
        tx,
        (i64,),
        sql,
        number,
        &plan.planned_on,
        plan.auditor,
        plan.drawn,
        plan.at,
        plan.by
    )?;
    Ok(row.map(|(id,)| id))
}

pub(in crate::supervision) struct Outcome<'a> {
    pub(in crate::supervision) checked_on: String,
    pub(in crate::supervision) result: &'a str,
    pub(in crate::supervision) finding: &'a str,
    pub(in crate::supervision) at: i64,
    pub(in crate::supervision) by: &'a str,
}

/// False: it has a result already, and what was found is not written over.
pub(in crate::supervision) async fn note(
    tx: &mut Tx,
    id: i64,
    outcome: &Outcome<'_>,
) -> Result<bool, db::Error> {
    let sql = "UPDATE field_audits SET checked_on = $2, result = $3, finding = $4, noted_at = $5, noted_by = $6 \
               WHERE id = $1 AND result IS NULL";
    let changed = execute!(
        tx,
        sql,
        id,
        &outcome.checked_on,
        outcome.result,
        outcome.finding,
        outcome.at,
        outcome.by
    )?;
    Ok(changed > 0)
}

/// Closed tickets of a time that units answered for, without those that were to be checked before.
pub(in crate::supervision) async fn candidates(
    tx: &mut Tx,
    from: i64,
    to: i64,
) -> Result<Vec<String>, db::Error> {
    let sql = "SELECT t.number FROM tickets t WHERE t.state IN ('closed', 'filed') AND t.unit_code IS NOT NULL \
               AND t.created_at >= $1 AND t.created_at < $2 \
               AND NOT EXISTS (SELECT 1 FROM field_audits a WHERE a.ticket_number = t.number) ORDER BY t.number";
    let rows = fetch_all!(tx, (String,), sql, from, to)?;
    Ok(rows.into_iter().map(|(number,)| number).collect())
}
