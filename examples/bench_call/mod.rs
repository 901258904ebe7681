//! A call for the benchmarks of speech recognition, made of the shipped recordings: both sides in turn, without idle stretches.
#![allow(dead_code, unreachable_pub)] // each benchmark uses its own part

use anyhow::{Context, ensure};
use minsheng::transcriber::Side;
use std::path::{Path, PathBuf};

pub const RATE: usize = 8_000;
const PAUSE: usize = RATE * 7 / 10;

pub struct Turn {
    pub side: Side,
    pub start_ms: i64,
    pub end_ms: i64,
}

/// The WAV file, left the citizen, right the office, and who speaks when.
pub fn make(provisioning: &Path, seconds: usize) -> anyhow::Result<(Vec<u8>, Vec<Turn>)> {
    let office = recordings(&provisioning.join("prompts"))?;
    let clips = recordings(&provisioning.join("demo/clips")).unwrap_or_default();
    let citizen = if clips.is_empty() { office.clone() } else { clips };
    let mut frames = vec![[0i16; 2]; seconds * RATE];
    let (mut at, mut turns) = (PAUSE, Vec::new());
    for turn in 0.. {
        let is_office = turn % 2 == 0;
        let sounds = if is_office { &office } else { &citizen };
        let sound = &sounds[(turn / 2) % sounds.len()];
        let Some(place) = frames.get_mut(at..at + sound.len()) else {
            break;
        };
        place
            .iter_mut()
            .zip(sound)
            .for_each(|(frame, sample)| frame[usize::from(is_office)] = *sample);
        turns.push(Turn {
            side: if is_office { Side::Office } else { Side::Citizen },
            start_ms: ms(at),
            end_ms: ms(at + sound.len()),
        });
        at += sound.len() + PAUSE;
    }
    let data: Vec<u8> = frames
        .iter()
        .flatten()
        .flat_map(|sample| sample.to_le_bytes())
        .collect();
    let mut wav = header(data.len());
    wav.extend(data);
    Ok((wav, turns))
}

pub fn spoken_seconds(turns: &[Turn]) -> f64 {
    turns.iter().map(|turn| turn.end_ms - turn.start_ms).sum::<i64>() as f64 / 1000.0
}

fn ms(samples: usize) -> i64 {
    (samples * 1000 / RATE) as i64
}

/// Of stereo with this many bytes of sound.
pub fn header(bytes: usize) -> Vec<u8> {
    // A benchmark's call is far below four gigabytes.
    let size = bytes as u32;
    let mut wav = b"RIFF".to_vec();
    wav.extend((size + 36).to_le_bytes());
    wav.extend(b"WAVEfmt \x10\0\0\0\x01\0\x02\0");
    wav.extend((RATE as u32).to_le_bytes());
    wav.extend((RATE as u32 * 4).to_le_bytes());
    wav.extend(b"\x04\0\x10\0data");
    wav.extend(size.to_le_bytes());
    wav
}

/// Spoken ones only: tones and music are short of a second or longer than any sentence.
fn recordings(folder: &Path) -> anyhow::Result<Vec<Vec<i16>>> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .with_context(|| folder.display().to_string())?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "wav"))
        .collect();
    paths.sort();
    let mut sounds = Vec::new();
    for path in paths {
        let bytes = std::fs::read(&path)?;
        let body = bytes
            .get(44..)
            .with_context(|| format!("{} is too short", path.display()))?;
        let sound: Vec<i16> = body
            .chunks_exact(2)
            .map(|pair| i16::from_le_bytes([pair[0], pair[1]]))
            .collect();
        if (RATE..30 * RATE).contains(&sound.len()) {
            sounds.push(sound);
        }
    }
    ensure!(!sounds.is_empty(), "{} holds no recordings", folder.display());
    Ok(sounds)
}

pub fn cpu_seconds() -> anyhow::Result<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let after_name = stat.rsplit_once(") ").context("/proc/self/stat")?.1;
    let ticks: Vec<f64> = after_name
        .split(' ')
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse().ok())
        .collect();
    // USER_HZ is 100 on every Linux.
    Ok(ticks.iter().sum::<f64>() / 100.0)
}
