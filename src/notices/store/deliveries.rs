//! The SQL of what went out.

use chrono::{DateTime, Utc};

use crate::{
    clock::millis,
    db::{self, Tx},
    execute, fetch_all, fetch_optional,
    notices::{CITIZEN, rules::Recipient},
};

/// A message that is to go out.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(in crate::notices) struct Due {
    pub(in crate::notices) id: i64,
    pub(in crate::notices) channel: String,
    pub(in crate::notices) address: String,
    pub(in crate::notices) state: String,
    pub(in crate::notices) number: String,
    pub(in crate::notices) timer: String,
    pub(in crate::notices) text: String,
    pub(in crate::notices) notice_at: i64,
    /// How often it was refused and is a new message since.
    pub(in crate::notices) round: i64,
}

/// What a citizen was told.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Told {
    pub at: i64,
    pub text: String,
    /// waiting, sending, sent, failed, off
    pub state: String,
    pub sent_at: Option<i64>,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(in crate::notices) struct Delivery {
    pub(in crate::notices) id: i64,
    pub(in crate::notices) notice_id: i64,
    pub(in crate::notices) number: String,
    pub(in crate::notices) unit_code: Option<String>,
    pub(in crate::notices) timer: String,
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
    urgent: bool,
) -> Result<Option<i64>, db::Error> {
    let sql = "INSERT INTO notice_deliveries (notice_id, channel, contact, address, state, at, urgent) \
               VALUES ($1, $2, $3, $4, 'waiting', $5, $6) ON CONFLICT (notice_id, channel, address) DO NOTHING RETURNING id";
    let row = fetch_optional!(
        tx,
        (i64,),
        sql,
        notice,
        to.channel,
        &to.contact,
        &to.address,
        millis(now),
        urgent
    )?;
    Ok(row.map(|(id,)| id))
}

pub(in crate::notices) async fn find(tx: &mut Tx, id: i64) -> Result<Option<Due>, db::Error> {
    let sql = "SELECT d.id, d.channel, d.address, d.state, n.number, n.timer, n.text, n.at AS notice_at, d.round \
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

/// What failed is given up; whether it may have been taken all the same is kept for who sends it again.
pub(in crate::notices) async fn fail(
    tx: &mut Tx,
    id: i64,
    error: &str,
    unsure: bool,
) -> Result<(), db::Error> {
    let sql = "UPDATE notice_deliveries SET state = 'failed', sent_at = NULL, error = $2, unsure = $3 WHERE id = $1";
    execute!(tx, sql, id, error, unsure)?;
    Ok(())
}

/// Puts one that did not get there on its way once more, and says whether it is urgent; none: there is nothing to send again. One that may
/// have been taken stays the same message, so that the gateway is asked before it hears it twice.
pub(in crate::notices) async fn renew(tx: &mut Tx, id: i64) -> Result<Option<bool>, db::Error> {
    let sql = "UPDATE notice_deliveries SET state = CASE WHEN unsure THEN 'sending' ELSE 'waiting' END, \
               round = round + CASE WHEN unsure THEN 0 ELSE 1 END, unsure = FALSE, error = NULL \
               WHERE id = $1 AND state IN ('failed', 'off') RETURNING urgent";
    Ok(fetch_optional!(tx, (bool,), sql, id)?.map(|(urgent,)| urgent))
}

pub(in crate::notices) async fn exists(tx: &mut Tx, id: i64) -> Result<bool, db::Error> {
    let sql = "SELECT id FROM notice_deliveries WHERE id = $1";
    Ok(fetch_optional!(tx, (i64,), sql, id)?.is_some())
}

/// The latest first; `state`: only those.
pub(in crate::notices) async fn list(
    tx: &mut Tx,
    state: Option<&str>,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<Delivery>, db::Error> {
    let before = before.unwrap_or(i64::MAX);
    let columns = "SELECT d.id, d.notice_id, n.number, n.unit_code, n.timer, d.channel, d.contact, d.address, d.state, d.at, d.sent_at, d.error \
         FROM notice_deliveries d JOIN notices n ON n.id = d.notice_id WHERE";
    match state {
        Some(state) => {
            let sql = format!("{columns} d.state = $1 AND d.id < $2 ORDER BY d.id DESC LIMIT $3");
            fetch_all!(
                tx,
                Delivery,
                sqlx::AssertSqlSafe(sql.clone()),
                state,
                before,
                limit
            )
        }
        None => {
            let sql = format!("{columns} d.id < $1 ORDER BY d.id DESC LIMIT $2");
            fetch_all!(tx, Delivery, sqlx::AssertSqlSafe(sql.clone()), before, limit)
        }
    }
}

pub(in crate::notices) async fn told(tx: &mut Tx, number: &str) -> Result<Vec<Told>, db::Error> {
    let sql = "SELECT n.at, n.text, d.state, d.sent_at FROM notices n JOIN notice_deliveries d ON d.notice_id = n.id \
               WHERE n.number = $1 AND n.timer = $2 ORDER BY n.id";
    fetch_all!(tx, Told, sql, number, CITIZEN)
}
