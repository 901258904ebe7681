//! The SQL of prompts.

use crate::{
    db::{self, Tx},
    execute, fetch_all,
};

/// A prompt as it is heard now.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct Prompt {
    pub name: String,
    pub text: String,
    /// Of the provisioning folder; absolute. Empty for one that the county added.
    pub shipped: String,
    /// Of the county; below the data directory.
    pub file: Option<String>,
    /// shipped, uploaded, recorded, synthesised
    pub source: String,
    pub loudness: Option<f64>,
    pub at: Option<i64>,
    pub by: Option<String>,
}

pub async fn all(tx: &mut Tx) -> Result<Vec<Prompt>, db::Error> {
    // The newest of each name; one that was reset counts for nothing.
    let sql = "WITH newest AS (SELECT r.* FROM prompt_recordings r \
                 WHERE r.id = (SELECT MAX(id) FROM prompt_recordings WHERE name = r.name) AND r.file IS NOT NULL) \
               SELECT p.name AS name, COALESCE(n.text, p.text) AS text, p.path AS shipped, n.file AS file, \
                 COALESCE(n.source, 'shipped') AS source, n.loudness AS loudness, n.at AS at, n.by AS by \
               FROM prompts p LEFT JOIN newest n ON n.name = p.name \
               UNION ALL \
               SELECT n.name, n.text, '', n.file, n.source, n.loudness, n.at, n.by FROM newest n \
               WHERE NOT EXISTS (SELECT 1 FROM prompts p WHERE p.name = n.name) ORDER BY name";
    fetch_all!(tx, Prompt, sql)
}

pub(super) struct Recording<'r> {
    pub(super) name: &'r str,
    pub(super) text: &'r str,
    /// None brings the shipped prompt back.
    pub(super) file: Option<&'r str>,
    pub(super) source: &'r str,
    pub(super) duration_ms: i64,
    pub(super) loudness: Option<f64>,
    pub(super) at: i64,
    pub(super) by: &'r str,
}

pub(super) async fn insert(tx: &mut Tx, new: &Recording<'_>) -> Result<(), db::Error> {
    let sql = "INSERT INTO prompt_recordings (name, text, file, source, duration_ms, loudness, at, by) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    execute!(
        tx,
        sql,
        new.name,
        new.text,
        new.file,
        new.source,
        new.duration_ms,
        new.loudness,
        new.at,
        new.by
    )?;
    Ok(())
}
