//! Saved searches over HTTP.

use std::collections::BTreeMap;

use axum::{extract::State as Shared, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::tickets::store::saved::{self, Draft, Saved};
use crate::{
    accounts::Role,
    app::App,
    clock::millis,
    db,
    http::{Caller, FieldError, Json, Path, Problem},
};

/// Enough for any person; a list without an end is no list.
const MOST: i64 = 50;
const LONGEST_NAME: usize = 40;
const LONGEST_VALUE: usize = 200;
/// The parameters of the list that may be kept.
const PARAMETERS: [&str; 13] = [
    "q", "state", "class", "unit", "caller", "operator", "band", "kind", "source", "due", "from", "to",
    "sort",
];

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(change, remove))
}

#[derive(Deserialize, ToSchema)]
struct ViewBody {
    name: String,
    /// Parameters of GET /tickets
    query: BTreeMap<String, String>,
    /// Share it with everybody of this role; for supervisors and administrators
    role: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = SavedView)]
struct SavedView {
    id: i64,
    name: String,
    query: BTreeMap<String, String>,
    role: Option<String>,
    /// Whoever made it may change it
    own: bool,
}

impl SavedView {
    fn new(saved: Saved, caller: &Caller) -> Self {
        Self {
            id: saved.id,
            own: saved.owner == caller.username,
            name: saved.name,
            // We wrote it ourselves; what cannot be read asks for nothing.
            query: serde_json::from_str(&saved.query).unwrap_or_default(),
            role: saved.role,
        }
    }
}

/// One's own saved searches, then those shared with one's role
#[utoipa::path(get, path = "/views", tag = "tickets", responses((status = 200, body = [SavedView])))]
async fn list(Shared(app): Shared<App>, caller: Caller) -> Result<Json<Vec<SavedView>>, Problem> {
    let mut tx = app.db.read().await?;
    let saved = saved::of(&mut tx, &caller.username, caller.role.as_str()).await?;
    let views = saved.into_iter().map(|saved| SavedView::new(saved, &caller));
    Ok(Json(views.collect()))
}

/// Keep a search
#[utoipa::path(post, path = "/views", tag = "tickets", request_body = ViewBody,
    responses((status = 201, body = SavedView)))]
async fn create(
    Shared(app): Shared<App>,
    caller: Caller,
    Json(body): Json<ViewBody>,
) -> Result<(StatusCode, Json<SavedView>), Problem> {
    let draft = checked(body, &caller)?;
    let mut tx = app.db.begin().await?;
    if saved::count(&mut tx, &caller.username).await? >= MOST {
        return Err(Problem::conflict("常用查询最多 50 个，请先删除不用的").coded("views-full"));
    }
    let now = millis(app.clock.now());
    let saved = saved::insert(&mut tx, &caller.username, &draft, now).await;
    let saved = saved.map_err(taken)?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(SavedView::new(saved, &caller))))
}

/// Change a search of one's own
#[utoipa::path(put, path = "/views/{id}", tag = "tickets", params(("id" = i64, Path)), request_body = ViewBody,
    responses((status = 200, body = SavedView)))]
async fn change(
    Shared(app): Shared<App>,
    caller: Caller,
    Path(id): Path<i64>,
    Json(body): Json<ViewBody>,
) -> Result<Json<SavedView>, Problem> {
    let draft = checked(body, &caller)?;
    let mut tx = app.db.begin().await?;
    let now = millis(app.clock.now());
    let saved = saved::update(&mut tx, id, &caller.username, &draft, now).await;
    let saved = saved.map_err(taken)?.ok_or_else(Problem::not_found)?;
    tx.commit().await?;
    Ok(Json(SavedView::new(saved, &caller)))
}

/// Forget a search of one's own
#[utoipa::path(delete, path = "/views/{id}", tag = "tickets", params(("id" = i64, Path)), responses((status = 204)))]
async fn remove(
    Shared(app): Shared<App>,
    caller: Caller,
    Path(id): Path<i64>,
) -> Result<StatusCode, Problem> {
    let mut tx = app.db.begin().await?;
    if !saved::delete(&mut tx, id, &caller.username).await? {
        return Err(Problem::not_found());
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

fn taken(error: db::Error) -> Problem {
    if error.is_unique_violation() {
        Problem::conflict("您已有同名的常用查询，请换一个名称").coded("view-name-taken")
    } else {
        error.into()
    }
}

fn checked(body: ViewBody, caller: &Caller) -> Result<Draft, Problem> {
    let mut faults = Vec::new();
    let name = body.name.trim().to_owned();
    if !(1..=LONGEST_NAME).contains(&name.chars().count()) || name.contains(char::is_control) {
        faults.push(FieldError::new("name", "名称应为 1 至 40 个字"));
    }
    for (key, value) in &body.query {
        if !PARAMETERS.contains(&key.as_str()) {
            faults.push(FieldError::new(format!("query.{key}"), "没有这个查询条件"));
        } else if value.chars().count() > LONGEST_VALUE {
            faults.push(FieldError::new(format!("query.{key}"), "不能超过 200 个字"));
        }
    }
    let role = body.role.filter(|role| !role.is_empty());
    if role
        .as_ref()
        .is_some_and(|role| !Role::ALL.iter().any(|known| known.as_str() == role))
    {
        faults.push(FieldError::new("role", "没有这个角色"));
    }
    if !faults.is_empty() {
        return Err(Problem::invalid(faults));
    }
    if role.is_some() {
        caller.require(&[Role::Supervisor, Role::Admin])?;
    }
    let query = serde_json::to_string(&body.query).map_err(Problem::internal)?;
    Ok(Draft { name, query, role })
}
