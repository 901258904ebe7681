//! The SQL of transcripts.

use super::{Recognised, Segment, Side};
use crate::{
    clock::millis,
    db::{
        self, Tx,
        rows::{execute_rows, placeholders},
    },
    execute, fetch_all, fetch_optional,
};

#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Transcript {
    pub call_id: String,
    pub engine: String,
    pub error: Option<String>,
}

#[derive(sqlx::FromRow)]
struct SegmentRow {
    side: String,
    start_ms: i64,
    end_ms: i64,
    text: String,
}

pub(super) async fn find(tx: &mut Tx, call_id: &str) -> Result<Option<Transcript>, db::Error> {
    let sql = "SELECT call_id, engine, error FROM transcripts WHERE call_id = $1";
    fetch_optional!(tx, Transcript, sql, call_id)
}

pub async fn segments(tx: &mut Tx, call_id: &str) -> Result<Vec<Segment>, db::Error> {
    let sql = "SELECT side, start_ms, end_ms, text FROM transcript_segments WHERE call_id = $1 ORDER BY n";
    let rows = fetch_all!(tx, SegmentRow, sql, call_id)?;
    let side = |text: &str| {
        if text == Side::Citizen.as_str() {
            Side::Citizen
        } else {
            Side::Office
        }
    };
    let segment = |row: SegmentRow| Segment {
        side: side(&row.side),
        start_ms: row.start_ms,
        end_ms: row.end_ms,
        text: row.text,
    };
    Ok(rows.into_iter().map(segment).collect())
}

/// Replaces what there was: a job may run twice.
pub(super) async fn save(
    tx: &mut Tx,
    call_id: &str,
    found: &Recognised,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<(), db::Error> {
    note(tx, call_id, &found.engine, None, now).await?;
    execute!(tx, "DELETE FROM transcript_segments WHERE call_id = $1", call_id)?;
    let rows: Vec<_> = (1_i64..).zip(&found.segments).collect();
    for chunk in rows.chunks(200) {
        let sql = format!(
            "INSERT INTO transcript_segments (call_id, n, side, start_ms, end_ms, text) VALUES {}",
            placeholders(chunk.len(), 6)
        );
        execute_rows!(tx, sql.clone(), chunk, row =>
            call_id, row.0, row.1.side.as_str(), row.1.start_ms, row.1.end_ms, &row.1.text)?;
    }
    Ok(())
}

pub(super) async fn note(
    tx: &mut Tx,
    call_id: &str,
    engine: &str,
    error: Option<&str>,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<(), db::Error> {
    let sql = "INSERT INTO transcripts (call_id, engine, error, at) VALUES ($1, $2, $3, $4) \
               ON CONFLICT (call_id) DO UPDATE SET engine = excluded.engine, error = excluded.error, at = excluded.at";
    execute!(tx, sql, call_id, engine, error, millis(now))?;
    Ok(())
}
