//! The ledger over HTTP.

use std::collections::HashMap;

use axum::{extract::State, response::Response};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    audits, daily,
    rules::{Discharge, Feedback, Instruction, Standing, title},
    store::{self, Filter, Row},
};
use crate::{
    accounts::{self, Role},
    app::App,
    calendar::CHINA,
    clock::{from_millis, millis},
    db::{self, Tx},
    http::{Caller, FieldError, Json, Path, Problem, Query, page},
    sheets::{self, Format, Sheet},
    tickets::{self, Lenses},
};

/// A ledger to be printed or filed: as many entries as a spreadsheet bears.
const WHOLE: i64 = 100_000;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(export))
        .routes(routes!(show))
        .routes(routes!(today))
        .routes(routes!(export_today))
        .merge(audits::routes())
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// open, answered, discharged, ended
    state: Option<String>,
    /// 1 to 5
    level: Option<i64>,
    /// Of one ticket
    ticket: Option<String>,
    unit: Option<String>,
    /// Opened at or after
    from: Option<DateTime<Utc>>,
    /// Opened before
    to: Option<DateTime<Utc>>,
    /// Only those whose feedback is late
    #[serde(default)]
    overdue: bool,
    cursor: Option<String>,
    limit: Option<i64>,
    /// Of a download: csv or xlsx
    #[serde(default)]
    #[param(value_type = String)]
    format: Format,
}

#[derive(Serialize, ToSchema)]
struct SupervisionPage {
    items: Vec<EntryView>,
    next_cursor: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = SupervisionEntry)]
pub struct EntryView {
    /// 2026-3
    pub id: String,
    /// 督办〔2026〕3号
    pub number: String,
    pub ticket_number: String,
    pub ticket_title: String,
    pub ticket_state: String,
    pub band: String,
    pub level: i64,
    /// card 督办卡, sheet 督办单
    pub form: String,
    /// open, answered, discharged, ended
    pub state: String,
    pub unit_code: Option<String>,
    pub unit_name: Option<String>,
    pub reason: String,
    pub opened_at: DateTime<Utc>,
    pub opened_by: String,
    /// When the unit has to say how far it is
    pub due: Option<DateTime<Utc>>,
    pub late: bool,
    /// The first is what opened it, each further one raised it
    pub instructions: Vec<InstructionView>,
    pub feedback: Vec<FeedbackView>,
    pub discharge: Option<DischargeView>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = SupervisionInstruction)]
pub struct InstructionView {
    pub level: u8,
    pub text: String,
    pub leader: String,
    pub instructed_at: Option<DateTime<Utc>>,
    pub at: DateTime<Utc>,
    pub by: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = SupervisionFeedback)]
pub struct FeedbackView {
    pub at: DateTime<Utc>,
    pub unit_code: String,
    pub by: String,
    pub text: String,
    pub is_reply: bool,
}

#[derive(Serialize, ToSchema)]
#[schema(as = SupervisionDischarge)]
pub struct DischargeView {
    pub at: DateTime<Utc>,
    pub by: String,
    pub ground: String,
}

/// User names to the names of people.
struct Names(HashMap<String, String>);

impl Names {
    async fn read(tx: &mut Tx) -> Result<Self, db::Error> {
        let people = accounts::all(tx).await?;
        Ok(Self(
            people
                .into_iter()
                .map(|user| (user.username, user.display_name))
                .collect(),
        ))
    }

    fn of(&self, username: &str) -> String {
        self.0
            .get(username)
            .cloned()
            .unwrap_or_else(|| username.to_owned())
    }

    fn instruction(&self, given: Instruction, text: impl Fn(&str) -> String) -> InstructionView {
        InstructionView {
            level: given.level,
            text: text(&given.text),
            leader: given.leader,
            instructed_at: given.instructed_at,
            at: given.at,
            by: self.of(&given.by),
        }
    }

