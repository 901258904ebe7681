//! The dialer over HTTP: how things stand, what is owed and what came of it, and the numbers that the machine does not call.

mod numbers;
mod orders;

use axum::{extract::State, http::StatusCode};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Owner,
    office::{self, Refusal},
    pace,
    rules::{self, Next, Window},
    standing::Standing,
    store::{self, office::Pause},
};
use crate::{
    accounts::Role,
    app::App,
    calendar,
    clock::{from_millis, millis},
    http::{Caller, FieldError, Json, Path, Problem},
};

const LONGEST_REASON: usize = 200;
const WATCHERS: [Role; 2] = [Role::Supervisor, Role::Admin];

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(show))
        .routes(routes!(pause))
        .routes(routes!(resume))
        .merge(orders::routes())
        .merge(numbers::routes())
}

#[derive(Serialize, ToSchema)]
struct DialerCount {
    /// survey, missed, kept
    purpose: String,
    /// Of orders: waiting, dialling. Of attempts: reached, no_answer, busy, declined, voicemail, switched_off, bad_number, failed …
    word: String,
    count: i64,
}

impl From<(String, String, i64)> for DialerCount {
    fn from((purpose, word, count): (String, String, i64)) -> Self {
        Self { purpose, word, count }
    }
}

/// Why a kind of calls is held
#[derive(Serialize, ToSchema)]
#[schema(as = DialerPause)]
struct PauseView {
    reason: String,
    by: String,
    at: DateTime<Utc>,
}

impl From<&Pause> for PauseView {
    fn from(pause: &Pause) -> Self {
        Self {
            reason: pause.reason.clone(),
            by: pause.by.clone(),
            at: from_millis(pause.at),
        }
    }
}

/// One kind of calls, and how it is called
#[derive(Serialize, ToSchema)]
#[schema(as = DialerKind)]
struct KindView {
    /// survey, missed, kept (places kept by who chose to be called back); contact: masked contacts, which clerks place at once
    purpose: &'static str,
    paused: Option<PauseView>,
    waiting: i64,
    /// Of these, those whose time has come
    due: i64,
    dialling: i64,
    /// When the first waiting one is due
    next_due: Option<DateTime<Utc>>,
    /// Why the first one is not being dialled: paused, quiet_hours, later, not_running, no_trunk, at_pace, lines_kept, no_operator;
    /// next: nothing keeps it. None where nothing waits
    why: Option<&'static str>,
    /// The schedule of the permitted hours; none: at any hour
    schedule: Option<&'static str>,
    /// Today's permitted hours, as 09:00-12:00
    hours: Vec<String>,
    /// Whether this is a permitted hour
    permitted: bool,
    /// When the next permitted hour begins
    opens_at: Option<DateTime<Utc>>,
    /// Waits after the first, second, … attempt, in seconds
    retry_seconds: Vec<u64>,
    /// Given up after so many attempts …
    min_attempts: usize,
    /// … on so many days
    min_days: i64,
}

#[derive(Serialize, ToSchema)]
struct DialerView {
    /// Calls owed
    orders: Vec<DialerCount>,
    /// What became of today's attempts
    today: Vec<DialerCount>,
    kinds: Vec<KindView>,
    /// Calls that may be placed now beside those for citizens who call in
    room: usize,
    /// Calls of ours that may be under way at once
    at_once: usize,
    /// Of which so many are
    under_way: usize,
    /// Channels of the trunks that are up; none: no trunk says
    channels: Option<usize>,
    /// Calls going on, whoever placed them
    busy: usize,
    /// Channels kept free for citizens who call in
    kept: usize,
    /// Whether the telephone system is up
    running: bool,
}

/// Calls that the hotline owes citizens, how each kind stands, and what became of today's attempts
#[utoipa::path(get, path = "/dialer", tag = "dialer", responses((status = 200, body = DialerView)))]
async fn show(State(app): State<App>, caller: Caller) -> Result<Json<DialerView>, Problem> {
    caller.require(&WATCHERS)?;
    let now = app.clock.now();
    let mut tx = app.db.read().await?;
    let under_way = store::under_way(&mut tx).await?;
    let (lines, pace) = (pace::lines(&app, &mut tx, &under_way).await?, pace::pace(&app));
    let orders = store::orders(&mut tx).await?;
    let fates = store::fates(&mut tx, millis(calendar::day_start(now))).await?;
    let mut view = DialerView {
        orders: orders.into_iter().map(DialerCount::from).collect(),
        today: fates.into_iter().map(DialerCount::from).collect(),
        kinds: vec![],
        room: rules::room(pace, lines),
        at_once: pace.at_once,
        under_way: lines.ours,
        channels: lines.channels,
        busy: lines.busy,
        kept: lines
            .channels
            .map_or(0, |channels| rules::reserved(pace, channels)),
        running: app.live.switchboard().is_ok(),
    };
    let waiting = store::office::waiting(&mut tx, now).await?;
    for (owner, window, standing) in office::standings(&app, &mut tx).await? {
        let counts = waiting.get(owner.purpose()).copied();
        view.kinds.push(kind(&app, owner, (&window, standing), counts));
    }
    view.kinds.push(contacts());
    let pauses = store::office::pauses(&mut tx).await?;
    for kind in &mut view.kinds {
        let held = pauses.iter().find(|pause| pause.purpose == kind.purpose);
        kind.paused = held.map(PauseView::from);
        let ours = under_way.iter().filter(|attempt| attempt.purpose == kind.purpose);
        kind.dialling = i64::try_from(ours.count()).unwrap_or(i64::MAX);
    }
    Ok(Json(view))
}

