//! Citizens whom a person is to call (人工回访): what the machine could not settle, with what it has heard.

use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::actor;
use crate::{
    app::App,
    http::{Caller, Json, Problem, Query, page},
    tickets::{
        TicketSummary, books, inbox,
        rules::{
            Actor, Ticket,
            privacy::{Sight, sight},
        },
        summaries,
        views::{ClockView, SurveyView},
    },
};

/// The inbox that this page shows in full.
const INBOX: &str = "person_callback";

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct CallbackQuery {
    cursor: Option<String>,
    limit: Option<i64>,
}

#[derive(Serialize, ToSchema)]
struct CallbackRow {
    ticket: TicketSummary,
    /// Whom to call; none: of a confidential ticket that does not name the reader
    contact_phone: Option<String>,
    /// not_surveyed: the machine never took it on; handed_over: it gave up, `reason` says why; dissatisfied: to learn why
    why: &'static str,
    reason: String,
    /// What the machine asked and heard
    survey: Option<SurveyView>,
    /// Calls by persons that reached nobody
    missed: usize,
    last_called_at: Option<DateTime<Utc>>,
}

#[derive(Serialize, ToSchema)]
struct Callbacks {
    items: Vec<CallbackRow>,
    next_cursor: Option<String>,
}

/// Citizens whom a person is to call, the most pressing first; `POST /tickets/{number}/callback` takes what they say
#[utoipa::path(get, path = "/callbacks", tag = "tickets", params(CallbackQuery), responses((status = 200, body = Callbacks)))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<CallbackQuery>,
) -> Result<Json<Callbacks>, Problem> {
    let inbox = inbox::find(caller.role, INBOX).ok_or_else(Problem::forbidden)?;
    let limit = page::limit(query.limit)?;
    let after = page::decode(query.cursor.as_deref())?;
    let (now, actor) = (app.clock.now(), actor(&caller));
    let mut tx = app.db.read().await?;
    let rows = inbox::page(&mut tx, inbox, (caller.role, None), now, (after, limit + 1)).await?;
    let (rows, next_cursor) = page::cut(rows, limit, |(due, ticket)| (*due, ticket.number.clone()));
    let tickets: Vec<_> = rows.into_iter().map(|(_, ticket)| ticket).collect();
    let books = books(&mut tx).await?;
    let mut items = Vec::new();
    for (mut summary, ticket) in summaries(&mut tx, &tickets, &actor)
        .await?
        .into_iter()
        .zip(&tickets)
    {
        let running = inbox::clock(inbox, ticket, &actor, &books);
        summary.clock = running.and_then(|running| ClockView::new(&running, &books, now));
        items.push(row(summary, ticket, &actor));
    }
    Ok(Json(Callbacks { items, next_cursor }))
}

fn row(summary: TicketSummary, ticket: &Ticket, actor: &Actor) -> CallbackRow {
    let is_shown = sight(ticket, actor) == Sight::Full;
    let survey = ticket.body.survey.as_ref();
    let why = match survey.map(|survey| survey.state.as_str()) {
        None => "not_surveyed",
        Some("completed" | "by_person") => "dissatisfied",
        Some(_) => "handed_over",
    };
    let by_hand = ticket.body.callbacks.iter();
    CallbackRow {
        contact_phone: is_shown.then(|| ticket.contact_phone.clone()),
        why,
        reason: survey.map(|survey| survey.reason.clone()).unwrap_or_default(),
        survey: survey.map(SurveyView::from).map(|mut survey| {
            survey.remark = survey.remark.filter(|_| is_shown);
            survey
        }),
        missed: by_hand.clone().filter(|entry| !entry.result.reached).count(),
        last_called_at: by_hand.map(|entry| entry.at).max(),
        ticket: summary,
    }
}