    fn feedback(&self, told: Feedback, text: impl Fn(&str) -> String) -> FeedbackView {
        FeedbackView {
            at: told.at,
            by: self.of(&told.by),
            unit_code: told.unit_code,
            text: text(&told.text),
            is_reply: told.is_reply,
        }
    }

    fn discharge(&self, done: Discharge, text: impl Fn(&str) -> String) -> DischargeView {
        DischargeView {
            at: done.at,
            by: self.of(&done.by),
            ground: text(&done.ground),
        }
    }

    /// What of the ticket its reader must not see is not in it.
    fn entry(&self, row: Row, lenses: &Lenses, now: DateTime<Utc>) -> EntryView {
        let of = row.ticket_number.clone();
        let text = |text: &str| lenses.text(&of, text);
        let entry = row.body.0;
        let opened_by = entry.instructions.first().map(|first| self.of(&first.by));
        EntryView {
            id: format!("{}-{}", row.year, row.no),
            number: title(row.year, row.no),
            late: row.state == "open" && row.due.is_some_and(|due| due < millis(now)),
            ticket_number: row.ticket_number,
            ticket_title: text(&row.title),
            ticket_state: row.ticket_state,
            band: row.band,
            level: row.level,
            form: entry.form,
            state: row.state,
            unit_code: row.unit_code,
            unit_name: row.unit_name,
            reason: text(&entry.reason),
            opened_at: from_millis(row.opened_at),
            opened_by: opened_by.unwrap_or_default(),
            due: row.due.map(from_millis),
            instructions: entry
                .instructions
                .into_iter()
                .map(|given| self.instruction(given, text))
                .collect(),
            feedback: entry
                .feedback
                .into_iter()
                .map(|told| self.feedback(told, text))
                .collect(),
            discharge: entry.discharge.map(|done| self.discharge(done, text)),
        }
    }
}

async fn entries(
    tx: &mut Tx,
    rows: Vec<Row>,
    caller: &Caller,
    now: DateTime<Utc>,
) -> Result<Vec<EntryView>, db::Error> {
    let numbers: Vec<&str> = rows.iter().map(|row| row.ticket_number.as_str()).collect();
    let lenses = Lenses::read(tx, &numbers, &tickets::api::actor(caller)).await?;
    let names = Names::read(tx).await?;
    Ok(rows
        .into_iter()
        .map(|row| names.entry(row, &lenses, now))
        .collect())
}

type Key = (i64, i64, i64);

async fn filter(tx: &mut Tx, app: &App, caller: &Caller, query: ListQuery) -> Result<Filter, Problem> {
    let mut faults = Vec::new();
    let state = query.state.filter(|state| !state.is_empty());
    if state
        .as_deref()
        .is_some_and(|state| Standing::parse(state).is_none())
    {
        faults.push(FieldError::new(
            "state",
            "应为 open、answered、discharged 或 ended",
        ));
    }
    if query.level.is_some_and(|level| !(1..=5).contains(&level)) {
        faults.push(FieldError::new("level", "应为 1 至 5"));
    }
    if !faults.is_empty() {
        return Err(Problem::invalid(faults));
    }
    let own = (caller.role == Role::Unit).then(|| caller.unit_code.clone().unwrap_or_default());
    let scope = match &own {
        Some(own) => Some(tickets::scope(tx, Some(own)).await?),
        None => None,
    };
    Ok(Filter {
        state,
        level: query.level,
        ticket: query.ticket.filter(|number| !number.is_empty()),
        unit: query.unit.filter(|code| !code.is_empty()),
        from: query.from.map(millis),
        to: query.to.map(millis),
        late_at: query.overdue.then(|| millis(app.clock.now())),
        scope,
        before: page::decode::<Key>(query.cursor.as_deref())?,
        limit: page::limit(query.limit)?,
    })
}

