//! Tickets over HTTP. One endpoint a verb; what a verb may do is the rules'.

mod catalogues;

use axum::{extract::State, http::StatusCode};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::rules::decide::{Fill, Refusal};
use super::{Actor, Command, Error, Filter, Source, Ticket, TicketSummary, TicketView};
use super::{act, find, open, page as read_page, rules, summaries, view};
use crate::{
    accounts::Role,
    app::App,
    clock::millis,
    db::Tx,
    http::{Caller, FieldError, Json, Path, Problem, Query, page},
};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(catalogues::routes())
        .routes(routes!(list, create))
        .routes(routes!(show))
        .routes(routes!(fill))
        .routes(routes!(accept))
        .routes(routes!(dispatch))
        .routes(routes!(reply))
        .routes(routes!(close))
        .routes(routes!(reopen))
}

pub fn actor(caller: &Caller) -> Actor {
    Actor::Person {
        username: caller.username.clone(),
        display_name: caller.display_name.clone(),
        role: caller.role,
        unit_code: caller.unit_code.clone(),
    }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    state: Option<String>,
    /// Words of title, content, place or name; digits: a number or telephone
    q: Option<String>,
    /// Created at or after
    from: Option<DateTime<Utc>>,
    /// Created before
    to: Option<DateTime<Utc>>,
    /// A class or the beginning of its code
    class: Option<String>,
    unit: Option<String>,
    caller: Option<String>,
    band: Option<String>,
    cursor: Option<String>,
    limit: Option<i64>,
}

#[derive(Serialize, ToSchema)]
struct TicketPage {
    items: Vec<TicketSummary>,
    next_cursor: Option<String>,
}

/// Tickets, newest first
#[utoipa::path(get, path = "/tickets", tag = "tickets", params(ListQuery), responses((status = 200, body = TicketPage)))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ListQuery>,
) -> Result<Json<TicketPage>, Problem> {
    let limit = page::limit(query.limit)?;
    let filter = filter(query, &caller, limit)?;
    let mut tx = app.db.read().await?;
    let tickets = read_page(&mut tx, &filter).await?;
    let (tickets, next_cursor) = page::cut(tickets, limit, |ticket| {
        (ticket.created_at, ticket.number.clone())
    });
    Ok(Json(TicketPage {
        items: summaries(&mut tx, &tickets).await?,
        next_cursor,
    }))
}

fn filter(query: ListQuery, caller: &Caller, limit: i64) -> Result<Filter, Problem> {
    let filled = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
    let class = filled(query.class);
    if class
        .as_ref()
        .is_some_and(|class| !class.bytes().all(|byte| byte.is_ascii_alphanumeric()))
    {
        return Err(Problem::invalid(vec![FieldError::new("class", "应为分类代码")]));
    }
    // A unit that asks for another's tickets is given its own; one without a code has none.
    let only_unit = caller.role == Role::Unit;
    let own = || Some(caller.unit_code.clone().unwrap_or_default());
    Ok(Filter {
        state: filled(query.state),
        q: filled(query.q),
        from: query.from.map(millis),
        to: query.to.map(millis),
        class,
        unit: if only_unit { own() } else { filled(query.unit) },
        only_unit,
        caller: filled(query.caller),
        band: filled(query.band),
        before: page::decode(query.cursor.as_deref())?,
        limit: limit + 1,
    })
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
    let body = view(&mut tx, &ticket, &actor).await?;
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
    Ok(Json(view(&mut tx, &ticket, &actor(&caller)).await?))
}

async fn seen(tx: &mut Tx, number: &str, actor: &Actor) -> Result<Ticket, Problem> {
    let found = find(tx, number)
        .await?
        .filter(|ticket| rules::may_see(ticket, actor));
    found.ok_or_else(Problem::not_found)
}

async fn perform(
    app: &App,
    caller: &Caller,
    number: &str,
    command: Command,
    version: Option<i64>,
) -> Result<Json<TicketView>, Problem> {
    let actor = actor(caller);
    let mut tx = app.db.begin().await?;
    let ticket = act(&mut tx, app.clock.now(), number, command, &actor, version).await?;
    let body = view(&mut tx, &ticket, &actor).await?;
    tx.commit().await?;
    Ok(Json(body))
}

#[derive(Deserialize, ToSchema)]
struct FillBody {
    /// The version that was shown; 409 when it is no longer the newest
    version: i64,
    #[serde(flatten)]
    fields: Fields,
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
        Command::Fill(body.fields.into()),
        Some(body.version),
    )
    .await
}

#[derive(Default, Deserialize, ToSchema)]
struct AcceptBody {
    version: Option<i64>,
}

/// Accept (受理)
#[utoipa::path(post, path = "/tickets/{number}/accept", tag = "tickets", params(("number" = String, Path)),
    request_body = AcceptBody, responses((status = 200, body = TicketView)))]
