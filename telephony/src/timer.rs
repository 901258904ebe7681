//! A table of timers: at most one instant a key, drained in order of time.
//!
//! Not responsible for what a timer means, and reads no clock.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::time::Instant;

/// Setting a key again moves it. Keys due at the same instant fire in the order in which they were set.
#[derive(Debug)]
pub struct TimerTable<K> {
    by_time: BTreeMap<(Instant, u64), K>,
    by_key: HashMap<K, (Instant, u64)>,
    sequence: u64,
}

impl<K> Default for TimerTable<K> {
    fn default() -> Self {
        TimerTable {
            by_time: BTreeMap::new(),
            by_key: HashMap::new(),
            sequence: 0,
        }
    }
}

impl<K: Clone + Eq + Hash> TimerTable<K> {
    pub fn set(&mut self, key: K, at: Instant) {
        self.clear(&key);
        self.sequence += 1;
        self.by_time.insert((at, self.sequence), key.clone());
        self.by_key.insert(key, (at, self.sequence));
    }

    pub fn clear(&mut self, key: &K) {
        if let Some(slot) = self.by_key.remove(key) {
            self.by_time.remove(&slot);
        }
    }

    pub fn is_set(&self, key: &K) -> bool {
        self.by_key.contains_key(key)
    }

    pub fn next(&self) -> Option<Instant> {
        self.by_time.first_key_value().map(|((at, _), _)| *at)
    }

    /// Takes the earliest timer that is due.
    pub fn pop(&mut self, now: Instant) -> Option<K> {
        if self.next()? > now {
            return None;
        }
        let (_, key) = self.by_time.pop_first()?;
        self.by_key.remove(&key);
        Some(key)
    }

    pub fn len(&self) -> usize {
        self.by_key.len()
    }

    pub fn is_empty(&self) -> bool {
        self.by_key.is_empty()
    }
}
