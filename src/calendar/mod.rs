//! Working days, holidays, permitted hours, and time limits counted by them. Which ticket has which limit is not said here.

pub mod api;
pub mod limits;
mod rules;
mod store;
mod years;

pub use rules::{
    CHINA, Calendar, CalendarDay, CalendarError, CalendarYear, Hours, day_start, due_words, is_permitted,
    local_date, next_change, next_day, next_permitted, parse_minute as minute, parse_year,
};
pub use years::{Year, YearDay};

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    db::{self, Tx},
    settings::{self, Kind, LIMITS_CHOICE, Schedule},
};

/// The calendar as it stands: what the files say, and over it the years that somebody entered or put right.
pub async fn load(tx: &mut Tx) -> Result<Calendar, db::Error> {
    let (days, known) = store::shipped(tx).await?;
    let entered = entered(tx).await?;
    Ok(years::merged(&days, known, &entered))
}

async fn entered(tx: &mut Tx) -> Result<BTreeMap<i32, Year>, db::Error> {
    let documents = settings::all::<Year>(tx, Kind::Calendar).await?.into_iter();
    Ok(documents
        .filter_map(|document| Some((document.name.parse().ok()?, document.body)))
        .collect())
}

/// The hours of a schedule; one that cannot be read permits nothing. None: there is no such schedule.
pub async fn hours(tx: &mut Tx, schedule: &str) -> Result<Option<Hours>, db::Error> {
    let found = settings::current::<Schedule>(tx, Kind::Schedule, schedule).await?;
    Ok(found.map(|found| read_hours(&found.body)))
}

pub(crate) fn read_hours(schedule: &Schedule) -> Hours {
    if schedule.always {
        return Hours::always();
    }
    // The settings refuse a schedule that is malformed.
    Hours::parse(&schedule.workdays, &schedule.holidays).unwrap_or_default()
}

/// The time-limit profile by which the county works.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chosen {
    pub profile: String,
}

/// The time-limit profile in force. A hotline that was never given one works by the one that ships.
pub async fn profile(tx: &mut Tx) -> Result<limits::Profile, db::Error> {
    let Some(chosen) = settings::current::<Chosen>(tx, Kind::LimitsChoice, LIMITS_CHOICE).await? else {
        return Ok(limits::standard());
    };
    let found = settings::current::<limits::Profile>(tx, Kind::Limits, &chosen.body.profile).await?;
    Ok(found.map_or_else(limits::standard, |found| found.body))
}
