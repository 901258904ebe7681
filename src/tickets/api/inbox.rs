//! Inboxes over HTTP: what waits for the caller, the most pressing first.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    actor,
    list::{ListQuery, TicketPage},
};
use crate::{
    app::App,
    http::{Caller, FieldError, Json, Problem, page},
    tickets::{books, inbox, summaries, views::ClockView},
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(inboxes))
}

#[derive(Serialize, ToSchema)]
struct Inbox {
    /// accept, supplement, direct, dispatch, returns, judge, disputes, review, callback, person_callback, approvals, supervise, overdue; of a unit: sign,
    /// returns (of those it gave it to), redo, handling, helping, due_soon, overdue, suspended, below
    name: &'static str,
    count: i64,
    /// How many of them are late
    late: i64,
}

/// What waits for the caller: the inboxes of the role and how full they are
#[utoipa::path(get, path = "/inboxes", tag = "tickets", responses((status = 200, body = Vec<Inbox>)))]
async fn inboxes(State(app): State<App>, caller: Caller) -> Result<Json<Vec<Inbox>>, Problem> {
    let mut tx = app.db.read().await?;
    let unit = caller.unit_code.as_deref();
    let fills = inbox::counts(&mut tx, caller.role, unit, app.clock.now()).await?;
    let wire = |inbox::Fill { name, count, late }| Inbox { name, count, late };
    Ok(Json(fills.into_iter().map(wire).collect()))
}

/// `GET /tickets?inbox=`
pub(super) async fn list(
    app: &App,
    caller: &Caller,
    name: &str,
    query: &ListQuery,
) -> Result<Json<TicketPage>, Problem> {
    let unknown = || Problem::invalid(vec![FieldError::new("inbox", "您的角色没有这个收件箱")]);
    let inbox = inbox::find(caller.role, name).ok_or_else(unknown)?;
    let limit = page::limit(query.limit)?;
    let after = page::decode(query.cursor.as_deref())?;
    let now = app.clock.now();
    let mut tx = app.db.read().await?;
    let whose = (caller.role, caller.unit_code.as_deref());
    let rows = inbox::page(&mut tx, inbox, whose, now, (after, limit + 1)).await?;
    let (rows, next_cursor) = page::cut(rows, limit, |(due, ticket)| (*due, ticket.number.clone()));
    let tickets: Vec<_> = rows.into_iter().map(|(_, ticket)| ticket).collect();
    let books = books(&mut tx).await?;
    let mut items = summaries(&mut tx, &tickets, &actor(caller)).await?;
    for (item, ticket) in items.iter_mut().zip(&tickets) {
        let running = inbox::clock(inbox, ticket, &actor(caller), &books);
        item.clock = running.and_then(|running| ClockView::new(&running, &books, now));
    }
    Ok(Json(TicketPage::plain(items, next_cursor)))
}
