//! Prompts (提示音): those of the provisioning folder, and what the county records or brings in over them. It plays nothing: the
//! switchboard takes the files when `prompts.changed` says so.

pub mod api;
pub mod sound;
mod store;
mod synthesis;

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use crate::{
    app::App,
    audio,
    clock::millis,
    db::{self, Tx},
    events,
};
use sound::{Prepared, RATE};

pub use store::{Prompt, all};

pub const CHANGED: &str = "prompts.changed";

/// Below the data directory, so that a backup of it has them.
const FOLDER: &str = "prompts";

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the prompt cannot be written: {0}")]
    File(#[from] std::io::Error),
    #[error(transparent)]
    Database(#[from] db::Error),
}

/// What somebody brought in.
#[derive(Debug, Clone, Copy)]
pub struct New<'n> {
    pub name: &'n str,
    pub text: &'n str,
    /// uploaded, recorded, synthesised
    pub source: &'n str,
    pub now: DateTime<Utc>,
    pub by: &'n str,
}

/// Keeps a prompt; it is heard from the next call on. The file is on the disk before the row names it.
pub async fn keep(app: &App, tx: &mut Tx, new: New<'_>, sound: &Prepared) -> Result<(), Error> {
    let file = format!("{FOLDER}/{}-{}.wav", new.name.replace('/', "-"), app.rng.id());
    let path = app.config.service.data_dir.join(&file);
    let samples = sound.samples.clone();
    let written = tokio::task::spawn_blocking(move || write(&path, &samples));
    written.await.map_err(std::io::Error::other)??;
    let recording = store::Recording {
        name: new.name,
        text: new.text,
        file: Some(&file),
        source: new.source,
        duration_ms: sound::duration_ms(&sound.samples),
        loudness: sound.loudness,
        at: millis(new.now),
        by: new.by,
    };
    store::insert(tx, &recording).await?;
    tell(tx, new.now, new.name).await?;
    Ok(())
}

/// Back to the shipped prompt, or away with one that the county added.
pub async fn reset(tx: &mut Tx, name: &str, now: DateTime<Utc>, by: &str) -> Result<(), db::Error> {
    let recording = store::Recording {
        name,
        text: "",
        file: None,
        source: "reset",
        duration_ms: 0,
        loudness: None,
        at: millis(now),
        by,
    };
    store::insert(tx, &recording).await?;
    tell(tx, now, name).await
}

async fn tell(tx: &mut Tx, now: DateTime<Utc>, name: &str) -> Result<(), db::Error> {
    events::publish(tx, now, CHANGED, name, &serde_json::json!({})).await
}

fn write(path: &Path, samples: &[i16]) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(path);
    std::fs::create_dir_all(folder)?;
    audio::write(path, RATE, samples)
}

impl Prompt {
    /// The file that is heard; None where nobody has recorded it yet.
    pub fn path(&self, data_dir: &Path) -> Option<PathBuf> {
        match &self.file {
            Some(file) => Some(data_dir.join(file)),
            None => Some(PathBuf::from(&self.shipped)).filter(|path| !path.as_os_str().is_empty()),
        }
    }
}
