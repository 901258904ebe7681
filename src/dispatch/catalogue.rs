//! The duty catalogue (派单目录) as it is kept: entries, their versions, lists of them in and out. What follows from it for a ticket is
//! not said here.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::{
    store::catalogue as store,
    table::{self, Names, Wanted},
};
use crate::{
    db::{self, Tx},
    events,
    sheets::{Fault, Outcome},
};

/// The catalogue is another from now on.
pub const CHANGED: &str = "duties.changed";

/// Who answers for a class in an area, and from which day to which.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub class_code: String,
    /// Code of a place; empty: the whole county.
    pub area: String,
    pub unit_code: String,
    pub co_units: Vec<String>,
    pub basis: String,
    pub note: String,
    /// The first and the last day on which it holds.
    pub valid_from: Option<NaiveDate>,
    pub valid_until: Option<NaiveDate>,
}

/// Class, area and unit: there is one entry of each.
pub(super) type Key = (String, String, String);

impl Entry {
    pub(super) fn key(&self) -> Key {
        (self.class_code.clone(), self.area.clone(), self.unit_code.clone())
    }

    pub(super) fn standing(&self, on: NaiveDate) -> Standing {
        if self.valid_until.is_some_and(|last| last < on) {
            Standing::Ended
        } else if self.valid_from.is_some_and(|first| first > on) {
            Standing::Future
        } else {
            Standing::InForce
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    InForce,
    Future,
    Ended,
}

/// An entry in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) id: i64,
    /// Of the catalogue, that changed it last.
    pub(super) version: i64,
    pub(super) position: i64,
    pub(super) entry: Entry,
}

/// What becomes of one entry: none before, it is new; none after, it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Edit {
    pub(super) before: Option<Entry>,
    pub(super) after: Option<Entry>,
}

