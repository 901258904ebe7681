//! How far back a search must look. The index of words reads newest first, and without an end it reads all there is for what is rare.

use chrono::{Datelike, TimeDelta};

use super::{Filter, search};
use crate::clock::from_millis;
use crate::db::{
    self, Tx,
    sql::{Sql, fetch_made},
};
use crate::tickets::rules::{State, number::ticket_number};

/// A search among what is open need not look further back than the oldest of it. None: there is nothing to find.
pub(super) async fn narrowed(tx: &mut Tx, filter: &Filter) -> Result<Option<Filter>, db::Error> {
    let waiting = !filter.states.is_empty() && filter.states.iter().copied().all(State::is_open);
    if filter.query.is_none() || !waiting {
        return Ok(Some(filter.clone()));
    }
    let oldest = oldest(tx, &filter.states).await?;
    Ok(oldest.map(|oldest| Filter {
        from: filter.from.max(Some(oldest)),
        ..filter.clone()
    }))
}

/// One look at the end of an index for each state.
async fn oldest(tx: &mut Tx, states: &[State]) -> Result<Option<i64>, db::Error> {
    let mut sql = Sql::new("SELECT MIN(first) FROM (");
    for (at, state) in states.iter().enumerate() {
        sql.push(if at == 0 { "" } else { " UNION ALL " });
        sql.push("SELECT MIN(created_at) AS first FROM tickets WHERE state = ")
            .bind(state.as_str());
    }
    sql.push(") AS firsts");
    let rows = fetch_made!(tx, (Option<i64>,), sql)?;
    Ok(rows.first().and_then(|(first,)| *first))
}

/// Numbers begin with the second of their ticket: a stretch of time is a stretch of the index.
pub(super) fn bound(tx: &Tx, filter: &Filter, sql: &mut Sql) {
    if let Some(first) = first(filter) {
        search::bound(tx, sql, ">=", &first);
    }
    if let Some(end) = end(filter) {
        search::bound(tx, sql, "<", &end);
    }
}

/// No number of what is asked for is less.
pub(super) fn first(filter: &Filter) -> Option<String> {
    filter.from.and_then(|from| first_number(from, TimeDelta::zero()))
}

/// All numbers of what is asked for are less.
pub(super) fn end(filter: &Filter) -> Option<String> {
    filter.to.and_then(|to| first_number(to, TimeDelta::seconds(1)))
}

/// The least number that a ticket of that second could have. Numbers have two digits for the year.
fn first_number(at: i64, later: TimeDelta) -> Option<String> {
    let at = from_millis(at).checked_add_signed(later)?;
    (2001..2099).contains(&at.year()).then(|| ticket_number(at, 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_the_beginning_of_a_number_within_one_century() {
        let at = |text: &str| {
            text.parse::<chrono::DateTime<chrono::Utc>>()
                .expect("time")
                .timestamp_millis()
        };
        let number = |text| first_number(at(text), TimeDelta::zero());
        assert_eq!(
            number("2026-03-02T02:00:00.999Z").as_deref(),
            Some("260302100000000000")
        );
        assert_eq!(number("1999-03-02T02:00:00Z"), None);
        assert_eq!(number("2100-03-02T02:00:00Z"), None);
        assert_eq!(first_number(i64::MAX, TimeDelta::zero()), None);
    }
}
