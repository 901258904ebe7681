//! Takes down what somebody says until they pause: the sound of an answer, for whoever understands speech.
//!
//! Not responsible for what was said, nor for telling words from a cough: only energy is looked at.

use std::sync::Arc;
use std::time::Instant;

use super::silence::Floor;
use crate::media::{Sound, Utterance};

/// Kept from before the first loud frame: a word begins softly.
const LEAD: usize = 8 * 300;
/// Less voice than this was a click.
const LEAST_VOICE: usize = 8 * 100;

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Noticed {
    Began,
    Said(Sound),
}

#[derive(Debug)]
pub(super) struct Ear {
    how: Utterance,
    floor: Floor,
    /// Everything since a little before the first word. Has its room from the start: nothing is allocated while packets come.
    samples: Vec<i16>,
    longest: usize,
    /// When the last loud frame came; none before the first.
    voice_at: Option<Instant>,
    voiced: usize,
    told: bool,
    done: bool,
}

impl Ear {
    /// `floor`: what is known of the line's noise already.
    pub(super) fn new(how: Utterance, floor: Floor) -> Self {
        let longest = 2 * LEAD + super::samples(how.longest) as usize;
        Self {
            how,
            floor,
            samples: Vec::with_capacity(longest),
            longest,
            voice_at: None,
            voiced: 0,
            told: false,
            done: false,
        }
    }

    pub(super) fn floor(&self) -> Floor {
        self.floor
    }

    /// A frame of the network's own tones says nothing.
    pub(super) fn handle_frame(&mut self, now: Instant, codes: &[u8], linear: &[i16; 256], is_tone: bool) {
        if self.done || is_tone {
            return;
        }
        if self.floor.is_voice(codes, linear) {
            self.voice_at = Some(now);
            self.voiced += codes.len();
        }
        if self.voice_at.is_none() && self.samples.len() >= 2 * LEAD {
            let old = self.samples.len() - LEAD;
            self.samples.drain(..old);
        }
        let room = self.longest - self.samples.len();
        let heard = codes.iter().take(room).map(|code| linear[usize::from(*code)]);
        self.samples.extend(heard);
    }

    pub(super) fn tick(&mut self, now: Instant) -> Option<Noticed> {
        let last = self.voice_at.filter(|_| !self.done)?;
        let is_word = self.voiced >= LEAST_VOICE;
        let is_over = now.saturating_duration_since(last) >= self.how.pause;
        if is_over && !is_word {
            (self.voice_at, self.voiced) = (None, 0);
            return None;
        }
        if is_over || self.samples.len() >= self.longest {
            self.done = true;
            return Some(Noticed::Said(Sound(Arc::from(std::mem::take(&mut self.samples)))));
        }
        if is_word && !self.told {
            self.told = true;
            return Some(Noticed::Began);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::media::Codec;
    use crate::rtp::FRAME_TIME;

    const HOW: Utterance = Utterance {
        pause: Duration::from_millis(600),
        longest: Duration::from_secs(4),
    };

    /// Frames of these levels; what was noticed, with the number of the frame.
    fn noticed(levels: impl IntoIterator<Item = i16>) -> Vec<(usize, Noticed)> {
        let start = crate::testing::any_instant();
        let mut ear = Ear::new(HOW, Floor::default());
        let mut found = Vec::new();
        for (n, level) in levels.into_iter().enumerate() {
            let now = start + FRAME_TIME * (n as u32 + 1);
            let codes: Vec<u8> = (0..160)
                .map(|i| Codec::Alaw.encode(if i % 2 == 0 { level } else { -level }))
                .collect();
            ear.handle_frame(now, &codes, Codec::Alaw.linear(), false);
            found.extend(ear.tick(now).map(|what| (n, what)));
        }
        found
    }

    fn frames(level: i16, count: usize) -> impl Iterator<Item = i16> + Clone {
        std::iter::repeat_n(level, count)
    }

    fn said(found: &[(usize, Noticed)]) -> &Sound {
        match found {
            [(_, Noticed::Began), (_, Noticed::Said(sound))] => sound,
            _ => panic!("{found:?}"),
        }
    }

    #[test]
    fn an_answer_is_taken_down_with_its_soft_beginning_when_its_speaker_pauses() {
        let found = noticed(frames(20, 100).chain(frames(3_000, 40)).chain(frames(20, 100)));
        let sound = said(&found);
        assert_eq!((found[0].0, found[1].0), (104, 169), "600 ms after the last word");
        let voice = sound.0.iter().position(|s| s.unsigned_abs() > 2_000);
        let voice = voice.expect("a voice");
        assert!((LEAD..=2 * LEAD).contains(&voice), "{voice}");
        assert_eq!(sound.0.len() - voice, (40 + 30) * 160);
    }

    #[test]
    fn a_click_is_no_answer_and_an_answer_after_it_is_one() {
        let click = frames(20, 50).chain(frames(8_000, 2)).chain(frames(20, 50));
        assert_eq!(noticed(click.clone()), []);
        said(&noticed(click.chain(frames(3_000, 20)).chain(frames(20, 40))));
    }

    #[test]
    fn who_never_pauses_is_cut_and_nothing_is_taken_down_after_that() {
        let found = noticed((0..600).map(|n| if n % 20 < 14 { 4_000 } else { 100 }));
        assert_eq!(said(&found).0.len(), 2 * LEAD + 4 * 8_000);
    }

    #[test]
    fn a_silent_line_says_nothing() {
        assert_eq!(noticed(frames(30, 1_000)), []);
    }

    #[test]
    fn a_word_with_a_short_gap_is_one_answer() {
        let word = frames(3_000, 10).chain(frames(20, 20)).chain(frames(3_000, 10));
        said(&noticed(word.chain(frames(20, 60))));
    }
}
