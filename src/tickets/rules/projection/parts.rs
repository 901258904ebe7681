//! The pieces of a ticket's body.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Event, Part};
use crate::calendar::limits::Limit;
use crate::tickets::rules::facts::{
    CallbackResult, Checklist, Contact, Decision, Meeting, Order, Proposed, ReplyText, Return, UnitName,
};

/// 自动派单 that is still to come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedDispatch {
    pub unit: UnitName,
    pub co_units: Vec<UnitName>,
    pub ground: String,
    pub dispatch_at: DateTime<Utc>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitSuggestion {
    pub unit_code: String,
    pub unit_name: String,
    pub reason: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    #[serde(flatten)]
    pub reply: ReplyText,
    pub at: DateTime<Utc>,
    pub by: String,
}

/// What waits for a second person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    #[serde(flatten)]
    pub proposed: Proposed,
    pub at: DateTime<Utc>,
    pub by: String,
}

impl Proposal {
    pub(super) fn new(proposed: &Proposed, event: &Event) -> Self {
        Self {
            proposed: proposed.clone(),
            at: event.at,
            by: event.actor.clone().unwrap_or_default(),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactEntry {
    #[serde(flatten)]
    pub contact: Contact,
    pub unit_code: String,
    pub by: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProgressNote {
    pub at: DateTime<Utc>,
    pub unit_code: String,
    pub text: String,
    pub by: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnRecord {
    #[serde(flatten)]
    pub request: Return,
    pub unit_code: String,
    /// As what the unit had it.
    #[serde(default)]
    pub part: Part,
    pub at: DateTime<Utc>,
    pub by: String,
    /// None while it is looked at.
    pub approved: Option<bool>,
    #[serde(default)]
    pub ground: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dispute {
    pub reason: String,
    pub at: DateTime<Utc>,
    pub meetings: Vec<Meeting>,
    pub decision: Option<Decision>,
}

/// An extension that was granted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Granted {
    pub limit: Limit,
    pub reason: String,
    pub at: DateTime<Utc>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suspension {
    pub cause: String,
    pub reason: String,
    pub resume_at: DateTime<Utc>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    pub from: DateTime<Utc>,
    pub to: Option<DateTime<Utc>>,
    /// 挂起; else the office, or the citizen, was waited for.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub suspended: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    pub passed: bool,
    pub checklist: Checklist,
    pub ground: String,
    pub at: DateTime<Utc>,
    pub by: String,
}

impl Review {
    pub(super) fn new(passed: bool, checklist: &Checklist, ground: &str, event: &Event) -> Self {
        Self {
            passed,
            checklist: checklist.clone(),
            ground: ground.to_owned(),
            at: event.at,
            by: event.actor.clone().unwrap_or_default(),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Supervision {
    pub level: u8,
    pub instruction: String,
    pub leader: String,
    #[serde(flatten)]
    pub order: Order,
    pub at: DateTime<Utc>,
    pub by: String,
    /// 销号
    pub discharged: Option<DateTime<Utc>>,
}

/// A callback by a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallbackEntry {
    #[serde(flatten)]
    pub result: CallbackResult,
    pub at: DateTime<Utc>,
    pub by: String,
}

impl CallbackEntry {
    pub(super) fn new(result: &CallbackResult, event: &Event) -> Self {
        Self {
            result: result.clone(),
            at: event.at,
            by: event.actor.clone().unwrap_or_default(),
        }
    }
}
