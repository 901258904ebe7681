//! The file itself: a tar archive, pressed by zstd, whose last member says what the others are. Knows nothing of hotlines.

use std::{
    collections::BTreeMap,
    io::{self, BufReader, ErrorKind, Read, Write},
    path::{Component, Path},
};

use sha2::{Digest, Sha256};
use tar::{Archive, Builder, EntryType, Header};
use zstd::{Decoder, Encoder};

use super::manifest::{Kept, Manifest};

const MANIFEST: &str = "manifest.json";
/// No hotline has so many files that a list of them were longer.
const LARGEST_MANIFEST: u64 = 1 << 30;

/// Adds up what goes through it, to a reader's end or from a writer's beginning.
pub(super) struct Summed<T> {
    inner: T,
    digest: Sha256,
    bytes: u64,
}

impl<T> Summed<T> {
    pub(super) fn new(inner: T) -> Self {
        Self {
            inner,
            digest: Sha256::new(),
            bytes: 0,
        }
    }

    pub(super) fn kept(self) -> Kept {
        Kept {
            bytes: self.bytes,
            sha256: hex::encode(self.digest.finalize()),
        }
    }

    fn note(&mut self, block: &[u8]) {
        self.digest.update(block);
        self.bytes += block.len() as u64;
    }
}

impl<W: Write> Summed<W> {
    pub(super) fn finish(mut self) -> io::Result<(u64, String)> {
        self.inner.flush()?;
        let Kept { bytes, sha256 } = self.kept();
        Ok((bytes, sha256))
    }
}

impl<R: Read> Read for Summed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.note(&buffer[..count]);
        Ok(count)
    }
}

impl<W: Write> Write for Summed<W> {
    fn write(&mut self, block: &[u8]) -> io::Result<usize> {
        let count = self.inner.write(block)?;
        self.note(&block[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

pub(super) struct Writer<W: Write> {
    tar: Builder<Encoder<'static, W>>,
    /// Seconds since the epoch.
    at: u64,
    files: BTreeMap<String, Kept>,
}

impl<W: Write> Writer<W> {
    pub(super) fn begin(out: W, at: u64) -> io::Result<Self> {
        let mut encoder = Encoder::new(out, zstd::DEFAULT_COMPRESSION_LEVEL)?;
        encoder.include_checksum(true)?;
        Ok(Self {
            tar: Builder::new(encoder),
            at,
            files: BTreeMap::new(),
        })
    }

    /// Exactly so many bytes: a file that still grows is taken as long as it was. Says what was kept.
    pub(super) fn add(&mut self, name: &str, bytes: u64, content: impl Read) -> io::Result<Kept> {
        let mut content = Summed::new(content.take(bytes));
        let mut header = Header::new_gnu();
        header.set_size(bytes);
        header.set_mode(0o600);
        header.set_mtime(self.at);
        self.tar.append_data(&mut header, name, &mut content)?;
        let kept = content.kept();
        if kept.bytes != bytes {
            // The archive is of no use from here on.
            return Err(io::Error::new(
                ErrorKind::UnexpectedEof,
                format!("{name} became shorter while it was read"),
            ));
        }
        self.files.insert(name.to_owned(), kept.clone());
        Ok(kept)
    }

    /// Closes the archive with its manifest.
    pub(super) fn finish(mut self, manifest: &mut Manifest) -> io::Result<W> {
        manifest.files = std::mem::take(&mut self.files);
        let text = serde_json::to_vec_pretty(manifest)?;
        self.add(MANIFEST, text.len() as u64, text.as_slice())?;
        self.tar.into_inner()?.finish()
    }
}

/// Reads an archive to its very end. `place` takes each member in and says what it got.
pub(super) fn read(
    input: impl Read,
    mut place: impl FnMut(&str, &mut dyn Read) -> io::Result<Kept>,
) -> io::Result<(Option<Manifest>, BTreeMap<String, Kept>)> {
    let mut archive = Archive::new(Decoder::with_buffer(BufReader::new(input))?);
    let (mut manifest, mut placed) = (None, BTreeMap::new());
    for entry in archive.entries()? {
        let mut entry = entry?;
        let name = entry.path()?.to_string_lossy().into_owned();
        if entry.header().entry_type() != EntryType::Regular || !stays_inside(Path::new(&name)) {
            return Err(invalid(&format!("{name} is no plain file below the archive")));
        }
        if manifest.is_some() {
            return Err(invalid("something follows the manifest"));
        }
        if name == MANIFEST {
            let mut text = Vec::new();
            entry.take(LARGEST_MANIFEST).read_to_end(&mut text)?;
            manifest = Some(serde_json::from_slice(&text)?);
        } else {
            let kept = place(&name, &mut entry)?;
            placed.insert(name, kept);
        }
    }
    // The end of the archive is not yet that of what it was pressed into, whose checksum comes last.
    io::copy(&mut archive.into_inner(), &mut io::sink())?;
    Ok((manifest, placed))
}

fn stays_inside(path: &Path) -> bool {
    path.components().all(|part| matches!(part, Component::Normal(_)))
}

fn invalid(why: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, why.to_owned())
}

#[cfg(test)]
mod tests;
