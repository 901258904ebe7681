//! The SQL of units, their people and their hours.

use sqlx::AssertSqlSafe;

use super::rules::Duty;
use crate::{
    db::{self, Tx},
    execute, fetch_all, scalar,
};

#[derive(Debug, Clone, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Unit {
    pub code: String,
    pub name: String,
    pub kind: String,
    pub parent: Option<String>,
    pub phone: String,
    pub workdays: String,
    pub holidays: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Contact {
    pub unit_code: String,
    pub name: String,
    pub office: String,
    pub phone: String,
    pub mobile: String,
    pub email: String,
    pub sms: bool,
    pub mail: bool,
    #[sqlx(try_from = "String")]
    pub duty: Duty,
}

const CONTACTS: &str =
    "SELECT unit_code, name, office, phone, mobile, email, sms, mail, duty FROM unit_contacts";

pub(super) async fn all(tx: &mut Tx) -> Result<Vec<Unit>, db::Error> {
    let sql = "SELECT u.code, u.name, u.kind, u.parent, u.phone, COALESCE(h.workdays, '') AS workdays, \
               COALESCE(h.holidays, '') AS holidays FROM units u LEFT JOIN unit_hours h ON h.unit_code = u.code ORDER BY u.position, u.code";
    fetch_all!(tx, Unit, sql)
}

pub(super) async fn all_contacts(tx: &mut Tx) -> Result<Vec<Contact>, db::Error> {
    let sql = format!("{CONTACTS} ORDER BY unit_code, position, name");
    fetch_all!(tx, Contact, AssertSqlSafe(sql.clone()))
}

pub(super) async fn contacts_of(tx: &mut Tx, unit: &str) -> Result<Vec<Contact>, db::Error> {
    let sql = format!("{CONTACTS} WHERE unit_code = $1 ORDER BY position, name");
    fetch_all!(tx, Contact, AssertSqlSafe(sql.clone()), unit)
}

/// Code, working hours and hours of holidays of units that have their own.
pub(super) async fn hours(tx: &mut Tx) -> Result<Vec<(String, String, String)>, db::Error> {
    let sql = "SELECT unit_code, workdays, holidays FROM unit_hours";
    fetch_all!(tx, (String, String, String), sql)
}

/// Adds a unit behind the others, or changes it where it stands.
pub(super) async fn put(tx: &mut Tx, unit: &Unit) -> Result<(), db::Error> {
    let next = scalar!(tx, i64, "SELECT COALESCE(MAX(position), -1) + 1 FROM units")?;
    let sql = "INSERT INTO units (code, name, kind, parent, phone, position) VALUES ($1, $2, $3, $4, $5, $6) \
               ON CONFLICT (code) DO UPDATE SET name = excluded.name, kind = excluded.kind, parent = excluded.parent, phone = excluded.phone";
    execute!(
        tx,
        sql,
        &unit.code,
        &unit.name,
        &unit.kind,
        &unit.parent,
        &unit.phone,
        next
    )?;
    if unit.workdays.is_empty() && unit.holidays.is_empty() {
        execute!(tx, "DELETE FROM unit_hours WHERE unit_code = $1", &unit.code)?;
        return Ok(());
    }
    let sql = "INSERT INTO unit_hours (unit_code, workdays, holidays) VALUES ($1, $2, $3) \
               ON CONFLICT (unit_code) DO UPDATE SET workdays = excluded.workdays, holidays = excluded.holidays";
    execute!(tx, sql, &unit.code, &unit.workdays, &unit.holidays)?;
    Ok(())
}

/// These are the people of the unit, and no others.
pub(super) async fn replace_contacts(
    tx: &mut Tx,
    unit: &str,
    contacts: &[&Contact],
) -> Result<(), db::Error> {
    execute!(tx, "DELETE FROM unit_contacts WHERE unit_code = $1", unit)?;
    let sql = "INSERT INTO unit_contacts (unit_code, name, office, phone, mobile, email, sms, mail, duty, position) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    for (position, contact) in (0_i64..).zip(contacts) {
        execute!(
            tx,
            sql,
            unit,
            &contact.name,
            &contact.office,
            &contact.phone,
            &contact.mobile,
            &contact.email,
            contact.sms,
            contact.mail,
            contact.duty.to_string(),
            position
        )?;
    }
    Ok(())
}
