//! The audit log (审计): who did, saw or tried what, each row chained to the one before. Does not decide who may do anything, and keeps
//! no citizen's data: what was written is in the slices' own events.

pub mod api;
mod rules;
mod seal;
mod store;
pub mod verify;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use crate::{
    app::App,
    clock::millis,
    db::{self, Tx},
};

pub use rules::{Fault, Link, Row};
pub use seal::Seal;

/// A recording is complete: its digest enters the chain.
pub const RECORDING_COMPLETE: &str = "recording.complete";

/// A recording was kept for as long as it had to be, and is gone.
pub const RECORDING_DELETED: &str = "recording.delete";

/// A page that is open reads itself anew at every change; that is one look, not many.
const ONE_LOOK: TimeDelta = TimeDelta::minutes(10);

/// Who acts, and from where.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Who {
    /// Empty: the hotline itself.
    pub actor: String,
    pub role: String,
    pub address: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Done,
    Refused,
    Failed,
}

impl Outcome {
    fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

/// One thing done to, or seen of, one object.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub who: Who,
    pub action: String,
    pub object_kind: String,
    pub object_id: String,
    pub outcome: Outcome,
    pub detail: Value,
}

impl Entry {
    pub fn new(who: Who, action: &str, object_kind: &str, object_id: &str) -> Self {
        Self {
            who,
            action: action.to_owned(),
            object_kind: object_kind.to_owned(),
            object_id: object_id.to_owned(),
            outcome: Outcome::Done,
            detail: Value::Null,
        }
    }

    fn row(self, at: DateTime<Utc>) -> Row {
        Row {
            at: millis(at),
            actor: kept(self.who.actor),
            role: self.who.role,
            address: self.who.address,
            action: self.action,
            object_kind: self.object_kind,
            object_id: kept(self.object_id),
            outcome: self.outcome.as_str().to_owned(),
            detail: self.detail.to_string(),
            ..Row::default()
        }
    }
}

/// Names come from requests, also from refused ones: what no name is long enough for is cut. PostgreSQL keeps no NUL.
fn kept(name: String) -> String {
    name.chars().filter(|c| *c != '\0').take(100).collect()
}

/// Appends an entry to the chain. The last thing a transaction does: on PostgreSQL all others wait from here to its end.
pub async fn append(app: &App, tx: &mut Tx, entry: Entry) -> Result<(), db::Error> {
    let before = store::take_head(tx).await?;
    let mut row = entry.row(app.clock.now());
    row.seq = before.seq;
    row.prev_hash = before.hash;
    row.hash = row.digest();
    store::insert(tx, &row).await?;
    let head = Link {
        seq: row.seq,
        hash: row.hash,
    };
    let seal = app.seal.of(&head, &app.rng);
    let seal = seal.map_err(|error| db::Error::Storage(error.to_string()))?;
    if seal.is_none() {
        tracing::error!(file = %app.seal.file().display(), "the key of the audit log is gone; its head cannot be sealed");
    }
    store::set_head(tx, &head, &seal.unwrap_or_default()).await
}

/// How often the same look of the same person is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Often {
    /// Each time.
    Each,
    /// Once for as long as a page stays open.
    Look,
}

/// Writes down that somebody reads what is personal; before it is handed out.
pub async fn note_read(app: &App, entry: Entry, often: Often) -> Result<(), db::Error> {
    let now = app.clock.now();
    if often == Often::Look {
        let like = entry.clone().row(now);
        let since = millis(now - ONE_LOOK);
        if store::was_noted(&mut app.db.read().await?, &like, since).await? {
            return Ok(());
        }
    }
    let mut tx = app.db.begin().await?;
    append(app, &mut tx, entry).await?;
    tx.commit().await
}
