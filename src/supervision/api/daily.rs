//! The inspector's list of the day (每日督办清单).

use axum::{extract::State, response::Response};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{minute, sheet::level_name};
use crate::{
    app::App,
    http::{Caller, Json, Problem, Query},
    sheets::{self, Format, Sheet},
    supervision::daily,
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(today))
        .routes(routes!(export_today))
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
