//! The SQL of what an office sees and decides: lists of orders, kinds that are held.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::{
    clock::millis,
    db::{
        self, Tx,
        rows::{fetch_listed, placeholders},
        sql::{Sql, fetch_made},
    },
    execute, fetch_all, fetch_optional,
};

/// An order in a list.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(in crate::dialer) struct Entry {
    pub(in crate::dialer) id: i64,
    pub(in crate::dialer) purpose: String,
    pub(in crate::dialer) number: String,
    pub(in crate::dialer) ticket_number: Option<String>,
    pub(in crate::dialer) state: String,
    pub(in crate::dialer) next_at: i64,
    pub(in crate::dialer) created_at: i64,
    pub(in crate::dialer) result: Option<String>,
    pub(in crate::dialer) note: Option<String>,
    pub(in crate::dialer) done_at: Option<i64>,
}

const ENTRY: &str = "id, purpose, number, ticket_number, state, next_at, created_at, result, note, done_at";

/// Which orders are listed, and what they are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::dialer) enum Listed {
    /// The first due first.
    Waiting,
    Dialling,
    /// The last one first.
    Done,
}

impl Listed {
    pub(in crate::dialer) fn of(word: &str) -> Option<Self> {
        match word {
            "" | "waiting" => Some(Self::Waiting),
            "dialling" => Some(Self::Dialling),
            "done" => Some(Self::Done),
            _ => None,
        }
    }

    pub(in crate::dialer) fn key(self, entry: &Entry) -> (i64, i64) {
        match self {
            Self::Done => (entry.done_at.unwrap_or_default(), entry.id),
            _ => (entry.next_at, entry.id),
        }
    }
}

pub(in crate::dialer) async fn page(
    tx: &mut Tx,
    listed: Listed,
    purpose: Option<&str>,
    ticket: Option<&str>,
    (after, limit): (Option<(i64, i64)>, i64),
) -> Result<Vec<Entry>, db::Error> {
    let (state, key, way, order) = match listed {
        Listed::Waiting => ("waiting", "next_at", ">", "ASC"),
        Listed::Dialling => ("dialling", "next_at", ">", "ASC"),
        Listed::Done => ("done", "done_at", "<", "DESC"),
    };
    let mut sql = Sql::new(&format!("SELECT {ENTRY} FROM dial_orders WHERE state = "));
    sql.bind(state);
    for (column, value) in [("purpose", purpose), ("ticket_number", ticket)] {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            sql.push(&format!(" AND {column} = ")).bind(value);
        }
    }
    if let Some((at, id)) = after {
        sql.push(&format!(" AND ({key}, id) {way} (")).bind(at);
        sql.push(", ").bind(id).push(")");
    }
    sql.push(&format!(" ORDER BY {key} {order}, id {order} LIMIT "))
        .bind(limit);
    fetch_made!(tx, Entry, sql)
}

/// An attempt of a listed order.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(in crate::dialer) struct Made {
    pub(in crate::dialer) call_id: String,
    pub(in crate::dialer) order_id: i64,
    pub(in crate::dialer) n: i64,
    pub(in crate::dialer) at: i64,
    pub(in crate::dialer) fate: Option<String>,
}

/// Of these orders, the first first.
pub(in crate::dialer) async fn attempts(tx: &mut Tx, orders: &[i64]) -> Result<Vec<Made>, db::Error> {
    if orders.is_empty() {
        return Ok(vec![]);
    }
    let list = placeholders(1, orders.len());
    let sql = format!(
        "SELECT call_id, order_id, n, at, fate FROM dial_attempts WHERE order_id IN {list} ORDER BY order_id, n"
    );
    fetch_listed!(tx, Made, sql.clone(), orders.iter().copied())
}

/// Of a purpose's waiting orders: all, those that are due, and when the first is due.
pub(in crate::dialer) async fn waiting(
    tx: &mut Tx,
    now: DateTime<Utc>,
) -> Result<BTreeMap<String, (i64, i64, i64)>, db::Error> {
    let sql = "SELECT purpose, COUNT(*), COUNT(CASE WHEN next_at <= $1 THEN 1 END), MIN(next_at) FROM dial_orders \
               WHERE state = 'waiting' GROUP BY purpose";
    let rows = fetch_all!(tx, (String, i64, i64, i64), sql, millis(now))?;
    let pair = |(purpose, all, due, next)| (purpose, (all, due, next));
    Ok(rows.into_iter().map(pair).collect())
}

/// Why and by whom a kind of calls is held.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Pause {
    pub purpose: String,
    pub reason: String,
    pub by: String,
    pub at: i64,
}

pub(in crate::dialer) async fn pauses(tx: &mut Tx) -> Result<Vec<Pause>, db::Error> {
    fetch_all!(
        tx,
        Pause,
        "SELECT purpose, reason, by, at FROM dialer_pauses ORDER BY purpose"
    )
}

pub async fn pause_of(tx: &mut Tx, purpose: &str) -> Result<Option<Pause>, db::Error> {
    let sql = "SELECT purpose, reason, by, at FROM dialer_pauses WHERE purpose = $1";
    fetch_optional!(tx, Pause, sql, purpose)
}

pub(in crate::dialer) async fn pause(tx: &mut Tx, pause: &Pause) -> Result<(), db::Error> {
    let Pause {
        purpose,
        reason,
        by,
        at,
    } = pause;
    let sql = "INSERT INTO dialer_pauses (purpose, reason, by, at) VALUES ($1, $2, $3, $4) \
               ON CONFLICT (purpose) DO UPDATE SET reason = excluded.reason, by = excluded.by, at = excluded.at";
    execute!(tx, sql, purpose, reason, by, *at)?;
    Ok(())
}

pub(in crate::dialer) async fn resume(tx: &mut Tx, purpose: &str) -> Result<bool, db::Error> {
    let sql = "DELETE FROM dialer_pauses WHERE purpose = $1";
    Ok(execute!(tx, sql, purpose)? == 1)
}

pub(in crate::dialer) async fn state_of(tx: &mut Tx, order: i64) -> Result<Option<String>, db::Error> {
    let sql = "SELECT state FROM dial_orders WHERE id = $1";
    Ok(fetch_optional!(tx, (String,), sql, order)?.map(|(state,)| state))
}

/// Why a person cancelled it.
pub(in crate::dialer) async fn note(tx: &mut Tx, order: i64, note: &str) -> Result<(), db::Error> {
    execute!(tx, "UPDATE dial_orders SET note = $2 WHERE id = $1", order, note)?;
    Ok(())
}
