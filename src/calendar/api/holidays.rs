//! Holidays and make-up working days, year by year: time limits, schedules and quiet hours all go by them.

use axum::extract::State;
use chrono::{DateTime, Datelike, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    accounts::Role,
    app::App,
    calendar::{self, Year, YearDay, store, years},
    db::Tx,
    http::{Caller, FieldError, Json, Path, Problem},
    settings::{
        self, Edit, Kind,
        api::{VersionView, WantedVersion, versions},
    },
};

/// Before the first county had a computer, and after anybody plans.
const YEARS: std::ops::RangeInclusive<i32> = 2000..=2099;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_years))
        .routes(routes!(show_year, put_year))
        .routes(routes!(year_versions))
        .routes(routes!(rollback_year))
}

#[derive(Serialize, ToSchema)]
struct KnownYear {
    year: i32,
    /// Without its notice a year is guessed from the plain week
    is_known: bool,
    workdays: usize,
}

#[derive(Serialize, ToSchema)]
struct CalendarYearView {
    year: i32,
    is_known: bool,
    workdays: usize,
    days: Vec<YearDay>,
    /// 0: as the files of the provisioning say
    version: i64,
    updated_at: Option<DateTime<Utc>>,
    updated_by: Option<String>,
}

#[derive(Deserialize, ToSchema)]
struct ChangedYear {
    days: Vec<YearDay>,
    version: Option<i64>,
}

/// Years whose holidays are known, this year and the next in any case
#[utoipa::path(get, path = "/calendar", tag = "settings", responses((status = 200, body = Vec<KnownYear>)))]
async fn list_years(State(app): State<App>, caller: Caller) -> Result<Json<Vec<KnownYear>>, Problem> {
    caller.require_office()?;
    let mut tx = app.db.read().await?;
    let days = calendar::load(&mut tx).await?;
    let now = calendar::local_date(app.clock.now()).year();
    let known = YEARS.filter(|year| days.knows(*year) || [now, now + 1].contains(year));
    let view = |year| KnownYear {
        year,
        is_known: days.knows(year),
        workdays: years::workdays(&days, year),
    };
    Ok(Json(known.map(view).collect()))
}

/// The days of a year that differ from the plain week
#[utoipa::path(get, path = "/calendar/{year}", tag = "settings", params(("year" = i32, Path)),
    responses((status = 200, body = CalendarYearView)))]
async fn show_year(
    State(app): State<App>,
    caller: Caller,
    Path(year): Path<i32>,
) -> Result<Json<CalendarYearView>, Problem> {
    caller.require_office()?;
    view(&mut app.db.read().await?, year).await
}

async fn view(tx: &mut Tx, year: i32) -> Result<Json<CalendarYearView>, Problem> {
    if !YEARS.contains(&year) {
        return Err(Problem::not_found());
    }
    let calendar = calendar::load(tx).await?;
    let entered = settings::current::<Year>(tx, Kind::Calendar, &year.to_string()).await?;
    let (version, at, by) = entered.as_ref().map_or((0, None, None), |entered| {
        let by = entered.updated_by.clone();
        (entered.version, Some(entered.updated_at), Some(by))
    });
    let days = match entered {
        Some(entered) => entered.body.days,
        None => {
            let (days, _) = store::shipped(tx).await?;
            days.into_iter().filter(|day| day.date.year() == year).collect()
        }
    };
    Ok(Json(CalendarYearView {
        year,
        is_known: calendar.knows(year),
        workdays: years::workdays(&calendar, year),
        days,
        version,
        updated_at: at,
        updated_by: by,
    }))
}

/// Save the holidays of a year as a new version; due dates of open tickets are counted anew
#[utoipa::path(put, path = "/calendar/{year}", tag = "settings", params(("year" = i32, Path)), request_body = ChangedYear,
    responses((status = 200, body = CalendarYearView)))]
async fn put_year(
    State(app): State<App>,
    caller: Caller,
    Path(year): Path<i32>,
    Json(changed): Json<ChangedYear>,
) -> Result<Json<CalendarYearView>, Problem> {
    save(&app, &caller, year, Year { days: changed.days }, changed.version).await
}

async fn save(
    app: &App,
    caller: &Caller,
    year: i32,
    mut entered: Year,
    expected: Option<i64>,
) -> Result<Json<CalendarYearView>, Problem> {
    caller.require(&[Role::Admin])?;
    if !YEARS.contains(&year) {
        return Err(Problem::not_found());
    }
    let faults = entered.faults(year).into_iter();
    let errors: Vec<FieldError> = faults
        .map(|(field, message)| FieldError::new(field, message))
        .collect();
    if !errors.is_empty() {
        return Err(Problem::invalid(errors));
    }
    entered.days.sort_by_key(|day| day.date);
    let name = year.to_string();
    let mut tx = app.db.begin().await?;
    let edit = Edit {
        kind: Kind::Calendar,
        name: &name,
        now: app.clock.now(),
        by: &caller.username,
    };
    settings::save(&mut tx, edit, &entered, expected).await?;
    let saved = view(&mut tx, year).await?;
    tx.commit().await?;
    Ok(saved)
}

/// Versions of a year's holidays, newest first; 404 where only the files speak
#[utoipa::path(get, path = "/calendar/{year}/versions", tag = "settings", params(("year" = i32, Path)),
    responses((status = 200, body = Vec<VersionView>)))]
async fn year_versions(
    State(app): State<App>,
    caller: Caller,
    Path(year): Path<i32>,
) -> Result<Json<Vec<VersionView>>, Problem> {
    versions(&app, &caller, Kind::Calendar, &year.to_string()).await
}

/// Bring an earlier version of a year's holidays back, as a new version
#[utoipa::path(post, path = "/calendar/{year}/rollback", tag = "settings", params(("year" = i32, Path)), request_body = WantedVersion,
    responses((status = 200, body = CalendarYearView)))]
async fn rollback_year(
    State(app): State<App>,
    caller: Caller,
    Path(year): Path<i32>,
    Json(wanted): Json<WantedVersion>,
) -> Result<Json<CalendarYearView>, Problem> {
    caller.require(&[Role::Admin])?;
    let name = year.to_string();
    let body = settings::earlier(&mut app.db.read().await?, Kind::Calendar, &name, wanted.version).await?;
    let entered = serde_json::from_value(body)
        .map_err(|_| Problem::conflict("该版本的格式已不再支持").coded("settings-too-old"))?;
    save(&app, &caller, year, entered, None).await
}
