//! Lists of tickets. What picks few leads and is read by its index in the order of the list, a page and no more; everything else that was
//! asked for is checked on what comes by.

mod legs;
mod since;
pub(super) mod windows;

use super::{
    by_numbers,
    search::{self, Reach},
};
use crate::db::{
    self, Tx,
    sql::{Sql, Value, fetch_made},
};
use crate::fetch_all;
use crate::tickets::rules::{State, Ticket, words::Query};
use legs::{Leg, legs};
use windows::Window;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sort {
    /// Newest first.
    #[default]
    Created,
    /// Changed last first.
    Updated,
    /// Due first; what no clock runs on is not in it.
    Due,
}

/// What a list may ask for.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub states: Vec<State>,
    pub query: Option<Query>,
    pub from: Option<i64>,
    pub to: Option<i64>,
    /// A class, or the beginning of its code: a branch.
    pub class: Option<String>,
    pub unit: Option<String>,
    pub caller: Option<String>,
    pub operator: Option<String>,
    pub bands: Vec<String>,
    pub kinds: Vec<String>,
    pub sources: Vec<String>,
    pub due_from: Option<i64>,
    pub due_to: Option<i64>,
    /// Who asks: a confidential ticket is not found by what is hidden on it.
    pub reader: String,
    /// Only what these units have to do with.
    pub scope: Option<Vec<String>>,
    pub sort: Sort,
    /// Key and number of the last ticket of the page before.
    pub after: Option<(i64, String)>,
    pub limit: i64,
}

impl Filter {
    fn asks_for_due(&self) -> bool {
        self.sort == Sort::Due || self.due_from.is_some() || self.due_to.is_some()
    }

    /// Hits come in the order of the index, which is that of the numbers.
    fn by_number(&self) -> bool {
        self.query.is_some() && self.sort == Sort::Created
    }

    fn reach(&self) -> Reach<'_> {
        self.scope.as_deref().map_or(Reach::All, Reach::Units)
    }

    fn key(&self) -> &'static str {
        match self.sort {
            Sort::Created => "t.created_at",
            Sort::Updated => "t.updated_at",
            Sort::Due => "t.due",
        }
    }
}

/// A ticket of a list, with what the list is sorted by.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    pub key: i64,
    pub due: Option<i64>,
    pub ticket: Ticket,
}

/// One page.
pub async fn page(tx: &mut Tx, filter: &Filter) -> Result<Vec<Listed>, db::Error> {
    let Some(filter) = &since::narrowed(tx, filter).await? else {
        return Ok(vec![]);
    };
    let legs = legs(tx, filter).await?;
    let keys = match windows::first_full(tx, filter, &legs).await? {
        Some(keys) => keys,
        None => keys(tx, filter, &legs, None).await?,
    };
    let numbers: Vec<&str> = keys.iter().map(|(number, _, _)| number.as_str()).collect();
    let mut tickets = by_numbers(tx, &numbers).await?;
    let row = |(number, key, due): Key| {
        let at = tickets.iter().position(|ticket| ticket.number == number)?;
        let ticket = tickets.swap_remove(at);
        Some(Listed { key, due, ticket })
    };
    Ok(keys.into_iter().filter_map(row).collect())
}

/// Number, key and due of a ticket.
type Key = (String, i64, Option<i64>);

/// The page, or what of it the window has.
async fn keys(
    tx: &mut Tx,
    filter: &Filter,
    legs: &[Leg],
    window: Option<&Window>,
) -> Result<Vec<Key>, db::Error> {
    let parts: Vec<Sql> = legs.iter().map(|leg| part(tx, filter, leg, window)).collect();
    fetch_made!(tx, Key, joined(filter, parts))
}

/// The direction of the list and of what comes after a cursor.
fn direction(filter: &Filter) -> (&'static str, &'static str) {
    match filter.sort {
        Sort::Due => ("ASC", ">"),
        Sort::Created | Sort::Updated => ("DESC", "<"),
    }
}

