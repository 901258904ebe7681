//! What may happen to a ticket (工单) and who may do it. Pure: no SQL, no clock; the state is a projection of events.

pub mod caller;
pub mod check;
pub mod command;
pub mod decide;
pub mod document;
pub mod events;
pub mod extract;
pub mod facts;
pub mod fill;
pub mod inbox;
pub mod letters;
pub mod number;
pub mod permit;
pub mod policy;
pub mod privacy;
pub mod projection;
pub mod search;
pub mod state;
pub mod timers;
pub mod words;

pub use command::Command;
pub use decide::decide;
pub use events::{Event, What};
pub use fill::Fill;
pub use inbox::Shelf;
pub use permit::{Refusal, actions, may_see};
pub use policy::{Policy, UnitTree};
pub use projection::{Assignment, PROJECTION, Survey, SurveyAttempt, Ticket, rebuild};
pub use state::{Owner, State};

use serde::{Deserialize, Serialize};

use crate::accounts::Role;

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

    pub fn is(&self, wanted: Role) -> bool {
        matches!(self, Self::Person { role, .. } if *role == wanted)
    }

    /// The unit that the person acts for.
    pub fn unit(&self) -> Option<&str> {
        match self {
            Self::Person {
                role: Role::Unit,
                unit_code,
                ..
            } => unit_code.as_deref(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
