//! What is edited in the console after the first load. An edit stays as long as the folder says of that document what it said at the
//! last load; where it says something else the folder wins, as a new version.

use chrono::{DateTime, Utc};
use serde::{Serialize, de::DeserializeOwned};
use toml::Table;

use super::{Error, Provisioning, store};
use crate::{
    calendar::Year,
    db::Tx,
    settings::{self, Before, Edit, Kind, LIMITS_CHOICE, LINES, Line, Provided},
};

pub(super) const BY: &str = "provisioning";

/// A document and the text it was read from. By the text it is known again, whatever a later release makes of it.
#[derive(Debug, Clone)]
pub struct Document<T> {
    pub body: T,
    text: String,
}

impl<T> Document<T> {
    pub(super) fn new(body: T, table: &Table) -> Self {
        // Comments and the order of keys say nothing.
        let text = serde_json::to_value(table).unwrap_or_default().to_string();
        Self { body, text }
    }
}

impl<T: DeserializeOwned> Document<T> {
    pub(super) fn read(table: Table) -> Result<Self, toml::de::Error> {
        let body = table.clone().try_into()?;
        Ok(Self::new(body, &table))
    }
}

/// A document over which the folder and the console disagreed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    pub kind: Kind,
    pub name: String,
    /// The console's version.
    pub before: Before,
}

/// What a load did to documents that were there before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// The folder's text is new: it is in force.
    pub replaced: Vec<Item>,
    /// Edited in the console, and the folder says nothing new.
    pub kept: Vec<Item>,
}

struct Loader<'a> {
    tx: &'a mut Tx,
    now: DateTime<Utc>,
    changes: Changes,
}

pub(super) async fn store_all(tx: &mut Tx, now: DateTime<Utc>, all: &Provisioning) -> Result<Changes, Error> {
    let mut loader = Loader {
        tx,
        now,
        changes: Changes::default(),
    };
    for schedule in &all.schedules {
        loader
            .document(Kind::Schedule, &schedule.body.name, schedule)
            .await?;
    }
    for profile in &all.limits {
        loader.document(Kind::Limits, &profile.body.name, profile).await?;
    }
    let choice = Document {
        body: all.chosen_limits.clone(),
        text: all.chosen_limits.profile.clone(),
    };
    loader
        .document(Kind::LimitsChoice, LIMITS_CHOICE, &choice)
        .await?;
    for queue in &all.queues {
        loader.document(Kind::Queue, &queue.body.name, queue).await?;
    }
    for menu in &all.menus {
        loader.document(Kind::Menu, &menu.body.name, menu).await?;
    }
    for (year, days) in &all.calendar.years {
        loader.year(*year, days).await?;
    }
    loader.lines(&all.lines).await?;
    Ok(loader.changes)
}

impl Loader<'_> {
    async fn document<T: Serialize + DeserializeOwned>(
        &mut self,
        kind: Kind,
        name: &str,
        document: &Document<T>,
    ) -> Result<(), Error> {
        let item = format!("{}/{name}", kind.as_str());
        let said = store::said(self.tx, &item, &document.text).await?;
        let edit = self.edit(kind, name);
        let item = |before| Item {
            kind,
            name: name.to_owned(),
            before,
        };
        match settings::provide(self.tx, edit, &document.body, said).await? {
            Provided::AsSaid => {}
            Provided::Replaced(before) => self.changes.replaced.push(item(before)),
            Provided::Kept(before) => self.changes.kept.push(item(before)),
        }
        Ok(())
    }

    /// The days of the files are no document; only what somebody entered over them is.
    async fn year(&mut self, year: i32, days: &Year) -> Result<(), Error> {
        if days.days.is_empty() {
            return Ok(());
        }
        let mut days = days.clone();
        days.days.sort_by_key(|day| day.date);
        let name = year.to_string();
        let text = serde_json::to_string(&days).unwrap_or_default();
        if settings::versions(self.tx, Kind::Calendar, &name)
            .await?
            .is_empty()
        {
            let item = format!("{}/{name}", Kind::Calendar.as_str());
            store::said(self.tx, &item, &text).await?;
            return Ok(());
        }
        self.document(Kind::Calendar, &name, &Document { body: days, text })
            .await
    }

    /// Which number leads where is decided in the console after the first load.
    async fn lines(&mut self, lines: &[Line]) -> Result<(), Error> {
        let known = settings::current::<Vec<Line>>(self.tx, Kind::Lines, LINES).await?;
        if known.is_none() {
            let edit = self.edit(Kind::Lines, LINES);
            settings::save(self.tx, edit, lines, None).await?;
        }
        Ok(())
    }

    fn edit<'a>(&self, kind: Kind, name: &'a str) -> Edit<'a> {
        Edit {
            kind,
            name,
            now: self.now,
            by: BY,
        }
    }
}
