//! Suggestions of the duty catalogue over HTTP.

use std::collections::HashMap;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::Suggestion;
use crate::{
    app::App,
    http::{Caller, Json, Problem, Query},
    tickets::{self, CodeName},
};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(suggestions))
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
}

fn wire(found: Suggestion, names: &HashMap<String, String>) -> UnitSuggestion {
    let Suggestion {
        unit_code,
        unit_name,
        co_units,
        reason,
        basis,
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
    let found = super::suggest(&mut tx, &query.class_code, place).await?;
    let helpers: Vec<&str> = found
        .iter()
        .flat_map(|found| &found.co_units)
        .map(String::as_str)
        .collect();
    let names = tickets::unit_names(&mut tx, &helpers).await?;
    Ok(Json(found.into_iter().map(|found| wire(found, &names)).collect()))
}
