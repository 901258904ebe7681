//! When SQLite's log is folded back into the database, and the connection that does most of it beside the writer. By itself SQLite has the
//! writer do it in the middle of a commit, with two syncs of the disk and thousands of pages here and there while everybody waits.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use sqlx::{Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use tokio::sync::Mutex;

/// Transactions after which it is done: a step of a ticket is some forty pages, so this is about twelve megabytes of log.
const AFTER: usize = 64;

pub(super) struct Fold {
    options: SqliteConnectOptions,
    connection: Mutex<Option<SqliteConnection>>,
    /// Transactions since the last time.
    written: AtomicUsize,
    runs: AtomicBool,
}

impl Fold {
    pub(super) fn new(options: SqliteConnectOptions) -> Self {
        Self {
            options,
            connection: Mutex::new(None),
            written: AtomicUsize::new(0),
            runs: AtomicBool::new(false),
        }
    }

    /// After so many more transactions: whether it is time, and nobody does it yet. Whoever hears so does it, and then calls [`Fold::end`].
    pub(super) fn is_due(&self, committed: usize) -> bool {
        let written = self.written.fetch_add(committed, Ordering::Relaxed) + committed;
        let due = written >= AFTER && !self.runs.swap(true, Ordering::Relaxed);
        if due {
            self.written.store(0, Ordering::Relaxed);
        }
        due
    }

    pub(super) fn end(&self) {
        self.runs.store(false, Ordering::Relaxed);
    }

    /// What is in the log up to now, while the writer goes on.
    pub(super) async fn aside(&self) {
        let mut place = self.connection.lock().await;
        let connection = match place.take() {
            Some(connection) => Ok(connection),
            None => SqliteConnection::connect_with(&self.options).await,
        };
        let folded = async {
            let mut connection = connection?;
            sqlx::query("PRAGMA wal_checkpoint(PASSIVE)")
                .execute(&mut connection)
                .await?;
            Ok::<_, sqlx::Error>(connection)
        };
        match folded.await {
            Ok(connection) => *place = Some(connection),
            // The writer does all of it then.
            Err(error) => tracing::debug!(%error, "the log could not be folded back beside the writer"),
        }
    }

    pub(super) async fn shut(&self) {
        if let Some(connection) = self.connection.lock().await.take() {
            let _ = connection.close().await;
        }
    }
}
