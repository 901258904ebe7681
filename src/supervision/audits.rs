//! Checks at the site (现场核查, S3-11): some tickets, chosen or drawn by lot, are looked at where they are.

use axum::{extract::State, http::StatusCode};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    rules::{RESULTS, draw, may_be_planned},
    store::audits::{self as store, Audit, Outcome, Plan},
};
use crate::{
    accounts::Role,
    app::App,
    attachments,
    calendar::local_date,
    clock::millis,
    db::{self, Tx},
    http::{Caller, FieldError, Json, Path, Problem, Query, page},
    tickets::{self, AttachmentView, Lenses},
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(by_lot))
        .routes(routes!(result))
}

/// Who sends people out: the supervising office.
const MAY_PLAN: [Role; 2] = [Role::Supervisor, Role::Admin];
/// So many are looked at in one go at most.
const MOST: usize = 200;

#[derive(Serialize, ToSchema)]
#[schema(as = FieldAudit)]
struct AuditView {
    id: i64,
    ticket_number: String,
    ticket_title: String,
    place: String,
    unit_name: Option<String>,
    planned_on: String,
    auditor: String,
    /// Drawn by lot
    drawn: bool,
    planned_by: String,
    checked_on: Option<String>,
    /// true 属实, partly 部分属实, false 不属实
    result: Option<String>,
    finding: String,
    noted_by: Option<String>,
    /// What was photographed at the site
    attachments: Vec<AttachmentView>,
}

/// What of its ticket the caller must not see is not in it.
fn view(audit: Audit, lenses: &Lenses, files: Vec<AttachmentView>) -> AuditView {
    let number = audit.ticket_number;
    let hidden = lenses.hides(&number);
    AuditView {
        id: audit.id,
        ticket_title: lenses.text(&number, &audit.title),
        place: if hidden { String::new() } else { audit.place },
        unit_name: audit.unit_name,
        planned_on: audit.planned_on,
        auditor: audit.auditor,
        drawn: audit.drawn,
        planned_by: audit.planned_by,
        checked_on: audit.checked_on,
        result: audit.result,
        finding: lenses.text(&number, &audit.finding),
        noted_by: audit.noted_by,
        attachments: files,
        ticket_number: number,
    }
}

/// The step under which a check keeps its attachments.
fn step(id: i64) -> String {
    format!("field_audit:{id}")
}

async fn views(tx: &mut Tx, audits: Vec<Audit>, caller: &Caller) -> Result<Vec<AuditView>, db::Error> {
    let numbers: Vec<&str> = audits.iter().map(|audit| audit.ticket_number.as_str()).collect();
    let lenses = Lenses::read(tx, &numbers, &tickets::api::actor(caller)).await?;
    let steps: Vec<String> = audits.iter().map(|audit| step(audit.id)).collect();
    let files = attachments::of_steps(tx, &steps).await?;
    let of = |audit: &Audit| {
        let (step, number) = (step(audit.id), &audit.ticket_number);
        let own = files.iter().filter(move |file| file.step.as_ref() == Some(&step));
        let open = own.filter(|file| lenses.opens(file)).cloned();
        let shown = open.map(AttachmentView::from).map(|file| AttachmentView {
            name: lenses.text(number, &file.name),
            ..file
        });
        shown.collect::<Vec<_>>()
    };
    let all = audits.into_iter().map(|audit| {
        let files = of(&audit);
        view(audit, &lenses, files)
    });
    Ok(all.collect())
}

async fn one(tx: &mut Tx, id: i64, caller: &Caller) -> Result<AuditView, Problem> {
    let found = store::find(tx, id).await?.ok_or_else(Problem::not_found)?;
    let mut shown = views(tx, vec![found], caller).await?;
    shown.pop().ok_or_else(Problem::not_found)
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// Only those still to be done, or only those done
    open: Option<bool>,
    cursor: Option<String>,
    limit: Option<i64>,
}

#[derive(Serialize, ToSchema)]
struct FieldAuditPage {
    items: Vec<AuditView>,
    next_cursor: Option<String>,
}

/// Checks at the site, the newest first
#[utoipa::path(get, path = "/field-audits", tag = "supervision", params(ListQuery), responses((status = 200, body = FieldAuditPage)))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ListQuery>,
) -> Result<Json<FieldAuditPage>, Problem> {
    caller.require_office()?;
    let limit = page::limit(query.limit)?;
    let before = page::decode::<i64>(query.cursor.as_deref())?;
    let mut tx = app.db.read().await?;
    let rows = store::list(&mut tx, query.open, before, limit + 1).await?;
    let (rows, next_cursor) = page::cut(rows, limit, |row| row.id);
    Ok(Json(FieldAuditPage {
        items: views(&mut tx, rows, &caller).await?,
        next_cursor,
    }))
}

#[derive(Deserialize, ToSchema)]
struct PlanBody {
    ticket_number: String,
    planned_on: NaiveDate,
    /// Who goes there
    auditor: String,
}

#[derive(Deserialize, ToSchema)]
struct LotBody {
    /// How many
    count: usize,
    /// Of the closed tickets opened at or after
    from: DateTime<Utc>,
    /// … and before
    to: DateTime<Utc>,
    planned_on: NaiveDate,
    auditor: String,
}

#[derive(Serialize, ToSchema)]
struct Drawn {
    /// From how many it was drawn
    candidates: usize,
    items: Vec<AuditView>,
}

