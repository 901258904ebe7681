//! Tells that nobody speaks, by energy against a floor that follows the line's noise.

use std::time::{Duration, Instant};

/// Mean magnitude below which no frame is speech: about -44 dBFS.
const LEAST: u32 = 200;
const LOUDER: u32 = 3;
/// The floor never rises over this: a loud talker without pauses is not noise.
const MOST_NOISE: u32 = 1_200;

/// How loud a line is when nobody speaks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Floor {
    /// Times 256, so that it can rise slowly.
    level: u32,
}

impl Default for Floor {
    fn default() -> Self {
        Self { level: 60 << 8 }
    }
}

impl Floor {
    /// Whether somebody speaks in this frame.
    pub(super) fn is_voice(&mut self, codes: &[u8], linear: &[i16; 256]) -> bool {
        if codes.is_empty() {
            return false;
        }
        let sum: u32 = codes
            .iter()
            .map(|code| u32::from(linear[usize::from(*code)].unsigned_abs()))
            .sum();
        let level = sum / codes.len() as u32;
        let is_voice = level > LEAST && level > (self.level >> 8) * LOUDER;
        // Down at once, up by a half per cent a frame.
        self.level = (level << 8)
            .min(self.level + self.level / 200 + 1)
            .min(MOST_NOISE << 8);
        is_voice
    }
}

#[derive(Debug)]
pub(super) struct SilenceWatch {
    after: Duration,
    spoken: Instant,
    floor: Floor,
    reported: bool,
}

impl SilenceWatch {
    pub(super) fn new(now: Instant, after: Duration) -> Self {
        Self {
            after,
            spoken: now,
            floor: Floor::default(),
            reported: false,
        }
    }

    pub(super) fn handle_frame(&mut self, now: Instant, codes: &[u8], linear: &[i16; 256]) {
        if self.floor.is_voice(codes, linear) {
            self.spoken = now;
        }
    }

    /// True once, when the time is over.
    pub(super) fn tick(&mut self, now: Instant) -> bool {
        let quiet = !self.reported && now.saturating_duration_since(self.spoken) >= self.after;
        self.reported |= quiet;
        quiet
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::Codec;

    const FRAME: Duration = Duration::from_millis(20);

    /// Frames of a square wave of this level; when it was quiet, in frames.
    fn quiet_at(levels: impl Iterator<Item = i16>, after: Duration) -> Vec<usize> {
        let start = crate::testing::any_instant();
        let mut watch = SilenceWatch::new(start, after);
        let mut quiet = Vec::new();
        for (n, level) in levels.enumerate() {
            let now = start + FRAME * (n as u32 + 1);
            let codes: Vec<u8> = (0..160)
                .map(|i| Codec::Alaw.encode(if i % 2 == 0 { level } else { -level }))
                .collect();
            watch.handle_frame(now, &codes, Codec::Alaw.linear());
            if watch.tick(now) {
                quiet.push(n);
            }
        }
        quiet
    }

    #[test]
    fn quiet_is_said_once_after_the_last_word() {
        let talk = std::iter::repeat_n(3_000, 100).chain(std::iter::repeat_n(20, 300));
        assert_eq!(quiet_at(talk, Duration::from_secs(2)), [199]);
    }

    #[test]
    fn steady_line_noise_is_silence_and_speech_over_it_is_not() {
        let noise = std::iter::repeat_n(400, 1_000);
        assert!(!quiet_at(noise, Duration::from_secs(5)).is_empty());
        let talk = (0..1_000).map(|n| if n % 50 < 25 { 5_000 } else { 300 });
        assert!(quiet_at(talk, Duration::from_secs(5)).is_empty());
    }

    #[test]
    fn a_peer_that_sends_nothing_is_quiet_too() {
        let start = crate::testing::any_instant();
        let mut watch = SilenceWatch::new(start, Duration::from_secs(3));
        assert!(!watch.tick(start + Duration::from_secs(2)));
        assert!(watch.tick(start + Duration::from_secs(3)));
        assert!(!watch.tick(start + Duration::from_secs(9)));
    }
}
