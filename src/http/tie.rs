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
    calls::{self, Call},
    db::Tx,
    tickets::{self, Actor, Command, Source, Ticket, rules::State as TicketState},
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(tie)).routes(routes!(another))
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
        return Err(Problem::conflict(
            "该工单已办结，不能关联；请在本次来电的工单中办理",
        ));
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
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
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
    let ticket = tickets::open(&mut tx, &app.rng, now, Source::Call, Some(&call), &Actor::System).await?;
    if let Some(first) = &call.ticket_number {
        // The call goes on with its first ticket; the further ones know it by the list beside.
        calls::add_ticket(&mut tx, &call.id, &ticket.number).await?;
        calls::link_ticket(&mut tx, &call.id, first).await?;
    }
    let take = Command::Take {
        operator: caller.username.clone(),
        operator_name: caller.display_name.clone(),
    };
    tickets::note(&mut tx, now, &ticket.number, take).await?;
    tx.commit().await?;
    Ok((
        StatusCode::CREATED,
        Json(NewTicket {
            number: ticket.number,
        }),
    ))
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
        return Err(Problem::conflict(
            "本次来电的工单已填写内容，请先办理或并单，再关联其他工单",
        ));
    }
    Ok(Some(own))
}
