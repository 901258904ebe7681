//! The bytes of attachments: `incoming/ID` while they arrive, `ab/ab12…` under their digest once a row knows them. A row that is
//! committed decides: whatever lies in `incoming` when the daemon starts is moved on if it has a row, and removed if it has none.

use std::{
    io::{Error, ErrorKind, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

use super::{
    location,
    rules::{Family, Kind},
};

/// A film's description of itself; larger ones are no phone's.
const LARGEST_MOOV: u64 = 64 << 20;

#[derive(Debug, Clone)]
pub(super) struct Files {
    root: PathBuf,
}

impl Files {
    pub(super) fn at(root: PathBuf) -> Self {
        Self { root }
    }

    fn incoming(&self) -> PathBuf {
        self.root.join("incoming")
    }

    pub(super) fn part(&self, id: &str) -> PathBuf {
        self.incoming().join(id)
    }

    pub(super) fn place(&self, hash: &str) -> PathBuf {
        self.root.join(hash.get(..2).unwrap_or("00")).join(hash)
    }

    /// An empty file to write to, that nobody has.
    pub(super) fn begin(&self, id: &str) -> std::io::Result<std::fs::File> {
        std::fs::create_dir_all(self.incoming())?;
        std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(self.part(id))
    }

    /// Puts an upload in its place, for good.
    pub(super) fn keep(&self, id: &str, hash: &str) -> std::io::Result<()> {
        let place = self.place(hash);
        let folder = place.parent().unwrap_or(&self.root);
        std::fs::create_dir_all(folder)?;
        std::fs::rename(self.part(id), &place)?;
        sync(folder)?;
        sync(&self.root)
    }

    /// The first half of a removal: if its row stays after all, it is put back at the next start.
    pub(super) fn take_out(&self, id: &str, hash: &str) -> std::io::Result<()> {
        match std::fs::rename(self.place(hash), self.part(id)) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            moved => moved,
        }
    }

    pub(super) fn put_back(&self, id: &str, hash: &str) {
        if self.part(id).exists()
            && let Err(error) = self.keep(id, hash)
        {
            tracing::error!(%error, id, "an attachment is back in its place only after the next start");
        }
    }

    pub(super) fn forget(&self, id: &str) {
        match std::fs::remove_file(self.part(id)) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                tracing::warn!(%error, id, "an upload that is not wanted could not be removed");
            }
            _ => {}
        }
    }

    /// What was on its way when the daemon ended.
    pub(super) fn left_over(&self) -> std::io::Result<Vec<String>> {
        let entries = match std::fs::read_dir(self.incoming()) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(vec![]),
            entries => entries?,
        };
        entries
            .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
            .collect()
    }
}

/// A rename is only safe once its folder is on the disk.
fn sync(folder: &Path) -> std::io::Result<()> {
    std::fs::File::open(folder)?.sync_all()
}

/// Takes the position out of a complete upload, brings it to the disk and says its digest.
pub(super) fn seal(path: &Path, kind: Kind) -> std::io::Result<String> {
    let mut file = std::fs::OpenOptions::new().read(true).write(true).open(path)?;
    match kind.mime {
        _ if kind.family == Family::Image => blank(&mut file, 0, u64::MAX, location::blank_image)?,
        "video/mp4" | "video/quicktime" | "video/3gpp" | "audio/mp4" => blank_film(&mut file)?,
        _ => {}
    }
    file.sync_all()?;
    file.seek(SeekFrom::Start(0))?;
    let mut digest = Sha256::new();
    let mut block = vec![0; 256 * 1024];
    loop {
        match file.read(&mut block)? {
            0 => return Ok(hex::encode(digest.finalize())),
            count => digest.update(&block[..count]),
        }
    }
}

fn blank(file: &mut std::fs::File, from: u64, length: u64, blank: fn(&mut [u8])) -> std::io::Result<()> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(from))?;
    file.take(length).read_to_end(&mut bytes)?;
    let before = bytes.clone();
    blank(&mut bytes);
    if bytes != before {
        file.seek(SeekFrom::Start(from))?;
        file.write_all(&bytes)?;
    }
    Ok(())
}

/// Walks the boxes of ISO 14496-12 to `moov`; what is no such file is left as it is.
fn blank_film(file: &mut std::fs::File) -> std::io::Result<()> {
    let end = file.metadata()?.len();
    let mut at = 0;
    while let Some((name, length)) = box_at(file, at, end)? {
        if &name == b"moov" {
            if length > LARGEST_MOOV {
                return Err(Error::new(ErrorKind::InvalidData, "moov box too large"));
            }
            blank(file, at, length, location::blank_film)?;
        }
        at += length;
    }
    Ok(())
}

fn box_at(file: &mut std::fs::File, at: u64, end: u64) -> std::io::Result<Option<([u8; 4], u64)>> {
    let mut head = [0; 16];
    if at + 8 > end {
        return Ok(None);
    }
    file.seek(SeekFrom::Start(at))?;
    let whole = (end - at).min(16) as usize;
    file.read_exact(&mut head[..whole])?;
    let number = |bytes: &[u8]| bytes.iter().fold(0u64, |sum, byte| (sum << 8) | u64::from(*byte));
    let length = match number(&head[..4]) {
        0 => end - at,
        1 => number(&head[8..]),
        short => short,
    };
    let name = [head[4], head[5], head[6], head[7]];
    Ok((length >= 8 && length <= end - at).then_some((name, length)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attachments::rules::by_mime;

    #[test]
    fn the_position_goes_out_of_a_film_wherever_its_description_stands() {
        let dir = tempfile::tempdir().expect("directory");
        let path = dir.path().join("film");
        let moov = b"\0\0\0\x28moov....+36.4311+116.5012+021.000/..";
        let film = [
            &b"\0\0\0\x10ftypqt  \0\0\0\0\0\0\0\x0cmdat+1.2"[..],
            &moov[..],
            b".",
        ]
        .concat();
        std::fs::write(&path, &film).expect("written");
        let hash = seal(&path, by_mime("video/quicktime").expect("kind")).expect("sealed");
        let sealed = std::fs::read(&path).expect("read");
        assert_eq!(hash, hex::encode(Sha256::digest(&sealed)));
        let text = String::from_utf8_lossy(&sealed);
        assert!(
            text.contains("+00.0000+000.0000") && text.contains("mdat+1.2"),
            "{text}"
        );
    }
}
