//! From a backup to a hotline: all of it or nothing. Every file waits beside its place until the last checksum is right.

use std::{
    fs::{self, File},
    io::{self, ErrorKind, Read},
    path::{Path, PathBuf},
};

use serde_json::json;

use super::{
    Error, Manifest, archive,
    archive::Summed,
    manifest::{FORMAT, Kept},
    note,
    places::{DATABASE, Places},
    store,
};
use crate::{
    app::App,
    config::Config,
    db::{
        self, Db,
        transfer::{self, Side},
    },
};

#[derive(Debug)]
pub struct Restored {
    pub manifest: Manifest,
    /// Where the provisioning folder lies now.
    pub provisioning: PathBuf,
}

/// Puts a backup into the empty places that the configuration names.
pub async fn restore(config: Config, file: &Path) -> Result<Restored, Error> {
    let data = &config.service.data_dir;
    let empty = Side::is_empty(&config.database.url, data).await;
    if !empty.map_err(Error::Transfer)? {
        return Err(Error::DatabaseNotEmpty);
    }
    let places = Places::of(&config);
    places.begin()?;
    let done = fill(&config, &places, file).await;
    if done.is_err() {
        places.give_up();
    }
    let manifest = done?;
    let provisioning = places.provisioning();
    places.settle()?;
    remember(config, file, &manifest).await?;
    Ok(Restored {
        manifest,
        provisioning,
    })
}

async fn fill(config: &Config, places: &Places, file: &Path) -> Result<Manifest, Error> {
    let (unpacking, source) = (Places::of(config), file.to_owned());
    let unpacked = tokio::task::spawn_blocking(move || unpack(&unpacking, &source));
    let manifest = unpacked.await??;
    let copy = places.waiting_database();
    let found = transfer::counts(&copy).await.map_err(Error::Transfer)?;
    if found != manifest.tables {
        return Err(unsound(file, "数据库各表的行数与清单不符"));
    }
    // Backups of older versions are brought up to date before anything is said to be done.
    let local = format!("sqlite:{}", copy.display());
    Db::open(&local, &config.service.data_dir).await?.close().await;
    store::move_prompts(&copy, |prompt| places.shipped(prompt)).await?;
    if db::sqlite_file(&config.database.url, &config.service.data_dir).is_none() {
        let moved = transfer::transfer(&local, &config.database.url, &config.service.data_dir, |_| {});
        moved.await.map_err(Error::Transfer)?;
    }
    Ok(manifest)
}

fn unpack(places: &Places, file: &Path) -> Result<Manifest, Error> {
    let input = File::open(file).map_err(Error::at(file))?;
    let mut full = None;
    let read = archive::read(input, |name, content| {
        let place = places.waiting(name);
        let place = place.ok_or_else(|| {
            io::Error::new(
                ErrorKind::InvalidData,
                format!("{name} belongs to no part of a hotline"),
            )
        })?;
        put(&place, content).inspect_err(|error| full = is_full(error).then_some(place))
    });
    let (manifest, placed) = read.map_err(|error| match full {
        Some(place) => Error::Full(place),
        None => unsound(file, &error.to_string()),
    })?;
    let manifest = manifest.ok_or_else(|| unsound(file, "没有清单，是一个没有写完的文件"))?;
    if manifest.format != FORMAT || manifest.schema > db::schema_version() {
        return Err(Error::Newer(manifest.schema));
    }
    if !placed.contains_key(DATABASE) {
        return Err(unsound(file, "里面没有数据库"));
    }
    if let Some(name) = first_difference(&manifest, &placed) {
        return Err(unsound(file, &format!("{name} 与清单不符")));
    }
    Ok(manifest)
}

fn first_difference(
    manifest: &Manifest,
    placed: &std::collections::BTreeMap<String, Kept>,
) -> Option<String> {
    let names = manifest.files.keys().chain(placed.keys());
    let differs = |name: &&String| manifest.files.get(*name) != placed.get(*name);
    names.into_iter().find(differs).cloned()
}

fn put(place: &Path, content: &mut dyn Read) -> io::Result<Kept> {
    if let Some(folder) = place.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(place)?;
    let mut content = Summed::new(content);
    io::copy(&mut content, &mut file)?;
    file.sync_all()?;
    Ok(content.kept())
}

fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge
    )
}

fn unsound(path: &Path, reason: &str) -> Error {
    Error::Unsound {
        path: path.to_owned(),
        reason: reason.to_owned(),
    }
}

/// The chain goes on from where the backup was made, and says that it does.
async fn remember(config: Config, file: &Path, manifest: &Manifest) -> Result<(), Error> {
    let db = Db::open(&config.database.url, &config.service.data_dir).await?;
    let app = App::with_system_clock(db, config);
    let detail = json!({ "from": "shell", "made_at": manifest.made_at, "version": manifest.version });
    let noted = note(&app, "backup.restore", file, &detail).await;
    app.db.close().await;
    Ok(noted?)
}
