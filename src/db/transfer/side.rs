//! One end of a transfer: a connection of its own, so that neither the daemon's writer nor its pools are in the way.

use std::{collections::BTreeSet, path::Path, str::FromStr};

use futures::{StreamExt, stream::BoxStream};
use sqlx::{
    AssertSqlSafe, Connection, PgConnection, SqliteConnection, postgres::PgConnectOptions,
    sqlite::SqliteConnectOptions,
};

use super::{
    Error, Table,
    cell::{Cell, Sum},
};
use crate::db::{Db, dialect, rows::placeholders, sqlite_file};

pub struct Side {
    connection: Connected,
}

enum Connected {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

/// The same words on whichever connection there is.
macro_rules! on {
    ($side:expr, $connection:ident => $done:expr) => {
        match &mut $side.connection {
            Connected::Sqlite($connection) => $done,
            Connected::Postgres($connection) => $done,
        }
    };
}

impl Side {
    /// What is read: all of it as it is at this moment. Nothing is made or changed there.
    pub async fn source(url: &str, base: &Path) -> Result<Self, Error> {
        let mut side = Self {
            connection: connect(url, base).await?,
        };
        side.check_schema(url).await?;
        match &mut side.connection {
            Connected::Sqlite(connection) => execute(connection, "BEGIN").await?,
            Connected::Postgres(connection) => {
                let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
                sqlx::query(begin).execute(connection).await?;
            }
        }
        Ok(side)
    }

    /// What is written to: made where there is nothing yet, with the tables of this version.
    pub async fn target(url: &str, base: &Path) -> Result<Self, Error> {
        Db::open(url, base).await?.close().await;
        let mut side = Self {
            connection: connect(url, base).await?,
        };
        side.check_schema(url).await?;
        Ok(side)
    }

