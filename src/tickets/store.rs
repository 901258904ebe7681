//! The SQL of tickets, their events and their search terms.

pub(super) mod agenda;
pub(super) mod catalogue;
pub(super) mod daily;
pub(super) mod inbox;
pub(super) mod list;
pub(super) mod open;
pub(super) mod saved;
pub(super) mod scope;
pub(super) mod search;
pub(super) mod words;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::AssertSqlSafe;

use super::rules::{Event, PROJECTION, Ticket, What, rebuild};
use crate::{
    clock::{from_millis, millis},
    db::{
        self, Tx, for_update,
        rows::{execute_rows, fetch_listed, placeholders},
        sql::{Sql, Value, execute_made},
    },
    execute, fetch_all, fetch_one, fetch_optional,
};

const COLUMNS: &str = "number, state, source, title, content, kind, class_code, band, caller, caller_name, \
    contact_phone, place, place_code, unit_code, operator, created_at, updated_at, version, events, body";

fn encode<T: serde::Serialize>(value: &T) -> Result<String, db::Error> {
    serde_json::to_string(value).map_err(|error| db::Error::Other(sqlx::Error::Encode(error.into())))
}

/// `false`: the number is taken, draw another.
pub(super) async fn insert(tx: &mut Tx, ticket: &Ticket, event: &Event) -> Result<bool, db::Error> {
    let sql = format!(
        "INSERT INTO tickets ({COLUMNS}, projection) VALUES {} ON CONFLICT (number) DO NOTHING",
        placeholders(1, 21)
    );
    let body = encode(&ticket.body)?;
    let Ticket {
        number,
        title,
        content,
        kind,
        class_code,
        band,
        caller,
        ..
    } = ticket;
    let Ticket {
        caller_name,
        contact_phone,
        place,
        place_code,
        unit_code,
        operator,
        ..
    } = ticket;
    let inserted = execute!(
        tx,
        AssertSqlSafe(sql.clone()),
        number,
        ticket.state.as_str(),
        ticket.source.as_str(),
        title,
        content,
        kind,
        class_code,
        band,
        caller,
        caller_name,
        contact_phone,
        place,
        place_code,
        unit_code,
        operator,
        ticket.created_at,
        ticket.updated_at,
        ticket.version,
        ticket.events,
        &body,
        PROJECTION
    )?;
    if inserted == 0 {
        return Ok(false);
    }
    append(tx, number, ticket.events, std::slice::from_ref(event)).await?;
    search::write(tx, ticket).await?;
    Ok(true)
}

/// Stores the ticket after `new` events; `before` is the row as it was. Only what differs is written: each column that is named is an
/// index written anew, whatever is in it.
pub(super) async fn save(
    tx: &mut Tx,
    before: &Ticket,
    ticket: &Ticket,
    new: &[Event],
) -> Result<(), db::Error> {
    let old = columns(before)?;
    let differs = |(column, old): (&Column, &Column)| (column != old).then(|| column.clone());
    let changed = columns(ticket)?.iter().zip(&old).filter_map(differs).collect();
    update(tx, &ticket.number, changed).await?;
    append(tx, &ticket.number, ticket.events, new).await?;
    follow(tx, before, ticket).await
}

/// The row made anew, whatever it was.
async fn save_whole(tx: &mut Tx, ticket: &Ticket) -> Result<(), db::Error> {
    let mut all = columns(ticket)?;
    all.push(("projection", PROJECTION.into()));
    update(tx, &ticket.number, all).await?;
    scope::forget(tx, &ticket.number).await?;
    let nothing = Ticket {
        number: ticket.number.clone(),
        ..Ticket::default()
    };
    follow(tx, &nothing, ticket).await
}

async fn follow(tx: &mut Tx, before: &Ticket, ticket: &Ticket) -> Result<(), db::Error> {
    scope::save(tx, before, ticket).await?;
    search::follow(tx, before, ticket).await
}

