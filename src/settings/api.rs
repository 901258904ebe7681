//! Menus, queues, lines and schedules over HTTP: the office reads, administrators change.

use std::collections::BTreeSet;

use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Edit, Error, Flow, Kind, LINES, Line, Queue, Schedule, Versioned,
    flow::{self, FlowFault, Known},
    store,
};
use crate::{
    accounts::Role,
    app::App,
    db::{self, Tx},
    http::{Caller, FieldError, Json, Path, Problem},
};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_menus))
        .routes(routes!(show_menu, put_menu))
        .routes(routes!(menu_versions))
        .routes(routes!(rollback_menu))
        .routes(routes!(list_queues))
        .routes(routes!(show_queue, put_queue))
        .routes(routes!(queue_versions))
        .routes(routes!(rollback_queue))
        .routes(routes!(show_lines, put_lines))
        .routes(routes!(list_schedules))
        .routes(routes!(put_schedule))
}

#[derive(Serialize, ToSchema)]
struct MenuView {
    name: String,
    title: String,
    version: i64,
    flow: Flow,
    updated_at: DateTime<Utc>,
    updated_by: String,
}

impl From<Versioned<Flow>> for MenuView {
    fn from(menu: Versioned<Flow>) -> Self {
        let Versioned {
            name,
            version,
            body,
            updated_at,
            updated_by,
        } = menu;
        Self {
            name,
            title: body.title.clone(),
            version,
            flow: body,
            updated_at,
            updated_by,
        }
    }
}

#[derive(Serialize, ToSchema)]
struct QueueView {
    settings: Queue,
    version: i64,
    updated_at: DateTime<Utc>,
    updated_by: String,
}

impl From<Versioned<Queue>> for QueueView {
    fn from(queue: Versioned<Queue>) -> Self {
        let Versioned {
            version,
            body,
            updated_at,
            updated_by,
            ..
        } = queue;
        Self {
            settings: body,
            version,
            updated_at,
            updated_by,
        }
    }
}

#[derive(Serialize, ToSchema)]
struct VersionView {
    version: i64,
    updated_at: DateTime<Utc>,
    updated_by: String,
}

#[derive(Serialize, ToSchema)]
struct LinesView {
    items: Vec<Line>,
    version: i64,
}

#[derive(Deserialize, ToSchema)]
struct ChangedMenu {
    /// The flow, in the shape of a menu file.
    #[schema(value_type = Object)]
    flow: Value,
    /// The version that was edited; 0 for a new menu. Without it the last one to save wins.
    version: Option<i64>,
}

#[derive(Deserialize, ToSchema)]
struct ChangedQueue {
    settings: Queue,
    version: Option<i64>,
}

#[derive(Deserialize, ToSchema)]
struct ChangedLines {
    items: Vec<Line>,
    version: Option<i64>,
}

#[derive(Deserialize, ToSchema)]
struct WantedVersion {
    version: i64,
}

/// Menus in force
#[utoipa::path(get, path = "/menus", tag = "settings", responses((status = 200, body = Vec<MenuView>)))]
async fn list_menus(State(app): State<App>, caller: Caller) -> Result<Json<Vec<MenuView>>, Problem> {
    caller.require_office()?;
    let menus = super::menus(&mut app.db.read().await?).await?;
    Ok(Json(menus.into_iter().map(MenuView::from).collect()))
}

/// One menu
#[utoipa::path(get, path = "/menus/{name}", tag = "settings", params(("name" = String, Path)), responses((status = 200, body = MenuView)))]
async fn show_menu(
    State(app): State<App>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<Json<MenuView>, Problem> {
    caller.require_office()?;
    menu(&mut app.db.read().await?, &name).await
}

async fn menu(tx: &mut Tx, name: &str) -> Result<Json<MenuView>, Problem> {
    let menu = super::current::<Flow>(tx, Kind::Menu, name)
        .await?
        .ok_or_else(Problem::not_found)?;
    Ok(Json(menu.into()))
}

/// Save a menu as a new version
#[utoipa::path(put, path = "/menus/{name}", tag = "settings", params(("name" = String, Path)), request_body = ChangedMenu,
    responses((status = 200, body = MenuView)))]
