//! The SQL of messages.

use chrono::{DateTime, Utc};

use super::Draft;
use crate::{
    clock::millis,
    db::{self, Tx},
    fetch_all, fetch_one,
};

#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Message {
    pub id: i64,
    pub at: i64,
    pub kind: String,
    pub sender: String,
    pub sender_name: String,
    pub recipient: Option<String>,
    pub call_id: Option<String>,
    pub text: String,
}

pub(super) async fn insert(
    tx: &mut Tx,
    now: DateTime<Utc>,
    sender: &str,
    draft: &Draft,
) -> Result<Message, db::Error> {
    let sql = "INSERT INTO messages (at, kind, sender, recipient, call_id, text) VALUES ($1, $2, $3, $4, $5, $6) \
               RETURNING id, at, kind, sender, (SELECT display_name FROM users WHERE username = sender) AS sender_name, \
               recipient, call_id, text";
    let kind = if draft.is_help { "help" } else { "message" };
    let Draft {
        to, call_id, text, ..
    } = draft;
    fetch_one!(tx, Message, sql, millis(now), kind, sender, to, call_id, text)
}

/// What a person was told or said, newest first; supervisors also hear the cries for help.
pub(super) async fn of_person(
    tx: &mut Tx,
    username: &str,
    is_supervisor: bool,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<Message>, db::Error> {
    let sql = "SELECT m.id, m.at, m.kind, m.sender, u.display_name AS sender_name, m.recipient, m.call_id, m.text \
               FROM messages m JOIN users u ON u.username = m.sender \
               WHERE (m.sender = $1 OR m.recipient = $1 OR (m.recipient IS NULL AND (m.kind = 'message' OR $2))) AND m.id < $3 \
               ORDER BY m.id DESC LIMIT $4";
    let before = before.unwrap_or(i64::MAX);
    fetch_all!(tx, Message, sql, username, is_supervisor, before, limit)
}
