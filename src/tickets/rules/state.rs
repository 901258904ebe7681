//! The nineteen states of a ticket.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// 草稿 (D): opened by a call, nobody has vouched for it yet.
    #[default]
    Draft,
    /// 待受理 (A0)
    Pending,
    /// 待补充 (A1): the citizen was asked for what is missing.
    Supplement,
    /// 待派单 (P)
    Accepted,
    /// 直办 (Z): the hotline answers it itself.
    Direct,
    /// 待签收 (W)
    Dispatched,
    /// 办理中 (H)
    Handling,
    /// 退回审核 (R)
    Returned,
    /// 争议协调 (X)
    Disputed,
    /// 待审核 (V)
    Replied,
    /// 待回访 (C)
    Callback,
    /// 待评判 (J)
    Judging,
    /// 重办 (H2)
    Redo,
    /// 挂起 (S)
    Suspended,
    /// 办结 (E)
    Closed,
    /// 归档 (F)
    Filed,
    /// 不予受理 (N)
    Rejected,
    /// 已转紧急/外部 (T)
    Transferred,
    /// 作废/并单 (M)
    Void,
}

/// Who has to do the next step; a ticket without one is lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// The operators: a draft, something to accept or to answer.
    Desk,
    Dispatchers,
    /// Whoever may review: dispatchers and supervisors.
    Reviewers,
    Supervisors,
    /// The citizen was asked, or is being called.
    Citizen,
    Unit(String),
    /// Nothing is left to do.
    Archive,
}

impl State {
    pub const ALL: [Self; 19] = [
        Self::Draft,
        Self::Pending,
        Self::Supplement,
        Self::Accepted,
        Self::Direct,
        Self::Dispatched,
        Self::Handling,
        Self::Returned,
        Self::Disputed,
        Self::Replied,
        Self::Callback,
        Self::Judging,
        Self::Redo,
        Self::Suspended,
        Self::Closed,
        Self::Filed,
        Self::Rejected,
        Self::Transferred,
        Self::Void,
    ];

    pub fn as_str(self) -> &'static str {
        self.words().0
    }

    pub fn title(self) -> &'static str {
        self.words().1
    }

    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Draft => ("draft", "草稿"),
            Self::Pending => ("pending", "待受理"),
            Self::Supplement => ("supplement", "待补充"),
            Self::Accepted => ("accepted", "待派单"),
            Self::Direct => ("direct", "直办"),
            Self::Dispatched => ("dispatched", "待签收"),
            Self::Handling => ("handling", "办理中"),
            Self::Returned => ("returned", "退回审核"),
            Self::Disputed => ("disputed", "争议协调"),
            Self::Replied => ("replied", "待审核"),
            Self::Callback => ("callback", "待回访"),
            Self::Judging => ("judging", "待评判"),
            Self::Redo => ("redo", "重办"),
            Self::Suspended => ("suspended", "挂起"),
            Self::Closed => ("closed", "办结"),
            Self::Filed => ("filed", "归档"),
            Self::Rejected => ("rejected", "不予受理"),
            Self::Transferred => ("transferred", "已转紧急或外部"),
            Self::Void => ("void", "作废或并单"),
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    /// Something is still to be done.
    pub fn is_open(self) -> bool {
        !matches!(
            self,
            Self::Closed | Self::Filed | Self::Rejected | Self::Transferred | Self::Void
        )
    }

    /// Units have the next step.
    pub fn is_with_units(self) -> bool {
        matches!(
            self,
            Self::Dispatched | Self::Handling | Self::Redo | Self::Suspended
        )
    }

    /// A unit has it, or had it and the office looks at what it did.
    pub fn has_lead(self) -> bool {
        matches!(
            self,
            Self::Dispatched
                | Self::Handling
                | Self::Returned
                | Self::Replied
                | Self::Callback
                | Self::Judging
                | Self::Redo
                | Self::Suspended
        )
    }
}
