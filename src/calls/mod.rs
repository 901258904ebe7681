//! Calls: what the switchboard reports, kept for ever. Controls no call; what a call leads to (a ticket, a transcript) is said by
//! the slices that hear of it.

pub mod api;
pub mod chain;
mod emergency;
pub mod figures;
pub mod live;
pub mod numbers;
pub mod retention;
pub mod rules;
mod store;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

pub use emergency::{Emergency, emergency};
pub use rules::{Body, Call, Collected, MenuStep, Message};
pub use store::EventRow;
pub use store::areas::{count_of, home_area, unit_of_number};
pub use store::figures::{Talk, by_hour, open_ids, talks};
pub use store::guards::{Access, access, closed, closed_tickets, set_readers};
pub use store::links::{Further, add_ticket, further, further_tickets};
pub use store::marks::{Marked, mark_number, marks_of};
pub use store::{
    Filter, Today, Unfinished, apply, by_ids, by_ticket, display_names, events, find, history, link_ticket,
};
pub use store::{
    conversations, latest_of_operator, open_of_operator, page, pending_transcripts, set_transcript_state,
    today, unfinished,
};

pub const STARTED: &str = "call.started";
pub const QUEUED: &str = "call.queued";
pub const ANSWERED: &str = "call.answered";
pub const ENDED: &str = "call.ended";
pub const RECORDED: &str = "call.recorded";

/// An enum whose names in the database and on the wire are the same snake_case words.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$note:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum $name { $($(#[$note])* #[serde(rename = $word)] $variant),+ }

        impl $name {
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl TryFrom<String> for $name {
            type Error = UnknownWord;
            fn try_from(text: String) -> Result<Self, UnknownWord> {
                match text.as_str() { $($word => Ok(Self::$variant),)+ _ => Err(UnknownWord(text)) }
            }
        }
    };
}

#[derive(Debug, thiserror::Error)]
#[error("unknown word {0:?}")]
pub struct UnknownWord(String);

words!(Direction { Inbound = "inbound", Outbound = "outbound" });
words!(Purpose {
    Hotline = "hotline",
    Survey = "survey",
    /// An operator called a citizen.
    Callback = "callback",
    /// A clerk of a unit talked with a citizen over the hotline's number.
    Contact = "contact",
});
words!(Side {
    Citizen = "citizen",
    Operator = "operator",
    Third = "third",
    Supervisor = "supervisor",
});
words!(CallState {
    Dialing = "dialing",
    Menu = "menu",
    Queued = "queued",
    Ringing = "ringing",
    Talking = "talking",
    Held = "held",
    Ended = "ended",
});
words!(
    /// How a call ended, as the hotline counts it.
    Outcome {
        Answered = "answered",
        Abandoned = "abandoned",
        Message = "message",
        /// The citizen left their place to be called back.
        Callback = "callback",
        Completed = "completed",
        NoAnswer = "no_answer",
        Busy = "busy",
        Declined = "declined",
        Failed = "failed",
        Unavailable = "unavailable",
    }
);
words!(RecordingState {
    None = "none",
    Recording = "recording",
    Complete = "complete",
    Failed = "failed",
    /// Kept for as long as it had to be.
    Deleted = "deleted",
});
words!(TranscriptState {
    None = "none",
    Pending = "pending",
    Running = "running",
    Done = "done",
    Failed = "failed",
    NoModel = "no_model",
});

/// One thing that happened to a call, as the switchboard saw it.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// 16 hexadecimal digits.
    pub call_id: String,
    pub at: DateTime<Utc>,
    pub what: What,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "detail", rename_all = "snake_case")]
pub enum What {
    Started {
        direction: Direction,
        purpose: Purpose,
        caller: String,
        caller_kind: String,
        caller_private: bool,
        caller_display: Option<String>,
        called: String,
        trunk: Option<String>,
        menu: String,
        diverted_from: Option<String>,
        /// Of a survey.
        ticket_number: Option<String>,
    },
    /// Outbound: the trunk that took the call.
    Carried {
        trunk: String,
    },
    /// Outbound: the citizen answered; inbound: we answered.
    Connected,
    MenuStep {
        node: String,
        /// What the flow calls the node; none in older records.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        title: Option<String>,
        key: Option<String>,
    },
    Queued {
        queue: String,
        position: u32,
    },
    Offered {
        operator: String,
    },
    /// no_answer, busy, declined, cancelled, unreachable, answered_elsewhere
    OfferEnded {
        operator: String,
        outcome: String,
    },
    Answered {
        operator: String,
    },
    Held,
    Resumed,
    /// The operator's browser is gone or reloads.
    DeskLost {
        operator: String,
    },
    DeskBack {
        operator: String,
    },
    /// A third party is called: `party_kind` is operator or number.
    Consulting {
        party: String,
        party_kind: String,
    },
    ConsultAnswered {
        party: String,
    },
    ConsultEnded {
        party: String,
        outcome: String,
    },
    /// The operator talks with this side, citizen or third, while the other hears music.
    Swapped {
        party: String,
        side: String,
    },
    /// Citizen, operator and third party hear each other.
    Conference {
        party: String,
    },
    Transferred {
        from: String,
        to: String,
    },
    /// listen, whisper, barge
    Monitored {
        supervisor: String,
        mode: String,
    },
    MonitorEnded {
        supervisor: String,
    },
    TakenOver {
        from: String,
        by: String,
    },
    /// From this offset of the recording on it is silent.
    RecordingPaused {
        at_ms: i64,
    },
    RecordingResumed {
        at_ms: i64,
    },
    /// To a ticket of another call, and no longer.
    Tied {
        ticket_number: String,
        by: String,
    },
    Untied {
        ticket_number: String,
        by: String,
    },
    /// An answer of a survey.
    Collected {
        key: String,
        value: String,
    },
    /// The answer kept under `key` was given in words, there in the recording.
    Spoken {
        key: String,
        value: String,
        from_ms: i64,
        to_ms: i64,
    },
    /// A spoken message or remark inside the recording.
    Message {
        key: String,
        from_ms: i64,
        to_ms: i64,
    },
    LegEnded {
        side: Side,
        party: String,
        started_at: DateTime<Utc>,
        answered_at: Option<DateTime<Utc>>,
        cause: String,
        status: u16,
        quality: serde_json::Value,
    },
    /// `path` is relative to the recordings.
    RecordingStarted {
        path: String,
    },
    Recorded {
        path: String,
        duration_ms: i64,
        bytes: i64,
        sha256: String,
        frames_lost: i64,
    },
    RecordingFailed {
        reason: String,
    },
    /// It was kept for as long as it had to be.
    RecordingDeleted,
    Ended {
        outcome: Outcome,
        cause: String,
        /// citizen, office, system
        by: String,
    },
}

impl What {
    /// Kind and detail as they are stored in a row.
    fn to_parts(&self) -> Result<(String, String), serde_json::Error> {
        let value = serde_json::to_value(self)?;
        let kind = value
            .get("kind")
            .and_then(|kind| kind.as_str())
            .unwrap_or_default()
            .to_owned();
        let detail = value
            .get("detail")
            .unwrap_or(&serde_json::Value::Null)
            .to_string();
        Ok((kind, detail))
    }
}

/// What the slices to the right are told; the rest is on the call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    pub call_id: String,
    pub purpose: Purpose,
    pub outcome: Option<Outcome>,
}
