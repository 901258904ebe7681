//! One durable job for each finished recording. A killed daemon's job is taken up again when its lease runs out.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::{DONE, RecogniserError, office_skips, store};
use crate::{
    app::App,
    calls::{self, Call, EventRow, TranscriptState},
    db::Tx,
    events::{self, Consumer, Event},
    jobs::{self, Finish, Job, Kind, Permanent},
};

pub const CONSUMER: Consumer = Consumer {
    name: "transcripts",
    topics: &[calls::RECORDED],
    handle: |app, tx, events| Box::pin(on_events(app, tx, events)),
};

/// One at a time: there is one model in memory, and calls come first.
pub const TRANSCRIBE: Kind = Kind::new("transcripts.transcribe", |app, job| {
    Box::pin(transcribe(app, job))
});

/// A drain may be long: asking a recogniser that stops over and over helps nobody.
const AFTER_STOPPING: TimeDelta = TimeDelta::seconds(30);

#[derive(Debug, Serialize, Deserialize)]
struct Payload {
    call_id: String,
}

async fn on_events(app: &App, tx: &mut Tx, events: &[Event]) -> anyhow::Result<()> {
    let now = app.clock.now();
    for event in events {
        let payload = Payload {
            call_id: event.key.clone(),
        };
        let key = format!("transcribe:{}", event.key);
        jobs::enqueue(tx, now, &TRANSCRIBE, Some(&key), &payload, now).await?;
    }
    Ok(())
}

async fn transcribe(app: &App, job: &Job) -> anyhow::Result<Finish> {
    let Payload { call_id } = job.read()?;
    let Some((call, heard)) = load(app, &call_id).await? else {
        return Ok(Finish::Done(app.db.begin().await?));
    };
    let Some(file) = calls::api::recording_file(app, &call) else {
        return finish(app, &call_id, TranscriptState::Failed, "录音路径无效").await;
    };
    set_state(app, &call_id, TranscriptState::Running).await?;
    match app
        .speech
        .engine()
        .recognise(&file, &office_skips(&call, &heard))
        .await
    {
        Ok(found) => {
            let mut tx = app.db.begin().await?;
            store::save(&mut tx, &call_id, &found, app.clock.now()).await?;
            calls::set_transcript_state(&mut tx, &call_id, TranscriptState::Done).await?;
            events::publish(
                &mut tx,
                app.clock.now(),
                DONE,
                &call_id,
                &Payload {
                    call_id: call_id.clone(),
                },
            )
            .await?;
            Ok(Finish::Done(tx))
        }
        Err(RecogniserError::Stopping) => {
            let mut tx = app.db.begin().await?;
            calls::set_transcript_state(&mut tx, &call_id, TranscriptState::Pending).await?;
            Ok(Finish::Again(tx, app.clock.now() + AFTER_STOPPING))
        }
        Err(RecogniserError::NoModel(why)) => finish(app, &call_id, TranscriptState::NoModel, &why).await,
        Err(RecogniserError::BadRecording(why)) => give_up(app, &call_id, why).await,
        Err(RecogniserError::Failed(why)) if job.is_last_attempt() => give_up(app, &call_id, why).await,
        Err(RecogniserError::Failed(why)) => {
            set_state(app, &call_id, TranscriptState::Pending).await?;
            anyhow::bail!(why)
        }
    }
}

async fn load(app: &App, call_id: &str) -> anyhow::Result<Option<(Call, Vec<EventRow>)>> {
    let mut tx = app.db.read().await?;
    let Some(call) = calls::find(&mut tx, call_id).await? else {
        return Ok(None);
    };
    let heard = calls::events(&mut tx, call_id).await?;
    Ok(Some((call, heard)))
}

async fn set_state(app: &App, call_id: &str, state: TranscriptState) -> anyhow::Result<()> {
    let mut tx = app.db.begin().await?;
    calls::set_transcript_state(&mut tx, call_id, state).await?;
    tx.commit().await?;
    Ok(())
}

async fn finish(app: &App, call_id: &str, state: TranscriptState, why: &str) -> anyhow::Result<Finish> {
    let mut tx = app.db.begin().await?;
    store::note(&mut tx, call_id, "", Some(why), app.clock.now()).await?;
    calls::set_transcript_state(&mut tx, call_id, state).await?;
    Ok(Finish::Done(tx))
}

/// The state is stored, and the job stays among the failed ones for a person to see.
async fn give_up(app: &App, call_id: &str, why: String) -> anyhow::Result<Finish> {
    if let Finish::Done(tx) = finish(app, call_id, TranscriptState::Failed, &why).await? {
        tx.commit().await?;
    }
    Err(Permanent(why).into())
}
