//! Walks the chain of entries and that of recordings, and names what does not hold. Changes nothing.

use std::{
    collections::BTreeMap,
    io::{ErrorKind, Read},
    path::{Component, Path, PathBuf},
};

use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use super::{
    RECORDING_COMPLETE, RECORDING_DELETED,
    rules::{Fault, Link, Row},
    store,
};
use crate::{app::App, db};

/// Rows read at a time.
const CHUNK: i64 = 2000;
/// Broken recordings that are named; the rest is counted by whoever mends these.
const NAMED: usize = 100;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = AuditReport)]
pub struct Report {
    /// Rows that hold, up to the first break
    pub entries: i64,
    /// The end of the chain as `SEQ:HASH`: whoever notes it elsewhere can prove later that nothing before it was changed
    pub head: String,
    /// Recordings whose digest is in the chain
    pub recordings: usize,
    /// null: the chain is whole
    pub first_break: Option<Break>,
    /// Recordings that are missing or not what was recorded
    pub broken_recordings: Vec<Break>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = AuditBreak)]
pub struct Break {
    /// The row of the chain it concerns
    pub seq: i64,
    pub reason: String,
}

impl Report {
    pub fn is_whole(&self) -> bool {
        self.first_break.is_none() && self.broken_recordings.is_empty()
    }
}

/// `noted`: an end of the chain that was noted earlier and must still be in it.
pub async fn verify(app: &App, noted: Option<Link>) -> Result<Report, db::Error> {
    let mut tx = app.db.read().await?;
    let mut walk = Walk {
        noted,
        ..Walk::default()
    };
    let mut fault = walk.all(&mut tx).await?;
    let head = store::head(&mut tx).await?;
    drop(tx);
    if fault.is_none() {
        fault = walk.end(app, head.as_ref()).err();
    }
    let recordings = walk.recordings.len();
    let dir = app.config.recordings();
    let broken_recordings = tokio::task::spawn_blocking(move || check_recordings(&dir, walk.recordings))
        .await
        .map_err(|error| db::Error::Storage(error.to_string()))?;
    Ok(Report {
        entries: walk.link.seq,
        head: format!("{}:{}", walk.link.seq, walk.link.hash),
        recordings,
        first_break: fault.map(|fault| Break {
            seq: walk.link.seq + 1,
            reason: fault.to_string(),
        }),
        broken_recordings,
    })
}

#[derive(Default)]
struct Walk {
    link: Link,
    noted: Option<Link>,
    /// By path: the row that vouches for it and the digest. The last one counts: a recording that was recovered is completed again.
    recordings: BTreeMap<String, (i64, String)>,
}

impl Walk {
    async fn all(&mut self, tx: &mut db::Tx) -> Result<Option<Fault>, db::Error> {
        loop {
            let rows = store::after(tx, self.link.seq, CHUNK).await?;
            if rows.is_empty() {
                return Ok(None);
            }
            for row in &rows {
                if let Err(fault) = self.step(row) {
                    return Ok(Some(fault));
                }
            }
        }
    }

    fn step(&mut self, row: &Row) -> Result<(), Fault> {
        self.link.follow(row)?;
        if self
            .noted
            .as_ref()
            .is_some_and(|noted| noted.seq == row.seq && noted.hash != row.hash)
        {
            return Err(Fault::Anchor(row.seq));
        }
        if row.action == RECORDING_COMPLETE
            && let Some((path, sum)) = recorded(row)
        {
            self.recordings.insert(path, (row.seq, sum));
        }
        // The hotline's own doing, in the chain like the recording itself: not what somebody took away.
        if row.action == RECORDING_DELETED
            && let Some(path) = text_of(row, "path")
        {
            self.recordings.remove(&path);
        }
        Ok(())
    }

    fn end(&self, app: &App, head: Option<&(Link, String)>) -> Result<(), Fault> {
        let Some((head, seal)) = head else {
            return Err(Fault::Head(self.link.seq));
        };
        self.link.ends_at(head)?;
        if let Some(noted) = self.noted.as_ref().filter(|noted| noted.seq > self.link.seq) {
            return Err(Fault::Truncated {
                last: self.link.seq,
                head: noted.seq,
            });
        }
        let file = app.seal.file().display().to_string();
        match app.seal.fits(head, seal) {
            // An empty chain has no seal yet; the key is made with the first row.
            Ok(None) if head.seq == 0 => Ok(()),
            Ok(Some(_)) if head.seq == 0 => Err(Fault::Emptied),
            Ok(Some(true)) => Ok(()),
            Ok(Some(false)) => Err(Fault::Seal),
            Ok(None) | Err(_) => Err(Fault::NoKey(file)),
        }
    }
}

fn recorded(row: &Row) -> Option<(String, String)> {
    Some((text_of(row, "path")?, text_of(row, "sha256")?))
}

fn text_of(row: &Row, name: &str) -> Option<String> {
    let detail: Value = serde_json::from_str(&row.detail).ok()?;
    detail.get(name).and_then(Value::as_str).map(str::to_owned)
}

fn check_recordings(dir: &Path, recordings: BTreeMap<String, (i64, String)>) -> Vec<Break> {
    let broken = |(path, (seq, sum)): (String, (i64, String))| {
        let fault = check_recording(dir, &path, &sum).err()?;
        Some(Break {
            seq,
            reason: fault.to_string(),
        })
    };
    recordings.into_iter().filter_map(broken).take(NAMED).collect()
}

fn check_recording(dir: &Path, path: &str, sum: &str) -> Result<(), Fault> {
    let inside = PathBuf::from(path)
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    let found = if inside {
        digest(&dir.join(path))
    } else {
        Err(ErrorKind::InvalidInput.into())
    };
    match found {
        Ok(found) if found == sum => Ok(()),
        Ok(_) => Err(Fault::RecordingAltered(path.to_owned())),
        Err(error) if error.kind() == ErrorKind::NotFound => Err(Fault::RecordingMissing(path.to_owned())),
        Err(_) => Err(Fault::RecordingUnreadable(path.to_owned())),
    }
}

fn digest(file: &Path) -> std::io::Result<String> {
    let mut file = std::fs::File::open(file)?;
    let mut hash = Sha256::new();
    let mut block = vec![0; 64 * 1024];
    loop {
        match file.read(&mut block)? {
            0 => return Ok(hex::encode(hash.finalize())),
            length => hash.update(&block[..length]),
        }
    }
}
