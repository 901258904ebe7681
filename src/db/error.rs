//! What a caller can act on when the database refuses.

use sqlx::error::ErrorKind;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Somebody else holds the lock, or no connection came free in time: the same transaction may succeed when tried again.
    #[error("the database is busy")]
    Busy,
    /// The disk is full, read-only or failing: nothing was stored; it may work again once the disk is seen to.
    #[error("the database cannot write: {0}")]
    Storage(String),
    /// The server is gone or still starting.
    #[error("the database is not reachable: {0}")]
    Unreachable(String),
    /// A unique, foreign-key or check constraint; `name` as the database gives it (`table.column` on SQLite).
    #[error("the database refuses the row: {name}")]
    Constraint { name: String, unique: bool },
    #[error("no such row")]
    NotFound,
    #[error(transparent)]
    Migrate(#[from] sqlx::migrate::MigrateError),
    #[error(transparent)]
    Other(sqlx::Error),
}

impl Error {
    /// Whether the same transaction may succeed later without anyone changing it.
    pub fn is_temporary(&self) -> bool {
        matches!(self, Self::Busy | Self::Storage(_) | Self::Unreachable(_))
    }

    pub fn is_unique_violation(&self) -> bool {
        matches!(self, Self::Constraint { unique: true, .. })
    }
}

/// Whether what failed was the database, and may succeed later.
pub fn is_temporary(error: &anyhow::Error) -> bool {
    error.downcast_ref::<Error>().is_some_and(Error::is_temporary)
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::RowNotFound => Self::NotFound,
            sqlx::Error::PoolTimedOut => Self::Busy,
            sqlx::Error::Io(io) => Self::Unreachable(io.to_string()),
            sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => Self::Unreachable(error.to_string()),
            sqlx::Error::Database(ref refused) => match classify(refused.as_ref()) {
                Some(named) => named,
                None => Self::Other(error),
            },
            other => Self::Other(other),
        }
    }
}

fn classify(error: &dyn sqlx::error::DatabaseError) -> Option<Error> {
    let unique = matches!(error.kind(), ErrorKind::UniqueViolation);
    if unique
        || matches!(
            error.kind(),
            ErrorKind::ForeignKeyViolation | ErrorKind::CheckViolation
        )
    {
        let name = error.constraint().unwrap_or_else(|| error.message()).to_owned();
        return Some(Error::Constraint { name, unique });
    }
    let code = error.code()?;
    match code.parse::<u32>() {
        // SQLite's extended result codes: the primary code is the low byte.
        Ok(sqlite) if code.len() < 5 => match sqlite & 0xff {
            5 | 6 => Some(Error::Busy),
            // READONLY, IOERR, FULL, CANTOPEN
            8 | 10 | 13 | 14 => Some(Error::Storage(error.message().to_owned())),
            _ => None,
        },
        // PostgreSQL's SQLSTATE classes: 40 rollback, 55P03 lock, 53 resources, 08 and 57P0x connection, 58 system.
        _ => match code.as_ref() {
            state if state.starts_with("40") || state == "55P03" => Some(Error::Busy),
            state if state.starts_with("53") || state.starts_with("58") || state == "25006" => {
                Some(Error::Storage(error.message().to_owned()))
            }
            state if state.starts_with("08") || state.starts_with("57P0") => {
                Some(Error::Unreachable(error.message().to_owned()))
            }
            _ => None,
        },
    }
}
