//! Where packets of one direction belong on the timeline: by their timestamps, tied to the local clock.

/// A source that runs ahead of the timeline by more than this is tied anew.
pub(super) const AHEAD: i64 = 1_600;
/// A timestamp further off than this says nothing about time.
const ASTRAY: i64 = 16_000;
/// Packets in a row that come too late, before the source is tied anew.
const LATE: u32 = 5;
/// Packets (5 s) over which the fastest way through the network is looked for.
const WINDOW: u32 = 250;
/// Drift that is corrected: 20 ms.
const DRIFT: i64 = 160;

#[derive(Debug, Default)]
pub(super) struct Track {
    anchor: Option<Anchor>,
}

#[derive(Debug)]
struct Anchor {
    source: u32,
    timestamp: u32,
    position: i64,
    late: u32,
    seen: u32,
    /// Of this window's packets, the one that came earliest against its place.
    least: i64,
}

impl Track {
    /// Where a packet that arrived at `now` (in samples) begins; None: its place has been let go already (before `oldest`).
    pub(super) fn place(&mut self, source: u32, timestamp: u32, now: i64, oldest: i64) -> Option<i64> {
        let anchor = match &mut self.anchor {
            Some(anchor) if anchor.source == source => anchor,
            _ => return Some(self.tie(source, timestamp, now)),
        };
        let step = i64::from(timestamp.wrapping_sub(anchor.timestamp).cast_signed());
        let position = anchor.position + step;
        let lateness = now - position;
        anchor.late = if position < oldest { anchor.late + 1 } else { 0 };
        if !(-AHEAD..=ASTRAY).contains(&lateness) || anchor.late >= LATE {
            return Some(self.tie(source, timestamp, now));
        }
        anchor.observe(lateness);
        (position >= oldest).then_some(position)
    }

    fn tie(&mut self, source: u32, timestamp: u32, position: i64) -> i64 {
        self.anchor = Some(Anchor {
            source,
            timestamp,
            position,
            late: 0,
            seen: 0,
            least: i64::MAX,
        });
        position
    }
}

impl Anchor {
    /// The fastest packet of a window shows the offset of the two clocks; jitter only ever adds to it.
    fn observe(&mut self, lateness: i64) {
        self.least = self.least.min(lateness);
        self.seen += 1;
        if self.seen < WINDOW {
            return;
        }
        if self.least.abs() >= DRIFT {
            self.position += self.least;
        }
        self.seen = 0;
        self.least = i64::MAX;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_go_where_their_timestamps_say_whenever_they_come() {
        let mut track = Track::default();
        assert_eq!(track.place(1, u32::MAX - 99, 1_000, 0), Some(1_000));
        assert_eq!(track.place(1, 220, 1_700, 0), Some(1_320));
        assert_eq!(track.place(1, 60, 1_700, 0), Some(1_160));
    }

    #[test]
    fn too_late_is_lost_and_too_often_too_late_is_a_new_time() {
        let mut track = Track::default();
        track.place(1, 0, 0, 0);
        for n in 1..5 {
            assert_eq!(track.place(1, 160 * n, 8_000, 4_000), None);
        }
        assert_eq!(track.place(1, 800, 8_000, 4_000), Some(8_000));
        assert_eq!(track.place(1, 960, 8_160, 4_000), Some(8_160));
    }

    #[test]
    fn another_source_or_a_wild_timestamp_is_tied_to_now() {
        let mut track = Track::default();
        track.place(1, 0, 0, 0);
        assert_eq!(track.place(2, 99_999, 500, 0), Some(500));
        assert_eq!(track.place(2, 999_999, 600, 0), Some(600));
    }

    /// A sender whose clock is off by 200 ppm for an hour stays within two frames of real time.
    #[test]
    fn drift_is_followed() {
        for ppm in [-200i64, 200] {
            let mut track = Track::default();
            for n in 0..180_000i64 {
                let now = n * 160 + n * 160 * ppm / 1_000_000;
                let jitter = (n * 7_919) % 240;
                let position = track
                    .place(1, (n * 160) as u32, now + jitter, now - 2_400)
                    .unwrap();
                assert!(
                    (position - now).abs() <= 320 + 240,
                    "{ppm} {n}: {}",
                    position - now
                );
            }
        }
    }
}
