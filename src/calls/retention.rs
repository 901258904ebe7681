//! Recordings go when they are older than `recording.keep_days`, and the audit log says that it was so. What was said in them, and the
//! call's record, stay.

use std::{io::ErrorKind, path::PathBuf};

use chrono::TimeDelta;
use serde_json::json;

use super::{Call, Change, What, apply, store::retention::outlived};
use crate::{
    app::App,
    audit::{self, Entry, RECORDING_DELETED, Who},
    clock::millis,
    db,
    jobs::{self, Finish, Job, Kind},
};

pub const EXPIRE: Kind = Kind::new("calls.expire_recordings", |app, job| Box::pin(expire(app, job)));

const KEY: &str = "calls.expire_recordings";
const EVERY: TimeDelta = TimeDelta::hours(1);
/// Calls must not wait long for the writer.
const BATCH: i64 = 20;

/// At start-up.
pub async fn begin(app: &App) -> Result<(), db::Error> {
    let mut tx = app.db.begin().await?;
    let now = app.clock.now();
    jobs::enqueue(&mut tx, now, &EXPIRE, Some(KEY), &(), now).await?;
    tx.commit().await
}

async fn expire(app: &App, _: &Job) -> anyhow::Result<Finish> {
    let now = app.clock.now();
    let before = millis(now - TimeDelta::days(app.config.recording.keep_days.into()));
    loop {
        let calls = outlived(&mut app.db.read().await?, before, BATCH).await?;
        if calls.is_empty() {
            return Ok(Finish::Again(app.db.begin().await?, now + EVERY));
        }
        delete(app, &calls).await?;
    }
}

/// The files first: a daemon that dies in between finds the rows again and the files gone.
async fn delete(app: &App, calls: &[Call]) -> anyhow::Result<()> {
    let files: Vec<PathBuf> = calls
        .iter()
        .filter_map(|call| super::api::recording_file(app, call))
        .collect();
    tokio::task::spawn_blocking(move || files.iter().try_for_each(remove)).await??;
    let mut tx = app.db.begin().await?;
    let changes: Vec<Change> = calls
        .iter()
        .map(|call| Change {
            call_id: call.id.clone(),
            at: app.clock.now(),
            what: What::RecordingDeleted,
        })
        .collect();
    apply(&mut tx, &changes).await?;
    for call in calls {
        audit::append(app, &mut tx, entry(app, call)).await?;
    }
    tx.commit().await?;
    tracing::info!(
        recordings = calls.len(),
        "recordings older than keep_days were deleted"
    );
    Ok(())
}

fn remove(file: &PathBuf) -> std::io::Result<()> {
    match std::fs::remove_file(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

fn entry(app: &App, call: &Call) -> Entry {
    let mut entry = Entry::new(Who::default(), RECORDING_DELETED, "recording", &call.id);
    entry.detail = json!({
        "path": call.recording_path,
        "sha256": call.recording_sha256,
        "keep_days": app.config.recording.keep_days,
    });
    entry
}
