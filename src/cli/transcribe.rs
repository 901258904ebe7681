//! `minsheng transcribe FILE.wav [--model FILE]`: the transcript of a recording as JSON on standard output.

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::ExitCode,
};

use crate::transcriber::{
    CancelFlag, ModelPlaces, SpeechError, Transcriber, TranscriberSettings, Transcript, find_model,
};

#[derive(clap::Args)]
pub(super) struct Transcribe {
    /// 16-bit PCM: left citizen, right office; a mono file is the citizen's
    file: PathBuf,
    /// A whisper model in ggml format; without it the usual places are searched
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
    /// Processor threads to use
    #[arg(long, value_name = "N", default_value_t = 1)]
    threads: usize,
}

pub(super) async fn run(command: Transcribe) -> anyhow::Result<ExitCode> {
    let places = ModelPlaces::new(command.model);
    let settings = TranscriberSettings {
        threads: command.threads,
        ..TranscriberSettings::default()
    };
    let work = move || transcript(&places, settings, &command.file);
    let transcript = tokio::task::spawn_blocking(work).await??;
    let mut output = std::io::stdout().lock();
    serde_json::to_writer_pretty(&mut output, &transcript)?;
    writeln!(output)?;
    Ok(ExitCode::SUCCESS)
}

fn transcript(
    places: &ModelPlaces,
    settings: TranscriberSettings,
    file: &Path,
) -> Result<Transcript, SpeechError> {
    let model = find_model(places).map_err(SpeechError::NoModel)?;
    Transcriber::load(&model, settings)?.transcribe(file, &[], &CancelFlag::default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_model_the_command_says_what_is_missing() {
        let places = ModelPlaces {
            named: Some("/nonexistent/model.bin".into()),
            ..ModelPlaces::default()
        };
        let error = transcript(&places, TranscriberSettings::default(), Path::new("call.wav"))
            .expect_err("there is no model");
        assert!(error.to_string().contains("/nonexistent/model.bin"), "{error}");
    }
}
