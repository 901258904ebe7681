//! A call and its tickets: one call ties itself to a ticket that exists, or brings several. Joins calls and tickets; what a ticket may
//! become is the tickets' matter.

use axum::{extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Caller, FieldError, Json, Path, Problem};
use crate::{
    accounts::Role,
    app::App,
    calls::{self, Call, Change, Outcome, Purpose, What},
    clock::millis,
    db::{self, Tx},
    tickets::{self, Actor, Command, Source, Ticket, rules::State as TicketState},
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(tie, untie))
        .routes(routes!(another))
}

#[derive(Deserialize, ToSchema)]
struct TieBody {
    /// An open ticket
    ticket_number: String,
    /// enquiry: how far it is; addition: more about it
    kind: String,
}

#[derive(Serialize, ToSchema)]
struct NewTicket {
    number: String,
}

/// Tie a call to an open ticket; the call's own untouched draft is merged into it
#[utoipa::path(post, path = "/calls/{id}/tie", tag = "calls", params(("id" = String, Path)), request_body = TieBody,
    responses((status = 204)))]
async fn tie(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    Json(body): Json<TieBody>,
) -> Result<StatusCode, Problem> {
    let ground = match body.kind.as_str() {
        "enquiry" => "同一诉求，来电查询进度",
        "addition" => "同一诉求，来电补充情况",
        _ => {
            return Err(Problem::invalid(vec![FieldError::new(
                "kind",
                "应为 enquiry 或 addition",
            )]));
        }
    };
    let mut tx = app.db.begin().await?;
    let call = own_call(&app, &mut tx, &caller, &id).await?;
    if call.ticket_number.as_deref() == Some(body.ticket_number.as_str()) {
        return Ok(StatusCode::NO_CONTENT);
    }
    let target = tickets::find(&mut tx, &body.ticket_number).await?;
    let target =
        target.ok_or_else(|| Problem::invalid(vec![FieldError::new("ticket_number", "没有这个工单")]))?;
    if !target.state.is_open() {
        let detail = "该工单已办结，不能关联；请在本次来电的工单中办理";
        return Err(Problem::conflict(detail).coded("tie-closed"));
    }
    if let Some(draft) = own_draft(&mut tx, &call).await? {
        let merge = Command::Merge {
            parent: target.number.clone(),
            ground: ground.to_owned(),
        };
        let actor = tickets::api::actor(&caller);
        tickets::act(&mut tx, app.clock.now(), &draft.number, merge, &actor, None).await?;
    }
    calls::link_ticket(&mut tx, &call.id, &target.number).await?;
    tickets::note_calls(&mut tx, &target.number).await?;
    let (ticket_number, by) = (target.number, caller.username);
    note(&app, &mut tx, &call, What::Tied { ticket_number, by }).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What was done with the call's ticket stands among the call's own events.
async fn note(app: &App, tx: &mut Tx, call: &Call, what: What) -> Result<(), db::Error> {
    let change = Change {
        call_id: call.id.clone(),
        at: app.clock.now(),
        what,
    };
    calls::apply(tx, &[change]).await
}

/// The call belonged to none of the ticket's matters after all: it gets a draft of its own again
#[utoipa::path(delete, path = "/calls/{id}/tie", tag = "calls", params(("id" = String, Path)),
    responses((status = 200, body = NewTicket)))]
