//! Whom an operator can call of the units' people.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{AT_DESKS, Caller, Json, Problem};
use crate::{
    app::App,
    calendar::local_date,
    units::{self, Reachable, Telephone},
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(directory))
}

#[derive(Serialize, ToSchema)]
#[schema(as = DeskDirectory)]
struct Directory {
    items: Vec<PersonView>,
}

/// One telephone of a person
#[derive(Serialize, ToSchema)]
#[schema(as = DeskPerson)]
struct PersonView {
    unit_code: String,
    /// With its superiors
    unit: String,
    name: String,
    /// What the person does there
    office: String,
    /// office, mobile
    telephone: &'static str,
    /// As it is written, with an extension perhaps
    shown: String,
    /// As it is dialled
    number: String,
    /// Today, by the unit's own list of days
    on_duty: bool,
}

impl From<Reachable> for PersonView {
    fn from(one: Reachable) -> Self {
        Self {
            unit_code: one.unit_code,
            unit: one.unit,
            name: one.name,
            office: one.office,
            telephone: match one.telephone {
                Telephone::Office => "office",
                Telephone::Mobile => "mobile",
            },
            shown: one.shown,
            number: one.number,
            on_duty: one.on_duty,
        }
    }
}

/// The units' people with their telephones, those on duty today first
#[utoipa::path(get, path = "/desk/directory", tag = "desk", responses((status = 200, body = Directory)))]
async fn directory(State(app): State<App>, caller: Caller) -> Result<Json<Directory>, Problem> {
    caller.require(&AT_DESKS)?;
    let today = local_date(app.clock.now());
    let found = units::reachable(&mut app.db.read().await?, today).await?;
    Ok(Json(Directory {
        items: found.into_iter().map(PersonView::from).collect(),
    }))
}
