//! The facts a ticket is made of. Appended, never changed; a new field needs a serde default so that old rows still read.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::Source;
use super::extract::Suggestion;
use super::facts::{
    CallbackResult, Checklist, Citation, Contact, Decision, Meeting, Order, Proposed, ReplyText, Return,
    UnitName, Verdict,
};
use super::fill::Fill;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    pub at: DateTime<Utc>,
    /// Username; none for the hotline's own machinery.
    pub actor: Option<String>,
    #[serde(flatten)]
    pub what: What,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "detail", rename_all = "snake_case")]
pub enum What {
    Opened {
        source: Source,
        caller: String,
        call_id: Option<String>,
    },
    /// An operator took the call.
    Taken {
        operator: String,
        operator_name: String,
    },
    /// The call is over and all it brought is on the ticket.
    CallEnded {
        call_id: String,
        outcome: String,
    },
    Filled(Fill),
    Suggested(Box<Suggestion>),
    UnitSuggested {
        unit_code: String,
        unit_name: String,
        reason: String,
    },
    Accepted,
    Asked {
        missing: String,
    },
    Supplemented {
        note: String,
    },
    Directed {
        article: Option<Citation>,
    },
    Proposed(Proposed),
    /// A second person agreed; what follows from it is its own event.
    Approved {
        ground: String,
    },
    Refused {
        ground: String,
    },
    Rejected {
        reason: String,
        channel: String,
    },
    Transferred {
        to: String,
        note: String,
    },
    Merged {
        parent: String,
        ground: String,
    },
    Joined {
        child: String,
    },
    Dispatched {
        unit_code: String,
        unit_name: String,
        note: String,
        #[serde(default)]
        co_units: Vec<UnitName>,
        /// The rule or precedent it rests on.
        #[serde(default)]
        ground: String,
    },
    /// 自动派单: by the county's rule it goes to this unit then, unless a person decides before.
    DispatchPlanned {
        unit_code: String,
        unit_name: String,
        co_units: Vec<UnitName>,
        ground: String,
        dispatch_at: DateTime<Utc>,
    },
    /// It is not sent out by itself after all: a person wants to see to it, or the rule holds no longer.
    DispatchHeld {
        reason: String,
    },
    Signed {
        unit_code: String,
    },
    Contacted {
        unit_code: String,
        #[serde(flatten)]
        contact: Contact,
    },
    Progressed {
        unit_code: String,
        text: String,
    },
    SubDispatched {
        parent_code: String,
        unit_code: String,
        unit_name: String,
        note: String,
    },
    Returned {
        unit_code: String,
        #[serde(flatten)]
        request: Return,
        /// One that helps leaves when somebody agrees; before that was so, it left with its word.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        reviewed: bool,
    },
    /// Of the lead unit, where no other is named.
    ReturnApproved {
        ground: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unit_code: Option<String>,
    },
    ReturnRejected {
        ground: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unit_code: Option<String>,
    },
    Disputed {
        reason: String,
    },
    MeetingHeld(Meeting),
    Decided(Decision),
    Extended {
        limit: crate::calendar::limits::Limit,
        reason: String,
    },
    Suspended {
        cause: String,
        reason: String,
        resume_at: DateTime<Utc>,
    },
    Resumed {
        note: String,
    },
    Replied {
        unit_code: String,
        #[serde(flatten)]
        reply: ReplyText,
    },
    /// The reply did not pass.
    ReviewFailed {
        checklist: Checklist,
        ground: String,
    },
    /// The reply was accepted; the citizen is asked now.
    CallbackDue {
        note: String,
        #[serde(default)]
        checklist: Checklist,
    },
    CalledBack(CallbackResult),
    /// 未解决 or 不满意: to be judged.
    Dissatisfied {
        reason: String,
    },
    Judged {
        verdict: Verdict,
        ground: String,
    },
    Supervised {
        level: u8,
        instruction: String,
        leader: String,
        #[serde(flatten)]
        order: Order,
    },
    /// A calendar that came late; the old date stays on record.
    DueMoved {
        old_at: DateTime<Utc>,
        new_at: DateTime<Utc>,
    },
    /// 销号
    Discharged {
        ground: String,
    },
    /// 保密: from here on only the named see the citizen.
    Protected {
        reason: String,
        named: std::collections::BTreeSet<String>,
    },
    Unprotected {
        reason: String,
    },
    /// 办结: by a person with a note, or after the survey.
    Closed {
        note: String,
        /// Why it does not count for the score.
        #[serde(default)]
        excluded: Option<String>,
    },
    Reopened {
        reason: String,
        /// The ticket in which the citizen said it again.
        #[serde(default)]
        repeat: Option<String>,
    },
    /// Files that came with the step before.
    Attached {
        step: String,
        files: Vec<AttachedFile>,
    },
    Filed,
    Voided {
        reason: String,
    },
    /// An emergency service was in the call: who heard whom when.
    EmergencyLogged {
        call_id: String,
        party: String,
        log: String,
    },
    SurveyScheduled {
        next_at: DateTime<Utc>,
    },
    SurveyDialed,
    SurveyAttempted {
        dialed_at: DateTime<Utc>,
        result: String,
        call_id: Option<String>,
    },
    SurveyCompleted {
        /// Whether the unit had contacted the citizen.
        #[serde(default)]
        contacted: Option<bool>,
        solved: Option<bool>,
        satisfaction: Option<u8>,
        remark: Option<Remark>,
    },
    SurveyUnreachable,
    /// The machine calls no more: a person does.
    SurveyHandedOver {
        reason: String,
    },
    RemarkTranscribed {
        text: String,
    },
}

