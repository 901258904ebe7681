//! Lists of tickets: what may be asked for, and what is shown of each.

use std::collections::HashMap;

use axum::extract::State as Shared;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::inbox;
use crate::tickets::rules::privacy::{Sight, sight};
use crate::tickets::rules::words::{self, Excerpt};
use crate::tickets::rules::{Actor, Source, State, Ticket, document};
use crate::tickets::{Filter, Listed, Sort, TicketSummary, page as read_page, scope, summaries};
use crate::{
    accounts::Role,
    app::App,
    calendar::CHINA,
    calls,
    clock::{from_millis, millis},
    db::{self, Tx},
    http::{Caller, FieldError, Json, Problem, Query, page},
    transcripts,
};

/// Where several values may stand, commas part them
#[derive(Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ListQuery {
    /// Only what waits there, the most pressing first; no other filter applies
    pub(super) inbox: Option<String>,
    /// One state or several
    state: Option<String>,
    /// Words anywhere in the ticket, its replies, notes and transcripts; digits also a part of a telephone, the beginning or end of a number
    q: Option<String>,
    /// Created at or after
    from: Option<DateTime<Utc>>,
    /// Created before
    to: Option<DateTime<Utc>>,
    /// A class or the beginning of its code
    class: Option<String>,
    unit: Option<String>,
    caller: Option<String>,
    operator: Option<String>,
    /// One band or several
    band: Option<String>,
    /// One kind or several
    kind: Option<String>,
    /// call, message, manual; one or several
    source: Option<String>,
    /// overdue, today, or within that long: 4h, 3d
    due: Option<String>,
    /// created (newest first), updated (changed last first), due (due first; only what a clock runs on)
    sort: Option<String>,
    pub(super) cursor: Option<String>,
    pub(super) limit: Option<i64>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct TicketPage {
    items: Vec<TicketHit>,
    next_cursor: Option<String>,
}

impl TicketPage {
    /// A list that nothing was searched for in.
    pub(super) fn plain(summaries: Vec<TicketSummary>, next_cursor: Option<String>) -> Self {
        let row = |summary| TicketHit {
            summary,
            due: None,
            hit: None,
        };
        Self {
            items: summaries.into_iter().map(row).collect(),
            next_cursor,
        }
    }
}

/// A ticket of a list
#[derive(Serialize, ToSchema)]
struct TicketHit {
    #[serde(flatten)]
    summary: TicketSummary,
    /// When the clock that matters now runs out
    #[serde(skip_serializing_if = "Option::is_none")]
    due: Option<DateTime<Utc>>,
    /// Where the search found it
    #[serde(skip_serializing_if = "Option::is_none")]
    hit: Option<HitView>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Hit)]
struct HitView {
    /// title, content, place, note, reply, remark, transcript, caller_name
    field: &'static str,
    before: String,
    hit: String,
    after: String,
}

impl HitView {
    fn new(field: &'static str, found: Excerpt) -> Self {
        let Excerpt { before, hit, after } = found;
        Self {
            field,
            before,
            hit,
            after,
        }
    }
}

/// Tickets, newest first unless sorted otherwise; or an inbox
#[utoipa::path(get, path = "/tickets", tag = "tickets", params(ListQuery), responses((status = 200, body = TicketPage)))]
pub(super) async fn list(
    Shared(app): Shared<App>,
    caller: Caller,
    Query(query): Query<ListQuery>,
) -> Result<Json<TicketPage>, Problem> {
    if let Some(name) = query.inbox.as_deref().filter(|name| !name.is_empty()) {
        return inbox::list(&app, &caller, name, &query).await;
    }
    let limit = page::limit(query.limit)?;
    let asked_words = query.q.as_deref().is_some_and(|q| !q.trim().is_empty());
    let mut filter = read(query, &caller, app.clock.now())?;
    filter.limit = limit + 1;
    // What has no letter stands in no ticket.
    if asked_words && filter.query.is_none() {
        return Ok(Json(TicketPage {
            items: vec![],
            next_cursor: None,
        }));
    }
    let mut tx = app.db.read().await?;
    if caller.role == Role::Unit {
        filter.scope = Some(scope(&mut tx, caller.unit_code.as_deref()).await?);
    }
    let found = read_page(&mut tx, &filter).await?;
    let (found, next_cursor) = page::cut(found, limit, |row| (row.key, row.ticket.number.clone()));
    Ok(Json(TicketPage {
        items: hits(&mut tx, found, &filter, &super::actor(&caller)).await?,
        next_cursor,
    }))
}

async fn hits(
    tx: &mut Tx,
    found: Vec<Listed>,
    filter: &Filter,
    viewer: &Actor,
) -> Result<Vec<TicketHit>, db::Error> {
    let dues: Vec<_> = found.iter().map(|row| row.due.map(from_millis)).collect();
    let tickets: Vec<Ticket> = found.into_iter().map(|row| row.ticket).collect();
    let mut hits = HashMap::new();
    if let Some(query) = &filter.query {
        // The words beside a hit may be the citizen's name or number.
        for ticket in tickets
            .iter()
            .filter(|ticket| sight(ticket, viewer) == Sight::Full)
        {
            let hit = hit(tx, ticket, &query.runs, filter.scope.is_none()).await?;
            hits.extend(hit.map(|hit| (ticket.number.clone(), hit)));
        }
    }
    let summaries = summaries(tx, &tickets, viewer).await?;
    let row = |(summary, due): (TicketSummary, _)| TicketHit {
        hit: hits.remove(&summary.number),
        summary,
        due,
    };
    Ok(summaries.into_iter().zip(dues).map(row).collect())
}

