//! After a crash: calls that were under way are closed, and what was recorded of them is attached.

use std::path::Path;

use telephony::driver::recorder;

use crate::app::App;
use crate::calls::{self, Change, Outcome, What};

/// Repairs each recording up to its last whole second and ends each call with cause `restart`.
pub(super) async fn close_unfinished(app: &App, recordings: &Path) -> anyhow::Result<()> {
    let mut tx = app.db.begin().await?;
    let now = app.clock.now();
    let mut changes = Vec::new();
    for call in calls::unfinished(&mut tx).await? {
        let change = |what| Change {
            call_id: call.call_id.clone(),
            at: now,
            what,
        };
        if let Some(path) = call.recording_path.clone() {
            changes.push(change(recovered(recordings, path)));
        }
        if !call.ended {
            changes.push(change(What::Ended {
                outcome: Outcome::Failed,
                cause: "restart".into(),
                by: "system".into(),
            }));
        }
    }
    if !changes.is_empty() {
        tracing::warn!(
            changes = changes.len(),
            "calls were cut off by the last stop; their records are closed"
        );
    }
    calls::apply(&mut tx, &changes).await?;
    tx.commit().await?;
    Ok(())
}

fn recovered(recordings: &Path, path: String) -> What {
    match recorder::repair(&recordings.join(&path)) {
        Ok(Some(recorded)) => What::Recorded {
            path,
            duration_ms: i64::try_from(recorded.duration.as_millis()).unwrap_or(i64::MAX),
            bytes: i64::try_from(recorded.bytes).unwrap_or(i64::MAX),
            sha256: recorded.sha256,
            frames_lost: i64::try_from(recorded.frames_lost).unwrap_or(i64::MAX),
        },
        Ok(None) => What::RecordingFailed {
            reason: "nothing was recorded before the stop".into(),
        },
        Err(error) => What::RecordingFailed {
            reason: error.to_string(),
        },
    }
}

/// States and monitorings that a crash left open end now: nobody was at a desk while the daemon was down.
pub(super) async fn close_shifts(app: &App) -> anyhow::Result<()> {
    let mut tx = app.db.begin().await?;
    crate::desks::close_open(&mut tx, app.clock.now()).await?;
    tx.commit().await?;
    Ok(())
}
