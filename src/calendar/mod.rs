//! Working days, holidays and permitted hours. Counts no time limit: that is another slice's.

mod rules;
mod store;

pub use rules::{
    CHINA, Calendar, CalendarDay, CalendarError, CalendarYear, Hours, day_start, is_permitted, local_date,
    next_day, next_permitted, parse_year,
};
pub use store::load;

use crate::{
    db::{self, Tx},
    settings::{self, Kind, Schedule},
};

/// The hours of a schedule; one that is not there or cannot be read permits nothing.
pub async fn hours(tx: &mut Tx, schedule: &str) -> Result<Hours, db::Error> {
    let found = settings::current::<Schedule>(tx, Kind::Schedule, schedule).await?;
    Ok(found.map(|found| read_hours(&found.body)).unwrap_or_default())
}

fn read_hours(schedule: &Schedule) -> Hours {
    if schedule.always {
        return Hours::always();
    }
    // The settings refuse a schedule that is malformed.
    Hours::parse(&schedule.workdays, &schedule.holidays).unwrap_or_default()
}
