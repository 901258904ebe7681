//! What is kept of the desks: how long operators were in which state, and which supervisor took part in whose call. The desk of this
//! moment is not here (see `live`).

mod store;

use chrono::{DateTime, Utc};

pub use store::{apply, close_open, monitorings, shift_start, totals};

/// One thing to be kept.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// An operator's state from now on, offline included.
    State {
        username: String,
        state: &'static str,
        reason: Option<String>,
        at: DateTime<Utc>,
    },
    /// Again with another mode: the one before ends.
    Monitoring {
        username: String,
        call_id: String,
        /// listen, whisper, barge, takeover
        mode: &'static str,
        at: DateTime<Utc>,
    },
    /// Of one supervisor, or of all who took part in the call.
    MonitoringEnded {
        username: Option<String>,
        call_id: String,
        at: DateTime<Utc>,
    },
}

/// A shift so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    pub calls: i64,
    pub talk_ms: i64,
    pub paused_ms: i64,
    pub ready_ms: i64,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Monitoring {
    pub id: i64,
    pub username: String,
    pub call_id: String,
    pub mode: String,
    pub from: DateTime<Utc>,
    pub until: Option<DateTime<Utc>>,
}

#[cfg(test)]
mod tests;
