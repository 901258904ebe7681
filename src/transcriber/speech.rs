//! Speech recognition as the daemon holds it: a model that works, or the reason why there is none.

use super::live::Followed;
use super::models::{ModelPlaces, find_model};
use super::{Short, Skip, SpeechError, Transcriber, TranscriberSettings, Transcript};
use std::path::Path;
use std::sync::Arc;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SpeechState {
    Ready,
    Busy,
    /// Everything but the transcript works; the text says why there is none.
    NoModel(String),
}

/// Speech recognition as the daemon holds it: with a model or without.
#[derive(Clone)]
pub struct Speech {
    transcriber: Result<Arc<Transcriber>, String>,
}

impl Speech {
    /// Finds and loads the model. A missing or damaged one is a state, not a failure: calls go on without it.
    pub fn open(places: &ModelPlaces, settings: TranscriberSettings) -> Self {
        let loaded = find_model(places)
            .and_then(|model| Transcriber::load(&model, settings).map_err(|error| error.to_string()))
            .map(Arc::new);
        if let Err(reason) = &loaded {
            tracing::warn!(%reason, "calls are not transcribed");
        }
        Self { transcriber: loaded }
    }

    pub fn without_model(reason: &str) -> Self {
        Self {
            transcriber: Err(reason.to_owned()),
        }
    }

    pub fn state(&self) -> SpeechState {
        match &self.transcriber {
            Err(reason) => SpeechState::NoModel(reason.clone()),
            Ok(transcriber) if transcriber.pending() > 0 => SpeechState::Busy,
            Ok(_) => SpeechState::Ready,
        }
    }

    pub fn pending(&self) -> usize {
        self.transcriber
            .as_ref()
            .map_or(0, |transcriber| transcriber.pending())
    }

    pub async fn transcribe(&self, recording: &Path, skip: &[Skip]) -> Result<Transcript, SpeechError> {
        match &self.transcriber {
            Err(reason) => Err(SpeechError::NoModel(reason.clone())),
            Ok(transcriber) => transcriber.transcribe_async(recording, skip).await,
        }
    }

    pub async fn follow(&self, call: &str, recording: &Path, from_ms: i64) -> Result<Followed, SpeechError> {
        match &self.transcriber {
            Err(reason) => Err(SpeechError::NoModel(reason.clone())),
            Ok(transcriber) => transcriber.follow(call, recording, from_ms).await,
        }
    }

    pub async fn hear(&self, sound: &[i16], what: Short) -> Result<Option<String>, SpeechError> {
        match &self.transcriber {
            Err(reason) => Err(SpeechError::NoModel(reason.clone())),
            Ok(transcriber) => transcriber.hear(sound, what).await,
        }
    }

    pub fn forget(&self, call: &str) {
        if let Ok(transcriber) = &self.transcriber {
            transcriber.forget(call);
        }
    }

    /// For shutdown: what runs is cancelled and resumed by its durable job after the restart.
    pub fn stop(&self) {
        if let Ok(transcriber) = &self.transcriber {
            transcriber.stop();
        }
    }
}
