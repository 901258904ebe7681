//! A recording that is still being written, as far as it goes: to its last whole second, with a header that says so.

use std::{
    fs::File,
    io::{self, Cursor, Read, Seek, SeekFrom},
};

const HEADER: u64 = 44;
/// 8000 samples of two sides and 16 bits.
const SECOND: u64 = 8000 * 2 * 2;

/// The whole seconds of it and how many; none where there is not one yet, or the file is no recording.
pub(super) fn cut(mut file: File) -> io::Result<Option<(impl Read, u64)>> {
    let seconds = file.metadata()?.len().saturating_sub(HEADER) / SECOND;
    let mut header = [0; HEADER as usize];
    if seconds == 0 {
        return Ok(None);
    }
    file.seek(SeekFrom::Start(0))?;
    file.read_exact(&mut header)?;
    if &header[..4] != b"RIFF" || &header[36..40] != b"data" {
        return Ok(None);
    }
    let data = u32::try_from(seconds * SECOND).unwrap_or(u32::MAX - 36);
    header[4..8].copy_from_slice(&(data + 36).to_le_bytes());
    header[40..].copy_from_slice(&data.to_le_bytes());
    Ok(Some((Cursor::new(header).chain(file), seconds)))
}

/// Bytes of that many seconds.
pub(super) fn length(seconds: u64) -> u64 {
    HEADER + seconds * SECOND
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(bytes: &[u8]) -> File {
        let mut file = tempfile::tempfile().expect("file");
        io::Write::write_all(&mut file, bytes).expect("written");
        file
    }

    #[test]
    fn a_growing_recording_is_taken_to_its_last_whole_second() {
        let mut begun = [0; HEADER as usize];
        begun[..4].copy_from_slice(b"RIFF");
        begun[36..40].copy_from_slice(b"data");
        let grown = [&begun[..], &vec![7; 2 * SECOND as usize + 100]].concat();
        let (content, seconds) = cut(file(&grown)).expect("read").expect("a recording");
        assert_eq!(seconds, 2);
        let mut bytes = Vec::new();
        content
            .take(length(seconds))
            .read_to_end(&mut bytes)
            .expect("read");
        assert_eq!(bytes.len() as u64, length(2));
        assert_eq!(bytes[40..44], (2 * SECOND as u32).to_le_bytes());
        assert_eq!(bytes[4..8], (2 * SECOND as u32 + 36).to_le_bytes());
        assert!(bytes[44..].iter().all(|byte| *byte == 7));
    }

    #[test]
    fn what_has_no_second_yet_is_left_out() {
        assert!(cut(file(&[0; 100])).expect("read").is_none());
        assert!(
            cut(file(&[0; 40_000])).expect("read").is_none(),
            "no recording of ours"
        );
    }
}
