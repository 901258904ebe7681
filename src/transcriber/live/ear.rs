//! One side of one running call: voice detection as far as the recording has grown, and what was already recognised of it.

use std::io;

use super::LiveSegment;
use super::utterance::{self, Progress, Utterance};
use crate::transcriber::Side;
use crate::transcriber::audio::{Recording, Span};
use crate::transcriber::vad::{FRAME_MS, Vad};

/// Sound before a new stretch is read with it and thrown away: a stretch that begins abruptly clicks.
const LEAD_MS: i64 = 64;
/// A call that is followed late is not read at once from its beginning.
const LONGEST_STRETCH_MS: i64 = 30_000;

pub(super) struct Ear {
    vad: Vad,
    /// Where in the call voice detection began.
    base_ms: i64,
    at: Progress,
    /// A sentence that is shown but not final.
    shown: Option<Span>,
    /// What was recognised last.
    heard: Option<(Span, String)>,
}

impl Default for Ear {
    fn default() -> Self {
        Self {
            vad: Vad::new(),
            base_ms: 0,
            at: Progress::default(),
            shown: None,
            heard: None,
        }
    }
}

impl Ear {
    /// Takes in what the recording has grown by. Nothing before `from_ms` is a person's.
    pub(super) fn listen(&mut self, recording: &mut Recording, channel: u16, from_ms: i64) -> io::Result<()> {
        let end_ms = recording.duration_ms() / FRAME_MS * FRAME_MS;
        let from_ms = from_ms.max(end_ms - LONGEST_STRETCH_MS);
        if self.at.fed_ms < from_ms {
            self.begin(from_ms);
        }
        let from = self.at.fed_ms;
        let span = Span::new((from - LEAD_MS).max(0), end_ms);
        // The end of the stretch stays whole: frames are counted from where detection began.
        let frames = (end_ms - from) / FRAME_MS;
        if frames <= 0 {
            return Ok(());
        }
        let samples = recording.samples(channel, span)?;
        let lead = ((from - span.start_ms) * 16) as usize;
        let wanted = (frames * FRAME_MS * 16) as usize;
        let mut stretch = samples.get(lead..).unwrap_or_default().to_vec();
        stretch.resize(wanted, 0.0);
        self.vad.feed(&stretch);
        self.at.fed_ms = from + frames * FRAME_MS;
        Ok(())
    }

    fn begin(&mut self, from_ms: i64) {
        *self = Self {
            base_ms: from_ms,
            at: Progress {
                fed_ms: from_ms,
                done_ms: from_ms,
                tried_ms: from_ms,
            },
            ..Self::default()
        };
    }

    /// Gives up what is too old to be shown live. Says whether it did.
    pub(super) fn catch_up(&mut self) -> bool {
        let Some(to) = utterance::skip_to(&self.speech(), self.at) else {
            return false;
        };
        self.at.done_ms = to;
        true
    }

    pub(super) fn next(&self) -> Option<Utterance> {
        let quietest = |span: Span| self.base_ms + self.vad.quietest(self.own(span));
        utterance::next(&self.speech(), self.at, quietest)
    }

    /// The text of a stretch that was recognised already: a sentence may turn out to have been whole when it was shown as growing.
    pub(super) fn known(&self, span: Span) -> Option<String> {
        let (heard, text) = self.heard.as_ref()?;
        (*heard == span).then(|| text.clone())
    }

    /// Notes what was heard. What was shown and turned out to be no speech is taken back with an empty text.
    pub(super) fn said(&mut self, side: Side, what: Utterance, text: String) -> Vec<LiveSegment> {
        let segment = |span: Span, text: String, is_final| LiveSegment {
            side,
            start_ms: span.start_ms,
            end_ms: span.end_ms,
            text,
            is_final,
        };
        self.at.tried_ms = what.span.end_ms;
        self.heard = Some((what.span, text.clone()));
        if what.is_final {
            self.at.done_ms = what.span.end_ms;
        }
        let shown = self.shown.take();
        let stale = shown.filter(|shown| shown.start_ms != what.span.start_ms);
        let is_shown = shown.is_some() && stale.is_none();
        let mut told: Vec<_> = stale
            .map(|span| segment(span, String::new(), true))
            .into_iter()
            .collect();
        if is_shown || !text.is_empty() {
            self.shown = (!what.is_final).then_some(what.span);
            told.push(segment(what.span, text, what.is_final));
        }
        told
    }

    fn speech(&self) -> Vec<Span> {
        let moved = |span: Span| Span::new(span.start_ms + self.base_ms, span.end_ms + self.base_ms);
        self.vad.spans().into_iter().map(moved).collect()
    }

    fn own(&self, span: Span) -> Span {
        Span::new(span.start_ms - self.base_ms, span.end_ms - self.base_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn what(start_ms: i64, end_ms: i64, is_final: bool) -> Utterance {
        Utterance {
            span: Span::new(start_ms, end_ms),
            is_final,
        }
    }

    #[test]
    fn a_sentence_that_turned_out_to_be_none_is_taken_back() {
        let mut ear = Ear::default();
        let texts = |told: Vec<LiveSegment>| -> Vec<(i64, String)> {
            told.into_iter()
                .map(|segment| (segment.start_ms, segment.text))
                .collect()
        };
        assert_eq!(
            texts(ear.said(Side::Citizen, what(0, 900, false), "喂".into())),
            [(0, "喂".into())]
        );
        assert_eq!(
            texts(ear.said(Side::Citizen, what(0, 1_500, true), String::new())),
            [(0, String::new())]
        );
        assert_eq!(
            texts(ear.said(Side::Citizen, what(3_000, 3_500, true), String::new())),
            []
        );
    }

    #[test]
    fn a_sentence_that_voice_detection_takes_back_goes_with_the_next_one() {
        let mut ear = Ear::default();
        ear.said(Side::Citizen, what(0, 900, false), "嘟".into());
        let told = ear.said(Side::Citizen, what(5_000, 6_000, true), "你好".into());
        let texts: Vec<_> = told
            .iter()
            .map(|segment| (segment.start_ms, segment.text.as_str()))
            .collect();
        assert_eq!(texts, [(0, ""), (5_000, "你好")]);
        assert!(told.iter().all(|segment| segment.is_final));
    }

    #[test]
    fn a_final_sentence_is_not_recognised_again() {
        let mut ear = Ear::default();
        assert_eq!(ear.known(Span::new(0, 900)), None);
        ear.said(Side::Office, what(0, 900, false), "您".into());
        assert_eq!((ear.at.done_ms, ear.at.tried_ms), (0, 900));
        assert_eq!(ear.known(Span::new(0, 900)), Some("您".into()));
        assert_eq!(ear.known(Span::new(0, 1_500)), None);
        ear.said(Side::Office, what(0, 1_500, true), "您好".into());
        assert_eq!(ear.at.done_ms, 1_500);
    }
}
