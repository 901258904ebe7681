//! What the hotline is told to do: menus, queues, lines, schedules. Every edit is a new version; a rollback is one too. It does not act
//! on them: the switchboard reads them again when `settings.changed` says so.

pub mod api;
pub mod drafts;
pub mod flow;
pub mod numbers;
mod provide;
pub mod queue;
pub mod rules;
mod standing;
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
pub use provide::{Before, Provided, Said, provide};
pub use queue::{Queue, Strategy};
pub use rules::{Hours, Line, Schedule};
pub use standing::{Standing, Unreadable, standing};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    Menu,
    Queue,
    Lines,
    Schedule,
    /// Time-limit profiles; what is in them is the calendar's.
    Limits,
    /// Which of them is in force.
    LimitsChoice,
    /// 自动派单; the rule is the dispatch's.
    Dispatch,
    /// Holidays of a year as somebody entered them; the calendar's as well.
    Calendar,
}

impl Kind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Menu => "menu",
            Self::Queue => "queue",
            Self::Lines => "lines",
            Self::Schedule => "schedule",
            Self::Limits => "limits",
            Self::LimitsChoice => "limits_choice",
            Self::Dispatch => "dispatch",
            Self::Calendar => "calendar",
        }
    }
}

/// The one document of [`Kind::Lines`].
pub const LINES: &str = "lines";

/// The one document of [`Kind::LimitsChoice`].
pub const LIMITS_CHOICE: &str = "limits_choice";

/// A document in force, or an earlier one.
#[derive(Debug, Clone, PartialEq)]
pub struct Versioned<T> {
    pub name: String,
    /// Of a document in force: its newest, from which an editor goes on, though the body may be an earlier one's ([`standing`]).
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
    #[error("the version cannot be read")]
    Unreadable,
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

/// Titles of the flows in force that ask whether this schedule is open.
pub async fn menus_by_schedule(tx: &mut Tx, schedule: &str) -> Result<Vec<String>, db::Error> {
    let asks = |node: &flow::Node| matches!(&node.step, flow::Step::Schedule { schedule: asked, .. } if asked == schedule);
    let menus = menus(tx).await?.into_iter();
    let asking = menus.filter(|menu| menu.body.nodes.values().any(asks));
    Ok(asking.map(|menu| menu.body.title).collect())
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
    Ok(standing(tx, kind, |body| serde_json::from_str::<T>(body))
        .await?
        .documents)
}

pub async fn current<T: DeserializeOwned>(
    tx: &mut Tx,
    kind: Kind,
    name: &str,
) -> Result<Option<Versioned<T>>, db::Error> {
    let Some(row) = store::current(tx, kind.as_str(), name).await? else {
        return Ok(None);
    };
    let (document, _) = standing::newest(tx, kind, row, |body| serde_json::from_str::<T>(body)).await?;
    Ok(document)
}

/// Every version, newest first, without what is in it.
pub async fn versions(tx: &mut Tx, kind: Kind, name: &str) -> Result<Vec<Versioned<()>>, db::Error> {
    let rows = store::versions(tx, kind.as_str(), name).await?;
    Ok(rows.into_iter().map(|row| versioned(row, ())).collect())
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
    // Two editors must not take the same version number.
    events::hold(tx).await?;
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

/// The body of an earlier version, to be checked and saved anew.
pub async fn earlier(tx: &mut Tx, kind: Kind, name: &str, version: i64) -> Result<Value, Error> {
    let row = store::version(tx, kind.as_str(), name, version)
        .await?
        .ok_or(Error::NotFound)?;
    Ok(read::<Value>(row).map_err(|_| Error::Unreadable)?.body)
}

fn read<T: DeserializeOwned>(row: store::Row) -> Result<Versioned<T>, db::Error> {
    let body = serde_json::from_str(&row.body)
        .map_err(|error| db::Error::Other(sqlx::Error::Decode(error.into())))?;
    Ok(versioned(row, body))
}

fn versioned<T>(row: store::Row, body: T) -> Versioned<T> {
    Versioned {
        name: row.name,
        version: row.version,
        body,
        updated_at: from_millis(row.at),
        updated_by: row.by,
    }
}
