//! The SQL of idempotency keys.

use crate::{
    db::{self, Tx},
    execute, fetch_optional,
};

/// One POST with an Idempotency-Key.
pub(super) struct Claim {
    pub(super) username: String,
    pub(super) path: String,
    pub(super) key: String,
    pub(super) request_hash: String,
}

/// What the first request with the key was answered; no status: it is still running.
#[derive(sqlx::FromRow)]
pub(super) struct Answer {
    pub(super) request_hash: String,
    pub(super) status: Option<i64>,
    pub(super) content_type: Option<String>,
    pub(super) body: Option<String>,
}

pub(super) async fn sweep_answers(
    tx: &mut Tx,
    answered_before: i64,
    begun_before: i64,
) -> Result<(), db::Error> {
    let sql = "DELETE FROM idempotency_keys WHERE at < $1 OR (status IS NULL AND at < $2)";
    execute!(tx, sql, answered_before, begun_before)?;
    Ok(())
}

/// Whether the key was free.
pub(super) async fn claim_key(tx: &mut Tx, claim: &Claim, now: i64) -> Result<bool, db::Error> {
    let sql = "INSERT INTO idempotency_keys (username, method, path, key, request_hash, at) VALUES ($1, 'POST', $2, $3, $4, $5) \
               ON CONFLICT (username, method, path, key) DO NOTHING";
    let Claim {
        username,
        path,
        key,
        request_hash,
    } = claim;
    Ok(execute!(tx, sql, username, path, key, request_hash, now)? == 1)
}

pub(super) async fn answer(tx: &mut Tx, claim: &Claim) -> Result<Option<Answer>, db::Error> {
    let sql = "SELECT request_hash, status, content_type, body FROM idempotency_keys \
               WHERE username = $1 AND method = 'POST' AND path = $2 AND key = $3";
    fetch_optional!(tx, Answer, sql, &claim.username, &claim.path, &claim.key)
}

pub(super) async fn keep_answer(
    tx: &mut Tx,
    claim: &Claim,
    status: i64,
    content_type: Option<&str>,
    body: &str,
) -> Result<(), db::Error> {
    let sql = "UPDATE idempotency_keys SET status = $4, content_type = $5, body = $6 \
               WHERE username = $1 AND method = 'POST' AND path = $2 AND key = $3";
    execute!(
        tx,
        sql,
        &claim.username,
        &claim.path,
        &claim.key,
        status,
        content_type,
        body
    )?;
    Ok(())
}

pub(super) async fn release_key(tx: &mut Tx, claim: &Claim) -> Result<(), db::Error> {
    let sql =
        "DELETE FROM idempotency_keys WHERE username = $1 AND method = 'POST' AND path = $2 AND key = $3";
    execute!(tx, sql, &claim.username, &claim.path, &claim.key)?;
    Ok(())
}
