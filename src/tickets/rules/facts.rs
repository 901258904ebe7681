//! What people state when they act. The same shapes travel in commands, lie in events and stand on the ticket.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::calendar::limits::Limit;

/// 解决, 解释, 列入计划, 不属实, 超职责
pub const OUTCOMES: [&str; 5] = ["solved", "explained", "planned", "untrue", "beyond"];
pub const CONTACT_RESULTS: [&str; 4] = ["reached", "no_answer", "refused", "wrong_number"];
/// What a reviewer looks at (S0-45).
pub const CHECKLIST: [&str; 5] = ["contact", "process", "basis", "on_topic", "original"];
/// 督办五级: 热线, 媒体, 政务, 人大政协, 纪委
pub const LEVELS: u8 = 5;

/// The article of the knowledge base that answered it, as it read then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Cited")]
pub struct Citation {
    pub id: i64,
    pub title: String,
    pub version: i64,
}

/// Events of the first version of the daemon hold whatever was typed, and nothing else.
#[derive(Deserialize)]
#[serde(untagged)]
enum Cited {
    Typed(String),
    Article { id: i64, title: String, version: i64 },
}

impl From<Cited> for Citation {
    fn from(cited: Cited) -> Self {
        match cited {
            Cited::Typed(title) => Self {
                id: 0,
                title,
                version: 0,
            },
            Cited::Article { id, title, version } => Self { id, title, version },
        }
    }
}

/// 联系记录: when the citizen was spoken to, from which number, with what result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    pub at: DateTime<Utc>,
    pub number: String,
    pub result: String,
    #[serde(default)]
    pub note: String,
}

impl Contact {
    /// Whoever answers at a wrong number is not the citizen.
    pub fn is_of_the_citizen(&self) -> bool {
        self.result != "wrong_number"
    }
}

/// A unit as an event names it: the name of that day stays with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitName {
    pub code: String,
    pub name: String,
}

/// 退回
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Return {
    pub reason: String,
    pub basis: String,
    pub suggested: Option<UnitName>,
}

/// 协调会
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meeting {
    pub at: DateTime<Utc>,
    pub participants: Vec<String>,
    pub minutes: String,
}

/// What the meeting came to; it binds the unit and becomes a precedent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    pub unit: UnitName,
    pub basis: String,
    pub decision: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplyText {
    pub outcome: String,
    /// Process and result, for the office.
    pub text: String,
    /// What the citizen may read.
    pub public_text: String,
    #[serde(default)]
    pub basis: String,
    /// The date of a plan.
    #[serde(default)]
    pub planned_for: Option<NaiveDate>,
}

/// The forms of a supervision: 督办卡, 督办单.
pub const FORMS: [&str; 2] = ["card", "sheet"];
/// From here on somebody above has put a name to it (批示), and it goes out as a 督办单.
pub const LED_FROM: u8 = 3;

/// What a supervision says beyond its level and instruction.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// One of [`FORMS`]; empty: by the level.
    #[serde(default)]
    pub form: String,
    /// 督办事由
    #[serde(default)]
    pub reason: String,
    /// When the leader wrote it.
    #[serde(default)]
    pub instructed_at: Option<DateTime<Utc>>,
}

impl Order {
    pub fn form(&self, level: u8) -> &str {
        match (self.form.as_str(), level >= LED_FROM) {
            ("", false) => "card",
            ("", true) => "sheet",
            (form, _) => form,
        }
    }
}

pub type Checklist = BTreeMap<String, bool>;

/// A callback by a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallbackResult {
    pub reached: bool,
    /// Whether the unit had contacted the citizen, as the machine asks too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contacted: Option<bool>,
    #[serde(default)]
    pub solved: Option<bool>,
    /// 1 非常不满意 to 5 非常满意
    #[serde(default)]
    pub satisfaction: Option<u8>,
    #[serde(default)]
    pub note: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// 退回重办
    Redo,
    /// 再次办理
    Again,
    /// Explained, lawful, unreasonable: to be closed by a second person.
    Close,
    /// 重办并督办
    Supervise,
}

/// What one person proposes and another decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Proposed {
    /// 不予受理, with the lawful channel the citizen is told.
    Reject { reason: String, channel: String },
    /// 办结 against the citizen's wish.
    Close { ground: String, exclude: Option<String> },
    /// 作废
    Void { reason: String },
    /// 延期
    Extend { limit: Limit, reason: String },
    /// 挂起
    Suspend {
        cause: String,
        reason: String,
        resume_at: DateTime<Utc>,
    },
}

/// Grounds for standing still: a law, the season, a plan.
pub const SUSPENSION_CAUSES: [&str; 3] = ["legal", "season", "plan"];
/// N1–N8, the kinds that no unit is given.
pub const REJECTIONS: [(&str, &str); 8] = [
    ("N1", "不属于本行政区域"),
    (
        "N2",
        "应通过诉讼、仲裁、纪检监察、行政复议、政府信息公开或信访渠道办理",
    ),
    ("N3", "违反法律法规或政策规定"),
    ("N4", "涉及国家秘密、商业秘密、个人隐私或违反公序良俗"),
    ("N5", "经调查不属实"),
    ("N6", "无明确诉求或诉求不合理"),
    ("N7", "经听证认定不合理"),
    ("N8", "恶意或虚假反映"),
];
pub const EMERGENCIES: [&str; 5] = ["110", "119", "120", "122", "other"];
