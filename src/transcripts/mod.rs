//! What was said in a call, sentence by sentence. Recognises nothing itself: that is behind [`Recogniser`]; what the words mean for a
//! ticket is the ticket's matter.

pub mod api;
pub mod jobs;
pub mod live;
mod rules;
mod store;

use std::{
    path::Path,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};

pub use rules::{Skip, office_skips};
pub use store::{Transcript, segments};

/// The transcript of a call is complete.
pub const DONE: &str = "transcript.done";
/// The citizen of a running call has said another sentence.
pub const HEARD: &str = "transcript.heard";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    Citizen,
    Office,
}

impl Side {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Citizen => "citizen",
            Self::Office => "office",
        }
    }
}

/// A sentence and when it was said, in milliseconds of the recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    pub side: Side,
    pub start_ms: i64,
    pub end_ms: i64,
    pub text: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recognised {
    /// Which engine and model.
    pub engine: String,
    pub segments: Vec<Segment>,
}

#[derive(Debug, thiserror::Error)]
pub enum RecogniserError {
    /// Everything but the transcript works.
    #[error("no speech model: {0}")]
    NoModel(String),
    /// The recording cannot be read: no further attempt will mend it.
    #[error("{0}")]
    BadRecording(String),
    /// The daemon is ending: no fault of the recording, and no attempt.
    #[error("the recogniser is stopping")]
    Stopping,
    /// Anything else: to be tried again.
    #[error("{0}")]
    Failed(String),
}

/// What a short piece of speech may be about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Short {
    /// Of a citizen who waits for it on the telephone.
    Answer,
    /// Of a network, in place of whom we called.
    Announcement,
}

/// Speech to text of a finished recording. The future is dropped when the daemon ends; the job runs again after the restart.
pub trait Recogniser: Send + Sync {
    fn recognise<'a>(
        &'a self,
        recording: &'a Path,
        skip: &'a [Skip],
    ) -> BoxFuture<'a, Result<Recognised, RecogniserError>>;

    /// The next step of following a call whose recording still grows; nothing before `from_ms` is listened to.
    fn follow<'a>(
        &'a self,
        call: &'a str,
        recording: &'a Path,
        from_ms: i64,
    ) -> BoxFuture<'a, Result<live::Followed, RecogniserError>>;

    /// The words of something short that is waited for, samples at 8 kHz; None where nobody speaks in it. Before everything else.
    fn hear<'a>(
        &'a self,
        sound: &'a [i16],
        what: Short,
    ) -> BoxFuture<'a, Result<Option<String>, RecogniserError>>;

    /// The call is not followed any more.
    fn forget(&self, call: &str);
}

/// A daemon without a speech model.
struct NoRecogniser;

impl Recogniser for NoRecogniser {
    fn recognise<'a>(
        &'a self,
        _: &'a Path,
        _: &'a [Skip],
    ) -> BoxFuture<'a, Result<Recognised, RecogniserError>> {
        Box::pin(async { Err(no_model()) })
    }

    fn follow<'a>(
        &'a self,
        _: &'a str,
        _: &'a Path,
        _: i64,
    ) -> BoxFuture<'a, Result<live::Followed, RecogniserError>> {
        Box::pin(async { Err(no_model()) })
    }

    fn hear<'a>(&'a self, _: &'a [i16], _: Short) -> BoxFuture<'a, Result<Option<String>, RecogniserError>> {
        Box::pin(async { Err(no_model()) })
    }

    fn forget(&self, _: &str) {}
}

fn no_model() -> RecogniserError {
    RecogniserError::NoModel("没有配置语音模型".into())
}

/// Where the daemon's recogniser is put once it has loaded its model; until then, and without one, there is none.
#[derive(Clone, Default)]
pub struct Speech(Arc<Parts>);

#[derive(Default)]
struct Parts {
    recogniser: OnceLock<Box<dyn Recogniser>>,
    live: Mutex<live::Board>,
}

impl Speech {
    pub fn connect(&self, recogniser: Box<dyn Recogniser>) {
        if self.0.recogniser.set(recogniser).is_err() {
            tracing::error!("a second speech recogniser was connected and is ignored");
        }
    }

    /// As [`Recogniser::hear`].
    pub async fn hear(&self, sound: &[i16], what: Short) -> Result<Option<String>, RecogniserError> {
        self.engine().hear(sound, what).await
    }

    fn engine(&self) -> &dyn Recogniser {
        let connected = self.0.recogniser.get();
        connected.map_or(&NoRecogniser, |recogniser| &**recogniser)
    }

    /// The live transcripts under their lock: copy what you need, await nothing.
    pub fn board(&self) -> MutexGuard<'_, live::Board> {
        self.0.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
