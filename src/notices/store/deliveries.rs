//! The SQL of what went out.

use chrono::{DateTime, Utc};

use crate::{
    clock::millis,
    db::{self, Tx},
    execute, fetch_all, fetch_optional,
    notices::rules::Recipient,
};

/// A message that is to go out.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(in crate::notices) struct Due {
    pub(in crate::notices) id: i64,
    pub(in crate::notices) channel: String,
    pub(in crate::notices) address: String,
    pub(in crate::notices) state: String,
    pub(in crate::notices) number: String,
    pub(in crate::notices) text: String,
    pub(in crate::notices) notice_at: i64,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(in crate::notices) struct Delivery {
    pub(in crate::notices) id: i64,
    pub(in crate::notices) notice_id: i64,
    pub(in crate::notices) number: String,
    pub(in crate::notices) unit_code: Option<String>,
    pub(in crate::notices) channel: String,
    pub(in crate::notices) contact: String,
    pub(in crate::notices) address: String,
    pub(in crate::notices) state: String,
    pub(in crate::notices) at: i64,
    pub(in crate::notices) sent_at: Option<i64>,
    pub(in crate::notices) error: Option<String>,
}

/// None when it was there before.
pub(in crate::notices) async fn insert(
    tx: &mut Tx,
    now: DateTime<Utc>,
    notice: i64,
    to: &Recipient,
) -> Result<Option<i64>, db::Error> {
    let sql = "INSERT INTO notice_deliveries (notice_id, channel, contact, address, state, at) \
               VALUES ($1, $2, $3, $4, 'waiting', $5) ON CONFLICT (notice_id, channel, address) DO NOTHING RETURNING id";
    let row = fetch_optional!(
        tx,
        (i64,),
        sql,
        notice,
        to.channel,
        &to.contact,
        &to.address,
        millis(now)
    )?;
    Ok(row.map(|(id,)| id))
}

pub(in crate::notices) async fn find(tx: &mut Tx, id: i64) -> Result<Option<Due>, db::Error> {
    let sql = "SELECT d.id, d.channel, d.address, d.state, n.number, n.text, n.at AS notice_at \
               FROM notice_deliveries d JOIN notices n ON n.id = d.notice_id WHERE d.id = $1";
    fetch_optional!(tx, Due, sql, id)
}

pub(in crate::notices) async fn note(
    tx: &mut Tx,
    id: i64,
    state: &str,
    sent_at: Option<DateTime<Utc>>,
    error: Option<&str>,
) -> Result<(), db::Error> {
    let sql =
        "UPDATE notice_deliveries SET state = $2, sent_at = $3, error = COALESCE($4, error) WHERE id = $1";
    execute!(tx, sql, id, state, sent_at.map(millis), error)?;
    Ok(())
}

/// The latest first.
pub(in crate::notices) async fn list(
    tx: &mut Tx,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<Delivery>, db::Error> {
    let sql = "SELECT d.id, d.notice_id, n.number, n.unit_code, d.channel, d.contact, d.address, d.state, d.at, d.sent_at, d.error \
               FROM notice_deliveries d JOIN notices n ON n.id = d.notice_id WHERE d.id < $1 ORDER BY d.id DESC LIMIT $2";
    fetch_all!(tx, Delivery, sql, before.unwrap_or(i64::MAX), limit)
}
