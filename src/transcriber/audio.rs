//! Reads one channel of a call recording, a stretch at a time, as the 16 kHz samples that recognition wants.
//! Knows nothing of speech. The recorder's own WAV library stays behind the telephony wall, and a recording whose
//! header was never completed (power loss, a call still running) has to stay readable, so the header is read here.

use super::SpeechError;
use rubato::audioadapter_buffers::direct::SequentialSlice;
use rubato::{Fft, FixedSync, Resampler};
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

pub(super) const RATE: u32 = 16_000;
const BLOCK: usize = 1024;
const PCM: u16 = 1;
const EXTENSIBLE: u16 = 0xFFFE;

/// Milliseconds of call time, end excluded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub start_ms: i64,
    pub end_ms: i64,
}

impl Span {
    pub(super) fn new(start_ms: i64, end_ms: i64) -> Self {
        Self { start_ms, end_ms }
    }

    pub(super) fn length_ms(&self) -> i64 {
        self.end_ms - self.start_ms
    }
}

struct Format {
    channels: u16,
    rate: u32,
}

pub(super) struct Recording {
    input: BufReader<File>,
    format: Format,
    data_start: u64,
    frames: u64,
}

impl Recording {
    pub(super) fn open(path: &Path) -> Result<Self, SpeechError> {
        let file = File::open(path).map_err(|error| SpeechError::audio(path, &error))?;
        Self::parse(file).map_err(|error| SpeechError::audio(path, &error))
    }

    fn parse(file: File) -> io::Result<Self> {
        let file_length = file.metadata()?.len();
        let mut input = BufReader::new(file);
        let mut riff = [0; 12];
        read_header(&mut input, &mut riff)?;
        if &riff[..4] != b"RIFF" || &riff[8..] != b"WAVE" {
            return Err(invalid("not a RIFF/WAVE file"));
        }
        let mut format = None;
        loop {
            let mut chunk = [0; 8];
            read_header(&mut input, &mut chunk)?;
            let size = u64::from(u32_at(&chunk, 4));
            match &chunk[..4] {
                b"fmt " => format = Some(read_format(&mut input, size)?),
                b"data" => {
                    let format = format.ok_or_else(|| invalid("the data chunk comes before the format"))?;
                    let data_start = input.stream_position()?;
                    let frames =
                        readable(size, file_length.saturating_sub(data_start)) / frame_bytes(&format);
                    return Ok(Self {
                        input,
                        format,
                        data_start,
                        frames,
                    });
                }
                _ => skip(&mut input, size)?,
            }
        }
    }

    pub(super) fn channels(&self) -> u16 {
        self.format.channels
    }

    pub(super) fn duration_ms(&self) -> i64 {
        (self.frames * 1000 / u64::from(self.format.rate)) as i64
    }

    /// The samples of `channel` within `span` at 16 kHz; shorter where the recording ends earlier.
    pub(super) fn samples(&mut self, channel: u16, span: Span) -> io::Result<Vec<f32>> {
        let from = self.frame_at(span.start_ms);
        let count = self.frame_at(span.end_ms).saturating_sub(from) as usize;
        let width = frame_bytes(&self.format) as usize;
        let mut bytes = vec![0; count * width];
        self.input
            .seek(SeekFrom::Start(self.data_start + from * width as u64))?;
        let length = read_up_to(&mut self.input, &mut bytes)?;
        let at = usize::from(channel) * 2;
        let samples: Vec<f32> = bytes[..length]
            .chunks_exact(width)
            .map(|frame| f32::from(i16::from_le_bytes([frame[at], frame[at + 1]])) / 32768.0)
            .collect();
        resample(samples, self.format.rate)
    }

    fn frame_at(&self, ms: i64) -> u64 {
        (ms.max(0) as u64 * u64::from(self.format.rate) / 1000).min(self.frames)
    }
}

fn frame_bytes(format: &Format) -> u64 {
    u64::from(format.channels) * 2
}

/// A recorder that was killed leaves 0 or all ones as the size; one that lies promises more than there is.
fn readable(declared: u64, present: u64) -> u64 {
    if declared == 0 {
        present
    } else {
        declared.min(present)
    }
}

fn read_format(input: &mut impl Read, size: u64) -> io::Result<Format> {
    if !(16..=1024).contains(&size) {
        return Err(invalid("the format chunk has an impossible size"));
    }
    let mut body = vec![0; (size + size % 2) as usize];
    read_header(input, &mut body)?;
    let tag = match u16_at(&body, 0) {
        EXTENSIBLE if size >= 26 => u16_at(&body, 24),
        tag => tag,
    };
    let format = Format {
        channels: u16_at(&body, 2),
        rate: u32_at(&body, 4),
    };
    let bits = u16_at(&body, 14);
    if tag != PCM || bits != 16 {
        return Err(invalid(&format!(
            "16-bit PCM is expected, this is format {tag} with {bits} bits"
        )));
    }
    if !(1..=2).contains(&format.channels) {
        return Err(invalid(&format!(
            "one or two channels are expected, this has {}",
            format.channels
        )));
    }
    if !(8_000..=48_000).contains(&format.rate) {
        return Err(invalid(&format!(
            "8 to 48 kHz are expected, this has {} Hz",
            format.rate
        )));
    }
    Ok(format)
}