/// The parts one after the other, merged by the key. A ticket that is in several is one.
fn joined(filter: &Filter, parts: Vec<Sql>) -> Sql {
    let (way, _) = direction(filter);
    let mut whole = Sql::new("SELECT number, key, due FROM (");
    for (at, part) in parts.into_iter().enumerate() {
        whole.push(if at == 0 { "" } else { " UNION " });
        whole
            .push("SELECT * FROM (")
            .append(part)
            .push(&format!(") AS p{at}"));
    }
    let key = if filter.by_number() { "" } else { "key %, " };
    let order = format!("{key}number %").replace('%', way);
    whole.push(&format!(") AS found ORDER BY {order} LIMIT "));
    whole.bind(filter.limit);
    whole
}

/// The page as one leg alone would give it.
fn part(tx: &Tx, filter: &Filter, leg: &Leg, window: Option<&Window>) -> Sql {
    // CROSS: the unit's index leads. PostgreSQL has no such word for it, and needs none.
    let join = if tx.is_postgres() { "JOIN" } else { "CROSS JOIN" };
    let mut sql = Sql::new(&format!(
        "SELECT t.number AS number, {} AS key, t.due AS due FROM ",
        filter.key()
    ));
    match (leg, &filter.query) {
        (Leg::Hits, Some(query)) => sql.append(search::matching(tx, query, filter.reach(), window)),
        (Leg::Unit(code), _) => sql
            .push(&format!(
                "ticket_units u {join} tickets t ON t.number = u.number WHERE u.unit_code = "
            ))
            .bind(code.as_str()),
        (Leg::Column(column, value), _) => sql
            .push(&format!("tickets t WHERE t.{column} = "))
            .bind(value.clone()),
        (Leg::NumberBegins(digits), _) => sql
            .push("tickets t WHERE t.number >= ")
            .bind(digits.as_str())
            // A colon comes after the nine.
            .push(" AND t.number < ")
            .bind(format!("{digits}:")),
        (Leg::Hits | Leg::All, _) => sql.push("tickets t WHERE 1 = 1"),
    };
    if *leg == Leg::Hits {
        since::bound(tx, filter, &mut sql);
    }
    checks(tx, filter, leg, &mut sql);
    after(tx, filter, leg, &mut sql);
    order(tx, filter, leg, window, &mut sql);
    sql
}

/// Every condition that is not the leg itself. On SQLite a `+` keeps a column's index out of it: the leg has the right one.
fn checks(tx: &Tx, filter: &Filter, leg: &Leg, sql: &mut Sql) {
    let free = if tx.is_postgres() { "" } else { "+" };
    let is_leg = |column: &str| matches!(leg, Leg::Column(led, _) if *led == column);
    let states: Vec<String> = filter
        .states
        .iter()
        .map(|state| state.as_str().to_owned())
        .collect();
    for (column, any) in [
        ("state", &states),
        ("band", &filter.bands),
        ("kind", &filter.kinds),
        ("source", &filter.sources),
    ] {
        if !any.is_empty() && !is_leg(column) {
            sql.push(&format!(" AND {free}t.{column} IN ")).bind_list(any);
        }
    }
    for (column, one) in [
        ("unit_code", &filter.unit),
        ("caller", &filter.caller),
        ("operator", &filter.operator),
    ] {
        if let Some(value) = one.as_ref().filter(|_| !is_leg(column)) {
            sql.push(&format!(" AND {free}t.{column} = "))
                .bind(value.as_str());
        }
    }
    if let Some(branch) = filter.class.as_ref().filter(|_| !is_leg("class_code")) {
        // Codes are letters and digits, all before the tilde.
        sql.push(&format!(" AND {free}t.class_code >= "))
            .bind(branch.as_str());
        sql.push(&format!(" AND {free}t.class_code < "))
            .bind(format!("{branch}~"));
    }
    if let Some(scope) = filter.scope.as_ref().filter(|_| !matches!(leg, Leg::Unit(_))) {
        sql.push(" AND EXISTS (SELECT 1 FROM ticket_units o WHERE o.number = t.number AND o.unit_code IN ");
        sql.bind_list(scope).push(")");
    }
    if filter.query.is_some() || filter.caller.is_some() {
        sql.push(NOT_HIDDEN).bind(filter.reader.as_str()).push("))");
    }
    ranges(filter, sql);
}

