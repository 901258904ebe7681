//! The operator's desk: the call that rings or is talked on, with its prefilled ticket.

mod actions;
mod line;

use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Caller, FieldError, Json, Problem};
use crate::{
    accounts::Role,
    app::App,
    calls::{self, Call, api::CallView},
    db::Tx,
    tickets::{self, TicketView},
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(desk))
        .merge(line::routes())
        .merge(actions::routes())
}

/// Who may sit at a desk: a supervisor listens in and takes over.
const AT_DESKS: [Role; 3] = [Role::Operator, Role::Supervisor, Role::Admin];

#[derive(Serialize, ToSchema)]
struct Desk {
    /// offline, ready, ringing, talking, wrap_up, paused
    state: &'static str,
    since: Option<DateTime<Utc>>,
    /// The browser's audio: none, connected, lost
    line: &'static str,
    /// The citizen is on hold
    held: bool,
    call: Option<CallView>,
    ticket: Option<TicketView>,
}

/// What the operator who asks has in hand
#[utoipa::path(get, path = "/desk", tag = "live", responses((status = 200, body = Desk)))]
async fn desk(State(app): State<App>, caller: Caller) -> Result<Json<Desk>, Problem> {
    caller.require(&AT_DESKS)?;
    let (mine, desk) = {
        let state = app.live.state();
        let desk = state.desks.get(&caller.username).cloned();
        (
            state.operators.get(&caller.username).cloned(),
            desk.unwrap_or_default(),
        )
    };
    let in_hand = mine
        .as_ref()
        .and_then(|operator| operator.call_id.as_deref())
        .or(desk.call_id.as_deref());
    let mut tx = app.db.read().await?;
    let call = match in_hand {
        Some(id) => calls::find(&mut tx, id).await?,
        None => calls::open_of_operator(&mut tx, &caller.username).await?,
    };
    let ticket = ticket(&mut tx, call.as_ref(), &caller).await?;
    Ok(Json(Desk {
        state: mine
            .as_ref()
            .map_or("offline", |operator| operator.state.as_str()),
        since: mine.map(|operator| operator.since),
        line: desk.line.as_str(),
        held: desk.held,
        call: call.as_ref().map(CallView::from),
        ticket,
    }))
}

async fn ticket(tx: &mut Tx, call: Option<&Call>, caller: &Caller) -> Result<Option<TicketView>, Problem> {
    let Some(number) = call.and_then(|call| call.ticket_number.as_deref()) else {
        return Ok(None);
    };
    let Some(ticket) = tickets::find(tx, number).await? else {
        return Ok(None);
    };
    Ok(Some(
        tickets::view(tx, &ticket, &tickets::api::actor(caller)).await?,
    ))
}
