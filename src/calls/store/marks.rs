//! What the office knows of numbers.

use crate::{
    db::{self, Tx},
    execute, fetch_all, fetch_optional,
};

#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Marked {
    pub number: String,
    /// A JSON list of words.
    pub marks: String,
    pub note: String,
    pub at: i64,
    pub by: String,
}

impl Marked {
    pub fn words(&self) -> Vec<String> {
        serde_json::from_str(&self.marks).unwrap_or_default()
    }
}

/// The marks of a number; none for one that nobody marked.
pub async fn marks_of(tx: &mut Tx, number: &str) -> Result<Vec<String>, db::Error> {
    let sql = "SELECT number, marks, note, at, by FROM caller_marks WHERE number = $1";
    let found = fetch_optional!(tx, Marked, sql, number)?;
    Ok(found.map(|marked| marked.words()).unwrap_or_default())
}

/// The last changed first; `after` is when the last one shown was changed, and its number.
pub async fn marked_numbers(
    tx: &mut Tx,
    after: Option<(i64, String)>,
    limit: i64,
) -> Result<Vec<Marked>, db::Error> {
    let (at, number) = after.unwrap_or((i64::MAX, String::new()));
    let sql = "SELECT number, marks, note, at, by FROM caller_marks WHERE at < $1 OR (at = $1 AND number > $2) \
               ORDER BY at DESC, number LIMIT $3";
    fetch_all!(tx, Marked, sql, at, number, limit)
}

pub async fn mark_number(tx: &mut Tx, marked: &Marked) -> Result<(), db::Error> {
    let sql = "INSERT INTO caller_marks (number, marks, note, at, by) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (number) \
               DO UPDATE SET marks = excluded.marks, note = excluded.note, at = excluded.at, by = excluded.by";
    execute!(
        tx,
        sql,
        &marked.number,
        &marked.marks,
        &marked.note,
        marked.at,
        &marked.by
    )?;
    Ok(())
}

pub async fn unmark_number(tx: &mut Tx, number: &str) -> Result<u64, db::Error> {
    execute!(tx, "DELETE FROM caller_marks WHERE number = $1", number)
}
