//! Calls as JSON.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::calls::rules::{Call, Leg, MenuStep};
use crate::calls::{Direction, RecordingState};
use crate::clock::from_millis;

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = Call)]
pub struct CallView {
    /// 16 hexadecimal digits
    pub id: String,
    /// inbound, outbound
    pub direction: &'static str,
    /// hotline, survey, callback
    pub purpose: &'static str,
    /// dialing, menu, queued, ringing, talking, held, ended
    pub state: &'static str,
    /// The citizen's number; empty when withheld
    pub caller: String,
    pub caller_kind: String,
    pub caller_display: Option<String>,
    pub called: String,
    pub trunk: Option<String>,
    pub started_at: DateTime<Utc>,
    pub answered_at: Option<DateTime<Utc>>,
    pub ended_at: Option<DateTime<Utc>>,
    pub outcome: Option<String>,
    pub cause: Option<String>,
    /// citizen, office, system
    pub ended_by: Option<String>,
    pub menu: String,
    pub menu_path: Vec<MenuStepView>,
    pub queue: Option<String>,
    pub wait_ms: Option<i64>,
    pub talk_ms: Option<i64>,
    pub operator: Option<OperatorRef>,
    pub ticket_number: Option<String>,
    pub recording: Option<RecordingView>,
    /// none, pending, running, done, failed, no_model
    pub transcript_state: &'static str,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = MenuStep)]
pub struct MenuStepView {
    pub at: DateTime<Utc>,
    pub node: String,
    /// What the flow called the node then; null: nothing
    pub title: Option<String>,
    pub key: Option<String>,
}

impl From<&MenuStep> for MenuStepView {
    fn from(step: &MenuStep) -> Self {
        Self {
            at: from_millis(step.at),
            node: step.node.clone(),
            title: step.title.clone(),
            key: step.key.clone(),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct OperatorRef {
    pub username: String,
    pub display_name: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = Recording)]
pub struct RecordingView {
    /// recording, complete, failed
    pub state: &'static str,
    pub duration_ms: Option<i64>,
    /// So much of it is silence because it could not be written: the disk was full or too slow.
    pub missing_ms: i64,
    pub sha256: Option<String>,
}

/// A frame is 20 ms.
const FRAME_MS: i64 = 20;

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = Leg)]
pub struct LegView {
    /// citizen, operator, third, supervisor
    pub side: &'static str,
    pub party: String,
    pub started_at: DateTime<Utc>,
    pub answered_at: Option<DateTime<Utc>>,
    pub ended_at: DateTime<Utc>,
    pub cause: String,
    pub status: u16,
    #[schema(value_type = Object)]
    pub quality: serde_json::Value,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CallEvent {
    pub at: DateTime<Utc>,
    pub kind: String,
    #[schema(value_type = Object)]
    pub detail: serde_json::Value,
}

/// A call with everything that happened to it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CallDetail {
    #[serde(flatten)]
    pub call: CallView,
    pub legs: Vec<LegView>,
    pub events: Vec<CallEvent>,
}

impl CallView {
    /// The call without the citizen.
    pub fn closed(mut self) -> Self {
        self.caller.clear();
        self.caller_display = None;
        if self.direction == Direction::Outbound.as_str() {
            self.called.clear();
        }
        self.recording = None;
        self
    }
}

impl From<&Call> for CallView {
    fn from(call: &Call) -> Self {
        let operator = call.operator.clone().map(|username| OperatorRef {
            display_name: call.operator_name.clone().unwrap_or_else(|| username.clone()),
            username,
        });
        Self {
            id: call.id.clone(),
            direction: call.direction.as_str(),
            purpose: call.purpose.as_str(),
            state: call.state.as_str(),
            caller: call.caller.clone(),
            caller_kind: call.caller_kind.clone(),
            caller_display: call.caller_display.clone(),
            called: call.called.clone(),
            trunk: call.trunk.clone(),
            started_at: from_millis(call.started_at),
            answered_at: call.answered_at.map(from_millis),
            ended_at: call.ended_at.map(from_millis),
            outcome: call.outcome.clone(),
            cause: call.cause.clone(),
            ended_by: call.ended_by.clone(),
            menu: call.menu.clone(),
            menu_path: call.body.menu_path.iter().map(MenuStepView::from).collect(),
            queue: call.queue.clone(),
            wait_ms: call.wait_ms(),
            talk_ms: call.talk_ms(),
            operator,
            ticket_number: call.ticket_number.clone(),
            recording: recording(call),
            transcript_state: call.transcript_state.as_str(),
        }
    }
}

fn recording(call: &Call) -> Option<RecordingView> {
    (call.recording_state != RecordingState::None).then(|| RecordingView {
        state: call.recording_state.as_str(),
        duration_ms: call.recording_ms,
        missing_ms: call.frames_lost.unwrap_or(0).saturating_mul(FRAME_MS),
        sha256: call.recording_sha256.clone(),
    })
}

impl From<&Leg> for LegView {
    fn from(leg: &Leg) -> Self {
        Self {
            side: leg.side.as_str(),
            party: leg.party.clone(),
            started_at: from_millis(leg.started_at),
            answered_at: leg.answered_at.map(from_millis),
            ended_at: from_millis(leg.ended_at),
            cause: leg.cause.clone(),
            status: leg.status,
            quality: leg.quality.clone(),
        }
    }
}
