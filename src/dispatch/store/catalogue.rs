//! The SQL of the duty catalogue as it is kept: entries, versions, what each version did.

use chrono::NaiveDate;
use serde_json::json;

use super::super::{
    catalogue::{Edit, Entry, Hand, Kept, Key, Standing},
    table::{Codes, Names},
};
use crate::{
    clock::millis,
    db::{
        self, Tx,
        rows::{execute_rows, placeholders},
        sql::{Sql, fetch_made},
    },
    execute, fetch_all, fetch_optional, scalar,
};

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    version: i64,
    position: i64,
    class_code: String,
    area: String,
    unit_code: String,
    co_units: String,
    basis: String,
    note: String,
    valid_from: String,
    valid_until: String,
}

impl From<Row> for Kept {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            version: row.version,
            position: row.position,
            entry: Entry {
                class_code: row.class_code,
                area: row.area,
                unit_code: row.unit_code,
                co_units: serde_json::from_str(&row.co_units).unwrap_or_default(),
                basis: row.basis,
                note: row.note,
                // Only days were let in.
                valid_from: row.valid_from.parse().ok(),
                valid_until: row.valid_until.parse().ok(),
            },
        }
    }
}

fn day(day: Option<NaiveDate>) -> String {
    day.map(|day| day.to_string()).unwrap_or_default()
}

/// In the catalogue's order.
pub(in crate::dispatch) async fn all(tx: &mut Tx) -> Result<Vec<Kept>, db::Error> {
    let sql = "SELECT id, version, position, class_code, area, unit_code, co_units, basis, note, valid_from, valid_until \
               FROM duties ORDER BY position, id";
    Ok(fetch_all!(tx, Row, sql)?.into_iter().map(Kept::from).collect())
}

pub(in crate::dispatch) async fn find(tx: &mut Tx, id: i64) -> Result<Option<Kept>, db::Error> {
    let sql = "SELECT id, version, position, class_code, area, unit_code, co_units, basis, note, valid_from, valid_until \
               FROM duties WHERE id = $1";
    Ok(fetch_optional!(tx, Row, sql, id)?.map(Kept::from))
}

pub(in crate::dispatch) async fn find_by_key(tx: &mut Tx, key: &Key) -> Result<Option<Kept>, db::Error> {
    let sql = "SELECT id, version, position, class_code, area, unit_code, co_units, basis, note, valid_from, valid_until \
               FROM duties WHERE class_code = $1 AND area = $2 AND unit_code = $3";
    Ok(fetch_optional!(tx, Row, sql, &key.0, &key.1, &key.2)?.map(Kept::from))
}

/// Adds an entry behind the others, or changes it where it stands.
pub(in crate::dispatch) async fn put(tx: &mut Tx, version: i64, entry: &Entry) -> Result<(), db::Error> {
    let next = scalar!(tx, i64, "SELECT COALESCE(MAX(position), -1) + 1 FROM duties")?;
    let sql = "INSERT INTO duties (class_code, area, unit_code, co_units, basis, note, valid_from, valid_until, version, position) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (class_code, area, unit_code) DO UPDATE SET \
               co_units = excluded.co_units, basis = excluded.basis, note = excluded.note, valid_from = excluded.valid_from, \
               valid_until = excluded.valid_until, version = excluded.version";
    let co_units = json!(entry.co_units).to_string();
    let (from, until) = (day(entry.valid_from), day(entry.valid_until));
    execute!(
        tx,
        sql,
        &entry.class_code,
        &entry.area,
        &entry.unit_code,
        &co_units,
        &entry.basis,
        &entry.note,
        &from,
        &until,
        version,
        next
    )?;
    Ok(())
}

pub(in crate::dispatch) async fn remove(tx: &mut Tx, key: &Key) -> Result<(), db::Error> {
    let sql = "DELETE FROM duties WHERE class_code = $1 AND area = $2 AND unit_code = $3";
    execute!(tx, sql, &key.0, &key.1, &key.2)?;
    Ok(())
}

/// Puts these entries into this order.
pub(in crate::dispatch) async fn arrange(tx: &mut Tx, entries: &[Entry]) -> Result<(), db::Error> {
    let places: std::collections::BTreeMap<Key, i64> = entries.iter().map(Entry::key).zip(0..).collect();
    for kept in all(tx).await? {
        let Some(place) = places
            .get(&kept.entry.key())
            .filter(|place| **place != kept.position)
        else {
            continue;
        };
        execute!(
            tx,
            "UPDATE duties SET position = $2 WHERE id = $1",
            kept.id,
            *place
        )?;
    }
    Ok(())
}