/// A file by what is shown of it; its bytes are the attachments' matter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttachedFile {
    pub id: String,
    pub name: String,
    pub mime: String,
    pub bytes: i64,
}

/// Where in the survey call's recording the citizen's own words are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remark {
    pub call_id: String,
    pub from_ms: i64,
    pub to_ms: i64,
    #[serde(default)]
    pub text: Option<String>,
}

impl What {
    /// Kind and detail as they are stored in a row.
    pub fn to_parts(&self) -> Result<(String, serde_json::Value), serde_json::Error> {
        let mut value = serde_json::to_value(self)?;
        let detail = value
            .get_mut("detail")
            .map(serde_json::Value::take)
            .unwrap_or_default();
        let kind = value
            .get("kind")
            .and_then(|kind| kind.as_str())
            .unwrap_or_default()
            .to_owned();
        Ok((kind, detail))
    }

    pub fn from_parts(kind: &str, detail: serde_json::Value) -> Result<Self, serde_json::Error> {
        let mut value = serde_json::json!({ "kind": kind });
        if !detail.is_null() {
            value["detail"] = detail;
        }
        serde_json::from_value(value)
    }

    /// What the office thought of doing, and why it did not.
    pub fn is_of_the_office(&self) -> bool {
        matches!(self, Self::DispatchPlanned { .. } | Self::DispatchHeld { .. })
    }

    /// What a person did changes the version that others must know; what the hotline adds by itself does not.
    pub fn is_by_person(&self) -> bool {
        !matches!(
            self,
            Self::Opened { .. }
                | Self::Taken { .. }
                | Self::CallEnded { .. }
                | Self::Suggested(_)
                | Self::UnitSuggested { .. }
                | Self::DispatchPlanned { .. }
                | Self::Joined { .. }
                | Self::DueMoved { .. }
                | Self::EmergencyLogged { .. }
                | Self::SurveyScheduled { .. }
                | Self::SurveyDialed
                | Self::SurveyAttempted { .. }
                | Self::SurveyCompleted { .. }
                | Self::SurveyUnreachable
                | Self::SurveyHandedOver { .. }
                | Self::RemarkTranscribed { .. }
        )
    }
}
