//! Schedules, holidays and time limits over HTTP: the office reads, administrators change.

use utoipa_axum::router::OpenApiRouter;

use crate::app::App;

mod holidays;
mod limits;
mod schedules;

pub fn routes() -> OpenApiRouter<App> {
    schedules::routes()
        .merge(holidays::routes())
        .merge(limits::routes())
}
