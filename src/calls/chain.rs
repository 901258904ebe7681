//! A complete recording's digest enters the audit log's chain, so that a recording that is changed or gone shows.

use serde_json::json;

use super::{Call, RECORDED, by_ids};
use crate::{
    app::App,
    audit::{self, Entry, RECORDING_COMPLETE, Who},
    db::Tx,
    events::{Consumer, Event},
};

pub const CONSUMER: Consumer = Consumer {
    name: "recordings.chain",
    topics: &[RECORDED],
    handle: |app, tx, events| Box::pin(on_events(app, tx, events)),
};

async fn on_events(app: &App, tx: &mut Tx, events: &[Event]) -> anyhow::Result<()> {
    let ids: Vec<&str> = events.iter().map(|event| event.key.as_str()).collect();
    for call in by_ids(tx, &ids).await? {
        if let Some(entry) = entry(&call) {
            audit::append(app, tx, entry).await?;
        }
    }
    Ok(())
}

fn entry(call: &Call) -> Option<Entry> {
    let (path, sha256) = (call.recording_path.as_ref()?, call.recording_sha256.as_ref()?);
    let mut entry = Entry::new(Who::default(), RECORDING_COMPLETE, "recording", &call.id);
    entry.detail = json!({
        "path": path,
        "sha256": sha256,
        "bytes": call.recording_bytes,
        "ms": call.recording_ms,
    });
    Some(entry)
}
