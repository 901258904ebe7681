//! The tables as the migrations make them: what a database of this program consists of, whichever kind it is.

use std::collections::BTreeSet;

use sqlx::{AssertSqlSafe, Connection, SqliteConnection};

use super::{Error, cell::Kind};
use crate::db::dialect;

#[derive(Debug, Clone)]
pub struct Table {
    pub name: String,
    pub(super) columns: Vec<Column>,
    /// The column that numbers the rows by itself.
    pub(super) serial: Option<String>,
    /// Rows that the migrations put there.
    pub(super) seeded: i64,
    refers_to: BTreeSet<String>,
}

#[derive(Debug, Clone)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) kind: Kind,
}

impl Table {
    pub(super) fn column_list(&self) -> String {
        let names: Vec<_> = self
            .columns
            .iter()
            .map(|column| format!("\"{}\"", column.name))
            .collect();
        names.join(", ")
    }
}

/// Each after those that it refers to. Tables that only one kind of database has, such as the index of words, are not among them.
pub async fn tables() -> Result<Vec<Table>, Error> {
    let mut model = SqliteConnection::connect("sqlite::memory:").await?;
    let migrated = dialect::sqlite_migrator().run(&mut model).await;
    migrated.map_err(crate::db::Error::from)?;
    let mut tables = Vec::new();
    for name in plain_tables(&mut model).await? {
        tables.push(table(&mut model, name).await?);
    }
    in_order(tables)
}

/// Not those of SQLite and sqlx, nor virtual ones and what stands behind them.
pub(super) async fn plain_tables(connection: &mut SqliteConnection) -> Result<Vec<String>, Error> {
    let sql = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' \
               AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name <> '_sqlx_migrations' ORDER BY name";
    Ok(sqlx::query_scalar(sql).fetch_all(connection).await?)
}

async fn table(model: &mut SqliteConnection, name: String) -> Result<Table, Error> {
    let sql = "SELECT name, type, pk FROM pragma_table_info($1) ORDER BY cid";
    let described: Vec<(String, String, i64)> =
        sqlx::query_as(sql).bind(&name).fetch_all(&mut *model).await?;
    let mut columns = Vec::new();
    for (column, declared, _) in &described {
        let kind = Kind::of(declared).ok_or_else(|| Error::Kind {
            table: name.clone(),
            kind: declared.clone(),
        })?;
        columns.push(Column {
            name: column.clone(),
            kind,
        });
    }
    // INTEGER stands only where BIGSERIAL was written.
    let serial = described
        .into_iter()
        .find(|(_, declared, _)| declared == "INTEGER");
    let sql = "SELECT \"table\" FROM pragma_foreign_key_list($1)";
    let refers_to: Vec<String> = sqlx::query_scalar(sql).bind(&name).fetch_all(&mut *model).await?;
    let sql = format!("SELECT COUNT(*) FROM \"{name}\"");
    let seeded = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(model).await?;
    Ok(Table {
        columns,
        serial: serial.map(|(column, ..)| column),
        seeded,
        refers_to: refers_to.into_iter().filter(|other| *other != name).collect(),
        name,
    })
}

fn in_order(mut left: Vec<Table>) -> Result<Vec<Table>, Error> {
    let mut ordered: Vec<Table> = Vec::new();
    while !left.is_empty() {
        let placed: BTreeSet<String> = ordered.iter().map(|table| table.name.clone()).collect();
        let (ready, rest): (Vec<_>, Vec<_>) = left
            .into_iter()
            .partition(|table| table.refers_to.is_subset(&placed));
        if ready.is_empty() {
            let name = rest.first().map(|table| table.name.clone());
            return Err(Error::Circle(name.unwrap_or_default()));
        }
        ordered.extend(ready);
        left = rest;
    }
    Ok(ordered)
}
