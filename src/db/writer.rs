//! SQLite's one writer. Transactions that wait for it while another runs share that one's commit: a commit is a sync of the disk, and many
//! disks sync no more than some hundreds of times a second. Each is a savepoint of its own, told of success only when the commit of all
//! is durable. What they do is not known here.

use std::{sync::Arc, time::Duration};

use sqlx::{Connection, SqliteConnection, migrate::Migrator, sqlite::SqliteConnectOptions};
use tokio::{
    runtime::Handle,
    sync::{Mutex, OwnedMutexGuard, oneshot},
    time::timeout,
};

use super::{Error, fold::Fold};

const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Clone)]
pub(super) struct Writer {
    desk: Arc<Mutex<Desk>>,
    fold: Arc<Fold>,
}

struct Desk {
    options: SqliteConnectOptions,
    connection: Option<SqliteConnection>,
    group: Option<Group>,
    shut: bool,
}

/// An open transaction: those who are done and wait for its commit, in their order.
#[derive(Default)]
struct Group(Vec<Done>);

struct Done {
    announce: Announce,
    told: oneshot::Sender<Result<(), Error>>,
}

/// What is said once the work is durable.
pub(super) type Announce = Box<dyn FnOnce() + Send>;

/// One transaction's turn at the writer. Dropped, what it did is undone.
pub(super) struct Turn {
    /// Taken when the turn ends.
    desk: Option<OwnedMutexGuard<Desk>>,
    writer: Writer,
}

impl Writer {
    pub(super) async fn open(options: SqliteConnectOptions) -> Result<Self, sqlx::Error> {
        let connection = Some(SqliteConnection::connect_with(&options).await?);
        let fold = Arc::new(Fold::new(options.clone()));
        let desk = Desk {
            options,
            connection,
            group: None,
            shut: false,
        };
        Ok(Self {
            desk: Arc::new(Mutex::new(desk)),
            fold,
        })
    }

    /// In the order of asking.
    async fn desk(&self) -> Result<OwnedMutexGuard<Desk>, Error> {
        let waited = timeout(PATIENCE, self.desk.clone().lock_owned()).await;
        waited.map_err(|_| Error::Busy)
    }

    pub(super) async fn begin(&self) -> Result<Turn, Error> {
        let desk = self.desk().await?;
        // From here on a turn that is dropped is undone.
        let mut turn = Turn {
            desk: Some(desk),
            writer: self.clone(),
        };
        match turn.desk()?.enter().await {
            Ok(()) => Ok(turn),
            Err(error) => {
                // Where nothing was begun there is nothing to undo.
                turn.desk = turn.desk.take().filter(|desk| desk.group.is_some());
                Err(error)
            }
        }
    }

    /// Folds the log back into the database, when no transaction is open.
    pub(super) async fn checkpoint(&self) -> Result<(), Error> {
        let mut desk = self.desk().await?;
        desk.close().await;
        Ok(desk.run("PRAGMA wal_checkpoint(TRUNCATE)").await?)
    }

    pub(super) async fn migrate(&self, migrator: &Migrator) -> Result<(), Error> {
        let mut desk = self.desk().await?;
        Ok(migrator.run(desk.connection().await?).await?)
    }

    pub(super) async fn shut(&self) {
        self.fold.shut().await;
        let mut desk = self.desk.lock().await;
        desk.close().await;
        desk.shut = true;
        if let Some(connection) = desk.connection.take() {
            let _ = connection.close().await;
        }
    }

    /// Whoever asked for the writer before gets in first, and is in the same commit.
    async fn close(self) {
        let committed = self.desk.lock().await.close().await;
        if self.fold.is_due(committed) {
            self.fold_back().await;
        }
    }

    /// Most of the log while others write on; then the rest, which is little, so that the log begins anew.
    async fn fold_back(&self) {
        self.fold.aside().await;
        let mut desk = self.desk.lock().await;
        desk.close().await;
        if !desk.shut
            && let Err(error) = desk.run("PRAGMA wal_checkpoint(PASSIVE)").await
        {
            tracing::debug!(%error, "the log is folded back another time");
        }
        self.fold.end();
    }
}

impl Turn {
    fn desk(&mut self) -> Result<&mut Desk, Error> {
        let desk = self.desk.as_deref_mut();
        desk.ok_or_else(|| Error::Unreachable("the turn is over".into()))
    }

