//! Work on flows over HTTP: drafts, checks, publishing, files out and in. Administrators only.

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::menus::{MenuView, invalid_flow, menu};
use crate::{
    accounts::Role,
    app::App,
    db::{self, Tx},
    http::{Caller, FieldError, Json, Path, Problem, Query},
    settings::{
        drafts::{self, Draft, NotPublished},
        flow::{self, FlowFault, MOST_NODES},
    },
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_drafts))
        .routes(routes!(show_draft, put_draft, delete_draft))
        .routes(routes!(check_menu))
        .routes(routes!(publish_menu))
        .routes(routes!(export_menu))
        .routes(routes!(import_menu))
}

#[derive(Serialize, ToSchema)]
struct DraftLine {
    name: String,
    title: String,
    /// The version it was begun from; 0: a new menu
    base_version: i64,
    updated_at: DateTime<Utc>,
    updated_by: String,
}

impl From<Draft> for DraftLine {
    fn from(draft: Draft) -> Self {
        Self {
            title: draft.body["title"].as_str().unwrap_or_default().to_owned(),
            name: draft.name,
            base_version: draft.version,
            updated_at: draft.updated_at,
            updated_by: draft.updated_by,
        }
    }
}

#[derive(Serialize, ToSchema)]
struct DraftView {
    #[serde(flatten)]
    line: DraftLine,
    /// As it was saved, with whatever is wrong with it
    #[schema(value_type = Object)]
    flow: Value,
    /// What has to be put right before it can be published
    faults: Vec<FaultView>,
}

#[derive(Serialize, ToSchema)]
struct FaultView {
    /// Empty: of the menu as a whole
    node: String,
    field: String,
    message: String,
}

impl From<FlowFault> for FaultView {
    fn from(fault: FlowFault) -> Self {
        Self {
            field: fault.key(),
            node: fault.node,
            message: fault.message,
        }
    }
}

#[derive(Serialize, ToSchema)]
struct Checked {
    faults: Vec<FaultView>,
}

#[derive(Deserialize, ToSchema)]
struct WantedDraft {
    /// The flow, in the shape of a menu file
    #[schema(value_type = Object)]
    flow: Value,
    /// The version it goes on from; without it that of the draft before, or the one in force
    base_version: Option<i64>,
}

#[derive(Deserialize, ToSchema)]
struct FlowFile {
    /// A menu file in TOML
    toml: String,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ExportQuery {
    /// An earlier version; without it the one in force
    version: Option<i64>,
}

/// Drafts of menus
#[utoipa::path(get, path = "/menu-drafts", tag = "settings", responses((status = 200, body = Vec<DraftLine>)))]
async fn list_drafts(State(app): State<App>, caller: Caller) -> Result<Json<Vec<DraftLine>>, Problem> {
    caller.require(&[Role::Admin])?;
    let drafts = drafts::drafts(&mut app.db.read().await?).await?;
    Ok(Json(drafts.into_iter().map(DraftLine::from).collect()))
}

/// The draft of a menu with its faults
#[utoipa::path(get, path = "/menus/{name}/draft", tag = "settings", params(("name" = String, Path)),
    responses((status = 200, body = DraftView)))]
async fn show_draft(
    State(app): State<App>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<Json<DraftView>, Problem> {
    caller.require(&[Role::Admin])?;
    view(&mut app.db.read().await?, &name).await
}

/// Keep a draft, whatever is wrong with it; no call hears it
#[utoipa::path(put, path = "/menus/{name}/draft", tag = "settings", params(("name" = String, Path)), request_body = WantedDraft,
    responses((status = 200, body = DraftView)))]
async fn put_draft(
    State(app): State<App>,
    caller: Caller,
    Path(name): Path<String>,
    Json(wanted): Json<WantedDraft>,
) -> Result<Json<DraftView>, Problem> {
    caller.require(&[Role::Admin])?;
    keep(&app, &caller, &name, &wanted.flow, wanted.base_version).await
}

async fn keep(
    app: &App,
    caller: &Caller,
    name: &str,
    flow: &Value,
    base: Option<i64>,
) -> Result<Json<DraftView>, Problem> {
    refuse_unkeepable(name, flow)?;
    let mut tx = app.db.begin().await?;
    let when_and_who = (app.clock.now(), caller.username.as_str());
    drafts::keep(&mut tx, name, flow, base, when_and_who).await?;
    let kept = view(&mut tx, name).await?;
    tx.commit().await?;
    Ok(kept)
}

/// A draft may be wrong in every way but these two: it could not be found again, or would not fit on any screen.
fn refuse_unkeepable(name: &str, flow: &Value) -> Result<(), Problem> {
    let mut faults = Vec::new();
    if !flow::is_name(name) {
        faults.push(FieldError::new(
            "name",
            "应为 1 至 40 个小写字母、数字、横线或下划线",
        ));
    }
    let nodes = flow["nodes"].as_object().map(serde_json::Map::len);
    match nodes {
        None => faults.push(FieldError::new("flow.nodes", "缺少节点表")),
        Some(found) if found > MOST_NODES => {
            let message = format!("有 {found} 个节点；不能超过 {MOST_NODES} 个");
            faults.push(FieldError::new("flow.nodes", message));
        }
        Some(_) => {}
    }
    if faults.is_empty() {
        Ok(())
    } else {
        Err(Problem::invalid(faults))
    }
}