type Column = (&'static str, Value);

/// What may change of a row, but for what the agenda keeps in it.
fn columns(ticket: &Ticket) -> Result<Vec<Column>, db::Error> {
    Ok(vec![
        ("state", ticket.state.as_str().into()),
        ("source", ticket.source.as_str().into()),
        ("title", ticket.title.as_str().into()),
        ("content", ticket.content.as_str().into()),
        ("kind", ticket.kind.as_str().into()),
        ("class_code", ticket.class_code.clone().into()),
        ("band", ticket.band.as_str().into()),
        ("caller_name", ticket.caller_name.as_str().into()),
        ("contact_phone", ticket.contact_phone.as_str().into()),
        ("place", ticket.place.as_str().into()),
        ("place_code", ticket.place_code.clone().into()),
        ("unit_code", ticket.unit_code.clone().into()),
        ("operator", ticket.operator.clone().into()),
        ("updated_at", ticket.updated_at.into()),
        ("version", ticket.version.into()),
        ("events", ticket.events.into()),
        ("body", encode(&ticket.body)?.into()),
    ])
}

async fn update(tx: &mut Tx, number: &str, columns: Vec<Column>) -> Result<(), db::Error> {
    if columns.is_empty() {
        return Ok(());
    }
    let mut sql = Sql::new("UPDATE tickets SET ");
    for (at, (name, value)) in columns.into_iter().enumerate() {
        let comma = if at == 0 { "" } else { ", " };
        sql.push(&format!("{comma}{name} = ")).bind(value);
    }
    sql.push(" WHERE number = ").bind(number);
    execute_made!(tx, sql)?;
    Ok(())
}

/// Rows that an older daemon made, made anew. Called until none is left: `true` as long as there were some.
pub(super) async fn rebuild_some(tx: &mut Tx, books: &super::Books) -> Result<bool, db::Error> {
    let old = fetch_all!(
        tx,
        (String,),
        "SELECT number FROM tickets WHERE projection < $1 LIMIT 200",
        PROJECTION
    )?;
    for (number,) in &old {
        let Some(ticket) = rebuilt(tx, number).await? else {
            // A row without events says nothing that could be rebuilt.
            execute!(
                tx,
                "UPDATE tickets SET projection = $2 WHERE number = $1",
                number,
                PROJECTION
            )?;
            continue;
        };
        save_whole(tx, &ticket).await?;
        super::inbox::shelve(tx, &ticket, books).await?;
    }
    Ok(!old.is_empty())
}

async fn append(tx: &mut Tx, number: &str, last: i64, events: &[Event]) -> Result<(), db::Error> {
    if events.is_empty() {
        return Ok(());
    }
    let first = last - events.len() as i64 + 1;
    let mut rows = Vec::new();
    for (seq, event) in (first..).zip(events) {
        let (kind, detail) = event
            .what
            .to_parts()
            .map_err(|error| db::Error::Other(sqlx::Error::Encode(error.into())))?;
        rows.push((seq, millis(event.at), &event.actor, kind, detail.to_string()));
    }
    let sql = format!(
        "INSERT INTO ticket_events (number, seq, at, actor, kind, detail) VALUES {}",
        placeholders(rows.len(), 6)
    );
    execute_rows!(tx, sql.clone(), &rows, row => number, row.0, row.1, row.2, &row.3, &row.4)?;
    Ok(())
}

/// The ticket as this transaction will change it.
pub async fn lock(tx: &mut Tx, number: &str) -> Result<Option<Ticket>, db::Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM tickets WHERE number = $1{}",
        for_update(tx)
    );
    fetch_optional!(tx, Ticket, AssertSqlSafe(sql.clone()), number)
}

pub async fn find(tx: &mut Tx, number: &str) -> Result<Option<Ticket>, db::Error> {
    let sql = format!("SELECT {COLUMNS} FROM tickets WHERE number = $1");
    fetch_optional!(tx, Ticket, AssertSqlSafe(sql.clone()), number)
}

/// The tickets of these numbers, in their order.
pub(super) async fn by_numbers(tx: &mut Tx, numbers: &[&str]) -> Result<Vec<Ticket>, db::Error> {
    if numbers.is_empty() {
        return Ok(vec![]);
    }
    let list = placeholders(1, numbers.len());
    let sql = format!("SELECT {COLUMNS} FROM tickets WHERE number IN {list}");
    let mut found = fetch_listed!(tx, Ticket, sql.clone(), numbers.iter().copied())?;
    found.sort_by_key(|ticket| numbers.iter().position(|number| *number == ticket.number));
    Ok(found)
}

