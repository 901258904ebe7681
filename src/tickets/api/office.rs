//! Steps of dispatchers, reviewers and supervisors.

use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::super::{
    Command,
    rules::facts::{CallbackResult, Checklist, Decision, Meeting, Order, Proposed, Verdict},
};
use super::{action, perform, unit};
use crate::{
    app::App,
    http::{Caller, FieldError, Json, Path, Problem},
    tickets::TicketView,
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(dispatch))
        .routes(routes!(hold))
        .routes(routes!(approve_return))
        .routes(routes!(reject_return))
        .routes(routes!(dispute))
        .routes(routes!(meet))
        .routes(routes!(decide))
        .routes(routes!(review))
        .routes(routes!(callback))
        .routes(routes!(judge))
        .routes(routes!(approve))
        .routes(routes!(refuse))
        .routes(routes!(supervise))
        .routes(routes!(discharge))
        .routes(routes!(reopen))
        .routes(routes!(void))
}

#[derive(Deserialize, ToSchema)]
struct DispatchBody {
    unit_code: String,
    /// 协办
    #[serde(default)]
    co_units: Vec<String>,
    #[serde(default)]
    note: String,
    /// The rule or precedent it rests on; otherwise that of the duty catalogue, or the note
    basis: Option<String>,
    version: Option<i64>,
}

#[derive(Default, Deserialize, ToSchema)]
struct GroundBody {
    #[serde(default)]
    ground: String,
    version: Option<i64>,
}

#[derive(Default, Deserialize, ToSchema)]
struct ReturnBody {
    #[serde(default)]
    ground: String,
    /// Of several units that asked to be let go, the one it is about; not said of the lead unit
    unit_code: Option<String>,
    version: Option<i64>,
}

#[derive(Deserialize, ToSchema)]
struct ReasonBody {
    reason: String,
    version: Option<i64>,
}

#[derive(Default, Deserialize, ToSchema)]
struct HoldBody {
    #[serde(default)]
    reason: String,
    version: Option<i64>,
}

#[derive(Deserialize, ToSchema)]
struct MeetBody {
    at: DateTime<Utc>,
    participants: Vec<String>,
    minutes: String,
    version: Option<i64>,
}

#[derive(Deserialize, ToSchema)]
struct DecideBody {
    unit_code: String,
    basis: String,
    decision: String,
    version: Option<i64>,
}

#[derive(Deserialize, ToSchema)]
struct ReviewBody {
    passed: bool,
    /// contact, process, basis, on_topic, original
    #[serde(default)]
    #[schema(value_type = Object)]
    checklist: Checklist,
    #[serde(default)]
    ground: String,
    version: Option<i64>,
}

#[derive(Deserialize, ToSchema)]
struct CallbackBody {
    reached: bool,
    /// Whether the unit had contacted the citizen, as they say
    contacted: Option<bool>,
    solved: Option<bool>,
    /// 1 to 5
    satisfaction: Option<u8>,
    #[serde(default)]
    note: String,
    version: Option<i64>,
}

#[derive(Deserialize, ToSchema)]
struct JudgeBody {
    /// redo, again, close, supervise
    verdict: String,
    ground: String,
    /// Why it does not count for the score
    exclude: Option<String>,
    /// 1 to 5, of a supervision
    level: Option<u8>,
    version: Option<i64>,
}

#[derive(Deserialize, ToSchema)]
struct SuperviseBody {
    /// 1 热线 2 媒体 3 政务 4 人大政协 5 纪委
    level: u8,
    instruction: String,
    /// Who instructed it (批示)
    #[serde(default)]
    leader: String,
    /// 督办事由
    #[serde(default)]
    reason: String,
    /// card 督办卡, sheet 督办单; by the level when it is not said
    #[serde(default)]
    form: String,
    /// When the leader wrote it
    instructed_at: Option<DateTime<Utc>>,
    version: Option<i64>,
}

#[derive(Deserialize, ToSchema)]
struct ReopenBody {
    reason: String,
    /// The ticket in which the citizen said it again
    repeat: Option<String>,
    version: Option<i64>,
}

fn verdict(text: &str) -> Result<Verdict, Problem> {
    match text {
        "redo" => Ok(Verdict::Redo),
        "again" => Ok(Verdict::Again),
        "close" => Ok(Verdict::Close),
        "supervise" => Ok(Verdict::Supervise),
        _ => Err(Problem::invalid(vec![FieldError::new(
            "verdict",
            "应为 redo、again、close 或 supervise",
        )])),
    }
}

