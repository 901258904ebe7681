//! Speech recognition within the daemon: its start, its end, and its face towards the transcripts.

use std::path::Path;

use futures::future::BoxFuture;

use super::{
    Followed, LiveSegment, ModelPlaces, Short, Side, Skip, Span, Speech, SpeechError, SpeechState,
    TranscriberSettings, Transcript,
};
use crate::{
    app::App,
    live::{self, Live},
    tickets,
    transcripts::{self, Recognised, Recogniser, RecogniserError},
};

/// Loads the model of the configuration. To be awaited before the job workers start: a transcript that is due would
/// otherwise be given up for want of a model that is just being read. Without a model the daemon goes on.
pub async fn connect(app: &App) {
    let places = ModelPlaces::new(app.config.speech.model.clone());
    let settings = TranscriberSettings {
        threads: usize::try_from(app.config.speech.threads).unwrap_or(1),
        language: app.config.speech.language.clone(),
        lexicon: expected_names(app).await,
    };
    let speech = tokio::task::spawn_blocking(move || Speech::open(&places, settings))
        .await
        .unwrap_or_else(|_| Speech::without_model("loading the model panicked"));
    app.live.state().speech = shown(&speech);
    let stopping = app.stopping.clone();
    let stopped = speech.clone();
    tokio::spawn(async move {
        stopping.cancelled().await;
        stopped.stop();
    });
    app.speech.connect(Box::new(Connected {
        speech,
        live: app.live.clone(),
    }));
}

/// On the demo's callers these names lower the errors from 21 to 20 of 100 characters; without them it goes on.
async fn expected_names(app: &App) -> Vec<String> {
    tickets::lexicon::spoken_places(app)
        .await
        .unwrap_or_else(|error| {
            tracing::warn!(%error, "speech recognition is not told the county's names");
            Vec::new()
        })
}

struct Connected {
    speech: Speech,
    live: Live,
}

impl Recogniser for Connected {
    fn recognise<'a>(
        &'a self,
        recording: &'a Path,
        skip: &'a [transcripts::Skip],
    ) -> BoxFuture<'a, Result<Recognised, RecogniserError>> {
        Box::pin(async move {
            let skip: Vec<Skip> = skip.iter().map(played).collect();
            let work = self.speech.transcribe(recording, &skip);
            let _shown = Shown(self);
            self.live.state().speech = self.at_work();
            work.await.map(recognised).map_err(refusal)
        })
    }

    fn follow<'a>(
        &'a self,
        call: &'a str,
        recording: &'a Path,
        from_ms: i64,
    ) -> BoxFuture<'a, Result<transcripts::live::Followed, RecogniserError>> {
        Box::pin(async move {
            let step = self.speech.follow(call, recording, from_ms).await;
            step.map(followed).map_err(refusal)
        })
    }

    fn hear<'a>(
        &'a self,
        sound: &'a [i16],
        what: transcripts::Short,
    ) -> BoxFuture<'a, Result<Option<String>, RecogniserError>> {
        let what = match what {
            transcripts::Short::Answer => Short::Answer,
            transcripts::Short::Announcement => Short::Announcement,
        };
        Box::pin(async move { self.speech.hear(sound, what).await.map_err(refusal) })
    }

    fn forget(&self, call: &str) {
        self.speech.forget(call);
    }
}

impl Connected {
    fn at_work(&self) -> live::Speech {
        match self.speech.state() {
            SpeechState::NoModel(_) => live::Speech::NoModel,
            SpeechState::Ready | SpeechState::Busy => live::Speech::Busy,
        }
    }
}

/// Shows the state that remains when a recording is done, or its job was cut off.
struct Shown<'a>(&'a Connected);

impl Drop for Shown<'_> {
    fn drop(&mut self) {
        self.0.live.state().speech = shown(&self.0.speech);
    }
}