    /// Whether there is nothing in it but what the migrations put there; also where there is no database yet.
    pub async fn is_empty(url: &str, base: &Path) -> Result<bool, Error> {
        if let Some(file) = sqlite_file(url, base) {
            return Ok(!file.exists());
        }
        let mut side = Self {
            connection: connect(url, base).await?,
        };
        if side.versions().await?.is_empty() {
            return Ok(true);
        }
        side.check_schema(url).await?;
        for table in super::tables().await? {
            if side.count(&table).await? != table.seeded {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn versions(&mut self) -> Result<BTreeSet<i64>, Error> {
        let known = match &mut self.connection {
            Connected::Sqlite(connection) => {
                let sql = "SELECT COUNT(*) FROM sqlite_schema WHERE name = '_sqlx_migrations'";
                let tables: i64 = sqlx::query_scalar(sql).fetch_one(connection).await?;
                tables > 0
            }
            Connected::Postgres(connection) => {
                let sql = "SELECT to_regclass('_sqlx_migrations') IS NOT NULL";
                sqlx::query_scalar(sql).fetch_one(connection).await?
            }
        };
        if !known {
            return Ok(BTreeSet::new());
        }
        let sql = "SELECT version FROM _sqlx_migrations";
        let versions: Vec<i64> = on!(self, c => sqlx::query_scalar(sql).fetch_all(c).await?);
        Ok(versions.into_iter().collect())
    }

    async fn check_schema(&mut self, url: &str) -> Result<(), Error> {
        let (found, ours) = (self.versions().await?, dialect::versions());
        let named = || without_password(url);
        if found.is_empty() {
            return Err(Error::NotOurs(named()));
        }
        if let Some(missing) = ours.difference(&found).next() {
            return Err(Error::Older(named(), *missing));
        }
        match found.difference(&ours).next() {
            Some(more) => Err(Error::Newer(named(), *more)),
            None => Ok(()),
        }
    }

    pub(super) async fn begin(&mut self) -> Result<(), Error> {
        on!(self, c => sqlx::query("BEGIN").execute(c).await.map(drop)?);
        Ok(())
    }

    pub(super) async fn commit(mut self) -> Result<(), Error> {
        on!(self, c => sqlx::query("COMMIT").execute(c).await.map(drop)?);
        self.close().await;
        Ok(())
    }

    pub(super) async fn close(self) {
        // What was asked of it is done: how it ends changes nothing.
        let _ = match self.connection {
            Connected::Sqlite(connection) => connection.close().await,
            Connected::Postgres(connection) => connection.close().await,
        };
    }

    pub(super) async fn count(&mut self, table: &Table) -> Result<i64, Error> {
        let sql = format!("SELECT COUNT(*) FROM \"{}\"", table.name);
        Ok(on!(self, c => sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(c).await?))
    }

    pub(super) async fn clear(&mut self, table: &Table) -> Result<(), Error> {
        let sql = format!("DELETE FROM \"{}\"", table.name);
        on!(self, c => sqlx::query(AssertSqlSafe(sql)).execute(c).await.map(drop)?);
        Ok(())
    }

    pub(super) fn rows<'a>(&'a mut self, table: &'a Table) -> BoxStream<'a, Result<Vec<Cell>, sqlx::Error>> {
        let sql = format!("SELECT {} FROM \"{}\"", table.column_list(), table.name);
        let kinds = move || table.columns.iter().map(|column| column.kind).enumerate();
        match &mut self.connection {
            Connected::Sqlite(connection) => sqlx::query(AssertSqlSafe(sql))
                .fetch(connection)
                .map(move |row| {
                    let row = row?;
                    kinds()
                        .map(|(at, kind)| Cell::of_sqlite(&row, at, kind))
                        .collect()
                })
                .boxed(),
            Connected::Postgres(connection) => sqlx::query(AssertSqlSafe(sql))
                .fetch(connection)
                .map(move |row| {
                    let row = row?;
                    kinds()
                        .map(|(at, kind)| Cell::of_postgres(&row, at, kind))
                        .collect()
                })
                .boxed(),
        }
    }

    pub(super) async fn sum(&mut self, table: &Table) -> Result<Sum, Error> {
        let (mut sum, mut rows) = (Sum::default(), self.rows(table));
        while let Some(row) = rows.next().await {
            sum.add(&row?);
        }
        Ok(sum)
    }

    pub(super) async fn insert(&mut self, table: &Table, rows: &[Vec<Cell>]) -> Result<(), Error> {
        let sql = format!(
            "INSERT INTO \"{}\" ({}) VALUES {}",
            table.name,
            table.column_list(),
            placeholders(rows.len(), table.columns.len())
        );
        on!(self, c => {
            let mut query = sqlx::query(AssertSqlSafe(sql));
            for cell in rows.iter().flatten() {
                query = match cell {
                    Cell::Text(text) => query.bind(text.clone()),
                    Cell::Int(number) => query.bind(*number),
                    Cell::Bool(is) => query.bind(*is),
                    Cell::Real(number) => query.bind(*number),
                };
            }
            query.execute(c).await.map(drop)?;
        });
        Ok(())
    }

    /// The highest number that a table has given away, also to rows that are gone: it is not given twice.
    pub(super) async fn last_number(&mut self, table: &Table) -> Result<Option<i64>, Error> {
        let Some(serial) = &table.serial else {
            return Ok(None);
        };
        match &mut self.connection {
            Connected::Sqlite(connection) => {
                let sql = "SELECT seq FROM sqlite_sequence WHERE name = $1";
                let query = sqlx::query_scalar(sql).bind(&table.name);
                Ok(query.fetch_optional(connection).await?)
            }
            Connected::Postgres(connection) => {
                let sql = "SELECT pg_get_serial_sequence($1, $2)";
                let query = sqlx::query_scalar(sql).bind(&table.name).bind(serial);
                let sequence: String = query.fetch_one(&mut *connection).await?;
                let sql = format!("SELECT CASE WHEN is_called THEN last_value END FROM {sequence}");
                Ok(sqlx::query_scalar(AssertSqlSafe(sql))
                    .fetch_one(connection)
                    .await?)
            }
        }
    }

    pub(super) async fn set_last_number(&mut self, table: &Table, last: i64) -> Result<(), Error> {
        let Some(serial) = &table.serial else {
            return Ok(());
        };
        match &mut self.connection {
            Connected::Sqlite(connection) => {
                let away = "DELETE FROM sqlite_sequence WHERE name = $1";
                sqlx::query(away)
                    .bind(&table.name)
                    .execute(&mut *connection)
                    .await?;
                let sql = "INSERT INTO sqlite_sequence (name, seq) VALUES ($1, $2)";
                let query = sqlx::query(sql).bind(&table.name).bind(last);
                query.execute(connection).await?;
            }
            Connected::Postgres(connection) => {
                let sql = "SELECT setval(pg_get_serial_sequence($1, $2), $3)";
                let query = sqlx::query(sql).bind(&table.name).bind(serial).bind(last);
                query.execute(connection).await?;
            }
        }
        Ok(())
    }

    /// The index of words is of each database's own kind: it is written anew when the daemon starts.
    pub(super) async fn make_search_anew(&mut self) -> Result<(), Error> {
        let sql = "UPDATE ticket_search_form SET form = 0, made_until = ''";
        on!(self, c => sqlx::query(sql).execute(c).await.map(drop)?);
        Ok(())
    }
}

async fn connect(url: &str, base: &Path) -> Result<Connected, Error> {
    let Some(file) = sqlite_file(url, base) else {
        let options = PgConnectOptions::from_str(url)?;
        return Ok(Connected::Postgres(PgConnection::connect_with(&options).await?));
    };
    if !file.exists() {
        return Err(Error::NotOurs(file.display().to_string()));
    }
    let options = SqliteConnectOptions::new().filename(file).foreign_keys(true);
    Ok(Connected::Sqlite(SqliteConnection::connect_with(&options).await?))
}

async fn execute(connection: &mut SqliteConnection, sql: &'static str) -> Result<(), Error> {
    sqlx::query(sql).execute(&mut *connection).await?;
    // SQLite looks at the database with the first reading only.
    sqlx::query("SELECT COUNT(*) FROM sqlite_schema")
        .execute(connection)
        .await?;
    Ok(())
}

/// A URL as it may be shown.
fn without_password(url: &str) -> String {
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, rest))) => format!("{scheme}://…@{rest}"),
        _ => url.to_owned(),
    }
}