async fn put_menu(
    State(app): State<App>,
    caller: Caller,
    Path(name): Path<String>,
    Json(changed): Json<ChangedMenu>,
) -> Result<Json<MenuView>, Problem> {
    save_menu(&app, &caller, &name, &changed.flow, changed.version).await
}

async fn save_menu(
    app: &App,
    caller: &Caller,
    name: &str,
    body: &Value,
    expected: Option<i64>,
) -> Result<Json<MenuView>, Problem> {
    caller.require(&[Role::Admin])?;
    let mut tx = app.db.begin().await?;
    let known = known(&mut tx, name).await?;
    let flow = flow::read(name, body, &known).map_err(|faults| invalid_flow("flow.", faults))?;
    let edit = Edit {
        kind: Kind::Menu,
        name,
        now: app.clock.now(),
        by: &caller.username,
    };
    super::save(&mut tx, edit, &flow, expected).await?;
    let saved = menu(&mut tx, name).await?;
    tx.commit().await?;
    Ok(saved)
}

/// What menus may refer to now.
async fn known(tx: &mut Tx, menu: &str) -> Result<Known, db::Error> {
    let queues = super::queues(tx)
        .await?
        .into_iter()
        .map(|queue| queue.name)
        .collect();
    let schedules = super::schedules(tx)
        .await?
        .into_iter()
        .map(|schedule| schedule.name)
        .collect();
    let prompts = store::prompt_names(tx).await?.into_iter().collect();
    let is_inbound = super::lines(tx).await?.iter().any(|line| line.menu == menu);
    Ok(Known {
        queues: Some(queues),
        schedules: Some(schedules),
        prompts: Some(prompts),
        is_inbound,
    })
}

fn invalid_flow(prefix: &str, faults: Vec<FlowFault>) -> Problem {
    Problem::invalid(
        faults
            .into_iter()
            .map(|fault| FieldError::new(format!("{prefix}{}", fault.key()), fault.message))
            .collect(),
    )
}

/// Versions of a menu, newest first
#[utoipa::path(get, path = "/menus/{name}/versions", tag = "settings", params(("name" = String, Path)),
    responses((status = 200, body = Vec<VersionView>)))]
async fn menu_versions(
    State(app): State<App>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<Json<Vec<VersionView>>, Problem> {
    versions(&app, &caller, Kind::Menu, &name).await
}

async fn versions(
    app: &App,
    caller: &Caller,
    kind: Kind,
    name: &str,
) -> Result<Json<Vec<VersionView>>, Problem> {
    caller.require_office()?;
    let versions = super::versions(&mut app.db.read().await?, kind, name).await?;
    if versions.is_empty() {
        return Err(Problem::not_found());
    }
    let view = |row: Versioned<Value>| VersionView {
        version: row.version,
        updated_at: row.updated_at,
        updated_by: row.updated_by,
    };
    Ok(Json(versions.into_iter().map(view).collect()))
}

/// Bring an earlier version of a menu back, as a new version
#[utoipa::path(post, path = "/menus/{name}/rollback", tag = "settings", params(("name" = String, Path)), request_body = WantedVersion,
    responses((status = 200, body = MenuView)))]
async fn rollback_menu(
    State(app): State<App>,
    caller: Caller,
    Path(name): Path<String>,
    Json(wanted): Json<WantedVersion>,
) -> Result<Json<MenuView>, Problem> {
    caller.require(&[Role::Admin])?;
    let body = super::earlier(&mut app.db.read().await?, Kind::Menu, &name, wanted.version).await?;
    save_menu(&app, &caller, &name, &body, None).await
}

/// Queues in force
#[utoipa::path(get, path = "/queues", tag = "settings", responses((status = 200, body = Vec<Queue>)))]
async fn list_queues(State(app): State<App>, caller: Caller) -> Result<Json<Vec<Queue>>, Problem> {
    caller.require_office()?;
    let queues = super::queues(&mut app.db.read().await?).await?;
    Ok(Json(queues.into_iter().map(|queue| queue.body).collect()))
}