async fn untie(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<NewTicket>, Problem> {
    let mut tx = app.db.begin().await?;
    let call = own_call(&app, &mut tx, &caller, &id).await?;
    let Some(wrong) = tied_to(&mut tx, &call).await? else {
        return Err(Problem::conflict("本次来电没有关联其他工单").coded("tie-none"));
    };
    let number = draft(&app, &mut tx, &call, &caller).await?;
    tickets::note_calls(&mut tx, &wrong).await?;
    let (ticket_number, by) = (wrong, caller.username);
    note(&app, &mut tx, &call, What::Untied { ticket_number, by }).await?;
    tickets::jobs::suggest_soon(&mut tx, app.clock.now(), &call.id).await?;
    tx.commit().await?;
    Ok(Json(NewTicket { number }))
}

/// The ticket of the call, where another call opened it. A call that an operator made about a ticket is that ticket's by right.
pub(super) async fn tied_to(tx: &mut Tx, call: &Call) -> Result<Option<String>, db::Error> {
    let brings_demands = call.purpose == Purpose::Hotline || call.queue.is_some();
    let Some(number) = call.ticket_number.as_ref().filter(|_| brings_demands) else {
        return Ok(None);
    };
    let opener = calls::by_ticket(tx, number).await?.into_iter().next();
    Ok(opener
        .filter(|opener| opener.id != call.id)
        .map(|_| number.clone()))
}

/// A draft of the call's, in the operator's hand; the call now has it as its own.
async fn draft(app: &App, tx: &mut Tx, call: &Call, caller: &Caller) -> Result<String, Problem> {
    let now = app.clock.now();
    let ticket = tickets::open(tx, &app.rng, now, Source::Call, Some(call), &Actor::System).await?;
    let take = Command::Take {
        operator: caller.username.clone(),
        operator_name: caller.display_name.clone(),
    };
    tickets::note(tx, now, &ticket.number, take).await?;
    // Nobody else tells a ticket that came after the call that the call is over.
    if call.ended_at.is_some() {
        let outcome = call.outcome().map(Outcome::as_str).unwrap_or_default();
        let command = Command::EndCall {
            call_id: call.id.clone(),
            outcome: outcome.to_owned(),
        };
        tickets::note(tx, now, &ticket.number, command).await?;
    }
    Ok(ticket.number)
}

/// A further demand of the same call: another draft
#[utoipa::path(post, path = "/calls/{id}/tickets", tag = "calls", params(("id" = String, Path)),
    responses((status = 201, body = NewTicket)))]
async fn another(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<NewTicket>), Problem> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let call = own_call(&app, &mut tx, &caller, &id).await?;
    let number = draft(&app, &mut tx, &call, &caller).await?;
    if let Some(first) = &call.ticket_number {
        // The call goes on with its first ticket; the further ones know it by the list beside.
        calls::add_ticket(&mut tx, &call.id, &number, millis(now)).await?;
        calls::link_ticket(&mut tx, &call.id, first).await?;
    }
    // What was said of it before the operator turned to it is its own already.
    tickets::jobs::suggest_soon(&mut tx, now, &call.id).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(NewTicket { number })))
}

/// The call in the operator's hand: talked on, or ringing.
async fn own_call(app: &App, tx: &mut Tx, caller: &Caller, id: &str) -> Result<Call, Problem> {
    caller.require(&[Role::Operator])?;
    let call = calls::find(tx, id).await?.ok_or_else(Problem::not_found)?;
    let in_hand = {
        let live = app.live.state();
        let operator = live.operators.get(&caller.username);
        operator.and_then(|operator| operator.call_id.clone())
    };
    let is_own = call.operator.as_deref() == Some(caller.username.as_str()) || in_hand.as_deref() == Some(id);
    if is_own {
        Ok(call)
    } else {
        Err(Problem::forbidden())
    }
}

/// The draft that the call itself opened. What a person has written is not thrown away by a click.
async fn own_draft(tx: &mut Tx, call: &Call) -> Result<Option<Ticket>, Problem> {
    let Some(number) = &call.ticket_number else {
        return Ok(None);
    };
    let own = tickets::find(tx, number).await?;
    let Some(own) = own.filter(|ticket| matches!(ticket.state, TicketState::Draft | TicketState::Pending))
    else {
        return Ok(None);
    };
    if own.version > 0 {
        let detail = "本次来电的工单已填写内容，请先办理或并单，再关联其他工单";
        return Err(Problem::conflict(detail).coded("tie-written"));
    }
    Ok(Some(own))
}