fn skip(input: &mut BufReader<File>, size: u64) -> io::Result<()> {
    input.seek_relative((size + size % 2) as i64)
}

fn read_header(input: &mut impl Read, bytes: &mut [u8]) -> io::Result<()> {
    input.read_exact(bytes).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => invalid("the file ends before its sound begins"),
        _ => error,
    })
}

fn read_up_to(input: &mut impl Read, bytes: &mut [u8]) -> io::Result<usize> {
    let mut length = 0;
    while length < bytes.len() {
        match input.read(&mut bytes[length..]) {
            Ok(0) => break,
            Ok(count) => length += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(length)
}

pub(super) fn resample(samples: Vec<f32>, rate: u32) -> io::Result<Vec<f32>> {
    if rate == RATE || samples.is_empty() {
        return Ok(samples);
    }
    let length = samples.len();
    let input = SequentialSlice::new(&samples, 1, length).map_err(io::Error::other)?;
    let mut resampler =
        Fft::<f32>::new(rate as usize, RATE as usize, BLOCK, 1, FixedSync::Both).map_err(io::Error::other)?;
    let output = resampler
        .process_all(&input, length, None)
        .map_err(io::Error::other)?;
    Ok(output.take_data())
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

fn invalid(message: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn wav(declared: u32, channels: u16, bits: u16, frames: usize) -> Vec<u8> {
        let mut bytes = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0".to_vec();
        bytes.extend(channels.to_le_bytes());
        bytes.extend(8000u32.to_le_bytes());
        bytes.extend((8000 * u32::from(channels) * 2).to_le_bytes());
        bytes.extend((channels * 2).to_le_bytes());
        bytes.extend(bits.to_le_bytes());
        bytes.extend(b"data");
        bytes.extend(declared.to_le_bytes());
        for frame in 0..frames {
            let left = (f64::sin(frame as f64 * 0.3) * 8000.0) as i16;
            bytes.extend(left.to_le_bytes());
            (1..channels).for_each(|_| bytes.extend(0i16.to_le_bytes()));
        }
        bytes
    }

    fn open(bytes: &[u8]) -> io::Result<Recording> {
        let mut file = tempfile::tempfile().expect("a temporary file");
        file.write_all(bytes).expect("written");
        file.rewind().expect("rewound");
        Recording::parse(file)
    }

    fn refusal(bytes: &[u8]) -> String {
        open(bytes).err().expect("an error").to_string()
    }

    #[test]
    fn a_stretch_of_one_channel_comes_at_16_khz() {
        let mut recording = open(&wav(16000 * 4, 2, 16, 16000)).expect("a recording");
        assert_eq!((recording.channels(), recording.duration_ms()), (2, 2000));
        let left = recording.samples(0, Span::new(500, 1500)).expect("samples");
        let right = recording.samples(1, Span::new(500, 1500)).expect("samples");
        assert!((15_990..=16_010).contains(&left.len()), "{}", left.len());
        let power = |samples: &[f32]| samples.iter().map(|s| s * s).sum::<f32>() / samples.len() as f32;
        assert!((power(&left) - 0.0298).abs() < 0.002, "{}", power(&left));
        assert!(power(&right) < 1e-9);
    }

    #[test]
    fn a_header_that_promises_too_much_or_nothing_gives_what_is_there() {
        for declared in [0, u32::MAX, 1 << 30] {
            let mut recording = open(&wav(declared, 2, 16, 8000)).expect("a recording");
            assert_eq!(recording.duration_ms(), 1000, "declared {declared}");
            assert_eq!(
                recording
                    .samples(0, Span::new(900, 90_000))
                    .expect("samples")
                    .len(),
                1600
            );
        }
    }

    #[test]
    fn a_half_written_last_frame_is_left_out() {
        let mut bytes = wav(u32::MAX, 2, 16, 800);
        bytes.truncate(bytes.len() - 3);
        assert_eq!(open(&bytes).expect("a recording").frames, 799);
    }

    #[test]
    fn what_is_not_a_call_recording_is_refused_in_words() {
        assert!(refusal(b"ID3\x04not a wave file").contains("RIFF"));
        assert!(refusal(b"RIFF").contains("ends before"));
        assert!(refusal(&wav(100, 3, 16, 10)).contains("one or two channels"));
        assert!(refusal(&wav(100, 1, 24, 10)).contains("16-bit"));
        let mut endless = b"RIFF\0\0\0\0WAVEjunk".to_vec();
        endless.extend(u32::MAX.to_le_bytes());
        assert!(refusal(&endless).contains("ends before"));
    }
}
