//! Transcribes a call of three minutes made of the shipped recordings and writes `target/bench/transcribe.json`.
//! `cargo run --release --example transcribe_bench [-- --model FILE] [--threads N]`
#![expect(clippy::disallowed_methods, reason = "a benchmark asks for the time")]

use anyhow::{Context, ensure};
use clap::Parser;
use minsheng::transcriber::{CancelFlag, ModelPlaces, Transcriber, TranscriberSettings, find_model};
use std::path::{Path, PathBuf};
use std::time::Instant;

const RATE: usize = 8_000;
const CALL_SECONDS: usize = 180;
const PAUSE: usize = RATE * 7 / 10;

#[derive(Parser)]
struct Arguments {
    #[arg(long)]
    model: Option<PathBuf>,
    #[arg(long, default_value_t = 1)]
    threads: usize,
    #[arg(long, default_value = "provisioning")]
    provisioning: PathBuf,
    /// Keep the call for listening
    #[arg(long)]
    keep: Option<PathBuf>,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let folder = tempfile::tempdir()?;
    let call = arguments
        .keep
        .clone()
        .unwrap_or_else(|| folder.path().join("call.wav"));
    let spoken_seconds = write_call(&arguments.provisioning, &call)?;

    let model = find_model(&ModelPlaces::new(arguments.model)).map_err(anyhow::Error::msg)?;
    let settings = TranscriberSettings {
        threads: arguments.threads,
        ..TranscriberSettings::default()
    };
    let transcriber = Transcriber::load(&model, settings)?;
    let (start, cpu_before) = (Instant::now(), cpu_seconds()?);
    let transcript = transcriber.transcribe(&call, &[], &CancelFlag::default())?;
    let (wall, cpu) = (start.elapsed().as_secs_f64(), cpu_seconds()? - cpu_before);

    let characters: usize = transcript
        .segments
        .iter()
        .map(|segment| segment.text.chars().count())
        .sum();
    let report = serde_json::json!({
        "engine": transcript.engine,
        "threads": arguments.threads,
        "call_seconds": CALL_SECONDS,
        "spoken_seconds": spoken_seconds,
        "wall_seconds": wall,
        "cpu_seconds": cpu,
        "cpu_per_call_second": cpu / CALL_SECONDS as f64,
        "segments": transcript.segments.len(),
        "characters": characters,
        "resident_mb": resident_mb()?,
    });
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from);
    std::fs::create_dir_all(target.join("bench"))?;
    std::fs::write(
        target.join("bench/transcribe.json"),
        serde_json::to_vec_pretty(&report)?,
    )?;
    println!("{report:#}");
    ensure!(characters > 0, "nothing was recognised");
    ensure!(
        cpu < CALL_SECONDS as f64,
        "the transcript took longer than the call"
    );
    Ok(())
}

/// Both sides in turn, as a call goes, until the call is full: a call without idle stretches.
fn write_call(provisioning: &Path, path: &Path) -> anyhow::Result<f64> {
    let office = recordings(&provisioning.join("prompts"))?;
    let clips = recordings(&provisioning.join("demo/clips")).unwrap_or_default();
    let citizen = if clips.is_empty() { office.clone() } else { clips };
    let mut frames = vec![[0i16; 2]; CALL_SECONDS * RATE];
    let (mut at, mut spoken) = (PAUSE, 0);
    for turn in 0.. {
        let sounds = if turn % 2 == 0 { &office } else { &citizen };
        let sound = &sounds[(turn / 2) % sounds.len()];
        let Some(place) = frames.get_mut(at..at + sound.len()) else {
            break;
        };
        place
            .iter_mut()
            .zip(sound)
            .for_each(|(frame, sample)| frame[1 - turn % 2] = *sample);
        at += sound.len() + PAUSE;
        spoken += sound.len();
    }
    let data: Vec<u8> = frames
        .iter()
        .flatten()
        .flat_map(|sample| sample.to_le_bytes())
        .collect();
    let size = u32::try_from(data.len())?;
    let mut wav = b"RIFF".to_vec();
    wav.extend((size + 36).to_le_bytes());
    wav.extend(b"WAVEfmt \x10\0\0\0\x01\0\x02\0");
    wav.extend((RATE as u32).to_le_bytes());
    wav.extend((RATE as u32 * 4).to_le_bytes());
    wav.extend(b"\x04\0\x10\0data");
    wav.extend(size.to_le_bytes());
    wav.extend(data);
    std::fs::write(path, wav).with_context(|| path.display().to_string())?;
    Ok(spoken as f64 / RATE as f64)
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

fn cpu_seconds() -> anyhow::Result<f64> {
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

fn resident_mb() -> anyhow::Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS"))
        .context("VmRSS")?;
    let kilobytes: f64 = line.split_whitespace().nth(1).context("VmRSS")?.parse()?;
    Ok(kilobytes / 1024.0)
}
