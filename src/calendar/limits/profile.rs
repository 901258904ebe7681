//! A profile (时限方案): which limits a county works by. Read from provisioning, edited as a setting.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::super::rules::{Hours, parse_minute};
use super::{AfterHours, FirstDay, Limit, Rule};

/// Bands that every profile must speak of; X and T have no limits but may be named.
pub const BANDS: [&str; 10] = ["S", "A", "B", "C", "D", "E", "F", "G", "X", "T"];
/// 诉求类别
pub const KINDS: [&str; 7] = ["咨询", "求助", "投诉", "举报", "建议", "表扬", "报修"];
/// What is urgent goes by its band whatever its kind.
const URGENT: [&str; 3] = ["S", "A", "B"];

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    pub name: String,
    pub title: String,
    /// The document it follows.
    #[serde(default)]
    pub basis: String,
    pub count: CountRule,
    pub bands: BTreeMap<String, Timers>,
    /// Limits by kind of request (投诉, 咨询 …); they go before those of the bands that are not urgent.
    #[serde(default)]
    pub kinds: BTreeMap<String, Timers>,
    #[serde(default)]
    pub returns: Returns,
    #[serde(default)]
    pub extension: Extension,
    #[serde(default)]
    pub suspension: Suspension,
    #[serde(default)]
    pub redo: Redo,
    #[serde(default)]
    pub reopening: Reopening,
    #[serde(default)]
    pub replies: Replies,
    #[serde(default)]
    pub reminders: Reminders,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CountRule {
    #[serde(default)]
    pub first_day: FirstDay,
    /// `24:00`, `17:30`
    pub due_at: String,
    #[serde(default)]
    pub after_hours: AfterHours,
    /// The working pattern of units that have none of their own.
    pub workdays: Vec<String>,
    #[serde(default)]
    pub holidays: Vec<String>,
}

/// What runs on a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Timer {
    /// 派单
    Dispatch,
    /// 签收
    Sign,
    /// 首次联系
    FirstContact,
    /// 到场
    OnSite,
    /// 办结
    Handle,
    /// 阶段进展
    Progress,
    /// 审核
    Review,
    /// 回访
    Callback,
    /// 重办
    Redo,
    /// 异议决定
    Dispute,
    /// 督办反馈
    Supervision,
}

impl Timer {
    pub const ALL: [Self; 11] = [
        Self::Dispatch,
        Self::Sign,
        Self::FirstContact,
        Self::OnSite,
        Self::Handle,
        Self::Progress,
        Self::Review,
        Self::Callback,
        Self::Redo,
        Self::Dispute,
        Self::Supervision,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dispatch => "dispatch",
            Self::Sign => "sign",
            Self::FirstContact => "first_contact",
            Self::OnSite => "on_site",
            Self::Handle => "handle",
            Self::Progress => "progress",
            Self::Review => "review",
            Self::Callback => "callback",
            Self::Redo => "redo",
            Self::Dispute => "dispute",
            Self::Supervision => "supervision",
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            Self::Dispatch => "派单",
            Self::Sign => "签收",
            Self::FirstContact => "首次联系",
            Self::OnSite => "到场",
            Self::Handle => "办结",
            Self::Progress => "阶段进展",
            Self::Review => "审核",
            Self::Callback => "回访",
            Self::Redo => "重办",
            Self::Dispute => "异议决定",
            Self::Supervision => "督办反馈",
        }
    }
}

/// The limits of a band or a kind; what is absent has none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timers(pub BTreeMap<Timer, Limit>);

/// 退回
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Returns {
    pub within: Limit,
    /// So many returns of one ticket go to a coordination meeting.
    pub dispute_after: u32,
}

impl Default for Returns {
    fn default() -> Self {
        Self {
            within: Limit::WorkingDays(2),
            dispute_after: 2,
        }
    }
}

/// 延期
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Extension {
    /// 0: none is granted.
    pub times: u32,
    pub longest: Limit,
}

impl Default for Extension {
    fn default() -> Self {
        Self {
            times: 1,
            longest: Limit::WorkingDays(10),
        }
    }
}