/// Throw a draft away
#[utoipa::path(delete, path = "/menus/{name}/draft", tag = "settings", params(("name" = String, Path)), responses((status = 204)))]
async fn delete_draft(
    State(app): State<App>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<StatusCode, Problem> {
    caller.require(&[Role::Admin])?;
    let mut tx = app.db.begin().await?;
    if !drafts::discard(&mut tx, &name).await? {
        return Err(Problem::not_found());
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What is wrong with a flow, all of it; nothing is kept
#[utoipa::path(post, path = "/menus/{name}/check", tag = "settings", params(("name" = String, Path)), request_body = WantedDraft,
    responses((status = 200, body = Checked)))]
async fn check_menu(
    State(app): State<App>,
    caller: Caller,
    Path(name): Path<String>,
    Json(wanted): Json<WantedDraft>,
) -> Result<Json<Checked>, Problem> {
    caller.require(&[Role::Admin])?;
    let faults = faults(&mut app.db.read().await?, &name, &wanted.flow).await?;
    Ok(Json(Checked { faults }))
}

/// Make the draft the version in force: it answers the next call
#[utoipa::path(post, path = "/menus/{name}/publish", tag = "settings", params(("name" = String, Path)),
    responses((status = 200, body = MenuView)))]
async fn publish_menu(
    State(app): State<App>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<Json<MenuView>, Problem> {
    caller.require(&[Role::Admin])?;
    let mut tx = app.db.begin().await?;
    let when_and_who = (app.clock.now(), caller.username.as_str());
    drafts::publish(&mut tx, &name, when_and_who).await?;
    let published = menu(&mut tx, &name).await?;
    tx.commit().await?;
    Ok(published)
}

/// A menu as a file that another hotline can take in
#[utoipa::path(get, path = "/menus/{name}/export", tag = "settings", params(("name" = String, Path), ExportQuery),
    responses((status = 200, content_type = "application/toml", body = String)))]
async fn export_menu(
    State(app): State<App>,
    caller: Caller,
    Path(name): Path<String>,
    Query(query): Query<ExportQuery>,
) -> Result<Response, Problem> {
    caller.require(&[Role::Admin])?;
    let flow = drafts::version_of(&mut app.db.read().await?, &name, query.version).await?;
    let text = toml::to_string_pretty(&flow).map_err(Problem::internal)?;
    // The name is that of a stored flow: lower-case letters, digits, dashes.
    let file = format!("attachment; filename=\"{name}.toml\"");
    let headers = [
        (header::CONTENT_TYPE, "application/toml; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, file),
    ];
    Ok((headers, text).into_response())
}

/// Take a file in as the menu's draft
#[utoipa::path(post, path = "/menus/{name}/import", tag = "settings", params(("name" = String, Path)), request_body = FlowFile,
    responses((status = 200, body = DraftView)))]
async fn import_menu(
    State(app): State<App>,
    caller: Caller,
    Path(name): Path<String>,
    Json(file): Json<FlowFile>,
) -> Result<Json<DraftView>, Problem> {
    caller.require(&[Role::Admin])?;
    let table: toml::Table = file.toml.parse().map_err(|error: toml::de::Error| {
        let at = error.span().map_or(0, |span| span.start);
        let line = file
            .toml
            .get(..at)
            .map_or(1, |before| before.lines().count().max(1));
        let message = format!("第 {line} 行不是 TOML：{}", error.message());
        Problem::invalid(vec![FieldError::new("toml", message)])
    })?;
    let mut flow = serde_json::to_value(table).map_err(Problem::internal)?;
    // A file taken in under another name is a copy.
    flow["name"] = Value::from(name.as_str());
    keep(&app, &caller, &name, &flow, None).await
}

async fn view(tx: &mut Tx, name: &str) -> Result<Json<DraftView>, Problem> {
    let draft = drafts::draft(tx, name).await?.ok_or_else(Problem::not_found)?;
    let faults = faults(tx, name, &draft.body).await?;
    Ok(Json(DraftView {
        flow: draft.body.clone(),
        line: draft.into(),
        faults,
    }))
}

async fn faults(tx: &mut Tx, name: &str, flow: &Value) -> Result<Vec<FaultView>, db::Error> {
    let known = drafts::known(tx, name).await?;
    let found = flow::read(name, flow, &known).err().unwrap_or_default();
    Ok(found.into_iter().map(FaultView::from).collect())
}

impl From<NotPublished> for Problem {
    fn from(error: NotPublished) -> Self {
        match error {
            NotPublished::Faults(faults) => invalid_flow("flow.", faults),
            NotPublished::Settings(error) => error.into(),
        }
    }
}
