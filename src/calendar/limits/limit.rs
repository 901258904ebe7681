//! A length of time as people write it: `90min`, `24h`, `8wh`, `7d`, `5wd`.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Longer than any limit, short enough for every sum.
const MOST: u32 = 10_000;
/// What a profile may ask for in days.
pub(super) const MOST_DAYS: u32 = 1_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Limit {
    /// Round the clock.
    Minutes(u32),
    Hours(u32),
    /// Hours of the unit's working pattern.
    WorkingHours(u32),
    /// Days whether worked or not (自然日).
    Days(u32),
    WorkingDays(u32),
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LimitError {
    #[error("“{0}”应写作 90min、24h、8wh、7d 或 5wd，数字为 1 至 {MOST}")]
    Limit(String),
    #[error("暂停的结束应晚于开始")]
    Pause,
    #[error("期限超出日历可计算的范围")]
    TooFar,
}

impl Limit {
    pub fn amount(self) -> u32 {
        match self {
            Self::Minutes(n)
            | Self::Hours(n)
            | Self::WorkingHours(n)
            | Self::Days(n)
            | Self::WorkingDays(n) => n,
        }
    }

    /// More days than any office would be given; each of them is counted and shown.
    pub fn is_too_long(self) -> bool {
        matches!(self, Self::Days(n) | Self::WorkingDays(n) if n > MOST_DAYS)
    }

    fn suffix(self) -> &'static str {
        match self {
            Self::Minutes(_) => "min",
            Self::Hours(_) => "h",
            Self::WorkingHours(_) => "wh",
            Self::Days(_) => "d",
            Self::WorkingDays(_) => "wd",
        }
    }

    /// Which days are worked matters to it.
    pub fn needs_calendar(self) -> bool {
        matches!(self, Self::WorkingDays(_) | Self::WorkingHours(_))
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.amount(), self.suffix())
    }
}

impl FromStr for Limit {
    type Err = LimitError;

    fn from_str(text: &str) -> Result<Self, LimitError> {
        let wrong = || LimitError::Limit(text.to_owned());
        let text = text.trim();
        let end = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
        let amount: u32 = text[..end].parse().map_err(|_| wrong())?;
        if !(1..=MOST).contains(&amount) {
            return Err(wrong());
        }
        Ok(match &text[end..] {
            "min" => Self::Minutes(amount),
            "h" => Self::Hours(amount),
            "wh" => Self::WorkingHours(amount),
            "d" => Self::Days(amount),
            "wd" => Self::WorkingDays(amount),
            _ => return Err(wrong()),
        })
    }
}

impl TryFrom<String> for Limit {
    type Error = LimitError;
    fn try_from(text: String) -> Result<Self, LimitError> {
        text.parse()
    }
}

impl From<Limit> for String {
    fn from(limit: Limit) -> Self {
        limit.to_string()
    }
}
