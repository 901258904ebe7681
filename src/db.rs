//! The database: SQLite or PostgreSQL behind one SQL text. Queries live in the slices' `store.rs`, not here.
//!
//! Every access runs in a [`Tx`]. On SQLite writes take turns at the one writer connection, after `BEGIN IMMEDIATE`: a deferred
//! transaction that reads and then writes fails at once with "database is locked" whatever the busy time-out is, and an autocommit
//! `INSERT … RETURNING` can report success although its commit failed.

mod dialect;
mod error;
mod fold;
mod memo;
pub(crate) mod rows;
pub(crate) mod sql;
pub mod transfer;
mod witness;
mod writer;

use std::{
    path::{Path, PathBuf},
    str::FromStr,
    sync::Arc,
    time::Duration,
};

use sqlx::{
    PgPool, SqlitePool,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

pub use dialect::{for_update, schema_version, skip_locked};
pub use error::{Error, is_temporary};
pub use witness::{Notes, Witness, witnessed};

use crate::news::{News, Signals};
use memo::Memo;
use writer::{Turn, Writer};

#[derive(Clone)]
pub struct Db {
    pools: Pools,
    signals: Arc<Signals>,
    memo: Arc<Memo>,
}

#[derive(Clone)]
enum Pools {
    Sqlite { writer: Writer, readers: SqlitePool },
    Postgres(PgPool),
}

/// One transaction. Dropped without [`Tx::commit`] it is rolled back, and so is what it would have announced.
pub struct Tx {
    inner: Inner,
    reads_only: bool,
    memo: Arc<Memo>,
    signals: Arc<Signals>,
    news: Vec<News>,
    published: bool,
    enqueued: bool,
    witness: Option<Arc<dyn Witness>>,
    notes: Notes,
}

enum Inner {
    Writing(Turn),
    Sqlite(sqlx::Transaction<'static, sqlx::Sqlite>),
    Postgres(sqlx::Transaction<'static, sqlx::Postgres>),
}

/// The connection of a transaction, for the query macros.
pub enum Connection<'a> {
    Sqlite(&'a mut sqlx::SqliteConnection),
    Postgres(&'a mut sqlx::PgConnection),
}

impl Db {
    /// Opens `sqlite:FILE` (relative to `data_dir`) or `postgres://…` and brings the schema up to date.
    pub async fn open(url: &str, data_dir: &Path) -> Result<Self, Error> {
        let pools = match sqlite_file(url, data_dir) {
            Some(file) => open_sqlite(&file).await?,
            None => Pools::Postgres(open_postgres(PgConnectOptions::from_str(url)?).await?),
        };
        Self::start(pools).await
    }

    /// A PostgreSQL database whose tables live in `schema`: how tests get a fresh database each.
    pub async fn open_postgres_schema(url: &str, schema: &str) -> Result<Self, Error> {
        let options = PgConnectOptions::from_str(url)?;
        let admin = PgPoolOptions::new()
            .max_connections(1)
            .connect_with(options.clone())
            .await?;
        sqlx::query(sqlx::AssertSqlSafe(format!(
            "CREATE SCHEMA {}",
            quote_identifier(schema)
        )))
        .execute(&admin)
        .await?;
        admin.close().await;
        let options = options.options([("search_path", schema)]);
        Self::start(Pools::Postgres(open_postgres(options).await?)).await
    }

    async fn start(pools: Pools) -> Result<Self, Error> {
        match &pools {
            Pools::Sqlite { writer, .. } => writer.migrate(&dialect::sqlite_migrator()).await?,
            Pools::Postgres(pool) => dialect::postgres_migrator().run(pool).await?,
        }
        Ok(Self {
            pools,
            signals: Arc::new(Signals::default()),
            memo: Arc::default(),
        })
    }

    /// A transaction that may write. On SQLite there is one at a time: keep it short and await nothing else inside.
    pub async fn begin(&self) -> Result<Tx, Error> {
        let inner = match &self.pools {
            Pools::Sqlite { writer, .. } => Inner::Writing(writer.begin().await?),
            Pools::Postgres(pool) => Inner::Postgres(pool.begin().await?),
        };
        let mut tx = self.tx(inner, false);
        tx.witness = witness::present();
        Ok(tx)
    }

    /// A consistent view for reading only; a write in it is refused.
    pub async fn read(&self) -> Result<Tx, Error> {
        let inner = match &self.pools {
            Pools::Sqlite { readers, .. } => Inner::Sqlite(readers.begin().await?),
            Pools::Postgres(pool) => Inner::Postgres(
                pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
                    .await?,
            ),
        };
        Ok(self.tx(inner, true))
    }

    fn tx(&self, inner: Inner, reads_only: bool) -> Tx {
        Tx {
            inner,
            reads_only,
            memo: self.memo.clone(),
            signals: self.signals.clone(),
            news: Vec::new(),
            published: false,
            enqueued: false,
            witness: None,
            notes: Notes::new(),
        }
    }

    pub fn signals(&self) -> &Signals {
        &self.signals
    }

    pub fn kind(&self) -> &'static str {
        match self.pools {
            Pools::Sqlite { .. } => "sqlite",
            Pools::Postgres(_) => "postgres",
        }
    }

    /// Folds SQLite's log back into the database. Under load the automatic checkpoint never finds a moment and the log would grow
    /// without bound. Nothing to do on PostgreSQL.
    pub async fn checkpoint(&self) -> Result<(), Error> {
        if let Pools::Sqlite { writer, .. } = &self.pools {
            writer.checkpoint().await?;
        }
        Ok(())
    }

    pub async fn close(&self) {
        match &self.pools {
            Pools::Sqlite { writer, readers } => {
                readers.close().await;
                writer.shut().await;
            }
            Pools::Postgres(pool) => pool.close().await,
        }
    }
}

impl Tx {
    pub fn connection(&mut self) -> Connection<'_> {
        match &mut self.inner {
            Inner::Writing(turn) => Connection::Sqlite(turn.connection()),
            Inner::Sqlite(tx) => Connection::Sqlite(tx),
            Inner::Postgres(tx) => Connection::Postgres(tx),
        }
    }

    pub fn is_postgres(&self) -> bool {
        matches!(self.inner, Inner::Postgres(_))
    }

    /// Makes the changes durable, then wakes those who wait for them.
    pub async fn commit(mut self) -> Result<(), Error> {
        if let Some(witness) = self.witness.take() {
            let notes = std::mem::take(&mut self.notes);
            // Last of all: what the witness locks is held no longer than the commit takes.
            witness.attest(&mut self, notes).await?;
        }
        let Self {
            inner,
            signals,
            news,
            published,
            enqueued,
            ..
        } = self;
        let announce = move || signals.after_commit(news, published, enqueued);
        match inner {
            // In the order of the transactions, though several are committed at once.
            Inner::Writing(turn) => turn.commit(Box::new(announce)).await?,
            Inner::Sqlite(tx) => {
                tx.commit().await?;
                announce();
            }
            Inner::Postgres(tx) => {
                tx.commit().await?;
                announce();
            }
        }
        Ok(())
    }

    pub async fn rollback(self) -> Result<(), Error> {
        match self.inner {
            Inner::Writing(turn) => turn.rollback().await,
            Inner::Sqlite(tx) => tx.rollback().await?,
            Inner::Postgres(tx) => tx.rollback().await?,
        }
        Ok(())
    }

    /// Says what this write is about, for whoever attests it. Names of things, never a citizen's data.
    pub fn note(&mut self, what: &str, value: impl Into<serde_json::Value>) {
        self.notes.insert(what.to_owned(), value.into());
    }

    /// Tells the open consoles, once the transaction is committed.
    pub fn tell(&mut self, news: News) {
        self.news.push(news);
    }

    pub(crate) fn mark_published(&mut self) {
        self.published = true;
    }

    pub(crate) fn mark_enqueued(&mut self) {
        self.enqueued = true;
    }
}

/// The file of a `sqlite:` URL; none for a server.
pub fn sqlite_file(url: &str, data_dir: &Path) -> Option<PathBuf> {
    let file = url.strip_prefix("sqlite:")?;
    Some(data_dir.join(file.trim_start_matches("//")))
}

async fn open_sqlite(file: &Path) -> Result<Pools, Error> {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // NORMAL loses acknowledged rows at a power cut (measured 4 of 4); FULL loses none.
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(5))
        .foreign_keys(true);
    let writer = Writer::open(
        options
            .clone()
            // 64 MB: with a million tickets what a step touches lies far apart.
            .pragma("cache_size", "-65536")
            // Each transaction is a savepoint, and what one would restore soon exceeds 64 kB: without this it goes to a file of its own.
            .pragma("temp_store", "MEMORY")
            // Pages: 64 MB. Only after one great transaction: otherwise the writer folds back earlier, and mostly beside its work.
            .pragma("wal_autocheckpoint", "16384"),
    )
    .await?;
    let readers = SqlitePoolOptions::new()
        .max_connections(8)
        .acquire_timeout(Duration::from_secs(10))
        .connect_with(options.pragma("query_only", "ON"))
        .await?;
    Ok(Pools::Sqlite { writer, readers })
}

/// One small write, for the self-check.
pub async fn note_self_check(tx: &mut Tx, now: chrono::DateTime<chrono::Utc>) -> Result<(), Error> {
    let sql =
        "INSERT INTO self_check (id, at) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET at = excluded.at";
    crate::execute!(tx, sql, crate::clock::millis(now))?;
    Ok(())
}

async fn open_postgres(options: PgConnectOptions) -> Result<PgPool, Error> {
    Ok(PgPoolOptions::new()
        .max_connections(16)
        .acquire_timeout(Duration::from_secs(10))
        .connect_with(options)
        .await?)
}

fn quote_identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Runs one query text on whichever database the transaction belongs to; the arguments are bound as `$1`, `$2`, ….
#[macro_export]
macro_rules! run_query {
    ($tx:expr, $build:path, $fetch:ident, $sql:expr $(, $arg:expr)*) => {
        match $tx.connection() {
            $crate::db::Connection::Sqlite(connection) => {
                $build($sql)$(.bind($arg))*.$fetch(connection).await.map_err($crate::db::Error::from)
            }
            $crate::db::Connection::Postgres(connection) => {
                $build($sql)$(.bind($arg))*.$fetch(connection).await.map_err($crate::db::Error::from)
            }
        }
    };
}

/// `execute!(tx, "UPDATE …", a, b)` -> `Result<u64, db::Error>`: rows changed.
#[macro_export]
macro_rules! execute {
    ($tx:expr, $sql:expr $(, $arg:expr)* $(,)?) => {
        match $tx.connection() {
            $crate::db::Connection::Sqlite(connection) => sqlx::query($sql)$(.bind($arg))*
                .execute(connection).await.map(|done| done.rows_affected()).map_err($crate::db::Error::from),
            $crate::db::Connection::Postgres(connection) => sqlx::query($sql)$(.bind($arg))*
                .execute(connection).await.map(|done| done.rows_affected()).map_err($crate::db::Error::from),
        }
    };
}

/// `fetch_all!(tx, Row, "SELECT …", a)` -> `Result<Vec<Row>, db::Error>`, `Row: FromRow`.
#[macro_export]
macro_rules! fetch_all {
    ($tx:expr, $row:ty, $sql:expr $(, $arg:expr)* $(,)?) => {
        $crate::run_query!($tx, sqlx::query_as::<_, $row>, fetch_all, $sql $(, $arg)*)
    };
}

/// `fetch_optional!(tx, Row, "SELECT …", a)` -> `Result<Option<Row>, db::Error>`.
#[macro_export]
macro_rules! fetch_optional {
    ($tx:expr, $row:ty, $sql:expr $(, $arg:expr)* $(,)?) => {
        $crate::run_query!($tx, sqlx::query_as::<_, $row>, fetch_optional, $sql $(, $arg)*)
    };
}

/// `fetch_one!(tx, Row, "INSERT … RETURNING …", a)` -> `Result<Row, db::Error>`.
#[macro_export]
macro_rules! fetch_one {
    ($tx:expr, $row:ty, $sql:expr $(, $arg:expr)* $(,)?) => {
        $crate::run_query!($tx, sqlx::query_as::<_, $row>, fetch_one, $sql $(, $arg)*)
    };
}

/// `scalar!(tx, i64, "SELECT COUNT(*) …", a)` -> `Result<i64, db::Error>`.
#[macro_export]
macro_rules! scalar {
    ($tx:expr, $value:ty, $sql:expr $(, $arg:expr)* $(,)?) => {
        $crate::run_query!($tx, sqlx::query_scalar::<_, $value>, fetch_one, $sql $(, $arg)*)
    };
}

#[cfg(test)]
#[path = "db/tests.rs"]
mod tests;
#[cfg(test)]
pub(crate) use tests::fresh;
