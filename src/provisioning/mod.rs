//! A folder of files becomes a county: read and checked as a whole, with every fault named at once, then stored in one transaction.
//! Afterwards the console is where menus, queues, hours and limits are edited. It starts nothing and plays nothing.

mod areas;
mod articles;
mod catalogues;
mod documents;
mod files;
mod limits;
mod people;
mod settings;
mod store;
mod table;

use std::{collections::BTreeMap, path::Path};

use chrono::{DateTime, Utc};

use crate::{
    app::App,
    calendar::{Chosen, limits::Profile},
    db::{self, Tx},
    dispatch::{self, Entry},
    events,
    faults::Faults,
    knowledge,
    settings::{Error as SettingsError, Flow, Line, Queue, Schedule},
};

pub(crate) use self::settings::{known_beside, read_flow};
pub use areas::NumberArea;
pub use catalogues::{Calendar, Class, KindWords, Place, Unit, UrgencyWord};
pub use documents::{Changes, Document, Item};
pub use files::Prompt;
pub use limits::{LimitsBeside, read_limits};
pub use people::load_demo;

/// Everything in a provisioning folder, free of faults.
#[derive(Debug, Clone)]
pub struct Provisioning {
    pub county: BTreeMap<String, String>,
    pub lines: Vec<Line>,
    pub menus: Vec<Document<Flow>>,
    pub queues: Vec<Document<Queue>>,
    pub schedules: Vec<Document<Schedule>>,
    pub limits: Vec<Document<Profile>>,
    pub chosen_limits: Chosen,
    pub units: Vec<Unit>,
    pub classes: Vec<Class>,
    pub duties: Vec<Entry>,
    pub places: Vec<Place>,
    pub urgency: Vec<UrgencyWord>,
    pub kinds: Vec<KindWords>,
    pub calendar: Calendar,
    pub areas: Vec<NumberArea>,
    /// Each with the name by which it is known for ever.
    pub articles: Vec<(String, knowledge::Draft)>,
    pub prompts: Vec<Prompt>,
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0}")]
    Faults(#[from] Faults),
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error(transparent)]
    Database(#[from] db::Error),
}

/// Reads and checks a folder.
pub fn read(dir: &Path) -> Result<Provisioning, Faults> {
    let mut faults = Faults::default();
    if !dir.is_dir() {
        faults.add(
            &dir.display().to_string(),
            "",
            "expected a provisioning folder; there is none",
        );
        return Err(faults);
    }
    let folder = files::Folder::new(dir);
    let (mut county, menu, calendar) = files::county(&folder, &mut faults);
    let prompts = files::prompts(&folder, &mut faults);
    let schedules = settings::schedules(&folder, &mut faults);
    let queues = settings::queues(&folder, &mut faults);
    let numbers = ["hotline", "long_number"]
        .iter()
        .filter_map(|key| county.get(*key));
    let lines: Vec<Line> = numbers
        .map(|number| Line {
            number: number.clone(),
            menu: menu.clone(),
        })
        .collect();
    let menus = settings::menus(&folder, &queues, &schedules, &prompts, &lines, &mut faults);
    let limits = limits::profiles(&folder, &mut faults);
    let chosen_limits = limits::choose(&folder, &mut county, &limits, &mut faults);
    let units = catalogues::units(&folder, &mut faults);
    let classes = catalogues::classes(&folder, &mut faults);
    let places = catalogues::places(&folder, &mut faults);
    let duties = catalogues::duties(&folder, &classes, &places, &units, &mut faults);
    let urgency = catalogues::urgency(&folder, &mut faults);
    let kinds = catalogues::kinds(&folder, &mut faults);
    let calendar = catalogues::calendar(&folder, &calendar, &mut faults);
    let areas = areas::areas(&folder, &mut faults);
    let articles = articles::articles(&folder, &classes, &units, &mut faults);
    let read = Provisioning {
        county,
        lines,
        menus,
        queues,
        schedules,
        limits,
        chosen_limits,
        units,
        classes,
        duties,
        places,
        urgency,
        kinds,
        calendar,
        areas,
        articles,
        prompts,
    };
    faults.check(read)
}

/// A folder as it was stored.
#[derive(Debug)]
pub struct Loaded {
    pub county: Provisioning,
    pub changes: Changes,
}

/// Reads, checks and stores a folder; nothing is stored if anything is wrong. Running it again changes nothing.
pub async fn load(app: &App, dir: &Path) -> Result<Loaded, Error> {
    let county = read(dir)?;
    let mut tx = app.db.begin().await?;
    let changes = store_all(&mut tx, app.clock.now(), &county).await?;
    tx.commit().await?;
    Ok(Loaded { county, changes })
}

/// Loads the configured folder unless this database was provisioned before. Says whether it did.
pub async fn load_at_first_start(app: &App) -> Result<bool, Error> {
    if store::is_loaded(&mut app.db.read().await?).await? {
        return Ok(false);
    }
    load(app, &app.config.provisioning.dir).await?;
    Ok(true)
}

async fn store_all(tx: &mut Tx, now: DateTime<Utc>, all: &Provisioning) -> Result<Changes, Error> {
    let changes = documents::store_all(tx, now, all).await?;
    let is_new = store::replace_catalogues(tx, all).await?;
    let duties = is_new.duties.then_some(all.duties.as_slice());
    dispatch::catalogue::provide(tx, now, duties).await?;
    knowledge::provide(tx, now, &all.articles).await?;
    store::note_loaded(tx, now).await?;
    events::publish(
        tx,
        now,
        "provisioning.loaded",
        "provisioning",
        &serde_json::json!({}),
    )
    .await?;
    Ok(changes)
}

#[cfg(test)]
mod tests;
