//! The SQL of the calendar's exceptions.

use super::Calendar;
use crate::{
    db::{self, Tx},
    fetch_all, fetch_optional,
};

/// The calendar as it stands; a day the loader could not have stored is left out.
pub async fn load(tx: &mut Tx) -> Result<Calendar, db::Error> {
    let rows = fetch_all!(
        tx,
        (String, bool),
        "SELECT day, off FROM calendar_days ORDER BY day"
    )?;
    let days = rows
        .into_iter()
        .filter_map(|(day, off)| Some((day.parse().ok()?, off)));
    let years = fetch_all!(tx, (i64,), "SELECT year FROM calendar_years")?;
    let years = years.into_iter().filter_map(|(year,)| i32::try_from(year).ok());
    // A day is the table's key, so no two rows can disagree.
    Ok(Calendar::from_days(days).unwrap_or_default().with_years(years))
}

/// The county's choice among the time-limit profiles.
pub(super) async fn profile_name(tx: &mut Tx) -> Result<Option<String>, db::Error> {
    let found = fetch_optional!(tx, (String,), "SELECT value FROM county WHERE key = 'limits'")?;
    Ok(found.map(|(name,)| name).filter(|name| !name.is_empty()))
}
