//! Flows being worked on: kept with all their faults, checked as they stand, published as a new version.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{
    Edit, Error, Flow, Kind, Versioned, current,
    flow::{self, FlowFault, Known},
    lines, queues, read, save, schedules, store,
};
use crate::{
    clock::millis,
    db::{self, Tx},
};

/// A draft; `version` is that from which it was begun.
pub type Draft = Versioned<Value>;

pub async fn draft(tx: &mut Tx, name: &str) -> Result<Option<Draft>, db::Error> {
    Ok(store::draft(tx, name).await?.and_then(readable))
}

pub async fn drafts(tx: &mut Tx) -> Result<Vec<Draft>, db::Error> {
    Ok(store::drafts(tx)
        .await?
        .into_iter()
        .filter_map(readable)
        .collect())
}

/// What nobody can read is no draft: the next one kept takes its place.
fn readable(row: store::Row) -> Option<Draft> {
    let name = row.name.clone();
    read(row)
        .inspect_err(|error| tracing::error!(%error, name, "the draft of a menu cannot be read"))
        .ok()
}

/// Keeps a draft. Without `base` it goes on from where it was, or from the version in force.
pub async fn keep(
    tx: &mut Tx,
    name: &str,
    body: &Value,
    base: Option<i64>,
    (now, by): (DateTime<Utc>, &str),
) -> Result<(), db::Error> {
    let base = match base {
        Some(base) => base,
        None => begun_from(tx, name).await?,
    };
    store::put_draft(tx, name, &body.to_string(), base, millis(now), by).await
}

async fn begun_from(tx: &mut Tx, name: &str) -> Result<i64, db::Error> {
    if let Some(draft) = store::draft(tx, name).await? {
        return Ok(draft.version);
    }
    let row = store::current(tx, Kind::Menu.as_str(), name).await?;
    Ok(row.map_or(0, |row| row.version))
}

pub async fn discard(tx: &mut Tx, name: &str) -> Result<bool, db::Error> {
    Ok(store::delete_draft(tx, name).await? > 0)
}

#[derive(Debug, thiserror::Error)]
pub enum NotPublished {
    #[error("the flow has faults")]
    Faults(Vec<FlowFault>),
    #[error(transparent)]
    Settings(#[from] Error),
}

impl From<db::Error> for NotPublished {
    fn from(error: db::Error) -> Self {
        Self::Settings(error.into())
    }
}

/// The draft becomes the version in force: it answers the next call.
pub async fn publish(tx: &mut Tx, name: &str, (now, by): (DateTime<Utc>, &str)) -> Result<i64, NotPublished> {
    let draft = draft(tx, name).await?.ok_or(Error::NotFound)?;
    let known = known(tx, name).await?;
    let flow = flow::read(name, &draft.body, &known).map_err(NotPublished::Faults)?;
    let kind = Kind::Menu;
    let edit = Edit { kind, name, now, by };
    let version = save(tx, edit, &flow, Some(draft.version)).await?;
    store::delete_draft(tx, name).await?;
    Ok(version)
}

/// What flows may refer to now.
pub async fn known(tx: &mut Tx, menu: &str) -> Result<Known, db::Error> {
    let queues = queues(tx).await?.into_iter().map(|queue| queue.name).collect();
    let schedules = schedules(tx).await?;
    let schedules = schedules.into_iter().map(|schedule| schedule.name).collect();
    let prompts = store::prompt_names(tx).await?.into_iter().collect();
    let is_inbound = lines(tx).await?.iter().any(|line| line.menu == menu);
    Ok(Known {
        queues: Some(queues),
        schedules: Some(schedules),
        prompts: Some(prompts),
        is_inbound,
    })
}

/// The flow in force, or an earlier version of it.
pub async fn version_of(tx: &mut Tx, name: &str, version: Option<i64>) -> Result<Flow, Error> {
    match version {
        None => Ok(current(tx, Kind::Menu, name).await?.ok_or(Error::NotFound)?.body),
        Some(version) => {
            let row = store::version(tx, Kind::Menu.as_str(), name, version).await?;
            let version = read(row.ok_or(Error::NotFound)?).map_err(|_| Error::Unreadable)?;
            Ok(version.body)
        }
    }
}
