//! What goes into a backup, and under which name. Files that the copied database does not know stay out: they are of no use without it.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{ErrorKind, Write},
    path::{Component, Path, PathBuf},
};

use super::{
    Error, Remark,
    archive::Writer,
    places::{ATTACHMENTS, AUDIT_KEY, DATABASE, PROVISIONING, RECORDINGS, SHIPPED, TLS, shipped_name},
    recording,
    store::{Belongings, Recording},
};
use crate::{attachments, config::Config};

#[derive(Debug)]
pub(super) struct Item {
    name: String,
    /// Where it lies: the first of these that is there.
    places: Vec<PathBuf>,
    how: How,
}

#[derive(Debug, PartialEq)]
enum How {
    Whole,
    /// Whole, and with a digest that is on record.
    Known(String),
    /// Up to its last whole second.
    Growing,
}

impl Item {
    fn whole(name: String, place: PathBuf) -> Self {
        Self {
            name,
            places: vec![place],
            how: How::Whole,
        }
    }
}

pub(super) fn items(config: &Config, snapshot: &Path, found: Belongings) -> Result<Vec<Item>, Error> {
    let data = &config.service.data_dir;
    let mut items = vec![
        Item::whole(DATABASE.into(), snapshot.to_owned()),
        Item::whole(AUDIT_KEY.into(), data.join(AUDIT_KEY)),
    ];
    let (folder, provisioning) = (&config.provisioning.dir, format!("{PROVISIONING}/"));
    items.extend(below(folder, &provisioning)?);
    items.extend(below(&data.join(TLS), &format!("{TLS}/"))?);
    let folder = fs::canonicalize(folder).unwrap_or_else(|_| folder.clone());
    for prompt in found.shipped {
        // Provisioning may have been loaded from another folder than the configured one.
        let place = PathBuf::from(&prompt.path);
        if !place.starts_with(&folder) {
            let name = format!("{SHIPPED}/{}", shipped_name(&prompt.name));
            items.push(Item::whole(name, place));
        }
    }
    let prompts: BTreeSet<String> = found.prompts.into_iter().collect();
    items.extend(
        prompts
            .into_iter()
            .map(|file| Item::whole(file.clone(), data.join(file))),
    );
    let root = config.attachments();
    items.extend(found.attachments.into_iter().map(|kept| Item {
        name: format!(
            "{ATTACHMENTS}/{}/{}",
            kept.hash.get(..2).unwrap_or("00"),
            kept.hash
        ),
        places: attachments::places(&root, &kept.id, &kept.hash).to_vec(),
        how: How::Known(kept.hash),
    }));
    let root = config.recordings();
    items.extend(found.recordings.into_iter().map(|call| recorded(&root, call)));
    Ok(items)
}

fn recorded(root: &Path, call: Recording) -> Item {
    Item {
        name: format!("{RECORDINGS}/{}", call.path),
        places: vec![root.join(&call.path)],
        how: match call.sha256 {
            _ if call.growing => How::Growing,
            Some(sha256) => How::Known(sha256),
            None => How::Whole,
        },
    }
}

/// The plain files of a folder and its folders; none where there is no such folder.
fn below(folder: &Path, name: &str) -> Result<Vec<Item>, Error> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(vec![]),
        entries => entries.map_err(Error::at(folder))?,
    };
    let mut items = Vec::new();
    for entry in entries {
        let path = entry.map_err(Error::at(folder))?.path();
        let name = format!("{name}{}", path.file_name().unwrap_or_default().to_string_lossy());
        if path.is_dir() {
            items.extend(below(&path, &format!("{name}/"))?);
        } else if path.is_file() {
            items.push(Item::whole(name, path));
        }
    }
    items.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(items)
}

/// Adds it, and says what is not as one would expect. `archive` is where it is written to.
pub(super) fn add<W: Write>(
    writer: &mut Writer<W>,
    item: &Item,
    archive: &Path,
) -> Result<Option<Remark>, Error> {
    let remark = |what: &str| {
        Some(Remark {
            file: item.name.clone(),
            what: what.to_owned(),
        })
    };
    if !Path::new(&item.name)
        .components()
        .all(|part| matches!(part, Component::Normal(_)))
    {
        return Ok(remark("登记的位置不在数据目录内，未收入"));
    }
    let Some((file, place)) = open(item)? else {
        return Ok(remark("文件不存在，未收入"));
    };
    if item.how == How::Growing {
        let Some((content, seconds)) = recording::cut(file).map_err(Error::at(&place))? else {
            return Ok(remark("通话中，尚不足一秒，未收入"));
        };
        let length = recording::length(seconds);
        writer
            .add(&item.name, length, content)
            .map_err(Error::at(archive))?;
        return Ok(remark(&format!("通话中，收到第 {seconds} 秒")));
    }
    let bytes = file.metadata().map_err(Error::at(&place))?.len();
    let kept = writer.add(&item.name, bytes, file).map_err(Error::at(archive))?;
    match &item.how {
        How::Known(sha256) if *sha256 != kept.sha256 => Ok(remark("与登记的校验值不符，按现状收入")),
        _ => Ok(None),
    }
}

fn open(item: &Item) -> Result<Option<(File, PathBuf)>, Error> {
    for place in &item.places {
        match File::open(place) {
            Ok(file) => return Ok(Some((file, place.clone()))),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(Error::at(place)(error)),
        }
    }
    Ok(None)
}
