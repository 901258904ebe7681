//! The SQL of people.

pub(super) mod screens;

use std::net::IpAddr;

use sqlx::AssertSqlSafe;

use super::{Phone, Role, Secrets, User};
use crate::{
    db::{self, Tx},
    execute, fetch_all, fetch_one, fetch_optional,
};

const COLUMNS: &str = "username, display_name, role, extension, unit_code, skills, disabled, outsourced";

#[derive(sqlx::FromRow)]
pub(super) struct Row {
    username: String,
    display_name: String,
    role: String,
    extension: Option<String>,
    unit_code: Option<String>,
    skills: String,
    disabled: bool,
    outsourced: bool,
}

impl From<Row> for User {
    fn from(row: Row) -> Self {
        Self {
            // A role this version does not know (written by a newer one) may do as little as can be.
            role: row.role.parse().unwrap_or(Role::Unit),
            skills: serde_json::from_str(&row.skills).unwrap_or_default(),
            username: row.username,
            display_name: row.display_name,
            extension: row.extension,
            unit_code: row.unit_code,
            disabled: row.disabled,
            outsourced: row.outsourced,
        }
    }
}

/// Everybody, by user name.
pub async fn all(tx: &mut Tx) -> Result<Vec<User>, db::Error> {
    let sql = format!("SELECT {COLUMNS} FROM users ORDER BY username");
    Ok(fetch_all!(tx, Row, AssertSqlSafe(sql.clone()))?
        .into_iter()
        .map(User::from)
        .collect())
}

/// How many could serve callers.
pub async fn operator_count(tx: &mut Tx) -> Result<usize, db::Error> {
    let sql = "SELECT COUNT(*) FROM users WHERE role = $1 AND NOT disabled";
    let (count,) = fetch_one!(tx, (i64,), sql, Role::Operator.as_str())?;
    Ok(usize::try_from(count).unwrap_or_default())
}

pub async fn by_username(tx: &mut Tx, username: &str) -> Result<Option<User>, db::Error> {
    let sql = format!("SELECT {COLUMNS} FROM users WHERE username = $1");
    Ok(fetch_optional!(tx, Row, AssertSqlSafe(sql.clone()), username)?.map(User::from))
}

pub(super) async fn phones(tx: &mut Tx) -> Result<Vec<Phone>, db::Error> {
    let sql = "SELECT username, extension, sip_ha1_md5, sip_ha1_sha256 FROM users WHERE NOT disabled ORDER BY username";
    fetch_all!(tx, Phone, sql)
}

/// The hash to verify against; none for who is unknown or disabled.
pub(super) async fn password_hash(tx: &mut Tx, username: &str) -> Result<Option<String>, db::Error> {
    let sql = "SELECT password_hash FROM users WHERE username = $1 AND NOT disabled";
    Ok(fetch_optional!(tx, (String,), sql, username)?.map(|(hash,)| hash))
}

pub(super) async fn insert(tx: &mut Tx, user: &User, secrets: &Secrets, now: i64) -> Result<(), db::Error> {
    let sql = "INSERT INTO users (username, display_name, role, extension, unit_code, skills, disabled, password_hash, \
               sip_ha1_md5, sip_ha1_sha256, created_at, updated_at, outsourced) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11, $12)";
    execute!(
        tx,
        sql,
        &user.username,
        &user.display_name,
        user.role.as_str(),
        &user.extension,
        &user.unit_code,
        skills(user),
        user.disabled,
        &secrets.password_hash,
        &secrets.sip_ha1_md5,
        &secrets.sip_ha1_sha256,
        now,
        user.outsourced,
    )?;
    Ok(())
}

pub(super) async fn update(tx: &mut Tx, user: &User, now: i64) -> Result<bool, db::Error> {
    let sql = "UPDATE users SET display_name = $2, role = $3, extension = $4, unit_code = $5, skills = $6, disabled = $7, \
               updated_at = $8, outsourced = $9 WHERE username = $1";
    let changed = execute!(
        tx,
        sql,
        &user.username,
        &user.display_name,
        user.role.as_str(),
        &user.extension,
        &user.unit_code,
        skills(user),
        user.disabled,
        now,
        user.outsourced,
    )?;
    Ok(changed == 1)
}

