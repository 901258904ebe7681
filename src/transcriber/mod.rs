//! Speech to text of recordings, finished or still growing. The only importer of whisper-rs. Not responsible for when a call is
//! transcribed or what its text means: `transcripts` decides the first, `tickets` the second.
//!
//! One model is held in memory by one worker thread of low priority; calls never wait for it. A recording is read
//! twice: once to find where each side speaks, once to recognise those stretches joined into full windows.

mod audio;
mod daemon;
#[cfg(feature = "speech")]
mod engine;
#[cfg(not(feature = "speech"))]
#[path = "engine_absent.rs"]
mod engine;
mod lines;
mod live;
#[cfg(feature = "speech")]
mod model_file;
mod models;
mod pass;
mod short;
mod speech;
mod text;
mod vad;
mod windows;
mod worker;

pub use audio::Span;
pub use daemon::connect;
pub use live::{Followed, LiveSegment};
pub use models::{ModelPlaces, find_model};
pub use short::Short;
pub use speech::{Speech, SpeechState};
pub use worker::Transcriber;

use serde::Serialize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    Citizen,
    Office,
}

/// A stretch of one side that the machine played itself: menu prompts, hold music.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Skip {
    pub side: Side,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Segment {
    pub side: Side,
    pub start_ms: i64,
    pub end_ms: i64,
    pub text: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Transcript {
    pub engine: String,
    pub segments: Vec<Segment>,
}

/// How much a window is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Effort {
    Thorough,
    /// Of a call that still goes on: soon is better than well, and its words come again in the transcript after the call.
    Quick,
}

#[derive(Clone, Debug)]
pub struct TranscriberSettings {
    pub threads: usize,
    pub language: String,
    /// Place and unit names of the county, the most frequent first; as many are used as the prompt holds.
    pub lexicon: Vec<String>,
}

impl Default for TranscriberSettings {
    fn default() -> Self {
        Self {
            threads: 1,
            language: "zh".to_owned(),
            lexicon: Vec::new(),
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum SpeechError {
    #[error("no speech model: {0}")]
    NoModel(String),
    #[error("speech model {}: {reason}", path.display())]
    Model { path: PathBuf, reason: String },
    #[error("recording {}: {reason}", path.display())]
    Audio { path: PathBuf, reason: String },
    #[error("speech recognition failed: {0}")]
    Engine(String),
    /// Gave way to something that is waited for.
    #[error("speech recognition was interrupted")]
    Interrupted,
    /// Asked for by the caller, or the service is stopping: try again later.
    #[error("speech recognition was cancelled")]
    Cancelled,
}

impl SpeechError {
    fn audio(path: &Path, error: &std::io::Error) -> Self {
        Self::Audio {
            path: path.to_owned(),
            reason: error.to_string(),
        }
    }

    fn engine(error: impl std::fmt::Display) -> Self {
        Self::Engine(error.to_string())
    }
}

/// Set once, seen by the recogniser within a fraction of a second.
#[derive(Clone, Debug, Default)]
pub struct CancelFlag(Arc<AtomicBool>);

impl CancelFlag {
    pub fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
