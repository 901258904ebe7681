//! Tickets over HTTP. One endpoint a verb; what a verb may do is the rules'.

mod attachments;
mod bulk;
mod callbacks;
mod catalogues;
mod inbox;
mod intake;
mod list;
mod office;
mod privacy;
mod saved;
mod unit;

use axum::{extract::State, http::StatusCode};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::rules::{Fill, Refusal};
use super::{Actor, Command, Error, Source, Ticket, TicketView};
use super::{act, act_with, find, open, policy, rules, view};
use crate::{
    accounts::Role,
    app::App,
    audit::{self, Entry, Often},
    db::Tx,
    http::{Caller, FieldError, Json, Path, Problem},
};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(attachments::routes())
        .merge(catalogues::routes())
        .merge(inbox::routes())
        .routes(routes!(list::list, create))
        .merge(bulk::routes())
        .merge(callbacks::routes())
        .merge(saved::routes())
        .routes(routes!(show))
        .routes(routes!(fill))
        .merge(intake::routes())
        .merge(office::routes())
        .merge(privacy::routes())
        .merge(unit::routes())
}

pub fn actor(caller: &Caller) -> Actor {
    Actor::Person {
        username: caller.username.clone(),
        display_name: caller.display_name.clone(),
        role: caller.role,
        unit_code: caller.unit_code.clone(),
    }
}

/// What a person types; absent fields stay as they are
#[derive(Default, Deserialize, ToSchema)]
struct Fields {
    title: Option<String>,
    content: Option<String>,
    /// 咨询 求助 投诉 举报 建议 表扬 报修
    kind: Option<String>,
    class_code: Option<String>,
    /// S A B C D E F G
    band: Option<String>,
    place: Option<String>,
    place_code: Option<String>,
    /// When it happened, or since when
    happened: Option<String>,
    /// How many it concerns
    affected: Option<String>,
    caller_name: Option<String>,
    contact_phone: Option<String>,
}

impl From<Fields> for Fill {
    fn from(fields: Fields) -> Self {
        let Fields {
            title,
            content,
            kind,
            class_code,
            band,
            place,
            place_code,
            happened,
            affected,
            caller_name,
            contact_phone,
        } = fields;
        Self {
            title,
            content,
            kind,
            class_code,
            band,
            place,
            place_code,
            happened,
            affected,
            caller_name,
            contact_phone,
        }
    }
}

/// Write a ticket without a call
#[utoipa::path(post, path = "/tickets", tag = "tickets", request_body = Fields, responses((status = 201, body = TicketView)))]
async fn create(
    State(app): State<App>,
    caller: Caller,
    Json(fields): Json<Fields>,
) -> Result<(StatusCode, Json<TicketView>), Problem> {
    caller.require(&[Role::Operator, Role::Dispatcher])?;
    let actor = actor(&caller);
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let ticket = open(&mut tx, &app.rng, now, Source::Manual, None, &actor).await?;
    let ticket = act(
        &mut tx,
        now,
        &ticket.number,
        Command::Fill(fields.into()),
        &actor,
        None,
    )
    .await?;
    let body = view(&mut tx, &ticket, &actor, app.clock.now()).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(body)))
}

/// One ticket with all that belongs to it
#[utoipa::path(get, path = "/tickets/{number}", tag = "tickets", params(("number" = String, Path)),
    responses((status = 200, body = TicketView)))]
async fn show(
    State(app): State<App>,
    caller: Caller,
    Path(number): Path<String>,
) -> Result<Json<TicketView>, Problem> {
    let mut tx = app.db.read().await?;
    let ticket = seen(&mut tx, &number, &actor(&caller)).await?;
    let body = view(&mut tx, &ticket, &actor(&caller), app.clock.now()).await?;
    drop(tx);
    note_read(&app, &caller, &ticket).await?;
    Ok(Json(body))
}

