//! People: who they are, what they may do, how they prove it. What a role may do with a ticket is the ticket's rule, not said here.

use std::{fmt, str::FromStr};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// 管理员
    Admin,
    /// 坐席
    Operator,
    /// 督办员
    Supervisor,
    /// 派单员
    Dispatcher,
    /// 承办单位
    Unit,
}

impl Role {
    pub const ALL: [Self; 5] = [
        Self::Admin,
        Self::Operator,
        Self::Supervisor,
        Self::Dispatcher,
        Self::Unit,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Operator => "operator",
            Self::Supervisor => "supervisor",
            Self::Dispatcher => "dispatcher",
            Self::Unit => "unit",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected one of admin, operator, supervisor, dispatcher, unit")]
pub struct UnknownRole;

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        Self::ALL
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or(UnknownRole)
    }
}
