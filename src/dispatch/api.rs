//! Suggestions of the duty catalogue over HTTP.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::Suggestion;
use crate::{
    app::App,
    http::{Caller, Json, Problem, Query},
    tickets::CodeName,
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
    /// Codes of the units that help (协办)
    co_units: Vec<String>,
    reason: String,
    basis: String,
}

impl From<Suggestion> for UnitSuggestion {
    fn from(found: Suggestion) -> Self {
        let Suggestion {
            unit_code,
            unit_name,
            co_units,
            reason,
            basis,
        } = found;
        Self {
            unit: CodeName {
                code: unit_code,
                name: unit_name,
            },
            co_units,
            reason,
            basis,
        }
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
    let found = super::suggest(&mut app.db.read().await?, &query.class_code, place).await?;
    Ok(Json(found.into_iter().map(UnitSuggestion::from).collect()))
}
