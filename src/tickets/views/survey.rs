//! The survey call of a ticket and what the citizen answered.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::tickets::rules::{self, projection::Survey};

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = Survey)]
pub struct SurveyView {
    /// scheduled, dialing, completed, unreachable, person, by_person
    pub state: String,
    pub next_at: Option<DateTime<Utc>>,
    pub attempts: Vec<AttemptView>,
    pub solved: Option<bool>,
    /// Whether the unit had contacted the citizen, as they say
    pub contacted: Option<bool>,
    /// 1 to 5, as pressed
    pub satisfaction: Option<u8>,
    pub remark: Option<RemarkView>,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = SurveyAttempt)]
pub struct AttemptView {
    pub at: DateTime<Utc>,
    pub result: String,
    pub call_id: Option<String>,
}

/// Where in the survey call's recording the citizen's own words are.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = Remark)]
pub struct RemarkView {
    pub call_id: String,
    pub from_ms: i64,
    pub to_ms: i64,
    pub text: Option<String>,
}

impl From<&Survey> for SurveyView {
    fn from(survey: &Survey) -> Self {
        let attempt = |attempt: &rules::SurveyAttempt| AttemptView {
            at: attempt.at,
            result: attempt.result.clone(),
            call_id: attempt.call_id.clone(),
        };
        let remark = survey.remark.as_ref().map(|remark| RemarkView {
            call_id: remark.call_id.clone(),
            from_ms: remark.from_ms,
            to_ms: remark.to_ms,
            text: remark.text.clone(),
        });
        Self {
            state: survey.state.clone(),
            next_at: survey.next_at,
            attempts: survey.attempts.iter().map(attempt).collect(),
            solved: survey.solved,
            contacted: survey.contacted,
            satisfaction: survey.satisfaction,
            remark,
        }
    }
}
