//! Who may know the citizen: confidentiality, and showing one masked field for a stated reason.

use std::collections::BTreeSet;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::super::{
    Command, TicketView,
    rules::privacy::{Scrubber, Sight, sight},
};
use super::{action, actor, perform, seen};
use crate::{
    app::App,
    http::{Caller, FieldError, Json, Path, Problem},
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(protect))
        .routes(routes!(unprotect))
        .routes(routes!(reveal))
}

#[derive(Deserialize, ToSchema)]
struct ProtectBody {
    reason: String,
    /// User names of those who may see the citizen, besides the one who says so
    #[serde(default)]
    named: BTreeSet<String>,
    version: Option<i64>,
}

#[derive(Deserialize, ToSchema)]
struct UnprotectBody {
    reason: String,
    version: Option<i64>,
}

action!(
    protect,
    "/tickets/{number}/protect",
    "Make it confidential (保密), or name other readers",
    ProtectBody,
    |body| Ok(Command::Protect {
        reason: body.reason,
        named: body.named
    })
);
action!(
    unprotect,
    "/tickets/{number}/unprotect",
    "No longer confidential (解除保密)",
    UnprotectBody,
    |body| Ok(Command::Unprotect { reason: body.reason })
);

#[derive(Deserialize, ToSchema)]
struct RevealBody {
    /// caller, contact_phone, caller_name
    field: String,
    /// Why it has to be seen; kept in the audit log
    reason: String,
}

#[derive(Serialize, ToSchema)]
struct Revealed {
    field: String,
    value: String,
}

const LONGEST_REASON: usize = 200;

/// Show one masked field; who, when and why is on record
#[utoipa::path(post, path = "/tickets/{number}/reveal", tag = "tickets", params(("number" = String, Path)),
    request_body = RevealBody, responses((status = 200, body = Revealed)))]
async fn reveal(
    State(app): State<App>,
    caller: Caller,
    Path(number): Path<String>,
    Json(body): Json<RevealBody>,
) -> Result<Json<Revealed>, Problem> {
    caller.require_home()?;
    let actor = actor(&caller);
    let mut tx = app.db.begin().await?;
    let ticket = seen(&mut tx, &number, &actor).await?;
    if sight(&ticket, &actor) == Sight::Hidden {
        return Err(Problem {
            detail: "本单为保密工单，只有指定人员可以查看诉求人信息".into(),
            ..Problem::forbidden().coded("ticket-confidential")
        });
    }
    let reason = body.reason.trim();
    if reason.is_empty() || reason.chars().count() > LONGEST_REASON {
        let fault = FieldError::new("reason", "请写明查看的理由，不超过 200 字");
        return Err(Problem::invalid(vec![fault]));
    }
    let value = match body.field.as_str() {
        "caller" => &ticket.caller,
        "contact_phone" => &ticket.contact_phone,
        "caller_name" => &ticket.caller_name,
        _ => {
            let fault = FieldError::new("field", "应为 caller、contact_phone 或 caller_name");
            return Err(Problem::invalid(vec![fault]));
        }
    };
    tx.note("field", body.field.as_str());
    tx.note("reason", Scrubber::new(&ticket, Sight::Hidden).text(reason));
    // Nothing is changed but the audit log, and that is the point: what cannot be written down is not shown.
    tx.commit().await?;
    Ok(Json(Revealed {
        field: body.field,
        value: value.clone(),
    }))
}
