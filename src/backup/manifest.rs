//! What a backup says of itself: the last file in it, so that one that was cut off has none.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{app::App, db::transfer::Counts};

pub(super) const FORMAT: u32 = 1;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    pub format: u32,
    /// Of the program that made it.
    pub version: String,
    pub commit: String,
    /// The newest migration that the database has gone through.
    pub schema: i64,
    pub made_at: DateTime<Utc>,
    /// What the database was kept in; the copy is a SQLite file in any case.
    pub database: String,
    /// Rows of each table.
    pub tables: Counts,
    /// By name in the archive.
    pub files: BTreeMap<String, Kept>,
    pub remarks: Vec<Remark>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    pub bytes: u64,
    pub sha256: String,
}

/// Something that is not in the backup as one would expect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remark {
    pub file: String,
    pub what: String,
}

impl Manifest {
    /// Files whose name begins so.
    pub fn count(&self, folder: &str) -> usize {
        self.files.keys().filter(|name| name.starts_with(folder)).count()
    }

    pub fn rows(&self) -> i64 {
        self.tables.values().sum()
    }
}

pub(super) fn begin(app: &App) -> Manifest {
    Manifest {
        format: FORMAT,
        version: env!("CARGO_PKG_VERSION").into(),
        commit: env!("MINSHENG_COMMIT").into(),
        schema: 0,
        made_at: app.clock.now(),
        database: app.db.kind().into(),
        tables: Counts::new(),
        files: BTreeMap::new(),
        remarks: vec![],
    }
}
