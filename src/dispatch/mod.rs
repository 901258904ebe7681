//! Who answers for a ticket, by the duty catalogue (派单目录). Suggests only: a dispatcher decides, through the ticket's rules.

pub mod api;
pub mod jobs;
mod rules;
mod store;

pub use rules::{Duty, Suggestion};

use crate::db::{self, Tx};

/// Units for a class at a place, the most fitting first.
pub async fn suggest(
    tx: &mut Tx,
    class_code: &str,
    place_code: Option<&str>,
) -> Result<Vec<Suggestion>, db::Error> {
    let areas = store::areas(tx, place_code).await?;
    let duties = store::duties(tx, class_code).await?;
    Ok(rules::choose(duties, &areas))
}