/// What a search finds would tell what is hidden.
const NOT_HIDDEN: &str = " AND NOT EXISTS (SELECT 1 FROM confidential_tickets c WHERE c.number = t.number AND NOT EXISTS \
    (SELECT 1 FROM confidential_readers r WHERE r.number = c.number AND r.username = ";

fn ranges(filter: &Filter, sql: &mut Sql) {
    for (condition, value) in [
        (" AND t.created_at >= ", filter.from),
        (" AND t.created_at < ", filter.to),
        (" AND t.due >= ", filter.due_from),
        (" AND t.due < ", filter.due_to),
    ] {
        if let Some(value) = value {
            sql.push(condition).bind(value);
        }
    }
    if filter.asks_for_due() {
        sql.push(" AND t.due IS NOT NULL");
    }
}

/// The key as the leg's index has it; with a `+` where the leg picks few and the key's own index would lead past many.
fn walked(tx: &Tx, filter: &Filter, leg: &Leg) -> String {
    let picked = match leg {
        Leg::Unit(_) | Leg::Hits | Leg::NumberBegins(_) => filter.sort != Sort::Created,
        Leg::Column(..) => {
            filter.sort == Sort::Updated || (filter.asks_for_due() && filter.sort == Sort::Created)
        }
        Leg::All => filter.asks_for_due() && filter.sort != Sort::Due,
    };
    match leg {
        Leg::Unit(_) if filter.sort == Sort::Created => "u.created_at".to_owned(),
        _ if picked && !tx.is_postgres() => format!("+{}", filter.key()),
        _ => filter.key().to_owned(),
    }
}

fn after(tx: &Tx, filter: &Filter, leg: &Leg, sql: &mut Sql) {
    let Some((key, number)) = &filter.after else {
        return;
    };
    let (_, beyond) = direction(filter);
    if filter.by_number() {
        match leg {
            Leg::Hits => search::bound(tx, sql, beyond, number),
            _ => drop(
                sql.push(&format!(" AND t.number {beyond} "))
                    .bind(number.as_str()),
            ),
        }
        return;
    }
    let column = walked(tx, filter, leg);
    // Twice the same bound: the first one is what an index can begin at.
    sql.push(&format!(" AND {column} {beyond}= ")).bind(*key);
    sql.push(&format!(" AND ({column} {beyond} ")).bind(*key);
    sql.push(&format!(" OR t.number {beyond} ")).bind(number.as_str());
    sql.push(")");
}

fn order(tx: &Tx, filter: &Filter, leg: &Leg, window: Option<&Window>, sql: &mut Sql) {
    let (way, _) = direction(filter);
    let order = match leg {
        Leg::Hits if filter.by_number() => format!("{} {way}", search::order(tx, window)),
        _ if filter.by_number() => format!("t.number {way}"),
        Leg::Unit(_) if filter.sort == Sort::Created => format!("u.created_at {way}, u.number {way}"),
        _ => format!("{} {way}, t.number {way}", walked(tx, filter, leg)),
    };
    sql.push(&format!(" ORDER BY {order} LIMIT ")).bind(filter.limit);
}

/// The codes of a branch of classes.
async fn branch(tx: &mut Tx, code: &str) -> Result<Vec<String>, db::Error> {
    let sql = "SELECT code FROM classes WHERE code >= $1 AND code < $2 ORDER BY code";
    let rows = fetch_all!(tx, (String,), sql, code, format!("{code}~"))?;
    Ok(rows.into_iter().map(|(code,)| code).collect())
}

/// A value that leads.
type Led = (&'static str, Value);
