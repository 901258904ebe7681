//! Menus over HTTP.

use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{VersionView, WantedVersion, versions};
use crate::settings::{
    self, Edit, Flow, Kind, Versioned, drafts,
    flow::{self, FlowFault},
};
use crate::{
    accounts::Role,
    app::App,
    db::Tx,
    http::{Caller, FieldError, Json, Path, Problem},
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_menus))
        .routes(routes!(show_menu, put_menu))
        .routes(routes!(menu_versions))
        .routes(routes!(rollback_menu))
}

#[derive(Serialize, ToSchema)]
pub(super) struct MenuView {
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

#[derive(Deserialize, ToSchema)]
struct ChangedMenu {
    /// The flow, in the shape of a menu file.
    #[schema(value_type = Object)]
    flow: Value,
    /// The version that was edited; 0 for a new menu. Without it the last one to save wins.
    version: Option<i64>,
}

/// Menus in force
#[utoipa::path(get, path = "/menus", tag = "settings", responses((status = 200, body = Vec<MenuView>)))]
async fn list_menus(State(app): State<App>, caller: Caller) -> Result<Json<Vec<MenuView>>, Problem> {
    caller.require_office()?;
    let menus = settings::menus(&mut app.db.read().await?).await?;
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

pub(super) async fn menu(tx: &mut Tx, name: &str) -> Result<Json<MenuView>, Problem> {
    let menu = settings::current::<Flow>(tx, Kind::Menu, name)
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
    let known = drafts::known(&mut tx, name).await?;
    let flow = flow::read(name, body, &known).map_err(|faults| invalid_flow("flow.", faults))?;
    let edit = Edit {
        kind: Kind::Menu,
        name,
        now: app.clock.now(),
        by: &caller.username,
    };
    settings::save(&mut tx, edit, &flow, expected).await?;
    let saved = menu(&mut tx, name).await?;
    tx.commit().await?;
    Ok(saved)
}

pub(super) fn invalid_flow(prefix: &str, faults: Vec<FlowFault>) -> Problem {
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
    let body = settings::earlier(&mut app.db.read().await?, Kind::Menu, &name, wanted.version).await?;
    save_menu(&app, &caller, &name, &body, None).await
}