pub(super) async fn set_secrets(
    tx: &mut Tx,
    username: &str,
    secrets: &Secrets,
    now: i64,
) -> Result<bool, db::Error> {
    let sql = "UPDATE users SET password_hash = $2, sip_ha1_md5 = $3, sip_ha1_sha256 = $4, updated_at = $5 WHERE username = $1";
    let Secrets {
        password_hash,
        sip_ha1_md5,
        sip_ha1_sha256,
    } = secrets;
    Ok(execute!(tx, sql, username, password_hash, sip_ha1_md5, sip_ha1_sha256, now)? == 1)
}

fn skills(user: &User) -> String {
    serde_json::json!(user.skills).to_string()
}

pub(super) async fn unit_name(tx: &mut Tx, code: &str) -> Result<Option<String>, db::Error> {
    Ok(fetch_optional!(tx, (String,), "SELECT name FROM units WHERE code = $1", code)?.map(|(name,)| name))
}

pub(super) struct Session {
    pub(super) username: String,
    pub(super) created_at: i64,
    pub(super) seen_at: i64,
    /// Where it was opened.
    pub(super) address: Option<IpAddr>,
    pub(super) elsewhere_at: i64,
}

pub(super) async fn session(tx: &mut Tx, token_hash: &str) -> Result<Option<Session>, db::Error> {
    let sql =
        "SELECT username, created_at, seen_at, address, elsewhere_at FROM sessions WHERE token_hash = $1";
    let row = fetch_optional!(tx, (String, i64, i64, Option<String>, i64), sql, token_hash)?;
    Ok(
        row.map(|(username, created_at, seen_at, address, elsewhere_at)| Session {
            username,
            created_at,
            seen_at,
            address: address.and_then(|text| text.parse().ok()),
            elsewhere_at,
        }),
    )
}

/// Adds a session; those begun before `oldest` or unused since `idle` are swept out by the way.
pub(super) async fn insert_session(
    tx: &mut Tx,
    token_hash: &str,
    (username, address): (&str, Option<IpAddr>),
    now: i64,
    oldest: i64,
    idle: i64,
) -> Result<(), db::Error> {
    execute!(
        tx,
        "DELETE FROM sessions WHERE created_at < $1 OR seen_at < $2",
        oldest,
        idle
    )?;
    let sql = "INSERT INTO sessions (token_hash, username, created_at, seen_at, address) VALUES ($1, $2, $3, $3, $4)";
    let address = address.map(|address| address.to_string());
    execute!(tx, sql, token_hash, username, now, &address)?;
    Ok(())
}

pub(super) async fn touch_session(tx: &mut Tx, token_hash: &str, now: i64) -> Result<(), db::Error> {
    execute!(
        tx,
        "UPDATE sessions SET seen_at = $2 WHERE token_hash = $1",
        token_hash,
        now
    )?;
    Ok(())
}

pub(super) async fn note_elsewhere(tx: &mut Tx, token_hash: &str, now: i64) -> Result<(), db::Error> {
    let sql = "UPDATE sessions SET elsewhere_at = $2 WHERE token_hash = $1";
    execute!(tx, sql, token_hash, now)?;
    Ok(())
}

pub(super) async fn delete_session(tx: &mut Tx, token_hash: &str) -> Result<(), db::Error> {
    execute!(tx, "DELETE FROM sessions WHERE token_hash = $1", token_hash)?;
    Ok(())
}

pub(super) async fn delete_sessions_of(tx: &mut Tx, username: &str) -> Result<(), db::Error> {
    execute!(tx, "DELETE FROM sessions WHERE username = $1", username)?;
    Ok(())
}

pub(super) async fn left_out(tx: &mut Tx) -> Result<Vec<(String, String)>, db::Error> {
    fetch_all!(
        tx,
        (String, String),
        "SELECT username, skill FROM skills_left_out ORDER BY username, skill"
    )
}

pub(super) async fn leave_out(tx: &mut Tx, username: &str, skills: &[&str]) -> Result<(), db::Error> {
    execute!(tx, "DELETE FROM skills_left_out WHERE username = $1", username)?;
    for &skill in skills {
        let sql = "INSERT INTO skills_left_out (username, skill) VALUES ($1, $2)";
        execute!(tx, sql, username, skill)?;
    }
    Ok(())
}
