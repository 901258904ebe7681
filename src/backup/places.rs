//! Where the parts of a backup belong, and the room beside each place in which they stay until all of them are there and right.

use std::{
    fs,
    io::ErrorKind,
    os::unix::fs::{MetadataExt, lchown},
    path::{Path, PathBuf},
};

use super::{
    Error,
    part::{beside, sync_folder_of},
};
use crate::{config::Config, db::sqlite_file};

pub(super) const DATABASE: &str = "database/minsheng.db";
pub(super) const RECORDINGS: &str = "recordings";
pub(super) const ATTACHMENTS: &str = "attachments";
pub(super) const PROVISIONING: &str = "provisioning";
/// Prompts of a provisioning folder that is not the configured one.
pub(super) const SHIPPED: &str = "shipped-prompts";
pub(super) const TLS: &str = "tls";
pub(super) const AUDIT_KEY: &str = "audit.key";

/// In each place; in the data directory it also says that a restore is not done.
const WAITING: &str = ".restoring";

/// The file of a prompt below the folder of prompts.
pub(super) fn shipped_name(prompt: &str) -> String {
    format!("{prompt}.wav")
}

/// A daemon on half a hotline would go on writing to it.
pub fn refuse_unfinished(config: &Config) -> Result<(), Error> {
    let data = &config.service.data_dir;
    match data.join(WAITING).exists() {
        true => Err(Error::Unfinished(data.clone())),
        false => Ok(()),
    }
}

pub(super) struct Places {
    data: PathBuf,
    recordings: PathBuf,
    attachments: PathBuf,
    /// None: a server.
    database: Option<PathBuf>,
}

impl Places {
    pub(super) fn of(config: &Config) -> Self {
        let data = config.service.data_dir.clone();
        Self {
            recordings: config.recordings(),
            attachments: config.attachments(),
            database: sqlite_file(&config.database.url, &data),
            data,
        }
    }

    /// The data directory last: as long as it has its waiting room, nothing starts there.
    fn roots(&self) -> [&Path; 3] {
        [&self.recordings, &self.attachments, &self.data]
    }

    /// Tidies up after a restore that was broken off, and makes sure that nothing else is there.
    pub(super) fn begin(&self) -> Result<(), Error> {
        for root in self.roots() {
            self.forget(root)?;
        }
        for root in self.roots() {
            if !holds_nothing(root)? {
                return Err(Error::NotEmpty(root.to_owned()));
            }
        }
        for root in self.roots().iter().rev() {
            let room = root.join(WAITING);
            fs::create_dir_all(&room).map_err(Error::at(&room))?;
        }
        Ok(())
    }

    /// After a failure: as if nothing had been tried.
    pub(super) fn give_up(&self) {
        for root in self.roots() {
            if let Err(error) = self.forget(root) {
                tracing::warn!(%error, "what was restored so far could not be removed");
            }
        }
    }

    fn forget(&self, root: &Path) -> Result<(), Error> {
        let room = root.join(WAITING);
        match fs::remove_dir_all(&room) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(Error::at(&room)(error)),
            _ => Ok(()),
        }
    }

    /// Where a member of the archive waits.
    pub(super) fn waiting(&self, name: &str) -> Option<PathBuf> {
        let data = || self.data.join(WAITING);
        if name == DATABASE {
            return Some(self.waiting_database());
        }
        match name.split_once('/') {
            Some((RECORDINGS, rest)) => Some(self.recordings.join(WAITING).join(rest)),
            Some((ATTACHMENTS, rest)) => Some(self.attachments.join(WAITING).join(rest)),
            Some((PROVISIONING | SHIPPED | TLS | "prompts", _)) => Some(data().join(name)),
            None if name == AUDIT_KEY => Some(data().join(name)),
            _ => None,
        }
    }

    pub(super) fn waiting_database(&self) -> PathBuf {
        self.data.join(WAITING).join("minsheng.db.copy")
    }

    /// Where a prompt of a provisioning folder will be, if the backup has it.
    pub(super) fn shipped(&self, prompt: &str) -> Option<String> {
        let file = shipped_name(prompt);
        let candidates = [
            format!("{SHIPPED}/{file}"),
            format!("{PROVISIONING}/prompts/{file}"),
        ];
        let is_there = |name: &&String| self.data.join(WAITING).join(name).is_file();
        let name = candidates.iter().find(is_there)?;
        Some(self.data.join(name).display().to_string())
    }

    pub(super) fn provisioning(&self) -> PathBuf {
        self.data.join(PROVISIONING)
    }

    /// Everything is there and right: into its place with it. Restored by root, it still belongs to whom the data directory belongs to.
    pub(super) fn settle(&self) -> Result<(), Error> {
        let owner = fs::metadata(&self.data).map_err(Error::at(&self.data))?;
        for root in self.roots() {
            give(root, &owner)?;
        }
        let copy = self.waiting_database();
        match &self.database {
            Some(file) => {
                let folder = file.parent().unwrap_or(&self.data);
                fs::create_dir_all(folder).map_err(Error::at(folder))?;
                move_file(&copy, file)?;
            }
            None => fs::remove_file(&copy).map_err(Error::at(&copy))?,
        }
        for root in self.roots() {
            let room = root.join(WAITING);
            for entry in fs::read_dir(&room).map_err(Error::at(&room))? {
                let entry = entry.map_err(Error::at(&room))?;
                let place = root.join(entry.file_name());
                fs::rename(entry.path(), &place).map_err(Error::at(&place))?;
            }
            fs::remove_dir(&room).map_err(Error::at(&room))?;
            sync_folder_of(&room)?;
        }
        Ok(())
    }
}

fn give(path: &Path, owner: &fs::Metadata) -> Result<(), Error> {
    let found = fs::symlink_metadata(path).map_err(Error::at(path))?;
    if (found.uid(), found.gid()) != (owner.uid(), owner.gid()) {
        match lchown(path, Some(owner.uid()), Some(owner.gid())) {
            // Only root gives files away; whoever else restores keeps them.
            Err(error) if error.kind() != ErrorKind::PermissionDenied => return Err(Error::at(path)(error)),
            _ => {}
        }
    }
    if found.is_dir() && !path.ends_with("lost+found") {
        for entry in fs::read_dir(path).map_err(Error::at(path))? {
            give(&entry.map_err(Error::at(path))?.path(), owner)?;
        }
    }
    Ok(())
}

/// Also onto another disk.
fn move_file(from: &Path, to: &Path) -> Result<(), Error> {
    match fs::rename(from, to) {
        Err(error) if error.kind() == ErrorKind::CrossesDevices => {}
        moved => return moved.map_err(Error::at(to)),
    }
    let part = beside(to, ".part");
    let copied = fs::copy(from, &part).and_then(|_| fs::File::open(&part)?.sync_all());
    copied.map_err(Error::at(&part))?;
    fs::rename(&part, to).map_err(Error::at(to))?;
    fs::remove_file(from).map_err(Error::at(from))
}

/// Folders without a file in them, and what a disk has by itself, are nothing.
fn holds_nothing(folder: &Path) -> Result<bool, Error> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(true),
        entries => entries.map_err(Error::at(folder))?,
    };
    for entry in entries {
        let path = entry.map_err(Error::at(folder))?.path();
        if path.ends_with("lost+found") {
            continue;
        }
        let is_folder = path.is_dir() && !path.is_symlink();
        if !is_folder || !holds_nothing(&path)? {
            return Ok(false);
        }
    }
    Ok(true)
}
