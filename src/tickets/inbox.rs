//! What waits for whom: keeps each ticket on its shelves, in the transaction of every step, and reads an inbox.

use chrono::{DateTime, Utc};

use super::rules::inbox::{self, Inbox, Spot, When, Whose};
use super::rules::{Ticket, timers};
use super::{Actor, Books, scope, store};
use crate::{
    accounts::Role,
    calendar::limits::{Limit, Pauses, Task, count},
    clock::millis,
    db::{self, Tx},
};

/// How far ahead something is due soon.
const SOON: Limit = Limit::WorkingDays(1);

/// Puts the ticket where it now waits.
pub(super) async fn shelve(tx: &mut Tx, ticket: &Ticket, books: &Books) -> Result<(), db::Error> {
    let running = timers::running(ticket, &books.profile);
    let place = |spot: Spot| {
        let due = inbox::clock(&spot, &running).and_then(|clock| books.due(clock)?.due);
        let due = due.map_or(store::inbox::NEVER, millis);
        (spot.shelf.as_str(), spot.unit.unwrap_or_default(), due)
    };
    let places: Vec<_> = inbox::spots(ticket).into_iter().map(place).collect();
    store::inbox::save(tx, &ticket.number, &places).await
}

/// An inbox and how full it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fill {
    pub name: &'static str,
    pub count: i64,
    pub late: i64,
}

/// The inbox of that name, if the actor's role has it.
pub fn find(role: Role, name: &str) -> Option<&'static Inbox> {
    inbox::inboxes(role).find(|inbox| inbox.name == name)
}

/// All of a person's inboxes.
pub async fn counts(
    tx: &mut Tx,
    role: Role,
    unit: Option<&str>,
    now: DateTime<Utc>,
) -> Result<Vec<Fill>, db::Error> {
    let books = super::books(tx).await?;
    let below = below(tx, role, unit).await?;
    let mut fills = Vec::new();
    for inbox in inbox::inboxes(role) {
        let query = query(inbox, unit, &below, &books, now);
        let (count, late) = match query {
            Some(query) => store::inbox::count(tx, &query, millis(now)).await?,
            None => (0, 0),
        };
        let name = inbox.name;
        fills.push(Fill { name, count, late });
    }
    Ok(fills)
}

/// One page of an inbox, the most pressing first: what is due when, and the tickets.
pub async fn page(
    tx: &mut Tx,
    inbox: &Inbox,
    (role, unit): (Role, Option<&str>),
    now: DateTime<Utc>,
    (after, limit): (Option<(i64, String)>, i64),
) -> Result<Vec<(i64, Ticket)>, db::Error> {
    let books = super::books(tx).await?;
    let below = below(tx, role, unit).await?;
    let Some(query) = query(inbox, unit, &below, &books, now) else {
        return Ok(vec![]);
    };
    let after = after.unwrap_or((i64::MIN, String::new()));
    let rows = store::inbox::page(tx, &query, after, limit).await?;
    let numbers: Vec<&str> = rows.iter().map(|(_, number)| number.as_str()).collect();
    let tickets = store::by_numbers(tx, &numbers).await?;
    // Read in one transaction: each row has its ticket.
    Ok(rows.iter().map(|(due, _)| *due).zip(tickets).collect())
}

/// The clock by which a row of the inbox is sorted.
pub(super) fn clock(inbox: &Inbox, ticket: &Ticket, actor: &Actor, books: &Books) -> Option<timers::Running> {
    let spots = inbox::spots(ticket);
    let unit = (inbox.whose == Whose::Unit).then(|| actor.unit()).flatten();
    let here = |spot: &&Spot| {
        inbox.shelves.contains(&spot.shelf)
            && match inbox.whose {
                Whose::Office => spot.unit.is_none(),
                Whose::Unit => spot.unit.as_deref() == unit,
                Whose::Below => spot.unit.is_some(),
            }
    };
    let running = timers::running(ticket, &books.profile);
    let clocks = spots
        .iter()
        .filter(here)
        .filter_map(|spot| inbox::clock(spot, &running));
    let due = |clock: &&timers::Running| books.due(clock).and_then(|count| count.due);
    // Of several the one that is due first; one that stands still is due after all others.
    clocks
        .min_by_key(|clock| due(clock).map_or((true, None), |due| (false, Some(due))))
        .cloned()
}

async fn below(tx: &mut Tx, role: Role, unit: Option<&str>) -> Result<Vec<String>, db::Error> {
    if role != Role::Unit {
        return Ok(vec![]);
    }
    let all = scope(tx, unit).await?;
    Ok(all
        .into_iter()
        .filter(|code| Some(code.as_str()) != unit)
        .collect())
}

/// None when there is nobody whose things these could be.
fn query(
    inbox: &Inbox,
    unit: Option<&str>,
    below: &[String],
    books: &Books,
    now: DateTime<Utc>,
) -> Option<store::inbox::Query> {
    let units = match inbox.whose {
        Whose::Office => vec![String::new()],
        Whose::Unit => vec![unit?.to_owned()],
        Whose::Below => below.to_vec(),
    };
    let (from, until) = match inbox.when {
        When::Any => (i64::MIN, i64::MAX),
        When::Late => (i64::MIN, millis(now)),
        // What is due at the end of that day is among them.
        When::Soon => (millis(now), millis(soon(books, now)?) + 1),
    };
    let shelves = inbox.shelves.iter().map(|shelf| shelf.as_str()).collect();
    (!units.is_empty()).then_some(store::inbox::Query {
        shelves,
        units,
        from,
        until,
    })
}

fn soon(books: &Books, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let task = Task {
        from: now,
        limit: SOON,
        extensions: &[],
        pauses: &Pauses::default(),
    };
    count(&books.calendar, &books.profile.rule(None), &task).ok()?.due
}
