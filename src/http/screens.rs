//! Giving the hall's screens their tokens, and taking them back.

use axum::{
    extract::{FromRef, FromRequestParts, State},
    http::{StatusCode, request::Parts},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Caller, FieldError, Json, Path, Problem, caller::bearer};
use crate::{
    accounts::{
        Role,
        screens::{self, Screen},
    },
    app::App,
    clock::from_millis,
};

const SUPERVISORS: [Role; 2] = [Role::Supervisor, Role::Admin];
const LONGEST_NAME: usize = 50;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(revoke))
}

/// Who may look at the wallboard: the office, and a screen.
pub(super) struct Onlooker;

impl<S: Send + Sync> FromRequestParts<S> for Onlooker
where
    App: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let app = App::from_ref(state);
        if let Some(token) = bearer(&parts.headers)
            && screens::admits(&app, token).await?
        {
            return Ok(Self);
        }
        let caller = Caller::from_request_parts(parts, state).await?;
        caller.require_office()?;
        Ok(Self)
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = WallboardScreen)]
struct ScreenView {
    id: String,
    name: String,
    created_by: String,
    created_at: DateTime<Utc>,
    /// When it last asked, to some minutes
    seen_at: Option<DateTime<Utc>>,
}

impl From<Screen> for ScreenView {
    fn from(screen: Screen) -> Self {
        Self {
            id: screen.id,
            name: screen.name,
            created_by: screen.created_by,
            created_at: from_millis(screen.created_at),
            seen_at: screen.seen_at.map(from_millis),
        }
    }
}

/// Screens that may show the wallboard
#[utoipa::path(get, path = "/wallboard/screens", tag = "live", responses((status = 200, body = Vec<ScreenView>)))]
async fn list(State(app): State<App>, caller: Caller) -> Result<Json<Vec<ScreenView>>, Problem> {
    caller.require(&SUPERVISORS)?;
    let screens = screens::all(&mut app.db.read().await?).await?;
    Ok(Json(screens.into_iter().map(ScreenView::from).collect()))
}

#[derive(Deserialize, ToSchema)]
struct NewScreen {
    /// Where it hangs
    name: String,
}

#[derive(Serialize, ToSchema)]
struct OpenedScreen {
    #[serde(flatten)]
    screen: ScreenView,
    /// Shows the wallboard and nothing else, as `Authorization: Bearer TOKEN`; told this once
    token: String,
}

/// A token for a screen: good until it is taken back
#[utoipa::path(post, path = "/wallboard/screens", tag = "live", request_body = NewScreen,
    responses((status = 201, body = OpenedScreen)))]
async fn create(
    State(app): State<App>,
    caller: Caller,
    Json(new): Json<NewScreen>,
) -> Result<(StatusCode, Json<OpenedScreen>), Problem> {
    caller.require(&SUPERVISORS)?;
    let name = new.name.trim();
    if name.is_empty() || name.chars().count() > LONGEST_NAME {
        let fault = FieldError::new("name", "请写明屏幕的位置，不超过 50 字");
        return Err(Problem::invalid(vec![fault]));
    }
    let mut tx = app.db.begin().await?;
    let (screen, token) = screens::create(&mut tx, &app, name, &caller.username).await?;
    tx.note("id", screen.id.as_str());
    tx.commit().await?;
    let screen = screen.into();
    Ok((StatusCode::CREATED, Json(OpenedScreen { screen, token })))
}

/// The screen goes dark
#[utoipa::path(delete, path = "/wallboard/screens/{id}", tag = "live", params(("id" = String, Path)),
    responses((status = 204)))]
async fn revoke(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    caller.require(&SUPERVISORS)?;
    let mut tx = app.db.begin().await?;
    if !screens::revoke(&mut tx, &id).await? {
        return Err(Problem::not_found());
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