/// The page of a ticket as the caller may see it, for those who put it on another medium; they write the look down.
pub async fn shown(
    tx: &mut Tx,
    number: &str,
    caller: &Caller,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<TicketView, Problem> {
    let actor = actor(caller);
    let ticket = seen(tx, number, &actor).await?;
    Ok(view(tx, &ticket, &actor, now).await?)
}

/// Who looked at a ticket is on record. A disk that is full is no reason to leave a citizen's matter unread.
async fn note_read(app: &App, caller: &Caller, ticket: &Ticket) -> Result<(), Problem> {
    let number = &ticket.number;
    let mut read = Entry::new(caller.who(), "ticket.read", "ticket", number);
    let is_confidential = ticket.body.confidential.is_some();
    let often = if is_confidential { Often::Each } else { Often::Look };
    if is_confidential {
        let sight = rules::privacy::sight(ticket, &actor(caller));
        read.detail = serde_json::json!({ "confidential": true, "sight": sight.as_str() });
    }
    match audit::note_read(app, read, often).await {
        Err(error) if error.is_temporary() && !is_confidential => {
            tracing::error!(%error, number, actor = caller.username, "a look at a ticket is not in the audit log");
            Ok(())
        }
        noted => Ok(noted?),
    }
}

async fn seen(tx: &mut Tx, number: &str, actor: &Actor) -> Result<Ticket, Problem> {
    let found = find(tx, number).await?.ok_or_else(Problem::not_found)?;
    let policy = policy(tx, &found, actor).await?;
    if rules::may_see(&found, actor, &policy) {
        Ok(found)
    } else {
        Err(Problem::not_found())
    }
}

/// A command, and the uploads that go with it.
struct Step {
    command: Command,
    files: Vec<String>,
}

impl From<Command> for Step {
    fn from(command: Command) -> Self {
        Self {
            command,
            files: vec![],
        }
    }
}

async fn perform(
    app: &App,
    caller: &Caller,
    number: &str,
    step: impl Into<Step>,
    version: Option<i64>,
) -> Result<Json<TicketView>, Problem> {
    let actor = actor(caller);
    let Step { command, files } = step.into();
    let mut tx = app.db.begin().await?;
    let now = app.clock.now();
    let ticket = act_with(&mut tx, now, number, command, &files, &actor, version).await?;
    tx.commit().await?;
    // The page is much to read: who waits for the writer does not wait for it.
    let mut tx = app.db.read().await?;
    Ok(Json(view(&mut tx, &ticket, &actor, app.clock.now()).await?))
}

#[derive(Deserialize, ToSchema)]
struct FillBody {
    /// The version that was shown; 409 when it is no longer the newest
    version: i64,
    #[serde(flatten)]
    fields: Fields,
    /// Ids of what was uploaded for it
    #[serde(default)]
    attachments: Vec<String>,
}

/// Fill in fields
#[utoipa::path(post, path = "/tickets/{number}/fill", tag = "tickets", params(("number" = String, Path)),
    request_body = FillBody, responses((status = 200, body = TicketView)))]
async fn fill(
    State(app): State<App>,
    caller: Caller,
    Path(number): Path<String>,
    Json(body): Json<FillBody>,
) -> Result<Json<TicketView>, Problem> {
    perform(
        &app,
        &caller,
        &number,
        Step {
            command: Command::Fill(body.fields.into()),
            files: body.attachments,
        },
        Some(body.version),
    )
    .await
}

/// One endpoint a verb. The body is read into a command; whether it may be done is the rules'.
macro_rules! action {
    ($name:ident, $path:tt, $doc:tt, $body:ident, $command:expr) => {
        #[doc = $doc]
        #[utoipa::path(post, path = $path, tag = "tickets", params(("number" = String, Path)),
                                    request_body = $body, responses((status = 200, body = TicketView)))]
        async fn $name(
            State(app): State<App>,
            caller: Caller,
            Path(number): Path<String>,
            Json(body): Json<$body>,
        ) -> Result<Json<TicketView>, Problem> {
            let version = body.version;
            let command: fn($body) -> Result<_, Problem> = $command;
            perform(&app, &caller, &number, command(body)?, version).await
        }
    };
}
use action;

/// A unit that is named by its code; the name is looked up when the command is carried out.
fn unit(code: String) -> rules::facts::UnitName {
    rules::facts::UnitName {
        code,
        name: String::new(),
    }
}

/// What every step may say: which version it was decided on
#[derive(Default, Deserialize, ToSchema)]
struct Plain {
    version: Option<i64>,
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound => Self::not_found(),
            Error::Stale { version } => Self {
                errors: vec![FieldError::new("version", version.to_string())],
                ..Self::conflict("工单已被他人修改，请刷新后再试").coded("ticket-stale")
            },
            Error::Refused(refusal) => refusal.into(),
            Error::Unknown { field, what } => {
                Self::invalid(vec![FieldError::new(field, format!("没有这个{what}"))])
            }
            Error::Attachment(error) => error.into(),
            Error::Database(error) => error.into(),
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let detail = refusal.to_string();
        let forbidden = |code| Self {
            detail: detail.clone(),
            ..Self::forbidden().coded(code)
        };
        match refusal {
            Refusal::Forbidden => Self::forbidden(),
            Refusal::OwnWork => forbidden("ticket-own-work"),
            Refusal::OwnProposal => forbidden("ticket-own-proposal"),
            Refusal::Outsourced => forbidden("ticket-outsourced"),
            Refusal::WrongState(_) => Self::conflict(detail).coded("ticket-wrong-state"),
            Refusal::Guard(_) => Self::conflict(detail).coded("ticket-not-now"),
            Refusal::Missing(fields) => Self::invalid(
                fields
                    .into_iter()
                    .map(|field| FieldError::new(field, "必填"))
                    .collect(),
            ),
            Refusal::Invalid(faults) => {
                let fault = |(field, message): (&'static str, &str)| FieldError::new(field, message);
                Self::invalid(faults.into_iter().map(fault).collect())
            }
        }
    }
}
