//! What the citizen was told, on the wire.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{clock::from_millis, notices};

/// A message to the citizen
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Told)]
pub struct ToldView {
    pub at: DateTime<Utc>,
    pub text: String,
    /// waiting, sending (it may be out already), sent, failed, off (messages to citizens are not set up)
    pub state: String,
    pub sent_at: Option<DateTime<Utc>>,
}

impl From<notices::Told> for ToldView {
    fn from(told: notices::Told) -> Self {
        let notices::Told {
            at,
            text,
            state,
            sent_at,
        } = told;
        Self {
            at: from_millis(at),
            text,
            state,
            sent_at: sent_at.map(from_millis),
        }
    }
}
