//! What queues learn from calls that went by: who knows whom, and how long a conversation takes. It only makes the next choice better;
//! after a restart it is learnt again from the record of calls.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

/// Callers remembered at most; the oldest are forgotten first.
const CALLERS: usize = 10_000;
/// A conversation and its wrap-up before any was measured.
const TYPICAL: Duration = Duration::from_secs(180);
/// The newest conversation counts for a tenth of the mean.
const WEIGHT: u32 = 10;

/// A conversation before the restart, as the record has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past {
    /// The citizen's number; empty when it was withheld.
    pub caller: String,
    pub operator: String,
    /// Where the caller had waited; empty: nowhere.
    pub queue: String,
    pub talked: Duration,
    /// How long ago it began.
    pub ago: Duration,
}

#[derive(Debug, Default)]
pub(super) struct Memory {
    /// By the caller's number: who spoke with them last, and when.
    known: HashMap<String, (String, Instant)>,
    /// By queue: the mean time that an operator is taken by one call.
    handling: BTreeMap<String, Duration>,
}

impl Memory {
    pub(super) fn remember(&mut self, caller: &str, operator: &str, keep: Duration, now: Instant) {
        if caller.is_empty() || keep.is_zero() {
            return;
        }
        if self.known.len() >= CALLERS && !self.known.contains_key(caller) {
            self.forget(keep, now);
        }
        let is_newer = self.known.get(caller).is_none_or(|(_, at)| *at <= now);
        if is_newer {
            self.known.insert(caller.to_owned(), (operator.to_owned(), now));
        }
    }

    /// Whoever is too old, and when nobody is, the oldest.
    fn forget(&mut self, keep: Duration, now: Instant) {
        self.known
            .retain(|_, (_, at)| now.saturating_duration_since(*at) <= keep);
        if self.known.len() < CALLERS {
            return;
        }
        let oldest = self.known.iter().min_by_key(|(_, (_, at))| *at);
        if let Some(oldest) = oldest.map(|(caller, _)| caller.clone()) {
            self.known.remove(&oldest);
        }
    }

    pub(super) fn recall(&self, caller: &str, within: Duration, now: Instant) -> Option<String> {
        let (operator, at) = self.known.get(caller)?;
        let fresh = !within.is_zero() && now.saturating_duration_since(*at) <= within;
        fresh.then(|| operator.clone())
    }

    pub(super) fn finished(&mut self, queue: &str, taken: Duration) {
        let mean = self.handling.entry(queue.to_owned()).or_insert(taken);
        *mean = (*mean * (WEIGHT - 1) + taken) / WEIGHT;
    }

    pub(super) fn handling(&self, queue: &str) -> Duration {
        self.handling.get(queue).copied().unwrap_or(TYPICAL)
    }
}
