//! What may happen to a ticket (工单) and who may do it. Pure: no SQL, no clock; the state is a projection of events.

pub mod caller;
pub mod decide;
pub mod events;
pub mod extract;
pub mod number;
pub mod projection;
pub mod search;

pub use decide::{Command, Fill, Refusal, actions, decide, may_see};
pub use events::{Event, What};
pub use projection::{Assignment, Reply, Survey, SurveyAttempt, Ticket, rebuild};

use serde::{Deserialize, Serialize};

use crate::accounts::Role;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// 草稿: opened by a call, nobody has vouched for it yet.
    #[default]
    Draft,
    /// 已受理
    Accepted,
    /// 已派单
    Dispatched,
    /// 已答复
    Replied,
    /// 待回访
    Callback,
    /// 已办结
    Closed,
    /// 重新交办
    Reopened,
}

impl State {
    pub const ALL: [Self; 7] = [
        Self::Draft,
        Self::Accepted,
        Self::Dispatched,
        Self::Replied,
        Self::Callback,
        Self::Closed,
        Self::Reopened,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Accepted => "accepted",
            Self::Dispatched => "dispatched",
            Self::Replied => "replied",
            Self::Callback => "callback",
            Self::Closed => "closed",
            Self::Reopened => "reopened",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    pub fn title(self) -> &'static str {
        match self {
            Self::Draft => "草稿",
            Self::Accepted => "已受理",
            Self::Dispatched => "已派单",
            Self::Replied => "已答复",
            Self::Callback => "待回访",
            Self::Closed => "已办结",
            Self::Reopened => "重新交办",
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("unknown word {0:?}")]
pub struct UnknownWord(String);

impl TryFrom<String> for State {
    type Error = UnknownWord;
    fn try_from(text: String) -> Result<Self, UnknownWord> {
        Self::parse(&text).ok_or(UnknownWord(text))
    }
}

impl TryFrom<String> for Source {
    type Error = UnknownWord;
    fn try_from(text: String) -> Result<Self, UnknownWord> {
        Self::parse(&text).ok_or(UnknownWord(text))
    }
}

/// How the request reached the hotline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    #[default]
    Call,
    /// Left on the machine, without an operator.
    Message,
    Manual,
}

impl Source {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Message => "message",
            Self::Manual => "manual",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Call, Self::Message, Self::Manual]
            .into_iter()
            .find(|source| source.as_str() == text)
    }
}

/// Who does something: the hotline's own machinery, or a person in a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    System,
    Person {
        username: String,
        display_name: String,
        role: Role,
        unit_code: Option<String>,
    },
}

impl Actor {
    pub fn username(&self) -> Option<&str> {
        match self {
            Self::System => None,
            Self::Person { username, .. } => Some(username),
        }
    }

    pub fn display_name(&self) -> &str {
        match self {
            Self::System => "系统",
            Self::Person { display_name, .. } => display_name,
        }
    }
}

#[cfg(test)]
mod tests;