/// The number of a new version.
pub(in crate::dispatch) async fn begin(tx: &mut Tx, hand: Hand<'_>) -> Result<i64, db::Error> {
    let sql = "SELECT COALESCE(MAX(version), 0) + 1 FROM duty_versions";
    let version = scalar!(tx, i64, sql)?;
    let sql = "INSERT INTO duty_versions (version, at, by, what) VALUES ($1, $2, $3, $4)";
    execute!(tx, sql, version, millis(hand.now), hand.by, hand.what)?;
    Ok(version)
}

pub(in crate::dispatch) async fn record(tx: &mut Tx, version: i64, edits: &[Edit]) -> Result<(), db::Error> {
    let text = |entry: &Option<Entry>| entry.as_ref().map(|entry| json!(entry).to_string());
    for chunk in edits.chunks(100) {
        let sql = format!(
            "INSERT INTO duty_changes (version, class_code, area, unit_code, before, after) VALUES {}",
            placeholders(chunk.len(), 6)
        );
        let rows: Vec<_> = chunk
            .iter()
            .map(|edit| (edit.key(), text(&edit.before), text(&edit.after)))
            .collect();
        execute_rows!(tx, sql.clone(), &rows, row => version, &row.0.0, &row.0.1, &row.0.2, &row.1, &row.2)?;
    }
    Ok(())
}

pub(in crate::dispatch) async fn has_version(tx: &mut Tx, version: i64) -> Result<bool, db::Error> {
    let sql = "SELECT version FROM duty_versions WHERE version = $1";
    Ok(fetch_optional!(tx, (i64,), sql, version)?.is_some())
}

fn edit((before, after): (Option<String>, Option<String>)) -> Edit {
    // We wrote them.
    let read = |text: Option<String>| text.and_then(|text| serde_json::from_str(&text).ok());
    Edit {
        before: read(before),
        after: read(after),
    }
}

/// What was done since a version, the newest first.
pub(in crate::dispatch) async fn edits_after(tx: &mut Tx, version: i64) -> Result<Vec<Edit>, db::Error> {
    let sql = "SELECT before, after FROM duty_changes WHERE version > $1 ORDER BY version DESC";
    let rows = fetch_all!(tx, (Option<String>, Option<String>), sql, version)?;
    Ok(rows.into_iter().map(edit).collect())
}

pub(in crate::dispatch) async fn edits_of(tx: &mut Tx, version: i64) -> Result<Vec<Edit>, db::Error> {
    let sql =
        "SELECT before, after FROM duty_changes WHERE version = $1 ORDER BY class_code, area, unit_code";
    let rows = fetch_all!(tx, (Option<String>, Option<String>), sql, version)?;
    Ok(rows.into_iter().map(edit).collect())
}

#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(in crate::dispatch) struct Version {
    pub(in crate::dispatch) version: i64,
    pub(in crate::dispatch) at: i64,
    pub(in crate::dispatch) by: String,
    pub(in crate::dispatch) what: String,
    /// How many entries it changed.
    pub(in crate::dispatch) entries: i64,
}

