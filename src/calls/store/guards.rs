//! Calls of confidential tickets: closed to all but the ticket's named readers.

use std::collections::{BTreeSet, HashSet};

use crate::{
    calls::Call,
    db::{
        self, Tx,
        rows::{fetch_listed, placeholders},
    },
    execute,
};

/// Closes the calls of a ticket, these and those to come, to all but `readers`; none opens them again.
pub async fn set_readers(
    tx: &mut Tx,
    number: &str,
    readers: Option<&BTreeSet<String>>,
) -> Result<(), db::Error> {
    execute!(tx, "DELETE FROM confidential_readers WHERE number = $1", number)?;
    let Some(readers) = readers else {
        execute!(tx, "DELETE FROM confidential_tickets WHERE number = $1", number)?;
        return Ok(());
    };
    let sql = "INSERT INTO confidential_tickets (number) VALUES ($1) ON CONFLICT (number) DO NOTHING";
    execute!(tx, sql, number)?;
    for username in readers {
        let sql = "INSERT INTO confidential_readers (number, username) VALUES ($1, $2)";
        execute!(tx, sql, number, username)?;
    }
    Ok(())
}

/// Which of these calls belong to a confidential ticket that does not name `username`.
pub async fn closed(tx: &mut Tx, ids: &[&str], username: &str) -> Result<HashSet<String>, db::Error> {
    if ids.is_empty() {
        return Ok(HashSet::new());
    }
    let (list, reader) = (placeholders(1, ids.len()), ids.len() + 1);
    let sql = format!(
        "SELECT t.id FROM (SELECT id, ticket_number FROM calls WHERE id IN {list} UNION \
         SELECT call_id AS id, ticket_number FROM call_tickets WHERE call_id IN {list}) t \
         JOIN confidential_tickets c ON c.number = t.ticket_number WHERE NOT EXISTS \
         (SELECT 1 FROM confidential_readers r WHERE r.number = c.number AND r.username = ${reader})"
    );
    let values = ids.iter().copied().chain([username]);
    let rows = fetch_listed!(tx, (String,), sql.clone(), values)?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Which of these tickets are confidential and do not name `username`.
pub async fn closed_tickets(
    tx: &mut Tx,
    numbers: &[&str],
    username: &str,
) -> Result<HashSet<String>, db::Error> {
    if numbers.is_empty() {
        return Ok(HashSet::new());
    }
    let (list, reader) = (placeholders(1, numbers.len()), numbers.len() + 1);
    let sql = format!(
        "SELECT c.number FROM confidential_tickets c WHERE c.number IN {list} AND NOT EXISTS \
         (SELECT 1 FROM confidential_readers r WHERE r.number = c.number AND r.username = ${reader})"
    );
    let values = numbers.iter().copied().chain([username]);
    let rows = fetch_listed!(tx, (String,), sql.clone(), values)?;
    Ok(rows.into_iter().map(|(number,)| number).collect())
}

/// How a call stands to a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    Open,
    /// Of a confidential ticket that names the person: every look is written down.
    Named,
    Closed,
}

pub async fn access(tx: &mut Tx, call: &Call, username: &str) -> Result<Access, db::Error> {
    // Nobody is named '': what is closed to it is confidential.
    if closed(tx, &[&call.id], "").await?.is_empty() {
        return Ok(Access::Open);
    }
    // Whoever talks with the citizen knows who it is.
    let in_hand = call.ended_at.is_none() && call.operator.as_deref() == Some(username);
    let is_closed = !in_hand && !closed(tx, &[&call.id], username).await?.is_empty();
    Ok(if is_closed { Access::Closed } else { Access::Named })
}
