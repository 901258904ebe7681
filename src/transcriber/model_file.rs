//! Is a model file whole? The library takes a file cut off before its first tensor for an empty model meant for its
//! own tests, and crashes on use; a download that broke off must be said at the start instead.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek};
use std::path::Path;

const MAGIC: u32 = 0x6767_6d6c;
/// The model's own measures: eleven numbers.
const HEAD_BYTES: i64 = 11 * 4;
/// Longer than any name or shape of a tensor.
const SANE: u32 = 4096;

pub(super) fn check(path: &Path) -> io::Result<()> {
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    walk(BufReader::new(file), length).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => invalid("the file is cut off"),
        _ => error,
    })
}

fn walk(mut input: impl Read + Seek, length: u64) -> io::Result<()> {
    if number(&mut input)? != MAGIC {
        return Err(invalid("not a whisper model in ggml format"));
    }
    input.seek_relative(HEAD_BYTES)?;
    let (mels, taps) = (number(&mut input)?, number(&mut input)?);
    input.seek_relative(i64::from(mels.min(SANE)) * i64::from(taps.min(SANE)) * 4)?;
    for _ in 0..number(&mut input)?.min(1 << 20) {
        let bytes = number(&mut input)?;
        input.seek_relative(i64::from(bytes))?;
        within(&mut input, length)?;
    }
    let mut tensors = 0;
    while input.stream_position()? < length {
        pass_tensor(&mut input)?;
        within(&mut input, length)?;
        tensors += 1;
    }
    if tensors == 0 {
        Err(io::ErrorKind::UnexpectedEof.into())
    } else {
        Ok(())
    }
}

fn pass_tensor(input: &mut (impl Read + Seek)) -> io::Result<()> {
    let (dimensions, name, kind) = (number(input)?, number(input)?, number(input)?);
    let mut elements = 1i64;
    for _ in 0..dimensions.min(SANE) {
        elements = elements.saturating_mul(i64::from(number(input)?));
    }
    let (per_block, bytes) = block(kind).ok_or_else(|| invalid("a tensor of an unknown type"))?;
    input.seek_relative(i64::from(name.min(SANE)))?;
    input.seek_relative((elements / per_block).saturating_mul(bytes))
}

/// Elements and bytes in a block of each kind that whisper.cpp writes.
fn block(kind: u32) -> Option<(i64, i64)> {
    Some(match kind {
        0 => (1, 4),
        1 => (1, 2),
        2 => (32, 18),
        3 => (32, 20),
        6 => (32, 22),
        7 => (32, 24),
        8 => (32, 34),
        10 => (256, 84),
        11 => (256, 110),
        12 => (256, 144),
        13 => (256, 176),
        14 => (256, 210),
        _ => return None,
    })
}

fn within(input: &mut impl Seek, length: u64) -> io::Result<()> {
    if input.stream_position()? > length {
        Err(io::ErrorKind::UnexpectedEof.into())
    } else {
        Ok(())
    }
}

fn number(input: &mut impl Read) -> io::Result<u32> {
    let mut bytes = [0; 4];
    input.read_exact(&mut bytes)?;
    Ok(u32::from_le_bytes(bytes))
}

fn invalid(message: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn model() -> Vec<u8> {
        let mut words = vec![MAGIC];
        words.extend([0; 11]);
        words.extend([2, 3]);
        words.extend([0; 6]);
        words.extend([1, 4, 0x4141_4141]);
        words.extend([2, 4, 7, 32, 2, 0x4242_4242]);
        words.extend([0; 12]);
        words.iter().flat_map(|word| word.to_le_bytes()).collect()
    }

    fn outcome(bytes: &[u8]) -> io::Result<()> {
        walk(Cursor::new(bytes), bytes.len() as u64)
    }

    #[test]
    fn only_a_whole_model_passes() {
        let whole = model();
        assert!(outcome(&whole).is_ok());
        for length in 0..whole.len() {
            assert!(outcome(&whole[..length]).is_err(), "cut to {length}");
        }
    }

    #[test]
    fn another_file_is_named_as_such() {
        assert!(
            outcome(b"GGUF and more")
                .expect_err("refused")
                .to_string()
                .contains("not a whisper model")
        );
    }
}