/// Where the words stand: on the ticket, or in what was said.
async fn hit(
    tx: &mut Tx,
    ticket: &Ticket,
    runs: &[Vec<char>],
    names: bool,
) -> Result<Option<HitView>, db::Error> {
    let name = names.then_some(("caller_name", ticket.caller_name.as_str()));
    let written = document::texts(ticket).into_iter().chain(name);
    let on_ticket =
        |(field, text): (&'static str, &str)| Some(HitView::new(field, words::excerpt(text, runs)?));
    if let Some(found) = { written }.find_map(on_ticket) {
        return Ok(Some(found));
    }
    for call in calls::by_ticket(tx, &ticket.number).await? {
        for segment in transcripts::segments(tx, &call.id).await? {
            if let Some(found) = words::excerpt(&segment.text, runs) {
                return Ok(Some(HitView::new("transcript", found)));
            }
        }
    }
    Ok(None)
}

/// The filter that was asked for, or every fault of it at once.
fn read(query: ListQuery, caller: &Caller, now: DateTime<Utc>) -> Result<Filter, Problem> {
    let mut faults = Vec::new();
    let filled = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
    let states = several(query.state)
        .into_iter()
        .filter_map(|word| known(State::parse(&word), ("state", "没有这个状态"), &mut faults))
        .collect();
    let sources = several(query.source)
        .into_iter()
        .filter_map(|word| {
            let source = Source::parse(&word).map(|source| source.as_str().to_owned());
            known(source, ("source", "应为 call、message 或 manual"), &mut faults)
        })
        .collect();
    let class = filled(query.class);
    let is_code = |code: &String| code.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if class.as_ref().is_some_and(|class| !is_code(class)) {
        faults.push(FieldError::new("class", "应为分类代码"));
    }
    if let (Some(from), Some(to)) = (query.from, query.to)
        && from >= to
    {
        faults.push(FieldError::new("to", "应晚于开始时间"));
    }
    let sort = match filled(query.sort).as_deref() {
        None | Some("created") => Some(Sort::Created),
        Some("updated") => Some(Sort::Updated),
        Some("due") => Some(Sort::Due),
        Some(_) => None,
    };
    let sort = known(sort, ("sort", "应为 created、updated 或 due"), &mut faults);
    let due = filled(query.due).map(|text| {
        let read = due(&text, now);
        known(
            read,
            ("due", "应为 overdue、today，或如 4h、3d 的期限"),
            &mut faults,
        )
    });
    let after = page::decode(query.cursor.as_deref());
    if !faults.is_empty() {
        return Err(Problem::invalid(faults));
    }
    let (due_from, due_to) = due.flatten().unwrap_or_default();
    Ok(Filter {
        states,
        query: query.q.as_deref().and_then(words::Query::read),
        from: query.from.map(millis),
        to: query.to.map(millis),
        class,
        // A unit that asks for another's tickets is given its own and those of the units below it.
        unit: filled(query.unit).filter(|_| caller.role != Role::Unit),
        // Nor may it find out whose tickets they are.
        caller: filled(query.caller).filter(|_| caller.role != Role::Unit),
        operator: filled(query.operator),
        bands: several(query.band),
        kinds: several(query.kind),
        sources,
        due_from,
        due_to,
        reader: caller.username.clone(),
        scope: None,
        sort: sort.unwrap_or_default(),
        after: after?,
        limit: 0,
    })
}

fn several(text: Option<String>) -> Vec<String> {
    let text = text.unwrap_or_default();
    let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
    words.map(str::to_owned).collect()
}

fn known<T>(
    value: Option<T>,
    fault: (&'static str, &'static str),
    faults: &mut Vec<FieldError>,
) -> Option<T> {
    if value.is_none() {
        faults.push(FieldError::new(fault.0, fault.1));
    }
    value
}

type Between = (Option<i64>, Option<i64>);

/// From when until when it must be due.
fn due(text: &str, now: DateTime<Utc>) -> Option<Between> {
    if text == "overdue" {
        return Some((None, Some(millis(now))));
    }
    if text == "today" {
        let day = now.with_timezone(&CHINA).date_naive();
        let begin = day.and_hms_opt(0, 0, 0)?.and_local_timezone(CHINA).single()?;
        let end = begin + TimeDelta::days(1);
        return Some((Some(millis(begin.to_utc())), Some(millis(end.to_utc()))));
    }
    let digits = text.trim_end_matches(['h', 'd']);
    let number: i64 = digits.parse().ok().filter(|number| (1..=1000).contains(number))?;
    let long = match &text[digits.len()..] {
        "h" => TimeDelta::hours(number),
        "d" => TimeDelta::days(number),
        _ => return None,
    };
    Some((Some(millis(now)), Some(millis(now + long))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn due_is_read_as_a_stretch_of_time() {
        let now = from_millis(1_772_416_800_000); // 2026-03-02 10:00 in China
        let hour = 3_600_000;
        let at = millis(now);
        assert_eq!(due("overdue", now), Some((None, Some(at))));
        assert_eq!(
            due("today", now),
            Some((Some(at - 10 * hour), Some(at + 14 * hour)))
        );
        assert_eq!(due("4h", now), Some((Some(at), Some(at + 4 * hour))));
        assert_eq!(due("3d", now), Some((Some(at), Some(at + 72 * hour))));
        for nonsense in [
            "",
            "3",
            "d",
            "3dd",
            "0h",
            "-1d",
            "一d",
            "99999999999999999999d",
            "3w",
        ] {
            assert_eq!(due(nonsense, now), None, "{nonsense}");
        }
    }
}
