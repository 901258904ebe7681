//! The SQL of the calendar's exceptions.

use super::Calendar;
use crate::{
    db::{self, Tx},
    fetch_all,
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
    // A day is the table's key, so no two rows can disagree.
    Ok(Calendar::from_days(days).unwrap_or_default())
}
