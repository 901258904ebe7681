//! Audio that is not passed through: the voices of a conference, put on the 20 ms clock and added; and the echo of a test call.
//!
//! Not responsible for who hears whom (see `engine`).

use std::collections::VecDeque;

use super::FRAME;

/// What is gathered before the first frame leaves: one packet may be late by as much.
const START: usize = 2 * FRAME;
/// More than this is delay that nobody gains from.
const MOST: usize = 5 * FRAME;

/// What a leg says, as long as somebody hears it mixed with others.
#[derive(Debug, Default)]
pub(super) struct Voice {
    samples: VecDeque<i16>,
    flowing: bool,
}

pub(super) type Frame = [i16; FRAME];

impl Voice {
    pub(super) fn hear(&mut self, codes: &[u8], linear: &[i16; 256]) {
        self.samples
            .extend(codes.iter().map(|code| linear[usize::from(*code)]));
        if self.samples.len() > MOST {
            self.samples.drain(..self.samples.len() - START);
        }
    }

    /// The next 20 ms; None while nothing was said, or too little came in time.
    pub(super) fn next(&mut self) -> Option<Frame> {
        let needed = if self.flowing { FRAME } else { START };
        self.flowing = self.samples.len() >= needed;
        if !self.flowing {
            return None;
        }
        let mut frame = [0; FRAME];
        for (place, sample) in frame.iter_mut().zip(self.samples.drain(..FRAME)) {
            *place = sample;
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

#[derive(Debug, Default)]
pub(super) struct Echo {
    codes: VecDeque<u8>,
}

impl Echo {
    pub(super) fn hear(&mut self, codes: &[u8]) {
        self.codes.extend(codes);
        if self.codes.len() > ECHO + MOST {
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

    #[test]
    fn a_voice_starts_with_a_frame_in_reserve_and_starts_over_after_a_gap() {
        let (mut voice, linear) = (Voice::default(), Codec::Alaw.linear());
        let packet = [Codec::Alaw.encode(1_000); FRAME];
        voice.hear(&packet, linear);
        assert_eq!(voice.next(), None);
        voice.hear(&packet, linear);
        assert!(voice.next().is_some() && voice.next().is_some());
        assert_eq!(voice.next(), None);
        voice.hear(&packet, linear);
        assert_eq!(voice.next(), None, "it gathers anew");
    }

    #[test]
    fn a_voice_that_comes_too_fast_does_not_grow_a_delay() {
        let mut voice = Voice::default();
        for _ in 0..100 {
            voice.hear(&[0; FRAME], Codec::Alaw.linear());
        }
        let frames = std::iter::from_fn(|| voice.next()).count();
        assert!(frames <= 5, "{frames}");
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
