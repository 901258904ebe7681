//! A backup on its way: beside its later name, and gone if it does not get there.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    path::{Path, PathBuf},
};

use super::Error;

pub(super) struct Part {
    target: PathBuf,
    path: PathBuf,
    database: PathBuf,
    archive: File,
    finished: bool,
}

impl Part {
    /// What a killed run left there is overwritten; what another run is writing is left alone.
    pub(super) fn begin(target: &Path) -> Result<Self, Error> {
        // A copy of the database is opened by an address, in which a relative name means something else.
        let target = std::path::absolute(target).map_err(Error::at(target))?;
        let target = target.as_path();
        let (path, database) = (beside(target, ".part"), beside(target, ".part.db"));
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        // It holds the passwords' hashes, and who called with what trouble.
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let archive = options.open(&path).map_err(Error::at(&path))?;
        match archive.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Error::Busy(target.to_owned())),
            Err(TryLockError::Error(error)) => return Err(Error::at(&path)(error)),
        }
        let part = Self {
            target: target.to_owned(),
            path,
            database,
            archive,
            finished: false,
        };
        part.remove_database();
        part.archive.set_len(0).map_err(Error::at(&part.path))?;
        Ok(part)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Where the copy of the database goes.
    pub(super) fn database(&self) -> &Path {
        &self.database
    }

    pub(super) fn archive(&self) -> &File {
        &self.archive
    }

    /// To the disk, and only then to its name.
    pub(super) fn finish(mut self) -> Result<(), Error> {
        self.archive.sync_all().map_err(Error::at(&self.path))?;
        fs::rename(&self.path, &self.target).map_err(Error::at(&self.target))?;
        self.finished = true;
        sync_folder_of(&self.target)
    }

    fn remove_database(&self) {
        for more in ["", "-wal", "-shm", "-journal"] {
            let _ = fs::remove_file(beside(&self.database, more));
        }
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        self.remove_database();
        if !self.finished {
            let _ = fs::remove_file(&self.path);
        }
    }
}

pub(super) fn beside(path: &Path, more: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(more);
    name.into()
}

/// A rename is only safe once its folder is on the disk.
pub(super) fn sync_folder_of(path: &Path) -> Result<(), Error> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(Error::at(folder))
}