/// The newest first.
pub(in crate::dispatch) async fn versions(
    tx: &mut Tx,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<Version>, db::Error> {
    let sql = "SELECT v.version, v.at, v.by, v.what, \
               (SELECT COUNT(*) FROM duty_changes c WHERE c.version = v.version) AS entries \
               FROM duty_versions v WHERE v.version < $1 ORDER BY v.version DESC LIMIT $2";
    fetch_all!(tx, Version, sql, before.unwrap_or(i64::MAX), limit)
}

/// Codes and names of everything that an entry may name.
pub(in crate::dispatch) async fn names(tx: &mut Tx) -> Result<Names, db::Error> {
    let classes = fetch_all!(tx, (String, String), "SELECT code, level3 FROM classes")?;
    let areas = fetch_all!(tx, (String, String), "SELECT code, name FROM places")?;
    let units = fetch_all!(tx, (String, String), "SELECT code, name FROM units")?;
    let codes = |rows: Vec<(String, String)>| Codes(rows.into_iter().collect());
    Ok(Names {
        classes: codes(classes),
        areas: codes(areas),
        units: codes(units),
    })
}

/// What a list may ask for.
#[derive(Debug, Clone)]
pub(in crate::dispatch) struct Filter {
    pub(in crate::dispatch) q: String,
    /// A class or the beginning of its code.
    pub(in crate::dispatch) class: String,
    /// The lead unit.
    pub(in crate::dispatch) unit: String,
    pub(in crate::dispatch) standing: Option<Standing>,
    pub(in crate::dispatch) today: NaiveDate,
    /// Position and id of the last entry of the page before.
    pub(in crate::dispatch) after: Option<(i64, i64)>,
    pub(in crate::dispatch) limit: i64,
}

/// An entry as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(in crate::dispatch) struct Listed {
    #[sqlx(flatten, try_from = "Row")]
    pub(in crate::dispatch) kept: Kept,
    pub(in crate::dispatch) class_name: String,
    pub(in crate::dispatch) area_name: String,
    pub(in crate::dispatch) unit_name: String,
    /// How many meetings decided on the class.
    pub(in crate::dispatch) precedents: i64,
    pub(in crate::dispatch) updated_at: i64,
    pub(in crate::dispatch) updated_by: String,
}

const LISTED: &str = "SELECT d.id, d.version, d.position, d.class_code, d.area, d.unit_code, d.co_units, d.basis, d.note, \
    d.valid_from, d.valid_until, c.level2 || ' / ' || c.level3 AS class_name, COALESCE(p.name, '') AS area_name, u.name AS unit_name, \
    (SELECT COUNT(*) FROM precedents x WHERE x.class_code = d.class_code) AS precedents, COALESCE(v.at, 0) AS updated_at, \
    COALESCE(v.by, '') AS updated_by FROM duties d JOIN classes c ON c.code = d.class_code JOIN units u ON u.code = d.unit_code \
    LEFT JOIN places p ON p.code = d.area LEFT JOIN duty_versions v ON v.version = d.version WHERE ";

/// In the catalogue's order.
pub(in crate::dispatch) async fn page(tx: &mut Tx, filter: &Filter) -> Result<Vec<Listed>, db::Error> {
    let mut sql = Sql::new(LISTED);
    let (position, id) = filter.after.unwrap_or((i64::MIN, 0));
    sql.push("(d.position, d.id) > (").bind(position);
    sql.push(", ").bind(id).push(")");
    filter.narrow(&mut sql);
    sql.push(" ORDER BY d.position, d.id LIMIT ").bind(filter.limit);
    fetch_made!(tx, Listed, sql)
}

pub(in crate::dispatch) async fn listed(tx: &mut Tx, id: i64) -> Result<Option<Listed>, db::Error> {
    let mut sql = Sql::new(LISTED);
    sql.push("d.id = ").bind(id);
    Ok(fetch_made!(tx, Listed, sql)?.into_iter().next())
}

impl Filter {
    fn narrow(&self, sql: &mut Sql) {
        let escaped = |text: &str| text.replace('!', "!!").replace('%', "!%").replace('_', "!_");
        if !self.class.is_empty() {
            let beginning = format!("{}%", escaped(&self.class));
            sql.push(" AND d.class_code LIKE ")
                .bind(beginning)
                .push(" ESCAPE '!'");
        }
        if !self.unit.is_empty() {
            sql.push(" AND d.unit_code = ").bind(self.unit.as_str());
        }
        for word in self.q.split_whitespace().take(8) {
            sql.push(" AND c.level1 || ' ' || c.level2 || ' ' || c.level3 || ' ' || u.name || ' ' || COALESCE(p.name, '') || ' ' || d.basis \
                      || ' ' || d.note || ' ' || d.class_code LIKE ");
            sql.bind(format!("%{}%", escaped(word))).push(" ESCAPE '!'");
        }
        let today = self.today.to_string();
        match self.standing {
            Some(Standing::InForce) => {
                sql.push(" AND d.valid_from <= ").bind(today.clone());
                sql.push(" AND (d.valid_until = '' OR d.valid_until >= ")
                    .bind(today)
                    .push(")");
            }
            Some(Standing::Future) => drop(sql.push(" AND d.valid_from > ").bind(today)),
            Some(Standing::Ended) => {
                sql.push(" AND d.valid_until <> '' AND d.valid_until < ")
                    .bind(today);
            }
            None => {}
        }
    }
}
