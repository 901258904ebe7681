//! Who answers for a ticket, by the duty catalogue (派单目录). A dispatcher decides, through the ticket's rules, or
//! the office's rule of what goes out by itself (自动派单).

pub mod api;
pub mod automatic;
pub mod catalogue;
pub mod jobs;
mod rules;
mod store;
mod surety;
mod table;
#[cfg(test)]
mod tests;

pub use catalogue::Entry;
pub use rules::{Duty, Suggestion};
pub use store::Precedent;
pub use surety::Rule;

use chrono::NaiveDate;

use crate::{
    db::{self, Tx},
    tickets::{Actor, Lenses},
};

/// Units for a class at a place on a day, the most fitting first.
pub async fn suggest(
    tx: &mut Tx,
    class_code: &str,
    place_code: Option<&str>,
    on: NaiveDate,
) -> Result<Vec<Suggestion>, db::Error> {
    let areas = store::places_around(tx, place_code).await?.areas(place_code);
    let duties = store::duties(tx, class_code, on).await?;
    Ok(rules::choose(duties, &areas))
}

/// As many as a dispatcher reads.
const SHOWN: i64 = 20;

/// What meetings decided on a class, as `reader` may see it: of the same place first, then the newest. What was decided is a rule for
/// the next one; where a confidential ticket was, and whose, is not.
pub async fn precedents(
    tx: &mut Tx,
    class_code: &str,
    place_code: Option<&str>,
    reader: &Actor,
) -> Result<Vec<Precedent>, db::Error> {
    let areas = store::places_around(tx, place_code).await?.areas(place_code);
    let mut found = store::precedents(tx, class_code, SHOWN).await?;
    let numbers: Vec<&str> = found.iter().map(|known| known.number.as_str()).collect();
    let lenses = Lenses::read(tx, &numbers, reader).await?;
    for known in &mut found {
        if lenses.hides(&known.number) {
            known.place_code = None;
        }
        known.basis = lenses.text(&known.number, &known.basis);
        known.decision = lenses.text(&known.number, &known.decision);
    }
    found.sort_by_key(|known| !rules::is_there(known.place_code.as_deref(), &areas));
    Ok(found)
}

/// The duty catalogue of a day by any words of an entry.
pub async fn find_duties(tx: &mut Tx, text: &str, on: NaiveDate) -> Result<Vec<Duty>, db::Error> {
    if text.trim().is_empty() {
        return Ok(vec![]);
    }
    store::find_duties(tx, text.trim(), on, SHOWN).await
}
