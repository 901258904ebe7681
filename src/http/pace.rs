//! How often one person may ask something of the telephone. Clicks and keys never come near it; what does is a page gone wild or a
//! script, and neither may keep the switch from the calls of others.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::{DateTime, TimeDelta, Utc};

/// As many at once, and then so many a second.
#[derive(Clone)]
pub struct Pace {
    at_once: i64,
    a_second: i64,
    /// By person; people are known by name, so there are no more of these than accounts.
    left: Arc<Mutex<HashMap<String, Left>>>,
}

/// Thousandths of a request, as of then.
#[derive(Clone, Copy)]
struct Left {
    thousandths: i64,
    at: DateTime<Utc>,
}

const WHOLE: i64 = 1_000;

impl Pace {
    /// What is wished of the call in hand.
    pub fn of_wishes() -> Self {
        Self::new(40, 10)
    }

    /// New connections of a browser, each of which costs a handshake and cuts the one before.
    pub fn of_lines() -> Self {
        Self::new(10, 1)
    }

    fn new(at_once: i64, a_second: i64) -> Self {
        Self {
            at_once,
            a_second,
            left: Arc::default(),
        }
    }

    /// Whether this person may ask now; it counts as asked.
    pub fn take(&self, now: DateTime<Utc>, person: &str) -> bool {
        let mut all = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let full = Left {
            thousandths: self.at_once * WHOLE,
            at: now,
        };
        let left = all.entry(person.to_owned()).or_insert(full);
        let passed = (now - left.at).clamp(TimeDelta::zero(), TimeDelta::hours(1));
        let more = passed.num_milliseconds() * self.a_second;
        *left = Left {
            thousandths: (left.thousandths + more).min(full.thousandths),
            at: now,
        };
        let may = left.thousandths >= WHOLE;
        if may {
            left.thousandths -= WHOLE;
        }
        may
    }

    /// What was asked came to nothing and cost nothing.
    pub fn give_back(&self, person: &str) {
        let mut all = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(left) = all.get_mut(person) {
            left.thousandths = (left.thousandths + WHOLE).min(self.at_once * WHOLE);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::from_millis;

    #[test]
    fn a_flood_is_held_up_until_it_ends_and_holds_up_nobody_else() {
        let pace = Pace::new(3, 2);
        let took = |at, person: &str| (0..5).filter(|_| pace.take(from_millis(at), person)).count();
        assert_eq!((took(0, "a"), took(0, "a"), took(0, "b")), (3, 0, 3));
        assert_eq!((took(499, "a"), took(500, "a"), took(1_500, "a")), (0, 1, 2));
        assert_eq!(took(60_000, "a"), 3, "no more than at once");
        assert_eq!(took(30_000, "a"), 0, "a clock put back gives nothing");
        pace.give_back("a");
        assert_eq!(took(30_000, "a"), 1);
    }
}
