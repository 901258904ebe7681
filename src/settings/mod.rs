//! What the hotline is told to do: menus, queues, lines, schedules. Every edit is a new version; a rollback is one too. It does not act
//! on them: the switchboard reads them again when `settings.changed` says so.

pub mod api;
pub mod drafts;
pub mod flow;
pub mod numbers;
pub mod queue;
pub mod rules;
mod store;

use chrono::{DateTime, Utc};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{
    clock::{from_millis, millis},
    db::{self, Tx},
    events,
};

pub use flow::Flow;
pub use queue::{Queue, Strategy};
pub use rules::{Hours, Line, Schedule};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    Menu,
    Queue,
    Lines,
    Schedule,
    /// Time-limit profiles; what is in them is the calendar's.
    Limits,
}

impl Kind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Menu => "menu",
            Self::Queue => "queue",
            Self::Lines => "lines",
            Self::Schedule => "schedule",
            Self::Limits => "limits",
        }
    }
}

/// The one document of [`Kind::Lines`].
pub const LINES: &str = "lines";

/// A document in force, or an earlier one.
#[derive(Debug, Clone, PartialEq)]
pub struct Versioned<T> {
    pub name: String,
    pub version: i64,
    pub body: T,
    pub updated_at: DateTime<Utc>,
    pub updated_by: String,
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Somebody else saved meanwhile.
    #[error("the document is at version {current} by now")]
    Stale { current: i64 },
    #[error("no such document or version")]
    NotFound,
    #[error(transparent)]
    Database(#[from] db::Error),
}

pub async fn menus(tx: &mut Tx) -> Result<Vec<Versioned<Flow>>, db::Error> {
    all(tx, Kind::Menu).await
}

/// A flow in force in which this prompt is said.
pub async fn menu_that_says(tx: &mut Tx, prompt: &str) -> Result<Option<String>, db::Error> {
    let says = |flow: &Flow| {
        flow.nodes
            .values()
            .any(|node| node.step.prompts().iter().any(|p| p == prompt))
    };
    let menus = menus(tx).await?;
    Ok(menus
        .into_iter()
        .find(|menu| says(&menu.body))
        .map(|menu| menu.name))
}

pub async fn queues(tx: &mut Tx) -> Result<Vec<Versioned<Queue>>, db::Error> {
    all(tx, Kind::Queue).await
}

pub async fn schedules(tx: &mut Tx) -> Result<Vec<Versioned<Schedule>>, db::Error> {
    all(tx, Kind::Schedule).await
}

/// Which menu a called number leads to.
pub async fn lines(tx: &mut Tx) -> Result<Vec<Line>, db::Error> {
    Ok(current(tx, Kind::Lines, LINES)
        .await?
        .map(|lines: Versioned<Vec<Line>>| lines.body)
        .unwrap_or_default())
}

/// All documents of a kind, each in its version in force.
pub async fn all<T: DeserializeOwned>(tx: &mut Tx, kind: Kind) -> Result<Vec<Versioned<T>>, db::Error> {
    store::all(tx, kind.as_str())
        .await?
        .into_iter()
        .map(read)
        .collect()
}

pub async fn current<T: DeserializeOwned>(
    tx: &mut Tx,
    kind: Kind,
    name: &str,
) -> Result<Option<Versioned<T>>, db::Error> {
    store::current(tx, kind.as_str(), name)
        .await?
        .map(read)
        .transpose()
}

/// Every version, newest first.
pub async fn versions(tx: &mut Tx, kind: Kind, name: &str) -> Result<Vec<Versioned<Value>>, db::Error> {
    store::versions(tx, kind.as_str(), name)
        .await?
        .into_iter()
        .map(read)
        .collect()
}

/// Who changes what, and when.
#[derive(Debug, Clone, Copy)]
pub struct Edit<'a> {
    pub kind: Kind,
    pub name: &'a str,
    pub now: DateTime<Utc>,
    pub by: &'a str,
}

/// Saves a checked document as a new version. `expected` is the version the editor saw (0: none yet); without it the last one wins.
pub async fn save<T: Serialize + ?Sized>(
    tx: &mut Tx,
    edit: Edit<'_>,
    body: &T,
    expected: Option<i64>,
) -> Result<i64, Error> {
    let kind = edit.kind.as_str();
    store::hold(tx, kind).await?;
    let last = store::current(tx, kind, edit.name)
        .await?
        .map_or(0, |row| row.version);
    if expected.is_some_and(|expected| expected != last) {
        return Err(Error::Stale { current: last });
    }
    let version = last + 1;
    let body =
        serde_json::to_string(body).map_err(|error| db::Error::Other(sqlx::Error::Encode(error.into())))?;
    store::insert(tx, kind, edit.name, version, &body, millis(edit.now), edit.by).await?;
    let fact = serde_json::json!({"kind": kind, "name": edit.name, "version": version, "by": edit.by});
    events::publish(tx, edit.now, "settings.changed", edit.name, &fact).await?;
    Ok(version)
}

/// Saves unless the document in force says the same already; for loaders that run again. Says whether anything changed.
pub async fn save_if_changed<T: Serialize + ?Sized>(
    tx: &mut Tx,
    edit: Edit<'_>,
    body: &T,
) -> Result<bool, Error> {
    let wanted =
        serde_json::to_value(body).map_err(|error| db::Error::Other(sqlx::Error::Encode(error.into())))?;
    let current = current::<Value>(tx, edit.kind, edit.name).await?;
    if current.is_some_and(|current| current.body == wanted) {
        return Ok(false);
    }
    save(tx, edit, &wanted, None).await?;
    Ok(true)
}

/// The body of an earlier version, to be checked and saved anew.
pub async fn earlier(tx: &mut Tx, kind: Kind, name: &str, version: i64) -> Result<Value, Error> {
    let row = store::version(tx, kind.as_str(), name, version)
        .await?
        .ok_or(Error::NotFound)?;
    Ok(read::<Value>(row)?.body)
}

fn read<T: DeserializeOwned>(row: store::Row) -> Result<Versioned<T>, db::Error> {
    let body = serde_json::from_str(&row.body)
        .map_err(|error| db::Error::Other(sqlx::Error::Decode(error.into())))?;
    Ok(Versioned {
        name: row.name,
        version: row.version,
        body,
        updated_at: from_millis(row.at),
        updated_by: row.by,
    })
}
