//! One recording from file to transcript. Holds one window of sound at a time, however long the call was.

use super::audio::{RATE, Recording, Span};
use super::engine::Engine;
use super::lines::{self, Heard, Line};
use super::live::Following;
use super::text::Cleaner;
use super::vad::Vad;
use super::windows::{self, Window};
use super::{CancelFlag, Effort, Segment, Side, Skip, SpeechError};
use std::path::Path;

const SIDES: [Side; 2] = [Side::Citizen, Side::Office];
/// A whole number of VAD frames.
const BLOCK_MS: i64 = 32_000;
/// A window that was begun so often is done to its end: transcripts must not starve on a day of surveys.
const MOST_INTERRUPTIONS: usize = 3;

pub(super) struct Pass<'a> {
    pub(super) engine: &'a mut Engine,
    pub(super) cleaner: &'a Cleaner,
    pub(super) cancel: &'a CancelFlag,
    /// Calls that go on are heard between two windows: their operators wait for the words.
    pub(super) following: Option<&'a mut Following>,
}

impl Pass<'_> {
    pub(super) fn transcribe(&mut self, path: &Path, skip: &[Skip]) -> Result<Vec<Segment>, SpeechError> {
        let mut recording = Recording::open(path)?;
        let mut segments = Vec::new();
        for (channel, side) in (0..recording.channels()).zip(SIDES) {
            let skip: Vec<Span> = skip
                .iter()
                .filter(|skip| skip.side == side)
                .map(|skip| skip.span)
                .collect();
            let speech = self.find_speech(path, &mut recording, channel)?;
            for window in windows::plan(&speech, &skip, recording.duration_ms()) {
                self.pause()?;
                let lines = self.recognise(path, &mut recording, channel, &window, Effort::Thorough)?;
                segments.extend(lines.into_iter().map(|line| segment(side, line)));
            }
        }
        segments.sort_by_key(|segment| (segment.start_ms, segment.end_ms));
        Ok(segments)
    }

    fn find_speech(
        &mut self,
        path: &Path,
        recording: &mut Recording,
        channel: u16,
    ) -> Result<Vec<Span>, SpeechError> {
        let mut vad = Vad::new();
        let mut from = 0;
        while from < recording.duration_ms() {
            self.pause()?;
            let span = Span {
                start_ms: from,
                end_ms: from + BLOCK_MS,
            };
            vad.feed(
                &recording
                    .samples(channel, span)
                    .map_err(|error| SpeechError::audio(path, &error))?,
            );
            from += BLOCK_MS;
        }
        Ok(vad.spans())
    }

    fn recognise(
        &mut self,
        path: &Path,
        recording: &mut Recording,
        channel: u16,
        window: &Window,
        effort: Effort,
    ) -> Result<Vec<Line>, SpeechError> {
        let mut samples = Vec::new();
        for piece in &window.pieces {
            samples.resize(sample_at(piece.at_ms).max(samples.len()), 0.0);
            let sound = recording
                .samples(channel, piece.span)
                .map_err(|error| SpeechError::audio(path, &error))?;
            samples.truncate(sample_at(piece.at_ms));
            samples.extend(sound);
        }
        // Under a second the engine hears nothing at all.
        samples.resize(samples.len().max(sample_at(1_100)), 0.0);
        let heard = match effort {
            Effort::Thorough => self.recognise_between(&samples)?,
            Effort::Quick => self.engine.recognise(&samples, effort, self.cancel)?,
        };
        Ok(self.cleaner.clean(lines::lines(window, &heard)))
    }

    /// A window of a finished recording gives way to what is waited for on the telephone, but not for ever.
    fn recognise_between(&mut self, samples: &[f32]) -> Result<Vec<Heard>, SpeechError> {
        for _ in 0..MOST_INTERRUPTIONS {
            match self
                .engine
                .recognise_yielding(samples, Effort::Thorough, self.cancel)
            {
                Err(SpeechError::Interrupted) => self.pause()?,
                outcome => return outcome,
            }
        }
        self.engine.recognise(samples, Effort::Thorough, self.cancel)
    }

    /// The text of one stretch of one side of a call that still goes on.
    pub(super) fn hear(
        &mut self,
        path: &Path,
        recording: &mut Recording,
        channel: u16,
        span: Span,
    ) -> Result<String, SpeechError> {
        let window = Window::around(span, recording.duration_ms());
        let lines = self.recognise(path, recording, channel, &window, Effort::Quick)?;
        Ok(lines.into_iter().map(|line| line.text).collect())
    }

    /// Between two windows.
    fn pause(&mut self) -> Result<(), SpeechError> {
        if let Some(following) = self.following.as_deref_mut() {
            following.serve(self.engine, self.cleaner);
        }
        if self.cancel.is_set() {
            Err(SpeechError::Cancelled)
        } else {
            Ok(())
        }
    }
}

fn sample_at(ms: i64) -> usize {
    (ms.max(0) * i64::from(RATE) / 1000) as usize
}

fn segment(side: Side, line: Line) -> Segment {
    Segment {
        side,
        start_ms: line.span.start_ms,
        end_ms: line.span.end_ms,
        text: line.text,
    }
}
