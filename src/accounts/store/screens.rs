//! The SQL of the hall's screens.

use crate::{
    accounts::screens::Screen,
    db::{self, Tx},
    execute, fetch_all, fetch_optional,
};

pub(in crate::accounts) async fn all(tx: &mut Tx) -> Result<Vec<Screen>, db::Error> {
    fetch_all!(
        tx,
        Screen,
        "SELECT id, name, created_by, created_at, seen_at FROM wallboard_screens ORDER BY created_at, id"
    )
}

pub(in crate::accounts) async fn insert(
    tx: &mut Tx,
    screen: &Screen,
    token_hash: &str,
) -> Result<(), db::Error> {
    let sql = "INSERT INTO wallboard_screens (id, name, token_hash, created_by, created_at) VALUES ($1, $2, $3, $4, $5)";
    execute!(
        tx,
        sql,
        &screen.id,
        &screen.name,
        token_hash,
        &screen.created_by,
        screen.created_at
    )?;
    Ok(())
}

pub(in crate::accounts) async fn delete(tx: &mut Tx, id: &str) -> Result<bool, db::Error> {
    Ok(execute!(tx, "DELETE FROM wallboard_screens WHERE id = $1", id)? == 1)
}

pub(in crate::accounts) async fn by_token(
    tx: &mut Tx,
    token_hash: &str,
) -> Result<Option<Screen>, db::Error> {
    let sql = "SELECT id, name, created_by, created_at, seen_at FROM wallboard_screens WHERE token_hash = $1";
    fetch_optional!(tx, Screen, sql, token_hash)
}

pub(in crate::accounts) async fn touch(tx: &mut Tx, id: &str, now: i64) -> Result<(), db::Error> {
    execute!(
        tx,
        "UPDATE wallboard_screens SET seen_at = $2 WHERE id = $1",
        id,
        now
    )?;
    Ok(())
}