async fn accept(
    State(app): State<App>,
    caller: Caller,
    Path(number): Path<String>,
    Json(body): Json<AcceptBody>,
) -> Result<Json<TicketView>, Problem> {
    perform(&app, &caller, &number, Command::Accept, body.version).await
}

#[derive(Deserialize, ToSchema)]
struct DispatchBody {
    unit_code: String,
    #[serde(default)]
    note: String,
    version: Option<i64>,
}

/// Dispatch to a unit (派单)
#[utoipa::path(post, path = "/tickets/{number}/dispatch", tag = "tickets", params(("number" = String, Path)),
    request_body = DispatchBody, responses((status = 200, body = TicketView)))]
async fn dispatch(
    State(app): State<App>,
    caller: Caller,
    Path(number): Path<String>,
    Json(body): Json<DispatchBody>,
) -> Result<Json<TicketView>, Problem> {
    let DispatchBody {
        unit_code,
        note,
        version,
    } = body;
    let unit_name = super::catalogue::unit_name(&mut app.db.read().await?, &unit_code).await?;
    let command = Command::Dispatch {
        unit_code,
        unit_name: unit_name.unwrap_or_default(),
        note,
    };
    perform(&app, &caller, &number, command, version).await
}

#[derive(Deserialize, ToSchema)]
struct ReplyBody {
    /// solved, explained, planned, untrue, beyond
    outcome: String,
    text: String,
    /// What the citizen may read
    #[serde(default)]
    public_text: String,
    version: Option<i64>,
}

/// Reply for the unit (答复)
#[utoipa::path(post, path = "/tickets/{number}/reply", tag = "tickets", params(("number" = String, Path)),
    request_body = ReplyBody, responses((status = 200, body = TicketView)))]
async fn reply(
    State(app): State<App>,
    caller: Caller,
    Path(number): Path<String>,
    Json(body): Json<ReplyBody>,
) -> Result<Json<TicketView>, Problem> {
    let ReplyBody {
        outcome,
        text,
        public_text,
        version,
    } = body;
    perform(
        &app,
        &caller,
        &number,
        Command::Reply {
            outcome,
            text,
            public_text,
        },
        version,
    )
    .await
}

#[derive(Default, Deserialize, ToSchema)]
struct CloseBody {
    #[serde(default)]
    note: String,
    version: Option<i64>,
}

/// Close (办结): a replied ticket goes to the callback first
#[utoipa::path(post, path = "/tickets/{number}/close", tag = "tickets", params(("number" = String, Path)),
    request_body = CloseBody, responses((status = 200, body = TicketView)))]
async fn close(
    State(app): State<App>,
    caller: Caller,
    Path(number): Path<String>,
    Json(body): Json<CloseBody>,
) -> Result<Json<TicketView>, Problem> {
    perform(
        &app,
        &caller,
        &number,
        Command::Close { note: body.note },
        body.version,
    )
    .await
}

#[derive(Deserialize, ToSchema)]
struct ReopenBody {
    reason: String,
    version: Option<i64>,
}

/// Have it handled again (重新交办)
#[utoipa::path(post, path = "/tickets/{number}/reopen", tag = "tickets", params(("number" = String, Path)),
    request_body = ReopenBody, responses((status = 200, body = TicketView)))]
async fn reopen(
    State(app): State<App>,
    caller: Caller,
    Path(number): Path<String>,
    Json(body): Json<ReopenBody>,
) -> Result<Json<TicketView>, Problem> {
    perform(
        &app,
        &caller,
        &number,
        Command::Reopen { reason: body.reason },
        body.version,
    )
    .await
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound => Self::not_found(),
            Error::Stale { version } => Self {
                errors: vec![FieldError::new("version", version.to_string())],
                ..Self::conflict("工单已被他人修改，请刷新后再试")
            },
            Error::Refused(refusal) => refusal.into(),
            Error::Unknown { field, what } => {
                Self::invalid(vec![FieldError::new(field, format!("没有这个{what}"))])
            }
            Error::Database(error) => error.into(),
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Forbidden => Self::forbidden(),
            Refusal::OwnReply => Self {
                detail: refusal.to_string(),
                ..Self::forbidden()
            },
            Refusal::WrongState(_) => Self::conflict(refusal.to_string()),
            Refusal::Missing(fields) => Self::invalid(
                fields
                    .into_iter()
                    .map(|field| FieldError::new(field, "必填"))
                    .collect(),
            ),
            Refusal::Invalid(faults) => {
                let fault =
                    |(field, message): (rules::decide::Field, &str)| FieldError::new(field.name(), message);
                Self::invalid(faults.into_iter().map(fault).collect())
            }
        }
    }
}
