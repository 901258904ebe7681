//! Handing the citizen on, and calling one back.

use axum::{extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{AT_DESKS, Caller, FieldError, Json, Problem, actions::ask};
use crate::{
    app::App,
    live::desks::{Destination, Wish},
    tickets,
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(transfer))
        .routes(routes!(emergency))
        .routes(routes!(call))
}

#[derive(Deserialize, ToSchema)]
struct Target {
    operator: Option<String>,
    queue: Option<String>,
    number: Option<String>,
}

impl Target {
    fn destination(self) -> Option<Destination> {
        match (self.operator, self.queue, self.number) {
            (Some(name), None, None) => Some(Destination::Operator(name)),
            (None, Some(name), None) => Some(Destination::Queue(name)),
            (None, None, Some(number)) => Some(Destination::Number(number)),
            _ => None,
        }
    }
}

#[derive(Deserialize, ToSchema)]
struct Transfer {
    /// Exactly one of operator, queue and number
    to: Target,
    /// Ask the target first, while the citizen hears music
    attended: bool,
}

/// Hands the citizen to somebody else
#[utoipa::path(post, path = "/desk/transfer", tag = "desk", request_body = Transfer, responses((status = 204)))]
async fn transfer(
    State(app): State<App>,
    caller: Caller,
    Json(transfer): Json<Transfer>,
) -> Result<StatusCode, Problem> {
    let to = transfer.to.destination().ok_or_else(|| {
        Problem::invalid(vec![FieldError::new(
            "to",
            "应为 operator、queue、number 三者之一",
        )])
    })?;
    let attended = transfer.attended;
    ask(&app, &caller, Wish::Transfer { to, attended }).await
}

#[derive(Deserialize, ToSchema)]
struct Emergency {
    /// 110, 119, 120, 122
    service: String,
    /// The operator leaves as soon as it answers (一键转接); else all three talk (三方通话)
    #[serde(default)]
    transfer: bool,
}

/// Calls an emergency service into the call; the operator stays with the citizen until it answers
#[utoipa::path(post, path = "/desk/emergency", tag = "desk", request_body = Emergency, responses((status = 204)))]
async fn emergency(
    State(app): State<App>,
    caller: Caller,
    Json(wanted): Json<Emergency>,
) -> Result<StatusCode, Problem> {
    if !["110", "119", "120", "122"].contains(&wanted.service.as_str()) {
        let expected = "应为 110、119、120 或 122";
        return Err(Problem::invalid(vec![FieldError::new("service", expected)]));
    }
    let wish = Wish::Emergency {
        number: wanted.service,
        leave: wanted.transfer,
    };
    ask(&app, &caller, wish).await
}

#[derive(Deserialize, ToSchema)]
struct NewCall {
    number: String,
    ticket_number: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct Placed {
    call_id: String,
}

/// Calls a citizen
#[utoipa::path(post, path = "/desk/call", tag = "desk", request_body = NewCall, responses((status = 200, body = Placed)))]
async fn call(
    State(app): State<App>,
    caller: Caller,
    Json(wanted): Json<NewCall>,
) -> Result<Json<Placed>, Problem> {
    caller.require(&AT_DESKS)?;
    if let Some(number) = &wanted.ticket_number
        && tickets::find(&mut app.db.read().await?, number).await?.is_none()
    {
        let unknown = FieldError::new("ticket_number", "没有这个工单");
        return Err(Problem::invalid(vec![unknown]));
    }
    let call_id = app.rng.id();
    let wish = Wish::Call {
        call_id: call_id.clone(),
        number: wanted.number,
        ticket_number: wanted.ticket_number,
    };
    ask(&app, &caller, wish).await?;
    Ok(Json(Placed { call_id }))
}
