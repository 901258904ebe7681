//! The handful of places where SQLite and PostgreSQL really differ.

use std::borrow::Cow;

use sqlx::{
    AssertSqlSafe, SqlSafeStr,
    migrate::{Migration, Migrator},
};

use super::Tx;

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// The version of the newest migration this program knows.
pub fn schema_version() -> i64 {
    MIGRATIONS
        .iter()
        .map(|migration| migration.version)
        .max()
        .unwrap_or(0)
}

/// All migrations that this program knows.
pub(super) fn versions() -> std::collections::BTreeSet<i64> {
    MIGRATIONS.iter().map(|migration| migration.version).collect()
}

pub(super) fn sqlite_migrator() -> Migrator {
    migrator(|line| match line.strip_prefix("--sqlite ") {
        Some(only) => only.to_owned(),
        None => line.replace("BIGSERIAL PRIMARY KEY", "INTEGER PRIMARY KEY AUTOINCREMENT"),
    })
}

pub(super) fn postgres_migrator() -> Migrator {
    migrator(|line| line.strip_prefix("--postgres ").unwrap_or(line).to_owned())
}

/// Migrations are written once. `BIGSERIAL PRIMARY KEY` and lines that begin `--sqlite ` or `--postgres ` are what differs.
fn migrator(translate: impl Fn(&str) -> String) -> Migrator {
    let migrations = MIGRATIONS
        .iter()
        .map(|migration| {
            let sql: Vec<String> = migration.sql.as_str().lines().map(&translate).collect();
            Migration::new(
                migration.version,
                migration.description.clone(),
                migration.migration_type,
                AssertSqlSafe(sql.join("\n")).into_sql_str(),
                migration.no_tx,
            )
        })
        .collect();
    // A newer program may have migrated first (a rolled back upgrade): its extra tables do no harm.
    Migrator {
        migrations: Cow::Owned(migrations),
        ignore_missing: true,
        ..Migrator::DEFAULT
    }
}

/// Claiming rows: PostgreSQL skips those another worker holds; SQLite has one writer and needs nothing.
pub fn skip_locked(tx: &Tx) -> &'static str {
    if tx.is_postgres() {
        " FOR UPDATE SKIP LOCKED"
    } else {
        ""
    }
}

/// Reading a row that this transaction will change.
pub fn for_update(tx: &Tx) -> &'static str {
    if tx.is_postgres() { " FOR UPDATE" } else { "" }
}