/// Other tickets of a number, newest first.
pub async fn history(tx: &mut Tx, caller: &str, but: &str, limit: i64) -> Result<Vec<Ticket>, db::Error> {
    if caller.is_empty() {
        return Ok(vec![]);
    }
    let sql = format!(
        "SELECT {COLUMNS} FROM tickets WHERE caller = $1 AND number <> $2 ORDER BY created_at DESC, number DESC LIMIT $3"
    );
    fetch_all!(tx, Ticket, AssertSqlSafe(sql.clone()), caller, but, limit)
}

/// Others of the same class at the same place, newest first.
pub(super) async fn related(
    tx: &mut Tx,
    ticket: &Ticket,
    since: i64,
    limit: i64,
) -> Result<Vec<Ticket>, db::Error> {
    let (Some(class), Some(place)) = (&ticket.class_code, &ticket.place_code) else {
        return Ok(vec![]);
    };
    let sql = format!(
        "SELECT {COLUMNS} FROM tickets WHERE place_code = $1 AND class_code = $2 AND created_at >= $3 AND number <> $4 \
         ORDER BY created_at DESC, number DESC LIMIT $5"
    );
    let number = &ticket.number;
    fetch_all!(
        tx,
        Ticket,
        AssertSqlSafe(sql.clone()),
        place,
        class,
        since,
        number,
        limit
    )
}

#[derive(Debug, Clone, sqlx::FromRow)]
struct EventRow {
    at: i64,
    actor: Option<String>,
    kind: String,
    detail: String,
}

pub async fn events(tx: &mut Tx, number: &str) -> Result<Vec<Event>, db::Error> {
    let sql = "SELECT at, actor, kind, detail FROM ticket_events WHERE number = $1 ORDER BY seq";
    let rows = fetch_all!(tx, EventRow, sql, number)?;
    rows.into_iter()
        .map(|row| read_event(row).map_err(|error| db::Error::Other(sqlx::Error::Decode(error.into()))))
        .collect()
}

fn read_event(row: EventRow) -> Result<Event, serde_json::Error> {
    let what = What::from_parts(&row.kind, serde_json::from_str(&row.detail)?)?;
    Ok(Event {
        at: from_millis(row.at),
        actor: row.actor,
        what,
    })
}

/// The row as its events say it should be.
pub async fn rebuilt(tx: &mut Tx, number: &str) -> Result<Option<Ticket>, db::Error> {
    Ok(rebuild(number, &events(tx, number).await?))
}

/// Names of people, for a timeline.
pub(super) async fn names(tx: &mut Tx, usernames: &[&str]) -> Result<HashMap<String, String>, db::Error> {
    crate::calls::display_names(tx, usernames).await
}

#[derive(Debug, Clone, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Today {
    pub created: i64,
    pub closed: i64,
}

pub async fn today(tx: &mut Tx, from: DateTime<Utc>) -> Result<Today, db::Error> {
    let sql = "SELECT (SELECT COUNT(*) FROM tickets WHERE created_at >= $1) AS created, \
               (SELECT COUNT(*) FROM tickets WHERE state IN ('closed', 'filed') AND updated_at >= $1) AS closed";
    fetch_one!(tx, Today, sql, millis(from))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        app::{App, Registry},
        clock::{MockClock, Rng},
        config::Config,
        tickets::{Source, open, upgrade},
    };

    #[tokio::test]
    async fn rows_of_an_older_daemon_are_made_anew_from_their_events() {
        let (db, dir) = crate::db::fresh().await;
        let clock = MockClock::new(from_millis(1_800_000_000_000)).clock();
        let config = Config::local(dir.path());
        let app = App::new(db, clock, Rng::seeded(1), config, Registry::default());
        let mut tx = app.db.begin().await.expect("begin");
        let actor = crate::tickets::Actor::System;
        let ticket = open(&mut tx, &app.rng, app.clock.now(), Source::Manual, None, &actor)
            .await
            .expect("opened");
        execute!(
            tx,
            "UPDATE tickets SET projection = 1, state = 'redo', title = '旧'"
        )
        .expect("spoiled");
        tx.commit().await.expect("commit");
        upgrade(&app).await.expect("upgraded");
        let mut tx = app.db.read().await.expect("read");
        assert_eq!(find(&mut tx, &ticket.number).await.expect("found"), Some(ticket));
    }
}
