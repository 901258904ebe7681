//! Suggestions of the duty catalogue over HTTP; `api/catalogue.rs`: the catalogue itself.

mod automatic;
mod catalogue;

use std::collections::HashMap;

use axum::extract::State;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Duty, Precedent, Suggestion, surety::Past};
use crate::{
    app::App,
    calendar::local_date,
    clock::from_millis,
    http::{Caller, Json, Problem, Query},
    tickets::{self, CodeName},
};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(suggestions))
        .routes(routes!(precedents))
        .routes(routes!(duties))
        .merge(automatic::routes())
        .merge(catalogue::routes())
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct SuggestionQuery {
    class_code: String,
    place_code: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct UnitSuggestion {
    unit: CodeName,
    /// The units that help (协办)
    co_units: Vec<CodeName>,
    reason: String,
    basis: String,
    past: Past,
}

fn wire(found: Suggestion, past: Past, names: &HashMap<String, String>) -> UnitSuggestion {
    let Suggestion {
        unit_code,
        unit_name,
        co_units,
        reason,
        basis,
        area: _,
    } = found;
    let named = |code: String| CodeName {
        name: names.get(&code).cloned().unwrap_or_else(|| code.clone()),
        code,
    };
    UnitSuggestion {
        unit: CodeName {
            code: unit_code,
            name: unit_name,
        },
        co_units: co_units.into_iter().map(named).collect(),
        reason,
        basis,
        past,
    }
}

/// Units that answer for a class at a place, the most fitting first
#[utoipa::path(get, path = "/dispatch/suggestions", tag = "tickets", params(SuggestionQuery),
    responses((status = 200, body = Vec<UnitSuggestion>)))]
async fn suggestions(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<SuggestionQuery>,
) -> Result<Json<Vec<UnitSuggestion>>, Problem> {
    caller.require_office()?;
    let place = query.place_code.as_deref().filter(|code| !code.is_empty());
    let mut tx = app.db.read().await?;
    let now = app.clock.now();
    let found = super::suggest(&mut tx, &query.class_code, place, local_date(now)).await?;
    let pasts = super::automatic::pasts_of(&mut tx, &query.class_code, &found, now).await?;
    let helpers: Vec<&str> = found
        .iter()
        .flat_map(|found| &found.co_units)
        .map(String::as_str)
        .collect();
    let names = tickets::unit_names(&mut tx, &helpers).await?;
    let all = found.into_iter().zip(pasts);
    Ok(Json(all.map(|(found, past)| wire(found, past, &names)).collect()))
}

/// What a coordination meeting once decided
#[derive(Serialize, ToSchema)]
struct PrecedentView {
    /// The ticket it was decided on
    number: String,
    at: DateTime<Utc>,
    class: Option<CodeName>,
    place: Option<CodeName>,
    unit: CodeName,
    basis: String,
    decision: String,
}

impl From<Precedent> for PrecedentView {
    fn from(known: Precedent) -> Self {
        let named = |code: Option<String>, name: String| code.map(|code| CodeName { code, name });
        Self {
            number: known.number,
            at: from_millis(known.at),
            class: named(known.class_code, known.class_name),
            place: named(known.place_code, known.place_name),
            unit: CodeName {
                code: known.unit_code,
                name: known.unit_name,
            },
            basis: known.basis,
            decision: known.decision,
        }
    }
}

/// What meetings decided on a class: of the same place first, then the newest
#[utoipa::path(get, path = "/dispatch/precedents", tag = "tickets", params(SuggestionQuery),
    responses((status = 200, body = Vec<PrecedentView>)))]
async fn precedents(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<SuggestionQuery>,
) -> Result<Json<Vec<PrecedentView>>, Problem> {
    caller.require_office()?;
    let place = query.place_code.as_deref().filter(|code| !code.is_empty());
    let mut tx = app.db.read().await?;
    let reader = tickets::api::actor(&caller);
    let found = super::precedents(&mut tx, &query.class_code, place, &reader).await?;
    Ok(Json(found.into_iter().map(PrecedentView::from).collect()))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct DutyQuery {
    /// Part of a class, unit, area, legal basis or note
    #[serde(default)]
    q: String,
}

/// An entry of the duty catalogue
#[derive(Serialize, ToSchema)]
struct DutyView {
    class: String,
    /// Empty: the whole county
    area: String,
    unit: CodeName,
    co_units: Vec<CodeName>,
    basis: String,
    note: String,
    /// The last day on which it holds
    valid_until: Option<NaiveDate>,
}

fn entry(duty: Duty, names: &HashMap<String, String>) -> DutyView {
    let named = |code: String| CodeName {
        name: names.get(&code).cloned().unwrap_or_else(|| code.clone()),
        code,
    };
    DutyView {
        class: duty.class_name,
        area: duty.area,
        unit: CodeName {
            code: duty.unit_code,
            name: duty.unit_name,
        },
        co_units: duty.co_units.into_iter().map(named).collect(),
        basis: duty.basis,
        note: duty.note,
        valid_until: duty.valid_until,
    }
}

/// The duty catalogue by any words of an entry
#[utoipa::path(get, path = "/dispatch/duties", tag = "tickets", params(DutyQuery), responses((status = 200, body = Vec<DutyView>)))]
async fn duties(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<DutyQuery>,
) -> Result<Json<Vec<DutyView>>, Problem> {
    caller.require_office()?;
    let mut tx = app.db.read().await?;
    let found = super::find_duties(&mut tx, &query.q, local_date(app.clock.now())).await?;
    let helpers: Vec<&str> = found
        .iter()
        .flat_map(|duty| &duty.co_units)
        .map(String::as_str)
        .collect();
    let names = tickets::unit_names(&mut tx, &helpers).await?;
    Ok(Json(found.into_iter().map(|duty| entry(duty, &names)).collect()))
}