/// The ledger of supervisions (督办台账), the newest first; a unit sees its own
#[utoipa::path(get, path = "/supervisions", tag = "supervision", params(ListQuery), responses((status = 200, body = SupervisionPage)))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ListQuery>,
) -> Result<Json<SupervisionPage>, Problem> {
    let mut tx = app.db.read().await?;
    let filter = filter(&mut tx, &app, &caller, query).await?;
    let wanted = Filter {
        limit: filter.limit + 1,
        ..filter.clone()
    };
    let rows = store::page(&mut tx, &wanted).await?;
    let (rows, next_cursor) = page::cut(rows, filter.limit, |row| (row.opened_at, row.year, row.no));
    Ok(Json(SupervisionPage {
        items: entries(&mut tx, rows, &caller, app.clock.now()).await?,
        next_cursor,
    }))
}

/// One entry of the ledger
#[utoipa::path(get, path = "/supervisions/{id}", tag = "supervision", params(("id" = String, Path)), responses((status = 200, body = EntryView)))]
async fn show(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<EntryView>, Problem> {
    let mut tx = app.db.read().await?;
    Ok(Json(entry(&mut tx, &id, &caller, app.clock.now()).await?))
}

/// An entry as the caller may see it; a unit sees its own and those below it.
pub async fn entry(tx: &mut Tx, id: &str, caller: &Caller, now: DateTime<Utc>) -> Result<EntryView, Problem> {
    let (year, no) = id
        .split_once('-')
        .and_then(|(year, no)| Some((year.parse().ok()?, no.parse().ok()?)))
        .ok_or_else(Problem::not_found)?;
    let row = store::find(tx, year, no).await?.ok_or_else(Problem::not_found)?;
    if caller.role == Role::Unit {
        let own = caller.unit_code.clone().unwrap_or_default();
        let scope = tickets::scope(tx, Some(&own)).await?;
        if !row.unit_code.as_ref().is_some_and(|code| scope.contains(code)) {
            return Err(Problem::not_found());
        }
    }
    let mut shown = entries(tx, vec![row], caller, now).await?;
    shown.pop().ok_or_else(Problem::not_found)
}

pub(super) fn minute(at: DateTime<Utc>) -> String {
    at.with_timezone(&CHINA).format("%Y-%m-%d %H:%M").to_string()
}

/// 督办五级
const LEVELS: [&str; 5] = ["热线督办", "媒体督办", "政务督办", "人大政协督办", "纪委督办"];

fn level_name(level: i64) -> &'static str {
    let at = usize::try_from(level - 1).unwrap_or(usize::MAX);
    LEVELS.get(at).copied().unwrap_or("督办")
}

fn ledger(entries: &[EntryView]) -> Sheet {
    let mut sheet = Sheet::new(
        "督办台账",
        &[
            "督办编号",
            "形式",
            "级别",
            "工单编号",
            "工单标题",
            "承办单位",
            "事由",
            "督办要求",
            "批示人",
            "立项时间",
            "立项人",
            "反馈时限",
            "状态",
            "反馈情况",
            "销号时间",
            "销号人",
            "销号依据",
        ],
    );
    sheet.rows = entries.iter().map(ledger_row).collect();
    sheet
}

fn ledger_row(entry: &EntryView) -> Vec<String> {
    let joined = |texts: Vec<String>| texts.join("；");
    let instructions = entry.instructions.iter().map(|given| given.text.clone());
    let mut leaders: Vec<String> = entry
        .instructions
        .iter()
        .map(|given| given.leader.clone())
        .collect();
    leaders.retain(|leader| !leader.is_empty());
    let feedback = entry
        .feedback
        .iter()
        .map(|told| format!("{} {}", minute(told.at), told.text));
    let state = Standing::parse(&entry.state).map_or("", Standing::title);
    let late = if entry.late { "（超期）" } else { "" };
    let done = entry.discharge.as_ref();
    vec![
        entry.number.clone(),
        if entry.form == "sheet" {
            "督办单"
        } else {
            "督办卡"
        }
        .into(),
        level_name(entry.level).into(),
        entry.ticket_number.clone(),
        entry.ticket_title.clone(),
        entry.unit_name.clone().unwrap_or_default(),
        entry.reason.clone(),
        joined(instructions.collect()),
        joined(leaders),
        minute(entry.opened_at),
        entry.opened_by.clone(),
        entry.due.map(minute).unwrap_or_default(),
        format!("{state}{late}"),
        joined(feedback.collect()),
        done.map(|done| minute(done.at)).unwrap_or_default(),
        done.map(|done| done.by.clone()).unwrap_or_default(),
        done.map(|done| done.ground.clone()).unwrap_or_default(),
    ]
}