/// One queue
#[utoipa::path(get, path = "/queues/{name}", tag = "settings", params(("name" = String, Path)), responses((status = 200, body = QueueView)))]
async fn show_queue(
    State(app): State<App>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<Json<QueueView>, Problem> {
    caller.require_office()?;
    queue(&mut app.db.read().await?, &name).await
}

async fn queue(tx: &mut Tx, name: &str) -> Result<Json<QueueView>, Problem> {
    let queue = super::current::<Queue>(tx, Kind::Queue, name)
        .await?
        .ok_or_else(Problem::not_found)?;
    Ok(Json(queue.into()))
}

/// Save a queue as a new version
#[utoipa::path(put, path = "/queues/{name}", tag = "settings", params(("name" = String, Path)), request_body = ChangedQueue,
    responses((status = 200, body = QueueView)))]
async fn put_queue(
    State(app): State<App>,
    caller: Caller,
    Path(name): Path<String>,
    Json(changed): Json<ChangedQueue>,
) -> Result<Json<QueueView>, Problem> {
    save_queue(&app, &caller, &name, changed.settings, changed.version).await
}

async fn save_queue(
    app: &App,
    caller: &Caller,
    name: &str,
    settings: Queue,
    expected: Option<i64>,
) -> Result<Json<QueueView>, Problem> {
    caller.require(&[Role::Admin])?;
    let mut errors: Vec<FieldError> = settings
        .faults()
        .into_iter()
        .map(|(field, message)| FieldError::new(format!("settings.{field}"), message))
        .collect();
    if settings.name != name {
        errors.push(FieldError::new("settings.name", "应与地址中的队列名一致"));
    }
    if !errors.is_empty() {
        return Err(Problem::invalid(errors));
    }
    let mut tx = app.db.begin().await?;
    let edit = Edit {
        kind: Kind::Queue,
        name,
        now: app.clock.now(),
        by: &caller.username,
    };
    super::save(&mut tx, edit, &settings, expected).await?;
    let saved = queue(&mut tx, name).await?;
    tx.commit().await?;
    Ok(saved)
}

/// Versions of a queue, newest first
#[utoipa::path(get, path = "/queues/{name}/versions", tag = "settings", params(("name" = String, Path)),
    responses((status = 200, body = Vec<VersionView>)))]
async fn queue_versions(
    State(app): State<App>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<Json<Vec<VersionView>>, Problem> {
    versions(&app, &caller, Kind::Queue, &name).await
}

/// Bring an earlier version of a queue back, as a new version
#[utoipa::path(post, path = "/queues/{name}/rollback", tag = "settings", params(("name" = String, Path)), request_body = WantedVersion,
    responses((status = 200, body = QueueView)))]
async fn rollback_queue(
    State(app): State<App>,
    caller: Caller,
    Path(name): Path<String>,
    Json(wanted): Json<WantedVersion>,
) -> Result<Json<QueueView>, Problem> {
    caller.require(&[Role::Admin])?;
    let body = super::earlier(&mut app.db.read().await?, Kind::Queue, &name, wanted.version).await?;
    let settings = serde_json::from_value(body).map_err(|_| Problem::conflict("该版本的格式已不再支持"))?;
    save_queue(&app, &caller, &name, settings, None).await
}

/// Which menu a called number leads to
#[utoipa::path(get, path = "/lines", tag = "settings", responses((status = 200, body = LinesView)))]
async fn show_lines(State(app): State<App>, caller: Caller) -> Result<Json<LinesView>, Problem> {
    caller.require_office()?;
    current_lines(&mut app.db.read().await?).await
}

async fn current_lines(tx: &mut Tx) -> Result<Json<LinesView>, Problem> {
    let lines = super::current::<Vec<Line>>(tx, Kind::Lines, LINES).await?;
    Ok(Json(lines.map_or(
        LinesView {
            items: vec![],
            version: 0,
        },
        |lines| LinesView {
            items: lines.body,
            version: lines.version,
        },
    )))
}

