//! The SQL of provisioning: catalogues are replaced as a whole.

use chrono::{DateTime, Utc};
use serde_json::json;
use sha2::{Digest, Sha256};
use sqlx::AssertSqlSafe;

use super::Provisioning;
use crate::{
    clock::millis,
    db::{
        self, Tx,
        rows::{execute_rows, placeholders},
    },
    execute, fetch_optional,
    settings::Said,
};

pub(super) async fn is_loaded(tx: &mut Tx) -> Result<bool, db::Error> {
    Ok(fetch_optional!(
        tx,
        (String,),
        "SELECT value FROM provisioning WHERE key = 'loaded_at'"
    )?
    .is_some())
}

pub(super) async fn note_loaded(tx: &mut Tx, now: DateTime<Utc>) -> Result<(), db::Error> {
    let sql = "INSERT INTO provisioning (key, value) VALUES ('loaded_at', $1) ON CONFLICT (key) DO UPDATE SET value = excluded.value";
    execute!(tx, sql, millis(now).to_string())?;
    Ok(())
}

/// Which lists say something else than the last time that a folder was loaded. Where one does not, what was edited in the console stays.
pub(super) struct New {
    pub(super) duties: bool,
    units: bool,
}

async fn what_is_new(tx: &mut Tx, all: &Provisioning) -> Result<New, db::Error> {
    Ok(New {
        duties: said(tx, "duties", &json!(all.duties).to_string()).await? != Said::Same,
        units: said(tx, "units", &json!(all.units).to_string()).await? != Said::Same,
    })
}

/// What a list or a document says, beside what it said at the last load; noted for the next.
pub(super) async fn said(tx: &mut Tx, item: &str, text: &str) -> Result<Said, db::Error> {
    let digest = hex::encode(Sha256::digest(text));
    let sql = "SELECT value FROM provisioning WHERE key = $1";
    let known = fetch_optional!(tx, (String,), sql, item)?;
    let sql = "INSERT INTO provisioning (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value";
    execute!(tx, sql, item, &digest)?;
    Ok(match known {
        None => Said::First,
        Some((known,)) if known == digest => Said::Same,
        Some(_) => Said::New,
    })
}

/// All but the duties, which refer to classes and units and follow them within the transaction.
pub(super) async fn replace_catalogues(tx: &mut Tx, all: &Provisioning) -> Result<New, db::Error> {
    let new = what_is_new(tx, all).await?;
    let tables = [
        "county",
        "classes",
        "places",
        "urgency_words",
        "kinds",
        "calendar_days",
        "calendar_years",
        "number_areas",
        "prompts",
    ];
    for table in tables {
        execute!(tx, AssertSqlSafe(format!("DELETE FROM {table}")))?;
    }
    for (key, value) in &all.county {
        execute!(tx, "INSERT INTO county (key, value) VALUES ($1, $2)", key, value)?;
    }
    if new.units {
        replace_units(tx, all).await?;
    }
    insert_classes(tx, all).await?;
    insert_places(tx, all).await?;
    insert_words(tx, all).await?;
    insert_calendar(tx, all).await?;
    insert_areas(tx, all).await?;
    for prompt in &all.prompts {
        let path = prompt.path.display().to_string();
        execute!(
            tx,
            "INSERT INTO prompts (name, text, path) VALUES ($1, $2, $3)",
            &prompt.name,
            &prompt.text,
            path.clone()
        )?;
    }
    Ok(new)
}

async fn replace_units(tx: &mut Tx, all: &Provisioning) -> Result<(), db::Error> {
    execute!(tx, "DELETE FROM units")?;
    let sql = "INSERT INTO units (code, name, kind, parent, phone, position) VALUES ($1, $2, $3, $4, $5, $6)";
    for (at, unit) in (0_i64..).zip(&all.units) {
        execute!(
            tx,
            sql,
            &unit.code,
            &unit.name,
            &unit.kind,
            &unit.parent,
            &unit.phone,
            at
        )?;
    }
    Ok(())
}

async fn insert_classes(tx: &mut Tx, all: &Provisioning) -> Result<(), db::Error> {
    let sql = "INSERT INTO classes (code, level1, level2, level3, keywords, position) VALUES ($1, $2, $3, $4, $5, $6)";
    for (at, class) in (0_i64..).zip(&all.classes) {
        let [level1, level2, level3] = &class.levels;
        execute!(
            tx,
            sql,
            &class.code,
            level1,
            level2,
            level3,
            json!(class.keywords).to_string(),
            at
        )?;
    }
    Ok(())
}

async fn insert_places(tx: &mut Tx, all: &Provisioning) -> Result<(), db::Error> {
    let sql = "INSERT INTO places (code, name, kind, parent_code, aliases, position) VALUES ($1, $2, $3, $4, $5, $6)";
    for (at, place) in (0_i64..).zip(&all.places) {
        execute!(
            tx,
            sql,
            &place.code,
            &place.name,
            &place.kind,
            &place.parent,
            json!(place.aliases).to_string(),
            at
        )?;
    }
    Ok(())
}

async fn insert_words(tx: &mut Tx, all: &Provisioning) -> Result<(), db::Error> {
    let sql = "INSERT INTO urgency_words (word, band, note, position) VALUES ($1, $2, $3, $4)";
    for (at, word) in (0_i64..).zip(&all.urgency) {
        execute!(tx, sql, &word.word, &word.band, &word.note, at)?;
    }
    let sql = "INSERT INTO kinds (kind, words, position) VALUES ($1, $2, $3)";
    for (at, kind) in (0_i64..).zip(&all.kinds) {
        execute!(tx, sql, &kind.kind, json!(kind.words).to_string(), at)?;
    }
    Ok(())
}

async fn insert_calendar(tx: &mut Tx, all: &Provisioning) -> Result<(), db::Error> {
    for year in all.calendar.years_with_days() {
        execute!(
            tx,
            "INSERT INTO calendar_years (year) VALUES ($1) ON CONFLICT (year) DO NOTHING",
            i64::from(year)
        )?;
    }
    // The file of a year may name days of the next; the last one read holds.
    let sql = "INSERT INTO calendar_days (day, off, name) VALUES ($1, $2, $3) \
               ON CONFLICT (day) DO UPDATE SET off = excluded.off, name = excluded.name";
    for day in all.calendar.days() {
        execute!(tx, sql, day.date.to_string(), day.off, &day.name)?;
    }
    Ok(())
}

/// A mobile table has tens of thousands of rows.
async fn insert_areas(tx: &mut Tx, all: &Provisioning) -> Result<(), db::Error> {
    for chunk in all.areas.chunks(500) {
        let sql = format!(
            "INSERT INTO number_areas (prefix, area) VALUES {}",
            placeholders(chunk.len(), 2)
        );
        execute_rows!(tx, sql.clone(), chunk, row => &row.prefix, &row.area)?;
    }
    Ok(())
}
