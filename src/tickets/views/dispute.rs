//! Returns, and the dispute that they may end in.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::CodeName;
use crate::tickets::rules::{
    facts::{Decision, Meeting},
    projection,
};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Return)]
pub struct ReturnView {
    pub unit_code: String,
    pub reason: String,
    pub basis: String,
    pub suggested: Option<CodeName>,
    pub at: DateTime<Utc>,
    pub by: String,
    /// null while it is looked at
    pub approved: Option<bool>,
    pub ground: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Dispute)]
pub struct DisputeView {
    pub reason: String,
    pub at: DateTime<Utc>,
    pub meetings: Vec<MeetingView>,
    pub decision: Option<DecisionView>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Meeting)]
pub struct MeetingView {
    pub at: DateTime<Utc>,
    pub participants: Vec<String>,
    pub minutes: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Decision)]
pub struct DecisionView {
    pub unit: CodeName,
    pub basis: String,
    pub decision: String,
}

impl From<&projection::ReturnRecord> for ReturnView {
    fn from(record: &projection::ReturnRecord) -> Self {
        Self {
            unit_code: record.unit_code.clone(),
            reason: record.request.reason.clone(),
            basis: record.request.basis.clone(),
            suggested: record.request.suggested.as_ref().map(CodeName::from),
            at: record.at,
            by: record.by.clone(),
            approved: record.approved,
            ground: record.ground.clone(),
        }
    }
}

impl From<&projection::Dispute> for DisputeView {
    fn from(dispute: &projection::Dispute) -> Self {
        let meeting = |meeting: &Meeting| MeetingView {
            at: meeting.at,
            participants: meeting.participants.clone(),
            minutes: meeting.minutes.clone(),
        };
        let decision = |decision: &Decision| DecisionView {
            unit: CodeName::from(&decision.unit),
            basis: decision.basis.clone(),
            decision: decision.decision.clone(),
        };
        Self {
            reason: dispute.reason.clone(),
            at: dispute.at,
            meetings: dispute.meetings.iter().map(meeting).collect(),
            decision: dispute.decision.as_ref().map(decision),
        }
    }
}