action!(
    dispatch,
    "/tickets/{number}/dispatch",
    "Dispatch to a lead unit and those that help it (派单)",
    DispatchBody,
    |body| {
        Ok(Command::Dispatch {
            unit: unit(body.unit_code),
            co_units: body.co_units.into_iter().map(unit).collect(),
            note: body.note,
            ground: body.basis,
        })
    }
);
action!(
    hold,
    "/tickets/{number}/hold",
    "Not to be dispatched by itself after all (暂不自动派单)",
    HoldBody,
    |body| { Ok(Command::Hold { reason: body.reason }) }
);
action!(
    approve_return,
    "/tickets/{number}/approve_return",
    "A return is justified (退回成立)",
    ReturnBody,
    |body| {
        Ok(Command::ApproveReturn {
            ground: body.ground,
            unit_code: body.unit_code,
        })
    }
);
action!(
    reject_return,
    "/tickets/{number}/reject_return",
    "A return is not justified (不当退回)",
    ReturnBody,
    |body| {
        Ok(Command::RejectReturn {
            ground: body.ground,
            unit_code: body.unit_code,
        })
    }
);
action!(
    dispute,
    "/tickets/{number}/dispute",
    "To a coordination meeting (争议协调)",
    ReasonBody,
    |body| { Ok(Command::Dispute { reason: body.reason }) }
);
action!(
    meet,
    "/tickets/{number}/meet",
    "Minutes of the coordination meeting (协调会)",
    MeetBody,
    |body| {
        Ok(Command::Meet(Meeting {
            at: body.at,
            participants: body.participants,
            minutes: body.minutes,
        }))
    }
);
action!(
    decide,
    "/tickets/{number}/decide",
    "The binding decision (裁定); it becomes a precedent",
    DecideBody,
    |body| {
        Ok(Command::Decide(Decision {
            unit: unit(body.unit_code),
            basis: body.basis,
            decision: body.decision,
        }))
    }
);
action!(
    review,
    "/tickets/{number}/review",
    "Pass or fail a reply (审核)",
    ReviewBody,
    |body| {
        Ok(Command::Review {
            passed: body.passed,
            checklist: body.checklist,
            ground: body.ground,
        })
    }
);
action!(
    callback,
    "/tickets/{number}/callback",
    "The result of a callback by a person (回访)",
    CallbackBody,
    |body| {
        Ok(Command::Callback(CallbackResult {
            reached: body.reached,
            contacted: body.contacted,
            solved: body.solved,
            satisfaction: body.satisfaction,
            note: body.note,
        }))
    }
);
action!(
    judge,
    "/tickets/{number}/judge",
    "Judge what the citizen was not satisfied with (评判)",
    JudgeBody,
    |body| {
        Ok(Command::Judge {
            verdict: verdict(&body.verdict)?,
            ground: body.ground,
            exclude: body.exclude,
            level: body.level,
        })
    }
);
action!(
    approve,
    "/tickets/{number}/approve",
    "Agree to what another person proposed (批准)",
    GroundBody,
    |body| { Ok(Command::Approve { ground: body.ground }) }
);
action!(
    refuse,
    "/tickets/{number}/refuse",
    "Turn down what another person proposed (驳回)",
    GroundBody,
    |body| { Ok(Command::Refuse { ground: body.ground }) }
);
action!(
    supervise,
    "/tickets/{number}/supervise",
    "Open or raise a supervision (督办)",
    SuperviseBody,
    |body| {
        Ok(Command::Supervise {
            level: body.level,
            instruction: body.instruction,
            leader: body.leader,
            order: Order {
                form: body.form,
                reason: body.reason,
                instructed_at: body.instructed_at,
            },
        })
    }
);
action!(
    discharge,
    "/tickets/{number}/discharge",
    "Take a supervision off the ledger (销号)",
    GroundBody,
    |body| { Ok(Command::Discharge { ground: body.ground }) }
);
action!(
    reopen,
    "/tickets/{number}/reopen",
    "Have it handled again (重新交办)",
    ReopenBody,
    |body| {
        Ok(Command::Reopen {
            reason: body.reason,
            repeat: body.repeat,
        })
    }
);
action!(
    void,
    "/tickets/{number}/void",
    "Propose to void it (作废); a second person decides",
    ReasonBody,
    |body| { Ok(Command::Propose(Proposed::Void { reason: body.reason })) }
);
