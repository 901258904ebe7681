//! Everything that can be asked of a ticket.

use chrono::{DateTime, Utc};

use super::events::Remark;
use super::extract::Suggestion;
use super::facts::{
    CallbackResult, Checklist, Citation, Contact, Decision, Meeting, Order, Proposed, ReplyText, Return,
    UnitName, Verdict,
};
use super::fill::Fill;

#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    Fill(Fill),
    Accept,
    /// 待补充: what the citizen is asked for.
    Ask {
        missing: String,
    },
    Supplement {
        note: String,
    },
    /// 直办; the article of the knowledge base that answers it.
    Direct {
        article: Option<Citation>,
    },
    Propose(Proposed),
    Approve {
        ground: String,
    },
    Refuse {
        ground: String,
    },
    Transfer {
        to: String,
        note: String,
    },
    Merge {
        parent: String,
        ground: String,
    },
    Dispatch {
        unit: UnitName,
        co_units: Vec<UnitName>,
        note: String,
        ground: Option<String>,
    },
    /// 暂不自动派单
    Hold {
        reason: String,
    },
    Sign,
    Contact(Contact),
    Progress {
        text: String,
    },
    SubDispatch {
        unit: UnitName,
        note: String,
    },
    Return(Return),
    /// Of the lead unit, or of the one that helps and is named; without a name of the only one that waits.
    ApproveReturn {
        ground: String,
        unit_code: Option<String>,
    },
    RejectReturn {
        ground: String,
        unit_code: Option<String>,
    },
    Dispute {
        reason: String,
    },
    Meet(Meeting),
    Decide(Decision),
    Resume {
        note: String,
    },
    Reply {
        reply: ReplyText,
        contact: Option<Contact>,
    },
    Review {
        passed: bool,
        checklist: Checklist,
        ground: String,
    },
    Callback(CallbackResult),
    Judge {
        verdict: Verdict,
        ground: String,
        exclude: Option<String>,
        level: Option<u8>,
    },
    Supervise {
        level: u8,
        instruction: String,
        leader: String,
        order: Order,
    },
    Discharge {
        ground: String,
    },
    /// 保密, or other readers than before.
    Protect {
        reason: String,
        named: std::collections::BTreeSet<String>,
    },
    Unprotect {
        reason: String,
    },
    Close {
        note: String,
        article: Option<Citation>,
    },
    Reopen {
        reason: String,
        repeat: Option<String>,
    },
    /// From here on only the hotline itself.
    Take {
        operator: String,
        operator_name: String,
    },
    LogEmergency {
        call_id: String,
        party: String,
        log: String,
    },
    EndCall {
        call_id: String,
        outcome: String,
    },
    Suggest(Box<Suggestion>),
    SuggestUnit {
        unit_code: String,
        unit_name: String,
        reason: String,
    },
    /// By the county's rule it goes to `unit` at that time.
    PlanDispatch {
        unit: UnitName,
        co_units: Vec<UnitName>,
        ground: String,
        dispatch_at: DateTime<Utc>,
    },
    /// The rule holds no longer.
    DropPlan {
        reason: String,
    },
    DispatchAsPlanned,
    /// Another ticket of the same matter was merged into this one.
    Join {
        child: String,
    },
    /// The calendar or the profile changed, and with it a due date.
    MoveDue {
        old_at: DateTime<Utc>,
        new_at: DateTime<Utc>,
    },
    /// The day of resuming has come.
    Wake,
    File,
    ScheduleSurvey {
        next_at: DateTime<Utc>,
    },
    DialSurvey,
    RecordAttempt {
        dialed_at: DateTime<Utc>,
        result: String,
        call_id: Option<String>,
    },
    CompleteSurvey {
        contacted: Option<bool>,
        solved: Option<bool>,
        satisfaction: Option<u8>,
        remark: Option<Remark>,
        satisfied: bool,
    },
    GiveUpSurvey,
    /// To a person's list: the machine got no answer, or may not call.
    HandOverSurvey {
        reason: String,
    },
    TranscribeRemark {
        text: String,
    },
}

impl Command {
    /// The verb of a person's command; none for what only the hotline does.
    pub fn verb(&self) -> Option<&'static str> {
        Some(match self {
            Self::Fill(_) => "fill",
            Self::Accept => "accept",
            Self::Ask { .. } => "ask",
            Self::Supplement { .. } => "supplement",
            Self::Direct { .. } => "direct",
            Self::Propose(Proposed::Reject { .. }) => "reject",
            Self::Propose(Proposed::Close { .. }) => "judge",
            Self::Propose(Proposed::Void { .. }) => "void",
            Self::Propose(Proposed::Extend { .. }) => "extend",
            Self::Propose(Proposed::Suspend { .. }) => "suspend",
            Self::Approve { .. } => "approve",
            Self::Refuse { .. } => "refuse",
            Self::Transfer { .. } => "transfer",
            Self::Merge { .. } => "merge",
            Self::Dispatch { .. } => "dispatch",
            Self::Hold { .. } => "hold",
            Self::Sign => "sign",
            Self::Contact(_) => "contact",
            Self::Progress { .. } => "progress",
            Self::SubDispatch { .. } => "subdispatch",
            Self::Return(_) => "return",
            Self::ApproveReturn { .. } => "approve_return",
            Self::RejectReturn { .. } => "reject_return",
            Self::Dispute { .. } => "dispute",
            Self::Meet(_) => "meet",
            Self::Decide(_) => "decide",
            Self::Resume { .. } => "resume",
            Self::Reply { .. } => "reply",
            Self::Review { .. } => "review",
            Self::Callback(_) => "callback",
            Self::Judge { .. } => "judge",
            Self::Supervise { .. } => "supervise",
            Self::Discharge { .. } => "discharge",
            Self::Protect { .. } => "protect",
            Self::Unprotect { .. } => "unprotect",
            Self::Close { .. } => "close",
            Self::Reopen { .. } => "reopen",
            _ => return None,
        })
    }
}
