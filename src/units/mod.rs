//! Units (承办单位) as they are kept: their tree, their people, their hours. What units do with tickets is not said here.

pub mod api;
mod import;
mod people;
mod phones;
pub mod rules;
mod store;
mod table;

use std::collections::HashMap;

use chrono::NaiveDate;

pub use people::{Reachable, Telephone};
pub use rules::Duty;
pub use store::{Contact, Unit};

use crate::{
    calendar::Hours,
    db::{self, Tx},
};

/// The tree, people or hours of units changed.
pub const CHANGED: &str = "units.changed";

/// The people of a unit.
pub async fn contacts(tx: &mut Tx, unit: &str) -> Result<Vec<Contact>, db::Error> {
    store::contacts_of(tx, unit).await
}

/// Whose telephone this is, in words: a unit's, or that of one of its people; who is on duty on this day comes first.
pub async fn whose_phone(tx: &mut Tx, number: &str, today: NaiveDate) -> Result<Option<String>, db::Error> {
    let (units, contacts) = (store::all(tx).await?, store::all_contacts(tx).await?);
    Ok(phones::whose(number, &units, &contacts, today))
}

/// Every telephone of the units' people, those of who is on duty on this day first.
pub async fn reachable(tx: &mut Tx, today: NaiveDate) -> Result<Vec<Reachable>, db::Error> {
    let (units, contacts) = (store::all(tx).await?, store::all_contacts(tx).await?);
    Ok(people::reachable(&units, &contacts, today))
}

/// The working patterns of units that have one of their own.
pub async fn patterns(tx: &mut Tx) -> Result<HashMap<String, Hours>, db::Error> {
    let rows = store::hours(tx).await?;
    let own = |(code, workdays, holidays): (String, String, String)| {
        // Only what could be read was let in.
        Some((code, rules::hours(&workdays, &holidays).ok().flatten()?))
    };
    Ok(rows.into_iter().filter_map(own).collect())
}
