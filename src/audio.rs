//! Prompt and clip files: 8 kHz mono WAV into samples in memory.
//!
//! Not responsible for what is played when.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

/// Names with their samples, as the media thread takes them.
pub type Clips = HashMap<Arc<str>, Arc<[i16]>>;

/// Longer than any prompt should be, shorter than what would fill the memory by mistake.
const LONGEST_SECONDS: u32 = 600;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0}: {1}")]
    Unreadable(String, String),
    #[error("{file}: wants 8 kHz mono 16-bit PCM, is {rate} Hz, {channels} channels, {bits} bits")]
    Format {
        file: String,
        rate: u32,
        channels: u16,
        bits: u16,
    },
    #[error("{0}: longer than {LONGEST_SECONDS} seconds")]
    TooLong(String),
}

/// Reads one file.
pub fn read(path: &Path) -> Result<Arc<[i16]>, Error> {
    let file = path.display().to_string();
    let unreadable = |error: hound::Error| Error::Unreadable(file.clone(), error.to_string());
    let mut reader = hound::WavReader::open(path).map_err(unreadable)?;
    let spec = reader.spec();
    if (spec.sample_rate, spec.channels, spec.bits_per_sample) != (8000, 1, 16) {
        let (rate, channels, bits) = (spec.sample_rate, spec.channels, spec.bits_per_sample);
        return Err(Error::Format {
            file,
            rate,
            channels,
            bits,
        });
    }
    if reader.duration() > LONGEST_SECONDS * 8000 {
        return Err(Error::TooLong(file));
    }
    reader
        .samples::<i16>()
        .collect::<Result<Vec<_>, _>>()
        .map(Arc::from)
        .map_err(unreadable)
}

/// Writes one file, whole and on the disk before this returns.
pub fn write(path: &Path, rate: u32, samples: &[i16]) -> std::io::Result<()> {
    put(std::fs::File::create(path)?, rate, samples)?;
    std::fs::File::open(path)?.sync_all()
}

/// The bytes of such a file.
pub fn to_wav(rate: u32, samples: &[i16]) -> std::io::Result<Vec<u8>> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    put(&mut bytes, rate, samples)?;
    Ok(bytes.into_inner())
}

fn put(to: impl std::io::Write + std::io::Seek, rate: u32, samples: &[i16]) -> std::io::Result<()> {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: rate,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let other = |error: hound::Error| std::io::Error::other(error);
    let mut writer = hound::WavWriter::new(std::io::BufWriter::new(to), spec).map_err(other)?;
    for sample in samples {
        writer.write_sample(*sample).map_err(other)?;
    }
    writer.finalize().map_err(other)
}

/// Reads all `*.wav` below a directory; a clip is named by its path without the ending (`digits/3`). Returns what could be read
/// and every fault.
pub fn read_tree(root: &Path) -> (Clips, Vec<Error>) {
    let (mut clips, mut faults) = (Clips::new(), Vec::new());
    read_into(root, root, &mut clips, &mut faults);
    (clips, faults)
}

fn read_into(root: &Path, directory: &Path, clips: &mut Clips, faults: &mut Vec<Error>) {
    let entries = match std::fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) => {
            return faults.push(Error::Unreadable(
                directory.display().to_string(),
                error.to_string(),
            ));
        }
    };
    for path in entries.flatten().map(|e| e.path()) {
        if path.is_dir() {
            read_into(root, &path, clips, faults);
        } else if path.extension().is_some_and(|e| e == "wav") {
            let name = path.strip_prefix(root).unwrap_or(&path).with_extension("");
            match read(&path) {
                Ok(samples) => {
                    clips.insert(Arc::from(name.to_string_lossy().as_ref()), samples);
                }
                Err(fault) => faults.push(fault),
            }
        }
    }
}
