//! One unbroken row of sequence numbers and timestamps towards a browser, whichever leg is attached to its line.
//!
//! The browser knows one source for the whole shift; each leg counts from a place of its own.

use std::time::{Duration, Instant};

const FRAME: u32 = 160;

#[derive(Debug, Default)]
pub(super) struct Renumber {
    /// Highest number given so far, and the timestamp and time of that packet.
    newest: u64,
    timestamp: u32,
    at: Option<Instant>,
    leg: Option<Offsets>,
}

#[derive(Debug, Clone, Copy)]
struct Offsets {
    /// The leg's newest number, and what it became.
    theirs: u16,
    ours: u64,
    add_timestamp: u32,
}

impl Renumber {
    /// Another leg comes in.
    pub(super) fn restart(&mut self) {
        self.leg = None;
    }

    /// The extended number and the timestamp for the browser. None: from before this leg's first packet.
    pub(super) fn next(&mut self, now: Instant, sequence: u16, timestamp: u32) -> Option<(u64, u32)> {
        let leg = match self.leg {
            Some(leg) => leg,
            None => self.begin(now, sequence, timestamp),
        };
        // Signed distance on the circle: packets may overtake each other.
        let ahead = i64::from(sequence.wrapping_sub(leg.theirs) as i16);
        let number = u64::try_from(leg.ours as i64 + ahead).ok().filter(|n| *n > 0)?;
        let timestamp = timestamp.wrapping_add(leg.add_timestamp);
        let (theirs, ours) = if ahead > 0 {
            (sequence, number)
        } else {
            (leg.theirs, leg.ours)
        };
        self.leg = Some(Offsets { theirs, ours, ..leg });
        if number >= self.newest {
            (self.newest, self.timestamp, self.at) = (number, timestamp, Some(now));
        }
        Some((number, timestamp))
    }

    fn begin(&self, now: Instant, sequence: u16, timestamp: u32) -> Offsets {
        let elapsed = self
            .at
            .map_or(Duration::ZERO, |at| now.saturating_duration_since(at));
        let samples = ((elapsed.as_micros() * 8 / 1_000) as u32).max(FRAME);
        Offsets {
            theirs: sequence,
            ours: self.newest + 1,
            add_timestamp: self.timestamp.wrapping_add(samples).wrapping_sub(timestamp),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn legs_follow_each_other_on_one_row_and_the_clock_moves_the_timestamp() {
        let start = crate::testing::any_instant();
        let mut row = Renumber::default();
        assert_eq!(row.next(start, 65_535, 900), Some((1, 160)));
        let later = start + Duration::from_millis(20);
        assert_eq!(row.next(later, 0, 1_060), Some((2, 320)));
        row.restart();
        let much_later = later + Duration::from_secs(1);
        assert_eq!(row.next(much_later, 7, 5), Some((3, 320 + 8_000)));
    }

    #[test]
    fn packets_that_overtake_each_other_keep_their_places() {
        let now = crate::testing::any_instant();
        let mut row = Renumber::default();
        let numbers: Vec<u64> = [10, 12, 11, 13]
            .into_iter()
            .filter_map(|n| row.next(now, n, 0))
            .map(|(n, _)| n)
            .collect();
        assert_eq!(numbers, [1, 3, 2, 4]);
        assert_eq!(row.next(now, 9, 0), None, "before the first there is no number");
    }

    #[test]
    fn the_row_grows_past_the_circle() {
        let now = crate::testing::any_instant();
        let mut row = Renumber::default();
        for n in 0..200_000u64 {
            assert_eq!(row.next(now, n as u16, 0).map(|(number, _)| number), Some(n + 1));
        }
    }
}