fn kind(
    app: &App,
    owner: &'static dyn Owner,
    (window, standing): (&Window, Standing),
    counts: Option<(i64, i64, i64)>,
) -> KindView {
    let now = app.clock.now();
    let policy = owner.policy(app);
    let (waiting, due, next) = counts.unwrap_or_default();
    let next_due = counts.map(|_| from_millis(next));
    let today = now.with_timezone(&calendar::CHINA).date_naive();
    let hours = window
        .hours
        .as_ref()
        .map(|hours| hours.of(&window.calendar, today));
    let opens_at = match window.permitted(now) {
        Next::At(at) if at > now => Some(at),
        _ => None,
    };
    KindView {
        purpose: owner.purpose(),
        paused: None,
        waiting,
        due,
        dialling: 0,
        next_due,
        why: next_due.map(|at| standing.why(at, now).as_str()),
        schedule: policy.schedule,
        hours: hours
            .unwrap_or_default()
            .iter()
            .map(|span| span_text(*span))
            .collect(),
        permitted: standing.is_permitted,
        opens_at,
        retry_seconds: policy
            .retry_after
            .iter()
            .map(std::time::Duration::as_secs)
            .collect(),
        min_attempts: policy.min_attempts,
        min_days: policy.min_days,
    }
}

fn contacts() -> KindView {
    KindView {
        purpose: super::CONTACTS,
        paused: None,
        waiting: 0,
        due: 0,
        dialling: 0,
        next_due: None,
        why: None,
        schedule: None,
        hours: vec![],
        permitted: true,
        opens_at: None,
        retry_seconds: vec![],
        min_attempts: 1,
        min_days: 1,
    }
}

fn span_text((from, until): (u16, u16)) -> String {
    let time = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
    format!("{}-{}", time(from), time(until))
}

#[derive(Deserialize, ToSchema)]
struct Reason {
    /// For the record, 1 to 200 characters
    reason: String,
}

impl Reason {
    fn read(&self) -> Result<&str, Problem> {
        let reason = self.reason.trim();
        if reason.is_empty() || reason.chars().count() > LONGEST_REASON {
            let fault = FieldError::new("reason", "请写明原因，1 至 200 个字");
            return Err(Problem::invalid(vec![fault]));
        }
        Ok(reason)
    }
}

/// Hold a kind of calls: none of it is placed until it is resumed; calls under way go on
#[utoipa::path(post, path = "/dialer/kinds/{purpose}/pause", tag = "dialer", params(("purpose" = String, Path)), request_body = Reason,
    responses((status = 204)))]
async fn pause(
    State(app): State<App>,
    caller: Caller,
    Path(purpose): Path<String>,
    Json(body): Json<Reason>,
) -> Result<StatusCode, Problem> {
    caller.require(&WATCHERS)?;
    let reason = body.read()?;
    let mut tx = app.db.begin().await?;
    office::pause(&app, &mut tx, &purpose, (reason, &caller.username)).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Let a kind of calls go on
#[utoipa::path(post, path = "/dialer/kinds/{purpose}/resume", tag = "dialer", params(("purpose" = String, Path)),
    responses((status = 204)))]
async fn resume(
    State(app): State<App>,
    caller: Caller,
    Path(purpose): Path<String>,
) -> Result<StatusCode, Problem> {
    caller.require(&WATCHERS)?;
    let mut tx = app.db.begin().await?;
    office::resume(&app, &mut tx, &purpose).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotFound => Self::not_found(),
            Refusal::Over => Self::conflict("这条外呼已经结束，请刷新列表"),
            Refusal::UnderWay => Self::conflict("正在拨打，请等这次通话结束"),
            Refusal::Paused => Self::conflict("这类外呼已暂停，请先恢复"),
            Refusal::QuietHours(None) => Self::conflict("没有允许外呼的时段，请检查时间安排"),
            Refusal::QuietHours(Some(at)) => {
                let at = at.with_timezone(&calendar::CHINA).format("%m-%d %H:%M");
                Self::conflict(format!("现在不在允许外呼的时段，最早 {at} 可以拨打"))
            }
            Refusal::Database(error) => error.into(),
        }
    }
}
