//! A caller in a queue.

use std::collections::HashMap;
use std::time::Instant;

use super::QueueSettings;
use crate::CallId;

#[derive(Debug, Clone)]
pub struct Waiting {
    pub call: CallId,
    pub queue: String,
    pub since: Instant,
    /// Operators whose phones ring for this caller, in the order in which they began to.
    pub rung: Vec<String>,
    /// Operators not to be tried again before the instant.
    pub(super) refused: HashMap<String, Instant>,
    pub(super) announce_at: Option<Instant>,
    /// No overflow is left for this caller.
    pub(super) stays: bool,
    /// What ageing and further levels count from.
    pub(super) first: Instant,
    /// The operator who spoke with this number last.
    pub(super) knows: Option<String>,
}

/// How a caller comes to a queue.
#[derive(Debug)]
pub struct Arrival {
    pub now: Instant,
    pub first: Instant,
    pub knows: Option<String>,
}

impl Waiting {
    pub(super) fn new(call: CallId, queue: &QueueSettings, arrival: Arrival) -> Self {
        let Arrival { now, first, knows } = arrival;
        // The first announcement comes at once: silence is what makes people hang up.
        let announce_at = (!queue.announce.is_zero()).then_some(now);
        let (queue, refused) = (queue.name.clone(), HashMap::new());
        Self {
            call,
            queue,
            since: now,
            rung: Vec::new(),
            refused,
            announce_at,
            stays: false,
            first,
            knows,
        }
    }

    pub(super) fn rests(&self, operator: &str, now: Instant) -> bool {
        self.refused.get(operator).is_some_and(|&until| until > now)
    }
}
