//! The SQL of settings.

use crate::{
    db::{self, Tx},
    execute, fetch_all, fetch_optional,
};

#[derive(sqlx::FromRow)]
pub(super) struct Row {
    pub(super) name: String,
    pub(super) version: i64,
    pub(super) body: String,
    pub(super) at: i64,
    pub(super) by: String,
}

pub(super) async fn all(tx: &mut Tx, kind: &str) -> Result<Vec<Row>, db::Error> {
    let sql = "SELECT name, version, body, at, by FROM settings s WHERE kind = $1 AND version = \
               (SELECT MAX(version) FROM settings WHERE kind = s.kind AND name = s.name) ORDER BY name";
    fetch_all!(tx, Row, sql, kind)
}

pub(super) async fn current(tx: &mut Tx, kind: &str, name: &str) -> Result<Option<Row>, db::Error> {
    let sql = "SELECT name, version, body, at, by FROM settings WHERE kind = $1 AND name = $2 ORDER BY version DESC LIMIT 1";
    fetch_optional!(tx, Row, sql, kind, name)
}

pub(super) async fn versions(tx: &mut Tx, kind: &str, name: &str) -> Result<Vec<Row>, db::Error> {
    let sql = "SELECT name, version, body, at, by FROM settings WHERE kind = $1 AND name = $2 ORDER BY version DESC";
    fetch_all!(tx, Row, sql, kind, name)
}

pub(super) async fn version(
    tx: &mut Tx,
    kind: &str,
    name: &str,
    version: i64,
) -> Result<Option<Row>, db::Error> {
    let sql =
        "SELECT name, version, body, at, by FROM settings WHERE kind = $1 AND name = $2 AND version = $3";
    fetch_optional!(tx, Row, sql, kind, name, version)
}

pub(super) async fn insert(
    tx: &mut Tx,
    kind: &str,
    name: &str,
    version: i64,
    body: &str,
    at: i64,
    by: &str,
) -> Result<(), db::Error> {
    let sql = "INSERT INTO settings (kind, name, version, body, at, by) VALUES ($1, $2, $3, $4, $5, $6)";
    execute!(tx, sql, kind, name, version, body, at, by)?;
    Ok(())
}

/// The prompts a flow may name.
pub(super) async fn prompt_names(tx: &mut Tx) -> Result<Vec<String>, db::Error> {
    let sql = "SELECT name FROM prompts UNION SELECT r.name FROM prompt_recordings r WHERE r.file IS NOT NULL \
               AND r.id = (SELECT MAX(id) FROM prompt_recordings WHERE name = r.name) ORDER BY name";
    let rows = fetch_all!(tx, (String,), sql)?;
    Ok(rows.into_iter().map(|(name,)| name).collect())
}

/// `version` is that from which the draft was begun.
pub(super) async fn draft(tx: &mut Tx, name: &str) -> Result<Option<Row>, db::Error> {
    let sql = "SELECT name, base AS version, body, at, by FROM flow_drafts WHERE name = $1";
    fetch_optional!(tx, Row, sql, name)
}

pub(super) async fn drafts(tx: &mut Tx) -> Result<Vec<Row>, db::Error> {
    let sql = "SELECT name, base AS version, body, at, by FROM flow_drafts ORDER BY name";
    fetch_all!(tx, Row, sql)
}

pub(super) async fn put_draft(
    tx: &mut Tx,
    name: &str,
    body: &str,
    base: i64,
    at: i64,
    by: &str,
) -> Result<(), db::Error> {
    let sql = "INSERT INTO flow_drafts (name, body, base, at, by) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (name) \
               DO UPDATE SET body = excluded.body, base = excluded.base, at = excluded.at, by = excluded.by";
    execute!(tx, sql, name, body, base, at, by)?;
    Ok(())
}

pub(super) async fn delete_draft(tx: &mut Tx, name: &str) -> Result<u64, db::Error> {
    execute!(tx, "DELETE FROM flow_drafts WHERE name = $1", name)
}
