//! Audio that is not passed through: the voices of a conference, put on the 20 ms clock and added; and the echo of a test call.
//!
//! Not responsible for who hears whom (see `engine`).

use std::collections::VecDeque;
use std::time::Instant;

use super::FRAME;
use super::jitter::JitterBuffer;
use super::packet::Packet;
use crate::recording::Concealment;

/// What a leg says, as long as somebody hears it mixed with others.
#[derive(Debug, Default)]
pub(super) struct Voice {
    buffer: JitterBuffer,
    concealment: Concealment,
}

pub(super) type Frame = [i16; FRAME];

impl Voice {
    pub(super) fn hear(&mut self, now: Instant, packet: &Packet<'_>, linear: &[i16; 256]) {
        self.buffer.put(now, packet, linear);
    }

    /// The next 20 ms, with what is missing concealed; None while nothing is said.
    pub(super) fn next(&mut self, now: Instant) -> Option<Frame> {
        let mut frame = self.buffer.take(now)?;
        for sample in &mut frame {
            *sample = self.concealment.next(*sample);
        }
        Some(frame)
    }
}

/// The sum of voices, cut off at the loudest there is.
pub(super) fn sum<'a>(voices: impl Iterator<Item = &'a Frame>) -> Frame {
    let mut total = [0; FRAME];
    for voice in voices {
        for (sum, sample) in total.iter_mut().zip(voice) {
            *sum = i16::saturating_add(*sum, *sample);
        }
    }
    total
}

/// A second on the way: whoever speaks hears the own voice after it.
const ECHO: usize = 8_000;
/// More than this beyond it is delay that nobody gains from.
const SLACK: usize = 5 * FRAME;

#[derive(Debug, Default)]
pub(super) struct Echo {
    codes: VecDeque<u8>,
}

impl Echo {
    pub(super) fn hear(&mut self, codes: &[u8]) {
        self.codes.extend(codes);
        if self.codes.len() > ECHO + SLACK {
            self.codes.drain(..self.codes.len() - ECHO);
        }
    }

    pub(super) fn next(&mut self) -> Option<[u8; FRAME]> {
        if self.codes.len() < ECHO {
            return None;
        }
        let mut frame = [0; FRAME];
        for (place, code) in frame.iter_mut().zip(self.codes.drain(..FRAME)) {
            *place = code;
        }
        Some(frame)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::Codec;
    use std::time::Duration;

    #[test]
    fn what_is_lost_of_a_voice_is_concealed_and_fades() {
        let (mut voice, mut now) = (Voice::default(), crate::testing::any_instant());
        let payload = [Codec::Alaw.encode(8_000); FRAME];
        let level = |frame: Frame| frame.iter().map(|s| i32::from(*s)).sum::<i32>() / FRAME as i32;
        let mut levels = Vec::new();
        for n in 0..50u16 {
            if n != 20 && n < 30 {
                let packet = Packet {
                    marker: false,
                    payload_type: 8,
                    sequence: n,
                    timestamp: u32::from(n) * FRAME as u32,
                    ssrc: 1,
                    payload: &payload,
                };
                voice.hear(now, &packet, Codec::Alaw.linear());
            }
            levels.push(voice.next(now).map_or(0, level));
            now += Duration::from_millis(20);
        }
        let gaps = levels[4..28].iter().filter(|l| **l < 7_500).count();
        assert_eq!(gaps, 1, "one frame is lost: {levels:?}");
        assert!(
            levels[4..28].iter().all(|l| *l > 5_000),
            "and stood in for: {levels:?}"
        );
        assert!(
            levels[40..].iter().all(|l| *l == 0),
            "who is gone is silent: {levels:?}"
        );
    }

    #[test]
    fn loud_voices_do_not_wrap_around() {
        let total = sum([[30_000; FRAME], [30_000; FRAME], [-1_000; FRAME]].iter());
        assert!(total.iter().all(|s| *s == i16::MAX - 1_000));
    }

    #[test]
    fn the_echo_comes_after_a_second() {
        let mut echo = Echo::default();
        for n in 0..50u8 {
            assert_eq!(echo.next(), None);
            echo.hear(&[n; FRAME]);
        }
        assert_eq!(echo.next(), Some([0; FRAME]));
    }
}
