//! The flow as data, in the shape of provisioning/menus/*.toml.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// One published flow. Nodes refer to each other by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flow {
    pub name: String,
    #[serde(default)]
    pub title: String,
    /// Name of the node that a call enters first.
    pub start: String,
    pub nodes: BTreeMap<String, Node>,
    /// What people call the nodes; nothing to who walks the flow, but told with each step.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub titles: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Node {
    /// Plays what every caller must hear, the recording notice above all: no key skips it.
    Greet { prompts: Vec<String>, next: String },
    /// Plays prompts, then goes on; a key skips them when `interruptible`.
    Say {
        prompts: Vec<String>,
        next: String,
        #[serde(default)]
        interruptible: bool,
    },
    /// One key chooses; silence and any other key lead to `default` after `tries`.
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
        /// Keys that count as an answer.
        digits: String,
        timeout_seconds: u32,
        #[serde(default = "one")]
        tries: u32,
        #[serde(default)]
        choices: BTreeMap<String, String>,
        #[serde(default)]
        next: Option<String>,
        /// Where a caller goes who gave no valid answer.
        none: String,
        /// Words are an answer as well. What they mean is told from outside, as the key that they stand for.
        #[serde(default)]
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
    /// The mark of one to five (好差评) for this call, kept under `key`.
    Survey {
        key: String,
        prompts: Vec<String>,
        timeout_seconds: u32,
        #[serde(default = "one")]
        tries: u32,
        next: String,
    },
    /// Who calls; the first fact that holds chooses, in the order of [`Fact`]. What is known of a caller is the daemon's matter.
    Caller {
        tests: BTreeMap<Fact, String>,
        otherwise: String,
    },
    /// Tells the state of a ticket: of the digits kept under `digits`, else of the caller's newest open one.
    TicketStatus {
        #[serde(default)]
        digits: Option<String>,
        next: String,
        none: String,
    },
    /// Hands the caller to a telephone outside; `failed` when it is not answered.
    Transfer { number: String, failed: String },
    /// Keeps the caller's place and notes that they are to be called back.
    Callback { next: String },
    /// Opening hours; the calendar is the daemon's, which tells the state of each schedule.
    Schedule {
        schedule: String,
        open: String,
        closed: String,
    },
    /// Waits for a person. `overflow` is taken after the queue's longest wait.
    Queue {
        queue: String,
        #[serde(default)]
        overflow: Option<String>,
    },
    /// The caller speaks; ends by `#`, silence, length or hang-up.
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    Blacklist,
    Confidential,
    Vip,
    Elderly,
    OpenTicket,
    Repeat,
}

/// The marks of a survey node (好差评).
pub(super) const MARKS: &str = "12345";

fn one() -> u32 {
    1
}

impl Node {
    /// Prompts that the node plays.
    #[must_use]
    pub fn prompts(&self) -> &[String] {
        match self {
            Self::Greet { prompts, .. }
            | Self::Say { prompts, .. }
            | Self::Digits { prompts, .. }
            | Self::Survey { prompts, .. }
            | Self::Menu { prompts, .. }
            | Self::Ask { prompts, .. }
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
}
