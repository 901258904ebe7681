//! A database as one SQLite file, whatever it is kept in: what a backup holds.

use std::{collections::BTreeMap, path::Path};

use sqlx::{AssertSqlSafe, Connection, SqliteConnection, sqlite::SqliteConnectOptions};

use super::{Error, model::plain_tables, transfer};
use crate::db::sqlite_file;

/// Rows of each table.
pub type Counts = BTreeMap<String, i64>;

/// Writes all that the database holds at this moment into `file`, which must not exist yet, while others go on writing.
pub async fn snapshot(url: &str, data_dir: &Path, file: &Path) -> Result<(), Error> {
    let Some(source) = sqlite_file(url, data_dir) else {
        transfer(url, &format!("sqlite:{}", file.display()), data_dir, |_| {}).await?;
        return Ok(());
    };
    if !source.exists() {
        return Err(Error::NotOurs(source.display().to_string()));
    }
    let mut connection = open(&source).await?;
    // One reading transaction from the first row to the last; writers go on in the log meanwhile.
    let sql = "VACUUM INTO $1";
    let copied = sqlx::query(sql)
        .bind(file.display().to_string())
        .execute(&mut connection)
        .await;
    let _ = connection.close().await;
    Ok(copied.map(drop)?)
}

pub async fn counts(file: &Path) -> Result<Counts, Error> {
    let mut connection = open(file).await?;
    let mut counts = Counts::new();
    for table in plain_tables(&mut connection).await? {
        let sql = format!("SELECT COUNT(*) FROM \"{table}\"");
        let rows = sqlx::query_scalar(AssertSqlSafe(sql))
            .fetch_one(&mut connection)
            .await?;
        counts.insert(table, rows);
    }
    let _ = connection.close().await;
    Ok(counts)
}

/// What SQLite finds wrong with a file; none when it is whole.
pub async fn fault(file: &Path) -> Result<Option<String>, Error> {
    let mut connection = open(file).await?;
    let found: String = sqlx::query_scalar("PRAGMA quick_check(1)")
        .fetch_one(&mut connection)
        .await?;
    let _ = connection.close().await;
    Ok((found != "ok").then_some(found))
}

/// The migrations that a file has gone through.
pub async fn schema(file: &Path) -> Result<i64, Error> {
    let mut connection = open(file).await?;
    let newest = sqlx::query_scalar("SELECT MAX(version) FROM _sqlx_migrations")
        .fetch_one(&mut connection)
        .await?;
    let _ = connection.close().await;
    Ok(newest)
}

async fn open(file: &Path) -> Result<SqliteConnection, Error> {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .busy_timeout(std::time::Duration::from_secs(10));
    Ok(SqliteConnection::connect_with(&options).await?)
}
