//! Steps before and beside the unit: accepting, sending on, merging. Answering from an article is `http/answer.rs`: articles are another
//! slice's.

use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::super::{Command, rules::facts::Proposed};
use super::{Plain, action, perform};
use crate::{
    app::App,
    http::{Caller, Json, Path, Problem},
    tickets::TicketView,
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(accept))
        .routes(routes!(ask))
        .routes(routes!(supplement))
        .routes(routes!(reject))
        .routes(routes!(transfer))
        .routes(routes!(merge))
}

#[derive(Deserialize, ToSchema)]
struct AskBody {
    /// What the citizen is asked for
    missing: String,
    version: Option<i64>,
}

#[derive(Deserialize, ToSchema)]
struct NoteBody {
    note: String,
    version: Option<i64>,
}

#[derive(Deserialize, ToSchema)]
struct RejectBody {
    /// N1 to N8
    reason: String,
    /// Where the citizen may turn instead
    channel: String,
    version: Option<i64>,
}

#[derive(Deserialize, ToSchema)]
struct TransferBody {
    /// 110, 119, 120, 122, other
    to: String,
    note: String,
    version: Option<i64>,
}

#[derive(Deserialize, ToSchema)]
struct MergeBody {
    /// The open ticket of the same matter
    parent: String,
    ground: String,
    version: Option<i64>,
}

action!(
    accept,
    "/tickets/{number}/accept",
    "Accept (受理)",
    Plain,
    |_| Ok(Command::Accept)
);
action!(
    ask,
    "/tickets/{number}/ask",
    "Ask the citizen for what is missing (待补充)",
    AskBody,
    |body| Ok(Command::Ask {
        missing: body.missing
    })
);
action!(
    supplement,
    "/tickets/{number}/supplement",
    "What was missing is there (补充)",
    NoteBody,
    |body| Ok(Command::Supplement { note: body.note })
);
action!(
    reject,
    "/tickets/{number}/reject",
    "Propose not to accept it (不予受理); a second person decides",
    RejectBody,
    |body| Ok(Command::Propose(Proposed::Reject {
        reason: body.reason,
        channel: body.channel
    }))
);
action!(
    transfer,
    "/tickets/{number}/transfer",
    "Handed to an emergency service or elsewhere (转紧急或外部)",
    TransferBody,
    |body| Ok(Command::Transfer {
        to: body.to,
        note: body.note
    })
);
action!(
    merge,
    "/tickets/{number}/merge",
    "Merge into the open ticket of the same matter (并单)",
    MergeBody,
    |body| Ok(Command::Merge {
        parent: body.parent,
        ground: body.ground
    })
);