/// 挂起
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suspension {
    pub longest_days: u32,
}

impl Default for Suspension {
    fn default() -> Self {
        Self { longest_days: 180 }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Redo {
    /// After so many rounds the next one is supervised.
    pub rounds: u32,
}

impl Default for Redo {
    fn default() -> Self {
        Self { rounds: 2 }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reopening {
    /// A repeat within so many days opens a closed ticket again.
    pub repeat_days: u32,
    /// After so many days without one it is filed.
    pub file_after_days: u32,
}

impl Default for Reopening {
    fn default() -> Self {
        Self {
            repeat_days: 30,
            file_after_days: 60,
        }
    }
}

/// What a reply must bring (S0-45).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Replies {
    /// Who was spoken to, when, from which number.
    pub contact: bool,
    /// Policy basis.
    pub basis: bool,
    /// To pass its review, every item of the reviewer's checklist.
    #[serde(default)]
    pub checklist: bool,
}

impl Default for Replies {
    fn default() -> Self {
        Self {
            contact: true,
            basis: true,
            checklist: false,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reminders {
    /// `50%`: of the time is left; `2wd`: working days are left.
    #[serde(default)]
    pub before: Vec<Before>,
    /// 催办, so long after the due date.
    #[serde(default)]
    pub urge: Option<Limit>,
    /// 一级督办
    #[serde(default)]
    pub supervise: Option<Limit>,
    /// 通报
    #[serde(default)]
    pub report: Option<Limit>,
}

impl Default for Reminders {
    fn default() -> Self {
        Self {
            before: vec![Before::Percent(50), Before::Percent(20)],
            urge: Some(Limit::WorkingDays(1)),
            supervise: Some(Limit::WorkingDays(3)),
            report: Some(Limit::WorkingDays(5)),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Before {
    Percent(u32),
    WorkingDays(u32),
}

impl TryFrom<String> for Before {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        if let Some(percent) = text.strip_suffix('%').and_then(|text| text.parse().ok()) {
            return match percent {
                1..=99 => Ok(Self::Percent(percent)),
                _ => Err(format!("“{text}”应为 1% 至 99%")),
            };
        }
        match text.parse() {
            Ok(Limit::WorkingDays(days)) => Ok(Self::WorkingDays(days)),
            _ => Err(format!("“{text}”应写作 50% 或 2wd")),
        }
    }
}

impl From<Before> for String {
    fn from(before: Before) -> Self {
        match before {
            Before::Percent(left) => format!("{left}%"),
            Before::WorkingDays(days) => Limit::WorkingDays(days).to_string(),
        }
    }
}

impl Profile {
    pub(super) fn due_minute(&self) -> Option<u16> {
        parse_minute(&self.count.due_at).filter(|minute| *minute > 0)
    }

    fn hours(&self) -> Result<Hours, super::super::CalendarError> {
        Hours::parse(&self.count.workdays, &self.count.holidays)
    }

    /// How a unit counts; `pattern` is its own working pattern, if it has one.
    pub fn rule(&self, pattern: Option<Hours>) -> Rule {
        Rule {
            first_day: self.count.first_day,
            due_at: self.due_minute().unwrap_or(super::MIDNIGHT),
            after_hours: self.count.after_hours,
            // A profile with faults is not let in.
            hours: pattern.unwrap_or_else(|| self.hours().unwrap_or_else(|_| Hours::always())),
        }
    }

    pub fn limit(&self, band: &str, kind: &str, timer: Timer) -> Option<Limit> {
        let of = |timers: Option<&Timers>| timers.and_then(|timers| timers.0.get(&timer)).copied();
        let (band_limit, kind_limit) = (of(self.bands.get(band)), of(self.kinds.get(kind)));
        if URGENT.contains(&band) {
            band_limit
        } else {
            kind_limit.or(band_limit)
        }
    }
}

/// What a hotline works by that was never told otherwise.
pub fn standard() -> Profile {
    let text = include_str!("../../../provisioning/limits/shandong.toml");
    // Read by a test below.
    toml::from_str(text).expect("the shipped profile")
}
