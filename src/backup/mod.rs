//! Backup (备份) and restore (恢复): all that a county would miss, in one file, made while the daemon works. What is not in it: the
//! configuration file and the speech model. Decides nothing about when backups are made and where they are kept.

mod archive;
mod gather;
mod manifest;
mod part;
mod places;
mod recording;
mod restore;
mod store;

use std::{
    io::{BufWriter, ErrorKind},
    path::{Path, PathBuf},
};

use serde_json::json;

pub use manifest::{Manifest, Remark};
pub use places::refuse_unfinished;
pub use restore::{Restored, restore};

use crate::{
    app::App,
    audit::{self, Entry, Who},
    clock::millis,
    db::{self, transfer},
};
use archive::Writer;
use part::Part;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("磁盘已满，写不下 {0}。写了一半的已经删除，没有留下残缺的文件")]
    Full(PathBuf),
    #[error("{path}：{source}")]
    File { path: PathBuf, source: std::io::Error },
    #[error("另一个备份正在写 {0}")]
    Busy(PathBuf),
    #[error("数据库有损坏，没有备份：{0}")]
    Damaged(String),
    #[error("{path} 不是完好的民声备份：{reason}")]
    Unsound { path: PathBuf, reason: String },
    #[error("备份来自更新的版本（表结构 {0}）：请用那个版本或更新的版本恢复")]
    Newer(i64),
    #[error("{0} 不是空的：只能恢复到空目录，本命令不会覆盖任何数据")]
    NotEmpty(PathBuf),
    #[error("目标数据库不是空的：只能恢复到空库，本命令不会覆盖任何数据")]
    DatabaseNotEmpty,
    #[error("{0} 上一次恢复没有做完：请重新执行 minsheng restore，成功之前不能启动")]
    Unfinished(PathBuf),
    #[error(transparent)]
    Transfer(transfer::Error),
    #[error(transparent)]
    Database(#[from] db::Error),
    #[error("{0}")]
    Broken(#[from] tokio::task::JoinError),
}

impl Error {
    fn at(path: &Path) -> impl FnOnce(std::io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| match source.kind() {
            // A limit of the process or of its user is as full as a disk.
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => Self::Full(path),
            _ => Self::File { path, source },
        }
    }

    /// SQLite writes its copies itself and says in its own way that there is no room.
    fn of_database(path: &Path, error: transfer::Error) -> Self {
        match error {
            transfer::Error::Database(db::Error::Storage(_))
            | transfer::Error::Table {
                source: db::Error::Storage(_),
                ..
            } => Self::Full(path.to_owned()),
            other => Self::Transfer(other),
        }
    }
}

/// A backup that was made.
#[derive(Debug)]
pub struct Made {
    pub manifest: Manifest,
    pub bytes: u64,
    /// SHA-256 of the file: whoever notes it elsewhere can tell later that it is the same.
    pub sha256: String,
}

/// Copies everything as it is at this moment into `file`; what had that name before is replaced at the very end.
pub async fn create(app: &App, file: &Path) -> Result<Made, Error> {
    let part = Part::begin(file)?;
    // Before the copy, so that the copy knows where it comes from; and an attempt is on record as well.
    note(app, "backup.create", file, &json!({ "from": "shell" })).await?;
    let config = &app.config;
    let snapshot = part.database();
    let copied = transfer::snapshot(&config.database.url, &config.service.data_dir, snapshot).await;
    copied.map_err(|error| Error::of_database(snapshot, error))?;
    if let Some(fault) = transfer::fault(snapshot).await.map_err(Error::Transfer)? {
        return Err(Error::Damaged(fault));
    }
    let mut manifest = manifest::begin(app);
    manifest.tables = transfer::counts(snapshot).await.map_err(Error::Transfer)?;
    manifest.schema = transfer::schema(snapshot).await.map_err(Error::Transfer)?;
    let belongings = store::belongings(snapshot).await?;
    let items = gather::items(config, snapshot, belongings)?;
    let at = millis(app.clock.now()).unsigned_abs() / 1000;
    tokio::task::spawn_blocking(move || write(part, manifest, items, at)).await?
}

fn write(part: Part, mut manifest: Manifest, items: Vec<gather::Item>, at: u64) -> Result<Made, Error> {
    let failed = |path: &Path| Error::at(path);
    let out = archive::Summed::new(BufWriter::new(part.archive()));
    let mut writer = Writer::begin(out, at).map_err(failed(part.path()))?;
    for item in items {
        manifest
            .remarks
            .extend(gather::add(&mut writer, &item, part.path())?);
    }
    let summed = writer.finish(&mut manifest).map_err(failed(part.path()))?;
    let (bytes, sha256) = summed.finish().map_err(failed(part.path()))?;
    part.finish()?;
    Ok(Made {
        manifest,
        bytes,
        sha256,
    })
}

async fn note(app: &App, action: &str, file: &Path, detail: &serde_json::Value) -> Result<(), db::Error> {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let mut entry = Entry::new(Who::default(), action, "backup", &name);
    entry.detail = detail.clone();
    let mut tx = app.db.begin().await?;
    audit::append(app, &mut tx, entry).await?;
    tx.commit().await
}