impl Edit {
    pub(super) fn key(&self) -> Key {
        let entry = self.after.as_ref().or(self.before.as_ref());
        entry.map(Entry::key).unwrap_or_default()
    }
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Hand<'a> {
    pub(super) now: DateTime<Utc>,
    pub(super) by: &'a str,
    /// loaded, added, changed, imported, rolled_back
    pub(super) what: &'static str,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("没有这个条目或版本")]
    NotFound,
    #[error("内容有误")]
    Invalid(Vec<Fault>),
    #[error("该条目已被他人修改，请刷新后再试")]
    Stale,
    /// What an earlier version names is no longer there.
    #[error("第 {version} 版中的“{name}”已不在分类、单位或区域之中，不能恢复到该版；请改为逐条修改")]
    Gone { version: i64, name: String },
    #[error(transparent)]
    Database(#[from] db::Error),
}

fn invalid(column: &str, message: &str) -> Error {
    Error::Invalid(vec![Fault {
        sheet: String::new(),
        row: 0,
        column: column.to_owned(),
        message: message.to_owned(),
    }])
}

/// The only entry of a form that was read as a sheet.
fn single(wanted: Wanted) -> Result<Entry, Error> {
    if !wanted.faults.is_empty() {
        return Err(Error::Invalid(wanted.faults));
    }
    let row = wanted.rows.into_iter().next();
    row.map(|(_, entry)| entry).ok_or(Error::NotFound)
}

/// A new entry; its number.
pub(super) async fn add(tx: &mut Tx, hand: Hand<'_>, form: &table::Form) -> Result<i64, Error> {
    events::hold(tx).await?;
    let entry = single(table::read(&[form.sheet().cells()], &store::names(tx).await?))?;
    if store::find_by_key(tx, &entry.key()).await?.is_some() {
        let message = "该分类、区域和单位已有条目（可能已停用），请在原条目上修改";
        return Err(invalid(table::UNIT, message));
    }
    let key = entry.key();
    let edit = Edit {
        before: None,
        after: Some(entry),
    };
    write(tx, hand, &[edit]).await?;
    let kept = store::find_by_key(tx, &key).await?.ok_or(Error::NotFound)?;
    Ok(kept.id)
}

/// Changes what is said of a class, an area and a unit; `seen` is the version that was shown.
pub(super) async fn change(
    tx: &mut Tx,
    hand: Hand<'_>,
    (id, seen): (i64, i64),
    form: table::Form,
) -> Result<(), Error> {
    events::hold(tx).await?;
    let kept = store::find(tx, id).await?.ok_or(Error::NotFound)?;
    if kept.version != seen {
        return Err(Error::Stale);
    }
    let form = form.of(&kept.entry);
    let entry = single(table::read(&[form.sheet().cells()], &store::names(tx).await?))?;
    if entry == kept.entry {
        return Ok(());
    }
    let edit = Edit {
        before: Some(kept.entry),
        after: Some(entry),
    };
    write(tx, hand, &[edit]).await?;
    Ok(())
}

/// What a file comes to; with `apply` and without a fault it is done. Entries that the file does not name stay as they are.
pub(super) async fn take(
    tx: &mut Tx,
    hand: Hand<'_>,
    cells: &[crate::sheets::Cells],
    apply: bool,
) -> Result<(Outcome, bool), db::Error> {
    events::hold(tx).await?;
    let names = store::names(tx).await?;
    let kept = by_key(store::all(tx).await?);
    let wanted = table::read(cells, &names);
    let outcome = table::compare(&kept, &wanted, &names);
    let may_apply = apply && outcome.faults.is_empty();
    if may_apply {
        let edits: Vec<Edit> = wanted
            .rows
            .into_iter()
            .map(|(_, entry)| Edit {
                before: kept.get(&entry.key()).cloned(),
                after: Some(entry),
            })
            .filter(|edit| edit.before != edit.after)
            .collect();
        write(tx, hand, &edits).await?;
    }
    Ok((outcome, may_apply))
}

fn by_key(kept: Vec<Kept>) -> BTreeMap<Key, Entry> {
    kept.into_iter()
        .map(|kept| (kept.entry.key(), kept.entry))
        .collect()
}

/// One version of the catalogue with these edits; none where nothing changes.
async fn write(tx: &mut Tx, hand: Hand<'_>, edits: &[Edit]) -> Result<Option<i64>, db::Error> {
    if edits.is_empty() {
        return Ok(None);
    }
    let version = store::begin(tx, hand).await?;
    for edit in edits {
        match &edit.after {
            Some(entry) => store::put(tx, version, entry).await?,
            None => store::remove(tx, &edit.key()).await?,
        }
    }
    // The first has nothing before it to go back to.
    if version > 1 {
        store::record(tx, version, edits).await?;
    }
    tx.note("version", version);
    tx.note("entries", edits.len());
    let fact = serde_json::json!({ "version": version });
    events::publish(tx, hand.now, CHANGED, "duties", &fact).await?;
    Ok(Some(version))
}

/// Makes the catalogue what it was at `version`, as a new version.
pub(super) async fn roll_back(tx: &mut Tx, hand: Hand<'_>, version: i64) -> Result<(), Error> {
    events::hold(tx).await?;
    if !store::has_version(tx, version).await? {
        return Err(Error::NotFound);
    }
    let names = store::names(tx).await?;
    let now = by_key(store::all(tx).await?);
    let mut then: BTreeMap<Key, Option<Entry>> = BTreeMap::new();
    // The newest first: what the oldest of them found is what was there.
    for edit in store::edits_after(tx, version).await? {
        then.insert(edit.key(), edit.before);
    }
    let mut edits = Vec::new();
    for (key, after) in then {
        if let Some(name) = after.as_ref().and_then(|entry| names.unknown(entry)) {
            return Err(Error::Gone { version, name });
        }
        let before = now.get(&key).cloned();
        if before != after {
            edits.push(Edit { before, after });
        }
    }
    write(tx, hand, &edits).await?;
    Ok(())
}

/// What stands in a provisioning folder, in its order. `entries` none: the folder says what it said the last time, and what was edited
/// since stays; only what names a class or unit that has gone goes with it.
pub async fn provide(tx: &mut Tx, now: DateTime<Utc>, entries: Option<&[Entry]>) -> Result<(), db::Error> {
    let hand = Hand {
        now,
        by: "provisioning",
        what: "loaded",
    };
    let names = store::names(tx).await?;
    let kept = by_key(store::all(tx).await?);
    let mut edits = Vec::new();
    let wanted: BTreeMap<Key, &Entry> = match entries {
        Some(entries) => entries.iter().map(|entry| (entry.key(), entry)).collect(),
        None => kept
            .iter()
            .filter(|(_, entry)| names.unknown(entry).is_none())
            .map(|(key, entry)| (key.clone(), entry))
            .collect(),
    };
    for (key, before) in &kept {
        if !wanted.contains_key(key) {
            edits.push(Edit {
                before: Some(before.clone()),
                after: None,
            });
        }
    }
    for entry in entries.unwrap_or_default() {
        let before = kept.get(&entry.key()).cloned();
        if before.as_ref() != Some(entry) {
            edits.push(Edit {
                before,
                after: Some(entry.clone()),
            });
        }
    }
    write(tx, hand, &edits).await?;
    store::arrange(tx, entries.unwrap_or_default()).await
}

/// The catalogue as a sheet to be changed and taken in again.
pub(super) async fn sheet(tx: &mut Tx) -> Result<crate::sheets::Sheet, db::Error> {
    let names: Names = store::names(tx).await?;
    let kept = store::all(tx).await?;
    Ok(table::sheet(kept.iter().map(|kept| &kept.entry), &names))
}
