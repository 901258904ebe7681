//! The screen pop: who is calling, before the ring is answered. Joins what calls and tickets know of a number; decides nothing.

use axum::extract::State;
use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Caller, Json, Path, Problem};
use crate::{
    accounts::Role,
    app::App,
    calls::{
        self, Call,
        api::{CallView, MenuStepView},
        numbers::{self, NumberKind},
    },
    clock::{from_millis, millis},
    db::{self, Tx},
    tickets::{
        self, Actor, Ticket,
        rules::{
            caller::CallerProfile,
            privacy::{Sight, sight},
        },
    },
};

const SHOWN: i64 = 10;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(context))
}

#[derive(Serialize, ToSchema)]
struct CallContext {
    /// Empty when withheld
    number: String,
    /// What the network said of the caller, or the unit that has this number
    display: Option<String>,
    /// null: not in the county's directory of areas
    home_area: Option<String>,
    /// mobile, landline, government, hidden, unknown
    number_kind: &'static str,
    /// From earlier tickets; empty when none says
    name: String,
    address: String,
    repeat_caller: bool,
    /// Earlier calls of this number within thirty days
    calls_30d: i64,
    /// Words of danger in what this number reported, the gravest first
    sensitive: Vec<String>,
    menu_path: Vec<MenuStepView>,
    /// In the queue, until the answer or until now
    waited_ms: i64,
    recent_calls: Vec<CallView>,
    /// Newest first, without the call's own
    open_tickets: Vec<TicketLine>,
    recent_tickets: Vec<TicketLine>,
}

#[derive(Serialize, ToSchema)]
struct TicketLine {
    number: String,
    title: String,
    state: &'static str,
    kind: String,
    band: String,
    place: String,
    opened_at: DateTime<Utc>,
}

/// Who is calling; also while it still rings
#[utoipa::path(get, path = "/calls/{id}/context", tag = "calls", params(("id" = String, Path)),
    responses((status = 200, body = CallContext)))]
async fn context(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<CallContext>, Problem> {
    caller.require(&[Role::Operator, Role::Supervisor, Role::Admin])?;
    let mut tx = app.db.read().await?;
    let call = calls::find(&mut tx, &id).await?.ok_or_else(Problem::not_found)?;
    let viewer = tickets::api::actor(&caller);
    let found = compose(&mut tx, &call, &viewer, app.clock.now()).await?;
    calls::api::note_read(&app, tx, &caller, &call, "call").await?;
    Ok(Json(found))
}

async fn compose(
    tx: &mut Tx,
    call: &Call,
    viewer: &Actor,
    now: DateTime<Utc>,
) -> Result<CallContext, db::Error> {
    let unit = calls::unit_of_number(tx, &call.caller).await?;
    let known = known(tx, call, viewer).await?;
    let month_ago = call.started_at - TimeDelta::days(30).num_milliseconds();
    let calls_30d = match call.caller.as_str() {
        "" => 0,
        number => calls::count_of(tx, number, month_ago, call.started_at).await?,
    };
    let mut recent = calls::history(tx, &call.caller, call.started_at, SHOWN).await?;
    let ids: Vec<&str> = recent.iter().map(|call| call.id.as_str()).collect();
    let closed = calls::closed(tx, &ids, viewer.username().unwrap_or_default()).await?;
    recent.retain(|call| !closed.contains(&call.id));
    let line = |tickets: &[Ticket]| tickets.iter().map(TicketLine::from).collect();
    Ok(CallContext {
        home_area: calls::home_area(tx, &call.caller, &call.caller_kind).await?,
        number_kind: NumberKind::of(&call.caller, &call.caller_kind, unit.is_some()).as_str(),
        number: call.caller.clone(),
        display: unit.or_else(|| call.caller_display.clone()),
        name: known.profile.name,
        address: known.profile.address,
        repeat_caller: numbers::is_repeated(calls_30d),
        calls_30d,
        sensitive: known.profile.marks,
        menu_path: call.body.menu_path.iter().map(MenuStepView::from).collect(),
        waited_ms: waited_ms(call, now),
        recent_calls: recent.iter().map(CallView::from).collect(),
        open_tickets: line(&known.open),
        recent_tickets: line(&known.recent),
    })
}

struct Known {
    profile: CallerProfile,
    open: Vec<Ticket>,
    recent: Vec<Ticket>,
}

/// A withheld number has no past: all withheld callers would share it.
async fn known(tx: &mut Tx, call: &Call, viewer: &Actor) -> Result<Known, db::Error> {
    let own = call.ticket_number.as_deref().unwrap_or_default();
    let mut recent = tickets::history(tx, &call.caller, own, SHOWN).await?;
    let mut open = tickets::open_of_caller(tx, &call.caller, own, SHOWN).await?;
    // Of a confidential ticket not even that this number has one.
    let is_seen = |ticket: &Ticket| sight(ticket, viewer) == Sight::Full;
    recent.retain(is_seen);
    open.retain(is_seen);
    let words = tickets::urgency_words(tx).await?;
    Ok(Known {
        profile: tickets::rules::caller::profile(&recent, &words),
        open,
        recent,
    })
}

fn waited_ms(call: &Call, now: DateTime<Utc>) -> i64 {
    let until = call.answered_at.or(call.ended_at).unwrap_or_else(|| millis(now));
    call.queued_at.map_or(0, |since| (until - since).max(0))
}

impl From<&Ticket> for TicketLine {
    fn from(ticket: &Ticket) -> Self {
        Self {
            number: ticket.number.clone(),
            title: ticket.title.clone(),
            state: ticket.state.as_str(),
            kind: ticket.kind.clone(),
            band: ticket.band.clone(),
            place: ticket.place.clone(),
            opened_at: from_millis(ticket.created_at),
        }
    }
}
