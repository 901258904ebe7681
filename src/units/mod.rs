//! Units (承办单位) as they are kept: their tree, their people, their hours. What units do with tickets is not said here.

pub mod api;
mod import;
pub mod rules;
mod store;
mod table;

use std::collections::HashMap;

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

/// The working patterns of units that have one of their own.
pub async fn patterns(tx: &mut Tx) -> Result<HashMap<String, Hours>, db::Error> {
    let rows = store::hours(tx).await?;
    let own = |(code, workdays, holidays): (String, String, String)| {
        // Only what could be read was let in.
        Some((code, rules::hours(&workdays, &holidays).ok().flatten()?))
    };
    Ok(rows.into_iter().filter_map(own).collect())
}
