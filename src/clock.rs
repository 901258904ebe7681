//! The daemon's time and randomness. Nothing else may ask the machine for either, so that a test can tell both.

use std::sync::{Arc, Mutex};

use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use rand::{RngCore, SeedableRng, rngs::StdRng};

/// A source of "now" that is handed down; cloning shares it.
#[derive(Clone)]
pub struct Clock(Source);

#[derive(Clone)]
enum Source {
    System,
    Mock(MockClock),
}

impl Clock {
    pub fn system() -> Self {
        Self(Source::System)
    }

    #[allow(clippy::disallowed_methods)] // the one place that asks
    pub fn now(&self) -> DateTime<Utc> {
        match &self.0 {
            // Whole milliseconds: that is what the database keeps, and a value must survive the round trip.
            Source::System => from_millis(Utc::now().timestamp_millis()),
            Source::Mock(mock) => mock.now(),
        }
    }
}

/// A clock that stands still until a test moves it.
#[derive(Clone)]
pub struct MockClock(Arc<Mutex<DateTime<Utc>>>);

impl MockClock {
    pub fn new(at: DateTime<Utc>) -> Self {
        Self(Arc::new(Mutex::new(at)))
    }

    pub fn clock(&self) -> Clock {
        Clock(Source::Mock(self.clone()))
    }

    pub fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    pub fn advance(&self, by: TimeDelta) {
        *self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) += by;
    }

    pub fn set(&self, to: DateTime<Utc>) {
        *self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = to;
    }
}

/// The database's form of a time: milliseconds since the epoch.
pub fn millis(at: DateTime<Utc>) -> i64 {
    at.timestamp_millis()
}

/// The inverse of [`millis`]. A row that holds a year beyond chrono's range reads as the epoch, not as a panic.
pub fn from_millis(at: i64) -> DateTime<Utc> {
    Utc.timestamp_millis_opt(at).single().unwrap_or_default()
}

/// Shared randomness: seeded by the operating system in production, by the test in a test.
#[derive(Clone)]
pub struct Rng(Arc<Mutex<StdRng>>);

impl Rng {
    pub fn from_os() -> Self {
        Self(Arc::new(Mutex::new(StdRng::from_os_rng())))
    }

    pub fn seeded(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(StdRng::seed_from_u64(seed))))
    }

    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
            .fill_bytes(&mut bytes);
        bytes
    }

    pub fn u64(&self) -> u64 {
        u64::from_le_bytes(self.bytes())
    }

    /// An identifier: 16 hexadecimal digits.
    pub fn id(&self) -> String {
        hex::encode(self.bytes::<8>())
    }

    /// A secret that cannot be guessed: 64 hexadecimal digits.
    pub fn token(&self) -> String {
        hex::encode(self.bytes::<32>())
    }

    /// `n` decimal digits.
    pub fn digits(&self, n: usize) -> String {
        (0..n)
            .map(|_| char::from(b'0' + (self.u64() % 10) as u8))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mock_clock_stands_still_until_it_is_moved() {
        let mock = MockClock::new(from_millis(1_000));
        let clock = mock.clock();
        assert_eq!(millis(clock.now()), 1_000);
        mock.advance(TimeDelta::seconds(2));
        assert_eq!(millis(clock.now()), 3_000);
    }

    #[test]
    fn the_same_seed_gives_the_same_identifiers() {
        assert_eq!(Rng::seeded(7).id(), Rng::seeded(7).id());
        assert_ne!(Rng::seeded(7).id(), Rng::seeded(8).id());
        assert_eq!(Rng::seeded(7).digits(6).len(), 6);
    }

    #[test]
    fn a_time_beyond_the_calendar_does_not_panic() {
        assert_eq!(from_millis(i64::MAX), DateTime::<Utc>::default());
    }
}
