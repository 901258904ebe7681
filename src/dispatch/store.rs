//! The SQL of what follows from the duty catalogue; `store/catalogue.rs`: of the catalogue itself.

pub(super) mod catalogue;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use sqlx::AssertSqlSafe;

use super::rules::{Duty, Gazetteer};
use super::surety::Group;
use crate::{
    db::{self, Tx},
    fetch_all,
};

#[derive(sqlx::FromRow)]
struct DutyRow {
    class_name: String,
    area: String,
    unit_code: String,
    unit_name: String,
    co_units: String,
    basis: String,
    note: String,
    valid_until: String,
}

/// Those in force on a day.
pub(super) async fn duties(tx: &mut Tx, class_code: &str, on: NaiveDate) -> Result<Vec<Duty>, db::Error> {
    let sql = "SELECT c.level3 AS class_name, d.area, d.unit_code, u.name AS unit_name, d.co_units, d.basis, d.note, d.valid_until \
               FROM duties d JOIN units u ON u.code = d.unit_code JOIN classes c ON c.code = d.class_code \
               WHERE d.class_code = $1 AND d.valid_from <= $2 AND (d.valid_until = '' OR d.valid_until >= $2) ORDER BY d.position";
    let rows = fetch_all!(tx, DutyRow, sql, class_code, on.to_string())?;
    Ok(rows.into_iter().map(Duty::from).collect())
}

/// Those in force on a day, by class.
pub(super) async fn duties_by_class(
    tx: &mut Tx,
    on: NaiveDate,
) -> Result<BTreeMap<String, Vec<Duty>>, db::Error> {
    let sql = "SELECT DISTINCT class_code FROM duties WHERE valid_from <= $1 AND (valid_until = '' OR valid_until >= $1)";
    let codes = fetch_all!(tx, (String,), sql, on.to_string())?;
    let mut all = BTreeMap::new();
    for (code,) in codes {
        let of_class = duties(tx, &code, on).await?;
        all.insert(code, of_class);
    }
    Ok(all)
}

impl From<DutyRow> for Duty {
    fn from(row: DutyRow) -> Self {
        Self {
            class_name: row.class_name,
            area: row.area,
            unit_code: row.unit_code,
            unit_name: row.unit_name,
            co_units: serde_json::from_str(&row.co_units).unwrap_or_default(),
            basis: row.basis,
            note: row.note,
            // The catalogue was read day by day before it was stored.
            valid_until: row.valid_until.parse().ok(),
        }
    }
}

/// Entries in force whose class, unit, area, basis or note has the text; those whose class or unit begins with it come first. The area is its name.
pub(super) async fn find_duties(
    tx: &mut Tx,
    text: &str,
    on: NaiveDate,
    limit: i64,
) -> Result<Vec<Duty>, db::Error> {
    let escaped = text.replace('!', "!!").replace('%', "!%").replace('_', "!_");
    let sql = "SELECT c.level3 AS class_name, COALESCE(p.name, '') AS area, d.unit_code, u.name AS unit_name, d.co_units, \
               d.basis, d.note, d.valid_until FROM duties d JOIN units u ON u.code = d.unit_code JOIN classes c ON c.code = d.class_code \
               LEFT JOIN places p ON p.code = d.area WHERE d.valid_from <= $4 AND (d.valid_until = '' OR d.valid_until >= $4) \
               AND (c.level3 LIKE $1 ESCAPE '!' OR u.name LIKE $1 ESCAPE '!' \
               OR p.name LIKE $1 ESCAPE '!' OR d.basis LIKE $1 ESCAPE '!' OR d.note LIKE $1 ESCAPE '!') \
               ORDER BY CASE WHEN c.level3 LIKE $2 ESCAPE '!' OR u.name LIKE $2 ESCAPE '!' THEN 0 ELSE 1 END, d.position LIMIT $3";
    let (inside, first) = (format!("%{escaped}%"), format!("{escaped}%"));
    let rows = fetch_all!(tx, DutyRow, sql, &inside, &first, limit, on.to_string())?;
    Ok(rows.into_iter().map(Duty::from).collect())
}

/// What a coordination meeting once decided.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Precedent {
    pub number: String,
    pub at: i64,
    pub class_code: Option<String>,
    pub class_name: String,
    pub place_code: Option<String>,
    pub place_name: String,
    pub unit_code: String,
    pub unit_name: String,
    pub basis: String,
    pub decision: String,
}

/// Decisions on the class, the newest first.
pub(super) async fn precedents(
    tx: &mut Tx,
    class_code: &str,
    limit: i64,
) -> Result<Vec<Precedent>, db::Error> {
    let sql = "SELECT d.number, d.at, d.class_code, COALESCE(c.level3, '') AS class_name, d.place_code, \
               COALESCE(p.name, '') AS place_name, d.unit_code, COALESCE(u.name, d.unit_code) AS unit_name, d.basis, d.decision \
               FROM precedents d LEFT JOIN classes c ON c.code = d.class_code LEFT JOIN places p ON p.code = d.place_code \
               LEFT JOIN units u ON u.code = d.unit_code WHERE d.class_code = $1 ORDER BY d.at DESC LIMIT $2";
    fetch_all!(tx, Precedent, sql, class_code, limit)
}

/// One place with what it lies in: a suggestion asks for no more of a gazetteer of thousands.
pub(super) async fn places_around(tx: &mut Tx, place_code: Option<&str>) -> Result<Gazetteer, db::Error> {
    let Some(code) = place_code else {
        return Ok(Gazetteer::default());
    };
    let sql = "WITH RECURSIVE around (code, name, parent_code, depth) AS ( \
               SELECT code, name, parent_code, 1 FROM places WHERE code = $1 \
               UNION ALL SELECT p.code, p.name, p.parent_code, a.depth + 1 FROM places p JOIN around a ON p.code = a.parent_code \
               WHERE a.depth < 8) SELECT code, name, parent_code FROM around";
    let rows = fetch_all!(tx, (String, String, Option<String>), sql, code)?;
    Ok(Gazetteer::new(rows))
}

pub(super) async fn places(tx: &mut Tx) -> Result<Gazetteer, db::Error> {
    let sql = "SELECT code, name, parent_code FROM places";
    Ok(Gazetteer::new(fetch_all!(
        tx,
        (String, String, Option<String>),
        sql
    )?))
}

/// Tickets opened since then and finished by a unit, by class, place and unit; of one class, or all.
pub(super) async fn groups(
    tx: &mut Tx,
    class_code: Option<&str>,
    since: i64,
) -> Result<Vec<Group>, db::Error> {
    let columns = "SELECT class_code, place_code, unit_code, COUNT(*) AS cases FROM tickets WHERE";
    let rest = "created_at >= $1 AND state IN ('closed', 'filed') AND unit_code IS NOT NULL \
                GROUP BY class_code, place_code, unit_code";
    match class_code {
        Some(class_code) => {
            let sql = format!("{columns} class_code = $2 AND {rest}");
            fetch_all!(tx, Group, AssertSqlSafe(sql.clone()), since, class_code)
        }
        None => {
            let sql = format!("{columns} class_code IS NOT NULL AND {rest}");
            fetch_all!(tx, Group, AssertSqlSafe(sql.clone()), since)
        }
    }
}
