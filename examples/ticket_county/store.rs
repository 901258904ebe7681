//! The SQL that fills either database: many rows a statement, and each index in the way that is quickest for its database.

use minsheng::{
    db::{Connection, Tx},
    execute,
    tickets::rules::{
        PROJECTION,
        document::{Document, FORM},
    },
};
use sqlx::AssertSqlSafe;

use super::Row;

/// What FTS5 collects in memory before it writes, in bytes: meanwhile, and by itself.
const HASH_SIZES: [u32; 2] = [64 << 20, 1 << 20];
const GIN: &str = "CREATE INDEX ticket_search_words ON ticket_search USING GIN (words)";

/// Runs one statement that was made here.
async fn run(tx: &mut Tx, sql: &str) -> anyhow::Result<()> {
    execute!(tx, AssertSqlSafe(sql.to_owned()))?;
    Ok(())
}

async fn set_hash_size(tx: &mut Tx, bytes: u32) -> anyhow::Result<()> {
    let sql = format!("INSERT INTO ticket_search (ticket_search, rank) VALUES ('hashsize', {bytes})");
    run(tx, &sql).await
}

pub(super) async fn prepare(tx: &mut Tx) -> anyhow::Result<()> {
    if tx.is_postgres() {
        // Made at the end, at one go.
        return run(tx, "DROP INDEX ticket_search_words").await;
    }
    run(tx, "PRAGMA cache_size = -400000").await?;
    set_hash_size(tx, HASH_SIZES[0]).await
}

pub(super) async fn finish(tx: &mut Tx) -> anyhow::Result<()> {
    if tx.is_postgres() {
        run(tx, "SET LOCAL maintenance_work_mem = '512MB'").await?;
        run(tx, GIN).await?;
    } else {
        set_hash_size(tx, HASH_SIZES[1]).await?;
    }
    execute!(tx, "UPDATE ticket_search_form SET form = $1", FORM)?;
    Ok(())
}

pub(super) async fn insert(tx: &mut Tx, rows: &[Row]) -> anyhow::Result<()> {
    tickets(tx, rows).await?;
    units(tx, rows).await?;
    events(tx, rows).await?;
    words(tx, rows).await
}

/// `(…), (…)` for so many rows. SQLite looks each numbered place up by its name, which is slow for thousands of them.
fn places(tx: &Tx, rows: usize, columns: &[&str]) -> String {
    let width = columns.len();
    let place = |at: usize, shown: &str| match tx.is_postgres() {
        true => shown.replace('?', &format!("${at}")),
        false => shown.to_owned(),
    };
    let row = |row: usize| {
        let places = (1..)
            .zip(columns)
            .map(|(at, shown)| place(row * width + at, shown));
        format!("({})", places.collect::<Vec<_>>().join(", "))
    };
    (0..rows).map(row).collect::<Vec<_>>().join(", ")
}

/// `insert_rows!(tx, "table (a, b)", places, rows, row => row.a, row.b)`.
macro_rules! insert_rows {
    ($tx:expr, $into:expr, $places:expr, $rows:expr, $row:ident => $($value:expr),+ $(,)?) => {{
        let sql = format!("INSERT INTO {} VALUES {}", $into, places($tx, $rows.len(), $places));
        match $tx.connection() {
            Connection::Sqlite(connection) => {
                let mut query = sqlx::query(AssertSqlSafe(sql));
                for $row in $rows { query = query$(.bind($value))+; }
                query.execute(connection).await?;
            }
            Connection::Postgres(connection) => {
                let mut query = sqlx::query(AssertSqlSafe(sql));
                for $row in $rows { query = query$(.bind($value))+; }
                query.execute(connection).await?;
            }
        }
    }};
}

const TICKETS: &str = "tickets (number, state, source, title, content, kind, class_code, band, caller, caller_name, contact_phone, \
    place, place_code, unit_code, operator, created_at, updated_at, version, events, body, projection)";

async fn tickets(tx: &mut Tx, rows: &[Row]) -> anyhow::Result<()> {
    let mut whole = Vec::new();
    for Row { ticket, .. } in rows {
        // An older form has the daemon make the row anew, with all that hangs on it.
        let form = if ticket.state.is_open() { 0 } else { PROJECTION };
        whole.push((ticket, serde_json::to_string(&ticket.body)?, form));
    }
    insert_rows!(tx, TICKETS, &["?"; 21], &whole, row =>
        &row.0.number,
        row.0.state.as_str(),
        row.0.source.as_str(),
        &row.0.title,
        &row.0.content,
        &row.0.kind,
        &row.0.class_code,
        &row.0.band,
        &row.0.caller,
        &row.0.caller_name,
        &row.0.contact_phone,
        &row.0.place,
        &row.0.place_code,
        &row.0.unit_code,
        &row.0.operator,
        row.0.created_at,
        row.0.updated_at,
        row.0.version,
        row.0.events,
        &row.1,
        row.2,
    );
    Ok(())
}

async fn units(tx: &mut Tx, rows: &[Row]) -> anyhow::Result<()> {
    let held: Vec<_> = rows
        .iter()
        .filter_map(|row| Some((row.ticket.body.lead()?.unit_code.as_str(), &row.ticket)))
        .collect();
    if !held.is_empty() {
        let into = "ticket_units (unit_code, created_at, number)";
        insert_rows!(tx, into, &["?"; 3], &held, row => row.0, row.1.created_at, &row.1.number);
    }
    Ok(())
}

async fn events(tx: &mut Tx, rows: &[Row]) -> anyhow::Result<()> {
    let mut all = Vec::new();
    for row in rows {
        for (seq, event) in (1_i64..).zip(&row.events) {
            let (kind, detail) = event.what.to_parts()?;
            all.push((&row.ticket.number, seq, event, kind, detail.to_string()));
        }
    }
    let into = "ticket_events (number, seq, at, actor, kind, detail)";
    insert_rows!(tx, into, &["?"; 6], &all, row =>
        row.0, row.1, row.2.at.timestamp_millis(), &row.2.actor, &row.3, &row.4);
    Ok(())
}

async fn words(tx: &mut Tx, rows: &[Row]) -> anyhow::Result<()> {
    let documents = rows
        .iter()
        .map(|row| (&row.ticket.number, Document::of(&row.ticket)));
    if tx.is_postgres() {
        let vectors: Vec<_> = documents
            .map(|(number, document)| (number, document.vector()))
            .collect();
        let into = "ticket_search (number, words)";
        insert_rows!(tx, into, &["?", "CAST(? AS TSVECTOR)"], &vectors, row => row.0, &row.1);
        return Ok(());
    }
    let mut entries = Vec::new();
    for (number, document) in documents {
        let Document {
            text, person, units, ..
        } = document;
        entries.push((
            number.parse::<i64>()?,
            [text, person, units].map(|words| words.join(" ")),
        ));
    }
    let into = "ticket_search (rowid, text, person, units)";
    insert_rows!(tx, into, &["?"; 4], &entries, row => row.0, &row.1[0], &row.1[1], &row.1[2]);
    Ok(())
}
