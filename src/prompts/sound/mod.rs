//! Sound that somebody brings: any WAV or MP3 becomes what the telephone carries, as loud as every other prompt. Pure: bytes in, samples out.

mod decode;
mod level;

use rubato::audioadapter_buffers::direct::SequentialSlice;
use rubato::{Fft, FixedSync, Resampler};

/// Of the telephone.
pub const RATE: u32 = 8000;
/// A prompt that talks longer loses its listener, and a whole file of music was a mistake.
pub const LONGEST_SECONDS: u32 = 180;
const SHORTEST_SECONDS: f32 = 0.1;
/// Bars of the picture.
const BARS: usize = 120;
const BLOCK: usize = 1024;

/// What is wrong with a file, for who brought it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("文件是空的")]
    Empty,
    #[error("不是可识别的 WAV 或 MP3 文件：{0}")]
    Unknown(String),
    #[error("文件头写明有 {declared} 字节声音，实际只有 {found} 字节；文件不完整，请重新导出")]
    Lies { declared: u64, found: u64 },
    #[error("声音长 {seconds} 秒，超过 {LONGEST_SECONDS} 秒")]
    TooLong { seconds: u32 },
    #[error("声音不足 0.1 秒")]
    TooShort,
    #[error("文件里没有声音，只有静音")]
    Silent,
}

/// One channel, any rate.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sound {
    pub(super) samples: Vec<f32>,
    pub(super) rate: u32,
}

/// What came out, and how loud it had been.
#[derive(Debug, Clone, PartialEq)]
pub struct Prepared {
    /// 8 kHz.
    pub samples: Vec<i16>,
    /// LUFS before levelling; None where it is too short to be measured.
    pub loudness: Option<f64>,
}

pub fn prepare(bytes: &[u8]) -> Result<Prepared, Fault> {
    let sound = decode::decode(bytes)?;
    if sound.samples.len() < (SHORTEST_SECONDS * sound.rate as f32) as usize {
        return Err(Fault::TooShort);
    }
    let narrow = resample(sound)?;
    let loudness = level::loudness(&narrow);
    let levelled = level::levelled(&narrow, loudness).ok_or(Fault::Silent)?;
    Ok(Prepared {
        samples: levelled.iter().map(|s| (s * 32767.0) as i16).collect(),
        loudness,
    })
}

/// The highest sample of each of so many equal parts, 0 to 100.
pub fn picture(samples: &[i16]) -> Vec<u8> {
    let part = samples.len().div_ceil(BARS).max(1);
    let highest = |part: &[i16]| part.iter().map(|s| s.unsigned_abs()).max().unwrap_or_default();
    let bar = |part: &[i16]| u8::try_from(u32::from(highest(part)) * 100 / 32768).unwrap_or(100);
    samples.chunks(part).map(bar).collect()
}

pub fn duration_ms(samples: &[i16]) -> i64 {
    i64::try_from(samples.len()).unwrap_or(i64::MAX) * 1000 / i64::from(RATE)
}

/// To the telephone's rate; the resampler's filter takes away what lies above its band.
fn resample(sound: Sound) -> Result<Vec<f32>, Fault> {
    if sound.rate == RATE {
        return Ok(sound.samples);
    }
    let unknown = |error: String| Fault::Unknown(error);
    let (from, to) = (sound.rate as usize, RATE as usize);
    let mut resampler =
        Fft::<f32>::new(from, to, BLOCK, 1, FixedSync::Both).map_err(|e| unknown(e.to_string()))?;
    let length = sound.samples.len();
    let mut output = vec![0.0; resampler.process_all_needed_output_len(length)];
    let frames = output.len();
    let input = SequentialSlice::new(&sound.samples, 1, length).map_err(|e| unknown(e.to_string()))?;
    let mut out = SequentialSlice::new_mut(&mut output, 1, frames).map_err(|e| unknown(e.to_string()))?;
    let (_, written) = resampler
        .process_all_into_buffer(&input, &mut out, length, None)
        .map_err(|e| unknown(e.to_string()))?;
    output.truncate(written);
    Ok(output)
}

#[cfg(test)]
mod tests;
