//! The operator's desk: the call that rings or is talked on, with its prefilled ticket.

mod actions;
mod directory;
mod handing;
mod line;
mod skills;
mod supervision;
mod trial;

use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use self::skills::SkillView;
use super::{Caller, FieldError, Json, Problem, tie};
use crate::{
    accounts::Role,
    app::App,
    calendar::local_date,
    calls::{self, Call, api::CallView},
    db::Tx,
    desks,
    live::{OperatorState, desks::Consult},
    tickets::{self, TicketView},
    units,
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(desk))
        .merge(line::routes())
        .merge(skills::routes())
        .merge(actions::routes())
        .merge(handing::routes())
        .merge(directory::routes())
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
    /// Why she is paused
    reason: Option<String>,
    /// Why she pauses when the call in hand is over
    pause_after: Option<String>,
    /// When the shift began
    shift_since: Option<DateTime<Utc>>,
    /// Of the shift so far
    totals: TotalsView,
    /// What an administrator gave her to serve, and what of it she serves
    skills: Vec<SkillView>,
    call: Option<CallView>,
    ticket: Option<TicketView>,
    /// The ticket is another call's, to which this one was tied
    tied: bool,
    /// Numbers of all tickets of the call: its own, then those for further demands
    tickets: Vec<String>,
}

#[derive(Serialize, ToSchema)]
struct ConsultView {
    party: String,
    /// Of a number: the unit, and the person on duty, whose telephone it is
    name: Option<String>,
    /// operator, number
    kind: &'static str,
    /// ringing, talking, waiting (the operator is with the citizen), three_way
    state: &'static str,
    /// The caller of this is the third party, and `party` is who asks her
    asked: bool,
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
    let tied = match &call {
        Some(call) => tie::tied_to(&mut tx, call).await?.is_some(),
        None => false,
    };
    let shift_since = desks::shift_start(&mut tx, &caller.username, now).await?;
    let since = shift_since.unwrap_or(now);
    let totals = desks::totals(&mut tx, &caller.username, since, now).await?;
    let skills = skills::of(&mut tx, &caller).await?;
    let consult = match desk.consult {
        Some(consult) => Some(consult_view(&mut tx, consult, now).await?),
        None => None,
    };
    Ok(Json(Desk {
        state: mine
            .as_ref()
            .map_or("offline", |operator| operator.state.as_str()),
        reason: mine.as_ref().and_then(|operator| operator.reason.clone()),
        pause_after: desk.pause_after,
        since: mine.map(|operator| operator.since),
        line: desk.line.as_str(),
        held: desk.held,
        recording_paused: desk.recording_paused,
        consult,
        monitoring: desk
            .monitoring
            .map(|(call_id, mode)| MonitoringView { call_id, mode }),
        echo: desk.echo,
        shift_since,
        totals: totals.into(),
        skills,
        call: call.as_ref().map(CallView::from),
        ticket,
        tied,
        tickets,
    }))
}

impl From<desks::Totals> for TotalsView {
    fn from(totals: desks::Totals) -> Self {
        Self {
            calls: totals.calls,
            talk_seconds: totals.talk_ms / 1000,
            paused_seconds: totals.paused_ms / 1000,
            ready_seconds: totals.ready_ms / 1000,
        }
    }
}

async fn consult_view(tx: &mut Tx, consult: Consult, now: DateTime<Utc>) -> Result<ConsultView, Problem> {
    let name = match consult.kind {
        "number" => units::whose_phone(tx, &consult.party, local_date(now)).await?,
        _ => None,
    };
    Ok(ConsultView {
        party: consult.party,
        name,
        kind: consult.kind,
        state: consult.state,
        asked: consult.asked,
    })
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
