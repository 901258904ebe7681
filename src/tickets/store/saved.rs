//! The SQL of saved searches.

use crate::{
    db::{self, Tx},
    execute, fetch_all, fetch_one, fetch_optional, scalar,
};

#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(in crate::tickets) struct Saved {
    pub(in crate::tickets) id: i64,
    pub(in crate::tickets) owner: String,
    pub(in crate::tickets) name: String,
    pub(in crate::tickets) query: String,
    pub(in crate::tickets) role: Option<String>,
}

/// What a person asks to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::tickets) struct Draft {
    pub(in crate::tickets) name: String,
    pub(in crate::tickets) query: String,
    pub(in crate::tickets) role: Option<String>,
}

/// A person's own first, then what is shared with the role.
pub(in crate::tickets) async fn of(tx: &mut Tx, owner: &str, role: &str) -> Result<Vec<Saved>, db::Error> {
    let sql = "SELECT id, owner, name, query, role FROM ticket_views WHERE owner = $1 OR role = $2 \
               ORDER BY CASE WHEN owner = $1 THEN 0 ELSE 1 END, name, id";
    fetch_all!(tx, Saved, sql, owner, role)
}

pub(in crate::tickets) async fn count(tx: &mut Tx, owner: &str) -> Result<i64, db::Error> {
    let sql = "SELECT COUNT(*) FROM ticket_views WHERE owner = $1";
    scalar!(tx, i64, sql, owner)
}

pub(in crate::tickets) async fn insert(
    tx: &mut Tx,
    owner: &str,
    draft: &Draft,
    now: i64,
) -> Result<Saved, db::Error> {
    let sql = "INSERT INTO ticket_views (owner, name, query, role, updated_at) VALUES ($1, $2, $3, $4, $5) \
               RETURNING id, owner, name, query, role";
    let Draft { name, query, role } = draft;
    fetch_one!(tx, Saved, sql, owner, name, query, role, now)
}

/// None: the person has no such search.
pub(in crate::tickets) async fn update(
    tx: &mut Tx,
    id: i64,
    owner: &str,
    draft: &Draft,
    now: i64,
) -> Result<Option<Saved>, db::Error> {
    let sql = "UPDATE ticket_views SET name = $3, query = $4, role = $5, updated_at = $6 WHERE id = $1 AND owner = $2 \
               RETURNING id, owner, name, query, role";
    let Draft { name, query, role } = draft;
    fetch_optional!(tx, Saved, sql, id, owner, name, query, role, now)
}

pub(in crate::tickets) async fn delete(tx: &mut Tx, id: i64, owner: &str) -> Result<bool, db::Error> {
    let sql = "DELETE FROM ticket_views WHERE id = $1 AND owner = $2";
    Ok(execute!(tx, sql, id, owner)? == 1)
}