/// Save the lines as a new version
#[utoipa::path(put, path = "/lines", tag = "settings", request_body = ChangedLines, responses((status = 200, body = LinesView)))]
async fn put_lines(
    State(app): State<App>,
    caller: Caller,
    Json(changed): Json<ChangedLines>,
) -> Result<Json<LinesView>, Problem> {
    caller.require(&[Role::Admin])?;
    let mut tx = app.db.begin().await?;
    let errors = line_faults(&mut tx, &changed.items).await?;
    if !errors.is_empty() {
        return Err(Problem::invalid(errors));
    }
    let edit = Edit {
        kind: Kind::Lines,
        name: LINES,
        now: app.clock.now(),
        by: &caller.username,
    };
    super::save(&mut tx, edit, &changed.items, changed.version).await?;
    let saved = current_lines(&mut tx).await?;
    tx.commit().await?;
    Ok(saved)
}

async fn line_faults(tx: &mut Tx, lines: &[Line]) -> Result<Vec<FieldError>, db::Error> {
    let menus = super::menus(tx).await?;
    let (mut errors, mut numbers) = (Vec::new(), BTreeSet::new());
    for (at, line) in lines.iter().enumerate() {
        if !line.is_number() || !numbers.insert(&line.number) {
            errors.push(FieldError::new(
                format!("items[{at}].number"),
                "应为 1 至 20 位数字，且不重复",
            ));
        }
        let menu = menus.iter().find(|menu| menu.name == line.menu);
        match menu.map(|menu| inbound_faults(&menu.body)) {
            None => errors.push(FieldError::new(format!("items[{at}].menu"), "没有这个流程")),
            Some(true) => errors.push(FieldError::new(
                format!("items[{at}].menu"),
                "该流程没有通往人工坐席的路径",
            )),
            Some(false) => {}
        }
    }
    Ok(errors)
}

/// Whether the flow is no flow for people who ring up.
fn inbound_faults(flow: &Flow) -> bool {
    let body = serde_json::to_value(flow).unwrap_or_default();
    flow::read(
        &flow.name,
        &body,
        &Known {
            is_inbound: true,
            ..Known::default()
        },
    )
    .is_err()
}

/// Schedules in force
#[utoipa::path(get, path = "/schedules", tag = "settings", responses((status = 200, body = Vec<Schedule>)))]
async fn list_schedules(State(app): State<App>, caller: Caller) -> Result<Json<Vec<Schedule>>, Problem> {
    caller.require_office()?;
    let schedules = super::schedules(&mut app.db.read().await?).await?;
    Ok(Json(
        schedules.into_iter().map(|schedule| schedule.body).collect(),
    ))
}

/// Save a schedule as a new version
#[utoipa::path(put, path = "/schedules/{name}", tag = "settings", params(("name" = String, Path)), request_body = Schedule,
    responses((status = 200, body = Schedule)))]
async fn put_schedule(
    State(app): State<App>,
    caller: Caller,
    Path(name): Path<String>,
    Json(schedule): Json<Schedule>,
) -> Result<Json<Schedule>, Problem> {
    caller.require(&[Role::Admin])?;
    let mut errors: Vec<FieldError> = schedule
        .faults()
        .into_iter()
        .map(|(field, message)| FieldError::new(field, message))
        .collect();
    if schedule.name != name {
        errors.push(FieldError::new("name", "应与地址中的名称一致"));
    }
    if !errors.is_empty() {
        return Err(Problem::invalid(errors));
    }
    let mut tx = app.db.begin().await?;
    let edit = Edit {
        kind: Kind::Schedule,
        name: &name,
        now: app.clock.now(),
        by: &caller.username,
    };
    super::save(&mut tx, edit, &schedule, None).await?;
    tx.commit().await?;
    Ok(Json(schedule))
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Stale { current } => {
                Self::conflict(format!("内容已被他人修改，当前为第 {current} 版，请重新载入"))
            }
            Error::NotFound => Self::not_found(),
            Error::Database(error) => error.into(),
        }
    }
}
