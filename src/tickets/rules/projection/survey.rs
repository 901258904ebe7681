//! The automatic callback on the ticket.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::Ticket;
use crate::tickets::rules::{
    events::{Remark, What},
    facts::CallbackResult,
};

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Survey {
    /// scheduled, dialing, completed, unreachable, person, by_person
    pub state: String,
    pub next_at: Option<DateTime<Utc>>,
    pub attempts: Vec<SurveyAttempt>,
    /// Why a person is to call.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    #[serde(default)]
    pub contacted: Option<bool>,
    pub solved: Option<bool>,
    pub satisfaction: Option<u8>,
    pub remark: Option<Remark>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SurveyAttempt {
    pub at: DateTime<Utc>,
    pub result: String,
    pub call_id: Option<String>,
}

impl Survey {
    pub(super) fn scheduled() -> Self {
        Self {
            state: "scheduled".into(),
            ..Self::default()
        }
    }

    /// What the citizen told a person takes the place of the call that is no longer due. What the machine heard stays as it was said.
    pub(super) fn answer_to_a_person(&mut self, result: &CallbackResult) {
        if !result.reached || self.state == "completed" {
            return;
        }
        self.state = "by_person".into();
        self.next_at = None;
        self.contacted = result.contacted;
        self.solved = result.solved;
        self.satisfaction = result.satisfaction;
    }
}

impl Ticket {
    pub(super) fn apply_survey(&mut self, what: &What) {
        let survey = self.body.survey.get_or_insert_with(Survey::default);
        match what {
            What::SurveyScheduled { next_at } => {
                survey.state = "scheduled".into();
                survey.next_at = Some(*next_at);
            }
            What::SurveyDialed => {
                survey.state = "dialing".into();
                survey.next_at = None;
            }
            What::SurveyAttempted {
                dialed_at,
                result,
                call_id,
            } => survey.attempts.push(SurveyAttempt {
                at: *dialed_at,
                result: result.clone(),
                call_id: call_id.clone(),
            }),
            What::SurveyCompleted {
                contacted,
                solved,
                satisfaction,
                remark,
            } => {
                survey.state = "completed".into();
                survey.next_at = None;
                survey.contacted = *contacted;
                survey.solved = *solved;
                survey.satisfaction = *satisfaction;
                survey.remark = remark.clone();
            }
            What::SurveyUnreachable => {
                survey.state = "unreachable".into();
                survey.next_at = None;
            }
            What::SurveyHandedOver { reason } => {
                survey.state = "person".into();
                survey.reason.clone_from(reason);
                survey.next_at = None;
            }
            What::RemarkTranscribed { text } => {
                if let Some(remark) = &mut survey.remark {
                    remark.text = Some(text.clone());
                }
            }
            _ => {}
        }
    }
}
