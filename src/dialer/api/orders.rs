//! Calls that are owed, one by one.

use std::collections::{HashMap, HashSet};

use axum::{extract::State, http::StatusCode};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Reason, WATCHERS};
use crate::{
    app::App,
    calls::{self, Call},
    clock::from_millis,
    db::{self, Tx},
    dialer::{
        office,
        standing::Standing,
        store::office::{self as store, Entry, Listed, Made},
    },
    http::{Caller, FieldError, Json, Path, Problem, Query, page},
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(cancel))
        .routes(routes!(retry))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct OrderQuery {
    /// survey, missed, kept; empty: all
    purpose: Option<String>,
    /// waiting (the first due first), dialling, done (the last first)
    #[serde(default)]
    state: String,
    /// Only those about this ticket
    ticket: Option<String>,
    cursor: Option<String>,
    limit: Option<i64>,
}

/// One call to the citizen, or the wish for one
#[derive(Serialize, ToSchema)]
#[schema(as = DialAttempt)]
struct AttemptView {
    n: i64,
    at: DateTime<Utc>,
    /// Of the call's record, where there is one
    call_id: Option<String>,
    /// reached, no_input, no_answer, busy, declined, voicemail, switched_off, bad_number, not_allowed, do_not_call, failed, lost,
    /// interrupted; none: under way
    fate: Option<String>,
    /// As the network gave it
    cause: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = DialOrder)]
struct OrderView {
    id: i64,
    purpose: String,
    /// None: of a confidential ticket that does not name the reader
    number: Option<String>,
    ticket_number: Option<String>,
    /// waiting, dialling, done
    state: String,
    /// Of a waiting one
    next_at: Option<DateTime<Utc>>,
    /// Why a waiting one is not being dialled, as of its kind
    why: Option<&'static str>,
    created_at: DateTime<Utc>,
    done_at: Option<DateTime<Utc>>,
    /// reached, withdrawn (no call was needed any more), cancelled, or the last attempt's fate
    result: Option<String>,
    /// Why a person cancelled it
    note: Option<String>,
    attempts: Vec<AttemptView>,
}

#[derive(Serialize, ToSchema)]
struct DialOrders {
    items: Vec<OrderView>,
    next_cursor: Option<String>,
}

/// Calls that are owed or were, with their attempts
#[utoipa::path(get, path = "/dialer/orders", tag = "dialer", params(OrderQuery), responses((status = 200, body = DialOrders)))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<OrderQuery>,
) -> Result<Json<DialOrders>, Problem> {
    caller.require(&WATCHERS)?;
    let limit = page::limit(query.limit)?;
    let listed = Listed::of(&query.state).ok_or_else(|| {
        let fault = FieldError::new("state", "应为 waiting、dialling 或 done");
        Problem::invalid(vec![fault])
    })?;
    let after = page::decode(query.cursor.as_deref())?;
    let mut tx = app.db.read().await?;
    let wanted = (query.purpose.as_deref(), query.ticket.as_deref());
    let entries = store::page(&mut tx, listed, wanted.0, wanted.1, (after, limit + 1)).await?;
    let (entries, next_cursor) = page::cut(entries, limit, |entry| listed.key(entry));
    let shelf = Shelf::read(&app, &mut tx, &entries, &caller).await?;
    let items = entries.into_iter().map(|entry| shelf.view(&app, entry)).collect();
    Ok(Json(DialOrders { items, next_cursor }))
}

/// What a page of orders is shown with.
struct Shelf {
    attempts: HashMap<i64, Vec<Made>>,
    calls: HashMap<String, Call>,
    closed: HashSet<String>,
    standings: HashMap<&'static str, Standing>,
}

impl Shelf {
    async fn read(app: &App, tx: &mut Tx, entries: &[Entry], caller: &Caller) -> Result<Self, db::Error> {
        let ids: Vec<i64> = entries.iter().map(|entry| entry.id).collect();
        let made = store::attempts(tx, &ids).await?;
        let call_ids: Vec<&str> = made.iter().map(|made| made.call_id.as_str()).collect();
        let calls = calls::by_ids(tx, &call_ids).await?;
        let tickets: Vec<&str> = entries
            .iter()
            .filter_map(|entry| entry.ticket_number.as_deref())
            .collect();
        let closed = calls::closed_tickets(tx, &tickets, &caller.username).await?;
        let standings = office::standings(app, tx).await?;
        let mut attempts: HashMap<i64, Vec<Made>> = HashMap::new();
        for made in made {
            attempts.entry(made.order_id).or_default().push(made);
        }
        Ok(Self {
            attempts,
            calls: calls.into_iter().map(|call| (call.id.clone(), call)).collect(),
            closed,
            standings: standings
                .into_iter()
                .map(|(owner, _, standing)| (owner.purpose(), standing))
                .collect(),
        })
    }

    fn view(&self, app: &App, entry: Entry) -> OrderView {
        let is_closed = entry
            .ticket_number
            .as_ref()
            .is_some_and(|number| self.closed.contains(number));
        let is_waiting = entry.state == "waiting";
        let next_at = is_waiting.then(|| from_millis(entry.next_at));
        let standing = self.standings.get(entry.purpose.as_str());
        let why = standing
            .zip(next_at)
            .map(|(standing, at)| standing.why(at, app.clock.now()).as_str());
        let made = self.attempts.get(&entry.id).map_or(&[][..], Vec::as_slice);
        OrderView {
            id: entry.id,
            number: (!is_closed).then_some(entry.number),
            ticket_number: entry.ticket_number,
            purpose: entry.purpose,
            state: entry.state,
            next_at,
            why,
            created_at: from_millis(entry.created_at),
            done_at: entry.done_at.map(from_millis),
            result: entry.result,
            note: entry.note,
            attempts: made.iter().map(|made| self.attempt(made)).collect(),
        }
    }

    fn attempt(&self, made: &Made) -> AttemptView {
        let call = self.calls.get(&made.call_id);
        AttemptView {
            n: made.n,
            at: from_millis(made.at),
            call_id: call.map(|call| call.id.clone()),
            fate: made.fate.clone(),
            cause: call.and_then(|call| call.cause.clone()),
        }
    }
}

/// The machine calls no more about this; a survey goes to a person, a missed call stays on its list
#[utoipa::path(post, path = "/dialer/orders/{id}/cancel", tag = "dialer", params(("id" = i64, Path)), request_body = Reason,
    responses((status = 204)))]
async fn cancel(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<i64>,
    Json(body): Json<Reason>,
) -> Result<StatusCode, Problem> {
    caller.require(&WATCHERS)?;
    let reason = body.read()?;
    let mut tx = app.db.begin().await?;
    office::cancel(&app, &mut tx, id, reason).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Dial now instead of later, if this is a permitted hour
#[utoipa::path(post, path = "/dialer/orders/{id}/retry", tag = "dialer", params(("id" = i64, Path)), responses((status = 204)))]
async fn retry(State(app): State<App>, caller: Caller, Path(id): Path<i64>) -> Result<StatusCode, Problem> {
    caller.require(&WATCHERS)?;
    let mut tx = app.db.begin().await?;
    office::retry(&app, &mut tx, id).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
