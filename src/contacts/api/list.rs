//! Masked contacts as the office sees them: who called about what, and what came of it. Neither phone is shown: the log needs none.

use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    accounts::{self, Role},
    app::App,
    calendar,
    clock::{from_millis, millis},
    contacts::store::{self, Listed},
    http::{Caller, Json, Problem, Query, page},
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ContactQuery {
    cursor: Option<String>,
    limit: Option<i64>,
}

#[derive(Serialize, ToSchema)]
struct MaskedContact {
    call_id: String,
    ticket_number: String,
    unit_name: String,
    /// The clerk
    name: String,
    at: DateTime<Utc>,
    /// reached, no_answer, refused, wrong_number, clerk_missing, failed; none: under way
    result: Option<String>,
    talked_seconds: Option<i64>,
}

#[derive(Serialize, ToSchema)]
struct ContactCount {
    /// A result, or under_way
    word: String,
    count: i64,
}

#[derive(Serialize, ToSchema)]
struct MaskedContacts {
    items: Vec<MaskedContact>,
    next_cursor: Option<String>,
    /// What today's came to
    today: Vec<ContactCount>,
}

/// Masked contacts of clerks with citizens, the last one first
#[utoipa::path(get, path = "/masked-contacts", tag = "dialer", params(ContactQuery), responses((status = 200, body = MaskedContacts)))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ContactQuery>,
) -> Result<Json<MaskedContacts>, Problem> {
    caller.require(&[Role::Supervisor, Role::Admin])?;
    let limit = page::limit(query.limit)?;
    let after = page::decode(query.cursor.as_deref())?;
    let today = millis(calendar::day_start(app.clock.now()));
    let mut tx = app.db.read().await?;
    let found = store::page(&mut tx, after, limit + 1).await?;
    let (found, next_cursor) = page::cut(found, limit, |one| (one.at, one.call_id.clone()));
    let mut items = Vec::new();
    for one in found {
        let unit = accounts::unit_name(&mut tx, &one.unit_code).await?;
        items.push(view(one, unit));
    }
    let count = |(word, count)| ContactCount { word, count };
    let today = store::figures(&mut tx, today)
        .await?
        .into_iter()
        .map(count)
        .collect();
    Ok(Json(MaskedContacts {
        items,
        next_cursor,
        today,
    }))
}

fn view(one: Listed, unit: Option<String>) -> MaskedContact {
    MaskedContact {
        call_id: one.call_id,
        ticket_number: one.ticket_number,
        unit_name: unit.unwrap_or(one.unit_code),
        name: one.display_name,
        at: from_millis(one.at),
        result: one.result,
        talked_seconds: one.talked_ms.map(|ms| ms / 1000),
    }
}