    pub(super) fn connection(&mut self) -> &mut SqliteConnection {
        let connection = self.desk.as_deref_mut().and_then(|desk| desk.connection.as_mut());
        // A turn begins with a connection and the desk; both go only with the turn itself.
        connection.expect("a turn that runs has the connection")
    }

    /// Ends well: `announce` is called, and this returns, when the work is durable. Nobody who stops waiting can leave it half-done.
    pub(super) async fn commit(mut self, announce: Announce) -> Result<(), Error> {
        let (told, answer) = oneshot::channel();
        let (desk, writer) = (self.desk.take(), self.writer.clone());
        let done = Done { announce, told };
        tokio::spawn(async move {
            let Some(mut desk) = desk else { return };
            if desk.leave(done).await {
                drop(desk);
                writer.close().await;
            }
        });
        // Nobody answers when the runtime ends meanwhile.
        answer.await.unwrap_or(Err(Error::Busy))
    }

    pub(super) async fn rollback(mut self) {
        if let Some(mut desk) = self.desk.take() {
            desk.undo().await;
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let Some(mut desk) = self.desk.take() else {
            return;
        };
        match Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn(async move { desk.undo().await })),
            // Closing undoes it as well, and all who were to be committed with it hear that they were not.
            Err(_) => desk.give_up(),
        }
    }
}

impl Desk {
    async fn connection(&mut self) -> Result<&mut SqliteConnection, sqlx::Error> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None if self.shut => return Err(sqlx::Error::PoolClosed),
            None => SqliteConnection::connect_with(&self.options).await?,
        };
        Ok(self.connection.insert(connection))
    }

    async fn run(&mut self, sql: &'static str) -> Result<(), sqlx::Error> {
        let connection = self.connection().await?;
        sqlx::query(sql).execute(connection).await.map(drop)
    }

    async fn enter(&mut self) -> Result<(), Error> {
        if self.group.is_none() {
            if let Err(error) = self.run("BEGIN IMMEDIATE").await.map_err(Error::from) {
                if matches!(error, Error::Busy) {
                    return Err(error);
                }
                self.give_up();
                self.run("BEGIN IMMEDIATE").await?;
            }
            self.group = Some(Group::default());
        }
        Ok(self.run("SAVEPOINT turn").await?)
    }

    /// Says whether it is the first who waits for the commit.
    async fn leave(&mut self, done: Done) -> bool {
        // A full disk makes SQLite roll everything back by itself: then this savepoint is gone as well.
        if let Err(error) = self.run("RELEASE turn").await {
            self.give_up();
            let _ = done.told.send(Err(Error::Storage(error.to_string())));
            return false;
        }
        let group = self.group.get_or_insert_default();
        group.0.push(done);
        group.0.len() == 1
    }

    async fn undo(&mut self) {
        if self.group.as_ref().is_none_or(|group| group.0.is_empty()) {
            self.group = None;
            if self.run("ROLLBACK").await.is_err() {
                self.give_up();
            }
        } else if self.run("ROLLBACK TO turn").await.is_err() || self.run("RELEASE turn").await.is_err() {
            self.give_up();
        }
    }

    /// Commits for all who are done; says how many they were.
    async fn close(&mut self) -> usize {
        let Some(group) = self.group.take() else {
            return 0;
        };
        let count = group.0.len();
        let Err(error) = self.run("COMMIT").await.map_err(Error::from) else {
            group.succeed();
            return count;
        };
        if self.run("ROLLBACK").await.is_err() {
            self.give_up();
        }
        group.fail(error);
        0
    }

    /// Nothing is known of the connection any more: what was open on it is lost.
    fn give_up(&mut self) {
        self.connection = None;
        if let Some(group) = self.group.take() {
            group.fail(Error::Busy);
        }
    }
}

impl Group {
    fn succeed(self) {
        for done in self.0 {
            (done.announce)();
            let _ = done.told.send(Ok(()));
        }
    }

    /// One alone hears why. Of several, each may succeed when tried again: it may be another's fault.
    fn fail(mut self, error: Error) {
        if self.0.len() == 1
            && let Some(done) = self.0.pop()
        {
            let _ = done.told.send(Err(error));
            return;
        }
        for done in self.0 {
            let why = match &error {
                Error::Storage(why) => Error::Storage(why.clone()),
                _ => Error::Busy,
            };
            let _ = done.told.send(Err(why));
        }
    }
}

#[cfg(test)]
#[path = "writer_tests.rs"]
mod tests;
