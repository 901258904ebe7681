//! Stands for the engine in a build without speech recognition: loading says so, and nothing else can be called.

use super::lines::Heard;
use super::short::{Short, Urgent};
use super::{CancelFlag, Effort, SpeechError, TranscriberSettings};
use std::convert::Infallible;
use std::path::Path;

pub(super) struct Engine(Infallible);

impl Engine {
    pub(super) fn load(
        path: &Path,
        _: &TranscriberSettings,
        _: &CancelFlag,
        _: &Urgent,
    ) -> Result<Self, SpeechError> {
        let reason = "this program was built without speech recognition (feature `speech`)".to_owned();
        Err(SpeechError::Model {
            path: path.to_owned(),
            reason,
        })
    }

    pub(super) fn recognise(
        &mut self,
        _: &[f32],
        _: Effort,
        _: &CancelFlag,
    ) -> Result<Vec<Heard>, SpeechError> {
        match self.0 {}
    }

    pub(super) fn recognise_yielding(
        &mut self,
        _: &[f32],
        _: Effort,
        _: &CancelFlag,
    ) -> Result<Vec<Heard>, SpeechError> {
        match self.0 {}
    }

    pub(super) fn recognise_short(
        &mut self,
        _: &[f32],
        _: Short,
        _: &CancelFlag,
    ) -> Result<Vec<Heard>, SpeechError> {
        match self.0 {}
    }
}