/// The ledger as a spreadsheet, filtered as the list is
#[utoipa::path(get, path = "/supervisions/export", tag = "supervision", params(ListQuery),
    responses((status = 200, description = "CSV or XLSX", content_type = "application/octet-stream")))]
async fn export(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ListQuery>,
) -> Result<Response, Problem> {
    let format = query.format;
    let mut tx = app.db.read().await?;
    let filter = Filter {
        limit: WHOLE,
        ..filter(&mut tx, &app, &caller, query).await?
    };
    let rows = store::page(&mut tx, &filter).await?;
    let entries = entries(&mut tx, rows, &caller, app.clock.now()).await?;
    sheets::file("supervisions", format, &[ledger(&entries)])
}

#[derive(Serialize, ToSchema)]
struct DailyList {
    items: Vec<DailyLine>,
}

#[derive(Serialize, ToSchema)]
struct DailyLine {
    ticket_number: String,
    ticket_title: String,
    band: String,
    unit_code: String,
    unit_name: String,
    /// overdue, due_today, unsigned
    concern: &'static str,
    from: DateTime<Utc>,
    due: DateTime<Utc>,
    late: bool,
    /// The level, when it is supervised already
    supervised: Option<u8>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct DailyQuery {
    /// csv or xlsx
    #[serde(default)]
    #[param(value_type = String)]
    format: Format,
}

/// What is not signed for, due today or late: the inspector's list of the day
#[utoipa::path(get, path = "/supervisions/daily", tag = "supervision", responses((status = 200, body = DailyList)))]
async fn today(State(app): State<App>, caller: Caller) -> Result<Json<DailyList>, Problem> {
    caller.require_office()?;
    let mut tx = app.db.read().await?;
    let lines = daily::list(&mut tx, app.clock.now()).await?;
    let items = lines.into_iter().map(|line| DailyLine {
        ticket_number: line.number,
        ticket_title: line.title,
        band: line.band,
        unit_code: line.unit_code,
        unit_name: line.unit_name,
        concern: line.concern.as_str(),
        from: line.from,
        due: line.due,
        late: line.late,
        supervised: line.supervised,
    });
    Ok(Json(DailyList {
        items: items.collect(),
    }))
}

/// The list of the day as a spreadsheet
#[utoipa::path(get, path = "/supervisions/daily/export", tag = "supervision", params(DailyQuery),
    responses((status = 200, description = "CSV or XLSX", content_type = "application/octet-stream")))]
async fn export_today(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<DailyQuery>,
) -> Result<Response, Problem> {
    caller.require_office()?;
    let mut tx = app.db.read().await?;
    let mut sheet = Sheet::new(
        "每日督办清单",
        &[
            "事项",
            "工单编号",
            "工单标题",
            "紧急程度",
            "承办单位",
            "起算时间",
            "截止时间",
            "是否超时",
            "督办级别",
        ],
    );
    for line in daily::list(&mut tx, app.clock.now()).await? {
        let level = line.supervised.map(|level| level_name(level.into()).to_owned());
        sheet.rows.push(vec![
            line.concern.title().into(),
            line.number,
            line.title,
            line.band,
            line.unit_name,
            minute(line.from),
            minute(line.due),
            if line.late { "是" } else { "否" }.into(),
            level.unwrap_or_default(),
        ]);
    }
    sheets::file("daily", query.format, &[sheet])
}
