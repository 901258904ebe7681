//! Many tickets by one order. Each is a transaction of its own: what is refused for one holds back none of the others.

use axum::extract::State as Shared;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{actor, unit};
use crate::tickets::rules::{State, Ticket};
use crate::tickets::{Actor, Command, Error, act, find};
use crate::{
    accounts::Role,
    app::App,
    db,
    http::{Caller, FieldError, Json, Problem},
};

/// What fits on a page of a list.
const MOST: usize = 200;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(dispatch))
}

#[derive(Deserialize, ToSchema)]
struct BulkDispatch {
    /// Up to 200
    numbers: Vec<String>,
    unit_code: String,
    #[serde(default)]
    note: String,
}

#[derive(Serialize, ToSchema)]
struct BulkResults {
    /// In the order of the numbers; a number that was named twice is there once
    results: Vec<BulkResult>,
}

#[derive(Serialize, ToSchema)]
struct BulkResult {
    number: String,
    /// dispatched; unchanged: the unit has it already; refused
    outcome: &'static str,
    /// The ticket's state now; null where there is no such ticket
    state: Option<&'static str>,
    /// Why it was refused
    detail: Option<String>,
}

/// Send several tickets to one unit
#[utoipa::path(post, path = "/tickets/bulk/dispatch", tag = "tickets", request_body = BulkDispatch,
    responses((status = 200, body = BulkResults)))]
async fn dispatch(
    Shared(app): Shared<App>,
    caller: Caller,
    Json(body): Json<BulkDispatch>,
) -> Result<Json<BulkResults>, Problem> {
    caller.require(&[Role::Dispatcher])?;
    let numbers = distinct(&body.numbers)?;
    let actor = actor(&caller);
    let mut results = Vec::new();
    for number in numbers {
        results.push(one(&app, &actor, number, &body).await?);
    }
    Ok(Json(BulkResults { results }))
}

fn distinct(numbers: &[String]) -> Result<Vec<&str>, Problem> {
    let mut distinct: Vec<&str> = Vec::new();
    for number in numbers {
        if !distinct.contains(&number.as_str()) {
            distinct.push(number);
        }
    }
    if (1..=MOST).contains(&distinct.len()) {
        Ok(distinct)
    } else {
        Err(Problem::invalid(vec![FieldError::new(
            "numbers",
            "应为 1 至 200 个工单编号",
        )]))
    }
}

async fn one(app: &App, actor: &Actor, number: &str, body: &BulkDispatch) -> Result<BulkResult, Problem> {
    let result = |outcome, ticket: Option<&Ticket>, detail| BulkResult {
        number: number.to_owned(),
        outcome,
        state: ticket.map(|ticket| ticket.state.as_str()),
        detail,
    };
    let mut tx = app.db.begin().await?;
    let before = find(&mut tx, number).await?;
    // The order may be given again when its answer was lost on the way.
    if before
        .as_ref()
        .is_some_and(|ticket| has_it(ticket, &body.unit_code))
    {
        return Ok(result("unchanged", before.as_ref(), None));
    }
    let command = Command::Dispatch {
        unit: unit(body.unit_code.clone()),
        co_units: vec![],
        note: body.note.clone(),
        ground: None,
    };
    match act(&mut tx, app.clock.now(), number, command, actor, None).await {
        Ok(ticket) => {
            tx.commit().await?;
            Ok(result("dispatched", Some(&ticket), None))
        }
        Err(Error::Database(error)) if error.is_temporary() => Err(error.into()),
        // A unit that does not exist is wrong for every ticket.
        Err(error @ Error::Unknown { .. }) => Err(error.into()),
        Err(error) => Ok(result("refused", before.as_ref(), Some(reason(error)?))),
    }
}

fn has_it(ticket: &Ticket, unit: &str) -> bool {
    ticket.state == State::Dispatched && ticket.body.lead().is_some_and(|lead| lead.unit_code == unit)
}

fn reason(error: Error) -> Result<String, db::Error> {
    match error {
        Error::Database(error) => Err(error),
        refused => Ok(refused.to_string()),
    }
}
