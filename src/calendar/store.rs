//! The SQL of the calendar's exceptions.

use chrono::NaiveDate;

use super::years::YearDay;
use crate::{
    db::{self, Tx},
    fetch_all,
};

/// What the files say: days, and the years whose notice they hold. A day the loader could not have stored is left out.
pub(super) async fn shipped(tx: &mut Tx) -> Result<(Vec<YearDay>, Vec<i32>), db::Error> {
    let rows = fetch_all!(
        tx,
        (String, bool, String),
        "SELECT day, off, name FROM calendar_days ORDER BY day"
    )?;
    let day = |(date, off, name): (String, bool, String)| {
        let date: NaiveDate = date.parse().ok()?;
        Some(YearDay { date, name, off })
    };
    let days = rows.into_iter().filter_map(day).collect();
    let years = fetch_all!(tx, (i64,), "SELECT year FROM calendar_years ORDER BY year")?;
    let years = years.into_iter().filter_map(|(year,)| i32::try_from(year).ok());
    Ok((days, years.collect()))
}
