//! Units that have, or had, a ticket, and what they replied.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::CodeName;
use crate::tickets::rules::projection::{self, Assignment, AssignmentState, Part};

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = Assignment)]
pub struct AssignmentView {
    pub unit: CodeName,
    /// lead, co, sub
    pub part: &'static str,
    /// waiting, handling, leaving (asked to be let go), replied, returned, withdrawn
    pub state: &'static str,
    /// The unit that gave it, when it was not the hotline
    pub parent: Option<String>,
    pub note: String,
    /// The rule or precedent it rests on
    pub basis: String,
    /// Decided by a meeting: it cannot be returned
    pub binding: bool,
    pub dispatched_at: DateTime<Utc>,
    pub dispatched_by: String,
    pub signed_at: Option<DateTime<Utc>>,
    pub contacted_at: Option<DateTime<Utc>>,
    pub reply: Option<ReplyView>,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = Reply)]
pub struct ReplyView {
    /// solved, explained, planned, untrue, beyond
    pub outcome: String,
    pub text: String,
    pub public_text: String,
    pub basis: String,
    pub planned_for: Option<NaiveDate>,
    pub at: DateTime<Utc>,
    pub by: String,
}

impl From<&Assignment> for AssignmentView {
    fn from(given: &Assignment) -> Self {
        Self {
            unit: CodeName {
                code: given.unit_code.clone(),
                name: given.unit_name.clone(),
            },
            part: match given.part {
                Part::Lead => "lead",
                Part::Co => "co",
                Part::Sub => "sub",
            },
            state: match given.state {
                AssignmentState::Waiting => "waiting",
                AssignmentState::Handling => "handling",
                AssignmentState::Leaving => "leaving",
                AssignmentState::Replied => "replied",
                AssignmentState::Returned => "returned",
                AssignmentState::Withdrawn => "withdrawn",
            },
            parent: given.parent.clone(),
            note: given.note.clone(),
            basis: given.ground.clone(),
            binding: given.binding,
            dispatched_at: given.dispatched_at,
            dispatched_by: given.dispatched_by.clone(),
            signed_at: given.signed_at,
            contacted_at: given.contacted_at,
            reply: given.reply.as_ref().map(ReplyView::from),
        }
    }
}

impl From<&projection::Reply> for ReplyView {
    fn from(given: &projection::Reply) -> Self {
        let reply = given.reply.clone();
        Self {
            outcome: reply.outcome,
            text: reply.text,
            public_text: reply.public_text,
            basis: reply.basis,
            planned_for: reply.planned_for,
            at: given.at,
            by: given.by.clone(),
        }
    }
}
