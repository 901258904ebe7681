//! The SQL of the ledger and of checks at the site.

pub(super) mod audits;

use sqlx::AssertSqlSafe;

use super::rules::{Entry, Standing};
use crate::{
    db::{self, Tx, rows::typed_nulls},
    execute, fetch_all, fetch_optional, scalar,
};

/// What the events of a ticket say an entry is.
pub(super) struct Entered<'a> {
    pub(super) ticket_number: &'a str,
    pub(super) standing: Standing,
    pub(super) unit_code: Option<&'a str>,
    pub(super) opened_at: i64,
    pub(super) year: i64,
    pub(super) due: Option<i64>,
    pub(super) entry: &'a Entry,
}

/// An entry with what a list shows of its ticket.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct Row {
    pub year: i64,
    pub no: i64,
    pub ticket_number: String,
    pub level: i64,
    pub state: String,
    pub unit_code: Option<String>,
    pub unit_name: Option<String>,
    pub opened_at: i64,
    pub due: Option<i64>,
    #[sqlx(try_from = "String")]
    pub body: Body,
    pub title: String,
    pub ticket_state: String,
    pub band: String,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Body(pub Entry);

impl TryFrom<String> for Body {
    type Error = serde_json::Error;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        serde_json::from_str(&text).map(Self)
    }
}

const ROWS: &str = "SELECT s.year, s.no, s.ticket_number, s.level, s.state, s.unit_code, u.name AS unit_name, s.opened_at, \
    s.due, s.body, t.title, t.state AS ticket_state, t.band \
    FROM supervisions s JOIN tickets t ON t.number = s.ticket_number LEFT JOIN units u ON u.code = s.unit_code";

pub(super) async fn enter(tx: &mut Tx, row: &Entered<'_>) -> Result<(), db::Error> {
    let body = serde_json::to_string(row.entry)
        .map_err(|error| db::Error::Other(sqlx::Error::Encode(error.into())))?;
    let sql = "UPDATE supervisions SET level = $3, form = $4, state = $5, unit_code = COALESCE($6, unit_code), due = $7, \
               body = $8 WHERE ticket_number = $1 AND opened_seq = $2";
    let entry = row.entry;
    let (level, state) = (i64::from(entry.level()), row.standing.as_str());
    let known = execute!(
        tx,
        sql,
        row.ticket_number,
        entry.opened_seq,
        level,
        &entry.form,
        state,
        row.unit_code,
        row.due,
        &body
    )?;
    if known > 0 {
        return Ok(());
    }
    let last = scalar!(
        tx,
        i64,
        "SELECT COALESCE(MAX(no), 0) FROM supervisions WHERE year = $1",
        row.year
    )?;
    let sql = "INSERT INTO supervisions (year, no, ticket_number, opened_seq, level, form, state, unit_code, opened_at, due, body) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    execute!(
        tx,
        sql,
        row.year,
        last + 1,
        row.ticket_number,
        entry.opened_seq,
        level,
        &entry.form,
        state,
        row.unit_code,
        row.opened_at,
        row.due,
        &body
    )?;
    Ok(())
}

/// Tickets whose feedback is still to come.
pub(super) async fn unanswered(tx: &mut Tx) -> Result<Vec<String>, db::Error> {
    let sql = "SELECT DISTINCT ticket_number FROM supervisions WHERE state = 'open'";
    let rows = fetch_all!(tx, (String,), sql)?;
    Ok(rows.into_iter().map(|(number,)| number).collect())
}

#[derive(Debug, Clone, Default)]
pub(super) struct Filter {
    pub(super) state: Option<String>,
    pub(super) level: Option<i64>,
    pub(super) ticket: Option<String>,
    pub(super) unit: Option<String>,
    pub(super) from: Option<i64>,
    pub(super) to: Option<i64>,
    /// Unanswered, and due before this.
    pub(super) late_at: Option<i64>,
    /// Only of these units.
    pub(super) scope: Option<Vec<String>>,
    pub(super) before: Option<(i64, i64, i64)>,
    pub(super) limit: i64,
}

/// The newest first.
pub(super) async fn page(tx: &mut Tx, filter: &Filter) -> Result<Vec<Row>, db::Error> {
    // `,a,b,`: taking a code out of the list changes it when it is there.
    let scope = filter
        .scope
        .as_ref()
        .map(|codes| format!(",{},", codes.join(",")));
    let sql = format!(
        "{ROWS} WHERE ($1 IS NULL OR s.state = $1) AND ($2 IS NULL OR s.level = $2) AND ($3 IS NULL OR s.ticket_number = $3) \
         AND ($4 IS NULL OR s.unit_code = $4) AND ($5 IS NULL OR s.opened_at >= $5) AND ($6 IS NULL OR s.opened_at < $6) \
         AND ($7 IS NULL OR (s.state = 'open' AND s.due < $7)) \
         AND ($8 IS NULL OR s.opened_at < $8 OR (s.opened_at = $8 AND (s.year < $9 OR (s.year = $9 AND s.no < $10)))) \
         AND ($12 IS NULL OR REPLACE($12, ',' || s.unit_code || ',', '') <> $12) \
         ORDER BY s.opened_at DESC, s.year DESC, s.no DESC LIMIT $11"
    );
    let sql = typed_nulls(
        &sql,
        &[
            "TEXT", "BIGINT", "TEXT", "TEXT", "BIGINT", "BIGINT", "BIGINT", "BIGINT", "BIGINT", "BIGINT",
            "BIGINT", "TEXT",
        ],
    );
    let before = filter.before;
    fetch_all!(
        tx,
        Row,
        AssertSqlSafe(sql.clone()),
        &filter.state,
        filter.level,
        &filter.ticket,
        &filter.unit,
        filter.from,
        filter.to,
        filter.late_at,
        before.map(|key| key.0),
        before.map(|key| key.1),
        before.map(|key| key.2),
        filter.limit,
        scope.clone()
    )
}

pub(super) async fn find(tx: &mut Tx, year: i64, no: i64) -> Result<Option<Row>, db::Error> {
    let sql = format!("{ROWS} WHERE s.year = $1 AND s.no = $2");
    fetch_optional!(tx, Row, AssertSqlSafe(sql.clone()), year, no)
}
