//! A menu flow as the console edits it and provisioning files hold it, and everything that can be wrong with one. How a flow is walked
//! is the telephony's matter.

mod check;
mod ways;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// More nodes than this is no menu a caller could use.
pub const MOST_NODES: usize = 1000;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Flow {
    pub name: String,
    #[serde(default)]
    pub title: String,
    /// The node a call enters first.
    pub start: String,
    pub nodes: BTreeMap<String, Node>,
    /// Where somebody put a node when drawing the flow; the rest is placed by the console. No call hears of it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub layout: BTreeMap<String, Place>,
}

/// Where a node is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Place {
    pub x: i32,
    pub y: i32,
}

/// A step of the flow, with what people call it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Node {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    #[serde(flatten)]
    pub step: Step,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Step {
    /// Plays what every caller must hear: no key skips it.
    Greet { prompts: Vec<String>, next: String },
    /// Plays prompts; a key skips them when `interruptible`.
    Say {
        prompts: Vec<String>,
        next: String,
        #[serde(default)]
        interruptible: bool,
    },
    /// One key chooses; silence and other keys lead to `default` after `tries`.
    Menu {
        prompts: Vec<String>,
        timeout_seconds: u32,
        #[serde(default = "one")]
        tries: u32,
        choices: BTreeMap<String, String>,
        default: String,
    },
    /// A question whose answer is kept under `key`.
    Ask {
        key: String,
        prompts: Vec<String>,
        digits: String,
        timeout_seconds: u32,
        #[serde(default = "one")]
        tries: u32,
        #[serde(default)]
        choices: BTreeMap<String, String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next: Option<String>,
        none: String,
        /// Words are an answer as well as keys.
        #[serde(default, skip_serializing_if = "is_false")]
        spoken: bool,
    },
    /// A number of several digits, kept under `key`; `#` ends it, `*` begins it anew.
    Digits {
        key: String,
        prompts: Vec<String>,
        min: u32,
        max: u32,
        timeout_seconds: u32,
        #[serde(default = "one")]
        tries: u32,
        next: String,
        none: String,
    },
    /// The mark of one to five (好差评) for this call.
    Survey {
        key: String,
        prompts: Vec<String>,
        timeout_seconds: u32,
        #[serde(default = "one")]
        tries: u32,
        next: String,
    },
    /// The first fact that holds of the caller chooses.
    Caller {
        tests: BTreeMap<Fact, String>,
        otherwise: String,
    },
    /// Tells the state of a ticket: of the digits kept under `digits`, else of the caller's newest open one.
    TicketStatus {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        digits: Option<String>,
        next: String,
        none: String,
    },
    /// Hands the caller to a telephone outside; `failed` when nobody answers there.
    Transfer { number: String, failed: String },
    /// Keeps the caller's place: they are called back.
    Callback { next: String },
    /// Opening hours.
    Schedule {
        schedule: String,
        open: String,
        closed: String,
    },
    /// Waits for a person; `overflow` after the longest wait.
    Queue {
        queue: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        overflow: Option<String>,
    },
    /// The caller speaks; ended by `#`, silence or length.
    Message {
        key: String,
        prompts: Vec<String>,
        max_seconds: u32,
        silence_seconds: u32,
        next: String,
    },
    /// Plays prompts and hangs up.
    Hangup {
        #[serde(default)]
        prompts: Vec<String>,
    },
}

/// What may be known of a caller, in the order in which a test asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    Blacklist,
    Confidential,
    Vip,
    Elderly,
    OpenTicket,
    Repeat,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_false(flag: &bool) -> bool {
    !flag
}

fn one() -> u32 {
    1
}

impl Node {
    /// Stands for a node that could not be read.
    fn unreadable() -> Self {
        Self {
            title: String::new(),
            step: Step::Hangup { prompts: vec![] },
        }
    }
}

impl Step {
    pub fn prompts(&self) -> &[String] {
        match self {
            Self::Greet { prompts, .. }
            | Self::Say { prompts, .. }
            | Self::Menu { prompts, .. }
            | Self::Ask { prompts, .. }
            | Self::Digits { prompts, .. }
            | Self::Survey { prompts, .. }
            | Self::Message { prompts, .. }
            | Self::Hangup { prompts } => prompts,
            Self::Schedule { .. }
            | Self::Queue { .. }
            | Self::Caller { .. }
            | Self::TicketStatus { .. }
            | Self::Transfer { .. }
            | Self::Callback { .. } => &[],
        }
    }

    /// Prompts that the step says without naming them.
    fn own_prompts(&self) -> &'static [&'static str] {
        match self {
            Self::TicketStatus { .. } => &TICKET_PROMPTS,
            Self::Ask { spoken: true, .. } => &MISHEARD_PROMPTS,
            _ => &[],
        }
    }
}

/// How a ticket's state is told.
const TICKET_PROMPTS: [&str; 9] = [
    "ticket-opened-before",
    "ticket-opened-after",
    "status-accepted",
    "status-dispatched",
    "status-handling",
    "status-replied",
    "status-callback",
    "status-closed",
    "status-other",
];

/// For who was not understood: once again, then by keys.
const MISHEARD_PROMPTS: [&str; 2] = ["survey-again", "survey-keys"];

impl Flow {
    /// The names under which digits are kept.
    fn keys_of_digits(&self) -> impl Iterator<Item = &String> {
        self.nodes.values().filter_map(|node| match &node.step {
            Step::Digits { key, .. } => Some(key),
            _ => None,
        })
    }
}

/// What a flow may refer to; `None`: not known here (a file checked on its own), so not checked.
#[derive(Debug, Clone, Default)]
pub struct Known {
    pub queues: Option<BTreeSet<String>>,
    pub schedules: Option<BTreeSet<String>>,
    pub prompts: Option<BTreeSet<String>>,
    /// A line leads here: the flow must have a way to a person even if it asks questions.
    pub is_inbound: bool,
}

/// One fault; `node` is empty when it is the flow's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FlowFault {
    pub node: String,
    pub field: &'static str,
    pub message: String,
}

impl FlowFault {
    /// `nodes.main.default`, as in the file and in the request.
    pub fn key(&self) -> String {
        match (self.node.as_str(), self.field) {
            ("", field) => field.to_owned(),
            (node, "") => format!("nodes.{node}"),
            (node, field) => format!("nodes.{node}.{field}"),
        }
    }
}

/// Reads and checks a flow; every fault at once.
pub fn read(name: &str, body: &Value, known: &Known) -> Result<Flow, Vec<FlowFault>> {
    let (flow, faults) = check::check(name, body, known);
    if faults.is_empty() { Ok(flow) } else { Err(faults) }
}

pub(crate) fn is_name(text: &str) -> bool {
    (1..=40).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_')
}

#[cfg(test)]
mod tests;