fn shown(speech: &Speech) -> live::Speech {
    match speech.state() {
        SpeechState::Ready => live::Speech::Ready,
        SpeechState::Busy => live::Speech::Busy,
        SpeechState::NoModel(_) => live::Speech::NoModel,
    }
}

fn played(skip: &transcripts::Skip) -> Skip {
    let side = match skip.side {
        transcripts::Side::Citizen => Side::Citizen,
        transcripts::Side::Office => Side::Office,
    };
    Skip {
        side,
        span: Span::new(skip.from_ms, skip.to_ms),
    }
}

fn side_of(side: Side) -> transcripts::Side {
    match side {
        Side::Citizen => transcripts::Side::Citizen,
        Side::Office => transcripts::Side::Office,
    }
}

fn followed(step: Followed) -> transcripts::live::Followed {
    let segment = |segment: LiveSegment| transcripts::live::LiveSegment {
        side: side_of(segment.side),
        start_ms: segment.start_ms,
        end_ms: segment.end_ms,
        text: segment.text,
        is_final: segment.is_final,
    };
    transcripts::live::Followed {
        segments: step.segments.into_iter().map(segment).collect(),
        is_behind: step.is_behind,
        has_more: step.has_more,
    }
}

fn recognised(transcript: Transcript) -> Recognised {
    let segment = |segment: super::Segment| transcripts::Segment {
        side: side_of(segment.side),
        start_ms: segment.start_ms,
        end_ms: segment.end_ms,
        text: segment.text,
    };
    Recognised {
        engine: transcript.engine,
        segments: transcript.segments.into_iter().map(segment).collect(),
    }
}

fn refusal(error: SpeechError) -> RecogniserError {
    match error {
        SpeechError::NoModel(why) => RecogniserError::NoModel(why),
        SpeechError::Audio { .. } => RecogniserError::BadRecording(error.to_string()),
        SpeechError::Cancelled => RecogniserError::Stopping,
        SpeechError::Model { .. } | SpeechError::Engine(_) | SpeechError::Interrupted => {
            RecogniserError::Failed(error.to_string())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connected(speech: Speech) -> Connected {
        Connected {
            speech,
            live: Live::default(),
        }
    }

    #[tokio::test]
    async fn without_a_model_the_transcript_is_refused_and_the_state_says_so() {
        let connected = connected(Speech::without_model("none lies there"));
        let refused = connected.recognise(Path::new("call.wav"), &[]).await;
        assert!(matches!(refused, Err(RecogniserError::NoModel(why)) if why == "none lies there"));
        assert_eq!(connected.live.state().speech, live::Speech::NoModel);
    }

    #[test]
    fn only_a_faulty_recording_is_given_up() {
        let audio = SpeechError::Audio {
            path: "call.wav".into(),
            reason: "not a RIFF/WAVE file".to_owned(),
        };
        assert!(matches!(refusal(audio), RecogniserError::BadRecording(why) if why.contains("call.wav")));
        assert!(matches!(
            refusal(SpeechError::Cancelled),
            RecogniserError::Stopping
        ));
        assert!(matches!(
            refusal(SpeechError::Engine("x".to_owned())),
            RecogniserError::Failed(_)
        ));
    }

    #[test]
    fn skips_and_segments_keep_their_side_and_times() {
        let skip = transcripts::Skip {
            side: transcripts::Side::Office,
            from_ms: 5,
            to_ms: 9,
        };
        assert_eq!(
            played(&skip),
            Skip {
                side: Side::Office,
                span: Span::new(5, 9)
            }
        );
        let segment = super::super::Segment {
            side: Side::Citizen,
            start_ms: 1,
            end_ms: 2,
            text: "停水了".to_owned(),
        };
        let found = recognised(Transcript {
            engine: "e".to_owned(),
            segments: vec![segment],
        });
        assert_eq!(found.segments[0].side, transcripts::Side::Citizen);
        assert_eq!((found.segments[0].start_ms, found.segments[0].end_ms), (1, 2));
    }
}
