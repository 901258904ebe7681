//! The SQL of the duty catalogue.

use super::rules::{Area, Duty};
use crate::{
    db::{self, Tx},
    fetch_all, fetch_optional,
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
}

pub(super) async fn duties(tx: &mut Tx, class_code: &str) -> Result<Vec<Duty>, db::Error> {
    let sql = "SELECT c.level3 AS class_name, d.area, d.unit_code, u.name AS unit_name, d.co_units, d.basis, d.note \
               FROM duties d JOIN units u ON u.code = d.unit_code JOIN classes c ON c.code = d.class_code \
               WHERE d.class_code = $1 ORDER BY d.position";
    let rows = fetch_all!(tx, DutyRow, sql, class_code)?;
    let duty = |row: DutyRow| Duty {
        class_name: row.class_name,
        area: row.area,
        unit_code: row.unit_code,
        unit_name: row.unit_name,
        co_units: serde_json::from_str(&row.co_units).unwrap_or_default(),
        basis: row.basis,
        note: row.note,
    };
    Ok(rows.into_iter().map(duty).collect())
}

/// The place and what it lies in, outwards. A gazetteer that loops must not hang the daemon.
pub(super) async fn areas(tx: &mut Tx, place_code: Option<&str>) -> Result<Vec<Area>, db::Error> {
    let mut areas: Vec<Area> = Vec::new();
    let mut next = place_code.map(str::to_owned);
    while let Some(code) = next.filter(|code| areas.len() < 8 && areas.iter().all(|area| area.code != *code))
    {
        let sql = "SELECT name, parent_code FROM places WHERE code = $1";
        let Some((name, parent)) = fetch_optional!(tx, (String, Option<String>), sql, &code)? else {
            break;
        };
        areas.push(Area { code, name });
        next = parent;
    }
    Ok(areas)
}
