//! A search on PostgreSQL looks at the newest days first. Its index of words is in no order: asked for the newest fifty, it brings up all
//! there are (with a million tickets seconds, where nearly all of them are thrown away again).

use super::{Filter, Key, Leg, keys, since};
use crate::db::{self, Tx};
use crate::fetch_one;
use crate::tickets::rules::{
    document::{STRETCH, days_word},
    number::is_ticket_number,
};

/// How many stretches of days are looked at before all there is: ten days, a month, and so on to two years.
const STRETCHES: [usize; 5] = [1, 4, 12, 36, 108];

/// The days from a stretch to the one of a number, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Window {
    stretches: Vec<String>,
}

impl Window {
    /// None where it would reach beyond the century that numbers can tell.
    pub(in super::super) fn back_from(number: &str, count: usize) -> Option<Self> {
        let digits = number.get(..STRETCH)?.parse::<usize>().ok()?;
        let (month, tens) = (digits / 10, digits % 10);
        // Months since the year 00, and in each the days 0x, 1x, 2x and 3x.
        let last = ((month / 100) * 12 + (month % 100).checked_sub(1)?) * 4 + tens.min(3);
        let first = (last + 1).checked_sub(count)?;
        let stretch = |at: usize| {
            let (month, tens) = (at / 4, at % 4);
            format!("{:02}{:02}{tens}", month / 12, month % 12 + 1)
        };
        Some(Self {
            stretches: (first..=last).rev().map(stretch).collect(),
        })
    }

    pub(in super::super) fn days(&self) -> impl Iterator<Item = String> {
        self.stretches.iter().map(|stretch| days_word(stretch))
    }

    /// What the least number of the window begins with, and no number before it is greater than.
    pub(in super::super) fn first(&self) -> &str {
        self.stretches.last().map_or("", String::as_str)
    }
}

/// The page, if the newest days fill it.
pub(super) async fn first_full(
    tx: &mut Tx,
    filter: &Filter,
    legs: &[Leg],
) -> Result<Option<Vec<Key>>, db::Error> {
    if !tx.is_postgres() || !filter.by_number() {
        return Ok(None);
    }
    let Some(newest) = newest(tx, filter).await? else {
        return Ok(None);
    };
    let first = since::first(filter);
    for window in STRETCHES
        .iter()
        .filter_map(|count| Window::back_from(&newest, *count))
    {
        let found = keys(tx, filter, legs, Some(&window)).await?;
        let is_whole = first.as_deref().is_some_and(|first| window.first() <= first);
        let is_full = found.len() as i64 >= filter.limit;
        // What another index found may be older than the window, and older than what the window hides.
        if is_whole || (is_full && found.iter().all(|(number, ..)| number.as_str() >= window.first())) {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// Where the page begins.
async fn newest(tx: &mut Tx, filter: &Filter) -> Result<Option<String>, db::Error> {
    let newest = match &filter.after {
        Some((_, number)) => Some(number.clone()),
        None => fetch_one!(tx, (Option<String>,), "SELECT MAX(number) FROM tickets")?.0,
    };
    let newest = newest.filter(|number| is_ticket_number(number));
    Ok(newest.map(|number| since::end(filter).map_or(number.clone(), |end| end.min(number))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_goes_back_over_months_and_years() {
        let window = Window::back_from("260111093000000001", 6).expect("a window");
        assert_eq!(
            window.stretches,
            ["26011", "26010", "25123", "25122", "25121", "25120"]
        );
        assert_eq!(window.first(), "25120");
        assert!("251201000000000000" >= window.first() && "251130235959999999" < window.first());
        assert_eq!(Window::back_from("000105000000000000", 2), None);
        assert_eq!(Window::back_from("A1", 2), None);
    }
}
