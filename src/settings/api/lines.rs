//! Lines over HTTP.

use std::collections::BTreeSet;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::settings::{
    self, Edit, Flow, Kind, LINES, Line,
    flow::{self, Known},
};
use crate::{
    accounts::Role,
    app::App,
    db::{self, Tx},
    http::{Caller, FieldError, Json, Problem},
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(show_lines, put_lines))
}

#[derive(Serialize, ToSchema)]
struct LinesView {
    items: Vec<Line>,
    version: i64,
}

#[derive(Deserialize, ToSchema)]
struct ChangedLines {
    items: Vec<Line>,
    version: Option<i64>,
}

/// Which menu a called number leads to
#[utoipa::path(get, path = "/lines", tag = "settings", responses((status = 200, body = LinesView)))]
async fn show_lines(State(app): State<App>, caller: Caller) -> Result<Json<LinesView>, Problem> {
    caller.require_office()?;
    current_lines(&mut app.db.read().await?).await
}

async fn current_lines(tx: &mut Tx) -> Result<Json<LinesView>, Problem> {
    let lines = settings::current::<Vec<Line>>(tx, Kind::Lines, LINES).await?;
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
    settings::save(&mut tx, edit, &changed.items, changed.version).await?;
    let saved = current_lines(&mut tx).await?;
    tx.commit().await?;
    Ok(saved)
}

async fn line_faults(tx: &mut Tx, lines: &[Line]) -> Result<Vec<FieldError>, db::Error> {
    let menus = settings::menus(tx).await?;
    let (mut errors, mut numbers) = (Vec::new(), BTreeSet::new());
    for (at, line) in lines.iter().enumerate() {
        if !line.is_number() || !numbers.insert(&line.number) {
            errors.push(FieldError::new(
                format!("items[{at}].number"),
                "应为 1 至 20 位数字，且不重复",
            ));
        }
        let menu = menus.iter().find(|menu| menu.name == line.menu);
        match menu.map(|menu| is_not_inbound(&menu.body)) {
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
fn is_not_inbound(flow: &Flow) -> bool {
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
