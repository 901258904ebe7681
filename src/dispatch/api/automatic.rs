//! 自动派单 over HTTP: the office sees the rule and what it would do, supervisors and administrators change it.

use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    accounts::Role,
    app::App,
    calendar::local_date,
    db::Tx,
    dispatch::{
        automatic::{self, NAME, Outlook, WINDOW_DAYS},
        surety::{Past, Rule},
    },
    http::{Caller, FieldError, Json, Problem, Query},
    settings::{
        self, Edit, Kind,
        api::{VersionView, WantedVersion, versions},
    },
    tickets::CodeName,
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(show, put))
        .routes(routes!(rule_versions))
        .routes(routes!(rollback))
}

/// What would go out by itself for one entry of the duty catalogue
#[derive(Serialize, ToSchema)]
#[schema(as = AutomaticDispatchEntry)]
struct EntryView {
    class: CodeName,
    /// null: the whole county
    area: Option<CodeName>,
    unit: CodeName,
    past: Past,
    /// The rule lets the machine dispatch these
    sure: bool,
}

impl From<Outlook> for EntryView {
    fn from(outlook: Outlook) -> Self {
        let Outlook {
            class_code,
            area_name,
            duty,
            past,
            sure,
        } = outlook;
        Self {
            class: CodeName {
                code: class_code,
                name: duty.class_name,
            },
            area: area_name.map(|name| CodeName {
                code: duty.area,
                name,
            }),
            unit: CodeName {
                code: duty.unit_code,
                name: duty.unit_name,
            },
            past,
            sure,
        }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = AutomaticDispatch)]
struct RuleView {
    settings: Rule,
    /// 0: nobody has set it yet
    version: i64,
    updated_at: Option<DateTime<Utc>>,
    updated_by: String,
    /// How many days of finished tickets are counted
    window_days: i64,
    /// Entries with finished tickets, those with the most first
    entries: Vec<EntryView>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Seen {
    /// The version that the editor saw; without it the last one to save wins
    version: Option<i64>,
}

/// The rule of what is dispatched by itself (自动派单), and what it means for every entry of the duty catalogue
#[utoipa::path(get, path = "/dispatch/automatic", tag = "settings", responses((status = 200, body = RuleView)))]
async fn show(State(app): State<App>, caller: Caller) -> Result<Json<RuleView>, Problem> {
    caller.require_office()?;
    view(&mut app.db.read().await?, app.clock.now()).await
}

async fn view(tx: &mut Tx, now: DateTime<Utc>) -> Result<Json<RuleView>, Problem> {
    let rule = automatic::rule(tx).await?;
    let entries = automatic::outlook(tx, &rule.body, local_date(now), now).await?;
    Ok(Json(RuleView {
        settings: rule.body,
        version: rule.version,
        updated_at: (rule.version > 0).then_some(rule.updated_at),
        updated_by: rule.updated_by,
        window_days: WINDOW_DAYS,
        entries: entries.into_iter().map(EntryView::from).collect(),
    }))
}

/// Save the rule as a new version; it holds for tickets from now on, and for those that wait to be dispatched
#[utoipa::path(put, path = "/dispatch/automatic", tag = "settings", params(Seen), request_body = Rule,
    responses((status = 200, body = RuleView)))]
async fn put(
    State(app): State<App>,
    caller: Caller,
    Query(seen): Query<Seen>,
    Json(rule): Json<Rule>,
) -> Result<Json<RuleView>, Problem> {
    save(&app, &caller, rule, seen.version).await
}

async fn save(
    app: &App,
    caller: &Caller,
    rule: Rule,
    expected: Option<i64>,
) -> Result<Json<RuleView>, Problem> {
    caller.require(&[Role::Supervisor, Role::Admin])?;
    let faults = rule.faults();
    if !faults.is_empty() {
        let errors = faults.into_iter();
        return Err(Problem::invalid(
            errors
                .map(|(field, wanted)| FieldError::new(field, wanted))
                .collect(),
        ));
    }
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let edit = Edit {
        kind: Kind::Dispatch,
        name: NAME,
        now,
        by: &caller.username,
    };
    settings::save(&mut tx, edit, &rule, expected).await?;
    tx.commit().await?;
    // Counting what became of half a year's tickets is no work for a writer.
    view(&mut app.db.read().await?, now).await
}

/// Versions of the rule, newest first
#[utoipa::path(get, path = "/dispatch/automatic/versions", tag = "settings", responses((status = 200, body = Vec<VersionView>)))]
async fn rule_versions(State(app): State<App>, caller: Caller) -> Result<Json<Vec<VersionView>>, Problem> {
    versions(&app, &caller, Kind::Dispatch, NAME).await
}

/// Bring an earlier version of the rule back, as a new version
#[utoipa::path(post, path = "/dispatch/automatic/rollback", tag = "settings", request_body = WantedVersion,
    responses((status = 200, body = RuleView)))]
async fn rollback(
    State(app): State<App>,
    caller: Caller,
    Json(wanted): Json<WantedVersion>,
) -> Result<Json<RuleView>, Problem> {
    caller.require(&[Role::Supervisor, Role::Admin])?;
    let body = settings::earlier(&mut app.db.read().await?, Kind::Dispatch, NAME, wanted.version).await?;
    let rule = serde_json::from_value(body)
        .map_err(|_| Problem::conflict("该版本的格式已不再支持").coded("settings-too-old"))?;
    save(&app, &caller, rule, None).await
}
