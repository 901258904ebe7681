//! Steps of the handling unit.

use axum::extract::State;
use chrono::{DateTime, NaiveDate, Utc};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::super::{
    Command,
    rules::facts::{Contact, Proposed, ReplyText, Return},
};
use super::{Plain, Step, action, perform, unit};
use crate::{
    app::App,
    http::{Caller, FieldError, Json, Path, Problem},
    tickets::TicketView,
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(sign))
        .routes(routes!(contact))
        .routes(routes!(progress))
        .routes(routes!(subdispatch))
        .routes(routes!(return_ticket))
        .routes(routes!(extend))
        .routes(routes!(suspend))
        .routes(routes!(resume))
        .routes(routes!(reply))
}

#[derive(Deserialize, ToSchema)]
struct ContactFields {
    at: DateTime<Utc>,
    /// The number that was used
    number: String,
    /// reached, no_answer, refused, wrong_number
    result: String,
    #[serde(default)]
    note: String,
}

impl From<ContactFields> for Contact {
    fn from(fields: ContactFields) -> Self {
        let ContactFields {
            at,
            number,
            result,
            note,
        } = fields;
        Self {
            at,
            number,
            result,
            note,
        }
    }
}

#[derive(Deserialize, ToSchema)]
struct ContactBody {
    #[serde(flatten)]
    contact: ContactFields,
    /// Ids of what was uploaded for it
    #[serde(default)]
    attachments: Vec<String>,
    version: Option<i64>,
}

#[derive(Deserialize, ToSchema)]
struct ProgressBody {
    /// What the citizen may read
    text: String,
    /// Ids of what was uploaded for it
    #[serde(default)]
    attachments: Vec<String>,
    version: Option<i64>,
}

#[derive(Deserialize, ToSchema)]
struct SubDispatchBody {
    /// A unit below one's own
    unit_code: String,
    #[serde(default)]
    note: String,
    version: Option<i64>,
}

#[derive(Deserialize, ToSchema)]
struct ReturnBody {
    reason: String,
    basis: String,
    /// Code of the unit that should have it
    suggested_unit: String,
    /// Ids of what was uploaded for it
    #[serde(default)]
    attachments: Vec<String>,
    version: Option<i64>,
}

#[derive(Deserialize, ToSchema)]
struct ExtendBody {
    /// 3wd, 24h
    limit: String,
    reason: String,
    /// Ids of what was uploaded for it
    #[serde(default)]
    attachments: Vec<String>,
    version: Option<i64>,
}

#[derive(Deserialize, ToSchema)]
struct SuspendBody {
    /// legal, season, plan
    cause: String,
    reason: String,
    resume_at: DateTime<Utc>,
    /// Ids of what was uploaded for it
    #[serde(default)]
    attachments: Vec<String>,
    version: Option<i64>,
}

#[derive(Default, Deserialize, ToSchema)]
struct ResumeBody {
    #[serde(default)]
    note: String,
    version: Option<i64>,
}

#[derive(Deserialize, ToSchema)]
struct ReplyBody {
    /// solved, explained, planned, untrue, beyond
    outcome: String,
    /// Process and result, for the office
    text: String,
    /// What the citizen may read
    #[serde(default)]
    public_text: String,
    /// Policy basis
    #[serde(default)]
    basis: String,
    /// The date of a plan
    planned_for: Option<NaiveDate>,
    /// How the citizen was contacted, when that is not on the ticket yet
    contact: Option<ContactFields>,
    /// Ids of what was uploaded for it
    #[serde(default)]
    attachments: Vec<String>,
    version: Option<i64>,
}

fn extension(body: ExtendBody) -> Result<Step, Problem> {
    let limit = body.limit.parse();
    let limit = limit.map_err(|error: crate::calendar::limits::LimitError| {
        Problem::invalid(vec![FieldError::new("limit", error.to_string())])
    })?;
    Ok(Step {
        command: Command::Propose(Proposed::Extend {
            limit,
            reason: body.reason,
        }),
        files: body.attachments,
    })
}

fn answer(body: ReplyBody) -> Step {
    let command = Command::Reply {
        reply: ReplyText {
            outcome: body.outcome,
            text: body.text,
            public_text: body.public_text,
            basis: body.basis,
            planned_for: body.planned_for,
        },
        contact: body.contact.map(Contact::from),
    };
    Step {
        command,
        files: body.attachments,
    }
}

action!(
    sign,
    "/tickets/{number}/sign",
    "Sign for it (签收)",
    Plain,
    |_| Ok(Command::Sign)
);
action!(
    contact,
    "/tickets/{number}/contact",
    "The citizen was contacted (联系记录)",
    ContactBody,
    |body| {
        Ok(Step {
            command: Command::Contact(body.contact.into()),
            files: body.attachments,
        })
    }
);
action!(
    progress,
    "/tickets/{number}/progress",
    "Tell the citizen how it stands (阶段进展)",
    ProgressBody,
    |body| {
        Ok(Step {
            command: Command::Progress { text: body.text },
            files: body.attachments,
        })
    }
);
action!(
    subdispatch,
    "/tickets/{number}/subdispatch",
    "Give it to a unit below (下派)",
    SubDispatchBody,
    |body| {
        Ok(Command::SubDispatch {
            unit: unit(body.unit_code),
            note: body.note,
        })
    }
);
action!(
    return_ticket,
    "/tickets/{number}/return",
    "Return it with reason, basis and the unit that should have it (退回)",
    ReturnBody,
    |body| {
        Ok(Step {
            command: Command::Return(Return {
                reason: body.reason,
                basis: body.basis,
                suggested: Some(unit(body.suggested_unit)),
            }),
            files: body.attachments,
        })
    }
);
action!(
    extend,
    "/tickets/{number}/extend",
    "Ask for more time (申请延期)",
    ExtendBody,
    extension
);
action!(
    suspend,
    "/tickets/{number}/suspend",
    "Ask to let it rest until a date (申请挂起)",
    SuspendBody,
    |body| {
        Ok(Step {
            command: Command::Propose(Proposed::Suspend {
                cause: body.cause,
                reason: body.reason,
                resume_at: body.resume_at,
            }),
            files: body.attachments,
        })
    }
);
action!(
    resume,
    "/tickets/{number}/resume",
    "Go on with it (恢复办理)",
    ResumeBody,
    |body| { Ok(Command::Resume { note: body.note }) }
);
action!(
    reply,
    "/tickets/{number}/reply",
    "Reply for the unit (答复)",
    ReplyBody,
    |body| Ok(answer(body))
);