#[derive(Deserialize, ToSchema)]
struct ResultBody {
    checked_on: NaiveDate,
    /// true 属实, partly 部分属实, false 不属实
    result: String,
    /// What was seen
    finding: String,
    /// Ids of what was uploaded to the ticket for it
    #[serde(default)]
    attachments: Vec<String>,
}

fn check_plan(auditor: &str, day: NaiveDate, today: NaiveDate) -> Vec<FieldError> {
    let mut faults = Vec::new();
    if auditor.trim().is_empty() {
        faults.push(FieldError::new("auditor", "请填写核查人"));
    }
    if !may_be_planned(day, today) {
        faults.push(FieldError::new("planned_on", "应为今天起一年内的日期"));
    }
    faults
}

fn refuse(faults: Vec<FieldError>) -> Result<(), Problem> {
    if faults.is_empty() {
        Ok(())
    } else {
        Err(Problem::invalid(faults))
    }
}

/// Plan a check of one ticket
#[utoipa::path(post, path = "/field-audits", tag = "supervision", request_body = PlanBody, responses((status = 201, body = AuditView)))]
async fn create(
    State(app): State<App>,
    caller: Caller,
    Json(body): Json<PlanBody>,
) -> Result<(StatusCode, Json<AuditView>), Problem> {
    caller.require(&MAY_PLAN)?;
    let now = app.clock.now();
    refuse(check_plan(&body.auditor, body.planned_on, local_date(now)))?;
    let mut tx = app.db.begin().await?;
    if tickets::find(&mut tx, &body.ticket_number).await?.is_none() {
        let unknown = FieldError::new("ticket_number", "没有这个工单");
        return Err(Problem::invalid(vec![unknown]));
    }
    let plan = Plan {
        planned_on: body.planned_on.to_string(),
        auditor: body.auditor.trim(),
        drawn: false,
        at: millis(now),
        by: &caller.username,
    };
    let id = store::plan(&mut tx, &body.ticket_number, &plan)
        .await?
        .ok_or_else(|| Problem::conflict("该工单当天已安排现场核查").coded("audit-planned"))?;
    let made = one(&mut tx, id, &caller).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// Draw closed tickets by lot and plan a check of each
#[utoipa::path(post, path = "/field-audits/draw", tag = "supervision", request_body = LotBody, responses((status = 201, body = Drawn)))]
async fn by_lot(
    State(app): State<App>,
    caller: Caller,
    Json(body): Json<LotBody>,
) -> Result<(StatusCode, Json<Drawn>), Problem> {
    caller.require(&MAY_PLAN)?;
    let now = app.clock.now();
    let mut faults = check_plan(&body.auditor, body.planned_on, local_date(now));
    if !(1..=MOST).contains(&body.count) {
        faults.push(FieldError::new("count", "应为 1 至 200"));
    }
    if body.from >= body.to {
        faults.push(FieldError::new("to", "应晚于开始时间"));
    }
    refuse(faults)?;
    let mut tx = app.db.begin().await?;
    let numbers = store::candidates(&mut tx, millis(body.from), millis(body.to)).await?;
    let candidates = numbers.len();
    let plan = Plan {
        planned_on: body.planned_on.to_string(),
        auditor: body.auditor.trim(),
        drawn: true,
        at: millis(now),
        by: &caller.username,
    };
    let mut drawn = Vec::new();
    for number in draw(numbers, body.count, || app.rng.u64()) {
        if let Some(id) = store::plan(&mut tx, &number, &plan).await? {
            drawn.extend(store::find(&mut tx, id).await?);
        }
    }
    let items = views(&mut tx, drawn, &caller).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(Drawn { candidates, items })))
}

/// What was found at the site; it is not written over
#[utoipa::path(post, path = "/field-audits/{id}/result", tag = "supervision", params(("id" = i64, Path)),
    request_body = ResultBody, responses((status = 200, body = AuditView)))]
async fn result(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<i64>,
    Json(body): Json<ResultBody>,
) -> Result<Json<AuditView>, Problem> {
    caller.require(&MAY_PLAN)?;
    let now = app.clock.now();
    let mut faults = Vec::new();
    if !RESULTS.iter().any(|(word, _)| *word == body.result) {
        faults.push(FieldError::new("result", "应为 true、partly 或 false"));
    }
    if body.finding.trim().is_empty() {
        faults.push(FieldError::new("finding", "请写明现场情况"));
    }
    if body.checked_on > local_date(now) {
        faults.push(FieldError::new("checked_on", "不能晚于今天"));
    }
    refuse(faults)?;
    let mut tx = app.db.begin().await?;
    let audit = store::find(&mut tx, id).await?.ok_or_else(Problem::not_found)?;
    let outcome = Outcome {
        checked_on: body.checked_on.to_string(),
        result: &body.result,
        finding: body.finding.trim(),
        at: millis(now),
        by: &caller.username,
    };
    if !store::note(&mut tx, id, &outcome).await? {
        return Err(Problem::conflict("核查结果已登记，不能覆盖").coded("audit-recorded"));
    }
    let (number, by) = (&audit.ticket_number, &caller.username);
    attachments::send(&mut tx, now, number, by, &body.attachments, &step(id)).await?;
    let done = one(&mut tx, id, &caller).await?;
    tx.commit().await?;
    Ok(Json(done))
}
