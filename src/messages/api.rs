//! Messages over HTTP, and as server-sent events.

use axum::{extract::State, http::StatusCode};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Draft, Message, send, store};
use crate::{
    accounts::{self, Role},
    app::App,
    clock::from_millis,
    http::{
        Caller, FieldError, Json, Problem, Query,
        page::{Asked, Page},
    },
};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, post))
        .routes(routes!(help))
}

#[derive(Deserialize, ToSchema)]
struct NewMessage {
    /// A user name; null: everybody in the office
    to: Option<String>,
    text: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Message)]
struct MessageView {
    id: i64,
    at: DateTime<Utc>,
    /// message, help
    kind: String,
    from: String,
    from_name: String,
    to: Option<String>,
    /// Of a cry for help: the call it came from
    call_id: Option<String>,
    text: String,
}

impl From<&Message> for MessageView {
    fn from(message: &Message) -> Self {
        let Message {
            kind,
            sender,
            sender_name,
            recipient,
            call_id,
            text,
            ..
        } = message.clone();
        Self {
            id: message.id,
            at: from_millis(message.at),
            kind,
            from: sender,
            from_name: sender_name,
            to: recipient,
            call_id,
            text,
        }
    }
}

/// Name and data of the server-sent event.
pub(super) fn event(message: &Message) -> (&'static str, Value) {
    if message.kind == "help" {
        let data = json!({
            "operator": message.sender,
            "display_name": message.sender_name,
            "call_id": message.call_id,
            "at": from_millis(message.at),
        });
        return ("help", data);
    }
    let data = serde_json::to_value(MessageView::from(message)).unwrap_or_default();
    ("message", data)
}

/// The newest messages to or from the caller
#[utoipa::path(get, path = "/messages", tag = "live", params(Asked), responses((status = 200, body = Page<MessageView>)))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(asked): Query<Asked>,
) -> Result<Json<Page<MessageView>>, Problem> {
    caller.require_office()?;
    let supervises = matches!(caller.role, Role::Supervisor | Role::Admin);
    let mut tx = app.db.read().await?;
    let (before, read) = asked.rows()?;
    let messages = store::of_person(&mut tx, &caller.username, supervises, before, read).await?;
    let view = |message: Message| MessageView::from(&message);
    Ok(Json(Page::shown(messages, read, |message| message.id, view)))
}

/// A supervisor's message to one person or to the whole office
#[utoipa::path(post, path = "/messages", tag = "live", request_body = NewMessage, responses((status = 204)))]
async fn post(
    State(app): State<App>,
    caller: Caller,
    Json(new): Json<NewMessage>,
) -> Result<StatusCode, Problem> {
    caller.require(&[Role::Supervisor, Role::Admin])?;
    let invalid = |field, message: String| Problem::invalid(vec![FieldError::new(field, message)]);
    let draft = Draft::message(new.to, &new.text).map_err(|fault| invalid("text", fault.to_string()))?;
    let mut tx = app.db.begin().await?;
    if let Some(to) = &draft.to {
        let known = accounts::by_username(&mut tx, to).await?;
        // A unit's people are told by tickets and notices, not by the hall's messages.
        if known.is_none_or(|user| user.disabled || user.role == Role::Unit) {
            return Err(invalid("to", "没有这个人".into()));
        }
    }
    send(&mut tx, app.clock.now(), &caller.username, &draft).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// An operator asks the supervisors for help
#[utoipa::path(post, path = "/desk/help", tag = "live", responses((status = 204)))]
async fn help(State(app): State<App>, caller: Caller) -> Result<StatusCode, Problem> {
    caller.require(&[Role::Operator])?;
    let call_id = {
        let live = app.live.state();
        let operator = live.operators.get(&caller.username);
        operator.and_then(|operator| operator.call_id.clone())
    };
    let mut tx = app.db.begin().await?;
    send(&mut tx, app.clock.now(), &caller.username, &Draft::help(call_id)).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
