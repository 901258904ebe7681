//! The operator's desk: the call that rings or is talked on, with its prefilled ticket.

mod actions;
mod handing;
mod line;
mod supervision;
mod trial;

use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Caller, FieldError, Json, Problem};
use crate::{
    accounts::Role,
    app::App,
    calendar,
    calls::{self, Call, api::CallView},
    db::Tx,
    desks,
    live::OperatorState,
    tickets::{self, TicketView},
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(desk))
        .merge(line::routes())
        .merge(actions::routes())
        .merge(handing::routes())
        .merge(supervision::routes())
        .merge(trial::routes())
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
    /// What is said is not recorded
    recording_paused: bool,
    /// The third party of the call
    consult: Option<ConsultView>,
    /// The call that this supervisor listens to
    monitoring: Option<MonitoringView>,
    /// The echo test runs
    echo: bool,
    /// Since midnight
    totals: TotalsView,
    call: Option<CallView>,
    ticket: Option<TicketView>,
    /// Numbers of all tickets of the call: its own, then those for further demands
    tickets: Vec<String>,
}

#[derive(Serialize, ToSchema)]
struct ConsultView {
    party: String,
    /// operator, number
    kind: &'static str,
    /// ringing, talking, three_way
    state: &'static str,
}

#[derive(Serialize, ToSchema)]
struct MonitoringView {
    call_id: String,
    /// listen, whisper, barge
    mode: &'static str,
}

#[derive(Serialize, ToSchema)]
struct TotalsView {
    calls: i64,
    talk_seconds: i64,
    paused_seconds: i64,
    ready_seconds: i64,
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
        // What was talked about stays on the desk until it is written up.
        None if mine
            .as_ref()
            .is_some_and(|operator| operator.state == OperatorState::WrapUp) =>
        {
            calls::latest_of_operator(&mut tx, &caller.username).await?
        }
        None => calls::open_of_operator(&mut tx, &caller.username).await?,
    };
    let now = app.clock.now();
    let ticket = ticket(&mut tx, call.as_ref(), &caller, now).await?;
    let tickets = ticket_numbers(&mut tx, call.as_ref()).await?;
    let totals = desks::totals(&mut tx, &caller.username, calendar::day_start(now), now).await?;
    let totals = TotalsView {
        calls: totals.calls,
        talk_seconds: totals.talk_ms / 1000,
        paused_seconds: totals.paused_ms / 1000,
        ready_seconds: totals.ready_ms / 1000,
    };
    Ok(Json(Desk {
        state: mine
            .as_ref()
            .map_or("offline", |operator| operator.state.as_str()),
        since: mine.map(|operator| operator.since),
        line: desk.line.as_str(),
        held: desk.held,
        recording_paused: desk.recording_paused,
        consult: desk.consult.map(|c| ConsultView {
            party: c.party,
            kind: c.kind,
            state: c.state,
        }),
        monitoring: desk
            .monitoring
            .map(|(call_id, mode)| MonitoringView { call_id, mode }),
        echo: desk.echo,
        totals,
        call: call.as_ref().map(CallView::from),
        ticket,
        tickets,
    }))
}

async fn ticket_numbers(tx: &mut Tx, call: Option<&Call>) -> Result<Vec<String>, Problem> {
    let Some(call) = call else { return Ok(vec![]) };
    let mut numbers: Vec<_> = call.ticket_number.clone().into_iter().collect();
    numbers.extend(calls::further_tickets(tx, &call.id).await?);
    Ok(numbers)
}

async fn ticket(
    tx: &mut Tx,
    call: Option<&Call>,
    caller: &Caller,
    now: DateTime<Utc>,
) -> Result<Option<TicketView>, Problem> {
    let Some(number) = call.and_then(|call| call.ticket_number.as_deref()) else {
        return Ok(None);
    };
    let Some(ticket) = tickets::find(tx, number).await? else {
        return Ok(None);
    };
    Ok(Some(
        tickets::view(tx, &ticket, &tickets::api::actor(caller), now).await?,
    ))
}
