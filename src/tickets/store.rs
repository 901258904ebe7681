//! The SQL of tickets, their events and their search terms.

pub(super) mod agenda;
pub(super) mod catalogue;
pub(super) mod inbox;
pub(super) mod open;
pub(super) mod scope;
pub(super) mod words;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::AssertSqlSafe;

use super::rules::{Event, PROJECTION, Ticket, What, rebuild, search};
use crate::{
    clock::{from_millis, millis},
    db::{
        self, Tx, for_update,
        rows::{execute_rows, placeholders, typed_nulls},
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
    Ok(true)
}

/// Stores the ticket after `new` events; `before` is the row as it was.
pub(super) async fn save(
    tx: &mut Tx,
    before: &Ticket,
    ticket: &Ticket,
    new: &[Event],
) -> Result<(), db::Error> {
    let sql = "UPDATE tickets SET state = $2, source = $3, title = $4, content = $5, kind = $6, class_code = $7, \
               band = $8, caller_name = $9, contact_phone = $10, place = $11, place_code = $12, unit_code = $13, \
               operator = $14, updated_at = $15, version = $16, events = $17, body = $18, projection = $19 WHERE number = $1";
    let body = encode(&ticket.body)?;
    let Ticket {
        number,
        title,
        content,
        kind,
        class_code,
        band,
        caller_name,
        ..
    } = ticket;
    let Ticket {
        contact_phone,
        place,
        place_code,
        unit_code,
        operator,
        ..
    } = ticket;
    execute!(
        tx,
        sql,
        number,
        ticket.state.as_str(),
        ticket.source.as_str(),
        title,
        content,
        kind,
        class_code,
        band,
        caller_name,
        contact_phone,
        place,
        place_code,
        unit_code,
        operator,
        ticket.updated_at,
        ticket.version,
        ticket.events,
        &body,
        PROJECTION
    )?;
    append(tx, number, ticket.events, new).await?;
    scope::save(tx, before, ticket).await?;
    index(tx, before, ticket).await
}

/// Rows that an older daemon made, made anew. Called until none is left: `true` as long as there were some.
pub(super) async fn rebuild_some(tx: &mut Tx, books: &super::Books) -> Result<bool, db::Error> {
    let old = fetch_all!(
        tx,
        (String,),
        "SELECT number FROM tickets WHERE projection < $1 ORDER BY number LIMIT 200",
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
        scope::forget(tx, number).await?;
        save(
            tx,
            &Ticket {
                number: number.clone(),
                ..Ticket::default()
            },
            &ticket,
            &[],
        )
        .await?;
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

fn searched(ticket: &Ticket) -> std::collections::BTreeSet<String> {
    let Ticket {
        title,
        content,
        caller_name,
        place,
        ..
    } = ticket;
    search::terms(&[title.as_str(), content, caller_name, place].join("\n"))
}

async fn index(tx: &mut Tx, before: &Ticket, after: &Ticket) -> Result<(), db::Error> {
    let (old, new) = (searched(before), searched(after));
    if old == new {
        return Ok(());
    }
    let gone: Vec<_> = old.difference(&new).collect();
    for chunk in gone.chunks(500) {
        let list: Vec<_> = (2..chunk.len() + 2).map(|n| format!("${n}")).collect();
        let sql = format!(
            "DELETE FROM ticket_terms WHERE number = $1 AND term IN ({})",
            list.join(", ")
        );
        let values = std::iter::once(&after.number).chain(chunk.iter().copied());
        execute_rows!(tx, sql.clone(), values, value => value)?;
    }
    let added: Vec<_> = new.difference(&old).collect();
    for chunk in added.chunks(500) {
        let sql = format!(
            "INSERT INTO ticket_terms (term, number) VALUES {} ON CONFLICT (term, number) DO NOTHING",
            placeholders(chunk.len(), 2)
        );
        execute_rows!(tx, sql.clone(), chunk, term => *term, &after.number)?;
    }
    Ok(())
}

/// The ticket as this transaction will change it.
pub(super) async fn lock(tx: &mut Tx, number: &str) -> Result<Option<Ticket>, db::Error> {
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

/// What a list may ask for.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub state: Option<String>,
    pub q: Option<String>,
    pub from: Option<i64>,
    pub to: Option<i64>,
    /// A class, or the beginning of its code: a branch.
    pub class: Option<String>,
    pub unit: Option<String>,
    /// Only what the units of `scope` have to do with.
    pub only_unit: bool,
    pub scope: Vec<String>,
    pub caller: Option<String>,
    pub band: Option<String>,
    /// Creation and number of the last ticket of the page before.
    pub before: Option<(i64, String)>,
    pub limit: i64,
}

/// Newest first.
pub async fn page(tx: &mut Tx, filter: &Filter) -> Result<Vec<Ticket>, db::Error> {
    let query = filter.q.clone().map(Query::read);
    if query.as_ref().is_some_and(Query::is_empty) {
        return Ok(vec![]);
    }
    let sql = page_sql(query.as_ref(), &filter.scope);
    let Filter {
        state,
        from,
        to,
        class,
        unit,
        caller,
        band,
        before,
        limit,
        ..
    } = filter;
    let (at, number) = before
        .clone()
        .map_or((None, None), |(at, number)| (Some(at), Some(number)));
    let terms = query.map(|query| query.values()).unwrap_or_default();
    macro_rules! bound {
        ($connection:expr) => {{
            let mut query = sqlx::query_as::<_, Ticket>(AssertSqlSafe(sql.clone()))
                .bind(state.clone())
                .bind(*from)
                .bind(*to)
                .bind(class.clone().map(|class| format!("{class}%")))
                .bind(unit.clone())
                .bind(caller.clone())
                .bind(band.clone())
                .bind(at)
                .bind(number.clone())
                .bind(*limit)
                .bind(filter.only_unit);
            for code in &filter.scope {
                query = query.bind(code.clone());
            }
            for term in terms {
                query = query.bind(term);
            }
            query.fetch_all($connection).await.map_err(db::Error::from)
        }};
    }
    match tx.connection() {
        db::Connection::Sqlite(connection) => bound!(connection),
        db::Connection::Postgres(connection) => bound!(connection),
    }
}

fn page_sql(query: Option<&Query>, scope: &[String]) -> String {
    let search = query
        .map(|query| query.condition(12 + scope.len()))
        .unwrap_or_default();
    // Without a unit nothing is in scope; an empty list is not SQL.
    let scope = if scope.is_empty() {
        "('')".to_owned()
    } else {
        placeholders_from(12, scope.len())
    };
    let sql = format!(
        "SELECT {COLUMNS} FROM tickets WHERE ($1 IS NULL OR state = $1) AND ($2 IS NULL OR created_at >= $2) \
         AND ($3 IS NULL OR created_at < $3) AND ($4 IS NULL OR class_code LIKE $4) AND ($5 IS NULL OR unit_code = $5) \
         AND ($6 IS NULL OR caller = $6) AND ($7 IS NULL OR band = $7) \
         AND ($8 IS NULL OR created_at < $8 OR (created_at = $8 AND number < $9)) \
         AND (NOT $11 OR number IN (SELECT number FROM ticket_units WHERE unit_code IN {scope})){search} ORDER BY created_at DESC, number DESC LIMIT $10"
    );
    typed_nulls(
        &sql,
        &[
            "TEXT", "BIGINT", "BIGINT", "TEXT", "TEXT", "TEXT", "TEXT", "BIGINT",
        ],
    )
}

/// A search: digits are a number or a telephone, everything else is text.
enum Query {
    Digits(String),
    Text {
        terms: Vec<String>,
        phrases: Vec<String>,
    },
}

impl Query {
    fn read(text: String) -> Self {
        let text = text.trim().to_lowercase();
        if text.len() >= 3 && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Self::Digits(text);
        }
        let terms = search::query_terms(&text).into_iter().take(40).collect();
        let phrases = text
            .split_whitespace()
            .take(8)
            .map(|phrase| format!("%{}%", escape(phrase)))
            .collect();
        Self::Text { terms, phrases }
    }

    fn is_empty(&self) -> bool {
        matches!(self, Self::Text { terms, .. } if terms.is_empty())
    }

    /// The index narrows to tickets that have all pairs; the phrase itself is looked for in those few only.
    fn condition(&self, first: usize) -> String {
        match self {
            Self::Digits(_) => {
                format!(" AND (number LIKE ${first} OR caller LIKE ${first} OR contact_phone LIKE ${first})")
            }
            Self::Text { terms, phrases } => {
                let list: Vec<_> = (first..first + terms.len()).map(|n| format!("${n}")).collect();
                let after = first + terms.len();
                let phrases: String = (after..after + phrases.len())
                    .map(|n| {
                        let text = "LOWER(title || ' ' || content || ' ' || caller_name || ' ' || place)";
                        format!(" AND {text} LIKE ${n} ESCAPE '!'")
                    })
                    .collect();
                format!(
                    " AND number IN (SELECT number FROM ticket_terms WHERE term IN ({}) GROUP BY number \
                     HAVING COUNT(*) = {}){phrases}",
                    list.join(", "),
                    terms.len()
                )
            }
        }
    }

    fn values(self) -> Vec<String> {
        match self {
            Self::Digits(digits) => vec![format!("%{digits}%")],
            Self::Text { terms, phrases } => terms.into_iter().chain(phrases).collect(),
        }
    }
}

/// `($12, $13)`
fn placeholders_from(first: usize, count: usize) -> String {
    let list: Vec<_> = (first..first + count).map(|n| format!("${n}")).collect();
    format!("({})", list.join(", "))
}

fn escape(text: &str) -> String {
    text.replace('!', "!!").replace('%', "!%").replace('_', "!_")
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
