//! Speech to text of calls that are still going on, from the recordings as they grow. Runs on the one speech thread, between the windows
//! of finished recordings. What it says is provisional: the transcript after the call replaces it.

mod ear;
mod utterance;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc::Receiver;

use tokio::sync::oneshot;

use super::audio::Recording;
use super::engine::Engine;
use super::pass::Pass;
use super::short::Hearing;
use super::text::Cleaner;
use super::{CancelFlag, Side, SpeechError};
use ear::Ear;

const SIDES: [Side; 2] = [Side::Citizen, Side::Office];

/// A sentence as far as it was heard. A later one of the same side and start takes its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveSegment {
    pub side: Side,
    pub start_ms: i64,
    pub end_ms: i64,
    /// Empty: what was taken for speech was none.
    pub text: String,
    pub is_final: bool,
}

/// One step of following a call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Followed {
    pub segments: Vec<LiveSegment>,
    /// Speech was left out to catch up.
    pub is_behind: bool,
    /// There is more to recognise already.
    pub has_more: bool,
}

pub(super) enum Request {
    Follow {
        call: String,
        recording: PathBuf,
        /// Nothing before this is listened to: prompts, music on hold.
        from_ms: i64,
        answer: oneshot::Sender<Result<Followed, SpeechError>>,
    },
    Forget {
        call: String,
    },
}

/// The calls that are followed, within the speech thread.
pub(super) struct Following {
    hearing: Hearing,
    requests: Receiver<Request>,
    calls: HashMap<String, [Ear; 2]>,
    stopping: CancelFlag,
}

impl Following {
    pub(super) fn new(hearing: Hearing, requests: Receiver<Request>, stopping: CancelFlag) -> Self {
        Self {
            hearing,
            requests,
            calls: HashMap::new(),
            stopping,
        }
    }

    /// Answers what was asked for until now.
    pub(super) fn serve(&mut self, engine: &mut Engine, cleaner: &Cleaner) {
        self.hearing.serve(engine, cleaner);
        while let Ok(request) = self.requests.try_recv() {
            self.hearing.serve(engine, cleaner);
            match request {
                Request::Forget { call } => drop(self.calls.remove(&call)),
                // Nobody waits any more when the asker was cancelled.
                Request::Follow { answer, .. } if answer.is_closed() => {}
                Request::Follow {
                    call,
                    recording,
                    from_ms,
                    answer,
                } => {
                    let outcome = self.follow(call, &recording, from_ms, engine, cleaner);
                    let _ = answer.send(outcome);
                }
            }
        }
    }

    /// One recognition at most, so that another call's turn comes soon: that of the side whose words wait the longest.
    fn follow(
        &mut self,
        call: String,
        path: &Path,
        from_ms: i64,
        engine: &mut Engine,
        cleaner: &Cleaner,
    ) -> Result<Followed, SpeechError> {
        if self.stopping.is_set() {
            return Err(SpeechError::Cancelled);
        }
        let mut recording = Recording::open(path)?;
        let ears = self.calls.entry(call).or_default();
        let mut followed = Followed::default();
        let mut waiting = Vec::new();
        for (side, ear) in ears
            .iter_mut()
            .enumerate()
            .take(usize::from(recording.channels()))
        {
            ear.listen(&mut recording, side as u16, from_ms)
                .map_err(|error| SpeechError::audio(path, &error))?;
            followed.is_behind |= ear.catch_up();
            waiting.extend(ear.next().map(|next| (side, next)));
        }
        waiting.sort_by_key(|(_, next)| next.span.start_ms);
        followed.has_more = waiting.len() > 1;
        let Some((side, next)) = waiting.first().copied() else {
            return Ok(followed);
        };
        let mut pass = Pass {
            engine,
            cleaner,
            cancel: &self.stopping,
            following: None,
        };
        let text = match ears[side].known(next.span) {
            Some(text) => text,
            None => pass.hear(path, &mut recording, side as u16, next.span)?,
        };
        followed.segments.extend(ears[side].said(SIDES[side], next, text));
        Ok(followed)
    }
}
