//! Transcribes a call of three minutes made of the shipped recordings and writes `target/bench/transcribe.json`.
//! `cargo run --release --example transcribe_bench [-- --model FILE] [--threads N]`
#![expect(clippy::disallowed_methods, reason = "a benchmark asks for the time")]

#[path = "bench_call/mod.rs"]
mod bench_call;

use anyhow::{Context, ensure};
use bench_call::cpu_seconds;
use clap::Parser;
use minsheng::transcriber::{CancelFlag, ModelPlaces, Transcriber, TranscriberSettings, find_model};
use std::path::PathBuf;
use std::time::Instant;

const CALL_SECONDS: usize = 180;

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
    let (wav, turns) = bench_call::make(&arguments.provisioning, CALL_SECONDS)?;
    std::fs::write(&call, wav).with_context(|| call.display().to_string())?;

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
        "spoken_seconds": bench_call::spoken_seconds(&turns),
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

fn resident_mb() -> anyhow::Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS"))
        .context("VmRSS")?;
    let kilobytes: f64 = line.split_whitespace().nth(1).context("VmRSS")?.parse()?;
    Ok(kilobytes / 1024.0)
}
